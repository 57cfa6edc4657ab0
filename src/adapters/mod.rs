//! The outside world behind the ports of the layers below.

mod anthropic;
mod probe;
mod reach;

pub use anthropic::Anthropic;
pub use probe::{Proof, probe};
pub use reach::{Reached, reach_anthropic, reach_discord};
