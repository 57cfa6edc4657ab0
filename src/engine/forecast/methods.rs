//! The methods. Each is cheap, and each errs in its own way: that is what their combination lives on.
//!
//! Invariant: a method sees nothing but the past, and answers finite values for finite ones.

use super::odd::{median, tamed};
use super::smoothing;

/// How a path can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// The last value stays.
    Last,
    /// The median of the last season stays.
    Level,
    /// The last season comes again.
    SeasonalNaive,
    /// Each phase is the median of its last five.
    ShortProfile,
    /// Each phase is the median of its last nine.
    LongProfile,
    /// Simple exponential smoothing of the values over their seasonal ratios.
    Smoothing,
    /// Level and season smoothed together (Holt–Winters, additive, without trend).
    Seasonal,
    /// The smoothed mean stays, for a series that is mostly zero: every median of it would be zero, every sum wrong.
    Rate,
}

impl Method {
    /// Its name for readers: `last`, `short_profile`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Level => "level",
            Self::SeasonalNaive => "seasonal_naive",
            Self::ShortProfile => "short_profile",
            Self::LongProfile => "long_profile",
            Self::Smoothing => "smoothing",
            Self::Seasonal => "seasonal",
            Self::Rate => "rate",
        }
    }
}

/// A method with the season it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    /// The method.
    pub(super) method: Method,
    /// Points of its season.
    pub(super) season: usize,
}

/// What the methods look at: the past as it was, and without its lone odd values.
pub(super) struct Past<'a> {
    values: &'a [f64],
    tamed: Vec<f64>,
}

impl<'a> Past<'a> {
    pub(super) fn new(values: &'a [f64], season: usize) -> Self {
        Self { values, tamed: tamed(values, season) }
    }

    /// The past without its lone odd values.
    pub(super) fn tamed(&self) -> &[f64] {
        &self.tamed
    }

    /// Whether no phase of the season is usually active, although something happened lately.
    pub(super) fn is_sparse(&self, season: usize) -> bool {
        /// Seasons, and points at least, that are lately; of a single point no rate can be told.
        const LATELY: (usize, usize) = (4, 28);
        const ACTIVE: usize = 2;
        let lately = recent(self.values, (LATELY.0 * season).max(LATELY.1));
        let active = lately.iter().filter(|value| **value != 0.0).count();
        season <= self.values.len()
            && active >= ACTIVE
            && self.profile(season, 9).iter().all(|usual| *usual == 0.0)
    }

    /// What `member` says about the next `steps`.
    pub(super) fn path(&self, member: Member, steps: usize) -> Vec<f64> {
        /// Points of a level, for series without a season.
        const LEVEL_POINTS: usize = 7;
        let season = member.season.min(self.values.len());
        if season == 0 {
            return vec![0.0; steps];
        }
        match member.method {
            Method::Last => repeat(recent(self.values, 1), steps),
            Method::Level => vec![median(&mut recent(self.values, season.max(LEVEL_POINTS)).to_vec()); steps],
            Method::SeasonalNaive => repeat(recent(self.values, season), steps),
            Method::ShortProfile => repeat(&self.profile(season, 5), steps),
            Method::LongProfile => repeat(&self.profile(season, 9), steps),
            Method::Smoothing => repeat(&self.smoothed(season), steps),
            Method::Seasonal => repeat(&smoothing::seasonal(self.values, season), steps),
            Method::Rate => vec![smoothing::level(self.values); steps],
        }
    }

    /// By phase, the median of the last `seasons`.
    fn profile(&self, season: usize, seasons: usize) -> Vec<f64> {
        let mut same = Vec::with_capacity(seasons);
        let ends = self.values.len()..self.values.len() + season;
        ends.map(|end| {
            same.clear();
            same.extend(
                (1..=seasons).filter_map(|ago| end.checked_sub(ago * season)).map(|at| self.values[at]),
            );
            median(&mut same)
        })
        .collect()
    }

    /// Simple exponential smoothing of the values over their seasonal ratios, and the ratios again. Lone odd values have
    /// no part in it.
    fn smoothed(&self, season: usize) -> Vec<f64> {
        let ratios = self.ratios(season);
        let skipped = season - self.tamed.len() % season;
        let phased = self.tamed.iter().zip(ratios.iter().cycle().skip(skipped));
        let flat: Vec<f64> = phased.map(|(value, ratio)| value / ratio).collect();
        let level = smoothing::level(&flat);
        ratios.iter().map(|ratio| level * ratio).collect()
    }

    /// By phase, beginning with the next, its share of the level over the last twelve seasons; older ones weigh less.
    fn ratios(&self, season: usize) -> Vec<f64> {
        const SEASONS: usize = 12;
        /// What a season weighs against the one after it: after nine of them, half.
        const FADING: f64 = 0.93;
        /// Nothing is divided by less: at a nearly silent hour a single call would be a flood.
        const RATIO_MIN: f64 = 0.05;
        let mut sums = vec![0.0; season];
        let mut weight = 1.0;
        for block in self.tamed.rchunks_exact(season).take(SEASONS) {
            for (sum, value) in sums.iter_mut().zip(block) {
                *sum += weight * value;
            }
            weight *= FADING;
        }
        let level = sums.iter().sum::<f64>() / season as f64;
        sums.iter().map(|sum| if level > 0.0 { (sum / level).max(RATIO_MIN) } else { 1.0 }).collect()
    }
}

fn recent(values: &[f64], points: usize) -> &[f64] {
    &values[values.len().saturating_sub(points)..]
}

fn repeat(phases: &[f64], steps: usize) -> Vec<f64> {
    phases.iter().copied().cycle().take(steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, values: &[f64], season: usize, expected: &[f64]) {
        let path = Past::new(values, season).path(Member { method, season }, expected.len());
        let near = path.iter().zip(expected).all(|(is, should)| (is - should).abs() < 1e-9);
        assert!(near, "{method:?}: {path:?}, not {expected:?}");
    }

    #[test]
    fn naive_methods_repeat() {
        let values = [9.0, 1.0, 5.0, 2.0, 8.0];
        check(Method::Last, &values, 2, &[8.0, 8.0]);
        check(Method::Level, &values, 2, &[5.0, 5.0]);
        check(Method::SeasonalNaive, &values, 2, &[2.0, 8.0, 2.0]);
    }

    #[test]
    fn a_profile_overlooks_two_of_five_odd_seasons() {
        let mut values = [1.0, 3.0].repeat(9);
        (values[17], values[15]) = (90.0, 0.0);
        check(Method::ShortProfile, &values, 2, &[1.0, 3.0, 1.0]);
        check(Method::LongProfile, &values, 2, &[1.0, 3.0, 1.0]);
    }

    #[test]
    fn a_pattern_goes_on_wherever_the_history_ends() {
        for end in 40..44 {
            let values: Vec<f64> = (0..end).map(|at| [1.0, 2.0, 6.0, 3.0][at % 4]).collect();
            let next: Vec<f64> = (end..end + 9).map(|at| [1.0, 2.0, 6.0, 3.0][at % 4]).collect();
            for method in [Method::SeasonalNaive, Method::Smoothing, Method::Seasonal] {
                check(method, &values, 4, &next);
            }
        }
    }

    #[test]
    fn a_level_that_moved_keeps_its_pattern() {
        let values: Vec<f64> =
            (0..84).map(|at| [1.0, 3.0][at % 2] * if at < 60 { 1.0 } else { 10.0 }).collect();
        let path = Past::new(&values, 2).path(Member { method: Method::Smoothing, season: 2 }, 2);
        assert!((path[0] - 10.0).abs() < 0.5 && (path[1] - 30.0).abs() < 1.5, "{path:?}");
    }

    #[test]
    fn a_series_that_is_mostly_zero_has_a_rate() {
        let weekly = |at: usize| if at % 10 == 3 { 50.0 } else { 0.0 };
        let values: Vec<f64> = (0..100).map(weekly).collect();
        let past = Past::new(&values, 7);
        assert!(past.is_sparse(7));
        let rate = past.path(Member { method: Method::Rate, season: 7 }, 1)[0];
        assert!((2.0..8.0).contains(&rate), "{rate}");
        // Silent for a month: that is over, not sparse.
        let silent: Vec<f64> = values.iter().copied().chain([0.0; 28]).collect();
        assert!(!Past::new(&silent, 7).is_sparse(7));
    }
}
