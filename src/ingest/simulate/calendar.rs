//! Where an account works: its time zone, and the public holidays on which it does not.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Weekday;

/// A region with its holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    UsEast,
    UsWest,
    Britain,
    Germany,
    India,
    Japan,
    Brazil,
    Australia,
}

impl Region {
    /// As often as customers come from there.
    pub(super) const MIX: [Self; 12] = [
        Self::UsEast,
        Self::UsWest,
        Self::Germany,
        Self::UsEast,
        Self::Britain,
        Self::UsWest,
        Self::India,
        Self::UsEast,
        Self::Germany,
        Self::Japan,
        Self::Brazil,
        Self::Australia,
    ];

    /// Name in the time zone database.
    pub(super) fn zone(self) -> &'static str {
        match self {
            Self::UsEast => "America/New_York",
            Self::UsWest => "America/Los_Angeles",
            Self::Britain => "Europe/London",
            Self::Germany => "Europe/Berlin",
            Self::India => "Asia/Kolkata",
            Self::Japan => "Asia/Tokyo",
            Self::Brazil => "America/Sao_Paulo",
            Self::Australia => "Australia/Sydney",
        }
    }

    /// The tag of the wider region.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::UsEast | Self::UsWest => "us",
            Self::Britain | Self::Germany => "eu",
            Self::India | Self::Japan | Self::Australia => "apac",
            Self::Brazil => "latam",
        }
    }

    /// Whether offices are closed. The well-known days only; a lunar holiday would need a table for each year.
    pub(super) fn is_holiday(self, day: Date) -> bool {
        let easter = easter(day.year());
        let from_easter = |days: i32| easter.saturating_add(days.days()) == day;
        let fixed = |days: &[(i8, i8)]| days.contains(&(day.month(), day.day()));
        let nth = |month: i8, nth: i8, weekday: Weekday| {
            day.month() == month && day.nth_weekday_of_month(nth, weekday).is_ok_and(|found| found == day)
        };
        match self {
            Self::UsEast | Self::UsWest => {
                fixed(&[(1, 1), (6, 19), (7, 4), (12, 25)])
                    || nth(1, 3, Weekday::Monday)
                    || nth(5, -1, Weekday::Monday)
                    || nth(9, 1, Weekday::Monday)
                    || nth(11, 4, Weekday::Thursday)
                    || nth(11, 4, Weekday::Friday)
            }
            Self::Britain => {
                fixed(&[(1, 1), (12, 25), (12, 26)])
                    || from_easter(-2)
                    || from_easter(1)
                    || nth(5, 1, Weekday::Monday)
                    || nth(5, -1, Weekday::Monday)
                    || nth(8, -1, Weekday::Monday)
            }
            Self::Germany => {
                fixed(&[(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)])
                    || [-2, 1, 39, 50].into_iter().any(from_easter)
            }
            Self::India => fixed(&[(1, 26), (8, 15), (10, 2), (12, 25)]),
            Self::Japan => {
                fixed(&[(1, 1), (1, 2), (1, 3), (2, 11), (4, 29), (5, 3), (5, 4), (5, 5), (11, 3), (11, 23)])
            }
            Self::Brazil => {
                fixed(&[(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)])
                    || [-48, -47, -2, 60].into_iter().any(from_easter)
            }
            Self::Australia => {
                fixed(&[(1, 1), (1, 26), (4, 25), (12, 25), (12, 26)]) || from_easter(-2) || from_easter(1)
            }
        }
    }

    /// Whether most people are away although it is no holiday: the days between Christmas and the new year.
    pub(super) fn is_quiet(self, day: Date) -> bool {
        let turn_of_year = matches!((day.month(), day.day()), (12, 24..) | (1, 1..=2));
        match self {
            Self::UsEast | Self::UsWest | Self::Britain | Self::Germany | Self::Brazil | Self::Australia => {
                turn_of_year
            }
            Self::Japan => matches!((day.month(), day.day()), (12, 29..) | (1, 1..=4)),
            Self::India => false,
        }
    }
}

/// Easter Sunday (the anonymous Gregorian computus).
fn easter(year: i16) -> Date {
    let year = i32::from(year);
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let (month, day) = ((h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
    // The formula only gives days of March and April.
    Date::new(year as i16, month as i8, day as i8).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(region: Region, day: &str, closed: bool) {
        assert_eq!(region.is_holiday(day.parse().unwrap()), closed, "{region:?} {day}");
    }

    #[test]
    fn holidays_fall_on_their_days() {
        check(Region::UsEast, "2025-11-27", true); // Thanksgiving
        check(Region::UsEast, "2025-11-20", false);
        check(Region::UsWest, "2026-05-25", true); // Memorial Day
        check(Region::Germany, "2026-04-03", true); // Good Friday
        check(Region::Germany, "2026-05-14", true); // Ascension
        check(Region::Britain, "2025-04-21", true); // Easter Monday
        check(Region::Britain, "2025-04-22", false);
        check(Region::Brazil, "2026-02-17", true); // Carnival
        check(Region::Japan, "2026-05-04", true); // Golden Week
        check(Region::India, "2026-07-04", false);
        check(Region::Australia, "2026-01-26", true);
        assert!(Region::Germany.is_quiet("2025-12-29".parse().unwrap()));
        assert!(!Region::India.is_quiet("2025-12-29".parse().unwrap()));
    }
}
