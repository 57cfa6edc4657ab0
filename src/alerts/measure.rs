//! What a rule says of the present: pure, from a snapshot alone.
//!
//! Invariant: a reading is of the time up to which the data of its subject are complete. What is not in yet makes no
//! reading worse, and no time pass.

use std::collections::HashMap;

use jiff::SignedDuration;
use jiff::Timestamp;
use rayon::prelude::*;

use crate::config::AlertRule;
use crate::config::AlertWhen;
use crate::config::Budget;
use crate::config::Percent;
use crate::config::UnusualSide;
use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::AccountStatus;
use crate::domain::Anomaly;
use crate::domain::Band;
use crate::domain::Bound;
use crate::domain::CommitPeriod;
use crate::domain::Grain;
use crate::domain::Initiative;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::engine::Snapshot;

use super::subject::Subject;

/// An account whose data end so long before those of others is not judged: a daily source may be a day behind.
const BEHIND_MAX: SignedDuration = SignedDuration::from_hours(27);
/// How far back what goes on is looked for, by the hour and by the day.
const LOOK_BACK: [(Grain, i64); 2] = [(Grain::Hour, 48), (Grain::Day, 8 * 24)];

/// What a rule says of one subject.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    /// Of what.
    pub subject: Subject,
    /// What.
    pub verdict: Verdict,
    /// Up to when its data are complete; the clock for what has no data.
    pub at: Timestamp,
    /// How far it goes, as a part of a budget in percents.
    pub level: u16,
    /// Whether the subject is too small to begin an alert.
    pub is_small: bool,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does.
    Holds,
    /// It is on the good side by less than the margin: what held goes on, what did not begins not.
    Between,
    /// It does not.
    Clear,
    /// Its data are not in yet, or too few: nothing begins and nothing ends.
    Unknown,
}

impl Verdict {
    /// Of a size that is bad from `limit` on upwards; nothing at all is always well.
    pub(super) fn sized(size: f64, limit: f64, margin: f64) -> Self {
        Self::upward(size, limit, margin.min(limit / 2.0))
    }

    /// Of a value that is bad from `limit` on upwards.
    pub(super) fn upward(value: f64, limit: f64, margin: f64) -> Self {
        if value >= limit {
            Self::Holds
        } else if value >= limit - margin {
            Self::Between
        } else {
            Self::Clear
        }
    }
}

/// What a rule says of all that it is about.
#[must_use]
pub(super) fn measure(rule: &AlertRule, snapshot: &Snapshot, now: Timestamp) -> Vec<Reading> {
    match &rule.when {
        AlertWhen::Silent(longest) => silent(snapshot, longest.length(), now),
        AlertWhen::Idle(_) | AlertWhen::Overdue => initiatives(rule, snapshot, now),
        AlertWhen::Unusual { metric, side, least } => {
            let open = going_on(snapshot, *metric, *side);
            of_accounts(rule, snapshot, |account| {
                let size = open.get(&account.id).copied().unwrap_or(0.0);
                Some((Verdict::sized(size, least.share(), points(rule) / 100.0), 0))
            })
        }
        AlertWhen::Band(_)
        | AlertWhen::Score(_)
        | AlertWhen::Drop { .. }
        | AlertWhen::Spend { .. }
        | AlertWhen::Forecast { .. }
        | AlertWhen::Churn(_) => of_accounts(rule, snapshot, |account| judged(rule, snapshot, account)),
    }
}

fn points(rule: &AlertRule) -> f64 {
    f64::from(rule.margin)
}

/// A reading of each account that is looked after and that the rule is about.
fn of_accounts(
    rule: &AlertRule,
    snapshot: &Snapshot,
    judge: impl Fn(&Account) -> Option<(Verdict, u16)> + Sync,
) -> Vec<Reading> {
    let Some(as_of) = snapshot.as_of() else { return Vec::new() };
    let about = |account: &&Account| account.status == AccountStatus::Active && rule.scope.holds(account);
    let reading = |account: &&Account| {
        let at = snapshot.forecast_from(&UsageFilter::of(account.id.clone()));
        let is_behind = as_of.duration_since(at) > BEHIND_MAX;
        let judged = if is_behind { None } else { judge(account) };
        let (verdict, level) = judged.unwrap_or((Verdict::Unknown, 0));
        let busiest = snapshot.weekly_calls(&account.id).into_iter().max().unwrap_or(0);
        let is_small = busiest.unsigned_abs() < rule.volume;
        Reading { subject: Subject::Account(account.id.clone()), verdict, at, level, is_small }
    };
    let accounts: Vec<&Account> = snapshot.accounts().filter(about).collect();
    accounts.par_iter().map(reading).collect()
}

/// How an account stands by a rule about accounts; `None` when that cannot be judged.
fn judged(rule: &AlertRule, snapshot: &Snapshot, account: &Account) -> Option<(Verdict, u16)> {
    let margin = points(rule);
    let plain = |verdict| Some((verdict, 0));
    match &rule.when {
        AlertWhen::Band(worst) => {
            let band: Band = snapshot.health(&account.id)?.band?;
            plain(if band <= *worst { Verdict::Holds } else { Verdict::Clear })
        }
        AlertWhen::Score(below) => {
            let score = snapshot.health(&account.id)?.score?;
            // A score that is exactly the limit is not below it.
            plain(Verdict::upward(below.points() - score, 0.05, margin))
        }
        AlertWhen::Drop { points, within } => {
            let then = snapshot.as_of()?.checked_sub(within.length()).ok()?;
            let lost = snapshot.health_at(&account.id, then)?.score? - snapshot.health(&account.id)?.score?;
            plain(Verdict::sized(lost, points.points(), margin))
        }
        AlertWhen::Spend { steps, budget } => {
            let (period, amount) = period(*budget, account, snapshot.as_of()?)?;
            let filter = UsageFilter::of(account.id.clone());
            // What came in after the end of its data counts once all of that time is in.
            let past = Window::new(period.from(), period.to().min(snapshot.forecast_from(&filter)));
            let spent = past.map_or(Money::ZERO, |past| snapshot.totals(&filter, past).cost);
            Some(reached(steps, spent.as_f64() / amount.as_f64(), margin / 100.0))
        }
        AlertWhen::Forecast { above, budget } => {
            let (period, amount) = period(*budget, account, snapshot.as_of()?)?;
            // What is told to fall short must do so even when it goes well.
            let bound = if *above { Bound::Middle } else { Bound::High };
            let expected = Measure::Expected(Metric::Cost, bound);
            let fact = snapshot.fact(expected, &UsageFilter::of(account.id.clone()), period)?;
            let Quantity::Money(expected, _) = fact.value else { return None };
            let part = expected.as_f64() / amount.as_f64();
            let margin = margin / 100.0;
            plain(if *above {
                Verdict::upward(part, 1.0, margin)
            } else {
                Verdict::upward(1.0 - part, f64::EPSILON, margin)
            })
        }
        AlertWhen::Churn(above) => {
            let chance = snapshot.churn_probability(&account.id)?;
            plain(Verdict::sized(chance, above.share(), margin / 100.0))
        }
        AlertWhen::Unusual { .. } | AlertWhen::Idle(_) | AlertWhen::Overdue | AlertWhen::Silent(_) => None,
    }
}

/// The period of a budget that holds the end of the data, and how much may be spent in it. `None` for an account
/// without a commitment.
pub(super) fn period(budget: Budget, account: &Account, as_of: Timestamp) -> Option<(Window, Money)> {
    let (length, amount) = match budget {
        Budget::Monthly(amount) => (CommitPeriod::Month, amount),
        Budget::Commitment => {
            let contract = account.contract?;
            (contract.period, contract.commit)
        }
    };
    let (from, to) = length.around(utc_date(as_of - SignedDuration::from_millis(1)));
    let window = Window::new(utc_midnight(from), utc_midnight(to))?;
    (amount > Money::ZERO).then_some((window, amount))
}

/// The highest step that a part reaches.
pub(super) fn reached(steps: &[Percent], part: f64, margin: f64) -> (Verdict, u16) {
    let highest = steps.iter().rev().find(|step| part >= step.share());
    match (highest, steps.first()) {
        (Some(step), _) => (Verdict::Holds, step.0),
        (None, Some(first)) => (Verdict::sized(part, first.share(), margin), 0),
        (None, None) => (Verdict::Clear, 0),
    }
}

/// Accounts of which something unusual goes on where their data end, with the largest part it is off by.
fn going_on(snapshot: &Snapshot, metric: Metric, side: UnusualSide) -> HashMap<AccountId, f64> {
    let mut sizes: HashMap<AccountId, f64> = HashMap::new();
    let Some(as_of) = snapshot.as_of() else { return sizes };
    for (grain, hours) in LOOK_BACK {
        let window = Window::ending(as_of, SignedDuration::from_hours(hours));
        let found = snapshot.anomalies(metric, grain, window);
        for one in found.into_iter().filter(|one| one.is_open && is_of(side, one)) {
            let largest = sizes.entry(one.account.clone()).or_default();
            *largest = largest.max(size(&one));
        }
    }
    sizes
}

pub(super) fn is_of(side: UnusualSide, one: &Anomaly) -> bool {
    match side {
        UnusualSide::Below => !one.is_rise,
        UnusualSide::Above => one.is_rise,
        UnusualSide::Off => true,
    }
}

/// By what part of the usual something is off; as good as without end where nothing is usual.
pub(super) fn size(one: &Anomaly) -> f64 {
    one.measured.abs_diff(one.usual) as f64 / (one.usual.unsigned_abs() as f64).max(1.0)
}

fn initiatives(rule: &AlertRule, snapshot: &Snapshot, now: Timestamp) -> Vec<Reading> {
    let about = |one: &&Initiative| {
        one.is_open() && snapshot.account(&one.account).is_some_and(|account| rule.scope.holds(account))
    };
    let reading = |one: &Initiative| {
        let holds = match &rule.when {
            AlertWhen::Idle(longest) => {
                let begun = one.start.map(utc_midnight);
                let last = one.updates.iter().map(|update| update.at).max().or(begun);
                last.is_some_and(|last| now.duration_since(last) > longest.length())
            }
            _ => one.is_overdue(utc_date(now)),
        };
        Reading {
            subject: Subject::Initiative(one.account.clone(), one.id.clone()),
            verdict: if holds { Verdict::Holds } else { Verdict::Clear },
            at: now,
            level: 0,
            is_small: false,
        }
    };
    snapshot.initiatives().filter(about).map(reading).collect()
}

fn silent(snapshot: &Snapshot, longest: SignedDuration, now: Timestamp) -> Vec<Reading> {
    let reading = |mark: &crate::engine::SourceMark| Reading {
        subject: Subject::Source(mark.source.clone()),
        verdict: if now.duration_since(mark.watermark) > longest { Verdict::Holds } else { Verdict::Clear },
        at: now,
        level: 0,
        is_small: false,
    };
    snapshot.watermarks().iter().map(reading).collect()
}
