//! When a rule of alerts stays silent: hours of the day, days of the week and dates, each in a time zone.
//!
//! Invariant: hours are those of the clock on the wall, so that they hold across a change of the clocks.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// Dates of one rule; more are a calendar of many years.
const DATES_MAX: usize = 200;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Hours of each day in which nothing is told; they may go over midnight.
#[derive(Debug, Clone, PartialEq)]
pub struct QuietHours {
    from: Time,
    to: Time,
    zone: TimeZone,
}

impl QuietHours {
    /// In words: `from 20:00 to 07:00 Europe/Zurich`.
    #[must_use]
    pub fn words(&self) -> String {
        let clock = |time: Time| time.strftime("%H:%M").to_string();
        format!("from {} to {} {}", clock(self.from), clock(self.to), self.zone_name())
    }

    fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    fn holds(&self, time: Time) -> bool {
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            time >= self.from || time < self.to
        }
    }
}

/// `20:00-07:00 Europe/Zurich`.
impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: Time| time.strftime("%H:%M").to_string();
        write!(f, "{}-{} {}", clock(self.from), clock(self.to), self.zone_name())
    }
}

impl FromStr for QuietHours {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let odd = || format!("“{text}” are no hours; write 20:00-07:00 Europe/Zurich");
        let (hours, zone) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), "UTC"));
        let (from, to) = hours.split_once('-').ok_or_else(odd)?;
        let clock = |part: &str| Time::strptime("%H:%M", part).map_err(|_odd| odd());
        let (from, to) = (clock(from)?, clock(to)?);
        if from == to {
            return Err("quiet hours that begin when they end would be none, or all; give two times".into());
        }
        let zone = zone.trim();
        let known = TimeZone::get(zone).ok().filter(|_| !zone.is_empty());
        let zone = known.ok_or_else(|| format!("“{zone}” is no time zone; write it as Europe/Zurich"))?;
        Ok(Self { from, to, zone })
    }
}

/// Days on which nothing is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaysOff {
    weekdays: Vec<Weekday>,
    dates: Vec<Date>,
}

impl DaysOff {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weekdays.is_empty() && self.dates.is_empty()
    }

    /// In words: `on Saturdays, on Sundays and on 3 dates`.
    #[must_use]
    pub fn words(&self) -> String {
        let day = |day: &Weekday| format!("on {day:?}s");
        let mut words: Vec<String> = self.weekdays.iter().map(day).collect();
        words.extend(match self.dates.as_slice() {
            [] => None,
            [one] => Some(format!("on {one}")),
            many => Some(format!("on {} dates", many.len())),
        });
        match words.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    fn holds(&self, day: Date) -> bool {
        self.weekdays.contains(&day.weekday()) || self.dates.contains(&day)
    }
}

/// `sat sun 2026-12-25`.
impl fmt::Display for DaysOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: &Weekday| WEEKDAYS.iter().find(|(_, known)| known == day).map(|(name, _)| *name);
        let mut words: Vec<String> = self.weekdays.iter().filter_map(name).map(str::to_owned).collect();
        words.extend(self.dates.iter().map(ToString::to_string));
        f.write_str(&words.join(" "))
    }
}

impl FromStr for DaysOff {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut off = Self::default();
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            let lower = word.to_lowercase();
            match WEEKDAYS.iter().find(|(name, _)| lower.starts_with(name)) {
                Some((_, day)) => off.weekdays.push(*day),
                None => off.dates.push(word.parse().map_err(|_odd| {
                    format!("“{word}” is no day off; write sat, sun or a date such as 2026-12-25")
                })?),
            }
        }
        off.weekdays.sort_by_key(|day| day.to_monday_zero_offset());
        off.weekdays.dedup();
        off.dates.sort_unstable();
        off.dates.dedup();
        if off.dates.len() > DATES_MAX {
            return Err(format!("these are more than {DATES_MAX} dates; give those of the coming years"));
        }
        Ok(off)
    }
}

/// Whether nothing is told at an instant. Days off are those of the zone of the hours, or of UTC.
pub(super) fn is_quiet(hours: Option<&QuietHours>, off: &DaysOff, at: Timestamp) -> bool {
    let zone = hours.map_or(TimeZone::UTC, |hours| hours.zone.clone());
    let local = at.to_zoned(zone).datetime();
    off.holds(local.date()) || hours.is_some_and(|hours| hours.holds(local.time()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hours: &str, off: &str, at: &str, quiet: bool) {
        let hours: QuietHours = hours.parse().unwrap();
        assert_eq!(hours.to_string().parse(), Ok(hours.clone()));
        let off: DaysOff = off.parse().unwrap();
        assert_eq!(off.to_string().parse(), Ok(off.clone()));
        assert_eq!(is_quiet(Some(&hours), &off, at.parse().unwrap()), quiet, "{at}");
    }

    #[test]
    fn quiet_hours_are_those_of_the_wall_clock() {
        let night = "20:00-07:00 Europe/Zurich";
        // Winter: an hour ahead of UTC; summer: two. The clocks change on 29 March 2026.
        check(night, "", "2026-03-27T05:59:00Z", true);
        check(night, "", "2026-03-27T06:00:00Z", false);
        check(night, "", "2026-03-30T05:00:00Z", false);
        check(night, "", "2026-03-30T18:00:00Z", true);
        check("12:00-13:00", "", "2026-03-30T12:59:59Z", true);
        check("12:00-13:00", "", "2026-03-30T13:00:00Z", false);
    }

    #[test]
    fn a_day_off_is_quiet_from_its_first_hour_there() {
        let night = "20:00-07:00 Asia/Tokyo";
        check(night, "sat sunday 2026-12-25", "2026-12-24T15:00:00Z", true);
        check(night, "sat sunday 2026-12-25", "2026-12-24T03:00:00Z", false);
        check(night, "sat", "2026-11-27T16:00:00Z", true);
    }

    #[test]
    fn odd_hours_are_explained() {
        for odd in ["20-7", "20:00", "25:00-07:00", "20:00-20:00", "20:00-07:00 Nowhere/Land"] {
            assert!(odd.parse::<QuietHours>().is_err(), "{odd}");
        }
        assert!("someday".parse::<DaysOff>().is_err());
    }
}
