//! Settings from defaults ← file ← environment; all mistakes at once, and secrets never print.

mod ai;
mod digests;
mod environment;
mod gather;
mod health;
mod members;
mod mistake;
mod settings;

pub use ai::{AiBudget, AiSettings};
pub use digests::DigestSettings;
pub use environment::Environment;
pub use health::{FactorRules, HealthRules};
pub use members::{MemberRole, MemberRules};
pub use mistake::Mistake;
pub use settings::{ChatSettings, DiscordSettings, Settings};
