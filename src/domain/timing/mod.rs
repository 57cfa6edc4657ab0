//! When something comes again and again: a cron expression in a time zone.
//!
//! Invariant: slots rise strictly. They are walked in civil time and mapped to instants: one that falls into the gap of a
//! spring comes after it, one that an autumn brings twice comes at its first time. The cron library only parses, for its
//! own walk skips a day in the spring and fires twice in the autumn.

mod cron_text;
#[cfg(test)]
mod property;
mod words;

use std::fmt;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use cron_text::Fields;

/// More often than this, what comes is noise.
const APART_MIN_S: i64 = 15 * 60;
/// A day that comes at all comes within this: the 29th of February on one weekday, over a century without a leap day.
const YEARS_AHEAD_MAX: i16 = 41;
/// How far a civil time may be moved by a gap: Samoa left out a whole day.
const GAP_DAYS_MAX: i64 = 2;

/// A cron expression in a time zone, which fires now and then.
#[derive(Debug, Clone)]
pub struct Timing {
    cron: String,
    zone: TimeZone,
    zone_name: String,
    fields: Fields,
}

/// Why a timing cannot be kept to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTiming {
    /// Not a cron expression.
    #[error(
        "“{given}” is no cron expression: {reason}; write minute, hour, day of the month, month and day of the week, \
         as 0 8 * * MON for Mondays at eight"
    )]
    Cron {
        /// As typed.
        given: String,
        /// What is wrong.
        reason: String,
    },
    /// Not a time zone.
    #[error("“{given}” is no time zone; write one as Europe/Zurich, America/New_York or UTC")]
    Zone {
        /// As typed.
        given: String,
    },
    /// No day is like that.
    #[error("“{given}” never comes: no day is like that; look at the day, the month and the year")]
    Never {
        /// As typed.
        given: String,
    },
    /// Noise.
    #[error("“{given}” comes more often than every 15 minutes; give the minute one number, as in 0 8 * * *")]
    TooOften {
        /// As typed.
        given: String,
    },
}

impl Timing {
    /// Understands a cron expression of five fields, or of six or seven with seconds first and years last. `now` is where
    /// it is looked from whether it comes at all.
    pub fn new(cron: &str, zone: &str, now: Timestamp) -> Result<Self, BadTiming> {
        let cron = cron.split_whitespace().collect::<Vec<_>>().join(" ");
        let fields =
            Fields::parse(&cron).map_err(|reason| BadTiming::Cron { given: cron.clone(), reason })?;
        let zone_name = zone.trim().to_owned();
        let zone = TimeZone::get(&zone_name).map_err(|_odd| BadTiming::Zone { given: zone_name.clone() })?;
        // The database knows its zones in any case of letters; what is shown is spelt well.
        let zone_name = zone.iana_name().map_or(zone_name, str::to_owned);
        if fields.is_closer_than(APART_MIN_S) {
            return Err(BadTiming::TooOften { given: cron });
        }
        let timing = Self { cron, zone, zone_name, fields };
        if timing.next(now).is_none() {
            return Err(BadTiming::Never { given: timing.cron });
        }
        Ok(timing)
    }

    /// The cron expression as it was typed, with single blanks.
    #[must_use]
    pub fn cron(&self) -> &str {
        &self.cron
    }

    /// The name of the time zone.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// The first slot after an instant; `None` when there is none any more.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let first = after.to_zoned(self.zone.clone()).date().checked_sub(GAP_DAYS_MAX.days()).ok()?;
        let mut day = first;
        let last_year = first.year().saturating_add(YEARS_AHEAD_MAX);
        while day.year() <= last_year {
            if !self.fields.has_month(day) {
                day = first_of_next_month(day)?;
                continue;
            }
            if self.instants(day).any(|at| at > after) {
                // A neighbour may come before, where a gap moves this one.
                let around = (0..=GAP_DAYS_MAX).filter_map(|days| day.checked_add(days.days()).ok());
                return around.flat_map(|day| self.instants(day)).filter(|at| *at > after).min();
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The slots after an instant, the first first.
    pub fn slots(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }

    /// The last slot at or before an instant and after another one; `None` when there is none between them.
    #[must_use]
    pub fn last(&self, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let first_day = after.to_zoned(self.zone.clone()).date().checked_sub(GAP_DAYS_MAX.days()).ok()?;
        let mut day = until.to_zoned(self.zone.clone()).date();
        while day >= first_day {
            let fits = |at: &Timestamp| *at > after && *at <= until;
            if self.fields.has_month(day) && self.instants(day).any(|at| fits(&at)) {
                let around = (0..=GAP_DAYS_MAX).filter_map(|days| day.checked_sub(days.days()).ok());
                return around.flat_map(|day| self.instants(day)).filter(fits).max();
            }
            day = day.yesterday().ok()?;
        }
        None
    }

    /// An instant as the clocks of the zone show it.
    #[must_use]
    pub fn shown(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string()
    }

    /// The instants of the slots of a day, not in order where clocks are changed.
    fn instants(&self, day: Date) -> impl Iterator<Item = Timestamp> {
        let times: &[Time] = if self.fields.has_day(day) { &self.fields.times } else { &[] };
        times.iter().filter_map(move |time| {
            // Gap: after it. Overlap: the first of the two.
            self.zone.to_ambiguous_timestamp(day.to_datetime(*time)).compatible().ok()
        })
    }
}

/// `every Monday at 08:00, Europe/Zurich`.
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", words::describe(&self.fields), self.zone_name)
    }
}

impl PartialEq for Timing {
    fn eq(&self, other: &Self) -> bool {
        (&self.cron, &self.zone_name) == (&other.cron, &other.zone_name)
    }
}

fn first_of_next_month(day: Date) -> Option<Date> {
    day.first_of_month().checked_add(1.month()).ok()
}

/// Monday first.
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(cron: &str, zone: &str) -> Timing {
        Timing::new(cron, zone, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap()
    }

    #[track_caller]
    fn check_fires(cron: &str, zone: &str, after: &str, expected: &[&str]) {
        let timing = timing(cron, zone);
        let slots = timing.slots(after.parse().unwrap()).take(expected.len());
        assert_eq!(slots.map(|at| at.to_string()).collect::<Vec<_>>(), expected);
    }

    #[track_caller]
    fn check_refused(cron: &str, zone: &str, expected: &str) {
        let refused = Timing::new(cron, zone, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }

    #[test]
    fn eight_stays_eight_when_clocks_change() {
        check_fires(
            "0 8 * * MON",
            "Europe/Zurich",
            "2026-03-20T00:00:00Z",
            &["2026-03-23T07:00:00Z", "2026-03-30T06:00:00Z"],
        );
        check_fires(
            "0 8 * * *",
            "Europe/Zurich",
            "2026-10-24T00:00:00Z",
            &["2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z"],
        );
    }

    #[test]
    fn a_slot_in_the_gap_comes_after_it_and_one_that_comes_twice_at_its_first_time() {
        let zone = "Europe/Zurich";
        let spring = ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"];
        check_fires("30 2 * * *", zone, "2026-03-28T00:00:00Z", &spring);
        let autumn = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        check_fires("30 2 * * *", zone, "2026-10-24T00:00:00Z", &autumn);
        // At 02:00 and at 03:00 there is one instant in spring, and so one slot.
        let once = ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"];
        check_fires("0 1,2,3,4 * * *", zone, "2026-03-28T23:00:00Z", &once);
        // Midnight is missing in Beirut.
        check_fires("0 0 * * *", "Asia/Beirut", "2026-03-28T12:00:00Z", &["2026-03-28T22:00:00Z"]);
    }

    #[test]
    fn a_day_that_a_zone_left_out_is_one_slot_with_the_next_day() {
        let slots = ["2011-12-29T18:00:00Z", "2011-12-30T18:00:00Z", "2011-12-31T18:00:00Z"];
        check_fires("0 8 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", &slots);
    }

    #[test]
    fn days_of_the_week_are_numbered_as_in_cron() {
        for monday in ["0 8 * * MON", "0 8 * * 1", "0 0 8 * * MON", "0 0 8 * * 2", "0 0 8 * * Mon 2026-2030"]
        {
            check_fires(monday, "UTC", "2026-03-26T00:00:00Z", &["2026-03-30T08:00:00Z"]);
        }
        for sunday in ["0 8 * * 0", "0 8 * * 7", "0 8 * * SUN"] {
            check_fires(sunday, "utc", "2026-03-26T00:00:00Z", &["2026-03-29T08:00:00Z"]);
        }
        let weekend =
            ["2026-03-27T08:00:00Z", "2026-03-28T08:00:00Z", "2026-03-29T08:00:00Z", "2026-04-03T08:00:00Z"];
        check_fires("0 8 * * 5-7", "UTC", "2026-03-26T00:00:00Z", &weekend);
    }

    #[test]
    fn the_last_slot_before_an_instant_is_found() {
        let daily = timing("0 8 * * *", "Europe/Zurich");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let last = |after: &str, until: &str| daily.last(at(after), at(until)).map(|at| at.to_string());
        let slot = Some("2026-03-29T06:00:00Z".to_owned());
        assert_eq!(last("2026-03-01T00:00:00Z", "2026-03-29T06:00:00Z"), slot);
        assert_eq!(last("2026-03-01T00:00:00Z", "2026-03-30T05:59:59Z"), slot);
        assert_eq!(last("2026-03-29T06:00:00Z", "2026-03-30T05:59:59Z"), None);
    }

    #[test]
    fn what_cannot_be_kept_to_is_refused_with_the_remedy() {
        check_refused(
            "0 8 30 2 *",
            "UTC",
            "“0 8 30 2 *” never comes: no day is like that; look at the day, the month and the year",
        );
        check_refused(
            "0 0 8 * * * 2020",
            "UTC",
            "“0 0 8 * * * 2020” never comes: no day is like that; look at the day, the month and the year",
        );
        for often in ["* * * * *", "*/10 * * * *", "* * 8 * * *", "0,59 0,23 * * *", "5,15 8 * * MON"] {
            check_refused(
                often,
                "UTC",
                &format!(
                    "“{often}” comes more often than every 15 minutes; give the minute one number, as in 0 8 * * *"
                ),
            );
        }
        check_refused(
            "0 8 * * MON",
            "Europe/Zuerich",
            "“Europe/Zuerich” is no time zone; write one as Europe/Zurich, America/New_York or UTC",
        );
        for (odd, reason) in [
            ("", "it has no fields, and five are needed"),
            ("0 8 * *", "it has 4 fields, and five are needed"),
            ("0 8 * * MON-", "“MON-” is no day of the week"),
            ("0 8 * * 8", "“8” is no day of the week"),
            ("0 25 * * *", "the hour “25” is not understood"),
            ("61 8 * * *", "the minute “61” is not understood"),
            ("0 8 * FOO *", "the month “FOO” is not understood"),
        ] {
            let refused = Timing::new(odd, "UTC", Timestamp::UNIX_EPOCH).unwrap_err().to_string();
            assert!(refused.contains(reason), "{odd}: {refused}");
        }
    }

    #[test]
    fn leap_days_come_even_over_a_century_without_one() {
        check_fires("0 8 29 2 MON", "UTC", "2088-03-01T00:00:00Z", &["2112-02-29T08:00:00Z"]);
    }

    #[test]
    fn a_timing_is_told_in_words() {
        for (cron, told) in [
            ("0 8 * * MON", "every Monday at 08:00"),
            ("30 8 * * 1-5", "every weekday at 08:30"),
            ("0 8 * * *", "every day at 08:00"),
            ("0 8,17 * * 0,6", "every Saturday and Sunday at 08:00 and 17:00"),
            ("0 8 1 * *", "on day 1 of every month at 08:00"),
            ("0 8 1,15 * *", "on days 1 and 15 of every month at 08:00"),
            ("0 8 1 1,7 *", "on day 1 of January and July at 08:00"),
            ("0 8 1-7 * MON", "every Monday that is on days 1 to 7 of the month at 08:00"),
            ("0 8 * 3 MON", "every Monday in March at 08:00"),
            ("0 * * * *", "every day, every hour at minute 0"),
            ("*/15 * * * *", "every day, every hour at minutes 0, 15, 30 and 45"),
            ("0 8-18 * * MON-FRI", "every weekday at minute 0 of the hours 8 to 18"),
            ("30 0 8 * * * 2027", "every day in 2027 at 08:00:30"),
        ] {
            assert_eq!(timing(cron, "utc").to_string(), format!("{told}, UTC"), "{cron}");
        }
    }
}
