//! The outside world behind the ports of the layers below.

mod anthropic;
mod probe;

pub use anthropic::Anthropic;
pub use probe::{Proof, probe};
