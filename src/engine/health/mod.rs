//! Health: the weighted mean of factors, each found from usage or from the desk and scored by its curve.
//!
//! Invariant: a factor without enough data is left out, never guessed; its weight goes to the others in proportion.

mod desk;
mod rhythm;
mod robust;
#[cfg(test)]
mod trials;
mod usage;
mod verdict;

use jiff::civil::Date;

use crate::domain::AccountStatus;
use crate::domain::Band;
use crate::domain::Factor;
use crate::domain::FactorKind;
use crate::domain::Health;
use crate::domain::Judgement;

use super::entry::Entry;
use super::rules::{FactorRules, HealthRules};

use verdict::{Verdict, on_curve};

pub(super) use usage::UsageVerdicts;

/// Health of an account whose data are complete before the hour `until`; `usage` is found of the days before it.
pub(super) fn judge(
    entry: &Entry,
    rules: &HealthRules,
    usage: &UsageVerdicts,
    until: u32,
    today: Date,
) -> Health {
    let found = |(index, factor): (usize, &FactorRules)| match entry.account.status {
        AccountStatus::Closed => Verdict::Missing("not judged, because the account is closed"),
        AccountStatus::Paused => Verdict::Missing("not judged while the account is paused"),
        AccountStatus::Active => match factor.kind {
            FactorKind::Recency => rhythm::recency(&entry.frame, usage.pause, until),
            FactorKind::Initiatives => desk::initiatives(&entry.initiatives, today),
            FactorKind::Commitment => desk::commitment(entry.account.contract.as_ref(), &entry.frame, until),
            FactorKind::Trend
            | FactorKind::Growth
            | FactorKind::Breadth
            | FactorKind::Stability
            | FactorKind::Errors => usage.of_factor(index),
        },
    };
    let verdicts: Vec<Verdict> = rules.factors.iter().enumerate().map(found).collect();
    weigh(rules, &verdicts)
}

/// The score of what was found.
fn weigh(rules: &HealthRules, verdicts: &[Verdict]) -> Health {
    let all: f64 = rules.factors.iter().map(|factor| factor.weight).sum();
    let is_found = |verdict: &Verdict| matches!(verdict, Verdict::Found { .. });
    let pairs = || rules.factors.iter().zip(verdicts);
    let judged: f64 = pairs().filter(|(_, verdict)| is_found(verdict)).map(|(factor, _)| factor.weight).sum();
    let factor = |(rules, verdict): (&FactorRules, &Verdict)| match verdict {
        Verdict::Found { on_curve: at, measured, words } => Factor {
            kind: rules.kind,
            weight: rules.weight / judged,
            judged: Some(Judgement {
                score: on_curve(&rules.curve, *at).clamp(0.0, 100.0),
                measured: *measured,
            }),
            words: (*words).to_owned(),
        },
        Verdict::Missing(words) => {
            Factor { kind: rules.kind, weight: 0.0, judged: None, words: (*words).to_owned() }
        }
    };
    let factors: Vec<Factor> = pairs().map(factor).collect();
    let sum: f64 = factors.iter().filter_map(|f| f.judged.map(|judged| judged.score * f.weight)).sum();
    // Initiatives in good order say little about an account that is not used: too small a part is no score.
    let score = (judged > 0.0 && judged >= rules.judged_min * all).then(|| sum.clamp(0.0, 100.0));
    Health { score, band: score.map(|score| band(rules, score)), factors, rules_version: rules.version }
}

fn band(rules: &HealthRules, score: f64) -> Band {
    if score >= rules.healthy_from {
        Band::Healthy
    } else if score >= rules.watch_from {
        Band::Watch
    } else {
        Band::AtRisk
    }
}
