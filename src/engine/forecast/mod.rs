//! Forecasts: what a series will probably do over the next steps, and how sure that is.
//!
//! Invariant: the same history always gives the same forecast, every number of it is finite, and nothing negative is
//! forecast of what never was negative.
//!
//! Several cheap methods each draw a path; their weighted median is the forecast. Weights and bands come from the same
//! history: the methods are tried at earlier points of it, and their errors are known there.

mod bands;
mod combine;
mod history;
mod methods;
mod odd;
#[cfg(test)]
mod properties;
mod smoothing;

use std::ops::Range;

use bands::{Outcome, Reach, summed};
use combine::Trial;
use history::History;
pub(crate) use methods::Method;

/// Most steps that are forecast: eleven years of hours, far beyond what can be known.
pub(crate) const STEPS_MAX: usize = 100_000;

/// Seasons that must have been measured, and points for series without a season.
const SEASONS_MIN: usize = 3;
const POINTS_MIN: usize = 14;

/// Points that must not be zero: of a handful of calls no pattern can be told.
const ACTIVE_MIN: usize = 8;

/// What can be said about the future of a series.
#[derive(Debug, Clone)]
pub(crate) enum Outlook {
    /// The probable path.
    Path(Path),
    /// Nothing honest, yet.
    TooLittle(TooLittle),
}

/// What a history lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooLittle {
    /// Measured points since the first that was not zero.
    Measured {
        /// So many there are.
        have: usize,
        /// So many there should be.
        need: usize,
    },
    /// Points that are not zero.
    Active {
        /// So many there are.
        have: usize,
        /// So many there should be.
        need: usize,
    },
}

/// A forecast: for each step a value and the two bands around it, `low95 ≤ low80 ≤ mean ≤ high80 ≤ high95`.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// The value to expect.
    pub(crate) mean: Vec<f64>,
    /// Below it lies one outcome of ten.
    pub(crate) low80: Vec<f64>,
    /// Above it lies one outcome of ten.
    pub(crate) high80: Vec<f64>,
    /// Below it lies one outcome of forty.
    pub(crate) low95: Vec<f64>,
    /// Above it lies one outcome of forty.
    pub(crate) high95: Vec<f64>,
    /// The methods that were combined. Their weights sum to 1.
    pub(crate) methods: Vec<Share>,
    /// Earlier points of the history at which these methods were tried; the bands come from there.
    pub(crate) trials: usize,
    outcomes: Vec<Outcome>,
    sizes: Vec<f64>,
    floored: bool,
}

/// The part of a method in a forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share {
    /// The method.
    pub(crate) method: Method,
    /// Points of the season it works on.
    pub(crate) season: usize,
    /// Its weight.
    pub(crate) weight: f64,
}

/// A sum of steps with its own bands: errors of single steps partly cancel, so it is surer than each of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sum {
    /// The sum to expect.
    pub(crate) mean: f64,
    /// Below it lies one outcome of ten.
    pub(crate) low80: f64,
    /// Above it lies one outcome of ten.
    pub(crate) high80: f64,
    /// Below it lies one outcome of forty.
    pub(crate) low95: f64,
    /// Above it lies one outcome of forty.
    pub(crate) high95: f64,
}

/// Forecasts the next `horizon` values of an evenly spaced history, or says what it lacks. `season` is the number of
/// points after which a pattern returns: 7 for days, 24 for hours, 1 for none. What is not finite counts as missing.
pub(crate) fn forecast(history: &[f64], season: usize, horizon: usize) -> Outlook {
    let need = season.saturating_mul(SEASONS_MIN).max(POINTS_MIN);
    let (history, season) = look(history, season);
    if history.measured < need {
        return Outlook::TooLittle(TooLittle::Measured { have: history.measured, need });
    }
    if history.active < ACTIVE_MIN {
        return Outlook::TooLittle(TooLittle::Active { have: history.active, need: ACTIVE_MIN });
    }
    Outlook::Path(draw(&history, season, horizon))
}

/// The same for any history, with wide bands when it is short; of nothing follows nothing. For `eval`, which must
/// answer.
pub(crate) fn forecast_anyway(history: &[f64], season: usize, horizon: usize) -> Path {
    let (history, season) = look(history, season);
    draw(&history, season, horizon)
}

fn look(raw: &[f64], season: usize) -> (History, usize) {
    let history = History::new(raw, season.max(1));
    // Of a season that was never seen whole nothing can be learnt.
    let season = if season > history.values.len() { 1 } else { season.max(1) };
    (history, season)
}

fn draw(history: &History, season: usize, horizon: usize) -> Path {
    let horizon = horizon.min(STEPS_MAX);
    let points = history.values.len();
    let members = combine::members(history, season);
    let trials = combine::trials(history, &members, season, horizon);
    let weights = combine::weights(history, &trials, members.len());
    let outcomes: Vec<Outcome> =
        trials.iter().map(|trial| outcome(history, trial, &weights, season)).collect();
    let mean = Trial::new(history, &members, season, points, horizon).blend(&weights, history.floored);
    let sizes = bands::sizes(&mean, history.level(points, season));
    let reaches = bands::of_steps(&outcomes, horizon, season);
    let edge = |band: fn(f64, f64, Reach) -> f64| -> Vec<f64> {
        let steps = mean.iter().zip(&sizes).zip(&reaches);
        steps.map(|((mean, size), reach)| history.worth(band(*mean, *size, *reach))).collect()
    };
    Path {
        low80: edge(|mean, size, reach| mean - size * reach[0]),
        high80: edge(|mean, size, reach| mean + size * reach[0]),
        low95: edge(|mean, size, reach| mean - size * reach[1]),
        high95: edge(|mean, size, reach| mean + size * reach[1]),
        mean: edge(|mean, _, _| mean),
        methods: members
            .iter()
            .zip(weights)
            .map(|(member, weight)| Share { method: member.method, season: member.season, weight })
            .collect(),
        trials: trials.len(),
        outcomes,
        sizes: summed(sizes.iter().map(|size| size * history.scale)),
        floored: history.floored,
    }
}

/// How the combination did at an earlier point, with the weights it has now.
fn outcome(history: &History, trial: &Trial, weights: &[f64], season: usize) -> Outcome {
    let path = trial.blend(weights, history.floored);
    let came = &history.values[trial.known..];
    let sizes = bands::sizes(&path, history.level(trial.known, season));
    Outcome::new(trial.known, path.iter().zip(came).map(|(said, came)| came - said), &sizes)
}

impl Path {
    /// The sum of the steps `steps`, of which those beyond the horizon are left out. Its band comes from sums over as
    /// many steps in the trials, not from the bands of the steps.
    pub(crate) fn total(&self, steps: Range<usize>) -> Sum {
        let to = steps.end.min(self.mean.len());
        let from = steps.start.min(to);
        let mean = self.mean[from..to].iter().sum();
        let reach = bands::of_sum(&self.outcomes, from, to);
        self.around(mean, reach.map(|half| half * (self.sizes[to] - self.sizes[from])))
    }

    /// How far totals of the first `steps` lay off on average when such forecasts were made at earlier points, relative to
    /// their size. `None` when too few were.
    pub(crate) fn total_error(&self, steps: usize) -> Option<f64> {
        bands::mean_error(&self.outcomes, steps)
    }

    /// For each step the sum of all up to it and with it. Bands never narrow, and of what is never negative no edge
    /// ever falls, so that the date at which a sum is reached can be read off: the first at which `mean` is there, at
    /// the earliest the first of `high80`, at the latest the first of `low80`.
    pub(crate) fn cumulated(&self) -> Vec<Sum> {
        let mut mean = 0.0;
        let mut half: Reach = [0.0; 2];
        let mut floor = [f64::NEG_INFINITY; 2];
        let steps = self.mean.iter().enumerate();
        steps
            .map(|(step, value)| {
                mean += value;
                let reach = bands::of_sum(&self.outcomes, 0, step + 1);
                for (half, reach) in half.iter_mut().zip(reach) {
                    *half = half.max(reach * self.sizes[step + 1]);
                }
                let mut sum = self.around(mean, half);
                if self.floored {
                    floor = [floor[0].max(sum.low80), floor[1].max(sum.low95)];
                    [sum.low80, sum.low95] = floor;
                }
                sum
            })
            .collect()
    }

    fn around(&self, mean: f64, half: Reach) -> Sum {
        let least = if self.floored { 0.0 } else { f64::NEG_INFINITY };
        Sum {
            mean,
            low80: (mean - half[0]).max(least),
            high80: mean + half[0],
            low95: (mean - half[1]).max(least),
            high95: mean + half[1],
        }
    }
}
