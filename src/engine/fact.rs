//! Facts: the one place where a measure becomes a value.
//!
//! Invariant: a fact and its receipt both come from [`Snapshot::value`], so they cannot differ.

use crate::domain::Fact;
use crate::domain::FactKey;
use crate::domain::Factor;
use crate::domain::FactorKind;
use crate::domain::Health;
use crate::domain::Initiative;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;

use super::hour::hours;
use super::snapshot::Snapshot;

impl Snapshot {
    /// The only maker of facts: computes the value, so that a fact and its receipt cannot differ. `None` when the
    /// measure does not apply, as a score that cannot be judged, errors that are never told, a part of nothing, or an
    /// account that is not known.
    #[must_use]
    pub fn fact(&self, measure: Measure, filter: &UsageFilter, window: Window) -> Option<Fact> {
        let value = self.value(measure, filter, window)?;
        let key = FactKey { measure, filter: filter.clone(), window, version: self.version };
        Some(Fact { key, value })
    }

    /// The value of a measure in this snapshot.
    pub(super) fn value(&self, measure: Measure, filter: &UsageFilter, window: Window) -> Option<Quantity> {
        if filter.account.as_ref().is_some_and(|id| self.entry(id).is_none()) {
            return None;
        }
        let factor = |kind| self.factor(kind, filter, window);
        match measure {
            Measure::Sum(metric) => {
                let sum = self.sum_of(metric, filter, window)?;
                Some(Quantity::of(metric, sum, self.currency))
            }
            Measure::Change(metric) => {
                let now = self.sum_of(metric, filter, window)?;
                let before = self.sum_of(metric, filter, window.previous())?;
                Some(Quantity::Change(change(now, before)))
            }
            Measure::Share(metric) => {
                let whole = UsageFilter { account: filter.account.clone(), ..UsageFilter::default() };
                self.share(metric, filter, &whole, window)
            }
            Measure::PortfolioShare(metric) => self.share(metric, filter, &UsageFilter::default(), window),
            Measure::ActiveAccounts => Some(Quantity::Accounts(self.active(filter, window))),
            Measure::Accounts => Some(Quantity::Accounts(self.scope(filter.account.as_ref()).len() as u64)),
            Measure::InBand(band) => {
                let entries = self.scope(filter.account.as_ref()).iter();
                let inside = entries.filter(|entry| {
                    self.health_of(entry, window.to()).and_then(|health| health.band) == Some(band)
                });
                Some(Quantity::Accounts(inside.count() as u64))
            }
            Measure::HealthScore => self.state(filter, window)?.score.map(Quantity::Score),
            Measure::FactorScore(kind) => factor(kind)?.judged.map(|judged| Quantity::Score(judged.score)),
            Measure::FactorWeight(kind) => Some(Quantity::Share(factor(kind)?.weight)),
            Measure::FactorMeasured(kind) => factor(kind)?.judged.map(|judged| judged.measured),
            Measure::InitiativesOpen => Some(self.initiatives_where(filter, Initiative::is_open)),
            Measure::InitiativesIn(status) => {
                Some(self.initiatives_where(filter, |one| one.status == status))
            }
            Measure::InitiativesOverdue => {
                let today = self.today_at(window.to());
                Some(self.initiatives_where(filter, |one| one.is_overdue(today)))
            }
            Measure::RevenueExpected => {
                let open = self.initiatives_of(filter).filter(|one| one.is_open());
                let revenue: Money = open.filter_map(|one| one.expected_revenue).sum();
                Some(Quantity::Money(revenue, self.currency))
            }
        }
    }

    /// A raw sum; `None` when it is of errors and none of the rows ever tells them.
    fn sum_of(&self, metric: Metric, filter: &UsageFilter, window: Window) -> Option<i64> {
        let told = metric != Metric::Errors
            || self.select(filter).entries.iter().any(|entry| entry.frame.errors.is_some());
        told.then(|| self.sums(filter, window).of(metric))
    }

    fn share(
        &self,
        metric: Metric,
        filter: &UsageFilter,
        whole: &UsageFilter,
        window: Window,
    ) -> Option<Quantity> {
        let part = self.sum_of(metric, filter, window)?;
        let whole = self.sum_of(metric, whole, window)?;
        (whole != 0).then(|| Quantity::Share(part as f64 / whole as f64))
    }

    /// Accounts with at least one call.
    fn active(&self, filter: &UsageFilter, window: Window) -> u64 {
        let hours = hours(window);
        let kept = self.select(filter).kept();
        kept.filter(|(entry, keep)| entry.frame.between(hours, keep).calls > 0).count() as u64
    }

    /// Health of the filter's account at the end of the window.
    pub(super) fn state(&self, filter: &UsageFilter, window: Window) -> Option<Health> {
        self.health_at(filter.account.as_ref()?, window.to())
    }

    fn factor(&self, kind: FactorKind, filter: &UsageFilter, window: Window) -> Option<Factor> {
        self.state(filter, window)?.factors.into_iter().find(|factor| factor.kind == kind)
    }

    /// Initiatives of the filter's account, or all.
    fn initiatives_of(&self, filter: &UsageFilter) -> impl Iterator<Item = &Initiative> {
        let account = filter.account.clone();
        self.initiatives().filter(move |one| account.as_ref().is_none_or(|id| one.account == *id))
    }

    fn initiatives_where(&self, filter: &UsageFilter, fits: impl Fn(&Initiative) -> bool) -> Quantity {
        Quantity::Initiatives(self.initiatives_of(filter).filter(|one| fits(one)).count() as u64)
    }
}

/// The relative change: nothing before and nothing now is no change, nothing before alone has none.
fn change(now: i64, before: i64) -> Option<f64> {
    match (now, before) {
        (0, 0) => Some(0.0),
        (_, 0) => None,
        _ => Some((now as f64 - before as f64) / (before as f64).abs()),
    }
}
