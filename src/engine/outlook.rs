//! What comes next: forecasts of days, and the sums and dates that follow from them.
//!
//! Invariant: what is in already is never forecast. A window that has begun is what was measured of it plus what is
//! expected of the rest; what is not in yet is expected, never zero.

use std::ops::Range;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::Bound;
use crate::domain::Foretold;
use crate::domain::Grain;
use crate::domain::Horizon;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;

use super::forecast;
use super::hour::{DAY_HOURS, hour_from, hour_start};
use super::results::{ExpectedDay, Reached, TooLittle};
use super::snapshot::Snapshot;

/// Days of a week, the season of daily figures.
const WEEK_DAYS: usize = 7;
/// History that is looked at: a year and a little, so that the same weeks of the year before are in it.
const HISTORY_DAYS_MAX: u32 = 400;
/// Days that are forecast once for all that may be asked: the furthest horizon, and the longest rest of a month.
const STEPS: usize = 90 + 31;
/// A source that is further behind than this does not hold the portfolio's forecast back.
const BEHIND_MAX: SignedDuration = SignedDuration::from_hours(72);

/// The forecast of one metric of some usage.
#[derive(Debug)]
pub(super) struct Outlook {
    /// The data are complete before this hour.
    until: u32,
    path: Result<forecast::Path, TooLittle>,
}

/// A sum with its band of 80 %.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) middle: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Expected {
    pub(super) fn at(&self, bound: Bound) -> f64 {
        match bound {
            Bound::Middle => self.middle,
            Bound::Low => self.low,
            Bound::High => self.high,
        }
    }

    fn plus(&self, measured: f64) -> Self {
        Self { middle: self.middle + measured, low: self.low + measured, high: self.high + measured }
    }
}

impl Outlook {
    /// The first day that is forecast: the one in which the data end.
    fn today(&self) -> u32 {
        self.until / DAY_HOURS
    }

    /// What is expected between two hours that do not lie before the end of the data. A day that is cut by an edge counts
    /// by its hours.
    fn between(&self, from: u32, to: u32) -> Option<Expected> {
        let path = self.path.as_ref().ok()?;
        let start = self.today() * DAY_HOURS;
        let (from, to) = (from.checked_sub(start)?, to.checked_sub(start)?);
        let steps: Range<usize> = (from / DAY_HOURS) as usize..to.div_ceil(DAY_HOURS) as usize;
        if steps.end > path.mean.len() || from >= to {
            return None;
        }
        let inside = |step: usize| {
            let begin = step as u32 * DAY_HOURS;
            f64::from(to.min(begin + DAY_HOURS) - from.max(begin)) / f64::from(DAY_HOURS)
        };
        let middle: f64 = steps.clone().map(|step| path.mean[step] * inside(step)).sum();
        let whole = path.total(steps.clone());
        let days: f64 = steps.clone().map(inside).sum();
        let part = days / steps.len() as f64;
        Some(Expected {
            middle,
            low: middle - (whole.mean - whole.low80) * part,
            high: middle + (whole.high80 - whole.mean) * part,
        })
    }
}

impl Snapshot {
    /// The forecast of a metric of some usage, made once for a snapshot.
    pub(super) fn outlook(&self, filter: &UsageFilter, metric: Metric) -> std::sync::Arc<Outlook> {
        self.outlooks.get_or((filter.clone(), metric), || {
            let until = self.complete_until(filter);
            let history = self.daily_before(filter, metric, until / DAY_HOURS);
            let path = match forecast::forecast(&history, WEEK_DAYS, STEPS) {
                forecast::Outlook::Path(path) => Ok(path),
                forecast::Outlook::TooLittle(forecast::TooLittle::Measured { have, need }) => {
                    Err(TooLittle { have, need, in_use: false })
                }
                forecast::Outlook::TooLittle(forecast::TooLittle::Active { have, need }) => {
                    Err(TooLittle { have, need, in_use: true })
                }
            };
            Outlook { until, path }
        })
    }

    /// The hour before which the data of some usage are complete.
    fn complete_until(&self, filter: &UsageFilter) -> u32 {
        let as_of = self.as_of().unwrap_or(Timestamp::UNIX_EPOCH);
        if let Some(id) = &filter.account {
            let derived = self.entry(id).and_then(|entry| entry.derived.as_ref());
            return derived.map_or_else(|| hour_from(as_of), |derived| derived.at.until);
        }
        let near = self.watermarks().iter().map(|mark| mark.watermark.min(as_of));
        let near = near.filter(|at| as_of.duration_since(*at) <= BEHIND_MAX);
        hour_from(near.min().unwrap_or(as_of))
    }

    /// The metric of each whole day before `day`, oldest first, since the first use or so far as is looked back.
    fn daily_before(&self, filter: &UsageFilter, metric: Metric, day: u32) -> Vec<f64> {
        let first = self.select(filter).entries.iter().filter_map(|entry| entry.frame.first_day()).min();
        let Some(first) = first.map(|first| first.max(day.saturating_sub(HISTORY_DAYS_MAX))) else {
            return Vec::new();
        };
        let window = Window::new(hour_start(first * DAY_HOURS), hour_start(day * DAY_HOURS));
        let series = window.map(|window| self.series(filter, metric, window, Grain::Day).values);
        series.unwrap_or_default().into_iter().map(|value| value as f64).collect()
    }

    /// What a metric comes to over a window: what was measured, plus what is expected of the rest. `None` with too little
    /// data, or when the window ends too far ahead.
    pub(super) fn expected(&self, filter: &UsageFilter, metric: Metric, window: Window) -> Option<Expected> {
        let outlook = self.outlook(filter, metric);
        let (from, to) = (hour_from(window.from()), hour_from(window.to()));
        let known = Window::new(window.from(), window.to().min(hour_start(outlook.until)));
        let measured = known.map_or(0, |known| self.sums(filter, known).of(metric)) as f64;
        if to <= outlook.until {
            return Some(Expected { middle: measured, low: measured, high: measured });
        }
        Some(outlook.between(from.max(outlook.until), to)?.plus(measured))
    }

    /// How far off the total of `window`'s length forecasts lay on average, relative to it, over the account's own past.
    pub(super) fn forecast_error(&self, filter: &UsageFilter, metric: Metric, window: Window) -> Option<f64> {
        let days = usize::try_from(window.length().as_hours() / i64::from(DAY_HOURS)).ok()?;
        self.outlook(filter, metric).path.as_ref().ok()?.total_error(days)
    }

    /// The instant from which on a metric of some usage is forecast: where its data end.
    #[must_use]
    pub fn forecast_from(&self, filter: &UsageFilter) -> Timestamp {
        hour_start(self.complete_until(filter))
    }

    /// The coming days, the one in which the data end included and forecast as a whole.
    pub fn expected_days(
        &self,
        filter: &UsageFilter,
        metric: Metric,
        horizon: Horizon,
    ) -> Result<Vec<ExpectedDay>, TooLittle> {
        let outlook = self.outlook(filter, metric);
        let path = outlook.path.as_ref().map_err(|little| *little)?;
        let raw = |value: f64| value.round() as i64;
        let day = |step: usize| {
            let start = (outlook.today() + step as u32) * DAY_HOURS;
            Some(ExpectedDay {
                day: Window::new(hour_start(start), hour_start(start + DAY_HOURS))?,
                middle: raw(path.mean[step]),
                inner: (raw(path.low80[step]), raw(path.high80[step])),
                outer: (raw(path.low95[step]), raw(path.high95[step])),
            })
        };
        let last = usize::from(horizon.days()) + usize::from(!outlook.until.is_multiple_of(DAY_HOURS));
        Ok((0..last.min(path.mean.len())).filter_map(day).collect())
    }

    /// When the sum of a metric since `since` comes to `sum`; `None` with too little data. Days that lie further ahead than
    /// is forecast are not told.
    #[must_use]
    pub fn reached(
        &self,
        filter: &UsageFilter,
        metric: Metric,
        since: Timestamp,
        sum: i64,
    ) -> Option<Reached> {
        let outlook = self.outlook(filter, metric);
        let path = outlook.path.as_ref().ok()?;
        let measured =
            |to: u32| Window::new(since, hour_start(to)).map_or(0, |past| self.sums(filter, past).of(metric));
        if measured(outlook.until) >= sum {
            return Some(Reached::Already);
        }
        // The day in which the data end is forecast as a whole, so what was measured of it does not count.
        let left = sum.saturating_sub(measured(outlook.today() * DAY_HOURS)) as f64;
        let sums = path.cumulated();
        let first = |edge: fn(&forecast::Sum) -> f64| -> Option<Date> {
            let step = sums.iter().position(|sum| edge(sum) >= left)?;
            Some(utc_date(hour_start((outlook.today() + step as u32) * DAY_HOURS)))
        };
        Some(Reached::Ahead {
            early: first(|sum| sum.high80),
            middle: first(|sum| sum.mean),
            late: first(|sum| sum.low80),
        })
    }

    /// The methods behind a forecast, each with the length of its season in days and its weight, and at how many earlier
    /// points they were tried; nothing with too little data.
    #[must_use]
    pub fn forecast_methods(
        &self,
        filter: &UsageFilter,
        metric: Metric,
    ) -> (Vec<(&'static str, usize, f64)>, usize) {
        let outlook = self.outlook(filter, metric);
        let Ok(path) = &outlook.path else { return (Vec::new(), 0) };
        let told = path.methods.iter().map(|one| (one.method.word(), one.season, one.weight));
        (told.collect(), path.trials)
    }

    /// The forecast of the next whole days, as it is kept to be held against what comes.
    #[must_use]
    pub fn foretell(&self, filter: &UsageFilter, metric: Metric, horizon: Horizon) -> Option<Foretold> {
        let outlook = self.outlook(filter, metric);
        let start = outlook.until.div_ceil(DAY_HOURS) * DAY_HOURS;
        let end = start + u32::from(horizon.days()) * DAY_HOURS;
        let sum = outlook.between(start, end)?;
        let raw = |value: f64| value.round() as i64;
        Some(Foretold {
            account: filter.account.clone(),
            metric,
            made: hour_start(outlook.until),
            window: Window::new(hour_start(start), hour_start(end))?,
            middle: raw(sum.middle),
            low: raw(sum.low),
            high: raw(sum.high),
        })
    }

    /// All kept forecasts.
    #[must_use]
    pub fn all_foretold(&self) -> &[Foretold] {
        &self.foretold
    }

    /// Kept forecasts whose windows have passed, newest first.
    pub fn foretold(&self, filter: &UsageFilter, metric: Metric) -> impl Iterator<Item = &Foretold> {
        let passed = self.forecast_from(filter);
        let whole = filter.endpoint.is_none() && filter.model.is_none();
        let account = filter.account.clone();
        let of_it = move |one: &&Foretold| {
            whole && one.account == account && one.metric == metric && one.window.to() <= passed
        };
        self.foretold.iter().rev().filter(of_it)
    }

    /// The kept forecast of exactly this window.
    pub(super) fn foretold_of(
        &self,
        filter: &UsageFilter,
        metric: Metric,
        window: Window,
    ) -> Option<&Foretold> {
        self.foretold(filter, metric).find(|one| one.window == window)
    }
}
