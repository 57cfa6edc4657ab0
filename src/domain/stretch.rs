//! A length of time as a person gives it: `30m`, `4h`, `2d`, `1w`.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;
/// The longest: a year. Beyond it the unit is most often a slip.
const MINUTES_MAX: u32 = 366 * DAY;

/// Whole minutes, at most a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Stretch(u32);

impl Stretch {
    /// No time at all.
    pub const NONE: Self = Self(0);

    /// So many minutes.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes)
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(hours: u32) -> Self {
        Self(hours * HOUR)
    }

    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self(days * DAY)
    }

    /// As a duration.
    #[must_use]
    pub fn length(self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.0))
    }

    /// In whole days, rounded up.
    #[must_use]
    pub fn whole_days(self) -> u32 {
        self.0.div_ceil(DAY)
    }

    /// The whole minutes of a duration; none when it is below zero.
    #[must_use]
    pub fn of(length: SignedDuration) -> Self {
        Self(u32::try_from(length.as_mins().max(0)).unwrap_or(MINUTES_MAX).min(MINUTES_MAX))
    }

    /// In words, to the largest unit that fits: `2 days`, `90 minutes`.
    #[must_use]
    pub fn words(self) -> String {
        let (count, unit) = self.parts();
        let unit = match unit {
            'd' => "day",
            'h' => "hour",
            _ => "minute",
        };
        if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
    }

    /// Rounded to what a reader wants to know: minutes below two hours, hours below two days, else days.
    #[must_use]
    pub fn rounded(self) -> Self {
        match self.0 {
            ..120 => self,
            120..2_880 => Self((self.0 + HOUR / 2) / HOUR * HOUR),
            _ => Self((self.0 + DAY / 2) / DAY * DAY),
        }
    }

    fn parts(self) -> (u32, char) {
        let fits = |unit: u32| self.0 > 0 && self.0.is_multiple_of(unit);
        // Weeks are how people set a time, and not how they read one.
        match self.0 {
            minutes if fits(DAY) => (minutes / DAY, 'd'),
            minutes if fits(HOUR) => (minutes / HOUR, 'h'),
            minutes => (minutes, 'm'),
        }
    }
}

/// As it is typed: `4h`, `2d`.
impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = self.parts();
        write!(f, "{count}{unit}")
    }
}

impl FromStr for Stretch {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().to_ascii_lowercase();
        let odd = || format!("“{text}” is not a length of time; write 30m, 4h, 2d or 1w");
        let unit = match text.chars().next_back().ok_or_else(odd)? {
            'm' => 1,
            'h' => HOUR,
            'd' => DAY,
            'w' => WEEK,
            _ => return Err(odd()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_odd| odd())?;
        let minutes = count.checked_mul(unit).filter(|minutes| *minutes <= MINUTES_MAX);
        minutes.map(Self).ok_or_else(|| format!("“{text}” is longer than a year; give less"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, shown: &str, words: &str) {
        let stretch: Stretch = typed.parse().unwrap();
        assert_eq!((stretch.to_string().as_str(), stretch.words().as_str()), (shown, words));
        assert_eq!(shown.parse(), Ok(stretch));
    }

    #[test]
    fn a_stretch_reads_back_in_its_largest_unit() {
        check("30m", "30m", "30 minutes");
        check("240m", "4h", "4 hours");
        check("1W", "7d", "7 days");
        check("24h", "1d", "1 day");
        check("0h", "0m", "0 minutes");
        for odd in ["", "4", "h", "-4h", "4x", "9999w", "1.5h", "4ä"] {
            assert!(odd.parse::<Stretch>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_long_stretch_is_rounded_for_the_reader() {
        for (minutes, words) in [(90, "90 minutes"), (170, "3 hours"), (2_879, "2 days"), (4_000, "3 days")] {
            let stretch = Stretch::of(SignedDuration::from_mins(minutes));
            assert_eq!(stretch.rounded().words(), words);
        }
    }
}
