//! Recency: how long an account is silent, against the pauses that it usually makes.
//!
//! Invariant: silence is counted up to where the data are complete, never to the wall clock.

use crate::domain::Quantity;

use super::super::frame::AccountFrame;
use super::super::hour::DAY_HOURS;
use super::robust::quantile;
use super::verdict::Verdict;

/// Pauses needed before a rhythm can be told.
const PAUSES_MIN: usize = 5;
/// The pause that nine of ten do not exceed is the usual one: a weekend for those who rest at weekends, while one
/// long holiday does not make a rhythm.
const USUAL: f64 = 0.9;

/// The usual pause between days in use, in days, over the `window` days up to the last use before `day`.
pub(super) fn usual_pause(frame: &AccountFrame, day: u32, window: u32) -> Option<u32> {
    let days = &frame.marks[..frame.marks.partition_point(|mark| mark.day < day)];
    let mut later = frame.marks[days.len()];
    let mut last_in_use: Option<u32> = None;
    let mut newest = None;
    let mut pauses = Vec::new();
    for mark in days.iter().rev() {
        let in_use = later.calls > mark.calls;
        later = *mark;
        if !in_use {
            continue;
        }
        if *newest.get_or_insert(mark.day) - mark.day > window {
            break;
        }
        pauses.extend(last_in_use.map(|last| last - mark.day));
        last_in_use = Some(mark.day);
    }
    pauses.sort_unstable();
    if pauses.len() < PAUSES_MIN { None } else { quantile(&pauses, USUAL) }
}

/// The silence before the hour `until`, in multiples of the usual pause.
pub(super) fn recency(frame: &AccountFrame, usual: Option<u32>, until: u32) -> Verdict {
    let Some(last) = frame.last_active_before(until) else {
        return Verdict::Missing("too little data: no calls have come in yet");
    };
    let Some(usual) = usual else {
        return Verdict::Missing("too little data: it is used too seldom, or too new, to know its rhythm");
    };
    let silent_hours = until - last - 1;
    let ratio = f64::from(silent_hours) / f64::from(DAY_HOURS * usual);
    let words = match ratio {
        ..=1.0 => "in use within its usual rhythm",
        ..=2.0 => "quiet for a little longer than it usually pauses",
        ..=5.0 => "silent for much longer than it usually pauses",
        _ => "silent for far longer than it ever usually pauses",
    };
    let measured = Quantity::Days(i64::from(silent_hours / DAY_HOURS));
    Verdict::Found { on_curve: ratio, measured, words }
}
