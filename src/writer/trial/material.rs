//! What the writers of a trial write about: briefs of simulated portfolios.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::Band;
use crate::domain::Bound;
use crate::domain::Cause;
use crate::domain::Currency;
use crate::domain::FactorKind;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::HealthRules;
use crate::engine::Snapshot;
use crate::engine::SourceMark;
use crate::ingest::simulate::Simulated;
use crate::ingest::simulate::SimulationPlan;

use super::super::brief::{Brief, State};

/// Accounts of one brief, as of a digest.
const BRIEF_ACCOUNTS: usize = 6;
/// Portfolios are small: what counts is that their figures differ.
const ACCOUNTS: u16 = 24;
const DAYS: u16 = 120;

/// Briefs about the accounts of a simulated portfolio.
pub(super) fn briefs(seed: u64) -> Vec<Brief> {
    let until: Timestamp = "2026-11-23T07:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let made = Simulated::new(&SimulationPlan { accounts: ACCOUNTS, days: DAYS, seed, until });
    let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
    draft.accounts(made.accounts.clone());
    for (account, rows) in made.usage() {
        draft.usage(account, rows);
    }
    draft.initiatives(made.initiatives.clone());
    let marks = made.watermarks.iter();
    draft.watermarks(
        marks
            .map(|(source, watermark)| SourceMark { source: source.clone(), watermark: *watermark })
            .collect(),
    );
    let snapshot = draft.finish(1, until);
    made.accounts.chunks(BRIEF_ACCOUNTS).map(|accounts| brief(&snapshot, accounts)).collect()
}

fn brief(snapshot: &Snapshot, accounts: &[crate::domain::Account]) -> Brief {
    let mut brief = Brief::default();
    let as_of = snapshot.as_of().unwrap_or(Timestamp::UNIX_EPOCH);
    let week = Window::ending(as_of, SignedDuration::from_hours(7 * 24));
    let month = Grain::Month.around(as_of);
    for account in accounts {
        let filter = UsageFilter::of(account.id.clone());
        for (measure, window) in [
            (Measure::Sum(Metric::ApiCalls), week),
            (Measure::Sum(Metric::ApiCalls), week.previous()),
            (Measure::Change(Metric::ApiCalls), week),
            (Measure::Sum(Metric::Tokens), week),
            (Measure::Change(Metric::Tokens), week),
            (Measure::Sum(Metric::Cost), week),
            (Measure::Change(Metric::Cost), week),
            (Measure::Change(Metric::Errors), week),
            (Measure::HealthScore, week),
            (Measure::ScoreChange, week),
            (Measure::ScoreCause(Cause::Factor(FactorKind::Growth)), week),
            (Measure::Expected(Metric::Cost, Bound::Middle), month),
        ] {
            if let Some(fact) = snapshot.fact(measure, &filter, window) {
                brief.add(snapshot, &fact);
            }
        }
        let Some(at) = brief.subject(snapshot, &account.id) else { continue };
        let before = snapshot.health_at(&account.id, week.from()).and_then(|health| health.band);
        brief.accounts[at].band_before = before.filter(|before| Some(*before) != brief.accounts[at].band);
        for one in snapshot.initiatives().filter(|one| one.account == account.id && one.is_open()) {
            let Some(number) = brief.initiative(snapshot, &one.id) else { continue };
            let is_overdue = one.is_overdue(week.last_day());
            let place = number[1..].parse::<usize>().unwrap_or(1) - 1;
            if is_overdue {
                brief.initiatives[place].holds.insert(State::Overdue);
                brief.accounts[at].holds.insert(State::Overdue);
            }
        }
    }
    for measure in [
        Measure::Sum(Metric::ApiCalls),
        Measure::Change(Metric::ApiCalls),
        Measure::Sum(Metric::Cost),
        Measure::Change(Metric::Cost),
        Measure::InBand(Band::AtRisk),
        Measure::InitiativesOverdue,
    ] {
        if let Some(fact) = snapshot.fact(measure, &UsageFilter::default(), week) {
            brief.add(snapshot, &fact);
        }
    }
    brief
}
