//! Alerts: rules over the figures, and what becomes of what they find.
//!
//! Invariant: an alert is one message, edited in place from open to recovered; and none comes from data that are not in.

mod as_text;
mod audience;
mod department;
mod episode;
mod headline;
mod judge;
mod keeper;
mod list;
mod measure;
#[cfg(test)]
mod measured;
mod message;
#[cfg(test)]
mod properties;
mod rules;
mod subject;
mod telling;
mod trial;
mod words;

pub use episode::{Episode, LogLine, Member, Place};
pub use keeper::Alerts;
pub use rules::{Begun, RuleAtHand};
pub use subject::Subject;
pub use words::explained;
