//! Who uses much more or much less than in the period before.

use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::engine::Mover;
use crate::reply::Prose;

use super::super::finding::{Finding, Kind};
use super::super::survey::Survey;

/// A smaller relative change is no move.
const CHANGE_MIN: f64 = 0.2;
/// Calls in the larger of the two periods, below which a change is chance.
const CALLS_MIN: i64 = 500;
/// A move of less than this part of all calls is none of the portfolio's; a small account is told by its health.
const PART_MIN: f64 = 0.002;
/// Told on each side.
const SIDE_MAX: usize = 3;

impl Survey<'_> {
    /// The largest moves first on each side.
    pub(in super::super) fn find_movers(&self, found: &mut Vec<Finding>) {
        let moved = self.snapshot.movers(Metric::ApiCalls, self.window);
        let total: i64 = moved.iter().map(|one| one.previous).sum();
        let is_large = |one: &&Mover| {
            let difference = one.value.abs_diff(one.previous) as f64;
            one.previous > 0
                && one.value.max(one.previous) >= CALLS_MIN
                && difference >= CHANGE_MIN * one.previous as f64
                && (self.only.is_some() || difference >= PART_MIN * total as f64)
        };
        let told = |one: &&Mover| self.holds(&one.account) && !self.is_late(&one.account);
        let large: Vec<&Mover> = moved.iter().filter(is_large).filter(told).collect();
        for (kind, is_rise) in [(Kind::Fall, false), (Kind::Rise, true)] {
            let side = large.iter().filter(|one| (one.value > one.previous) == is_rise);
            found.extend(side.take(SIDE_MAX).filter_map(|one| self.mover(kind, one)));
        }
    }

    fn mover(&self, kind: Kind, one: &Mover) -> Option<Finding> {
        let calls = self.fact(Measure::Sum(Metric::ApiCalls), &one.account, self.window)?;
        let change = self.fact(Measure::Change(Metric::ApiCalls), &one.account, self.window)?;
        if change.value == Quantity::Change(None) {
            return None;
        }
        let said = Prose::plain(format!("Calls since {}: ", self.day(self.window.first_day())))
            .fact(calls)
            .and(", ")
            .fact(change)
            .and(if self.is_weekly() {
                " against the week before."
            } else {
                " against the same length before."
            });
        let headline = if kind == Kind::Rise { "makes more calls" } else { "makes fewer calls" };
        Some(Finding {
            kind,
            account: one.account.clone(),
            initiative: None,
            said,
            headline: headline.into(),
        })
    }
}
