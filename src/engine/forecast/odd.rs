//! Lone odd values, such as holidays and outages: how they are kept from bending the rest.
//!
//! Invariant: nothing is called odd when most of the season around it is; that is a new level.

/// The middle value, the mean of the two middle ones when there are two; zero of nothing. Reorders.
pub(super) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| even);
    lower.map_or(upper, |lower| lower.midpoint(upper))
}

/// The values with each lone odd one replaced by what was usual: Hampel's identifier (Hampel 1974), applied to the
/// residuals from the median of the same phase in the three seasons before and after. A residual is measured against
/// the middle one of the season around it.
pub(super) fn tamed(values: &[f64], season: usize) -> Vec<f64> {
    /// Seasons on each side that say what is usual.
    const NEAR: usize = 3;
    /// Standard deviations that are still usual, times what makes a median deviation a standard deviation.
    const LIMIT: f64 = 3.5 * 1.4826;
    if values.len() < NEAR * season {
        return values.to_vec();
    }
    let mut near = Vec::with_capacity(season + 2 * NEAR);
    let mut residuals = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        near.clear();
        for away in (1..=NEAR).map(|seasons| seasons * season) {
            near.extend(at.checked_sub(away).map(|before| values[before]));
            near.extend(values.get(at + away));
        }
        residuals.push(value - median(&mut near));
    }
    // At least five points, or a series without a season would have no surroundings.
    let half = (season / 2).max(2);
    let mut odd = Vec::with_capacity(values.len());
    for (at, residual) in residuals.iter().enumerate() {
        let from = at.saturating_sub(half).min(values.len().saturating_sub(2 * half + 1));
        near.clear();
        near.extend(residuals[from..].iter().take(2 * half + 1));
        odd.push(residual - median(&mut near));
    }
    let limit = LIMIT * median(&mut odd.iter().map(|odd| odd.abs()).collect::<Vec<_>>());
    let mut tamed = values.to_vec();
    for (at, odd) in odd.iter().enumerate().filter(|(_, odd)| odd.abs() > limit) {
        // A level that moved by a factor moves a weekday by more than a Sunday: that is not odd either.
        let around = at.saturating_sub(half)..values.len().min(at + half + 1);
        let others = around.filter(|other| *other != at).map(|other| (values[other], residuals[other]));
        let (sum, residual) = others.fold((0.0, 0.0), |sums, other| (sums.0 + other.0, sums.1 + other.1));
        let moved = (values[at] - residuals[at]) * sum / (sum - residual);
        if (values[at] - moved).abs() > limit || moved.is_nan() {
            tamed[at] -= odd;
        }
    }
    tamed
}

/// By step ahead, what a holiday of last year leaves of the forecast: 1, or less where the same day of the week 52
/// weeks before was oddly low. One occurrence proves no habit, so the dip is expected half as deep. Odd peaks are not
/// expected again: those of usage are launches and accidents.
pub(super) fn holidays(values: &[f64], tamed: &[f64], season: usize, steps: usize) -> Vec<f64> {
    /// Days of a week: a year is known for daily values only.
    const WEEK: usize = 7;
    const YEAR: usize = 52 * WEEK;
    const EXPECTED: f64 = 0.5;
    let mut factors = vec![1.0; steps];
    let Some(begin) = values.len().checked_sub(YEAR).filter(|_| season == WEEK) else { return factors };
    for (step, factor) in factors.iter_mut().enumerate().take(YEAR) {
        let (was, usual) = (values[begin + step], tamed[begin + step]);
        // What was usual in the very first week is known from one side only.
        if begin + step >= WEEK && 0.0 <= was && was < usual {
            *factor = 1.0 - EXPECTED * (1.0 - was / usual);
        }
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weeks of ten on five days and two on the weekend.
    fn weeks(count: usize) -> Vec<f64> {
        [10.0, 10.0, 10.0, 10.0, 10.0, 2.0, 2.0].repeat(count)
    }

    #[test]
    fn a_holiday_is_replaced_by_its_weekday() {
        let mut values = weeks(10);
        for holiday in [0, 30, 67] {
            values[holiday] = 1.0;
        }
        assert_eq!(tamed(&values, 7), weeks(10));
    }

    #[test]
    fn a_new_level_is_no_oddity() {
        let mut values = weeks(10);
        for value in &mut values[56..] {
            *value *= 3.0;
        }
        assert_eq!(tamed(&values, 7)[60..], values[60..]);
    }

    #[test]
    fn a_dip_of_last_year_is_expected_half_as_deep_and_a_peak_not_again() {
        let mut values = weeks(55);
        let begin = values.len() - 364;
        (values[begin + 2], values[begin + 9]) = (1.0, 99.0);
        let factors = holidays(&values, &tamed(&values, 7), 7, 400);
        assert_eq!(factors.len(), 400);
        for (step, factor) in factors.iter().enumerate() {
            let expected = if step == 2 { 0.55 } else { 1.0 };
            assert!((factor - expected).abs() < 1e-12, "step {step}: {factor}");
        }
        assert!(holidays(&values, &values, 24, 30).iter().all(|factor| *factor == 1.0));
    }
}
