//! Settings from defaults ← file ← environment; all mistakes at once, and secrets never print.

mod ai;
mod alert_rule;
mod alert_when;
mod alerts;
mod digests;
mod environment;
mod gather;
mod health;
mod list_reader;
mod manual;
mod members;
mod mistake;
mod operations;
mod prices;
mod quiet;
mod retention;
mod server;
mod settings;
mod sources;
mod trust;

pub use ai::{AiBudget, AiSettings};
pub use alert_rule::{ALERT_RULE_KEYS, AlertRule, AlertScope, BadAlertRule};
pub use alert_when::{AlertWhen, Budget, Percent, UnusualSide};
pub use digests::DigestSettings;
pub use environment::Environment;
pub use health::{FactorRules, HealthRules};
pub use manual::manual;
pub use members::{MemberRole, MemberRules};
pub use mistake::Mistake;
pub use operations::{LogFormat, OtlpSettings};
pub use quiet::{DaysOff, QuietHours};
pub use retention::RetentionSettings;
pub use server::{ClientHeader, LimitSettings, ServerSettings, TlsSettings, TrustedProxies};
pub use settings::{ChatSettings, DiscordSettings, Settings};
pub use sources::{AccountRule, AnthropicSource, EndpointBy, Holder, Reports};
pub use trust::Trust;
