//! The port `Writer` over the Anthropic Messages API.
//!
//! Invariant: no key, no body and no word of the far side gets into a log, a metric or an error.

mod attempt;
mod budget;
mod call;
mod events;
mod fault;
mod reply;
mod request;
mod writer;

pub(super) use call::{Wait, client};
pub(super) use fault::{Fault, Remedies};
pub use writer::Anthropic;
