//! The port `Writer` over the Anthropic Messages API.
//!
//! Invariant: no key, no body and no word of the far side gets into a log, a metric or an error.

mod attempt;
mod budget;
mod events;
mod fault;
mod reply;
mod request;
mod writer;

pub use writer::Anthropic;
