//! What a factor found, before its curve makes it a score.

use crate::domain::Quantity;

/// A factor's finding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// It can be judged.
    Found {
        /// What the curve is asked for.
        on_curve: f64,
        /// What people are shown.
        measured: Quantity,
        /// How it stands, in words without numbers.
        words: &'static str,
    },
    /// It has to be left out; why, in words without numbers.
    Missing(&'static str),
}

/// The score of a measured value: straight between the corners of the curve, flat outside.
pub(super) fn on_curve(curve: &[(f64, f64)], measured: f64) -> f64 {
    let after = curve.partition_point(|(at, _)| *at < measured);
    match (after.checked_sub(1).and_then(|before| curve.get(before)), curve.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (measured - x0) / (x1 - x0),
        (Some((_, end)), None) | (None, Some((_, end))) => *end,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(measured: f64, score: f64) {
        let curve = [(-0.5, 0.0), (0.0, 80.0), (0.5, 100.0)];
        assert!((on_curve(&curve, measured) - score).abs() < 1e-9, "{measured}");
    }

    #[test]
    fn a_curve_is_straight_inside_and_flat_outside() {
        check(-9.0, 0.0);
        check(-0.5, 0.0);
        check(-0.25, 40.0);
        check(0.0, 80.0);
        check(0.25, 90.0);
        check(0.5, 100.0);
        check(f64::INFINITY, 100.0);
    }
}
