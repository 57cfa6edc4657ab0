//! Hours and days since 1970 as small whole numbers: what rows and offsets are kept by.
//!
//! Invariant: a row of hour `h` lies in a window exactly when `from_hour ≤ h < to_hour` of [`hours`].

use jiff::Timestamp;

use crate::domain::Grain;
use crate::domain::Window;

/// Hours of a day.
pub(super) const DAY_HOURS: u32 = 24;
const HOUR_SECONDS: i64 = 3_600;

/// The hour that holds `at`; what lies before 1970 counts as its first hour.
pub(super) fn hour_of(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().div_euclid(HOUR_SECONDS)).unwrap_or(0)
}

/// The first hour that does not begin before `at`.
pub(super) fn hour_from(at: Timestamp) -> u32 {
    let whole = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    u32::try_from((whole + HOUR_SECONDS - 1).div_euclid(HOUR_SECONDS)).unwrap_or(0)
}

/// The instant an hour begins at.
pub(super) fn hour_start(hour: u32) -> Timestamp {
    Timestamp::from_second(i64::from(hour) * HOUR_SECONDS).unwrap_or(Timestamp::MAX)
}

/// The hours whose rows lie in `window`, as first and first after.
pub(super) fn hours(window: Window) -> (u32, u32) {
    (hour_from(window.from()), hour_from(window.to()))
}

/// The edges of the buckets of `window` as hours, one more than there are buckets.
pub(super) fn edges(window: Window, grain: Grain) -> (Vec<Window>, Vec<u32>) {
    let buckets = grain.buckets(window);
    let mut edges = Vec::with_capacity(buckets.len() + 1);
    edges.push(hour_from(window.from()));
    edges.extend(buckets.iter().map(|bucket| hour_from(bucket.to())));
    (buckets, edges)
}
