//! A timing in words: `every Monday at 08:00`.

use jiff::civil::Time;
use jiff::civil::Weekday;

use super::WEEK;
use super::cron_text::Fields;

/// Times of a day that are told one by one.
const TIMES_TOLD_MAX: usize = 4;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days, months and years, then times.
pub(super) fn describe(fields: &Fields) -> String {
    let times = times(&fields.times);
    let glue = if times.starts_with("every") { ", " } else { " " };
    let years = fields.years.as_ref().map(|years| format!(" in {}", spans(years))).unwrap_or_default();
    format!("{}{years}{glue}{times}", days(fields))
}

fn days(fields: &Fields) -> String {
    let months = fields.months.as_ref().map(|months| {
        let name = |month: &u32| MONTHS.get(*month as usize - 1).copied().unwrap_or_default().to_owned();
        list(&months.iter().map(name).collect::<Vec<_>>())
    });
    let days = fields.days.as_ref().map(|days| {
        let word = if days.len() == 1 { "day" } else { "days" };
        format!("on {word} {}", spans(days))
    });
    let within = months.as_ref().map(|months| format!(" in {months}")).unwrap_or_default();
    match (fields.weekdays.as_deref().map(weekdays), days) {
        (None, None) => format!("every day{within}"),
        (Some(weekdays), None) => format!("every {weekdays}{within}"),
        (None, Some(days)) => format!("{days} of {}", months.unwrap_or_else(|| "every month".into())),
        (Some(weekdays), Some(days)) => {
            format!("every {weekdays} that is {days} of {}", months.unwrap_or_else(|| "the month".into()))
        }
    }
}

fn weekdays(days: &[Weekday]) -> String {
    if days == &WEEK[..5] {
        return "weekday".into();
    }
    list(&days.iter().map(|day| format!("{day:?}")).collect::<Vec<_>>())
}

fn times(times: &[Time]) -> String {
    if times.len() <= TIMES_TOLD_MAX {
        let told =
            |time: &Time| time.strftime(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string();
        return format!("at {}", list(&times.iter().map(told).collect::<Vec<_>>()));
    }
    let distinct = |of: fn(&Time) -> i8| {
        let mut values: Vec<u32> = times.iter().map(|time| of(time).unsigned_abs().into()).collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let (hours, minutes) = (distinct(|time| time.hour()), distinct(|time| time.minute()));
    let word = if minutes.len() == 1 { "minute" } else { "minutes" };
    let minutes = list(&minutes.iter().map(u32::to_string).collect::<Vec<_>>());
    if hours.len() == 24 {
        format!("every hour at {word} {minutes}")
    } else {
        format!("at {word} {minutes} of the hours {}", spans(&hours))
    }
}

/// `1, 2 and 5`.
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `1, 5 to 7 and 9`.
fn spans(numbers: &[u32]) -> String {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some((_, to)) if *to + 1 == *number => *to = *number,
            _ => spans.push((*number, *number)),
        }
    }
    let told = |(from, to): &(u32, u32)| match to - from {
        0 => vec![from.to_string()],
        1 => vec![from.to_string(), to.to_string()],
        _ => vec![format!("{from} to {to}")],
    };
    list(&spans.iter().flat_map(told).collect::<Vec<_>>())
}
