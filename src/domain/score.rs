//! Scores in tenths of a point: more digits would promise what nobody can measure.
//!
//! Invariant: this is the one place that rounds a score, so that scores that are shown add up as they are shown.

use std::fmt;
use std::str::FromStr;

/// Tenths of a point.
const TENTHS: f64 = 10.0;

/// A health score, 0 to 100, to a tenth of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u16);

impl Score {
    /// The lowest.
    pub const MIN: Self = Self(0);
    /// The highest.
    pub const MAX: Self = Self(1_000);

    /// The nearest tenth; what lies outside 0 to 100 is drawn to the edge.
    #[must_use]
    pub fn of(points: f64) -> Self {
        // A cast of a number that is none gives zero.
        Self((points.clamp(0.0, 100.0) * TENTHS).round() as u16)
    }

    /// In points.
    #[must_use]
    pub fn points(self) -> f64 {
        f64::from(self.0) / TENTHS
    }

    /// In tenths of a point.
    #[must_use]
    pub fn tenths(self) -> i32 {
        i32::from(self.0)
    }
}

/// `67.3`, `70`.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.points().fmt(f)
    }
}

impl FromStr for Score {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let points: Option<f64> = text.trim().parse().ok();
        let inside = points.filter(|points| (0.0..=100.0).contains(points));
        inside.map(Self::of).ok_or_else(|| format!("“{text}” is not a score; write a number from 0 to 100"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_has_one_decimal_and_stays_in_bounds() {
        for (points, shown) in
            [(67.25, "67.3"), (67.249, "67.2"), (70.0, "70"), (-3.0, "0"), (100.04, "100"), (f64::NAN, "0")]
        {
            assert_eq!(Score::of(points).to_string(), shown);
        }
        assert_eq!("58.44".parse(), Ok(Score::of(58.4)));
        for odd in ["", "-1", "100.1", "nan", "many"] {
            assert!(odd.parse::<Score>().is_err(), "{odd}");
        }
    }
}
