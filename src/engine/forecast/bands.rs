//! Bands around a path and around sums of it, from the errors of the same combination at earlier points.
//!
//! Invariant: a band contains the mean, and the wider band contains the narrower. This is split conformal prediction
//! (Lei et al. 2018) on the errors of a rolling origin, pooled over neighbouring steps. Those are not exchangeable, so
//! the coverage is a measured one, not a guaranteed one.

/// Shares of the outcomes that lie in the two bands.
const SHARES: [f64; 2] = [0.80, 0.95];

/// Trials that make a band. With fewer it is widened towards [`UNKNOWN`].
const TRIALS_MIN: usize = 8;

/// Half widths of the bands where nothing is known, as multiples of the value: as much again, and twice as much.
const UNKNOWN: [f64; 2] = [1.0, 2.0];

/// Half widths of the two bands of a normal distribution, in standard deviations.
const DEVIATIONS: [f64; 2] = [1.281_6, 1.960_0];

/// Half widths of the 80 % and the 95 % band.
pub(super) type Reach = [f64; 2];

/// How large an error may be expected to be at a step. Errors grow with the level and, half as much, with the phase:
/// measured against this, a busy hour and a quiet one, and today's level and last year's, can be pooled.
pub(super) fn sizes(path: &[f64], level: f64) -> Vec<f64> {
    path.iter().map(|value| level.midpoint(value.abs())).collect()
}

/// How a path that was made at an earlier point turned out, summed up from its first step.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// Points that were known.
    known: usize,
    /// By number of steps, the sum of their errors.
    errors: Vec<f64>,
    /// By number of steps, the sum of their sizes.
    sizes: Vec<f64>,
}

impl Outcome {
    /// From the errors of single steps and their sizes, equally many.
    pub(super) fn new(known: usize, errors: impl Iterator<Item = f64>, sizes: &[f64]) -> Self {
        Self { known, errors: summed(errors), sizes: summed(sizes.iter().copied()) }
    }

    fn steps(&self) -> usize {
        self.errors.len() - 1
    }

    /// The size-free error of the sum of the steps `from..to`.
    fn error(&self, from: usize, to: usize) -> f64 {
        let size = self.sizes[to] - self.sizes[from];
        if size > 0.0 { ((self.errors[to] - self.errors[from]) / size).abs() } else { 0.0 }
    }
}

/// Running sums, beginning with the nothing of no steps.
pub(super) fn summed(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let sums = values.scan(0.0, |sum, value| {
        *sum += value;
        Some(*sum)
    });
    std::iter::once(0.0).chain(sums).collect()
}

/// The size-free half widths of each step: the errors of up to half a season before and after it count too. They never
/// shrink from a step to the next.
pub(super) fn of_steps(outcomes: &[Outcome], steps: usize, season: usize) -> Vec<Reach> {
    let tried = tried(outcomes);
    let half = (season / 2).max(1);
    let mut pool = Vec::new();
    let mut reach = [0.0; 2];
    let mut bands = Vec::with_capacity(steps);
    for step in 0..steps.min(tried) {
        pool.clear();
        for outcome in outcomes {
            let near = step.saturating_sub(half)..outcome.steps().min(step + half + 1);
            pool.extend(near.map(|near| outcome.error(near, near + 1)));
        }
        reach = wider(reach, quantiles(&mut pool));
        bands.push(reach);
    }
    bands.extend((tried..steps).map(|step| further(reach, step + 1, tried)));
    bands.into_iter().map(|reach| wider(reach, ignorance(outcomes.len()))).collect()
}

/// The size-free half widths of the sum of the steps `from..to`, from the sums of the same steps in the trials. Long
/// sums overlap and say much the same: of as many independent ones as fit into the time between the first trial and the
/// last, the quantile would be as unsure as Student's is against the normal one, and the band is as much wider.
pub(super) fn of_sum(outcomes: &[Outcome], from: usize, to: usize) -> Reach {
    // Too few trials went so far: the longest stretch that enough of them saw stands in.
    let end = to.min(tried(outcomes));
    let begin = from.min(end.saturating_sub(to - from));
    if begin >= end {
        return ignorance(outcomes.len());
    }
    let seen: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.steps() >= end).collect();
    let [narrow, wide] =
        quantiles(&mut seen.iter().map(|outcome| outcome.error(begin, end)).collect::<Vec<_>>());
    let known = || seen.iter().map(|outcome| outcome.known);
    let span = known().max().unwrap_or(0) - known().min().unwrap_or(0);
    let independent = (1.0 + span as f64 / (end - begin) as f64).min(seen.len() as f64);
    let [student_narrow, student_wide] =
        DEVIATIONS.map(|normal| student(normal, independent) / DEVIATIONS[0]);
    let reach = [narrow * student_narrow, wide.max(narrow * student_wide)];
    wider(further(reach, to, end), ignorance(outcomes.len()))
}

/// How far the sum of the first `steps` lay off in the trials that went so far, relative to its size, on average. `None`
/// when too few did.
pub(super) fn mean_error(outcomes: &[Outcome], steps: usize) -> Option<f64> {
    let seen = outcomes.iter().filter(|outcome| steps > 0 && outcome.steps() >= steps);
    let errors: Vec<f64> = seen.map(|outcome| outcome.error(0, steps)).collect();
    (errors.len() >= TRIALS_MIN).then(|| errors.iter().sum::<f64>() / errors.len() as f64)
}

/// The quantile of Student's distribution where that of the normal one is `normal`, by the first terms of its expansion
/// (Abramowitz & Stegun 1964, 26.7.5).
fn student(normal: f64, freedom: f64) -> f64 {
    let cube = normal.powi(3);
    let fifth = normal.powi(5);
    normal
        + (cube + normal) / (4.0 * freedom)
        + (5.0 * fifth + 16.0 * cube + 3.0 * normal) / (96.0 * freedom * freedom)
}

/// Steps that enough trials saw.
fn tried(outcomes: &[Outcome]) -> usize {
    let mut lengths: Vec<usize> = outcomes.iter().map(Outcome::steps).collect();
    lengths.sort_unstable_by(|one, other| other.cmp(one));
    lengths.get(TRIALS_MIN - 1).or(lengths.last()).copied().unwrap_or(0)
}

/// Half widths beyond the trials grow as those of a random walk do, with the root of the distance.
fn further(reach: Reach, step: usize, tried: usize) -> Reach {
    reach.map(|half| half * (step as f64 / tried.max(1) as f64).sqrt().max(1.0))
}

fn wider(one: Reach, other: Reach) -> Reach {
    [one[0].max(other[0]), one[1].max(other[1])]
}

/// What is added by having seen too few trials: all of it without any, none from [`TRIALS_MIN`] on.
fn ignorance(trials: usize) -> Reach {
    UNKNOWN.map(|half| half * (1.0 - trials as f64 / TRIALS_MIN as f64).max(0.0))
}

/// The conformal quantiles of the errors: the ⌈(n + 1) p⌉-th smallest. Where that is beyond the largest, the band is
/// stretched as a normal distribution would. Reorders.
fn quantiles(errors: &mut [f64]) -> Reach {
    let count = errors.len();
    if count == 0 {
        return [0.0; 2];
    }
    let [narrow, wide] = SHARES.map(|share| ((count + 1) as f64 * share).ceil() as usize);
    let half = *errors.select_nth_unstable_by(narrow.min(count) - 1, f64::total_cmp).1;
    let far = *errors.select_nth_unstable_by(wide.min(count) - 1, f64::total_cmp).1;
    if wide > count { [half, far.max(half * DEVIATIONS[1] / DEVIATIONS[0])] } else { [half, far] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(errors: &[f64], steps: usize) -> Vec<Outcome> {
        errors
            .iter()
            .map(|error| Outcome::new(0, vec![*error; steps].into_iter(), &vec![1.0; steps]))
            .collect()
    }

    #[test]
    fn four_of_five_errors_lie_in_the_narrow_band() {
        let errors: Vec<f64> = (1..=99).map(f64::from).collect();
        assert_eq!(quantiles(&mut errors.clone()), [80.0, 95.0]);
        assert_eq!(quantiles(&mut [2.0, 1.0]), [2.0, 2.0 * DEVIATIONS[1] / DEVIATIONS[0]]);
        assert_eq!(quantiles(&mut []), [0.0; 2]);
    }

    #[test]
    fn few_trials_make_wide_bands() {
        assert_eq!(
            of_steps(&[], 2, 7),
            [UNKNOWN, UNKNOWN.map(|half| half * 2.0_f64.sqrt())].map(|_| UNKNOWN)
        );
        assert_eq!(of_sum(&[], 0, 2), UNKNOWN);
        let reach = of_steps(&outcomes(&[0.1; 4], 3), 1, 1)[0];
        assert_eq!(reach[0], UNKNOWN[0] / 2.0);
        assert_eq!(of_steps(&outcomes(&[0.1; 8], 3), 1, 1)[0][0], 0.1);
    }

    #[test]
    fn student_needs_wider_bands_than_the_normal_distribution() {
        // From the tables: 95 % of Student's distribution with 5 and with 30 degrees of freedom.
        assert!((student(DEVIATIONS[1], 5.0) - 2.571).abs() < 0.03);
        assert!((student(DEVIATIONS[1], 30.0) - 2.042).abs() < 0.01);
    }

    #[test]
    fn bands_grow_beyond_what_was_tried() {
        let bands = of_steps(&outcomes(&[0.5; 20], 4), 16, 1);
        assert_eq!(bands[3], [0.5, 0.5]);
        assert_eq!(bands[15], [1.0, 1.0]);
    }

    #[test]
    fn errors_that_cancel_leave_a_narrow_sum() {
        let alternating =
            |sign: f64| Outcome::new(0, (0..8).map(move |at| sign * [1.0, -1.0][at % 2]), &[1.0; 8]);
        let outcomes: Vec<Outcome> = (0..20).map(|at| alternating([1.0, -1.0][at % 2])).collect();
        assert_eq!(of_steps(&outcomes, 1, 1)[0], [1.0, 1.0]);
        assert_eq!(of_sum(&outcomes, 0, 8), [0.0, 0.0]);
        assert!(of_sum(&outcomes, 3, 4)[0] >= 1.0);
    }
}
