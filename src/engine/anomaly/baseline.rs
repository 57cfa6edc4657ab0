//! What is usual for a bucket: a level plus what its hour of the day and its hour of the week usually differ by.
//!
//! Invariant: a row is compared with what was usual before it; it teaches only the rows after it.

use crate::engine::anomaly::calendar::{Calendar, slot_of_week};
use crate::engine::anomaly::shift::{Shift, Shifted};
use crate::engine::anomaly::spread::resolution;

/// Rows during which every residual is believed.
const WARM: u32 = 10;
/// Mean distances beyond which a residual pulls no further: an outlier or a holiday teaches little.
const PULL_MAX: f64 = 3.0;
/// What the level looks back over, exponentially: a week of hours, six weeks of days, a day of five minutes.
/// Shorter, and a slow shift is swallowed before it is seen; longer, and ordinary growth looks like one.
const LEVEL_DAYS: i64 = 7;
const LEVEL_ROWS_MIN: u32 = 42;
const LEVEL_ROWS_MAX: u32 = 300;
/// What the spread of the residuals looks back over.
const SPREAD_DAYS: i64 = 70;
const SPREAD_ROWS_MAX: u32 = 1_500;
/// The least share with which a slot follows: ten weeks are remembered.
const FOLLOW_MIN: f64 = 0.1;
/// Visits at which a slot's own difference is believed by half.
const HALF_BELIEF: f64 = 1.0;
/// The spread of residuals is at least this part of the spread of the values: a pattern that repeats to the
/// last digit would otherwise turn rounding into news.
const NOISE_MIN: f64 = 0.1;
/// Weeks before a shift can be told from a weekday that is not yet known.
const SHIFT_WEEKS: f64 = 2.0;
/// Standard deviations in a mean distance, for a normal distribution: `√(π/2)`.
const DEVIATIONS: f64 = 1.253_314;

/// An additive model with robust (Huber 1964) stochastic updates, a streaming form of level + day + week
/// decomposition.
#[derive(Debug, Clone)]
pub(super) struct Baseline {
    rows: u32,
    level: f64,
    distance: f64,
    slots_a_day: usize,
    day: Vec<Slot>,
    week: Vec<Slot>,
    shift: Shift,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    differs: f32,
    visits: f32,
}

/// How a row compares with what was usual before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    /// The usual value.
    pub(super) usual: f64,
    /// Standard deviation around it.
    pub(super) deviation: f64,
    /// Distance from usual in mean distances; `None` while too little is known.
    pub(super) residual: Option<f64>,
    /// This hour of the week was seen before.
    pub(super) slot_known: bool,
    /// The level moved for good; from the next row on the new one is usual.
    pub(super) shifted: Option<Shifted>,
}

impl Baseline {
    pub(super) fn new(calendar: &Calendar) -> Self {
        let slots_a_day = calendar.slots_a_day();
        Self {
            rows: 0,
            level: 0.0,
            distance: 0.0,
            slots_a_day,
            // One slot a day would be a second level, and a hasty one.
            day: vec![Slot::default(); if slots_a_day > 1 { slots_a_day } else { 0 }],
            week: vec![Slot::default(); 7 * slots_a_day],
            shift: Shift::default(),
        }
    }

    /// The usual value at `at`, `None` before the first row.
    pub(super) fn usual(&self, calendar: &Calendar, at: i64) -> Option<f64> {
        let slot = slot_of_week(at, self.slots_a_day);
        let a_day = calendar.rows_a_slot();
        let day = self.day.get(slot % self.slots_a_day).map_or(0.0, |slot| slot.believed(a_day));
        let differs = day + self.week[slot].believed(a_day);
        (self.rows > 0).then_some(self.level + differs)
    }

    /// Compares a row and learns it. `spread` is the spread of the values themselves.
    pub(super) fn learn(&mut self, calendar: &Calendar, at: i64, value: f64, spread: f64) -> Compared {
        let usual = self.usual(calendar, at).unwrap_or(value);
        if self.rows == 0 {
            self.level = value;
        }
        self.rows = self.rows.saturating_add(1);
        let away = value - usual;
        let unit = self.distance.max(NOISE_MIN * spread).max(resolution(self.level));
        let warm = self.rows > WARM;
        let residual = warm.then_some(away / unit);

        let most = if warm { PULL_MAX * unit } else { f64::MAX };
        let pull = away.clamp(-most, most);
        let level_rows = calendar.rows(LEVEL_DAYS, LEVEL_ROWS_MIN, LEVEL_ROWS_MAX);
        self.level += pull / f64::from(self.rows.min(level_rows));
        let a_day = calendar.rows_a_slot();
        let slot = slot_of_week(at, self.slots_a_day);
        if let Some(day) = self.day.get_mut(slot % self.slots_a_day) {
            day.learn(pull, a_day);
        }
        let weeks = f64::from(self.week[slot].visits) / a_day;
        self.week[slot].learn(pull, a_day);
        // Twice the pull, or the spread could never grow to what the series has become.
        let seen = away.abs().min(2.0 * most);
        self.distance += (seen - self.distance)
            / f64::from(self.rows.min(calendar.rows(SPREAD_DAYS, 60, SPREAD_ROWS_MAX)));

        // Half a day, or a row when rows are longer.
        let span_rows = calendar.rows(1, 2, 1_440) / 2;
        let shifted = residual
            .filter(|_| weeks >= SHIFT_WEEKS)
            .and_then(|_| self.shift.learn(at, away, DEVIATIONS * unit, span_rows));
        if let Some(shifted) = shifted {
            self.level += shifted.by;
        }
        Compared { usual, deviation: DEVIATIONS * unit, residual, slot_known: weeks > 0.0, shifted }
    }
}

impl Slot {
    fn believed(self, a_day: f64) -> f64 {
        let days = f64::from(self.visits) / a_day;
        f64::from(self.differs) * days / (days + HALF_BELIEF)
    }

    fn learn(&mut self, pull: f64, a_day: f64) {
        self.visits += 1.0;
        let share = (1.0 / (f64::from(self.visits) + 1.0)).max(FOLLOW_MIN / a_day);
        self.differs += (share * pull) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn weekday_value(day: i64) -> f64 {
        if day % 7 >= 5 { 20.0 } else { 100.0 }
    }

    fn learnt(days: i64, value: impl Fn(i64) -> f64) -> (Calendar, Baseline) {
        let calendar = Calendar::new(Some(DAY));
        let mut baseline = Baseline::new(&calendar);
        for day in 0..days {
            baseline.learn(&calendar, day * DAY, value(day), 10.0);
        }
        (calendar, baseline)
    }

    #[test]
    fn weekends_become_usual() {
        let (calendar, baseline) = learnt(70, weekday_value);
        for day in 70..77 {
            let usual = baseline.usual(&calendar, day * DAY).unwrap();
            assert!((usual - weekday_value(day)).abs() < 10.0, "day {day}: {usual}");
        }
    }

    #[test]
    fn a_holiday_teaches_little() {
        let value = |day| if day == 63 { 0.0 } else { weekday_value(day) };
        let (calendar, baseline) = learnt(70, value);
        let usual = baseline.usual(&calendar, 70 * DAY).unwrap();
        assert!(usual > 85.0, "{usual}");
    }

    #[test]
    fn a_new_level_becomes_usual_within_a_week() {
        let value = |day| if day >= 60 { 200.0 } else { 100.0 + (day % 3) as f64 };
        let (calendar, baseline) = learnt(67, value);
        let usual = baseline.usual(&calendar, 67 * DAY).unwrap();
        assert!((usual - 200.0).abs() < 25.0, "{usual}");
    }
}
