//! Windows, ranges and grains of time, and the clock.
//!
//! Invariant: a window is half-open, `from` included and `to` not, so that neighbours never share an instant.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Tells the time. The real one is [`SystemClock`]; a test brings one that it can move.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A half-open span of time in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    from: Timestamp,
    to: Timestamp,
}

impl Window {
    /// From `from` up to, and without, `to`; `None` when that is empty.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// The `length` that ends at `to`.
    #[must_use]
    pub fn ending(to: Timestamp, length: SignedDuration) -> Self {
        let from = to.checked_sub(length).unwrap_or(Timestamp::MIN);
        // Before the first instant that can be named there is nothing: the window is empty there, and harmless.
        let before = to.checked_sub(SignedDuration::from_millis(1)).unwrap_or(Timestamp::MIN);
        Self { from: from.min(before), to }
    }

    /// First instant.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// First instant after it.
    #[must_use]
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// The window of the same length that ends where this one begins.
    #[must_use]
    pub fn previous(&self) -> Self {
        Self::ending(self.from, self.length())
    }

    /// Whether `at` lies in it.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The last day any part of which lies in it (UTC).
    #[must_use]
    pub fn last_day(&self) -> Date {
        utc_date(self.to - SignedDuration::from_millis(1))
    }

    /// The first day any part of which lies in it (UTC).
    #[must_use]
    pub fn first_day(&self) -> Date {
        utc_date(self.from)
    }
}

/// The UTC date of an instant.
#[must_use]
pub fn utc_date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// The first instant of a UTC day.
#[must_use]
pub fn utc_midnight(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

/// A span of time as a person asks for it; relative ones end at the snapshot's as-of, not at the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// `48h`: the last so many hours.
    Hours(u16),
    /// `30d`: the last so many days of 24 hours.
    Days(u16),
    /// `12w`: the last so many weeks.
    Weeks(u16),
    /// `mtd`: since the first of the month.
    MonthToDate,
    /// `qtd`: since the first of the quarter.
    QuarterToDate,
    /// `ytd`: since the first of January.
    YearToDate,
    /// `2026-01-01..2026-01-31`: both days included, in UTC.
    Between(Date, Date),
}

impl Range {
    /// The range that is meant when none is given.
    pub const DEFAULT: Self = Self::Days(30);
    /// The ranges offered as buttons.
    pub const OFFERED: [Self; 5] =
        [Self::Days(7), Self::Days(30), Self::Days(90), Self::Weeks(12), Self::MonthToDate];

    /// The instants it covers, ending at `as_of` when it is relative.
    #[must_use]
    pub fn window(self, as_of: Timestamp) -> Window {
        // A month that has just begun has no past of its own yet: it shows the one that ended.
        let today = utc_date(as_of - SignedDuration::from_millis(1));
        let since = |day: Date| Window::new(utc_midnight(day), as_of);
        let days = |n: i64| Some(Window::ending(as_of, SignedDuration::from_hours(24 * n)));
        match self {
            Self::Hours(n) => Some(Window::ending(as_of, SignedDuration::from_hours(i64::from(n)))),
            Self::Days(n) => days(i64::from(n)),
            Self::Weeks(n) => days(7 * i64::from(n)),
            Self::MonthToDate => since(today.first_of_month()),
            Self::QuarterToDate => since(first_of_quarter(today)),
            Self::YearToDate => since(today.first_of_year()),
            Self::Between(first, last) => {
                Window::new(utc_midnight(first), utc_midnight(last.saturating_add(1.day())))
            }
        }
        .unwrap_or_else(|| Window::ending(as_of, SignedDuration::from_hours(24)))
    }

    /// The grain that shows it best: hours up to four days, days up to half a year, then weeks.
    #[must_use]
    pub fn grain(self) -> Grain {
        match self.days() {
            ..=4 => Grain::Hour,
            5..=190 => Grain::Day,
            _ => Grain::Week,
        }
    }

    /// The grains that show it as a line: of two points at least, and of no more than a chart can show.
    pub fn grains(self) -> impl Iterator<Item = Grain> {
        let hours = 24 * self.days();
        Grain::ALL
            .into_iter()
            .filter(move |grain| (2..=Grain::CHART_POINTS_MAX).contains(&(hours / grain.hours())))
    }

    /// About how many days it has; those that go to date, at most.
    fn days(self) -> i64 {
        match self {
            Self::Hours(n) => i64::from(n) / 24,
            Self::Days(n) => i64::from(n),
            Self::Weeks(n) => 7 * i64::from(n),
            Self::MonthToDate => 31,
            Self::QuarterToDate => 92,
            Self::YearToDate => 366,
            Self::Between(first, last) => i64::from((last - first).get_days()) + 1,
        }
    }

    /// In words: `last 30 days`.
    #[must_use]
    pub fn words(self) -> String {
        let last = |n: u16, unit: &str| {
            if n == 1 { format!("last {unit}") } else { format!("last {n} {unit}s") }
        };
        match self {
            Self::Hours(n) => last(n, "hour"),
            Self::Days(n) => last(n, "day"),
            Self::Weeks(n) => last(n, "week"),
            Self::MonthToDate => "month to date".into(),
            Self::QuarterToDate => "quarter to date".into(),
            Self::YearToDate => "year to date".into(),
            Self::Between(first, last) if first == last => first.to_string(),
            Self::Between(first, last) => format!("{first} to {last}"),
        }
    }
}

fn first_of_quarter(day: Date) -> Date {
    let month = (day.month() - 1) / 3 * 3 + 1;
    Date::new(day.year(), month, 1).unwrap_or(day)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(n) => write!(f, "{n}h"),
            Self::Days(n) => write!(f, "{n}d"),
            Self::Weeks(n) => write!(f, "{n}w"),
            Self::MonthToDate => f.write_str("mtd"),
            Self::QuarterToDate => f.write_str("qtd"),
            Self::YearToDate => f.write_str("ytd"),
            Self::Between(first, last) => write!(f, "{first}..{last}"),
        }
    }
}

/// Longest relative range, in days: what a portfolio keeps is years, not centuries.
const RANGE_DAYS_MAX: u32 = 3_660;

impl FromStr for Range {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "mtd" => return Ok(Self::MonthToDate),
            "qtd" => return Ok(Self::QuarterToDate),
            "ytd" => return Ok(Self::YearToDate),
            _ => {}
        }
        if let Some((first, last)) = text.split_once("..") {
            let day = |part: &str| {
                part.parse::<Date>().map_err(|_odd| format!("“{part}” is not a date such as 2026-01-31"))
            };
            let (first, last) = (day(first)?, day(last)?);
            if last < first {
                return Err(format!("{last} is before {first}; write the earlier date first"));
            }
            let days = first.until(last).map_or(i32::MAX, |span| span.get_days()).unsigned_abs();
            if days >= RANGE_DAYS_MAX {
                return Err(format!(
                    "{first}..{last} is too long; at most {RANGE_DAYS_MAX} days can be asked for"
                ));
            }
            return Ok(Self::Between(first, last));
        }
        let odd =
            || format!("“{text}” is not a range; use 7d, 30d, 12w, mtd, qtd, ytd or 2026-01-01..2026-01-31");
        let unit = text.chars().next_back().ok_or_else(odd)?;
        let count: u32 = text[..text.len() - unit.len_utf8()].parse().map_err(|_odd| odd())?;
        let days = match unit {
            'h' => count.div_ceil(24),
            'd' => count,
            'w' => count.saturating_mul(7),
            _ => return Err(odd()),
        };
        if count == 0 || days > RANGE_DAYS_MAX {
            return Err(format!("“{text}” must be between 1 hour and {RANGE_DAYS_MAX} days"));
        }
        let count = u16::try_from(count).map_err(|_big| odd())?;
        Ok(match unit {
            'h' => Self::Hours(count),
            'd' => Self::Days(count),
            _ => Self::Weeks(count),
        })
    }
}

/// Width of one bucket of a series, in UTC; weeks begin on Monday (ISO 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grain {
    /// One hour.
    Hour,
    /// One calendar day.
    Day,
    /// One ISO week.
    Week,
    /// One calendar month.
    Month,
}

impl Grain {
    /// More points than this nobody tells apart in a chart: forty days of hours.
    pub const CHART_POINTS_MAX: i64 = 1_000;
    /// All, finest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// `hour`, `day`, `week`, `month`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// First instant of the bucket that holds `at`.
    #[must_use]
    pub fn floor(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Hour => floor_ms(at, HOUR_MS),
            Self::Day => floor_ms(at, DAY_MS),
            Self::Week => {
                let day = utc_date(at);
                let back = i64::from(day.weekday().to_monday_zero_offset());
                utc_midnight(day.saturating_sub(back.days()))
            }
            Self::Month => utc_midnight(utc_date(at).first_of_month()),
        }
    }

    /// First instant of the bucket after the one that begins at `start`.
    #[must_use]
    pub fn next(self, start: Timestamp) -> Timestamp {
        match self {
            Self::Hour => start + SignedDuration::from_hours(1),
            Self::Day => start + SignedDuration::from_hours(24),
            Self::Week => start + SignedDuration::from_hours(24 * 7),
            Self::Month => utc_midnight(utc_date(start).saturating_add(1.month())),
        }
    }

    /// The whole bucket that holds `at`.
    #[must_use]
    pub fn around(self, at: Timestamp) -> Window {
        let start = self.floor(at);
        Window { from: start, to: self.next(start) }
    }

    /// Hours of one bucket, of a month at least.
    fn hours(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 24 * 7,
            Self::Month => 24 * 28,
        }
    }

    /// Refuses a window with too many points of this width, and says what would be right.
    pub fn fits(self, window: Window, points_max: i64) -> Result<(), String> {
        if window.length().as_hours() / self.hours() <= points_max {
            return Ok(());
        }
        let unit = self.word();
        Err(format!(
            "This range has more than {points_max} points of one {unit}; ask for a wider grain or a shorter range"
        ))
    }

    /// The buckets of `window`, in order, as the parts of them that lie in the window.
    #[must_use]
    pub fn buckets(self, window: Window) -> Vec<Window> {
        let mut buckets = Vec::new();
        let mut start = self.floor(window.from());
        while start < window.to() {
            let end = self.next(start);
            buckets.extend(Window::new(start.max(window.from()), end.min(window.to())));
            start = end;
        }
        buckets
    }
}

impl FromStr for Grain {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|grain| grain.word().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| format!("“{text}” is not a grain; use hour, day, week or month"))
    }
}

fn floor_ms(at: Timestamp, step: i64) -> Timestamp {
    let ms = at.as_millisecond();
    Timestamp::from_millisecond(ms - ms.rem_euclid(step)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_relative_range_ends_at_the_as_of() {
        let window = "30d".parse::<Range>().unwrap().window(at("2026-03-31T15:00:00Z"));
        assert_eq!(window.to(), at("2026-03-31T15:00:00Z"));
        assert_eq!(window.from(), at("2026-03-01T15:00:00Z"));
        assert_eq!(window.previous().to(), window.from());
        assert_eq!(window.previous().length(), window.length());
    }

    #[test]
    fn before_the_first_instant_there_is_nothing() {
        let window = Window::new(Timestamp::MIN, Timestamp::MAX).unwrap();
        assert!(!window.previous().contains(Timestamp::MIN));
    }

    #[test]
    fn a_month_that_just_began_shows_the_one_that_ended() {
        let window = Range::MonthToDate.window(at("2026-03-01T00:00:00Z"));
        assert_eq!(window.from(), at("2026-02-01T00:00:00Z"));
    }

    #[test]
    fn ranges_read_back_as_written() {
        for text in ["48h", "7d", "12w", "mtd", "qtd", "ytd", "2026-01-01..2026-01-31"] {
            assert_eq!(text.parse::<Range>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "d",
            "0d",
            "-3d",
            "7x",
            "9999w",
            "2026-01-31..2026-01-01",
            "2026-02-30..2026-03-01",
            "0001-01-01..9999-12-31",
        ] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }

    #[test]
    fn buckets_cover_the_window_without_gap_or_overlap() {
        let window = Window::new(at("2026-01-30T15:00:00Z"), at("2026-03-02T01:00:00Z")).unwrap();
        for grain in Grain::ALL {
            let buckets = grain.buckets(window);
            assert_eq!(buckets.first().unwrap().from(), window.from());
            assert_eq!(buckets.last().unwrap().to(), window.to());
            assert!(buckets.windows(2).all(|pair| pair[0].to() == pair[1].from()), "{grain:?}");
        }
    }
}
