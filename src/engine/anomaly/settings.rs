//! What a watcher wants to hear of.

/// How a series is to be judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settings {
    /// Seconds between rows; `None` learns it from them.
    pub(crate) step: Option<i64>,
    /// The smallest difference from usual that is news, in the unit of the series; also where proportion begins to
    /// count instead of difference. Where it is set, a row within the usual band is never news. `0` judges
    /// differences of any size, and never by proportion.
    pub(crate) volume_min: f64,
    /// The smallest change that is news, as a part of what is usual; a lasting change may be half of it.
    pub(crate) change_min: f64,
    /// Nats of surprise, over all views, that are an alarm.
    pub(crate) alarm: f64,
    /// Which way is news.
    pub(crate) directions: Directions,
}

/// Which way is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directions {
    /// More and less.
    Both,
    /// Only more, as of errors.
    Up,
}

/// Alarm of [`Settings::plain`]; see `docs/analytics.md` for how it was chosen.
const ALARM_PLAIN: f64 = 15.0;
/// Alarm of [`Settings::account`] for daily rows: well under one false alarm per account and quarter of clean usage.
const ALARM_DAILY: f64 = 13.0;
/// A fifth more or less than usual: below it a customer success manager would not call.
const CHANGE_MIN: f64 = 0.2;

impl Settings {
    /// For any series of numbers: nothing is known of its unit, its spacing or what would be small.
    pub(crate) fn plain() -> Self {
        Self {
            step: None,
            volume_min: 0.0,
            change_min: 0.0,
            alarm: ALARM_PLAIN,
            directions: Directions::Both,
        }
    }

    /// For an account's usage in buckets of `step` seconds. `volume_min` is a difference too small to talk about.
    pub(crate) fn account(step: i64, volume_min: f64) -> Self {
        // So many times as many rows ask for so many nats more, or hours would cry wolf 24 times as often as days.
        let rows_a_day = (86_400.0 / step.max(1) as f64).max(1.0);
        let alarm = ALARM_DAILY + rows_a_day.ln();
        Self { step: Some(step), volume_min, change_min: CHANGE_MIN, alarm, ..Self::plain() }
    }

    /// Usage is compared in proportion: `asinh(x / volume_min)` is a logarithm above the minimum volume, where
    /// noise and growth are proportional, and linear below it, where a logarithm would make much of little.
    pub(super) fn scaled(&self, value: f64) -> f64 {
        if self.volume_min > 0.0 { (value / self.volume_min).asinh() } else { value }
    }

    /// The inverse of [`Self::scaled`].
    pub(super) fn unscaled(&self, scaled: f64) -> f64 {
        if self.volume_min > 0.0 { scaled.sinh() * self.volume_min } else { scaled }
    }

    /// Whether a difference is large enough, in itself and in proportion, and goes the right way. `part` is the
    /// part of the least change that is asked for.
    pub(super) fn is_news(&self, value: f64, usual: f64, part: f64) -> bool {
        let change = value - usual;
        let wanted = match self.directions {
            Directions::Both => true,
            Directions::Up => change > 0.0,
        };
        wanted && change.abs() >= self.volume_min && change.abs() >= part * self.change_min * usual.abs()
    }
}
