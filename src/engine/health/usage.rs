//! What whole days of usage say: trend, growth, breadth, stability, errors.
//!
//! Invariant: all here looks at whole days (UTC) before `day` only, so it is found once a day for an untouched account.

use crate::domain::FactorKind;
use crate::domain::Quantity;

use super::super::frame::AccountFrame;
use super::super::hour::DAY_HOURS;
use super::super::rules::{FactorRules, HealthRules};
use super::days::{AccountDays, Days};
use super::excursions::WEEK_DAYS;
use super::rhythm::usual_pause;
use super::robust::spread;
use super::verdict::Verdict;

const LONG_RHYTHM: &str = "its rhythm is longer than the weeks that would be compared";
/// The unit of a trend: the change over four weeks.
const TREND_DAYS: f64 = 28.0;
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
    pub(in super::super) fn of(account: &AccountDays<'_>, rules: &HealthRules, day: u32) -> Self {
        let days = account.before(day, span(rules));
        let mut pause = None;
        let mut find = |factor: &FactorRules| {
            let window = u32::from(factor.window_days);
            match factor.kind {
                FactorKind::Trend => trend(&days, window),
                FactorKind::Growth => growth(&days, window),
                FactorKind::Breadth if days.pauses_long => Verdict::Missing(LONG_RHYTHM),
                FactorKind::Breadth => breadth(account, day, window),
                FactorKind::Stability => stability(&days, window),
                FactorKind::Errors => errors(account.frame, day, window),
                FactorKind::Recency => {
                    pause = usual_pause(account, day, window);
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

/// Days that are looked at for what is usual: those of the factor that looks back furthest.
fn span(rules: &HealthRules) -> u32 {
    let days = |factor: &FactorRules| match factor.kind {
        FactorKind::Growth => 2 * u32::from(factor.window_days),
        FactorKind::Trend | FactorKind::Stability => u32::from(factor.window_days),
        FactorKind::Recency
        | FactorKind::Breadth
        | FactorKind::Errors
        | FactorKind::Initiatives
        | FactorKind::Commitment => 0,
    };
    rules.factors.iter().map(days).max().unwrap_or(0)
}

fn trend(days: &Days, window: u32) -> Verdict {
    let pauses_long = days.pauses_long;
    let Some(days) = days.usual(window) else {
        return Verdict::Missing("too little data: too few weeks of usage for a trend");
    };
    if pauses_long {
        return Verdict::Missing(LONG_RHYTHM);
    }
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

fn growth(days: &Days, window: u32) -> Verdict {
    let Some((now, before, mended)) = days.compared(window) else {
        return Verdict::Missing("too little data: it is too new to compare with the weeks before");
    };
    if days.pauses_long {
        return Verdict::Missing(LONG_RHYTHM);
    }
    if before <= 0.0 {
        return if now > 0.0 {
            let words = "back in use after silence in the weeks before";
            Verdict::Found { on_curve: f64::INFINITY, measured: Quantity::Change(None), words }
        } else {
            Verdict::Missing("silent in both of the periods that would be compared")
        };
    }
    let change = (now - before) / before;
    let words = match (change, mended) {
        (..=-0.3, false) => "far fewer calls than in the weeks before",
        (..=-0.05, false) => "fewer calls than in the weeks before",
        (..0.05, false) => "about as many calls as in the weeks before",
        (..0.3, false) => "more calls than in the weeks before",
        (_, false) => "far more calls than in the weeks before",
        (..=-0.3, true) => "far fewer calls than in the weeks before, a short exception set aside",
        (..=-0.05, true) => "fewer calls than in the weeks before, a short exception set aside",
        (..0.05, true) => "about as many calls as in the weeks before, a short exception set aside",
        (..0.3, true) => "more calls than in the weeks before, a short exception set aside",
        (_, true) => "far more calls than in the weeks before, a short exception set aside",
    };
    Verdict::Found { on_curve: change, measured: Quantity::Change(Some(change)), words }
}

fn breadth(account: &AccountDays<'_>, day: u32, window: u32) -> Verdict {
    let known = account.frame.first_day().map_or(0, |first| day.saturating_sub(first));
    let windows = known.min(BREADTH_DAYS_MAX) / window;
    if windows < 2 {
        return Verdict::Missing("too little data: it is too new to know how many endpoints it uses at best");
    }
    let mut counts =
        (0..windows).map(|back| account.endpoints_in_use(day - (back + 1) * window, day - back * window));
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

fn stability(days: &Days, window: u32) -> Verdict {
    let Some(days) = days.usual(window) else {
        return Verdict::Missing("too little data: too few weeks of usage to know its usual days");
    };
    let slope = days.slope().unwrap_or(0.0);
    let middle = days.calls.len() as f64 / 2.0;
    let mut distances = Vec::with_capacity(days.calls.len());
    for (index, calls) in days.calls.iter().enumerate() {
        let level = days.levels[index % WEEK_DAYS];
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
