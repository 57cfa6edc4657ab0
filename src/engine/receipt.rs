//! Receipts: how a fact was made, in words, in rows and in other facts.

use std::cmp::Reverse;

use jiff::SignedDuration;

use crate::domain::Bound;
use crate::domain::Cause;
use crate::domain::FactKey;
use crate::domain::FactorKind;
use crate::domain::Measure;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;

use super::frame::Keep;
use super::hour::{hour_start, hours};
use super::method::method;
use super::results::{Receipt, ReceiptRow};
use super::snapshot::Snapshot;

/// Days behind a forecast, behind what is usual, and behind the probability of churn, of which rows are shown.
const FORECAST_DAYS: u16 = 400;
const USUAL_DAYS: u16 = 56;
const CHURN_DAYS: u16 = 400;

impl Snapshot {
    /// How a fact was made, computed on this snapshot, with at most `rows_max` rows. `None` where
    /// [`Snapshot::fact`] says so.
    #[must_use]
    pub fn receipt(&self, key: &FactKey, rows_max: usize) -> Option<Receipt> {
        let fact = self.fact(key.measure, &key.filter, key.window)?;
        let rows_of = self.rows_behind(&fact.key);
        let (rows, rows_total) = match rows_of {
            Some(window) => self.newest_rows(&key.filter, window, rows_max),
            None => (Vec::new(), 0),
        };
        let parts = self.parts_of(&fact.key);
        Some(Receipt {
            method: method(key.measure),
            value: fact.value,
            key: fact.key,
            rows,
            rows_total,
            parts,
        })
    }

    /// The window whose rows a fact is computed from, when it is computed from rows.
    fn rows_behind(&self, key: &FactKey) -> Option<Window> {
        let window = key.window;
        match key.measure {
            Measure::Sum(_) | Measure::Share(_) | Measure::PortfolioShare(_) => Some(window),
            Measure::Change(_) => Window::new(window.previous().from(), window.to()),
            Measure::HealthScore | Measure::ComputedScore => {
                let days = self.rules().factors.iter().map(|factor| factor.window_days).max();
                days_before(window, days.unwrap_or(0))
            }
            Measure::FactorScore(kind) | Measure::FactorMeasured(kind) | Measure::FactorWeight(kind) => {
                let rules = self.rules().factors.iter().find(|factor| factor.kind == kind);
                days_before(window, rules.map_or(0, |rules| rules.window_days * windows_read(kind)))
            }
            Measure::Expected(..) | Measure::ExpectedChange(_) | Measure::ForecastError(_) => {
                let until = self.forecast_from(&key.filter);
                days_before(Window::ending(until, SignedDuration::from_hours(24)), FORECAST_DAYS)
            }
            Measure::ForetoldMiss(_) | Measure::Unusual(_) => Some(window),
            Measure::Usual(..) => days_before(Window::ending(window.from(), window.length()), USUAL_DAYS),
            Measure::ChurnProbability => days_before(window, CHURN_DAYS),
            Measure::Foretold(_)
            | Measure::UnusualAccounts(_)
            | Measure::DaysKnown
            | Measure::Commitment
            | Measure::ChurnCoefficient(_)
            | Measure::ChurnPredicted(_)
            | Measure::ChurnObserved(_)
            | Measure::ChurnGroup(_)
            | Measure::ChurnError
            | Measure::ChurnAuc
            | Measure::ActiveAccounts
            | Measure::Accounts
            | Measure::InBand(_)
            | Measure::ScoreChange
            | Measure::ScoreCause(_)
            | Measure::InitiativesOpen
            | Measure::InitiativesIn(_)
            | Measure::InitiativesOverdue
            | Measure::RevenueExpected => None,
        }
    }

    /// The newest of the filtered rows of a window, and how many there are in all.
    fn newest_rows(&self, filter: &UsageFilter, window: Window, rows_max: usize) -> (Vec<ReceiptRow>, usize) {
        // Newest first; within an hour accounts by id, then endpoints and models by name.
        let mut found: Vec<(Reverse<u32>, usize, usize)> = Vec::new();
        let mut total = 0;
        let selection = self.select(filter);
        for (at, (entry, keep)) in selection.kept().enumerate() {
            let rows = entry.frame.rows_between(hours(window));
            let (hour, part_of) = (entry.frame.hour_slice(), entry.frame.part_slice());
            let kept = |row: &usize| match &keep {
                Keep::All => true,
                Keep::Nothing => false,
                Keep::Parts(marked) => marked[part_of[*row] as usize],
            };
            total += if keep == Keep::All { rows.len() } else { rows.clone().filter(kept).count() };
            // One hour may be cut in the middle: take all of it, so that the order within it decides.
            let mut last = None;
            for (taken, row) in rows.rev().filter(kept).enumerate() {
                if taken >= rows_max && last != Some(hour[row]) {
                    break;
                }
                last = Some(hour[row]);
                found.push((Reverse(hour[row]), at, row));
            }
            if found.len() > 4 * rows_max.max(1_000) {
                found.sort_unstable();
                found.truncate(rows_max);
            }
        }
        found.sort_unstable();
        found.truncate(rows_max);
        let row = |(Reverse(hour), at, row): (Reverse<u32>, usize, usize)| {
            let entry = &selection.entries[at];
            let part = entry.frame.parts[entry.frame.part_slice()[row] as usize];
            ReceiptRow {
                hour: hour_start(hour),
                account: entry.account.id.clone(),
                endpoint: self.dictionary.endpoints.name(part.endpoint).clone(),
                model: part.model.map(|id| self.dictionary.models.name(id).clone()),
                used: entry.frame.row(row).used(),
            }
        };
        (found.into_iter().map(row).collect(), total)
    }

    /// The facts that a fact is made of.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each measure, so that the compiler tells which is missing"
    )]
    fn parts_of(&self, key: &FactKey) -> Vec<(String, FactKey, Quantity)> {
        let (filter, window) = (&key.filter, key.window);
        let whole = UsageFilter::default();
        let own = UsageFilter { account: filter.account.clone(), ..UsageFilter::default() };
        let mut parts = Vec::new();
        let mut add = |label: String, measure: Measure, filter: &UsageFilter, window: Window| {
            parts.extend(self.fact(measure, filter, window).map(|fact| (label, fact.key, fact.value)));
        };
        match key.measure {
            Measure::Change(metric) => {
                add("In the window".into(), Measure::Sum(metric), filter, window);
                add("In the window before".into(), Measure::Sum(metric), filter, window.previous());
            }
            Measure::Share(metric) => {
                add("The part".into(), Measure::Sum(metric), filter, window);
                add("The whole".into(), Measure::Sum(metric), &own, window);
            }
            Measure::PortfolioShare(metric) => {
                add("The part".into(), Measure::Sum(metric), filter, window);
                add("The portfolio".into(), Measure::Sum(metric), &whole, window);
            }
            Measure::HealthScore | Measure::ComputedScore => {
                for rules in &self.rules().factors {
                    let kind = rules.kind;
                    add(format!("Score of {kind}"), Measure::FactorScore(kind), filter, window);
                    add(format!("Weight of {kind}"), Measure::FactorWeight(kind), filter, window);
                }
            }
            Measure::FactorScore(kind) => {
                add("Measured".into(), Measure::FactorMeasured(kind), filter, window);
                add("Weight in the score".into(), Measure::FactorWeight(kind), filter, window);
            }
            Measure::ExpectedChange(metric) => {
                add("Expected".into(), Measure::Expected(metric, Bound::Middle), filter, window);
                add("Measured before".into(), Measure::Sum(metric), filter, window.previous());
            }
            Measure::ForetoldMiss(metric) => {
                add("Was said".into(), Measure::Foretold(metric), filter, window);
                add("Was measured".into(), Measure::Sum(metric), filter, window);
            }
            Measure::Unusual(metric) => {
                add("Measured".into(), Measure::Sum(metric), filter, window);
                add("Usual".into(), Measure::Usual(metric, Bound::Middle), filter, window);
            }
            Measure::Expected(metric, Bound::Middle) => {
                add("Low end".into(), Measure::Expected(metric, Bound::Low), filter, window);
                add("High end".into(), Measure::Expected(metric, Bound::High), filter, window);
            }
            Measure::Usual(metric, Bound::Middle) => {
                add("Low end".into(), Measure::Usual(metric, Bound::Low), filter, window);
                add("High end".into(), Measure::Usual(metric, Bound::High), filter, window);
            }
            Measure::ScoreChange => {
                add("The score then".into(), Measure::HealthScore, filter, then(window));
                add("The score now".into(), Measure::HealthScore, filter, window);
                let factors = FactorKind::ALL.iter().map(|kind| Cause::Factor(*kind));
                for cause in factors.chain(Cause::OTHERS) {
                    add(format!("Part of {cause}"), Measure::ScoreCause(cause), filter, window);
                }
            }
            Measure::ScoreCause(Cause::Factor(kind)) => {
                for (when, window) in [("then", then(window)), ("now", window)] {
                    add(format!("Score {when}"), Measure::FactorScore(kind), filter, window);
                    add(format!("Weight {when}"), Measure::FactorWeight(kind), filter, window);
                    add(format!("Measured {when}"), Measure::FactorMeasured(kind), filter, window);
                }
            }
            Measure::ScoreCause(Cause::Override) => {
                for (when, window) in [("then", then(window)), ("now", window)] {
                    add(format!("Shown {when}"), Measure::HealthScore, filter, window);
                    add(format!("Computed {when}"), Measure::ComputedScore, filter, window);
                }
            }
            Measure::ScoreCause(Cause::MissingData) => {
                for kind in FactorKind::ALL {
                    let weight = Measure::FactorWeight(*kind);
                    add(format!("Weight of {kind} then"), weight, filter, then(window));
                    add(format!("Weight of {kind} now"), weight, filter, window);
                }
            }
            Measure::ScoreCause(Cause::Configuration)
            | Measure::Sum(_)
            | Measure::Expected(..)
            | Measure::Usual(..)
            | Measure::ForecastError(_)
            | Measure::Foretold(_)
            | Measure::UnusualAccounts(_)
            | Measure::DaysKnown
            | Measure::Commitment
            | Measure::ChurnCoefficient(_)
            | Measure::ChurnPredicted(_)
            | Measure::ChurnObserved(_)
            | Measure::ChurnGroup(_)
            | Measure::ChurnError
            | Measure::ChurnAuc
            | Measure::ChurnProbability
            | Measure::ActiveAccounts
            | Measure::Accounts
            | Measure::InBand(_)
            | Measure::FactorWeight(_)
            | Measure::FactorMeasured(_)
            | Measure::InitiativesOpen
            | Measure::InitiativesIn(_)
            | Measure::InitiativesOverdue
            | Measure::RevenueExpected => {}
        }
        parts
    }
}

/// The window of a state at the begin of another window.
fn then(window: Window) -> Window {
    Window::ending(window.from(), window.length())
}

/// The days before the end of a window; `None` when there are none.
fn days_before(window: Window, days: u16) -> Option<Window> {
    (days > 0).then(|| Window::ending(window.to(), SignedDuration::from_hours(24 * i64::from(days))))
}

/// How many of its windows a factor looks at.
fn windows_read(kind: FactorKind) -> u16 {
    if kind == FactorKind::Growth { 2 } else { 1 }
}
