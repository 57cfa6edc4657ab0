//! Recency: how long an account is silent, against the silences that it usually makes.
//!
//! Invariant: silence is counted up to where the data are complete, never to the wall clock.

use crate::domain::Quantity;

use super::super::frame::AccountFrame;
use super::super::hour::DAY_HOURS;
use super::days::AccountDays;
use super::robust::quantile;
use super::verdict::Verdict;

/// Days in use needed before a rhythm can be told.
const DAYS_MIN: usize = 5;
/// The silence that nine of ten days do not exceed is the usual one: the night for those who are at it every day, a
/// weekend for those who rest at weekends; one long holiday makes no rhythm.
const USUAL: f64 = 0.9;
/// Half a day is never held against anyone.
const PAUSE_HOURS_MIN: u32 = 12;

/// The usual pause in hours, over the `window` days up to the last use before `day`: of the days in use, nine of ten
/// ended no longer silence.
pub(super) fn usual_pause(days: &AccountDays<'_>, day: u32, window: u32) -> Option<u32> {
    let silences = days.silences_before(day);
    let newest = silences.last()?.0;
    let within = &silences[silences.partition_point(|(at, _)| newest - at > window)..];
    // What the first of them ended began before the window.
    let mut pauses: Vec<u32> = within.iter().skip(1).map(|(_, silence)| *silence).collect();
    if pauses.len() < DAYS_MIN {
        return None;
    }
    pauses.sort_unstable();
    quantile(&pauses, USUAL).map(|usual| usual.max(PAUSE_HOURS_MIN))
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
    let ratio = f64::from(silent_hours) / f64::from(usual);
    let words = match ratio {
        ..=1.0 => "in use within its usual rhythm",
        ..=2.0 => "quiet for a little longer than it usually pauses",
        ..=5.0 => "silent for much longer than it usually pauses",
        _ => "silent for far longer than it ever usually pauses",
    };
    let measured = Quantity::Days(i64::from(silent_hours / DAY_HOURS));
    Verdict::Found { on_curve: ratio, measured, words }
}
