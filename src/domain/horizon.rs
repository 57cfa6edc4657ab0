//! How far ahead a forecast looks.
//!
//! Invariant: a horizon is 1 to 90 days; further ahead a daily rhythm says little.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::time::{Range, Window};

/// Days ahead, 1 to 90.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Horizon(u16);

impl Horizon {
    /// The horizon that is meant when none is given.
    pub const DEFAULT: Self = Self(30);
    /// The horizons offered as buttons.
    pub const OFFERED: [Self; 4] = [Self(7), Self(14), Self(30), Self(90)];
    /// The furthest.
    pub const MAX: Self = Self(90);

    /// How many days.
    #[must_use]
    pub fn days(self) -> u16 {
        self.0
    }

    /// The days that begin at `from`.
    #[must_use]
    pub fn window(self, from: Timestamp) -> Window {
        let length = SignedDuration::from_hours(24 * i64::from(self.0));
        Window::ending(from.checked_add(length).unwrap_or(Timestamp::MAX), length)
    }

    /// In words: `next 30 days`.
    #[must_use]
    pub fn words(self) -> String {
        if self.0 == 1 { "next day".into() } else { format!("next {} days", self.0) }
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

impl FromStr for Horizon {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let days = match (text.parse::<u16>(), text.parse::<Range>()) {
            (Ok(days), _) | (_, Ok(Range::Days(days))) => days,
            (_, Ok(Range::Weeks(weeks))) => weeks.saturating_mul(7),
            _ => return Err(format!("“{text}” is not a number of days ahead; use 7d, 30d, 90d or 4w")),
        };
        if !(1..=Self::MAX.0).contains(&days) {
            return Err(format!("“{text}” must be between 1 and {} days ahead", Self::MAX.0));
        }
        Ok(Self(days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_is_one_to_ninety_days() {
        for (text, days) in [("30d", 30), ("30", 30), (" 4w ", 28), ("1D", 1), ("90d", 90)] {
            assert_eq!(text.parse::<Horizon>().unwrap().days(), days, "{text}");
        }
        for text in ["", "0d", "91d", "13w", "48h", "mtd", "soon", "-3d", "70000", "2026-01-01..2026-01-02"] {
            assert!(text.parse::<Horizon>().is_err(), "{text}");
        }
    }
}
