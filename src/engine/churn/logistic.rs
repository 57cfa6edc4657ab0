//! Logistic regression with a ridge and with signs that are given.
//!
//! Invariant: no weight ever has the sign that it must not have, and none is other than finite.

/// Inputs of one example.
pub(super) type Inputs<const N: usize> = [f64; N];

/// An example to learn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Example<const N: usize> {
    /// What was known, standardised.
    pub(super) inputs: Inputs<N>,
    /// What came of it.
    pub(super) outcome: bool,
}

/// Intercept and weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weights<const N: usize> {
    pub(super) intercept: f64,
    pub(super) by_input: Inputs<N>,
}

impl<const N: usize> Weights<N> {
    /// The logarithm of the odds of the outcome.
    pub(super) fn log_odds(&self, inputs: &Inputs<N>) -> f64 {
        self.intercept + self.by_input.iter().zip(inputs).map(|(weight, input)| weight * input).sum::<f64>()
    }
}

/// Newton steps; from a good start five are enough.
const STEPS_MAX: usize = 40;
/// Sweeps over the coordinates of one quadratic; it has a dozen.
const SWEEPS_MAX: usize = 400;
/// A change of a weight that no longer matters.
const SETTLED: f64 = 1e-7;

/// The weights, none below zero, that minimise the log-loss plus `ridge`/2 times their squared distance from `home`
/// (the intercept is free). Newton's method; each step minimises the quadratic by coordinate descent with the signs
/// kept, so that no step leaves the allowed corner (as in Friedman, Hastie & Tibshirani 2010).
pub(super) fn learn<const N: usize>(examples: &[Example<N>], home: &Weights<N>, ridge: f64) -> Weights<N> {
    let mut at = *home;
    let mut here = Quadratic::at(examples, &at, home, ridge);
    for _ in 0..STEPS_MAX {
        let full = here.step(&at);
        let Some((next, there)) = [1.0, 0.5, 0.25, 0.125].into_iter().find_map(|part| {
            let next = moved(&at, &full, part);
            let there = Quadratic::at(examples, &next, home, ridge);
            (there.height <= here.height).then_some((next, there))
        }) else {
            break;
        };
        let far = distance(&at, &next);
        (at, here) = (next, there);
        if far < SETTLED {
            break;
        }
    }
    at
}

/// The loss around a point. Coordinate 0 is the intercept, the others follow the inputs.
struct Quadratic<const N: usize> {
    height: f64,
    slope: (f64, Inputs<N>),
    /// Curvature: of the intercept, of the intercept with each input, of the inputs.
    bend: (f64, Inputs<N>, [Inputs<N>; N]),
}

impl<const N: usize> Quadratic<N> {
    fn at(examples: &[Example<N>], at: &Weights<N>, home: &Weights<N>, ridge: f64) -> Self {
        let mut height = 0.0;
        let (mut slope, mut slopes) = (0.0, [0.0; N]);
        let (mut bend, mut mixed, mut bends) = (1e-9, [0.0; N], [[0.0; N]; N]);
        for example in examples {
            let log_odds = at.log_odds(&example.inputs);
            // One exponential serves probability, curvature and loss: this is where a fit spends its time.
            let small = (-log_odds.abs()).exp();
            let unlikely = small / (1.0 + small);
            let against = if example.outcome { -log_odds } else { log_odds };
            height += against.max(0.0) + small.ln_1p();
            let wrong = if against > 0.0 { 1.0 - unlikely } else { unlikely };
            let error = if example.outcome { -wrong } else { wrong };
            let weight = unlikely * (1.0 - unlikely);
            slope += error;
            bend += weight;
            for i in 0..N {
                let weighted = weight * example.inputs[i];
                slopes[i] += error * example.inputs[i];
                mixed[i] += weighted;
                for (bend, input) in bends[i][..=i].iter_mut().zip(&example.inputs) {
                    *bend += weighted * input;
                }
            }
        }
        for i in 0..N {
            let away = at.by_input[i] - home.by_input[i];
            height += ridge * away * away / 2.0;
            slopes[i] += ridge * away;
            bends[i][i] += ridge;
        }
        // Only the lower half was summed; the upper mirrors it.
        let bends = std::array::from_fn(|i| std::array::from_fn(|j| bends[i.max(j)][i.min(j)]));
        Self { height, slope: (slope, slopes), bend: (bend, mixed, bends) }
    }

    /// The lowest point of the quadratic in the allowed corner.
    fn step(&self, at: &Weights<N>) -> Weights<N> {
        let (bend, mixed, bends) = &self.bend;
        let (mut first, mut others) = (0.0, [0.0; N]);
        for _ in 0..SWEEPS_MAX {
            let pull: f64 = mixed.iter().zip(&others).map(|(m, o)| m * o).sum();
            let next = -(self.slope.0 + pull) / bend;
            let mut change = (next - first).abs();
            first = next;
            for i in 0..N {
                let pull: f64 =
                    bends[i].iter().zip(&others).map(|(b, o)| b * o).sum::<f64>() + mixed[i] * first;
                let next = (others[i] - (self.slope.1[i] + pull) / bends[i][i]).max(-at.by_input[i]);
                change = change.max((next - others[i]).abs());
                others[i] = next;
            }
            if change < SETTLED {
                break;
            }
        }
        Weights { intercept: first, by_input: others }
    }
}

fn moved<const N: usize>(at: &Weights<N>, step: &Weights<N>, part: f64) -> Weights<N> {
    Weights {
        intercept: at.intercept + part * step.intercept,
        // Rounding may leave a weight a hair below the zero that it was sent to.
        by_input: std::array::from_fn(|i| (at.by_input[i] + part * step.by_input[i]).max(0.0)),
    }
}

fn distance<const N: usize>(from: &Weights<N>, to: &Weights<N>) -> f64 {
    let inputs = from.by_input.iter().zip(&to.by_input).map(|(f, t)| (f - t).abs());
    inputs.fold((from.intercept - to.intercept).abs(), f64::max)
}

/// The probability of these log-odds.
pub(super) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Minus the logarithm of the probability that was given to what happened.
pub(super) fn log_loss(log_odds: f64, outcome: bool) -> f64 {
    let against = if outcome { -log_odds } else { log_odds };
    against.max(0.0) + (-against.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid on which the outcome has these log-odds: `true` and `false` in proportion, so no chance is involved.
    fn examples(log_odds: impl Fn(f64, f64) -> f64) -> Vec<Example<2>> {
        let mut examples = Vec::new();
        for (x, y) in (0..81).map(|at| (f64::from(at % 9) / 4.0 - 1.0, f64::from(at / 9) / 4.0 - 1.0)) {
            let of_thousand = (1_000.0 * logistic(log_odds(x, y))).round() as usize;
            examples.extend((0..1_000).map(|i| Example { inputs: [x, y], outcome: i < of_thousand }));
        }
        examples
    }

    const NOTHING: Weights<2> = Weights { intercept: 0.0, by_input: [0.0; 2] };

    #[test]
    fn weights_that_made_the_outcomes_are_found() {
        let found = learn(&examples(|x, y| -0.5 + 1.5 * x + 0.25 * y), &NOTHING, 0.0);
        assert!((found.intercept + 0.5).abs() < 0.01, "{found:?}");
        assert!(
            (found.by_input[0] - 1.5).abs() < 0.01 && (found.by_input[1] - 0.25).abs() < 0.01,
            "{found:?}"
        );
    }

    #[test]
    fn a_weight_of_the_wrong_sign_becomes_zero_and_the_others_make_do() {
        let examples = examples(|x, y| 1.0 + 0.8 * x - 2.0 * y + x * y);
        let found = learn(&examples, &NOTHING, 0.0);
        let blind = examples.iter().map(|of| Example { inputs: [of.inputs[0], 0.0], ..*of });
        let without = learn(&blind.collect::<Vec<_>>(), &NOTHING, 0.0);
        assert_eq!(found.by_input[1], 0.0);
        assert!((found.by_input[0] - without.by_input[0]).abs() < 1e-6, "{found:?} {without:?}");
        assert!((found.intercept - without.intercept).abs() < 1e-6, "{found:?} {without:?}");
    }

    #[test]
    fn with_little_to_learn_from_it_stays_at_home() {
        let home = Weights { intercept: 0.3, by_input: [1.0, 0.5] };
        let few = &examples(|x, _| -2.0 * x)[500..504];
        let found = learn(few, &home, 1_000.0);
        assert!((found.by_input[0] - 1.0).abs() < 0.01 && (found.by_input[1] - 0.5).abs() < 0.01);
    }

    #[test]
    fn outcomes_that_can_be_told_for_certain_break_nothing() {
        for outcome in [true, false] {
            let alike = vec![Example { inputs: [1.0, 0.0], outcome }; 100];
            let found = learn(&alike, &NOTHING, 1.0);
            assert!(found.log_odds(&[1.0, 0.0]).is_finite(), "{found:?}");
        }
        let apart: Vec<_> =
            (0..100).map(|i| Example { inputs: [f64::from(i), 0.0], outcome: i > 49 }).collect();
        assert!(learn(&apart, &NOTHING, 1.0).by_input[0] > 0.0);
        assert_eq!(learn(&[], &NOTHING, 1.0), NOTHING);
    }
}
