//! How an account's usage goes over the months: its level on each day, 1 being its usual size.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// The course of an account. Days count backwards from the end of the portfolio.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Course {
    /// Goes up and down a little over the seasons.
    Stable { phase: f64 },
    /// Grows by `rate` a day; 1 at the end.
    Growing { rate: f64 },
    /// Shrinks by `rate` a day since `since`; 1 before.
    Shrinking { rate: f64, since: f64 },
    /// Falls from `since` on, and has been silent for the last `silent` days.
    Churning { since: f64, silent: f64 },
    /// Usual, but for bursts: when each ended, how many days it took, and how often the usual it was.
    Spiking { bursts: Vec<(f64, f64, f64)> },
    /// Began `since` days ago.
    New { since: f64 },
    /// Sleeps, but for the first days of each month (`Some`), or for some weeks every few months.
    Sleeping { days_of_month: Option<i8>, phase: f64 },
}

/// The courses without their figures, as often as they occur; the first seven are all of them.
pub(super) const MIX: [CourseKind; 30] = {
    use CourseKind::{Churning, Growing, New, Shrinking, Sleeping, Spiking, Stable};
    [
        Stable, Growing, Shrinking, Churning, Spiking, New, Sleeping, Stable, Stable, Growing, Stable,
        Stable, Growing, Stable, Shrinking, Stable, Spiking, Stable, Stable, New, Stable, Growing, Stable,
        Churning, Stable, Sleeping, Stable, Shrinking, Stable, Growing,
    ]
};

/// Which course, without its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum CourseKind {
    Stable,
    Growing,
    Shrinking,
    Churning,
    Spiking,
    New,
    Sleeping,
}

/// How far back a contract was signed at most, in days; its commitment is near the usage of then.
const SIGNED_AGO: f64 = 300.0;

impl Course {
    /// Draws the figures. `nth` counts the accounts of this kind, so that the first of each is a telling one.
    pub(super) fn draw(kind: CourseKind, nth: usize, days: f64, rng: &mut ChaCha8Rng) -> Self {
        match kind {
            CourseKind::Stable => Self::Stable { phase: rng.random_range(0.0..365.0) },
            CourseKind::Growing => Self::Growing { rate: rng.random_range(2.2_f64..6.0).ln() / 420.0 },
            CourseKind::Shrinking => {
                let since = rng.random_range(80.0..220.0);
                Self::Shrinking { rate: rng.random_range(1.8_f64..3.2).ln() / since, since }
            }
            CourseKind::Churning => {
                // The second one left long ago and is closed.
                let silent = if nth == 1 { 96.0 } else { rng.random_range(11.0..34.0) };
                Self::Churning { since: silent + rng.random_range(60.0..110.0), silent }
            }
            CourseKind::Spiking => {
                let mut bursts = Vec::new();
                // The first one has a burst that ended within the last day.
                let mut ended = if nth == 0 { 0.3 } else { rng.random_range(2.0..30.0) };
                while ended < days {
                    bursts.push((ended, rng.random_range(0.3..2.2), rng.random_range(3.5..8.0)));
                    ended += rng.random_range(20.0..75.0);
                }
                Self::Spiking { bursts }
            }
            CourseKind::New => Self::New { since: rng.random_range(24.0_f64..58.0).min(days) },
            CourseKind::Sleeping => Self::Sleeping {
                days_of_month: nth.is_multiple_of(2).then(|| rng.random_range(3..6)),
                phase: rng.random_range(0.0..120.0),
            },
        }
    }

    /// The level `ago` days before the end, on a day of the month; zero is silence.
    pub(super) fn level(&self, ago: f64, day_of_month: i8) -> f64 {
        match self {
            Self::Stable { phase } => 1.0 + 0.07 * ((ago + phase) / 365.0 * std::f64::consts::TAU).sin(),
            Self::Growing { rate } => (-rate * ago).exp(),
            Self::Shrinking { rate, since } => (-rate * (since - ago).max(0.0)).exp(),
            Self::Churning { since, silent } => {
                if ago < *silent {
                    0.0
                } else if ago > *since {
                    1.0
                } else {
                    let way = (since - ago) / (since - silent);
                    (-2.6 * way).exp()
                }
            }
            Self::Spiking { bursts } => {
                let burst = bursts.iter().find(|(ended, lasted, _)| ago >= *ended && ago < ended + lasted);
                burst.map_or(1.0, |(_, _, times)| *times)
            }
            Self::New { since } => {
                if ago > *since {
                    0.0
                } else {
                    // Half of the usual size after a third of the way.
                    let way = (since - ago) / since;
                    1.0 / (1.0 + (-9.0 * (way - 0.33)).exp())
                }
            }
            Self::Sleeping { days_of_month: Some(days), .. } => f64::from(u8::from(day_of_month <= *days)),
            Self::Sleeping { days_of_month: None, phase } => {
                f64::from(u8::from((ago + phase).rem_euclid(120.0) < 26.0))
            }
        }
    }

    /// The level that a commitment was made for: that of the day of signing, and the usual size for who began since.
    pub(super) fn level_at_signing(&self) -> f64 {
        match self {
            Self::New { .. } => 1.0,
            // Someone who calls five days a month commits to that.
            Self::Sleeping { .. } => 0.18,
            Self::Stable { .. }
            | Self::Growing { .. }
            | Self::Shrinking { .. }
            | Self::Churning { .. }
            | Self::Spiking { .. } => self.level(SIGNED_AGO, 1).min(1.0),
        }
    }

    pub(super) fn kind(&self) -> CourseKind {
        match self {
            Self::Stable { .. } => CourseKind::Stable,
            Self::Growing { .. } => CourseKind::Growing,
            Self::Shrinking { .. } => CourseKind::Shrinking,
            Self::Churning { .. } => CourseKind::Churning,
            Self::Spiking { .. } => CourseKind::Spiking,
            Self::New { .. } => CourseKind::New,
            Self::Sleeping { .. } => CourseKind::Sleeping,
        }
    }
}
