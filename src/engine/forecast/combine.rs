//! Which methods take part, how each did at earlier points of the same history, and one path from all of theirs.
//!
//! Invariant: at an earlier point a method is given what was known there, and nothing after it.

use super::history::History;
use super::methods::{Member, Method, Past};
use super::odd::holidays;

/// Methods for any series. Each was kept because forecasts of some panel became worse without it.
const METHODS: [Method; 7] = [
    Method::Last,
    Method::Level,
    Method::SeasonalNaive,
    Method::ShortProfile,
    Method::LongProfile,
    Method::Smoothing,
    Method::Seasonal,
];

/// Methods that also work on the weeks of hourly values. The others know no season, or need too many weeks.
const WEEKLY: [Method; 4] =
    [Method::SeasonalNaive, Method::ShortProfile, Method::Smoothing, Method::Seasonal];

/// Hours of a day and of a week.
const DAY: usize = 24;
const WEEK: usize = 168;

/// Earlier points at which the methods are tried. More cost time and change little.
const TRIALS_MAX: usize = 24;

/// The methods for a history.
pub(super) fn members(history: &History, season: usize) -> Vec<Member> {
    let points = history.values.len();
    if Past::new(&history.values, season).is_sparse(season) {
        return vec![Member { method: Method::Rate, season }];
    }
    let mut members: Vec<Member> = METHODS.map(|method| Member { method, season }).into();
    if season == DAY && points >= 2 * WEEK {
        members.extend(WEEKLY.map(|method| Member { method, season: WEEK }));
    }
    members
}

/// What the methods said at one point of a history.
pub(super) struct Trial {
    /// Points that were known.
    pub(super) known: usize,
    /// Path of each member.
    paths: Vec<Vec<f64>>,
    /// What is left of a step on a holiday.
    holidays: Vec<f64>,
}

impl Trial {
    /// Asks all `members` for the `steps` that follow the first `known` points.
    pub(super) fn new(
        history: &History,
        members: &[Member],
        season: usize,
        known: usize,
        steps: usize,
    ) -> Self {
        let values = &history.values[..known];
        let past = Past::new(values, season);
        let paths = members.iter().map(|member| past.path(*member, steps)).collect();
        Self { known, paths, holidays: holidays(values, past.tamed(), season, steps) }
    }

    /// The mean absolute error of each member against what came.
    fn errors(&self, history: &History) -> Vec<f64> {
        let came = &history.values[self.known..];
        let error = |path: &Vec<f64>| {
            let sum: f64 = path.iter().zip(came).map(|(said, came)| (said - came).abs()).sum();
            sum / path.len().min(came.len()).max(1) as f64
        };
        self.paths.iter().map(error).collect()
    }

    /// By step, the weighted median of the members: half of all weight lies on each side of it. A median, so that one
    /// method that runs away does no harm (Petropoulos & Svetunkov 2020).
    pub(super) fn blend(&self, weights: &[f64], floored: bool) -> Vec<f64> {
        let mut said: Vec<(f64, f64)> = Vec::with_capacity(weights.len());
        let steps = self.holidays.iter().enumerate();
        steps
            .map(|(step, holiday)| {
                said.clear();
                said.extend(self.paths.iter().zip(weights).map(|(path, weight)| (path[step], *weight)));
                said.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
                let middle = weighted_median(&said) * holiday;
                if floored { middle.max(0.0) } else { middle }
            })
            .collect()
    }
}

/// The middle of rising values with weights that sum to 1.
fn weighted_median(rising: &[(f64, f64)]) -> f64 {
    /// Sums of weights are not exact.
    const NEAR: f64 = 1e-9;
    let mut below = 0.0;
    for (at, (value, weight)) in rising.iter().enumerate() {
        below += weight;
        if below > 0.5 + NEAR {
            return *value;
        }
        if below > 0.5 - NEAR {
            // Exactly half lies below: the middle is between this value and the next that weighs anything.
            let next = rising[at + 1..].iter().find(|(_, weight)| *weight > NEAR);
            return next.map_or(*value, |(next, _)| value.midpoint(*next));
        }
    }
    rising.last().map_or(0.0, |(value, _)| *value)
}

/// Tries `members` at up to [`TRIALS_MAX`] earlier points, spread evenly; none when the history is too short.
pub(super) fn trials(history: &History, members: &[Member], season: usize, horizon: usize) -> Vec<Trial> {
    let points = history.values.len();
    let least = least_known(points, members, season);
    // The last trial is judged by half a season at least, unless less is asked for.
    let last = points.saturating_sub((season / 2).min(horizon).max(1));
    let Some(room) = last.checked_sub(least) else { return Vec::new() };
    let mut space = (room / TRIALS_MAX).max(1);
    if season > 1 && space.is_multiple_of(season) {
        // Not always the same day of the week.
        space -= 1;
    }
    let known =
        (0..TRIALS_MAX).map(|ago| ago * space).take_while(|back| *back <= room).map(|back| last - back);
    known.map(|known| Trial::new(history, members, season, known, horizon.min(points - known))).collect()
}

/// Points that must be known at a trial, so that every member has something to say.
fn least_known(points: usize, members: &[Member], season: usize) -> usize {
    /// Seasons, and points for series without one.
    const SEASONS: usize = 4;
    const POINTS: usize = 14;
    let longest = members.iter().map(|member| member.season).max().unwrap_or(season);
    if longest > season {
        return longest + season;
    }
    // A short history is halved; with less than two seasons there is no pattern to be tried.
    (SEASONS * season).max(POINTS).min((points / 2).max(2 * season))
}

/// The weight of each member: in inverse proportion to the square of its mean absolute error in the trials (after Bates
/// & Granger 1969). They sum to 1. Without trials all weigh the same.
pub(super) fn weights(history: &History, trials: &[Trial], members: usize) -> Vec<f64> {
    let mut errors = vec![0.0; members];
    for trial in trials {
        for (sum, error) in errors.iter_mut().zip(trial.errors(history)) {
            *sum += error;
        }
    }
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
    // One that was never wrong leaves no weight to those that were.
    let mut weights: Vec<f64> =
        errors.iter().map(|error| if *error <= best { 1.0 } else { (best / error).powi(2) }).collect();
    let total: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_middle(rising: &[(f64, f64)], expected: f64) {
        assert_eq!(weighted_median(rising), expected);
    }

    #[test]
    fn half_of_the_weight_lies_on_each_side() {
        check_middle(&[], 0.0);
        check_middle(&[(3.0, 1.0)], 3.0);
        check_middle(&[(1.0, 0.25), (2.0, 0.25), (4.0, 0.25), (9.0, 0.25)], 3.0);
        check_middle(&[(1.0, 0.2), (2.0, 0.2), (9.0, 0.6)], 9.0);
        check_middle(&[(1.0, 0.5), (2.0, 0.0), (5.0, 0.5)], 3.0);
    }

    #[test]
    fn a_method_that_was_always_right_takes_all() {
        let raw = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0].repeat(9);
        let history = History::new(&raw, 7);
        let members = members(&history, 7);
        let trials = trials(&history, &members, 7, 14);
        let weights = weights(&history, &trials, members.len());
        assert_eq!(weights[0], 0.0, "the last value was wrong");
        assert!(weights[2] >= 0.25, "the season before was right: {weights:?}");
    }

    #[test]
    fn trials_know_enough_and_leave_something_to_be_judged_by() {
        let rows = [
            (364, 7, 24),
            (60, 7, 24),
            (672, 24, 24),
            (400, 24, 24),
            (30, 1, 16),
            (20, 7, 4),
            (15, 7, 0),
            (1, 1, 0),
        ];
        for (points, season, expected) in rows {
            let raw: Vec<f64> = (0..points).map(|at| 1.0 + (at % 5) as f64).collect();
            let history = History::new(&raw, season);
            let members = members(&history, season);
            let trials = trials(&history, &members, season, 28);
            assert_eq!(trials.len(), expected, "{points} points, season {season}");
            assert!(trials.iter().all(|trial| trial.known >= 2 * season && trial.known < points), "{points}");
        }
    }
}
