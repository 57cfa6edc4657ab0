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
use super::why::Split;

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
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each measure, so that the compiler tells which is missing"
    )]
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
            Measure::ComputedScore => self.state(filter, window)?.computed.map(Quantity::Score),
            Measure::ScoreChange => self.moved(filter, window, |split| split.tenths),
            Measure::ScoreCause(cause) => self.moved(filter, window, |split| split.part(cause)),
            Measure::FactorScore(kind) => factor(kind)?.judged.map(|judged| Quantity::Score(judged.score)),
            Measure::FactorWeight(kind) => Some(Quantity::Share(factor(kind)?.weight)),
            Measure::FactorMeasured(kind) => factor(kind)?.judged.map(|judged| judged.measured),
            Measure::Expected(metric, bound) => {
                let sum = self.expected(filter, metric, window)?.at(bound);
                Some(Quantity::of(metric, sum.round() as i64, self.currency))
            }
            Measure::ExpectedChange(metric) => {
                let now = self.expected(filter, metric, window)?.middle;
                let before = self.sum_of(metric, filter, window.previous())?;
                Some(Quantity::Change(change(now.round() as i64, before)))
            }
            Measure::ForecastError(metric) => {
                self.forecast_error(filter, metric, window).map(Quantity::Share)
            }
            Measure::Foretold(metric) => {
                let kept = self.foretold_of(filter, metric, window)?;
                Some(Quantity::of(metric, kept.middle, self.currency))
            }
            Measure::ForetoldMiss(metric) => {
                let kept = self.foretold_of(filter, metric, window)?.middle;
                Some(Quantity::Change(change(kept, self.sum_of(metric, filter, window)?)))
            }
            Measure::Usual(metric, bound) => {
                let usual = self.usual_of(filter, metric, window)?.at(bound);
                Some(Quantity::of(metric, usual, self.currency))
            }
            Measure::Unusual(metric) => {
                let usual = self.usual_of(filter, metric, window)?.middle;
                Some(Quantity::Change(change(self.sum_of(metric, filter, window)?, usual)))
            }
            Measure::UnusualAccounts(metric) => {
                Some(Quantity::Accounts(self.unusual_accounts(metric, window)))
            }
            Measure::DaysKnown => self.days_known(filter.account.as_ref()?).map(Quantity::Days),
            Measure::Commitment => {
                let contract = self.account(filter.account.as_ref()?)?.contract?;
                Some(Quantity::Money(contract.commit, self.currency))
            }
            Measure::ChurnCoefficient(number) => {
                let coefficients = self.churn_model().coefficients;
                coefficients.get(usize::from(number)).map(|(_, value)| Quantity::Number(*value))
            }
            Measure::ChurnPredicted(group) => {
                self.churn_group(group).map(|group| Quantity::Share(group.predicted))
            }
            Measure::ChurnObserved(group) => {
                self.churn_group(group).map(|group| Quantity::Share(group.observed))
            }
            Measure::ChurnGroup(group) => {
                self.churn_group(group).map(|group| Quantity::Accounts(group.accounts as u64))
            }
            Measure::ChurnError => self.churn_model().error.map(Quantity::Share),
            Measure::ChurnAuc => self.churn_model().auc.map(Quantity::Share),
            Measure::ChurnProbability => {
                let is_now = self.as_of.is_some_and(|as_of| window.to() >= as_of);
                let account = filter.account.as_ref().filter(|_| is_now)?;
                self.churn_probability(account).map(Quantity::Share)
            }
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

    /// Something of the change of the score over the window, in points.
    fn moved(&self, filter: &UsageFilter, window: Window, of: impl Fn(&Split) -> i32) -> Option<Quantity> {
        let why = self.why(filter.account.as_ref()?, window.from(), window.to())?;
        Some(Quantity::Points(f64::from(of(&why.split?)) / 10.0))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::*;
    use crate::engine::HealthRules;
    use crate::engine::SourceMark;

    fn at(text: &str) -> jiff::Timestamp {
        text.parse().unwrap()
    }

    fn row(day: &str, account: &str, endpoint: &str, calls: u64, errors: Option<u64>) -> UsageRow {
        UsageRow {
            source: "import".parse().unwrap(),
            at: at(&format!("{day}T10:30:00Z")),
            account: account.parse().unwrap(),
            endpoint: endpoint.parse().unwrap(),
            model: None,
            event: None,
            used: Used { api_calls: calls, errors, tokens: 0, cost: Money::ZERO },
            tokens: TokenSplit::default(),
        }
    }

    fn snapshot() -> Snapshot {
        let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
        let acme = [
            row("2026-03-01", "acme", "/a", 100, None),
            row("2026-03-02", "acme", "/a", 30, None),
            row("2026-03-02", "acme", "/b", 20, None),
        ];
        draft.usage(&"acme".parse().unwrap(), acme);
        draft.usage(&"beta".parse().unwrap(), [row("2026-03-02", "beta", "/a", 50, Some(5))]);
        draft.accounts([Account::discovered("gamma".parse().unwrap(), "Gamma")]);
        let watermark = at("2026-03-03T00:00:00Z");
        draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark }]);
        draft.finish(3, watermark)
    }

    fn day(text: &str) -> Window {
        format!("{text}..{text}").parse::<Range>().unwrap().window(jiff::Timestamp::UNIX_EPOCH)
    }

    #[track_caller]
    fn check(measure: &str, account: &str, endpoint: &str, expected: Option<Quantity>) {
        let filter = UsageFilter {
            account: (!account.is_empty()).then(|| account.parse().unwrap()),
            endpoint: (!endpoint.is_empty()).then(|| endpoint.parse().unwrap()),
            model: None,
        };
        let fact = snapshot().fact(measure.parse().unwrap(), &filter, day("2026-03-02"));
        assert_eq!(fact.map(|fact| fact.value), expected, "{measure} {account} {endpoint}");
    }

    #[test]
    fn a_measure_is_computed_over_its_window() {
        check("sum.calls", "", "", Some(Quantity::Calls(100)));
        check("sum.calls", "acme", "/b", Some(Quantity::Calls(20)));
        check("sum.calls", "acme", "/never", Some(Quantity::Calls(0)));
        check("sum.calls", "nobody", "", None);
        check("sum.errors", "acme", "", None);
        check("sum.errors", "beta", "", Some(Quantity::Errors(5)));
        check("change.calls", "acme", "", Some(Quantity::Change(Some(-0.5))));
        check("change.calls", "beta", "", Some(Quantity::Change(None)));
        check("change.calls", "gamma", "", Some(Quantity::Change(Some(0.0))));
        check("share.calls", "acme", "/b", Some(Quantity::Share(0.4)));
        check("share.calls", "", "/a", Some(Quantity::Share(0.8)));
        check("share.calls", "gamma", "/a", None);
        check("portfolio_share.calls", "acme", "", Some(Quantity::Share(0.5)));
        check("accounts_active", "", "", Some(Quantity::Accounts(2)));
        check("accounts_active", "", "/b", Some(Quantity::Accounts(1)));
        check("accounts", "", "", Some(Quantity::Accounts(3)));
        check("health", "gamma", "", None);
        check("health", "", "", None);
        check("in_band.healthy", "", "", Some(Quantity::Accounts(0)));
        check("factor.trend", "acme", "", None);
        check("factor_weight.trend", "acme", "", Some(Quantity::Share(0.0)));
        check("initiatives_open", "", "", Some(Quantity::Initiatives(0)));
    }

    #[test]
    fn a_change_shows_both_of_its_sums() {
        let snapshot = snapshot();
        let filter = UsageFilter::of("acme".parse().unwrap());
        let fact = snapshot.fact(Measure::Change(Metric::ApiCalls), &filter, day("2026-03-02")).unwrap();
        let receipt = snapshot.receipt(&fact.key, 2).unwrap();
        let parts: Vec<_> = receipt.parts.iter().map(|(label, _, value)| (label.as_str(), *value)).collect();
        let expected =
            [("In the window", Quantity::Calls(50)), ("In the window before", Quantity::Calls(100))];
        assert_eq!(parts, expected);
        assert_eq!(receipt.rows_total, 3);
        let rows: Vec<_> =
            receipt.rows.iter().map(|row| (row.endpoint.as_str(), row.used.api_calls)).collect();
        assert_eq!(rows, [("/a", 30), ("/b", 20)]);
        assert_eq!(receipt.rows[0].hour, at("2026-03-02T10:00:00Z"));
    }

    #[test]
    fn odd_windows_of_a_fact_id_do_no_harm() {
        let snapshot = snapshot();
        let window = Window::new(jiff::Timestamp::MIN, jiff::Timestamp::MAX).unwrap();
        for account in [None, Some("acme".parse().unwrap())] {
            let filter = UsageFilter { account, ..UsageFilter::default() };
            for word in ["change.calls", "health", "factor.growth", "initiatives_overdue", "in_band.watch"] {
                for window in
                    [window, window.previous(), Window::ending(at("1970-01-01T00:00:00Z"), window.length())]
                {
                    let fact = snapshot.fact(word.parse().unwrap(), &filter, window);
                    assert!(fact.is_none_or(|fact| snapshot.receipt(&fact.key, 3).is_some()), "{word}");
                }
            }
        }
    }
}
