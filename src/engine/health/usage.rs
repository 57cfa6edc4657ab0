//! What whole days of usage say: trend, growth, breadth, stability, errors.
//!
//! Invariant: all here looks at whole days (UTC) before `day` only, so it is found once a day for an untouched account.

use crate::domain::FactorKind;
use crate::domain::Metric;
use crate::domain::Quantity;

use super::super::frame::AccountFrame;
use super::super::hour::DAY_HOURS;
use super::super::rules::{FactorRules, HealthRules};
use super::rhythm::usual_pause;
use super::robust::{median, slope, spread};
use super::verdict::Verdict;

const WEEK_DAYS: u32 = 7;
/// The unit of a trend: the change over four weeks.
const TREND_DAYS: f64 = 28.0;
/// Younger accounts have too few days of each weekday for a trend.
const HISTORY_DAYS_MIN: u32 = 21;
/// Fewer calls say nothing about a share of errors.
const ERROR_CALLS_MIN: i64 = 100;
/// An account's best breadth is looked for in the year before.
const BREADTH_DAYS_MAX: u32 = 365;
/// What is expected of a day is at least this part of its weekday's usual calls, however steep the trend.
const EXPECTED_MIN: f64 = 0.1;

/// What was found of the days before `day`.
#[derive(Debug)]
pub(in super::super) struct UsageVerdicts {
    pub(in super::super) day: u32,
    /// The usual pause between days in use.
    pub(super) pause: Option<u32>,
    /// In the order of the rules; those that need the hour or the desk are left out.
    verdicts: Vec<Verdict>,
}

impl UsageVerdicts {
    /// Looks at the days before `day`.
    pub(in super::super) fn of(frame: &AccountFrame, rules: &HealthRules, day: u32) -> Self {
        let mut pause = None;
        let mut find = |factor: &FactorRules| {
            let window = u32::from(factor.window_days);
            match factor.kind {
                FactorKind::Trend => trend(frame, day, window),
                FactorKind::Growth => growth(frame, day, window),
                FactorKind::Breadth => breadth(frame, day, window),
                FactorKind::Stability => stability(frame, day, window),
                FactorKind::Errors => errors(frame, day, window),
                FactorKind::Recency => {
                    pause = usual_pause(frame, day, window);
                    Verdict::Missing("found from hours")
                }
                FactorKind::Initiatives | FactorKind::Commitment => Verdict::Missing("found at the desk"),
            }
        };
        let verdicts = rules.factors.iter().map(&mut find).collect();
        Self { day, pause, verdicts }
    }

    /// What the factor at `index` of the rules found.
    pub(super) fn of_factor(&self, index: usize) -> Verdict {
        self.verdicts[index]
    }
}

/// Whole days of calls, with the level of each weekday.
struct Days {
    calls: Vec<f64>,
    /// Usual calls of each weekday, by the day's index modulo seven; not above zero when it is mostly unused.
    levels: [f64; WEEK_DAYS as usize],
}

impl Days {
    /// The last `window` days, or as many as are known; `None` when that is too few.
    fn before(frame: &AccountFrame, day: u32, window: u32) -> Option<Self> {
        let known = day.saturating_sub(frame.first_day()?);
        if known < HISTORY_DAYS_MIN {
            return None;
        }
        let count = window.min(known);
        let calls: Vec<f64> =
            frame.daily_calls(day - count, count).into_iter().map(|calls| calls as f64).collect();
        let mut levels = [0.0; WEEK_DAYS as usize];
        for (weekday, level) in levels.iter_mut().enumerate() {
            let mut same: Vec<f64> =
                calls.iter().skip(weekday).step_by(WEEK_DAYS as usize).copied().collect();
            *level = median(&mut same).unwrap_or(0.0);
        }
        Some(Self { calls, levels })
    }

    /// The slope per day, relative to the usual calls of the weekday: the median over all pairs of days of the same
    /// weekday (the seasonal slope of Hirsch, Slack and Smith 1982). Accounts without a usual weekday are looked at
    /// by whole weeks. `None` when most weeks are silent.
    fn slope(&self) -> Option<f64> {
        let mut slopes = Vec::new();
        for (weekday, level) in self.levels.iter().enumerate().filter(|(_, level)| **level > 0.0) {
            let same: Vec<f64> =
                self.calls.iter().skip(weekday).step_by(WEEK_DAYS as usize).copied().collect();
            for (start, first) in same.iter().enumerate() {
                for (weeks, later) in same[start + 1..].iter().enumerate() {
                    slopes.push((later - first) / level / (f64::from(WEEK_DAYS) * (weeks + 1) as f64));
                }
            }
        }
        median(&mut slopes).or_else(|| self.weekly_slope())
    }

    fn weekly_slope(&self) -> Option<f64> {
        let weeks: Vec<f64> =
            self.calls.rchunks_exact(WEEK_DAYS as usize).rev().map(|week| week.iter().sum()).collect();
        let usual = median(&mut weeks.clone()).filter(|usual| *usual > 0.0)?;
        slope(&weeks).map(|slope| slope / usual / f64::from(WEEK_DAYS))
    }
}

fn trend(frame: &AccountFrame, day: u32, window: u32) -> Verdict {
    let Some(days) = Days::before(frame, day, window) else {
        return Verdict::Missing("too little data: too few weeks of usage for a trend");
    };
    let Some(slope) = days.slope() else {
        return Verdict::Missing("too little data: most of these weeks are silent, so they show no trend");
    };
    // A straight line may fall below nothing; calls cannot.
    let change = (slope * TREND_DAYS).max(-1.0);
    let words = match change {
        ..=-0.2 => "calls fall steeply from week to week",
        ..=-0.05 => "calls fall from week to week",
        ..0.05 => "calls hold their level from week to week",
        ..0.2 => "calls rise from week to week",
        _ => "calls rise steeply from week to week",
    };
    Verdict::Found { on_curve: change, measured: Quantity::Change(Some(change)), words }
}

fn growth(frame: &AccountFrame, day: u32, window: u32) -> Verdict {
    let too_new = Verdict::Missing("too little data: it is too new to compare with the weeks before");
    let Some(first) = frame.first_day() else { return too_new };
    let Some(start) = day.checked_sub(2 * window).filter(|start| *start >= first) else { return too_new };
    let upto = |day: u32| frame.upto_of(day * DAY_HOURS, Metric::ApiCalls);
    let now = upto(day).wrapping_sub(upto(day - window)) as f64;
    let before = upto(day - window).wrapping_sub(upto(start)) as f64;
    if before <= 0.0 {
        return if now > 0.0 {
            let words = "back in use after silence in the weeks before";
            Verdict::Found { on_curve: f64::INFINITY, measured: Quantity::Change(None), words }
        } else {
            Verdict::Missing("silent in both of the periods that would be compared")
        };
    }
    let change = (now - before) / before;
    let words = match change {
        ..=-0.3 => "far fewer calls than in the weeks before",
        ..=-0.05 => "fewer calls than in the weeks before",
        ..0.05 => "about as many calls as in the weeks before",
        ..0.3 => "more calls than in the weeks before",
        _ => "far more calls than in the weeks before",
    };
    Verdict::Found { on_curve: change, measured: Quantity::Change(Some(change)), words }
}

fn breadth(frame: &AccountFrame, day: u32, window: u32) -> Verdict {
    let known = frame.first_day().map_or(0, |first| day.saturating_sub(first));
    let windows = known.min(BREADTH_DAYS_MAX) / window;
    if windows < 2 {
        return Verdict::Missing("too little data: it is too new to know how many endpoints it uses at best");
    }
    let mut counts =
        (0..windows).map(|back| endpoints_in_use(frame, (day - (back + 1) * window, day - back * window)));
    let now = counts.next().unwrap_or(0);
    let Some(best) = counts.max().filter(|best| *best > 0) else {
        return Verdict::Missing("silent in all of the periods that would be compared");
    };
    let share = (f64::from(now) / f64::from(best)).min(1.0);
    let words = match share {
        ..=0.0 => "no endpoint is in use any more",
        ..0.5 => "far fewer endpoints in use than at its best",
        ..1.0 => "fewer endpoints in use than at its best",
        _ => "as many endpoints in use as at its best",
    };
    Verdict::Found { on_curve: share, measured: Quantity::Share(share), words }
}

/// Endpoints with at least one call in some days.
fn endpoints_in_use(frame: &AccountFrame, (from, to): (u32, u32)) -> u32 {
    let mut in_use = vec![false; frame.parts.len()];
    let (part_of, calls) = (frame.part_slice(), frame.calls.slice());
    for row in frame.rows_between((from * DAY_HOURS, to * DAY_HOURS)) {
        in_use[part_of[row] as usize] |= calls.get(row) > 0;
    }
    // Parts stand in the order of their endpoints, so the models of one endpoint are neighbours.
    let used = frame.parts.iter().zip(in_use).filter(|(_, used)| *used).map(|(part, _)| part.endpoint);
    let mut endpoints: Vec<u32> = used.collect();
    endpoints.dedup();
    endpoints.len() as u32
}

fn stability(frame: &AccountFrame, day: u32, window: u32) -> Verdict {
    let Some(days) = Days::before(frame, day, window) else {
        return Verdict::Missing("too little data: too few weeks of usage to know its usual days");
    };
    let slope = days.slope().unwrap_or(0.0);
    let middle = days.calls.len() as f64 / 2.0;
    let mut distances = Vec::with_capacity(days.calls.len());
    for (index, calls) in days.calls.iter().enumerate() {
        let level = days.levels[index % WEEK_DAYS as usize];
        if level > 0.0 {
            let expected = level * (1.0 + slope * (index as f64 - middle)).max(EXPECTED_MIN);
            distances.push((calls - expected) / expected);
        }
    }
    let Some(spread) = spread(&mut distances) else {
        return Verdict::Missing("too little data: it has no usual days to compare with");
    };
    let words = match spread {
        ..0.25 => "days are much like others of their weekday",
        ..0.6 => "days vary somewhat against others of their weekday",
        _ => "days vary widely against others of their weekday",
    };
    Verdict::Found { on_curve: spread, measured: Quantity::Share(spread), words }
}

fn errors(frame: &AccountFrame, day: u32, window: u32) -> Verdict {
    if frame.errors.is_none() {
        return Verdict::Missing("errors are not told by the sources of this account");
    }
    let upto = |day: u32| frame.upto(day * DAY_HOURS);
    let told = upto(day).minus(&upto(day.saturating_sub(window)));
    if told.told_calls < ERROR_CALLS_MIN {
        return Verdict::Missing("too little data: too few calls that tell their errors");
    }
    let share = told.errors as f64 / told.told_calls as f64;
    let words = match share {
        ..0.01 => "hardly any calls fail",
        ..0.05 => "some calls fail",
        _ => "many calls fail",
    };
    Verdict::Found { on_curve: share, measured: Quantity::Share(share), words }
}
