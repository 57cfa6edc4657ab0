//! From readings to episodes: one entry for one stretch of unusual buckets.

use crate::domain::AnomalyKind;
use crate::engine::anomaly::detector::{Detector, Reading, Verdict};

/// One stretch of unusual buckets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Episode {
    /// When it began: the first unusual row, or the first row at a level that later proved to be new.
    pub(crate) from: i64,
    /// The first row that was usual again; `None` while it lasts.
    pub(crate) until: Option<i64>,
    /// What it is; the strongest reading decides, and a level shift overrides, since it explains the others.
    pub(crate) kind: AnomalyKind,
    /// Whether its strongest row lay above usual.
    pub(crate) up: bool,
    /// Time of the strongest row.
    pub(crate) peak_at: i64,
    /// Value of the strongest row.
    pub(crate) peak_value: f64,
    /// What would have been usual there.
    pub(crate) peak_usual: f64,
    /// Strength of the strongest row, `0..1`, not damped.
    pub(crate) peak_score: f64,
}

/// What came of a series.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Watched {
    /// One for each point, in order.
    pub(crate) readings: Vec<Reading>,
    /// In order of their first row; only the last may be open.
    pub(crate) episodes: Vec<Episode>,
}

/// Runs a series of equal buckets. To continue one, pass the same detector and the points after; an episode that was
/// open then begins anew.
pub(crate) fn watch(detector: &mut Detector, points: impl Iterator<Item = (i64, f64)>) -> Watched {
    let mut watched = Watched::default();
    let mut open = Open::default();
    for (at, value) in points {
        let reading = detector.push(at, value);
        open.add(at, value, &reading, detector.neighbours(), &mut watched.episodes);
        watched.readings.push(reading);
    }
    watched.episodes.extend(open.episode.map(|mut episode| {
        episode.until = open.usual_since;
        episode
    }));
    watched
}

/// The episode being written, and the usual rows since its last unusual one.
#[derive(Debug, Default)]
struct Open {
    episode: Option<Episode>,
    usual_rows: u32,
    usual_since: Option<i64>,
}

impl Open {
    fn add(&mut self, at: i64, value: f64, reading: &Reading, neighbours: u32, done: &mut Vec<Episode>) {
        let Verdict::Unusual { kind, up } = reading.verdict else {
            self.usual_since.get_or_insert(at);
            self.usual_rows = self.usual_rows.saturating_add(1);
            if self.usual_rows > neighbours {
                done.extend(self.episode.take().map(|mut episode| {
                    episode.until = self.usual_since;
                    episode
                }));
            }
            return;
        };
        (self.usual_rows, self.usual_since) = (0, None);
        let from = reading.since.unwrap_or(at);
        let now = Episode {
            from,
            until: None,
            kind,
            up,
            peak_at: at,
            peak_value: value,
            peak_usual: reading.usual.unwrap_or(value),
            peak_score: reading.strength,
        };
        self.episode = Some(match self.episode.take() {
            None => now,
            Some(before) => before.joined(now),
        });
    }
}

impl Episode {
    fn joined(self, now: Self) -> Self {
        let from = self.from.min(now.from);
        let shift = [&self, &now]
            .into_iter()
            .find(|one| one.kind == AnomalyKind::LevelShift)
            .map(|one| (one.kind, one.up));
        let strongest = if now.peak_score > self.peak_score { now } else { self };
        let (kind, up) = shift.unwrap_or((strongest.kind, strongest.up));
        Self { from, kind, up, ..strongest }
    }
}
