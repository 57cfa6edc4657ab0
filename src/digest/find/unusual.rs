//! What is unusual and goes on.

use crate::domain::Anomaly;
use crate::domain::Bound;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::Window;
use crate::reply::Prose;

use super::super::finding::{Finding, Kind};
use super::super::survey::Survey;

/// What is watched, and what is told of each account: the first that is unusual.
const WATCHED: [Metric; 3] = [Metric::ApiCalls, Metric::Cost, Metric::Errors];
/// Differences below this are left to the page of anomalies.
const DIFFERENCE_MIN: f64 = 0.3;
/// What goes on for longer is no news, and told by the health of the account.
const DAYS_MAX: i64 = 28;

impl Survey<'_> {
    pub(in super::super) fn find_unusual(&self, found: &mut Vec<Finding>) {
        let first = found.len();
        for metric in WATCHED {
            for one in self.snapshot.anomalies(metric, Grain::Day, self.window) {
                let is_told = found[first..].iter().any(|told| told.account == one.account);
                if one.is_open && !is_told && self.holds(&one.account) && !self.is_late(&one.account) {
                    found.extend(self.unusual(&one));
                }
            }
        }
    }

    fn unusual(&self, one: &Anomaly) -> Option<Finding> {
        let kind = match (one.metric, one.is_rise) {
            (Metric::Errors, true) => Kind::Errors,
            (Metric::Errors, false) => return None,
            (_, true) => Kind::Spike,
            (_, false) => Kind::Dip,
        };
        if one.window.length().as_hours() > 24 * DAYS_MAX {
            return None;
        }
        let fact = |measure, window: Window| self.fact(measure, &one.account, window);
        let measured = fact(Measure::Sum(one.metric), one.window)?;
        let usual = fact(Measure::Usual(one.metric, Bound::Middle), one.window)?;
        let difference = fact(Measure::Unusual(one.metric), one.window);
        let difference = difference.filter(|fact| fact.value != Quantity::Change(None));
        let size = difference.as_ref().and_then(|fact| fact.value.as_f64()).map_or(1.0, f64::abs);
        if size < DIFFERENCE_MIN {
            return None;
        }
        let since = self.day(one.window.first_day());
        let mut said = Prose::plain(format!("{} unusual since {since}: ", capital(one.metric)))
            .fact(measured)
            .and(" where ")
            .fact(usual)
            .and(" is usual");
        if let Some(difference) = difference {
            said = said.and(" (").fact(difference).and(")");
        }
        let way = if one.is_rise { "far above usual" } else { "far below usual" };
        let headline = format!("has {} {way}", one.metric.word());
        Some(Finding { kind, account: one.account.clone(), initiative: None, said: said.and("."), headline })
    }
}

fn capital(metric: Metric) -> &'static str {
    match metric {
        Metric::ApiCalls => "Calls",
        Metric::Tokens => "Tokens",
        Metric::Cost => "Cost",
        Metric::Errors => "Errors",
    }
}
