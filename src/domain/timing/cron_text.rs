//! The fields of a cron expression, as sets of what they allow.

use std::str::FromStr;

use cron::Schedule;
use cron::TimeUnitSpec;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::civil::Weekday;

use super::WEEK;

/// More times a day than this are refused anyway.
const TIMES_MAX: usize = 24 * 60 / 15;
/// What the fields of five are called, in their order.
const NAMES: [&str; 5] = ["minute", "hour", "day of the month", "month", "day of the week"];

/// What a cron expression allows. A day must fit all of its day, its weekday, its month and its year.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    /// In their order; one more than allowed when there are more.
    pub(super) times: Vec<Time>,
    /// Days of the month; `None` is all.
    pub(super) days: Option<Vec<u32>>,
    /// `None` is all.
    pub(super) months: Option<Vec<u32>>,
    /// Monday first; `None` is all.
    pub(super) weekdays: Option<Vec<Weekday>>,
    /// `None` is all.
    pub(super) years: Option<Vec<u32>>,
}

impl Fields {
    /// Reads five fields as cron does, and six or seven as the library does.
    pub(super) fn parse(cron: &str) -> Result<Self, String> {
        let fields: Vec<&str> = cron.split(' ').filter(|field| !field.is_empty()).collect();
        let full = match fields.as_slice() {
            [] => return Err("it has no fields, and five are needed".into()),
            // The library numbers the days of the week from Sunday, 1; cron from Sunday, 0.
            [minute, hour, day, month, weekday] => {
                let named =
                    named_weekdays(weekday).ok_or_else(|| format!("“{weekday}” is no day of the week"))?;
                format!("0 {minute} {hour} {day} {month} {named}")
            }
            [_, _, _, _, _, _] | [_, _, _, _, _, _, _] => fields.join(" "),
            other => return Err(format!("it has {} fields, and five are needed", other.len())),
        };
        let schedule = Schedule::from_str(&full).map_err(|_odd| which_is_odd(&fields))?;
        Ok(Self {
            times: times(&schedule),
            days: some(schedule.days_of_month()),
            months: some(schedule.months()),
            weekdays: some(schedule.days_of_week()).map(|numbers| {
                let is_there =
                    |day: &Weekday| numbers.contains(&(day.to_sunday_one_offset().unsigned_abs().into()));
                WEEK.into_iter().filter(is_there).collect()
            }),
            years: some(schedule.years()),
        })
    }

    /// Whether two slots may be less than so many seconds apart.
    pub(super) fn is_closer_than(&self, apart_s: i64) -> bool {
        let seconds: Vec<i64> = self.times.iter().map(|time| second(*time)).collect();
        let over_midnight = match (seconds.first(), seconds.last()) {
            (Some(first), Some(last)) => first + 24 * 3_600 - last,
            _ => i64::MAX,
        };
        over_midnight < apart_s || seconds.windows(2).any(|pair| pair[1] - pair[0] < apart_s)
    }

    /// Whether a day of this month may fit.
    pub(super) fn has_month(&self, day: Date) -> bool {
        allows(self.months.as_deref(), day.month().unsigned_abs().into())
            && allows(self.years.as_deref(), day.year().unsigned_abs().into())
    }

    /// Whether a day fits.
    pub(super) fn has_day(&self, day: Date) -> bool {
        self.has_month(day)
            && allows(self.days.as_deref(), day.day().unsigned_abs().into())
            && self.weekdays.as_ref().is_none_or(|days| days.contains(&day.weekday()))
    }
}

fn allows(set: Option<&[u32]>, value: u32) -> bool {
    set.is_none_or(|set| set.contains(&value))
}

/// The values of a field; `None` when it allows all.
fn some(field: &impl TimeUnitSpec) -> Option<Vec<u32>> {
    (!field.is_all()).then(|| field.iter().collect())
}

fn times(schedule: &Schedule) -> Vec<Time> {
    let mut times = Vec::new();
    for hour in schedule.hours().iter() {
        for minute in schedule.minutes().iter() {
            for second in schedule.seconds().iter() {
                let small = |value: u32| i8::try_from(value).unwrap_or(i8::MAX);
                times.extend(Time::new(small(hour), small(minute), small(second), 0).ok());
                if times.len() > TIMES_MAX {
                    return times;
                }
            }
        }
    }
    times
}

fn second(time: Time) -> i64 {
    i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// The first field that is not understood when it stands alone.
fn which_is_odd(fields: &[&str]) -> String {
    let minutes = if fields.len() == 5 { fields } else { &fields[1..] };
    for (at, name) in NAMES.iter().enumerate() {
        let mut alone = ["*"; 5];
        alone[at] = minutes[at];
        if Schedule::from_str(&format!("0 {}", alone.join(" "))).is_err() && !(at == 4 && fields.len() == 5) {
            return format!("the {name} “{}” is not understood", minutes[at]);
        }
    }
    "a field is not understood".into()
}

/// A field of weekdays by cron's numbers (Sunday is 0 and 7) or names, as a list of names.
fn named_weekdays(field: &str) -> Option<String> {
    if matches!(field, "*" | "?") {
        return Some("*".into());
    }
    let mut chosen = [false; 7];
    for part in field.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match span.split_once('-') {
            Some((from, to)) => (weekday(from)?, weekday(to)?),
            None if matches!(span, "*" | "?") => (0, 6),
            None if part.contains('/') => (weekday(span)?, 6),
            None => (weekday(span)?, weekday(span)?),
        };
        // A span may lead over the end of the week, as from Friday to Monday.
        let to = if to < from { to + 7 } else { to };
        (from..=to).step_by(step).for_each(|day| chosen[day % 7] = true);
    }
    let names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    let list: Vec<&str> = names.into_iter().zip(chosen).filter(|(_, is)| *is).map(|(name, _)| name).collect();
    Some(list.join(","))
}

/// Sunday is 0.
fn weekday(text: &str) -> Option<usize> {
    if let Ok(number) = text.parse::<usize>() {
        return (number <= 7).then_some(number % 7);
    }
    let lower = text.to_ascii_lowercase();
    let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    (lower.len() >= 3).then(|| names.iter().position(|name| name.starts_with(&lower)))?
}
