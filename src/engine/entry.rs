//! One account in a snapshot, with all that is known and derived about it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::Account;
use crate::domain::Band;
use crate::domain::Health;
use crate::domain::Initiative;
use crate::domain::Note;
use crate::domain::Override;

use super::frame::AccountFrame;
use super::health::{DayJudge, DayScores, Judge, UsageVerdicts, plain_band};
use super::hour::DAY_HOURS;
use super::rules::{HealthRules, RulesHistory};
use super::sums::Sums;
use super::watch::Vigils;

/// Weeks of `usage_trends`.
pub(super) const WEEKS: usize = 12;

/// Days before the as-of at which the sums of all accounts are kept: the edges of the ranges that are asked for most
/// and of the windows before them, so that the portfolio reads one place for each account instead of its rows.
const KEPT_DAYS: [u32; 13] = [0, 1, 2, 7, 14, 30, 60, 84, 90, 168, 180, 365, 400];

/// An instant up to which something is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// One of [`KEPT_DAYS`].
    Kept(usize),
    /// Any other hour.
    Hour(u32),
}

impl Edge {
    /// The edge at `hour` in a snapshot whose data end at `as_of`.
    pub(super) fn new(hour: u32, as_of: Option<u32>) -> Self {
        let back = as_of.and_then(|as_of| as_of.checked_sub(hour));
        let kept = back.and_then(|back| KEPT_DAYS.iter().position(|days| days * DAY_HOURS == back));
        kept.map_or(Self::Hour(hour), Self::Kept)
    }
}

/// One account. Cloning shares all parts.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) account: Arc<Account>,
    pub(super) notes: Arc<[Note]>,
    pub(super) initiatives: Arc<[Arc<Initiative>]>,
    /// All that were ever set, in their order.
    pub(super) overrides: Arc<[Arc<Override>]>,
    pub(super) frame: Arc<AccountFrame>,
    /// What the frame's whole days say; kept while neither the frame nor the day changes.
    pub(super) verdicts: Option<Arc<UsageVerdicts>>,
    /// Scores of the last days that are in whole; kept while nothing that they follow from changes.
    pub(super) scores: Option<Arc<DayScores>>,
    /// What is unusual of it; kept while neither the frame nor the end of its data changes.
    pub(super) vigils: Arc<Vigils>,
    /// `None` only while a draft is open.
    pub(super) derived: Option<Arc<Derived>>,
    /// The hour before which the data were complete when it was last derived.
    watched_until: u32,
}

/// When things are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant {
    /// The account's data are complete before this hour.
    pub(super) until: u32,
    /// The snapshot's data end here; weeks are counted back from it.
    pub(super) as_of: u32,
    /// The day that initiatives are due against.
    pub(super) today: Date,
}

/// What follows from an account's data at one instant.
#[derive(Debug)]
pub(super) struct Derived {
    pub(super) at: Instant,
    pub(super) health: Health,
    pub(super) weeks: [i64; WEEKS],
    /// Everything before each of [`KEPT_DAYS`].
    kept: [Sums; KEPT_DAYS.len()],
}

impl Entry {
    /// An account of which nothing else is known.
    pub(super) fn new(account: Account) -> Self {
        Self {
            account: Arc::new(account),
            notes: Arc::from([]),
            initiatives: Arc::from([]),
            overrides: Arc::from([]),
            frame: Arc::new(AccountFrame::empty()),
            verdicts: None,
            scores: None,
            vigils: Arc::default(),
            derived: None,
            watched_until: 0,
        }
    }

    /// Replaces the usage and all that followed from it.
    pub(super) fn replace(&mut self, frame: AccountFrame) {
        self.frame = Arc::new(frame);
        self.vigils = Arc::default();
        self.verdicts = None;
        self.forget();
    }

    /// Has health judged again, because something beside the usage changed.
    pub(super) fn forget(&mut self) {
        self.scores = None;
        self.derived = None;
    }

    /// Replaces the overrides, in the order in which they were set.
    pub(super) fn override_with(&mut self, overrides: Vec<Override>) {
        self.overrides = overrides.into_iter().map(Arc::new).collect();
        self.derived = None;
    }

    /// Derives what is not derived for this instant yet; `now` says which override is in force.
    pub(super) fn derive(&mut self, history: &RulesHistory, at: Instant, now: Timestamp) {
        if self.derived.as_ref().is_some_and(|derived| derived.at == at) {
            return;
        }
        if self.watched_until != at.until {
            self.watched_until = at.until;
            self.vigils = Arc::default();
        }
        let rules = history.present();
        let day = at.until / DAY_HOURS;
        let judge = Judge::of(self);
        let known = self.verdicts.clone().filter(|verdicts| verdicts.day == day);
        let verdicts = known.unwrap_or_else(|| Arc::new(judge.usage(rules, day)));
        let mut health = judge.health(rules, &verdicts, at.until, at.today);
        let by = DayJudge { judge: &judge, rules: history, looked: Some((rules, &verdicts)) };
        let mut scores = match &self.scores {
            Some(before) => before.carried_to(day, &by),
            None => DayScores::upto(day),
        };
        settle(&mut health, scores.band(day, &by), self.override_at(now), rules);
        let kept = KEPT_DAYS.map(|days| self.frame.upto(at.as_of.saturating_sub(days * DAY_HOURS)));
        let weeks = weekly_calls(&self.frame, at.as_of);
        self.verdicts = Some(verdicts);
        self.scores = Some(Arc::new(scores));
        self.derived = Some(Arc::new(Derived { at, health, weeks, kept }));
    }

    /// The override in force at an instant.
    pub(super) fn override_at(&self, at: Timestamp) -> Option<&Arc<Override>> {
        Override::in_force(&self.overrides, at)
    }

    /// Everything before an edge.
    pub(super) fn upto(&self, edge: Edge) -> Sums {
        match (edge, &self.derived) {
            (Edge::Kept(index), Some(derived)) => derived.kept[index],
            (Edge::Kept(_), None) => Sums::default(),
            (Edge::Hour(hour), _) => self.frame.upto(hour),
        }
    }

    /// Health at the instant that was derived for.
    pub(super) fn health(&self) -> Option<&Health> {
        self.derived.as_ref().map(|derived| &derived.health)
    }

    /// Health at another instant, when the data were complete before the hour `until`.
    pub(super) fn health_at(
        &self,
        history: &RulesHistory,
        until: u32,
        today: Date,
        now: Timestamp,
    ) -> Health {
        let rules = history.at(now);
        let day = until / DAY_HOURS;
        let judge = Judge::of(self);
        let verdicts = judge.usage(rules, day);
        let mut health = judge.health(rules, &verdicts, until, today);
        let by = DayJudge { judge: &judge, rules: history, looked: Some((rules, &verdicts)) };
        let band = self.scores_upto(day).band(day, &by);
        settle(&mut health, band, self.override_at(now), rules);
        health
    }

    /// The scores that are kept when they reach to `day`, else none yet.
    pub(super) fn scores_upto(&self, day: u32) -> DayScores {
        let kept = self.scores.as_deref().filter(|scores| scores.reaches(day));
        kept.cloned().unwrap_or_else(|| DayScores::upto(day))
    }
}

/// Gives health the band that it is in and, where one is in force, the score that a person set.
pub(super) fn settle(
    health: &mut Health,
    band: Option<Band>,
    overridden: Option<&Arc<Override>>,
    rules: &HealthRules,
) {
    if health.score.is_some() && band.is_some() {
        health.band = band;
    }
    if let Some(set) = overridden {
        health.score = Some(set.score.points());
        health.band = Some(plain_band(rules, set.score));
        health.overridden = Some(Arc::clone(set));
    }
}

/// Calls of each of the weeks that end at `as_of`, oldest first.
fn weekly_calls(frame: &AccountFrame, as_of: u32) -> [i64; WEEKS] {
    let mut weeks = [0; WEEKS];
    let back = |n: usize| as_of.saturating_sub(n as u32 * 7 * DAY_HOURS);
    let mut before = frame.upto(back(WEEKS)).calls;
    for (index, week) in weeks.iter_mut().enumerate() {
        let upto = frame.upto(back(WEEKS - 1 - index)).calls;
        *week = upto.wrapping_sub(before);
        before = upto;
    }
    weeks
}
