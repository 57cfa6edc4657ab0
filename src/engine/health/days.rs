//! The whole days of an account, laid out once so that it can be judged on many days.

use std::cell::OnceCell;

use super::super::frame::AccountFrame;
use super::super::hour::DAY_HOURS;
use super::excursions::{WEEK_DAYS, set_aside, weekday_levels};
use super::robust::{median, slope};

/// Younger accounts have too few days of each weekday to know what is usual.
pub(super) const HISTORY_DAYS_MIN: u32 = 21;

/// A silence of so many days that ended in use again is a rhythm longer than weeks that are compared with weeks.
const LONG_PAUSE_DAYS: usize = 21;
/// Weekdays tell the trend when their usual calls are at least this part of all; else whole weeks do.
const USUAL_PART_MIN: f64 = 0.5;

/// Days before those that are looked at, so that the first of them can be held against what was usual.
const LEAD_DAYS: u32 = 28;

/// An account's whole days. What only some questions need is laid out when it is asked for.
#[derive(Debug)]
pub(in super::super) struct AccountDays<'a> {
    pub(super) frame: &'a AccountFrame,
    active: OnceCell<Active>,
}

/// When there were calls at all.
#[derive(Debug)]
struct Active {
    first_day: u32,
    /// Each day in use with the longest silence that ended on it, in hours; rising. The first one ended none.
    silences: Vec<(u32, u32)>,
    /// For each endpoint the days in use, a bit for a day, in `words` words.
    endpoints: Vec<u64>,
    words: usize,
}

impl<'a> AccountDays<'a> {
    pub(in super::super) fn of(frame: &'a AccountFrame) -> Self {
        Self { frame, active: OnceCell::new() }
    }

    /// The days in use before `day`, rising, each with the longest silence that ended on it, in hours.
    pub(super) fn silences_before(&self, day: u32) -> &[(u32, u32)] {
        let silences = &self.active().silences;
        &silences[..silences.partition_point(|(at, _)| *at < day)]
    }

    /// How many endpoints had calls in the days from `from` up to, and without, `to`.
    pub(super) fn endpoints_in_use(&self, from: u32, to: u32) -> u32 {
        let active = self.active();
        if active.words == 0 {
            return 0;
        }
        let bits_max = active.words * u64::BITS as usize;
        let place = |day: u32| (day.saturating_sub(active.first_day) as usize).min(bits_max);
        let (from, to) = (place(from), place(to));
        let used = |days: &&[u64]| any_bit(days, from, to);
        active.endpoints.chunks_exact(active.words).filter(used).count() as u32
    }

    /// The last `span` days before `day`, or as many as are known, with excursions set aside.
    pub(super) fn before(&self, day: u32, span: u32) -> Days {
        let known = self.frame.first_day().map_or(0, |first| day.saturating_sub(first));
        let count = (span + LEAD_DAYS).min(known);
        let counted = self.frame.daily_calls(day - count, count);
        let mut calls: Vec<f64> = counted.into_iter().map(|calls| calls as f64).collect();
        let aside = if known < HISTORY_DAYS_MIN { Vec::new() } else { set_aside(&mut calls) };
        let pauses_long = has_long_pause(&calls);
        Days { calls, aside, known, pauses_long }
    }

    fn active(&self) -> &Active {
        self.active.get_or_init(|| Active::of(self.frame))
    }
}

impl Active {
    fn of(frame: &AccountFrame) -> Self {
        let first_day = frame.first_day().unwrap_or(0);
        let days = frame.marks.len().checked_sub(2).map_or(0, |last| frame.marks[last].day - first_day + 1);
        let words = days.div_ceil(u64::BITS) as usize;
        // Parts stand in the order of their endpoints, so the models of one endpoint are neighbours.
        let mut count = 0;
        let mut endpoint_of = Vec::with_capacity(frame.parts.len());
        for (at, part) in frame.parts.iter().enumerate() {
            count += usize::from(at == 0 || frame.parts[at - 1].endpoint != part.endpoint);
            endpoint_of.push((count - 1) * words);
        }
        let mut found = Self { first_day, silences: Vec::new(), endpoints: vec![0; count * words], words };
        let (part_of, calls) = (frame.part_slice(), frame.calls.slice());
        let mut last_hour: Option<u32> = None;
        for (row, hour) in frame.hour_slice().iter().enumerate() {
            if calls.get(row) <= 0 {
                continue;
            }
            let day = hour / DAY_HOURS;
            let place = day - first_day;
            found.endpoints[endpoint_of[part_of[row] as usize] + (place / u64::BITS) as usize] |=
                1 << (place % u64::BITS);
            let silence = last_hour.map_or(0, |last| (hour - last).saturating_sub(1));
            last_hour = Some(*hour);
            match found.silences.last_mut() {
                Some((at, longest)) if *at == day => *longest = silence.max(*longest),
                _ => found.silences.push((day, silence)),
            }
        }
        found
    }
}

/// Whether days in use lie before and after a long silence.
fn has_long_pause(calls: &[f64]) -> bool {
    let in_use = calls.iter().enumerate().filter(|(_, calls)| **calls > 0.0).map(|(day, _)| day);
    let later = in_use.clone().skip(1);
    in_use.zip(later).any(|(one, next)| next - one > LONG_PAUSE_DAYS)
}

/// Whether any bit from `from` up to, and without, `to` is set.
fn any_bit(words: &[u64], from: usize, to: usize) -> bool {
    const BITS: usize = u64::BITS as usize;
    (from / BITS..to.div_ceil(BITS)).any(|word| {
        let start = word * BITS;
        let mut mask = u64::MAX;
        if from > start {
            mask &= u64::MAX << (from - start);
        }
        if to < start + BITS {
            mask &= !(u64::MAX << (to - start));
        }
        words[word] & mask != 0
    })
}

/// Calls of successive whole days, excursions set aside.
#[derive(Debug)]
pub(super) struct Days {
    calls: Vec<f64>,
    /// Places in `calls` that were set aside, rising.
    aside: Vec<usize>,
    /// Days since the account's first use, also those that are not held here.
    known: u32,
    /// Whether its rhythm is longer than weeks that are compared with weeks, as of one that works at the end of months.
    pub(super) pauses_long: bool,
}

impl Days {
    /// The last `window` days with what is usual in them; `None` when too few days are known.
    pub(super) fn usual(&self, window: u32) -> Option<Usual<'_>> {
        if self.known < HISTORY_DAYS_MIN {
            return None;
        }
        let calls = &self.calls[self.calls.len().saturating_sub(window as usize)..];
        Some(Usual { calls, levels: weekday_levels(calls) })
    }

    /// Calls of the last `window` days and of as many before, and whether an excursion was set aside in them; `None`
    /// when the account is younger.
    pub(super) fn compared(&self, window: u32) -> Option<(f64, f64, bool)> {
        let start = self.calls.len().checked_sub(2 * window as usize)?;
        let (before, now) = self.calls[start..].split_at(window as usize);
        let mended = self.aside.last().is_some_and(|last| *last >= start);
        Some((now.iter().sum(), before.iter().sum(), mended))
    }
}

/// Successive days with the usual calls of each weekday.
pub(super) struct Usual<'a> {
    pub(super) calls: &'a [f64],
    /// By the day's place modulo seven; not above zero when the weekday is mostly unused.
    pub(super) levels: [f64; WEEK_DAYS],
}

impl Usual<'_> {
    /// The slope per day, relative to the usual calls of the weekday: the median over all pairs of days of the same
    /// weekday (the seasonal slope of Hirsch, Slack and Smith 1982). Accounts whose usual weekdays hold less than half
    /// of their calls are looked at by whole weeks. `None` when most weeks are silent.
    pub(super) fn slope(&self) -> Option<f64> {
        let mut slopes = Vec::new();
        for (weekday, level) in self.levels.iter().enumerate().filter(|(_, level)| **level > 0.0) {
            let same: Vec<f64> = self.calls.iter().skip(weekday).step_by(WEEK_DAYS).copied().collect();
            for (start, first) in same.iter().enumerate() {
                for (weeks, later) in same[start + 1..].iter().enumerate() {
                    slopes.push((later - first) / level / (WEEK_DAYS * (weeks + 1)) as f64);
                }
            }
        }
        let usual = self.levels.iter().sum::<f64>() / WEEK_DAYS as f64 * self.calls.len() as f64;
        if usual < USUAL_PART_MIN * self.calls.iter().sum::<f64>() {
            return self.weekly_slope();
        }
        median(&mut slopes).or_else(|| self.weekly_slope())
    }

    fn weekly_slope(&self) -> Option<f64> {
        let weeks: Vec<f64> =
            self.calls.rchunks_exact(WEEK_DAYS).rev().map(|week| week.iter().sum()).collect();
        let usual = median(&mut weeks.clone()).filter(|usual| *usual > 0.0)?;
        slope(&weeks).map(|slope| slope / usual / WEEK_DAYS as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_found_across_words() {
        let mut words = [0_u64; 3];
        words[1] = 1 << 5;
        for (from, to, found) in [
            (0, 69, false),
            (0, 70, true),
            (69, 70, true),
            (70, 192, false),
            (64, 128, true),
            (69, 69, false),
        ] {
            assert_eq!(any_bit(&words, from, to), found, "{from} {to}");
        }
    }
}
