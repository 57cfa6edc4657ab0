//! Settings from defaults ← file ← environment; all mistakes at once, and secrets never print.

mod environment;
mod gather;
mod health;
mod mistake;
mod settings;

pub use environment::Environment;
pub use health::{FactorRules, HealthRules};
pub use mistake::Mistake;
pub use settings::{ChatSettings, DiscordSettings, Settings};
