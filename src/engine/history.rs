//! The score of an account day by day.

use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Band;
use crate::domain::Score;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::domain::utc_midnight;

use super::entry::Entry;
use super::health::{DayJudge, Judge, date_of, plain_band};
use super::hour::{DAY_HOURS, hour_from, hour_start};
use super::snapshot::Snapshot;

/// An account's score on one day: at its begin (UTC), and on the day of the newest data at those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayScore {
    /// Which day.
    pub day: Date,
    /// The score that was shown; `None` when it could not be judged.
    pub score: Option<Score>,
    /// The band that the account was in.
    pub band: Option<Band>,
    /// Version of the rules that judged.
    pub rules_version: u32,
    /// Whether a person had set the score.
    pub overridden: bool,
}

/// A change of the band, from one day to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandChange {
    /// The first day in the new band.
    pub day: Date,
    /// Before.
    pub from: Band,
    /// From then on.
    pub to: Band,
}

impl BandChange {
    /// The changes among successive days, oldest first. Days without a band are passed over.
    #[must_use]
    pub fn among(days: &[DayScore]) -> Vec<Self> {
        let mut before = None;
        let mut changes = Vec::new();
        for (day, to) in days.iter().filter_map(|day| Some((day.day, day.band?))) {
            changes.extend(before.filter(|from| *from != to).map(|from| Self { day, from, to }));
            before = Some(to);
        }
        changes
    }
}

impl Snapshot {
    /// The score on each day of a window, oldest first, each judged by the rules and under the override of its time.
    #[must_use]
    pub fn score_history(&self, account: &AccountId, window: Window) -> Vec<DayScore> {
        let (Some(entry), Some(as_of)) = (self.entry(account), self.as_of) else { return Vec::new() };
        let Some(known) = entry.derived.as_ref().map(|derived| derived.at.until / DAY_HOURS) else {
            return Vec::new();
        };
        let first = hour_from(window.from()).div_ceil(DAY_HOURS);
        let end = window.to().min(as_of);
        let shows_present = window.to() >= as_of;
        // The day of the newest data stands for them, and not for its begin.
        let last = hour_from(end) / DAY_HOURS;
        let present_day = hour_from(as_of) / DAY_HOURS;
        let settled =
            last.min(known).min(if shows_present { present_day.saturating_sub(1) } else { u32::MAX });
        let mut days = self.settled_days(entry, first, settled);
        for day in (settled + 1).max(first)..=last {
            let at = if shows_present && day == present_day { as_of } else { hour_start(day * DAY_HOURS) };
            let Some(health) = self.health_of(entry, at) else { continue };
            days.push(DayScore {
                day: utc_date(at),
                score: health.score.map(Score::of),
                band: health.band,
                rules_version: health.rules_version,
                overridden: health.overridden.is_some(),
            });
        }
        days
    }

    /// The days whose data are in whole.
    fn settled_days(&self, entry: &Entry, first: u32, last: u32) -> Vec<DayScore> {
        if last < first {
            return Vec::new();
        }
        let judge = Judge::of(entry);
        let by = DayJudge { judge: &judge, rules: &self.rules, looked: None };
        let mut scores = entry.scores_upto(last);
        let bands = scores.bands(first, last, &by);
        let day = |(day, band): (u32, Option<Band>)| {
            let (rules, date) = (by.rules_of(day), date_of(day));
            let set = entry.override_at(utc_midnight(date)).map(|set| set.score);
            DayScore {
                day: date,
                score: set.or_else(|| scores.score(day, &by)),
                band: set.map(|score| plain_band(rules, score)).or(band),
                rules_version: rules.version,
                overridden: set.is_some(),
            }
        };
        (first..=last).zip(bands).map(day).collect()
    }
}
