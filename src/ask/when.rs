//! Which time is meant by words such as “last month”, “this quarter”, “the past two weeks” or “in March”.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::Horizon;
use crate::domain::Range;
use crate::domain::utc_date;

const NUMBERS: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A length of time as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn of(word: &str) -> Option<Self> {
        Some(match word.strip_suffix('s').unwrap_or(word) {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// About how many days so many of it are.
    fn days(self, count: u16) -> u16 {
        let one = match self {
            Self::Hour => return count.div_ceil(24),
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        };
        count.saturating_mul(one)
    }
}

/// The range that words tell of, when the newest data are of `as_of`.
pub(super) fn range(words: &[&str], as_of: Timestamp) -> Option<Range> {
    // The data of a day are complete at the midnight after it.
    let today = utc_date(as_of - jiff::SignedDuration::from_millis(1));
    let found = words.iter().enumerate().find_map(|(at, word)| {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let after = words.get(at + 1).copied().unwrap_or_default();
        match *word {
            "today" => Some(Range::Hours(24)),
            "yesterday" => {
                let day = today.saturating_sub(1.day());
                Some(Range::Between(day, day))
            }
            "this" | "current" => Some(running(Unit::of(after)?)),
            "last" | "past" | "previous" => ended(Unit::of(after)?, today),
            _ => {
                let of_number = || counted(number(word)?, Unit::of(after)?);
                of_number().or_else(|| month(word, before, after, today)).or_else(|| word.parse().ok())
            }
        }
    });
    // What can be typed must be so: a range of no or of too many days cannot.
    found.filter(|range| range.to_string().parse() == Ok(*range))
}

/// How far ahead words look.
pub(super) fn horizon(words: &[&str]) -> Option<Horizon> {
    let days = words.iter().enumerate().find_map(|(at, word)| {
        let rest = &words[at + 1..];
        let count = rest.first().and_then(|word| number(word));
        match *word {
            "tomorrow" => Some(1),
            "next" | "coming" | "in" | "within" => match (count, rest) {
                (Some(count), [_, unit, ..]) => Some(Unit::of(unit)?.days(count)),
                (None, [unit, ..]) if *word != "in" => Some(Unit::of(unit)?.days(1)),
                _ => None,
            },
            _ => None,
        }
    })?;
    format!("{}d", days.min(Horizon::MAX.days())).parse().ok()
}

fn number(word: &str) -> Option<u16> {
    let spelled = NUMBERS.iter().position(|name| *name == word).and_then(|at| u16::try_from(at).ok());
    spelled.or_else(|| word.parse().ok())
}

/// “this quarter”: what has run of it.
fn running(unit: Unit) -> Range {
    match unit {
        Unit::Hour | Unit::Day => Range::Hours(24),
        Unit::Week => Range::Days(7),
        Unit::Month => Range::MonthToDate,
        Unit::Quarter => Range::QuarterToDate,
        Unit::Year => Range::YearToDate,
    }
}

/// “last quarter”: the one that has ended.
fn ended(unit: Unit, today: Date) -> Option<Range> {
    let until = |last: Date, months: i64| {
        let first = last.first_of_month().saturating_sub((months - 1).months());
        Some(Range::Between(first, last))
    };
    match unit {
        Unit::Hour => Some(Range::Hours(1)),
        Unit::Day => Some(Range::Hours(24)),
        Unit::Week => Some(Range::Days(7)),
        Unit::Month => until(today.first_of_month().yesterday().ok()?, 1),
        Unit::Quarter => {
            let month = (today.month() - 1) / 3 * 3 + 1;
            until(today.with().month(month).day(1).build().ok()?.yesterday().ok()?, 3)
        }
        Unit::Year => until(today.first_of_year().yesterday().ok()?, 12),
    }
}

/// “two weeks”.
fn counted(count: u16, unit: Unit) -> Option<Range> {
    Some(match unit {
        _ if count == 0 => return None,
        Unit::Hour => Range::Hours(count),
        Unit::Week => Range::Weeks(count),
        Unit::Day | Unit::Month | Unit::Quarter | Unit::Year => Range::Days(unit.days(count)),
    })
}

/// “in March”, “March 2026”: the last one that has begun when no year is said. “may” alone is no month.
fn month(word: &str, before: &str, after: &str, today: Date) -> Option<Range> {
    let number = i8::try_from(MONTHS.iter().position(|name| *name == word)? + 1).ok()?;
    let year = after.parse::<i16>().ok().filter(|year| (2_000..2_200).contains(year));
    if word == "may" && year.is_none() && !matches!(before, "in" | "of" | "since" | "during") {
        return None;
    }
    let year = year.unwrap_or_else(|| if number > today.month() { today.year() - 1 } else { today.year() });
    let first = Date::new(year, number, 1).ok()?;
    Some(Range::Between(first, first.last_of_month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = range(&words(text), "2026-03-31T00:00:00Z".parse().unwrap());
        assert_eq!(found.map_or("none".into(), |range| range.to_string()), expected, "{text}");
    }

    #[test]
    fn ranges_are_understood() {
        check("cost last month", "2026-02-01..2026-02-28");
        check("cost last quarter", "2025-10-01..2025-12-31");
        check("cost last year", "2025-01-01..2025-12-31");
        check("cost this month", "mtd");
        check("cost this quarter", "qtd");
        check("the past two weeks", "2w");
        check("over the last 90 days", "90d");
        check("in the last 6 months", "180d");
        check("within 48 hours", "48h");
        check("last week", "7d");
        check("yesterday", "2026-03-29..2026-03-29");
        check("in march", "2026-03-01..2026-03-31");
        check("in december", "2025-12-01..2025-12-31");
        check("april 2025", "2025-04-01..2025-04-30");
        check("usage 12w please", "12w");
        check("it may cost more in may", "2025-05-01..2025-05-31");
        check("it may cost more", "none");
        check("0 days", "none");
        check("last 65535 years", "none");
        check("how is it", "none");
    }

    #[test]
    fn horizons_are_understood() {
        let days = |text: &str| horizon(&words(text)).map(Horizon::days);
        assert_eq!(days("what will it cost next month"), Some(30));
        assert_eq!(days("the next 2 weeks"), Some(14));
        assert_eq!(days("next year"), Some(90), "no further than a forecast goes");
        assert_eq!(days("tomorrow"), Some(1));
        assert_eq!(days("in 10 days"), Some(10));
        assert_eq!(days("how is it"), None);
    }
}
