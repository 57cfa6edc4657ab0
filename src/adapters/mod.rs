//! The outside world behind the ports of the layers below.

mod anthropic;
mod anthropic_usage;
mod probe;

pub use anthropic::Anthropic;
pub use anthropic_usage::AnthropicUsage;
pub use probe::probe;
