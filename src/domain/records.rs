//! What a file that comes in holds.

use std::fmt;
use std::str::FromStr;

use super::account::words;

/// What the records of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Records {
    /// Accounts.
    Accounts,
    /// Usage rows.
    Usage,
    /// Initiatives.
    Initiatives,
}

// In the order in which they need one another: an initiative belongs to an account that is known.
words!(
    Records, "what a file holds",
    Accounts => "accounts", Usage => "usage", Initiatives => "initiatives"
);
