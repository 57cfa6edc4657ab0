//! Ticks that a person would choose: round values, and the days, weeks or months of the calendar.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::Currency;
use crate::domain::DAY_MS;
use crate::domain::HOUR_MS;
use crate::domain::Metric;
use crate::domain::short_number;
use crate::domain::utc_date;
use crate::domain::utc_midnight;

/// Round values from zero to at least `max`, in about `steps` steps; `whole` ones for what is counted.
///
/// At least two values, the last one never below `max`.
pub(super) fn values(max: f64, steps: f64, whole: bool) -> Vec<f64> {
    let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
    let rough = max / steps;
    let power = 10f64.powf(rough.log10().floor());
    let mut step =
        [1.0, 2.0, 2.5, 5.0, 10.0].map(|round| round * power).into_iter().find(|step| *step >= rough * 0.999);
    if whole {
        step = step.map(|step| if step < 10.0 { step.ceil() } else { step });
    }
    let step = step.unwrap_or(rough);
    // A hair's breadth of slack, so that 3 × 0.1 still counts as 0.3.
    let count = (max / step - 1e-9).ceil().max(1.0);
    (0..=count as usize).map(|index| index as f64 * step).collect()
}

/// A round value with its unit, as `20 k` or `$1.5 k`; `step` decides how many decimals money needs.
pub(super) fn value_label(value: f64, step: f64, currency: Option<Currency>) -> String {
    let Some(currency) = currency else { return short_number(value) };
    let number = match step {
        _ if value == 0.0 => "0".to_owned(),
        step if step >= 1.0 => short_number(value),
        step if step >= 0.01 => format!("{value:.2}"),
        step => format!("{value:.*}", (1.0 - step.log10().floor()).clamp(2.0, 6.0) as usize),
    };
    format!("{}{number}", currency.prefix())
}

/// Whether only whole numbers of it make sense.
pub(super) fn is_counted(metric: Metric) -> bool {
    match metric {
        Metric::ApiCalls | Metric::Tokens | Metric::Errors => true,
        Metric::Cost => false,
    }
}

/// A mark on the time axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateTick {
    pub(super) at: Timestamp,
    pub(super) label: String,
    /// Whether a larger unit begins here, as a new year among months.
    pub(super) begins: bool,
}

/// From tick to tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stride {
    Hours(i64),
    Days(i64),
    Weeks(i64),
    Months(i64),
}

const STRIDES: [Stride; 19] = [
    Stride::Hours(1),
    Stride::Hours(2),
    Stride::Hours(3),
    Stride::Hours(6),
    Stride::Hours(12),
    Stride::Days(1),
    Stride::Days(2),
    Stride::Weeks(1),
    Stride::Weeks(2),
    Stride::Months(1),
    Stride::Months(2),
    Stride::Months(3),
    Stride::Months(6),
    Stride::Months(12),
    Stride::Months(24),
    Stride::Months(60),
    Stride::Months(120),
    Stride::Months(600),
    Stride::Months(6_000),
];

impl Stride {
    fn ms(self) -> i64 {
        match self {
            Self::Hours(n) => n * HOUR_MS,
            Self::Days(n) => n * DAY_MS,
            Self::Weeks(n) => 7 * n * DAY_MS,
            // The shortest months are four weeks; labels must not touch there either.
            Self::Months(n) => 28 * n * DAY_MS,
        }
    }
}

/// Marks from `from` to `to`, both included, at most `most`; none finer than `finest_ms`.
pub(super) fn dates(from: Timestamp, to: Timestamp, most: usize, finest_ms: i64) -> Vec<DateTick> {
    let span = to.as_millisecond().saturating_sub(from.as_millisecond());
    let most = i64::try_from(most.max(2)).unwrap_or(2);
    if span <= 0 {
        let whole_day = from == utc_midnight(utc_date(from));
        let label = if whole_day { day_label(utc_date(from)) } else { hour_label(from) };
        return vec![DateTick { at: from, label, begins: false }];
    }
    let fits = |stride: &Stride| stride.ms() >= finest_ms && span / stride.ms() < most;
    let stride = STRIDES.into_iter().find(fits).unwrap_or(STRIDES[STRIDES.len() - 1]);
    match stride {
        Stride::Hours(n) => hours(from, to, n),
        Stride::Days(n) => days(utc_date(from), from, to, n),
        Stride::Weeks(n) => {
            let first = utc_date(from);
            let ahead = (7 - i64::from(first.weekday().to_monday_zero_offset())) % 7;
            days(first.saturating_add(ahead.days()), from, to, 7 * n)
        }
        Stride::Months(n) => months(from, to, n),
    }
}

fn hours(from: Timestamp, to: Timestamp, n: i64) -> Vec<DateTick> {
    let step = n * HOUR_MS;
    let first = from.as_millisecond() + (-from.as_millisecond()).rem_euclid(step);
    let mut ticks = Vec::new();
    let mut ms = first;
    while let Some(at) = Timestamp::from_millisecond(ms).ok().filter(|at| *at <= to) {
        let begins = ms.rem_euclid(DAY_MS) == 0;
        let label = if begins { day_label(utc_date(at)) } else { hour_label(at) };
        ticks.push(DateTick { at, label, begins });
        ms += step;
    }
    ticks
}

fn days(first: Date, from: Timestamp, to: Timestamp, n: i64) -> Vec<DateTick> {
    let mut ticks = Vec::new();
    let mut day = if utc_midnight(first) < from { first.saturating_add(1.day()) } else { first };
    loop {
        let at = utc_midnight(day);
        if at > to {
            return ticks;
        }
        ticks.push(DateTick { at, label: day_label(day), begins: false });
        let Ok(next) = day.checked_add(n.days()) else { return ticks };
        day = next;
    }
}

fn months(from: Timestamp, to: Timestamp, n: i64) -> Vec<DateTick> {
    let first = utc_date(from);
    let since_zero = i64::from(first.year()) * 12 + i64::from(first.month()) - 1;
    let mut month = since_zero - since_zero.rem_euclid(n);
    let mut ticks = Vec::new();
    loop {
        let day = i16::try_from(month.div_euclid(12))
            .ok()
            .zip(i8::try_from(month.rem_euclid(12) + 1).ok())
            .and_then(|(year, month)| Date::new(year, month, 1).ok());
        let Some(day) = day.filter(|day| utc_midnight(*day) <= to) else { return ticks };
        let at = utc_midnight(day);
        if at >= from {
            let begins = day.month() == 1;
            let label = if begins { day.year().to_string() } else { day.strftime("%b").to_string() };
            ticks.push(DateTick { at, label, begins });
        }
        month += n;
    }
}

/// `22 Nov`.
pub(super) fn day_label(day: Date) -> String {
    day.strftime("%-d %b").to_string()
}

/// `22 Nov 2026`.
pub(super) fn full_day_label(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// `14:00`.
pub(super) fn hour_label(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_values(max: f64, whole: bool, currency: Option<Currency>, wanted: &str) {
        let ticks = values(max, 4.0, whole);
        let step = ticks[1] - ticks[0];
        let labels: Vec<String> = ticks.iter().map(|tick| value_label(*tick, step, currency)).collect();
        assert_eq!(labels.join(" | "), wanted);
        assert!(ticks[ticks.len() - 1] >= max.min(f64::MAX));
    }

    #[test]
    fn values_are_round() {
        check_values(0.0, true, None, "0 | 1");
        check_values(1.0, true, None, "0 | 1");
        check_values(7.0, true, None, "0 | 2 | 4 | 6 | 8");
        check_values(53_120.0, true, None, "0 | 20 k | 40 k | 60 k");
        check_values(9_999.0, true, None, "0 | 2.5 k | 5 k | 7.5 k | 10 k");
        check_values(1.8e19, true, None, "0 | 5000000 T | 10000000 T | 15000000 T | 20000000 T");
        let usd = Some(Currency::USD);
        check_values(5_800.0, false, usd, "$0 | $2 k | $4 k | $6 k");
        check_values(1.2, false, usd, "$0 | $0.50 | $1.00 | $1.50");
        check_values(0.000_04, false, usd, "$0 | $0.000010 | $0.000020 | $0.000030 | $0.000040");
    }

    #[track_caller]
    fn check_dates(from: &str, to: &str, finest_ms: i64, wanted: &str) {
        let ticks = dates(from.parse().unwrap(), to.parse().unwrap(), 8, finest_ms);
        let labels: Vec<&str> = ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels.join(" | "), wanted);
    }

    #[test]
    fn dates_suit_the_span() {
        let (hour, day) = (HOUR_MS, DAY_MS);
        check_dates(
            "2026-11-21T20:00:00Z",
            "2026-11-22T14:00:00Z",
            hour,
            "21:00 | 22 Nov | 03:00 | 06:00 | 09:00 | 12:00",
        );
        check_dates(
            "2026-11-16T00:00:00Z",
            "2026-11-22T00:00:00Z",
            day,
            "16 Nov | 17 Nov | 18 Nov | 19 Nov | 20 Nov | 21 Nov | 22 Nov",
        );
        check_dates("2026-10-24T00:00:00Z", "2026-11-22T00:00:00Z", day, "26 Oct | 2 Nov | 9 Nov | 16 Nov");
        check_dates(
            "2026-10-05T00:00:00Z",
            "2027-04-19T00:00:00Z",
            day,
            "Nov | Dec | 2027 | Feb | Mar | Apr",
        );
        check_dates("2021-10-05T00:00:00Z", "2026-04-19T00:00:00Z", day, "2022 | 2023 | 2024 | 2025 | 2026");
        check_dates("2026-10-05T13:00:00Z", "2026-10-05T13:00:00Z", hour, "13:00");
    }
}
