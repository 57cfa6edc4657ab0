//! Excursions: holidays, incidents and bursts of a few days that have ended.
//!
//! Invariant: what still goes on is never set aside, nor is a rhythm that is wild by itself.

use super::robust::{median, spread};

/// Days of a week; a day's place modulo seven is its weekday.
pub(super) const WEEK_DAYS: usize = 7;
/// An excursion is over within a week; what lasts longer is a change.
const EXCURSION_DAYS_MAX: usize = 7;
/// It has ended when so many days were as usual again.
const RETURN_DAYS: usize = 3;
/// A day is far off when it differs from its weekday's usual calls by more than this part of them …
const FAR_PART: f64 = 0.5;
/// … and by more than so many times the account's usual scatter.
const FAR_SCATTERS: f64 = 3.0;
/// The same weekday of so many weeks before, and of as many after, says what is usual.
const NEIGHBOUR_WEEKS: usize = 4;
/// When more than this part of the days would be set aside, they are no exceptions.
const ASIDE_PART_MAX: f64 = 1.0 / 6.0;

/// Usual calls of each weekday: the median; zero or less when the weekday is mostly unused.
pub(super) fn weekday_levels(calls: &[f64]) -> [f64; WEEK_DAYS] {
    let mut levels = [0.0; WEEK_DAYS];
    for (weekday, level) in levels.iter_mut().enumerate() {
        let mut same: Vec<f64> = calls.iter().skip(weekday).step_by(WEEK_DAYS).copied().collect();
        *level = median(&mut same).unwrap_or(0.0);
    }
    levels
}

/// Sets the days of excursions to their weekday's usual calls, and tells which days those are, in rising order.
pub(super) fn set_aside(calls: &mut [f64]) -> Vec<usize> {
    let around: Vec<Around> = (0..calls.len()).map(|day| Around::of(calls, day)).collect();
    let Some(is_far) = far_days(calls, &around) else { return Vec::new() };
    let mut aside = Vec::new();
    let mut day = 0;
    while let Some(start) = (day..calls.len()).find(|day| is_far[*day]) {
        let (mut last, mut usual) = (start, 0);
        day = start + 1;
        while day < calls.len() && usual < RETURN_DAYS {
            if is_far[day] {
                (last, usual) = (day, 0);
            } else if around[day].usual > 0.0 {
                // Days that are silent in any case tell nothing.
                usual += 1;
            }
            day += 1;
        }
        if usual == RETURN_DAYS && last - start < EXCURSION_DAYS_MAX {
            aside.extend((start..=last).filter(|day| is_far[*day]));
        }
    }
    if aside.len() as f64 > ASIDE_PART_MAX * calls.len() as f64 {
        return Vec::new();
    }
    for day in &aside {
        calls[*day] = around[*day].usual;
    }
    aside
}

/// What is usual around a day: medians of the same weekday in the weeks before and after it.
struct Around {
    before: Option<f64>,
    after: Option<f64>,
    /// Of both together; zero when there are none.
    usual: f64,
}

impl Around {
    fn of(calls: &[f64], day: usize) -> Self {
        let mut values = [0.0; 2 * NEIGHBOUR_WEEKS];
        let mut count = 0;
        let mut take = |day: Option<usize>| {
            if let Some(found) = day.and_then(|day| calls.get(day)) {
                values[count] = *found;
                count += 1;
            }
            count
        };
        let mut before = 0;
        for week in 1..=NEIGHBOUR_WEEKS {
            before = take(day.checked_sub(week * WEEK_DAYS));
        }
        let mut all = before;
        for week in 1..=NEIGHBOUR_WEEKS {
            all = take(Some(day + week * WEEK_DAYS));
        }
        let mut of = |from: usize, to: usize| median(&mut values[from..to]);
        Self { before: of(0, before), after: of(before, all), usual: of(0, all).unwrap_or(0.0) }
    }
}

/// Which days are far off what is usual both before and after them, to the same side: a change that lasts is near what
/// comes after. `None` when the account has no steady rhythm.
fn far_days(calls: &[f64], around: &[Around]) -> Option<Vec<bool>> {
    let pairs = || calls.iter().zip(around);
    let mut distances: Vec<f64> = pairs()
        .filter(|(_, around)| around.usual > 0.0)
        .map(|(calls, around)| (calls - around.usual) / around.usual)
        .collect();
    let count = distances.len() as f64;
    let far_from = (FAR_SCATTERS * spread(&mut distances)?).max(FAR_PART);
    if far_from >= 1.0 {
        // A rhythm in which not even a silent day is odd has no exceptions.
        return None;
    }
    // A day that is silent in other weeks is measured by what the account usually does on the others.
    let typical = pairs().map(|(_, around)| around.usual).sum::<f64>() / count;
    let is_far = |(calls, around): (&f64, &Around)| {
        let least = far_from * if around.usual > 0.0 { around.usual } else { typical };
        let above = |level: Option<f64>| level.is_none_or(|level| calls - level > least);
        let below = |level: Option<f64>| level.is_none_or(|level| level - calls > least);
        around.before.is_some()
            && ((above(around.before) && above(around.after))
                || (below(around.before) && below(around.after)))
    };
    Some(pairs().map(is_far).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight weeks, less at weekends, with the days of `odd` at `part` of what is usual.
    fn weeks(odd: std::ops::Range<usize>, part: f64) -> Vec<f64> {
        let usual = |day: usize| if day % 7 < 5 { 1_000.0 } else { 300.0 } + (day * 31 % 17) as f64;
        (0..56).map(|day| usual(day) * if odd.contains(&day) { part } else { 1.0 }).collect()
    }

    #[track_caller]
    fn check(mut calls: Vec<f64>, expected: &[usize]) {
        assert_eq!(set_aside(&mut calls), expected);
    }

    #[test]
    fn a_few_odd_days_that_are_over_are_set_aside() {
        check(weeks(0..0, 1.0), &[]);
        check(weeks(20..21, 9.0), &[20]);
        check(weeks(21..24, 0.0), &[21, 22, 23]);
        let week_off: Vec<usize> = (21..28).collect();
        check(weeks(21..28, 0.1), &week_off);
        let mut mended = weeks(21..28, 0.0);
        set_aside(&mut mended);
        let usual = weeks(0..0, 1.0);
        assert!(mended.iter().zip(&usual).all(|(a, b)| (a - b).abs() < 20.0));
    }

    #[test]
    fn what_goes_on_or_lasts_is_left_alone() {
        check(weeks(54..56, 0.0), &[]);
        check(weeks(50..56, 0.2), &[]);
        check(weeks(40..56, 0.0), &[]);
        check(weeks(20..30, 0.0), &[]);
        check(weeks(0..3, 0.0), &[]);
        // Two days back are not enough to say that it is over.
        check(weeks(50..54, 0.0), &[]);
        check(weeks(50..53, 0.0), &[50, 51, 52]);
    }

    #[test]
    fn a_wild_rhythm_has_no_exceptions() {
        let wild: Vec<f64> = (0..56).map(|day| if (day * 31) % 5 < 2 { 300.0 } else { 1_700.0 }).collect();
        check(wild, &[]);
        let now_and_then =
            (0..84).map(|day| if day * 31 % 7 < 2 { 900.0 + (day * 577 % 800) as f64 } else { 0.0 });
        check(now_and_then.collect(), &[]);
        let irregular =
            (0..84_u64).map(|day| if day.wrapping_mul(2_654_435_761) % 97 < 28 { 900.0 } else { 0.0 });
        check(irregular.collect(), &[]);
        check(vec![0.0; 56], &[]);
        check((0..56).map(|day| if day % 20 == 3 { 900.0 } else { 0.0 }).collect(), &[]);
    }

    #[test]
    fn a_busy_weekend_of_an_office_account_is_an_exception() {
        let mut calls: Vec<f64> = (0..56).map(|day| if day % 7 < 5 { 1_000.0 } else { 0.0 }).collect();
        calls[26] = 8_000.0;
        check(calls, &[26]);
    }
}
