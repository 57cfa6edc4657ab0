//! Why a score moved: the change between two instants, split into causes that add up to it in tenths of a point.
//!
//! For two instants that are judged by the same rules, the score is the sum of weight × score over the factors, so its
//! change is, factor by factor, mean weight × change of score + mean score × change of weight. The first part is the
//! factor's own; the second comes from factors that could be judged at one instant alone, whose weight went to the
//! others or came from them, and is told together with what those factors themselves gave. A change of the rules is what
//! the earlier instant scores by the new rules, less what it scored by the old ones. An override is what it adds to the
//! computed score.
//!
//! Invariant: the parts are shown in tenths and sum to the difference of the scores that are shown.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::domain::AccountId;
use crate::domain::Cause;
use crate::domain::Factor;
use crate::domain::Health;
use crate::domain::Score;

use super::entry::Entry;
use super::health::Judge;
use super::hour::DAY_HOURS;
use super::rules::HealthRules;
use super::snapshot::Snapshot;

/// The change of a score and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// Health at the earlier instant.
    pub before: Health,
    /// Health at the later instant.
    pub after: Health,
    /// The split, with one part for each cause that there can be; `None` when one of the two has no score.
    pub split: Option<Split>,
}

/// A change in tenths of a point, with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The score after, less the score before.
    pub tenths: i32,
    /// The parts in tenths; they sum to the change.
    pub parts: Vec<(Cause, i32)>,
}

impl Split {
    /// What a cause gave, in tenths; nothing when it is none of the parts.
    #[must_use]
    pub fn part(&self, cause: Cause) -> i32 {
        self.parts.iter().find(|(one, _)| *one == cause).map_or(0, |(_, tenths)| *tenths)
    }

    /// The causes that gave something, the largest first.
    #[must_use]
    pub fn largest_first(&self) -> Vec<(Cause, i32)> {
        let mut parts: Vec<_> = self.parts.iter().copied().filter(|(_, tenths)| *tenths != 0).collect();
        parts.sort_by_key(|(_, tenths)| Reverse(tenths.abs()));
        parts
    }
}

impl Snapshot {
    /// Why an account's score moved from one instant to another; `None` when the account is not known or was not judged
    /// at one of them.
    #[must_use]
    pub fn why(&self, account: &AccountId, from: Timestamp, to: Timestamp) -> Option<Why> {
        let entry = self.entry(account)?;
        let before = self.health_of(entry, from)?.into_owned();
        let after = self.health_of(entry, to)?.into_owned();
        let (old, new) = (self.rules_of(from), self.rules_of(to));
        let split = if old == new {
            split(&before, &before, &after)
        } else {
            split(&before, &self.judged_by(entry, new, from)?, &after)
        };
        Some(Why { before, after, split })
    }

    /// The rules that judge an instant: from the as-of on, the present ones.
    fn rules_of(&self, at: Timestamp) -> &HealthRules {
        if self.as_of.is_none_or(|as_of| at >= as_of) { self.rules.present() } else { self.rules.at(at) }
    }

    /// What an instant scores by other rules.
    fn judged_by(&self, entry: &Entry, rules: &HealthRules, at: Timestamp) -> Option<Health> {
        let (until, today) = self.judged_at(entry, at)?;
        let judge = Judge::of(entry);
        let usage = judge.usage(rules, until / DAY_HOURS);
        Some(judge.health(rules, &usage, until, today))
    }
}

/// Splits the change from `before` to `after`. `anew` is the earlier instant by the rules of the later one.
fn split(before: &Health, anew: &Health, after: &Health) -> Option<Split> {
    let shown = |health: &Health| Some(Score::of(health.score?).tenths());
    let computed = |health: &Health| Some(Score::of(health.computed?).tenths());
    let tenths = shown(after)? - shown(before)?;
    let mut parts = Vec::new();
    let mut overridden = tenths;
    if let (Some(old), Some(new)) = (computed(before), computed(after)) {
        overridden = tenths - (new - old);
        let raw = raw_parts(before, anew, after);
        let values: Vec<f64> = raw.iter().map(|(_, points)| points * 10.0).collect();
        parts.extend(raw.iter().map(|(cause, _)| *cause).zip(apportion(&values, new - old)));
    }
    parts.push((Cause::Override, overridden));
    Some(Split { tenths, parts })
}

/// The parts of the computed change in points, not rounded.
fn raw_parts(before: &Health, anew: &Health, after: &Health) -> Vec<(Cause, f64)> {
    let gives = |health: &Health| -> f64 {
        health.factors.iter().filter_map(|one| Some(one.judged?.score * one.weight)).sum()
    };
    if anew.computed.is_none() {
        // By the new rules the earlier instant has no score, so nothing tells the two apart.
        return vec![(Cause::Configuration, gives(after) - gives(before))];
    }
    let mut parts = Vec::new();
    let mut missing = 0.0;
    for now in &after.factors {
        let then = anew.factors.iter().find(|one| one.kind == now.kind);
        let judged = |one: Option<&Factor>| one.and_then(|one| Some((one.judged?.score, one.weight)));
        match (judged(then), judged(Some(now))) {
            (Some((s0, w0)), Some((s1, w1))) => {
                parts.push((Cause::Factor(now.kind), w0.midpoint(w1) * (s1 - s0)));
                missing += s0.midpoint(s1) * (w1 - w0);
            }
            (Some((s0, w0)), None) => missing -= s0 * w0,
            (None, Some((s1, w1))) => missing += s1 * w1,
            (None, None) => {}
        }
    }
    parts.push((Cause::MissingData, missing));
    parts.push((Cause::Configuration, gives(anew) - gives(before)));
    parts
}

/// Rounds values to whole numbers that sum to `total`, each as near to its value as that allows; zeros stay.
fn apportion(values: &[f64], total: i32) -> Vec<i32> {
    let mut whole: Vec<i32> = values.iter().map(|value| value.round() as i32).collect();
    loop {
        let left = total - whole.iter().sum::<i32>();
        if left == 0 {
            return whole;
        }
        let step = left.signum();
        // Where a step does the least harm; to what is nothing at all only when there is nothing else.
        let harm = |at: &usize| {
            let (value, now) = (values[*at], f64::from(whole[*at]));
            (value.abs() < 1e-9, (now + f64::from(step) - value).abs())
        };
        let least = (0..values.len()).min_by(|a, b| {
            let ((a_none, a_harm), (b_none, b_harm)) = (harm(a), harm(b));
            a_none.cmp(&b_none).then(a_harm.total_cmp(&b_harm))
        });
        // Without any part there is nothing to round.
        let Some(at) = least else { return whole };
        whole[at] += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], total: i32, expected: &[i32]) {
        assert_eq!(apportion(values, total), expected);
    }

    #[test]
    fn tenths_are_given_where_they_are_nearest() {
        check(&[], 0, &[]);
        check(&[1.4, 1.4, 1.2], 4, &[2, 1, 1]);
        check(&[-1.6, 0.0, -1.6], -3, &[-1, 0, -2]);
        check(&[0.0, 0.4, 0.4], 1, &[0, 1, 0]);
        check(&[0.0, 0.0], 1, &[1, 0]);
        check(&[2.5, -2.5], 0, &[3, -3]);
    }
}
