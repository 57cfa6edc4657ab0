//! Bands: who is at risk, who changed band and why, and who is silent.

use crate::domain::Account;
use crate::domain::Band;
use crate::domain::Cause;
use crate::domain::Fact;
use crate::domain::FactorKind;
use crate::domain::Health;
use crate::domain::Measure;
use crate::domain::Quantity;
use crate::domain::Window;
use crate::reply::Prose;

use super::super::finding::{Finding, Kind};
use super::super::survey::Survey;

/// An account whose silence scores below this is told as silent.
const SILENT_BELOW: f64 = 40.0;
/// A silence of fewer whole days is left to the hourly watch.
const SILENT_DAYS_MIN: i64 = 2;
/// Causes that are told of a change.
const CAUSES_MAX: usize = 2;
/// Causes that give less are not told, in tenths of a point.
const CAUSE_TENTHS_MIN: i32 = 10;

impl Survey<'_> {
    pub(in super::super) fn find_health(&self, found: &mut Vec<Finding>) {
        for account in self.accounts() {
            let Some(now) = self.snapshot.health(&account.id) else { continue };
            let before = self.snapshot.health_at(&account.id, self.since).and_then(|health| health.band);
            found.extend(self.band_finding(account, before, now));
            if !self.is_late(&account.id) {
                found.extend(self.silence(account, now));
            }
        }
    }

    fn band_finding(&self, account: &Account, before: Option<Band>, now: &Health) -> Option<Finding> {
        let band = now.band?;
        let moved = before.filter(|before| *before != band);
        let kind = match (moved, band) {
            (_, Band::AtRisk) => Kind::AtRisk,
            (Some(before), _) if before < band => Kind::Recovered,
            (Some(_), _) => Kind::Slipped,
            (None, _) => return None,
        };
        let said = match moved {
            Some(before) if before < band => format!("Rose from {before} to {band}"),
            Some(before) => format!("Fell from {before} to {band}"),
            None => "At risk".to_owned(),
        };
        let headline = match moved {
            Some(before) if before < band => format!("is back to {band}"),
            Some(_) => format!("fell to {band}"),
            None => format!("is {band}"),
        };
        Some(Finding {
            kind,
            account: account.id.clone(),
            initiative: None,
            said: self.score_words(account, said, moved.map(|before| before > band))?,
            headline,
        })
    }

    /// The score, what it changed by, and by what. A band moves later than the score does: a change that goes the other way
    /// than the band is not the reason, and is not told.
    fn score_words(&self, account: &Account, head: String, band_fell: Option<bool>) -> Option<Prose> {
        let id = &account.id;
        let score = self.fact(Measure::HealthScore, id, self.state())?;
        let mut said = Prose::plain(format!("{head}: score ")).fact(score);
        let over = Window::new(self.since, self.as_of);
        let change = over.and_then(|over| self.fact(Measure::ScoreChange, id, over));
        let fell = |change: &Fact| change.value.as_f64().map(|points| points < 0.0);
        let is_told = |change: &Fact| {
            change.value != Quantity::Points(0.0) && (band_fell.is_none() || fell(change) == band_fell)
        };
        if let Some((over, change)) = over.zip(change).filter(|(_, change)| is_told(change)) {
            let falls = fell(&change) == Some(true);
            said = said.and(", ").fact(change).and(" points");
            let causes = self.snapshot.why(id, over.from(), over.to()).and_then(|why| why.split);
            let causes = causes.map(|split| split.largest_first()).unwrap_or_default();
            let told = causes
                .into_iter()
                .filter(|(_, tenths)| (*tenths < 0) == falls && tenths.abs() >= CAUSE_TENTHS_MIN)
                .filter_map(|(cause, _)| Some((cause, self.fact(Measure::ScoreCause(cause), id, over)?)));
            let told: Vec<_> = told.take(CAUSES_MAX).collect();
            let end = if told.is_empty() { "" } else { ")" };
            for (at, (cause, fact)) in told.into_iter().enumerate() {
                let lead = if at == 0 { " (" } else { ", " };
                said = said.and(format!("{lead}{} ", cause_words(cause))).fact(fact);
            }
            said = said.and(end);
        }
        Some(said.and("."))
    }

    fn silence(&self, account: &Account, now: &Health) -> Option<Finding> {
        let factor = now.factors.iter().find(|factor| factor.kind == FactorKind::Recency)?;
        let is_silent = factor.judged.is_some_and(|judged| {
            judged.score < SILENT_BELOW
                && judged.measured.as_f64().is_some_and(|days| days >= SILENT_DAYS_MIN as f64)
        });
        let days = self.fact(Measure::FactorMeasured(FactorKind::Recency), &account.id, self.state())?;
        is_silent.then(|| Finding {
            kind: Kind::Silent,
            account: account.id.clone(),
            initiative: None,
            said: Prose::plain("No calls for ").fact(days).and(", far longer than it usually pauses."),
            headline: "is silent".into(),
        })
    }
}

/// What a cause is called in a sentence.
fn cause_words(cause: Cause) -> String {
    match cause {
        Cause::Factor(FactorKind::Recency) => "silence".into(),
        Cause::Factor(kind) => kind.to_string(),
        Cause::MissingData => "missing data".into(),
        Cause::Configuration => "new rules".into(),
        Cause::Override => "an override".into(),
    }
}
