//! The health configuration as the engine needs it; parsed from `config/health.toml` by `config`.

pub use crate::config::{FactorRules, HealthRules};
