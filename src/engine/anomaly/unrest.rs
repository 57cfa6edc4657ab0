//! Is the series as a whole more restless than it used to be? Many middling surprises in a row.

/// Rows the short mean looks back over, exponentially.
const SHORT: f64 = 5.0;
/// Rows the long memory looks back over.
const LONG: u32 = 2_000;
/// Rows before there is anything to compare with.
const WARM: u32 = 50;
/// Standard deviations beyond which one residual adds no more: one spike is not unrest.
const ADD_MAX: f64 = 8.0;
/// Least deviation, as a part of the mean: a series that never erred would otherwise find any error endless.
const DEVIATION_MIN: f64 = 0.1;

/// The short-term mean of absolute residuals against its own long-term distribution, the idea of the anomaly
/// likelihood (Ahmad, Lavin, Purdy, Agha 2017, eq. 4–6).
#[derive(Debug, Clone, Default)]
pub(super) struct Unrest {
    rows: u32,
    short: f64,
    mean: f64,
    variance: f64,
}

impl Unrest {
    /// How many deviations the short mean lies above its past, not below zero, `None` while there is little
    /// past; then learns.
    pub(super) fn learn(&mut self, residual: f64) -> Option<f64> {
        let deviation = self.variance.max(0.0).sqrt();
        let most = if self.rows > WARM { self.mean + ADD_MAX * deviation } else { f64::MAX };
        self.short += (residual.abs().min(most) - self.short) / SHORT;
        let above = self.short - self.mean;
        let distance = (above / (deviation + DEVIATION_MIN * self.mean + 1e-9)).max(0.0);
        let known = (self.rows >= WARM).then_some(distance);
        self.rows = self.rows.saturating_add(1);
        let share = 1.0 / f64::from(self.rows.min(LONG));
        self.mean += share * above;
        self.variance += share * (above * above - self.variance);
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_middling_residuals_are_more_unrest_than_one_large() {
        let mut calm = Unrest::default();
        for row in 0..1000 {
            calm.learn(f64::from(row % 5)).unwrap_or_default();
        }
        let mut one = calm.clone();
        let after_one =
            (0..8).filter_map(|row| one.learn(if row == 0 { 12.0 } else { 2.0 })).fold(0.0, f64::max);
        let after_many = (0..8).filter_map(|_| calm.learn(7.0)).fold(0.0, f64::max);
        assert!(after_many > 1.5 * after_one, "{after_many} {after_one}");
    }
}
