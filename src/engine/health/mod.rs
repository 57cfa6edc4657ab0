//! Health: the weighted mean of factors, each found from usage or from the desk and scored by its curve.
//!
//! Invariant: a factor without enough data is left out, never guessed; its weight goes to the others in proportion.

mod bands;
mod days;
mod desk;
mod excursions;
mod rhythm;
mod robust;
mod scores;
#[cfg(test)]
mod trials;
mod usage;
mod verdict;

use jiff::civil::Date;

use crate::domain::AccountStatus;
use crate::domain::Factor;
use crate::domain::FactorKind;
use crate::domain::Health;
use crate::domain::Judgement;
use crate::domain::Score;

use super::entry::Entry;
use super::rules::{FactorRules, HealthRules};

use days::AccountDays;
use verdict::{Verdict, on_curve};

pub(super) use bands::plain as plain_band;
pub(super) use robust::slope;
pub(super) use scores::{DayJudge, DayScores, date_of};
pub(super) use usage::UsageVerdicts;

/// Judges one account at any instant and by any rules.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    entry: &'a Entry,
    days: AccountDays<'a>,
}

impl<'a> Judge<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        Self { entry, days: AccountDays::of(&entry.frame) }
    }

    /// What the whole days before `day` say.
    pub(super) fn usage(&self, rules: &HealthRules, day: u32) -> UsageVerdicts {
        UsageVerdicts::of(&self.days, rules, day)
    }

    /// Health when the data are complete before the hour `until`, by itself: its band is that of its score alone.
    /// `usage` is what the whole days before `until` say.
    pub(super) fn health(
        &self,
        rules: &HealthRules,
        usage: &UsageVerdicts,
        until: u32,
        today: Date,
    ) -> Health {
        weigh(rules, &self.verdicts(rules, usage, until, today))
    }

    /// The score alone.
    fn score_with(
        &self,
        rules: &HealthRules,
        usage: &UsageVerdicts,
        until: u32,
        today: Date,
    ) -> Option<Score> {
        mean(rules, &self.verdicts(rules, usage, until, today)).map(Score::of)
    }

    /// What each factor of the rules finds.
    fn verdicts(&self, rules: &HealthRules, usage: &UsageVerdicts, until: u32, today: Date) -> Vec<Verdict> {
        let entry = self.entry;
        let found = |(index, factor): (usize, &FactorRules)| match entry.account.status {
            AccountStatus::Closed => Verdict::Missing("not judged, because the account is closed"),
            AccountStatus::Paused => Verdict::Missing("not judged while the account is paused"),
            AccountStatus::Active => match factor.kind {
                FactorKind::Recency => rhythm::recency(&entry.frame, usage.pause, until),
                FactorKind::Initiatives => desk::initiatives(&entry.initiatives, today),
                FactorKind::Commitment => {
                    desk::commitment(entry.account.contract.as_ref(), &entry.frame, until)
                }
                FactorKind::Trend
                | FactorKind::Growth
                | FactorKind::Breadth
                | FactorKind::Stability
                | FactorKind::Errors => usage.of_factor(index),
            },
        };
        rules.factors.iter().enumerate().map(found).collect()
    }
}

/// The score of what was found.
fn weigh(rules: &HealthRules, verdicts: &[Verdict]) -> Health {
    let judged = judged_weight(rules, verdicts);
    let factor = |(rules, verdict): (&FactorRules, &Verdict)| match verdict {
        Verdict::Found { on_curve: at, measured, words } => Factor {
            kind: rules.kind,
            weight: rules.weight / judged,
            judged: Some(Judgement { score: score(rules, *at), measured: *measured }),
            words: (*words).to_owned(),
        },
        Verdict::Missing(words) => {
            Factor { kind: rules.kind, weight: 0.0, judged: None, words: (*words).to_owned() }
        }
    };
    let score = mean(rules, verdicts).map(Score::of);
    Health {
        score: score.map(Score::points),
        band: score.map(|score| bands::plain(rules, score)),
        computed: score.map(Score::points),
        overridden: None,
        factors: rules.factors.iter().zip(verdicts).map(factor).collect(),
        rules_version: rules.version,
    }
}

/// The weighted mean of the judged factors, not rounded.
fn mean(rules: &HealthRules, verdicts: &[Verdict]) -> Option<f64> {
    let all: f64 = rules.factors.iter().map(|factor| factor.weight).sum();
    let judged = judged_weight(rules, verdicts);
    let part = |(rules, verdict): (&FactorRules, &Verdict)| match verdict {
        Verdict::Found { on_curve: at, .. } => score(rules, *at) * (rules.weight / judged),
        Verdict::Missing(_) => 0.0,
    };
    // Initiatives in good order say little about an account that is not used: too small a part is no score.
    let is_enough = judged > 0.0 && judged >= rules.judged_min * all;
    is_enough.then(|| rules.factors.iter().zip(verdicts).map(part).sum())
}

fn judged_weight(rules: &HealthRules, verdicts: &[Verdict]) -> f64 {
    let pairs = rules.factors.iter().zip(verdicts);
    pairs
        .filter(|(_, verdict)| matches!(verdict, Verdict::Found { .. }))
        .map(|(factor, _)| factor.weight)
        .sum()
}

fn score(rules: &FactorRules, measured: f64) -> f64 {
    on_curve(&rules.curve, measured).clamp(0.0, 100.0)
}
