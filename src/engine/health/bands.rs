//! Bands as a state: a band follows its score with hysteresis and dwell, so that it does not flap.
//!
//! The rule: a band is decided once for each day, at its begin. It changes when the scores of `dwell_days` successive
//! days all lie beyond its limit by at least `hysteresis` points, to the nearest band that all of them ask for. It
//! begins with the band of the score on the first day that has one, and anew after a day without.
//!
//! Invariant: the band of a day follows from the scores of the days up to it and from nothing else.

use crate::domain::Band;
use crate::domain::Score;

use super::super::rules::HealthRules;

/// Days after which a band is begun anew where nothing before decides it: scores that stay near a limit for a year.
const LOOK_BACK_DAYS_MAX: usize = 366;

/// The band of a score by itself.
pub(in super::super) fn plain(rules: &HealthRules, score: Score) -> Band {
    if score.points() >= rules.healthy_from {
        Band::Healthy
    } else if score.points() >= rules.watch_from {
        Band::Watch
    } else {
        Band::AtRisk
    }
}

/// One day's score, and the rules that judged it.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Judged<'a> {
    pub(in super::super) score: Score,
    pub(in super::super) rules: &'a HealthRules,
}

impl Judged<'_> {
    /// The band that this day asks for when the present one is `now`: another one only when its score lies beyond the
    /// limit by the hysteresis.
    fn asks(&self, now: Band) -> Band {
        let (rules, points) = (self.rules, self.score.points());
        // Near the ends of the scale there may be no room for the whole hysteresis.
        let up = |limit: f64| points >= (limit + rules.hysteresis).min(100.0);
        let down = |limit: f64| points < limit && points <= (limit - rules.hysteresis).max(0.0);
        match now {
            Band::AtRisk | Band::Watch if up(rules.healthy_from) => Band::Healthy,
            Band::AtRisk if up(rules.watch_from) => Band::Watch,
            Band::Watch | Band::Healthy if down(rules.watch_from) => Band::AtRisk,
            Band::Healthy if down(rules.healthy_from) => Band::Watch,
            Band::AtRisk | Band::Watch | Band::Healthy => now,
        }
    }

    /// The band that this day asks for whatever the present one is.
    fn asks_always(&self) -> Option<Band> {
        let asked = self.asks(Band::AtRisk);
        Band::ALL.iter().all(|now| self.asks(*now) == asked).then_some(asked)
    }
}

/// The band after the last of some successive days, of which those up to `days.len() - 1` led to `now`.
fn step(now: Band, days: &[Judged<'_>]) -> Band {
    let dwell = days.last().map_or(1, |day| day.rules.dwell_days);
    let Some(start) = days.len().checked_sub(dwell) else { return now };
    let asked = || days[start..].iter().map(|day| day.asks(now));
    // All have to ask for another band on the same side; of those, the nearest.
    match (asked().min(), asked().max()) {
        (Some(lowest), _) if lowest > now => lowest,
        (_, Some(highest)) if highest < now => highest,
        _ => now,
    }
}

/// The bands of successive days, the first one by itself.
pub(in super::super) fn follow(days: &[Judged<'_>], begins: Band) -> Vec<Band> {
    let mut bands = Vec::with_capacity(days.len());
    for day in 0..days.len() {
        let now = bands.last().copied().unwrap_or(begins);
        bands.push(if day == 0 { now } else { step(now, &days[..=day]) });
    }
    bands
}

/// The days that decide the band of `day`, oldest first, with the band that they begin with. Goes back until a
/// stretch of days leaves no doubt, or to the first day with a score; `None` when `day` itself has none.
pub(in super::super) fn deciding<'a>(
    day: u32,
    dwell_max: usize,
    mut judged: impl FnMut(u32) -> Option<Judged<'a>>,
) -> Option<(Vec<Judged<'a>>, Band)> {
    let mut days = Vec::new();
    let mut sure: Option<(Band, usize)> = None;
    let mut at = Some(day);
    while let Some(found) = at.and_then(&mut judged) {
        days.push(found);
        sure = match (found.asks_always(), sure) {
            (Some(band), Some((same, length))) if band == same => Some((band, length + 1)),
            (Some(band), _) => Some((band, 1)),
            (None, _) => None,
        };
        if sure.is_some_and(|(_, length)| length >= dwell_max) || days.len() >= LOOK_BACK_DAYS_MAX {
            break;
        }
        at = at.and_then(|day| day.checked_sub(1));
    }
    let oldest = days.last()?;
    let begins = match sure {
        Some((band, length)) if length >= dwell_max => band,
        _ => plain(oldest.rules, oldest.score),
    };
    days.reverse();
    Some((days, begins))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(hysteresis: f64, dwell_days: usize) -> HealthRules {
        HealthRules { hysteresis, dwell_days, ..HealthRules::default_rules() }
    }

    fn judged<'a>(rules: &'a HealthRules, scores: &[f64]) -> Vec<Judged<'a>> {
        scores.iter().map(|score| Judged { score: Score::of(*score), rules }).collect()
    }

    /// The bands of the days as letters, from the first one on.
    #[track_caller]
    fn check(scores: &[f64], expected: &str) {
        let rules = rules(3.0, 2);
        let days = judged(&rules, scores);
        let letter = |band: Band| match band {
            Band::AtRisk => 'r',
            Band::Watch => 'w',
            Band::Healthy => 'h',
        };
        let bands: String = follow(&days, plain(&rules, days[0].score)).into_iter().map(letter).collect();
        assert_eq!(bands, expected, "{scores:?}");
    }

    #[test]
    fn a_band_changes_after_two_days_well_beyond_its_limit() {
        check(&[80.0, 66.0, 66.0], "hhw");
        check(&[80.0, 67.0, 67.0], "hhw");
        check(&[80.0, 67.1, 67.1, 67.1], "hhhh");
        check(&[80.0, 66.0, 69.0, 66.0, 69.0], "hhhhh");
        check(&[60.0, 73.0, 73.0, 72.9], "wwhh");
        check(&[60.0, 72.9, 90.0, 72.9], "wwww");
        check(&[80.0, 10.0, 10.0], "hhr");
        check(&[80.0, 10.0, 50.0, 10.0, 10.0], "hhwwr");
        check(&[20.0, 90.0, 50.0, 90.0, 90.0], "rrwwh");
        check(&[20.0, 42.9, 43.0, 43.0], "rrrw");
    }

    #[test]
    fn near_the_ends_of_the_scale_a_band_can_still_change() {
        let rules = HealthRules { healthy_from: 99.0, watch_from: 1.0, ..rules(3.0, 1) };
        let days = judged(&rules, &[50.0, 100.0, 0.0]);
        assert_eq!(follow(&days, Band::Watch), [Band::Watch, Band::Healthy, Band::AtRisk]);
    }

    #[test]
    fn without_hysteresis_and_dwell_the_band_is_that_of_the_score() {
        let rules = rules(0.0, 1);
        let scores: Vec<f64> = (0..=1_000).rev().map(|tenth| f64::from(tenth) / 10.0).collect();
        let days = judged(&rules, &scores);
        let expected: Vec<Band> = days.iter().map(|day| plain(&rules, day.score)).collect();
        assert_eq!(follow(&days, Band::Healthy), expected);
    }

    proptest! {
        #[test]
        fn a_short_look_back_decides_as_the_whole_history_does(
            scores in prop::collection::vec(prop_oneof![4 => 60.0..80.0_f64, 1 => 0.0..100.0_f64], 1..80),
            hysteresis in 0.0..10.0_f64,
            dwell in 1_usize..5,
        ) {
            let rules = rules(hysteresis, dwell);
            let days = judged(&rules, &scores);
            let whole = follow(&days, plain(&rules, days[0].score));
            for (day, expected) in whole.iter().enumerate() {
                let (deciding, begins) = deciding(day as u32, dwell, |day| Some(days[day as usize])).unwrap();
                prop_assert_eq!(follow(&deciding, begins).last().copied(), Some(*expected));
            }
        }
    }
}
