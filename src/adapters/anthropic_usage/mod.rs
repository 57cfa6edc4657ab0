//! The port `Source` over what Anthropic tells of an organisation's usage and cost.
//!
//! Invariant: no key, no address, no body and no word of the far side gets into a log, a metric or an error.

mod analytics;
mod figure;
mod gathered;
mod line;
mod models;
mod older;
mod source;
mod workspaces;

pub use source::AnthropicUsage;
