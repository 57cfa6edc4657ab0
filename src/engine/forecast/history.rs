//! A history made fit for the methods: the newest part, scaled, without gaps.
//!
//! Invariant: what leaves here is finite and at most 1 in size, so that no method can overflow.

/// Seasons that are looked at. What lies further back says little about the coming weeks, and a bound here bounds the
/// time of everything else.
const SEASONS_MAX: usize = 56;

/// Points that are looked at in any case, for series without a season.
const POINTS_MIN: usize = 364;

/// Largest size of a value that is believed; anything beyond is a broken measurement and counts as missing.
const SIZE_MAX: f64 = 1e150;

/// A history, scaled by its largest size.
pub(super) struct History {
    /// The values, oldest first, from the first one that is not zero.
    pub(super) values: Vec<f64>,
    /// What one of them is worth.
    pub(super) scale: f64,
    /// Whether nothing in it is negative, so that no forecast may be.
    pub(super) floored: bool,
    /// How many values were measured.
    pub(super) measured: usize,
    /// How many of those were not zero.
    pub(super) active: usize,
}

impl History {
    /// The newest part of `raw`. What is not finite is missing and takes the value one season before. Zeros at the
    /// very begin are the time before the account existed.
    pub(super) fn new(raw: &[f64], season: usize) -> Self {
        let kept = season.saturating_mul(SEASONS_MAX).max(POINTS_MIN).min(raw.len());
        let raw = &raw[raw.len() - kept..];
        let known = |value: &f64| value.is_finite() && value.abs() <= SIZE_MAX;
        let begin = raw.iter().position(|value| known(value) && *value != 0.0);
        let raw = begin.map_or(raw, |begin| &raw[begin..]);
        let measured = raw.iter().filter(|value| known(value)).count();
        let active = raw.iter().filter(|value| known(value) && **value != 0.0).count();
        let largest = raw.iter().filter(|value| known(value)).fold(0.0, |most, value| value.abs().max(most));
        let scale = if largest > 0.0 { largest } else { 1.0 };
        let mut values: Vec<f64> = Vec::with_capacity(raw.len());
        for value in raw {
            let before = values.len().checked_sub(season).or(values.len().checked_sub(1));
            values.push(match (known(value), before) {
                (true, _) => value / scale,
                (false, Some(before)) => values[before],
                (false, None) => 0.0,
            });
        }
        let floored = values.iter().all(|value| *value >= 0.0);
        Self { values, scale, floored, measured, active }
    }

    /// The mean size of the newest values among the first `known`: what an error is compared with. Never less than a
    /// part of that of all, so that a silent month does not make the return of the account infinitely surprising.
    pub(super) fn level(&self, known: usize, season: usize) -> f64 {
        const SEASONS: usize = 4;
        const POINTS: usize = 28;
        const PART: f64 = 0.1;
        let newest = known.saturating_sub((SEASONS * season).max(POINTS));
        mean_size(&self.values[newest..known]).max(PART * mean_size(&self.values))
    }

    /// What a scaled value is worth.
    pub(super) fn worth(&self, value: f64) -> f64 {
        self.scale * if self.floored { value.max(0.0) } else { value }
    }
}

fn mean_size(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_takes_the_value_of_a_season_before() {
        let history = History::new(&[0.0, f64::NAN, 4.0, 2.0, f64::INFINITY, f64::NAN, 1e300, 1.0], 2);
        assert_eq!(history.values, [1.0, 0.5, 1.0, 0.5, 1.0, 0.25]);
        assert_eq!((history.scale, history.measured, history.active), (4.0, 3, 3));
    }

    #[test]
    fn of_a_long_history_the_newest_part_counts() {
        let mut raw = vec![1e9; 2_000];
        raw.extend([3.0; 392]);
        assert_eq!(History::new(&raw, 7).scale, 3.0);
        assert_eq!(History::new(&raw, usize::MAX).values.len(), raw.len());
    }

    #[test]
    fn an_account_that_never_was_has_no_level() {
        assert_eq!(History::new(&[], 7).level(0, 7), 0.0);
        assert_eq!(History::new(&[0.0; 30], 7).level(30, 7), 0.0);
    }
}
