//! Robust statistics: a few odd days must not move a score.

/// The middle of the values, the mean of the two middle ones when there are two; `None` of nothing. Reorders.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| even);
    Some(lower.map_or(upper, |lower| lower.midpoint(upper)))
}

/// The nearest-rank quantile of rising values: the smallest that at least `part` of them do not exceed.
pub(super) fn quantile(rising: &[u32], part: f64) -> Option<u32> {
    let rank = (part * rising.len() as f64).ceil() as usize;
    rising.get(rank.max(1) - 1).copied()
}

/// The distance from zero that three of four values do not exceed, scaled to the standard deviation of a normal
/// distribution. The median distance would not see a third of all days going astray; up to a quarter still may.
/// Reorders and overwrites.
pub(super) fn spread(values: &mut [f64]) -> Option<f64> {
    const NORMAL: f64 = 1.150_35;
    for value in &mut *values {
        *value = value.abs();
    }
    values.sort_unstable_by(f64::total_cmp);
    let rank = (values.len() * 3).div_ceil(4).checked_sub(1)?;
    Some(values[rank] / NORMAL)
}

/// The Theil–Sen slope, the median of the slopes between all pairs of points, per step (Sen 1968).
pub(in super::super) fn slope(values: &[f64]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(values.len() * values.len().saturating_sub(1) / 2);
    for (start, first) in values.iter().enumerate() {
        for (steps, later) in values[start + 1..].iter().enumerate() {
            slopes.push((later - first) / (steps + 1) as f64);
        }
    }
    median(&mut slopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_values() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&mut [9.0, 1.0, 5.0, 2.0]), Some(3.5));
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        assert_eq!(quantile(&[], 0.9), None);
        assert_eq!(quantile(&[1, 1, 1, 1, 3], 0.9), Some(3));
        assert_eq!(quantile(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 30], 0.9), Some(1));
        assert_eq!(quantile(&[1, 2], 0.0), Some(1));
    }

    #[test]
    fn one_odd_value_moves_neither_spread_nor_slope() {
        let line: Vec<f64> = (0..20).map(|x| 10.0 + 2.0 * f64::from(x)).collect();
        let mut odd = line.clone();
        odd[7] = 10_000.0;
        assert_eq!(slope(&line), Some(2.0));
        assert!((slope(&odd).unwrap() - 2.0).abs() < 0.2);
        assert_eq!(spread(&mut []), None);
        assert_eq!(spread(&mut [-1.0, 1.0, 1.0, 900.0]), spread(&mut [1.0; 4]));
        assert!(spread(&mut [0.0, 0.0, 9.0, -9.0]).unwrap() > 7.0);
    }
}
