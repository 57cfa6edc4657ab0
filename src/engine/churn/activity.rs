//! What is known of one customer at a cut: when it was in use, how often, how much.
//!
//! Invariant: an [`Activity`] holds nothing of what came after its cut.

/// The lengths, in days, of the windows before the cut in which days in use are counted.
pub(crate) const WINDOWS: [u32; 2] = [30, 90];

/// One customer's past up to a cut, in whole days. What counts as an event is a day in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Activity {
    /// First day in use.
    pub first_day: u32,
    /// Distinct days in use up to the cut, at least one.
    pub days: u32,
    /// Last day in use up to the cut.
    pub last_day: u32,
    /// Days in use within the last 30 and 90 days, the cut included ([`WINDOWS`]).
    pub recent: [u32; 2],
    /// Mean amount of a day in use.
    pub amount: f64,
}

impl Activity {
    /// Of days in rising order, each with its amount; days after the cut are not looked at. `None` without any.
    pub(crate) fn until(cut: u32, days: &[(u32, f64)]) -> Option<Self> {
        let known = &days[..days.partition_point(|(day, _)| *day <= cut)];
        let ((first_day, _), (last_day, _)) = (*known.first()?, *known.last()?);
        let recent = WINDOWS.map(|window| {
            let before =
                cut.checked_sub(window).map_or(0, |end| known.partition_point(|(day, _)| *day <= end));
            count(known.len() - before)
        });
        let total: f64 = known.iter().map(|(_, amount)| amount).sum();
        Some(Self {
            first_day,
            days: count(known.len()),
            last_day,
            recent,
            amount: total / known.len() as f64,
        })
    }

    /// Days in use after the first one: the `x` of the formulas.
    pub(super) fn repeats(&self) -> u32 {
        self.days.saturating_sub(1)
    }

    /// Days from the first to the last day in use: the `tₓ` of the formulas.
    pub(super) fn span(&self) -> u32 {
        self.last_day.saturating_sub(self.first_day)
    }

    /// Days from the first day in use to the cut: the `T` of the formulas.
    pub(super) fn age(&self, cut: u32) -> u32 {
        cut.max(self.last_day).saturating_sub(self.first_day)
    }

    /// Days since the last day in use.
    pub(super) fn silence(&self, cut: u32) -> u32 {
        cut.saturating_sub(self.last_day)
    }
}

/// What the fit asks of a customer. The engine answers from its own grain, so that days need not be copied.
pub(crate) trait Past {
    /// What was known at the end of day `cut`; `None` before the first day in use.
    fn at(&self, cut: u32) -> Option<Activity>;
    /// Whether any day after `after`, up to and including `until`, was in use.
    fn in_use_within(&self, after: u32, until: u32) -> bool;
}

impl<P: Past> Past for &P {
    fn at(&self, cut: u32) -> Option<Activity> {
        (*self).at(cut)
    }

    fn in_use_within(&self, after: u32, until: u32) -> bool {
        (*self).in_use_within(after, until)
    }
}

/// A customer's days in use, rising, one entry a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct History {
    days: Vec<(u32, f64)>,
}

impl History {
    /// Of events in any order; those of one day are merged, an amount that is not a number counts as nothing.
    pub(crate) fn new(mut events: Vec<(u32, f64)>) -> Self {
        events.sort_by_key(|(day, _)| *day);
        let mut days: Vec<(u32, f64)> = Vec::with_capacity(events.len());
        for (day, amount) in events {
            let amount = if amount.is_finite() { amount } else { 0.0 };
            match days.last_mut() {
                Some((last, total)) if *last == day => *total += amount,
                _ => days.push((day, amount)),
            }
        }
        Self { days }
    }
}

impl Past for History {
    fn at(&self, cut: u32) -> Option<Activity> {
        Activity::until(cut, &self.days)
    }

    fn in_use_within(&self, after: u32, until: u32) -> bool {
        let next = self.days.partition_point(|(day, _)| *day <= after);
        self.days.get(next).is_some_and(|(day, _)| *day <= until)
    }
}

/// A count, as large as it gets.
pub(super) fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_after_the_cut_is_not_known() {
        let history = History::new(vec![(10, 2.0), (40, 4.0), (70, 900.0)]);
        assert_eq!(history.at(9), None);
        let known = Activity { first_day: 10, days: 2, last_day: 40, recent: [1, 2], amount: 3.0 };
        assert_eq!(history.at(69), Some(known));
        assert!(history.in_use_within(69, 70) && !history.in_use_within(40, 69));
        assert!(!history.in_use_within(70, u32::MAX));
    }

    #[test]
    fn a_window_ends_with_the_cut_and_begins_after_its_length() {
        let history = History::new(vec![(0, 1.0), (30, 1.0), (60, 1.0)]);
        assert_eq!(history.at(60).unwrap().recent, [1, 3]);
        assert_eq!(history.at(59).unwrap().recent, [1, 2]);
        assert_eq!(history.at(90).unwrap().recent, [0, 2]);
    }

    #[test]
    fn events_of_one_day_are_one_day_in_use() {
        let odd = History::new(vec![(5, 1.0), (3, f64::NAN), (5, -4.0), (3, 2.0), (3, f64::INFINITY)]);
        assert_eq!(odd, History::new(vec![(3, 2.0), (5, -3.0)]));
        assert_eq!(History::new(Vec::new()).at(u32::MAX), None);
    }
}
