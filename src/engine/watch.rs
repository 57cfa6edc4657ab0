//! Watching accounts: each series through the detector, hour by hour and day by day.
//!
//! Invariant: a bucket is judged from the buckets up to it only, and only where the account's data are complete: what is
//! not in yet is no silence.

use std::sync::Arc;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::domain::AccountId;
use crate::domain::Anomaly;
use crate::domain::Bound;
use crate::domain::Grain;
use crate::domain::Metric;
use crate::domain::Standing;
use crate::domain::UsageFilter;
use crate::domain::Window;

use super::anomaly;
use super::entry::Entry;
use super::frame::{AccountFrame, Keep};
use super::hour::{DAY_HOURS, hour_from, hour_start};
use super::results::{TooLittle, Usual, Watched, WatchedPoint};
use super::snapshot::Snapshot;

/// Windows up to so many hours are watched by the hour, longer ones by the day.
const HOURLY_MAX: i64 = 96;
/// Behind the snapshot's data by more than this, in hours, an account's newest hour is not in yet.
const BEHIND_HOURS: u32 = 3;

/// How far back a series is watched, in buckets. The first bucket moves on in steps, so that for most of the time a new
/// bucket is judged by the very detector that judged the ones before.
struct Reach {
    bucket_hours: u32,
    back: u32,
    step: u32,
}

impl Reach {
    fn of(grain: Grain) -> Self {
        match grain {
            Grain::Hour => Self { bucket_hours: 1, back: 28 * DAY_HOURS, step: 7 * DAY_HOURS },
            Grain::Day | Grain::Week | Grain::Month => Self { bucket_hours: DAY_HOURS, back: 364, step: 28 },
        }
    }

    /// The edges of the buckets before `until`, as hours; `None` without a whole bucket.
    fn edges(&self, frame: &AccountFrame, until: u32) -> Option<Vec<u32>> {
        let first = frame.first_hour()? / self.bucket_hours;
        let end = until / self.bucket_hours;
        let beyond = end.checked_sub(first)?.saturating_sub(self.back);
        let first = first + beyond / self.step * self.step;
        (first < end).then(|| (first..=end).map(|bucket| bucket * self.bucket_hours).collect())
    }
}

/// The grain at which a window is watched.
#[must_use]
pub fn watched_by(window: Window) -> Grain {
    if window.length().as_hours() <= HOURLY_MAX { Grain::Hour } else { Grain::Day }
}

impl Snapshot {
    /// A metric of an account as watched by the hour or by the day. `None` for an account without usage, and for errors
    /// that are never told.
    #[must_use]
    pub fn watched(&self, account: &AccountId, metric: Metric, grain: Grain) -> Option<Arc<Watched>> {
        let entry = self.entry(account)?;
        entry.frame.first_hour()?;
        entry.frame.figures(metric)?;
        let key = (account.clone(), metric, grain);
        Some(self.watched.get_or(key, || {
            let mut watched = look(entry, metric, grain);
            if self.is_behind(entry, grain) {
                watched.standing = Standing::NotInYet;
            }
            watched
        }))
    }

    /// Whether an account's newest hour or day cannot be judged, because its source is behind the others.
    fn is_behind(&self, entry: &Entry, grain: Grain) -> bool {
        let behind = self.as_of.map_or(0, |as_of| hour_from(as_of).saturating_sub(until(entry)));
        behind > BEHIND_HOURS.max(if grain == Grain::Hour { 0 } else { DAY_HOURS })
    }

    /// Looks at the calls of every account, by the hour and by the day, unless that was done since its data last changed,
    /// and at who may fall silent. Gives up between two accounts once it is no longer wanted.
    pub fn watch_all(&self, is_wanted: impl Fn() -> bool + Sync) {
        self.chances();
        self.entries.par_iter().for_each(|entry| {
            for grain in [Grain::Hour, Grain::Day] {
                if is_wanted() {
                    entry.vigils.of(entry, Metric::ApiCalls, grain);
                }
            }
        });
    }

    /// What is unusual of any account in a window: what goes on first, then by the size of the difference, ties by account and
    /// time.
    #[must_use]
    pub fn anomalies(&self, metric: Metric, grain: Grain, window: Window) -> Vec<Anomaly> {
        let inside = |one: &&Anomaly| one.window.to() > window.from() && one.window.from() < window.to();
        let of_entry = |entry: &Entry| -> Vec<Anomaly> {
            entry.vigils.of(entry, metric, grain).anomalies.iter().filter(inside).cloned().collect()
        };
        let mut found: Vec<Anomaly> = self.entries.par_iter().flat_map_iter(of_entry).collect();
        found.sort_by_key(|one| (!one.is_open, std::cmp::Reverse(one.measured.abs_diff(one.usual))));
        found
    }

    /// Accounts with something unusual in a window.
    pub(super) fn unusual_accounts(&self, metric: Metric, window: Window) -> u64 {
        let found = self.anomalies(metric, watched_by(window), window);
        let mut accounts: Vec<&AccountId> = found.iter().map(|one| &one.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts.len() as u64
    }

    /// What is usual of the hours or whole days of a window, added up. `None` where any of them was not judged.
    pub(super) fn usual_of(&self, filter: &UsageFilter, metric: Metric, window: Window) -> Option<Usual> {
        if filter.endpoint.is_some() || filter.model.is_some() {
            return None;
        }
        let whole_days = [window.from(), window.to()].iter().all(|at| Grain::Day.floor(*at) == *at);
        let grain = if whole_days { Grain::Day } else { Grain::Hour };
        let watched = self.watched(filter.account.as_ref()?, metric, grain)?;
        let first = watched.points.binary_search_by_key(&window.from(), |point| point.window.from()).ok()?;
        let last = watched.points.partition_point(|point| point.window.to() <= window.to());
        let inside = watched.points.get(first..last).filter(|inside| !inside.is_empty())?;
        if inside.last().map(|point| point.window.to()) != Some(window.to()) {
            return None;
        }
        inside.iter().map(|point| point.usual).try_fold(Usual::default(), |sum, usual| {
            let usual = usual?;
            Some(Usual {
                middle: sum.middle.saturating_add(usual.middle),
                low: sum.low.saturating_add(usual.low),
                high: sum.high.saturating_add(usual.high),
            })
        })
    }

    /// Whole days from an account's first use to where its data end.
    pub(super) fn days_known(&self, account: &AccountId) -> Option<i64> {
        let entry = self.entry(account)?;
        let until = entry.derived.as_ref()?.at.until;
        let first = entry.frame.first_hour()?;
        Some(i64::from(until.saturating_sub(first) / DAY_HOURS))
    }
}

impl Usual {
    pub(super) fn at(&self, bound: Bound) -> i64 {
        match bound {
            Bound::Middle => self.middle,
            Bound::Low => self.low,
            Bound::High => self.high,
        }
    }
}

/// The hour before which an account's data are complete.
fn until(entry: &Entry) -> u32 {
    entry.derived.as_ref().map_or(0, |derived| derived.at.until)
}

/// Runs a series of an account through the detector.
fn look(entry: &Entry, metric: Metric, grain: Grain) -> Watched {
    let nothing = || Watched {
        grain,
        standing: Standing::TooLittleData,
        little: None,
        points: Vec::new(),
        anomalies: Vec::new(),
    };
    let Some(edges) = Reach::of(grain).edges(&entry.frame, until(entry)) else { return nothing() };
    let mut values = vec![0; edges.len() - 1];
    entry.frame.add_series(metric, &edges, &Keep::All, &mut values);
    let mut detector = anomaly::Detector::new(settings(metric, grain));
    let seconds = |hour: u32| i64::from(hour) * 3_600;
    let series = edges.iter().zip(&values).map(|(hour, value)| (seconds(*hour), *value as f64));
    let seen = anomaly::watch(&mut detector, series);
    let points = points(&edges, &values, &seen.readings);
    let anomalies = seen.episodes.iter().filter_map(|one| found(entry, metric, one, &points)).collect();
    let (standing, little) = match seen.readings.last().map(|reading| reading.verdict) {
        Some(anomaly::Verdict::Normal) => (Standing::Normal, None),
        Some(anomaly::Verdict::Unusual { kind, up }) => (Standing::Unusual { kind, is_rise: up }, None),
        Some(anomaly::Verdict::TooLittle { have, need }) => {
            (Standing::TooLittleData, Some(TooLittle { have, need, in_use: false }))
        }
        None => (Standing::TooLittleData, None),
    };
    Watched { grain, standing, little, points, anomalies }
}

/// What is unusual of an account, by metric and grain: found when first asked for, and shared by the snapshots in which
/// neither its usage nor the end of its data is another.
#[derive(Debug, Default)]
pub(super) struct Vigils([OnceLock<Vigil>; Metric::ALL.len() * 2]);

/// What was found, without the points.
#[derive(Debug)]
pub(super) struct Vigil {
    anomalies: Vec<Anomaly>,
}

impl Vigils {
    fn of(&self, entry: &Entry, metric: Metric, grain: Grain) -> &Vigil {
        let place = Metric::ALL.iter().position(|one| *one == metric).unwrap_or(0) * 2;
        let place = place + usize::from(grain == Grain::Hour);
        self.0[place].get_or_init(|| Vigil { anomalies: look(entry, metric, grain).anomalies })
    }
}

/// What is worth telling of a metric: differences that a technical success manager would call about.
fn settings(metric: Metric, grain: Grain) -> anomaly::Settings {
    let (step, hourly) = if grain == Grain::Hour { (3_600, true) } else { (86_400, false) };
    let volume_min = match (metric, hourly) {
        (Metric::ApiCalls, true) => 25.0,
        (Metric::ApiCalls, false) => 100.0,
        (Metric::Tokens, true) => 25_000.0,
        (Metric::Tokens, false) => 100_000.0,
        // In micro-units: a quarter in an hour, one in a day.
        (Metric::Cost, true) => 250_000.0,
        (Metric::Cost, false) => 1_000_000.0,
        (Metric::Errors, true) => 10.0,
        (Metric::Errors, false) => 25.0,
    };
    let directions =
        if metric == Metric::Errors { anomaly::Directions::Up } else { anomaly::Directions::Both };
    anomaly::Settings { directions, ..anomaly::Settings::account(step, volume_min) }
}

fn points(edges: &[u32], values: &[i64], readings: &[anomaly::Reading]) -> Vec<WatchedPoint> {
    let raw = |value: f64| value.round() as i64;
    let mut points = Vec::with_capacity(values.len());
    for ((pair, value), reading) in edges.windows(2).zip(values).zip(readings) {
        let Some(window) = Window::new(hour_start(pair[0]), hour_start(pair[1])) else { continue };
        let usual = match (reading.usual, reading.low, reading.high) {
            (Some(middle), Some(low), Some(high)) => {
                Some(Usual { middle: raw(middle), low: raw(low), high: raw(high) })
            }
            _ => None,
        };
        points.push(WatchedPoint { window, value: *value, usual, is_alert: reading.is_alert });
    }
    points
}

/// An episode with what was measured and what is usual of it.
fn found(entry: &Entry, metric: Metric, one: &anomaly::Episode, points: &[WatchedPoint]) -> Option<Anomaly> {
    let at = |seconds: i64| hour_start(u32::try_from(seconds / 3_600).unwrap_or(0));
    let from = at(one.from);
    let first = points.partition_point(|point| point.window.from() < from);
    let last = match one.until {
        Some(until) => points.partition_point(|point| point.window.from() < at(until)),
        None => points.len(),
    };
    let inside = points.get(first..last)?;
    let window = Window::new(inside.first()?.window.from(), inside.last()?.window.to())?;
    Some(Anomaly {
        account: entry.account.id.clone(),
        metric,
        window,
        is_open: one.until.is_none(),
        kind: one.kind,
        is_rise: one.up,
        measured: inside.iter().fold(0, |sum, point| sum.saturating_add(point.value)),
        usual: inside
            .iter()
            .fold(0, |sum, point| sum.saturating_add(point.usual.map_or(0, |usual| usual.middle))),
        score: one.peak_score,
    })
}
