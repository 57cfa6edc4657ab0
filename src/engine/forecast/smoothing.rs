//! Exponential smoothing without trend, its speeds chosen by the squared errors one step ahead.
//!
//! Invariant: all speeds of a grid are followed side by side in one pass, which the compiler turns into vector
//! instructions. There is no trend on purpose: neither a damped one nor half a drift (Theta) forecast better on the series
//! this was tuned with.

/// Speeds at which a level follows its values.
const LEVEL_SPEEDS: [f64; 10] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.7, 0.85];

/// Pairs of speeds at which level and season follow: each of six with each of four.
const PAIRS: usize = 24;

/// The last level of simple exponential smoothing, ETS(A,N,N) of Hyndman et al. (2008): `l ← l + α (y − l)`.
pub(super) fn level(values: &[f64]) -> f64 {
    /// Values whose mean is the first level.
    const BEGIN: usize = 8;
    let begin = &values[..values.len().min(BEGIN)];
    let begin = begin.iter().sum::<f64>() / begin.len().max(1) as f64;
    let mut levels = [begin; LEVEL_SPEEDS.len()];
    let mut squares = [0.0; LEVEL_SPEEDS.len()];
    for value in values {
        for ((level, squares), speed) in levels.iter_mut().zip(&mut squares).zip(LEVEL_SPEEDS) {
            let error = value - *level;
            *squares += error * error;
            *level += speed * error;
        }
    }
    levels[least(&squares)]
}

/// One more season of additive Holt–Winters without trend, ETS(A,N,A) of Hyndman et al. (2008): with
/// `e = y − l − s`, `l ← l + α e` and `s ← s + γ e`. `season` is at most the number of values, and not zero.
pub(super) fn seasonal(values: &[f64], season: usize) -> Vec<f64> {
    let (begin, level, offsets) = first_seasons(values, season);
    let (level_speeds, season_speeds) = pairs();
    let mut levels = [level; PAIRS];
    let mut squares = [0.0; PAIRS];
    let mut phases: Vec<[f64; PAIRS]> = offsets.iter().map(|offset| [*offset; PAIRS]).collect();
    for block in values[begin..].chunks_exact(season) {
        for (offsets, value) in phases.iter_mut().zip(block) {
            for pair in 0..PAIRS {
                let error = value - levels[pair] - offsets[pair];
                squares[pair] += error * error;
                levels[pair] += level_speeds[pair] * error;
                offsets[pair] += season_speeds[pair] * error;
            }
        }
    }
    let best = least(&squares);
    phases.iter().map(|offsets| levels[best] + offsets[best]).collect()
}

/// Where learning begins, so that whole seasons are left, and level and offsets of the seasons before.
fn first_seasons(values: &[f64], season: usize) -> (usize, f64, Vec<f64>) {
    /// Seasons for the first offsets, if one is left to learn the speeds from.
    const BEGIN: usize = 4;
    let whole = values.len() / season;
    let first = BEGIN.min(whole.saturating_sub(1)).max(1);
    let begin = values.len() - season * (whole - first);
    let mut level = 0.0;
    let mut offsets = vec![0.0; season];
    for block in values[..begin].rchunks_exact(season).take(first).rev() {
        level = block.iter().sum::<f64>() / season as f64;
        for (offset, value) in offsets.iter_mut().zip(block) {
            *offset += (value - level) / first as f64;
        }
    }
    (begin, level, offsets)
}

fn pairs() -> ([f64; PAIRS], [f64; PAIRS]) {
    const LEVEL: [f64; 6] = [0.03, 0.08, 0.15, 0.25, 0.4, 0.6];
    const SEASON: [f64; 4] = [0.02, 0.06, 0.12, 0.25];
    (
        std::array::from_fn(|pair| LEVEL[pair / SEASON.len()]),
        std::array::from_fn(|pair| SEASON[pair % SEASON.len()]),
    )
}

/// Where the least value is; the first of equals, which is the slowest.
fn least(values: &[f64]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value < values[best] {
            best = at;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_followed_fast_and_noise_slowly() {
        let jump: Vec<f64> = (0..60).map(|at| if at < 40 { 1.0 } else { 5.0 }).collect();
        assert!((level(&jump) - 5.0).abs() < 0.01);
        let noise: Vec<f64> = (0..60).map(|at| if at % 2 == 0 { 1.0 } else { 5.0 }).collect();
        assert!((level(&noise) - 3.0).abs() < 0.3);
        assert_eq!(level(&[]), 0.0);
    }

    #[test]
    fn a_season_that_changes_is_learnt_anew() {
        let mut values = [4.0, 0.0, 0.0].repeat(10);
        values.extend([0.0, 0.0, 4.0].repeat(30));
        let next = seasonal(&values, 3);
        assert!(next[0] < 0.2 && next[2] > 3.8, "{next:?}");
    }

    #[test]
    fn one_season_alone_is_repeated() {
        assert_eq!(seasonal(&[7.0, 1.0, 2.0, 3.0], 3), [1.0, 2.0, 3.0]);
    }
}
