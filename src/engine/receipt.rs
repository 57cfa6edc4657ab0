//! Receipts: how a fact was made, in words, in rows and in other facts.

use std::cmp::Reverse;

use jiff::SignedDuration;

use crate::domain::Cause;
use crate::domain::FactKey;
use crate::domain::FactorKind;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;

use super::frame::Keep;
use super::hour::{hour_start, hours};
use super::results::{Receipt, ReceiptRow};
use super::snapshot::Snapshot;

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
            Measure::ActiveAccounts
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

fn method(measure: Measure) -> String {
    match measure {
        Measure::Sum(metric) => format!("The {} of all rows in the window, added up.", noun(metric)),
        Measure::Change(metric) => format!(
            "The {} in the window, less those in the window of the same length before it, divided by those before.",
            noun(metric)
        ),
        Measure::Share(metric) => format!(
            "The {} of the rows that the filter leaves, divided by those of all rows of the same account, or of the \
             portfolio when no account is meant.",
            noun(metric)
        ),
        Measure::PortfolioShare(metric) => format!(
            "The {} of the rows that the filter leaves, divided by those of the whole portfolio.",
            noun(metric)
        ),
        Measure::ActiveAccounts => "The accounts with at least one call in the window, counted.".into(),
        Measure::Accounts => "All accounts that are known, counted.".into(),
        Measure::InBand(band) => format!("The accounts whose health score is in the band “{band}”, counted."),
        Measure::HealthScore => {
            "What a person set, while an override is in force; else the mean of the factors that could be judged, weighted by their weights. A factor \
                                 with too little data is left out and its weight is shared by the others."
                .into()
        }
        Measure::ComputedScore => {
            "The weighted mean of the factors that could be judged, whether or not a person set another score to be \
             shown in its place."
                .into()
        }
        Measure::ScoreChange => {
            "The score at the end of the window, less the score at its begin. The parts sum to it.".into()
        }
        Measure::ScoreCause(cause) => cause_method(cause).into(),
        Measure::FactorScore(kind) => format!("{} Its curve turns that into a score.", factor_method(kind)),
        Measure::FactorWeight(_) => {
            "The factor's weight in the health configuration, divided by the weights of all \
                                     factors that could be judged. A factor that was left out weighs nothing."
                .into()
        }
        Measure::FactorMeasured(kind) => factor_method(kind).into(),
        Measure::InitiativesOpen => "The initiatives that are planned, active or blocked, counted.".into(),
        Measure::InitiativesIn(status) => format!("The initiatives that are {status}, counted."),
        Measure::InitiativesOverdue => "The open initiatives whose due day has passed, counted.".into(),
        Measure::RevenueExpected => "The expected revenue of all open initiatives, added up.".into(),
    }
}

fn noun(metric: Metric) -> &'static str {
    match metric {
        Metric::ApiCalls => "API calls",
        Metric::Tokens => "tokens",
        Metric::Cost => "costs",
        Metric::Errors => "errors",
    }
}

fn cause_method(cause: Cause) -> &'static str {
    match cause {
        Cause::Factor(_) => {
            "The change of the factor's score, times the mean of its weights then and now, both by the rules of the end \
             of the window; rounded so that all parts sum to the change."
        }
        Cause::MissingData => {
            "What factors gave that could be judged at one end of the window alone, and what the others gained or lost \
             by the weight that went to them or came from them."
        }
        Cause::Configuration => {
            "The score at the begin of the window by the rules of its end, less that by the rules of its begin; \
             overrides left out."
        }
        Cause::Override => {
            "What the score that a person set adds to the computed one at the end of the window, less what it added at \
             its begin."
        }
    }
}

fn factor_method(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Recency => {
            "The time since the last call, set against the pauses that this account usually makes: of the days in use, \
             nine of ten ended no longer silence."
        }
        FactorKind::Trend => {
            "The median of all slopes between days of the same weekday, each relative to the usual calls of that \
             weekday, as the change over four weeks."
        }
        FactorKind::Growth => {
            "The calls of the last whole weeks against those of as many weeks before, so that each weekday occurs \
             equally often in both. Holidays and incidents of a few days that are over are set to the usual calls of \
             their weekdays."
        }
        FactorKind::Breadth => {
            "The endpoints in use in the last weeks, against the most that this account ever used in as many weeks \
             of the year before."
        }
        FactorKind::Stability => {
            "How far the calls of three in four days lie at most from what their weekday and the trend suggest, relative to \
             that, as a standard deviation."
        }
        FactorKind::Errors => {
            "The calls that failed, divided by all calls of the rows that tell their errors."
        }
        FactorKind::Initiatives => {
            "The open initiatives that are blocked or overdue, divided by all open ones."
        }
        FactorKind::Commitment => {
            "The costs since the period of the commitment began, divided by the part of the commitment that is due by \
             now."
        }
    }
}
