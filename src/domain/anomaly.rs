//! What is unusual of an account.

use super::account::words;
use super::ids::AccountId;
use super::time::Window;
use super::usage::Metric;
use std::fmt;
use std::str::FromStr;

/// Something unusual, from its first hour or day to its last.
#[derive(Debug, Clone, PartialEq)]
pub struct Anomaly {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub metric: Metric,
    /// When: whole hours or whole days.
    pub window: Window,
    /// Whether it goes on where the data end.
    pub is_open: bool,
    /// In what way.
    pub kind: AnomalyKind,
    /// Whether there is more than usual.
    pub is_rise: bool,
    /// What was measured: a raw sum over the window.
    pub measured: i64,
    /// What is usual of the same hours or days.
    pub usual: i64,
    /// How sure it is, 0 to 1.
    pub score: f64,
}

/// In what way something is unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnomalyKind {
    /// Far off for a moment.
    Spike,
    /// A new level.
    LevelShift,
    /// Without the changes that it always had.
    Flat,
    /// Nothing where usually something is.
    Silence,
    /// Busy for longer than a moment.
    Burst,
    /// A course that was never seen.
    Novel,
}

words!(
    AnomalyKind,
    "a kind of anomaly",
    Spike => "spike",
    LevelShift => "level shift",
    Flat => "flat",
    Silence => "silence",
    Burst => "burst",
    Novel => "novel",
);

/// How a series stands where its data end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As usual.
    Normal,
    /// Not as usual.
    Unusual {
        /// In what way.
        kind: AnomalyKind,
        /// Whether there is more than usual.
        is_rise: bool,
    },
    /// There is not enough to know what is usual.
    TooLittleData,
    /// Its source is behind; what is missing is not in yet.
    NotInYet,
}

impl Standing {
    /// For machines: `normal`, `unusual`, `too_little_data`, `not_in_yet`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Unusual { .. } => "unusual",
            Self::TooLittleData => "too_little_data",
            Self::NotInYet => "not_in_yet",
        }
    }
}
