//! Lengths of time as a sentence may name them.

use crate::domain::Grain;
use crate::domain::Window;

/// A length of time that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// About a month.
    Month,
    /// About a quarter.
    Quarter,
    /// About a year.
    Year,
}

impl Period {
    /// The name that fits a window; `None` when none does.
    #[must_use]
    pub fn of(window: Window) -> Option<Self> {
        let month = Grain::Month.around(window.from());
        if window.from() == month.from() && window.to() <= month.to() {
            return Some(Self::Month);
        }
        match window.length().as_hours() {
            1 => Some(Self::Hour),
            24 => Some(Self::Day),
            // A clock change makes a week an hour longer or shorter.
            167..=169 => Some(Self::Week),
            672..=744 => Some(Self::Month),
            2_136..=2_208 => Some(Self::Quarter),
            8_736..=8_784 => Some(Self::Year),
            _ => None,
        }
    }

    /// The period that a word of a sentence names.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "hour" | "hours" | "hourly" => Self::Hour,
            "day" | "today" | "yesterday" | "tomorrow" | "daily" => Self::Day,
            "week" | "weeks" | "weekly" => Self::Week,
            "month" | "months" | "monthly" => Self::Month,
            "quarter" | "quarterly" => Self::Quarter,
            "year" | "years" | "yearly" | "annual" | "annually" => Self::Year,
            _ => return None,
        })
    }
}
