//! Settings from defaults ← file ← environment; all mistakes at once, and secrets never print.

mod health;
mod settings;

pub use health::{FactorRules, HealthRules};
pub use settings::{ChatSettings, DiscordSettings, Mistake, Settings};
