//! Receipts: how a fact was made, in words, in rows and in other facts.

use std::cmp::Reverse;

use jiff::SignedDuration;

use crate::domain::Bound;
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
        Measure::Expected(metric, Bound::Middle) => format!(
            "The {} measured of the window so far, and those forecast for the rest of it, added up.",
            noun(metric)
        ),
        Measure::Expected(metric, Bound::Low) => format!(
            "The {} that the window comes to or exceeds nine times in ten, by how far earlier forecasts lay off.",
            noun(metric)
        ),
        Measure::Expected(metric, Bound::High) => format!(
            "The {} that the window does not exceed nine times in ten, by how far earlier forecasts lay off.",
            noun(metric)
        ),
        Measure::ExpectedChange(metric) => format!(
            "The {} expected in the window, less those of the time of the same length before it, divided by those before.",
            noun(metric)
        ),
        Measure::ForecastError(metric) => format!(
            "Forecasts of as many days were made over the past, each from the days before it only. This is how far their \
             totals of {} lay off on average, without sign, divided by the totals measured.",
            noun(metric)
        ),
        Measure::Foretold(metric) => {
            format!("The {} that a forecast expected of this window, kept when it was made.", noun(metric))
        }
        Measure::ForetoldMiss(metric) => format!(
            "The {} that were forecast for the window, less those measured, divided by those measured.",
            noun(metric)
        ),
        Measure::Usual(metric, bound) => format!(
            "The {} usual of the same hours or days of the week by the account's own rhythm at its present level, known \
             before each of them{}.",
            noun(metric),
            match bound {
                Bound::Middle => "",
                Bound::Low => ": the lower end",
                Bound::High => ": the upper end",
            }
        ),
        Measure::Unusual(metric) => format!(
            "The {} measured in the window, less what is usual of it, divided by what is usual.",
            noun(metric)
        ),
        Measure::UnusualAccounts(metric) => format!(
            "The accounts of which something was unusual in {} in the window, counted. Accounts that are new or used little \
             are not judged.",
            noun(metric)
        ),
        Measure::DaysKnown => "The days from the first use of the account to where its data end.".into(),
        Measure::Commitment => "What the contract of the account commits it to for one period.".into(),
        Measure::ChurnCoefficient(_) => {
            "One of the numbers of the churn model, as fitted to the days in use of all accounts.".into()
        }
        Measure::ChurnPredicted(_) => {
            "The mean probability of silence that the churn model gave the accounts of this group for the 90 days that \
             have just passed, from what was known before them."
                .into()
        }
        Measure::ChurnObserved(_) => {
            "The accounts of this group without a call in the 90 days that have just passed, divided by all of the group."
                .into()
        }
        Measure::ChurnGroup(_) => {
            "The accounts, ordered by predicted probability and dealt into groups of about the same size, counted.".into()
        }
        Measure::ChurnError => {
            "The distance between predicted and observed in each group, averaged over all accounts.".into()
        }
        Measure::ChurnAuc => {
            "Of all pairs of an account that fell silent and one that did not, the part in which the first had the higher \
             predicted probability."
                .into()
        }
        Measure::ChurnProbability => {
            "The probability that the account makes no call in the 90 days after the end of the data, from how many days \
             it was in use since its first use, and how long it has been silent, by the churn model."
                .into()
        }
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
