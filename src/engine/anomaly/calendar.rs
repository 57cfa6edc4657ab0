//! Rows and the calendar: how far apart rows are, and which hour of the day and of the week one falls into.

const HOUR: i64 = 3_600;
/// A day in seconds.
pub(super) const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// Gaps looked at to learn the spacing. The median of so many is safe from a few holes at the start.
const GAPS: usize = 15;

/// The spacing of a series, given or learnt as the median of its first gaps.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    given: bool,
    step: i64,
    last: Option<i64>,
    gaps: Vec<i64>,
}

impl Calendar {
    pub(super) fn new(step: Option<i64>) -> Self {
        Self { given: step.is_some(), step: step.unwrap_or(HOUR).max(1), last: None, gaps: Vec::new() }
    }

    /// Takes note of a row. A clock that stands still or goes back says nothing about the spacing.
    pub(super) fn note(&mut self, at: i64) {
        if self.given || self.gaps.len() >= GAPS {
            return;
        }
        let gap = self.last.replace(at).map_or(0, |last| at.saturating_sub(last));
        if gap > 0 {
            self.gaps.push(gap);
            self.gaps.sort_unstable();
            self.step = self.gaps[self.gaps.len() / 2];
        }
    }

    /// How many rows fill `days`, kept within bounds.
    pub(super) fn rows(&self, days: i64, at_least: u32, at_most: u32) -> u32 {
        let rows = days.saturating_mul(DAY) / self.step;
        u32::try_from(rows).unwrap_or(u32::MAX).clamp(at_least, at_most)
    }

    /// How many rows fall into one hour slot in one day.
    pub(super) fn rows_a_slot(&self) -> f64 {
        (HOUR as f64 / self.step as f64).max(1.0)
    }

    /// Slots a day has: its hours, or one when rows are days or longer.
    pub(super) fn slots_a_day(&self) -> usize {
        if self.given && self.step >= DAY { 1 } else { 24 }
    }
}

/// Place of an instant in the week, counted in slots of which a day has `a_day`.
pub(super) fn slot_of_week(at: i64, a_day: usize) -> usize {
    // Below a week times 24, so neither the product nor the cast can overflow.
    (at.rem_euclid(WEEK) * a_day as i64 / DAY) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_is_learnt_through_gaps_and_backward_clocks() {
        let mut calendar = Calendar::new(None);
        for at in [0, 300, 300, 600, 100, 900, 90_000, 90_300, 90_600, i64::MIN, i64::MAX, 91_000, 91_300] {
            calendar.note(at);
        }
        assert_eq!(calendar.step, 300);
        assert_eq!(calendar.rows(1, 1, 1_000), 288);
        assert_eq!(calendar.rows(1, 1, 48), 48);
    }

    #[test]
    fn slots_cover_the_week_before_and_after_1970() {
        for at in [i64::MIN, -1, 0, WEEK - 1, i64::MAX] {
            assert!(slot_of_week(at, 24) < 168 && slot_of_week(at, 1) < 7, "{at}");
        }
        assert_eq!(slot_of_week(DAY + HOUR, 24), 25);
        assert_eq!(slot_of_week(-1, 1), 6);
    }
}
