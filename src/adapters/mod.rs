//! The outside world behind the ports of the layers below.

mod anthropic;
mod anthropic_usage;
mod probe;
mod reach;

pub use anthropic::Anthropic;
pub use anthropic_usage::AnthropicUsage;
pub use probe::{Proof, probe};
pub use reach::{Reached, reach_anthropic, reach_discord};
