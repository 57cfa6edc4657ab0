//! Scores of successive days, judged once and kept, and the bands that follow from them.

use jiff::civil::Date;

use crate::domain::Band;
use crate::domain::Score;
use crate::domain::utc_date;

use super::super::hour::{DAY_HOURS, hour_start};
use super::super::rules::{HealthRules, RulesHistory};
use super::Judge;
use super::bands::{self, Judged};
use super::usage::UsageVerdicts;

/// Days that are carried on to the next snapshot; a band seldom needs more than a few.
const KEPT_DAYS_MAX: usize = 64;
/// When so many days have passed at once, it is as cheap to begin anew.
const CARRIED_DAYS_MAX: u32 = 7;

/// The computed scores of an account at the begin of each of some successive days, as far back as they were needed.
/// Overrides do not touch them.
#[derive(Debug, Clone)]
pub(in super::super) struct DayScores {
    /// The last of the days.
    newest: u32,
    /// Newest first.
    scores: Vec<Option<Score>>,
}

/// What judges the days: an account and the rules of each time.
#[derive(Clone, Copy)]
pub(in super::super) struct DayJudge<'a> {
    pub(in super::super) judge: &'a Judge<'a>,
    pub(in super::super) rules: &'a RulesHistory,
    /// What is known already: the newest day by the rules it was looked at with.
    pub(in super::super) looked: Option<(&'a HealthRules, &'a UsageVerdicts)>,
}

impl<'a> DayJudge<'a> {
    /// The rules in force at the begin of a day.
    pub(in super::super) fn rules_of(&self, day: u32) -> &'a HealthRules {
        self.rules.at(hour_start(day * DAY_HOURS))
    }

    fn score(&self, day: u32) -> Option<Score> {
        let rules = self.rules_of(day);
        let (until, date) = (day * DAY_HOURS, date_of(day));
        match self.looked {
            Some((with, usage)) if usage.day == day && std::ptr::eq(with, rules) => {
                self.judge.score_with(rules, usage, until, date)
            }
            _ => self.judge.score_with(rules, &self.judge.usage(rules, day), until, date),
        }
    }
}

impl DayScores {
    /// None yet, up to `newest`.
    pub(in super::super) fn upto(newest: u32) -> Self {
        Self { newest, scores: Vec::new() }
    }

    /// Whether they end on `day` or after it.
    pub(in super::super) fn reaches(&self, day: u32) -> bool {
        self.newest >= day
    }

    /// These carried on to a later day, or begun anew when that is far away or before.
    pub(in super::super) fn carried_to(&self, newest: u32, by: &DayJudge<'_>) -> Self {
        if newest < self.newest || newest - self.newest > CARRIED_DAYS_MAX {
            return Self::upto(newest);
        }
        let mut scores: Vec<_> = (self.newest + 1..=newest).rev().map(|day| by.score(day)).collect();
        scores.extend(self.scores.iter().take(KEPT_DAYS_MAX));
        Self { newest, scores }
    }

    /// The score at the begin of a day that is not after the newest.
    pub(in super::super) fn score(&mut self, day: u32, by: &DayJudge<'_>) -> Option<Score> {
        let back = self.newest.checked_sub(day)? as usize;
        for next in self.scores.len()..=back {
            self.scores.push(by.score(self.newest - next as u32));
        }
        self.scores[back]
    }

    /// The bands of the days from `first` to `last`, none where there is no score.
    pub(in super::super) fn bands(&mut self, first: u32, last: u32, by: &DayJudge<'_>) -> Vec<Option<Band>> {
        let mut bands = Vec::with_capacity((last + 1).saturating_sub(first) as usize);
        let mut day = first;
        while day <= last {
            let dwell_max = by.rules.dwell_max();
            let judged = |day| Some(Judged { score: self.score(day, by)?, rules: by.rules_of(day) });
            let Some((mut days, begins)) = bands::deciding(day, dwell_max, judged) else {
                bands.push(None);
                day += 1;
                continue;
            };
            let before = days.len() - 1;
            // From here on day after day, up to one without a score.
            while day < last
                && let Some(score) = self.score(day + 1, by)
            {
                days.push(Judged { score, rules: by.rules_of(day + 1) });
                day += 1;
            }
            bands.extend(bands::follow(&days, begins).into_iter().skip(before).map(Some));
            day += 1;
        }
        bands
    }

    /// The band of one day.
    pub(in super::super) fn band(&mut self, day: u32, by: &DayJudge<'_>) -> Option<Band> {
        self.bands(day, day, by).pop().flatten()
    }
}

/// The date of a day since 1970.
pub(in super::super) fn date_of(day: u32) -> Date {
    utc_date(hour_start(day * DAY_HOURS))
}
