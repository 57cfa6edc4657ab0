//! Replay: what other rules would have made of the past, before they are taken into use.
//!
//! Overrides are left out on both sides: it is the rules that are compared.

use std::sync::Arc;

use jiff::civil::Date;
use rayon::prelude::*;

use crate::domain::AccountId;
use crate::domain::Band;
use crate::domain::utc_midnight;

use super::entry::Entry;
use super::frame::AccountFrame;
use super::health::{DayJudge, DayScores, Judge, date_of};
use super::history::{BandChange, DayScore};
use super::hour::{DAY_HOURS, hour_from};
use super::rules::{HealthRules, RulesHistory};
use super::snapshot::Snapshot;

/// A decline lasts so many days …
const DECLINE_DAYS: u32 = 14;
/// … at this part or less of what was used …
const DECLINE_PART: f64 = 0.5;
/// … in so many days before.
const BEFORE_DAYS: u32 = 28;

/// The past by the rules of its time and by others.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// All accounts that had a band on some day, in the order of their ids.
    pub accounts: Vec<Replayed>,
}

/// One account's past, by both.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Who.
    pub account: AccountId,
    /// By the rules of the time.
    pub before: Course,
    /// By the other rules.
    pub after: Course,
    /// The first known decline.
    pub decline: Option<Decline>,
}

/// Bands over the days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// How often and when the band changed.
    pub changes: Vec<BandChange>,
    /// The band on the last day.
    pub last: Option<Band>,
    /// Days by which the band had left `healthy` before the decline began; below zero when it did only after. `None`
    /// when it never did, or nothing declined.
    pub lead_healthy: Option<i64>,
    /// The same for reaching `at risk`.
    pub lead_at_risk: Option<i64>,
}

/// Usage broke down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decline {
    /// Its first day.
    pub day: Date,
    /// Whether no call came at all.
    pub silent: bool,
}

impl Snapshot {
    /// What other rules would have made of some days, both included.
    #[must_use]
    pub fn replay(&self, rules: Arc<HealthRules>, from: Date, to: Date) -> Replay {
        let other = RulesHistory::alone(rules);
        let days = (hour_from(utc_midnight(from)) / DAY_HOURS, hour_from(utc_midnight(to)) / DAY_HOURS);
        let accounts = self.entries.par_iter().filter_map(|entry| replayed(entry, &self.rules, &other, days));
        let accounts = accounts.collect();
        Replay { from, to, accounts }
    }
}

impl Snapshot {
    /// The first known decline of each account that begins within some days, both included, in the order of the accounts'
    /// ids.
    #[must_use]
    pub fn declines(&self, from: Date, to: Date) -> Vec<(AccountId, Decline)> {
        let (first, last) =
            (hour_from(utc_midnight(from)) / DAY_HOURS, hour_from(utc_midnight(to)) / DAY_HOURS);
        let of_one = |entry: &Entry| {
            let known = entry.derived.as_ref()?.at.until / DAY_HOURS;
            let (day, silent) = (first..=last).find_map(|day| decline(&entry.frame, day, known))?;
            Some((entry.account.id.clone(), Decline { day: date_of(day), silent }))
        };
        self.entries.par_iter().filter_map(of_one).collect()
    }
}

fn replayed(
    entry: &Entry,
    own: &RulesHistory,
    other: &RulesHistory,
    (first, last): (u32, u32),
) -> Option<Replayed> {
    let known = entry.derived.as_ref()?.at.until / DAY_HOURS;
    let first = first.max(entry.frame.first_day()?);
    let last = last.min(known);
    if last < first {
        return None;
    }
    let judge = Judge::of(entry);
    let decline = (first..=last).find_map(|day| decline(&entry.frame, day, known));
    let course = |rules: &RulesHistory| {
        let by = DayJudge { judge: &judge, rules, looked: None };
        let mut scores = DayScores::upto(last);
        let bands = scores.bands(first, last, &by);
        course(first, &bands, decline.map(|(day, _)| day))
    };
    let (before, after) = (course(own), course(other));
    if before.last.is_none() && after.last.is_none() && before.changes.is_empty() && after.changes.is_empty()
    {
        return None;
    }
    let decline = decline.map(|(day, silent)| Decline { day: date_of(day), silent });
    Some(Replayed { account: entry.account.id.clone(), before, after, decline })
}

fn course(first: u32, bands: &[Option<Band>], decline: Option<u32>) -> Course {
    let day = |(day, band): (u32, &Option<Band>)| DayScore {
        day: date_of(day),
        score: None,
        band: *band,
        rules_version: 0,
        overridden: false,
    };
    let days: Vec<DayScore> = (first..).zip(bands).map(day).collect();
    let lead = |below: Band| {
        let at = decline?.checked_sub(first)? as usize;
        let warns = |day: usize| bands[day].is_some_and(|band| band < below);
        let stretch = if warns(at) {
            // Since when without a break.
            (0..=at).rev().take_while(|day| warns(*day)).last()
        } else {
            (at..bands.len()).find(|day| warns(*day))
        };
        stretch.map(|day| at as i64 - day as i64)
    };
    Course {
        changes: BandChange::among(&days),
        last: bands.last().copied().flatten(),
        lead_healthy: lead(Band::Healthy),
        lead_at_risk: lead(Band::Watch),
    }
}

/// Whether a decline begins on `day`, and whether it is a silence: that day, as far as its weekday was used, and both
/// of the weeks from it on lie at half or less of the four weeks before.
fn decline(frame: &AccountFrame, day: u32, known: u32) -> Option<(u32, bool)> {
    let start = day
        .checked_sub(BEFORE_DAYS)
        .filter(|start| frame.first_day().is_some_and(|first| first <= *start))?;
    if day + DECLINE_DAYS > known {
        return None;
    }
    let calls = frame.daily_calls(start, BEFORE_DAYS + DECLINE_DAYS);
    let (before, after) = calls.split_at(BEFORE_DAYS as usize);
    let sum = |days: &[i64]| days.iter().map(|calls| *calls as f64).sum::<f64>();
    let usual_week = sum(before) / f64::from(BEFORE_DAYS / 7);
    let same_weekday: f64 = before.iter().step_by(7).map(|calls| *calls as f64).sum::<f64>() / 4.0;
    let falls = usual_week > 0.0
        && after.chunks(7).all(|week| sum(week) <= DECLINE_PART * usual_week)
        && same_weekday > 0.0
        && after[0] as f64 <= DECLINE_PART * same_weekday;
    falls.then(|| (day, sum(after) == 0.0))
}

impl Replay {
    /// How often bands changed in all: by the rules of the time, and by the others.
    #[must_use]
    pub fn flips(&self) -> (usize, usize) {
        let count =
            |of: fn(&Replayed) -> &Course| self.accounts.iter().map(|one| of(one).changes.len()).sum();
        (count(|one| &one.before), count(|one| &one.after))
    }

    /// The accounts whose bands change otherwise, or end otherwise.
    pub fn differing(&self) -> impl Iterator<Item = &Replayed> {
        self.accounts
            .iter()
            .filter(|one| one.before.changes != one.after.changes || one.before.last != one.after.last)
    }

    /// The accounts whose usage broke down.
    pub fn declined(&self) -> impl Iterator<Item = (&Replayed, Decline)> {
        self.accounts.iter().filter_map(|one| Some((one, one.decline?)))
    }
}
