//! How far a message has come.

use std::fmt;
use std::str::FromStr;

use super::account::words;

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeliveryState {
    /// It stands where it is read.
    Sent,
    /// It will be tried, or tried again.
    Waiting,
    /// Someone deleted it where it stood; it is not posted anew.
    Deleted,
    /// It may stand there or not, and cannot be looked up; a person has to look.
    Uncertain,
    /// It was refused.
    Failed,
}

words!(
    DeliveryState, "a state of delivery",
    Sent => "sent", Waiting => "waiting", Deleted => "deleted", Uncertain => "uncertain", Failed => "failed"
);
