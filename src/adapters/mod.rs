//! The outside world behind the ports of the layers below.

mod anthropic;
mod anthropic_usage;
mod otlp;
mod probe;
mod reach;

pub use anthropic::Anthropic;
pub use anthropic_usage::AnthropicUsage;
pub use otlp::Otlp;
pub use probe::{Proof, probe};
pub use reach::{Reached, reach_anthropic, reach_collector, reach_discord};
