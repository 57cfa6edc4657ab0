//! Alerts: rules over the figures, and what becomes of what they find.
//!
//! Invariant: an alert is one message, edited in place from open to recovered; and none comes from data that are not in.

mod as_text;
mod episode;
mod judge;
mod measure;
#[cfg(test)]
mod properties;
mod subject;
mod words;

pub use episode::{Episode, LogLine, Member, Place};
pub use judge::{Ledger, advance};
pub use measure::{Reading, Verdict, measure};
pub use subject::Subject;
pub use words::explained;
