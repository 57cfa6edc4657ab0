//! A forecast as it was made, kept so that it can be held against what came.

use jiff::Timestamp;

use super::ids::AccountId;
use super::time::Window;
use super::usage::Metric;

/// What was forecast of a window when the data ended at `made`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foretold {
    /// Whose; the portfolio's when `None`.
    pub account: Option<AccountId>,
    /// Of what.
    pub metric: Metric,
    /// End of the data it was made from.
    pub made: Timestamp,
    /// Of which whole days; begins at or after `made`.
    pub window: Window,
    /// The sum that was expected: calls, tokens, errors, or micro-units of money.
    pub middle: i64,
    /// Undercut one time in ten.
    pub low: i64,
    /// Exceeded one time in ten.
    pub high: i64,
}
