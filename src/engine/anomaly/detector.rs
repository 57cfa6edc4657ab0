//! The detector: four views of a row, each in nats of surprise, added up and judged.
//!
//! Invariant: strictly causal and total. Row `i` is judged from rows `0..=i` in the order they come, whatever their
//! times and values; a score is finite and in `0..=1`.

use crate::domain::AnomalyKind;
use crate::engine::anomaly::baseline::{Baseline, Compared};
use crate::engine::anomaly::calendar::Calendar;
use crate::engine::anomaly::gate::Gate;
use crate::engine::anomaly::leaders::Leaders;
use crate::engine::anomaly::settings::Settings;
use crate::engine::anomaly::spread::Spread;
use crate::engine::anomaly::tail::Tail;
use crate::engine::anomaly::unrest::Unrest;

/// Largest value that is told apart; beyond it sums would lose their digits, and no usage is that large.
const VALUE_MAX: f64 = 1e30;
/// Newest values a shape is made of.
const SHAPE_ROWS: usize = 16;
/// Strength in nats that makes a score of one half.
const HALF_SCORE: f64 = 10.0;
/// Strength in nats whose repeats are damped in the score.
const STIR: f64 = 10.0;
/// Most that can be said of something that is no news to the asker, as a part of an alarm.
const NO_NEWS: f64 = 0.3;
/// Standard deviations on either side of usual that are still usual.
const BAND: f64 = 2.5;
/// How much more it takes in an hour of the week that was never seen: the first weekend is quiet and no outage.
const UNKNOWN_SLOT: f64 = 1.5;
/// A constant stretch is odd when it is so many times longer than any before.
const FLAT_TIMES: u32 = 3;

/// What one row was found to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// How unusual, `0..=1`, damped while it repeats an alarm.
    pub(crate) score: f64,
    /// The same, not damped.
    pub(crate) strength: f64,
    /// The first row of something, or its escalation.
    pub(crate) is_alert: bool,
    /// The usual value of this bucket; `None` before there was one.
    pub(crate) usual: Option<f64>,
    /// Lower end of what is usual.
    pub(crate) low: Option<f64>,
    /// Upper end of what is usual.
    pub(crate) high: Option<f64>,
    /// For a level shift, when it began.
    pub(crate) since: Option<i64>,
    /// In words.
    pub(crate) verdict: Verdict,
}

/// The answer about one row. Whether its data are in yet is for the caller to know, from the watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As usual, or missing, or too small to matter.
    Normal,
    /// Worth a look.
    Unusual {
        /// In which way.
        kind: AnomalyKind,
        /// Above usual rather than below.
        up: bool,
    },
    /// The history is too short to know what is usual.
    TooLittle {
        /// Rows there are, this one included.
        have: usize,
        /// Rows needed.
        need: usize,
    },
}

/// The state of one watched series, at most 10 kB with what it holds. Keep it to continue the series later.
#[derive(Debug, Clone)]
pub(crate) struct Detector {
    settings: Settings,
    calendar: Calendar,
    rows: u32,
    spread: Spread,
    newest: [f64; SHAPE_ROWS],
    baseline: Baseline,
    values: Leaders<1>,
    shapes: Leaders<6>,
    unrest: Unrest,
    tails: [Tail; 4],
    flat: Flat,
    scores: Gate,
    alerts: Gate,
    never_negative: bool,
}

/// Surprise of the four views, in nats.
#[derive(Debug, Clone, Copy)]
struct Views {
    value: f64,
    shape: f64,
    season: f64,
    unrest: f64,
}

impl Views {
    fn sum(self) -> f64 {
        self.value + self.shape + self.season + self.unrest
    }
}

impl Detector {
    pub(crate) fn new(settings: Settings) -> Self {
        let calendar = Calendar::new(settings.step);
        Self {
            settings,
            rows: 0,
            spread: Spread::default(),
            newest: [0.0; SHAPE_ROWS],
            baseline: Baseline::new(&calendar),
            values: Leaders::new(),
            shapes: Leaders::new(),
            unrest: Unrest::default(),
            tails: std::array::from_fn(|_| Tail::new()),
            flat: Flat::default(),
            scores: Gate::default(),
            alerts: Gate::default(),
            never_negative: true,
            calendar,
        }
    }

    /// Judges the next row, then learns it. `at` is in seconds of the calendar whose days and weeks matter: UTC, or
    /// shifted to the account's zone. A value that is not finite is a missing row: nothing is judged or learnt.
    pub(crate) fn push(&mut self, at: i64, value: f64) -> Reading {
        if !value.is_finite() {
            return self.missing(at);
        }
        let value = twelve_digits(value.clamp(-VALUE_MAX, VALUE_MAX));
        self.never_negative &= value >= 0.0;
        let scaled = self.settings.scaled(value);
        self.calendar.note(at);
        self.remember(scaled);
        let spread = self.spread.learn(scaled);
        let compared = self.baseline.learn(&self.calendar, at, scaled, spread);
        let views = self.views(&compared, spread);
        let flat = self.flat.learn(value);
        self.conclude(value, compared, views, flat)
    }

    /// Usual rows that do not yet end an episode: a night between two bad days of hours, one good day between
    /// two bad.
    pub(super) fn neighbours(&self) -> u32 {
        self.calendar.rows(1, 1, 12).div_ceil(2)
    }

    fn missing(&self, at: i64) -> Reading {
        let usual = self.baseline.usual(&self.calendar, at).map(|usual| self.unscaled(usual));
        Reading {
            score: 0.0,
            strength: 0.0,
            is_alert: false,
            usual,
            low: None,
            high: None,
            since: None,
            verdict: Verdict::Normal,
        }
    }

    fn remember(&mut self, scaled: f64) {
        if self.rows == 0 {
            self.newest = [scaled; SHAPE_ROWS];
        }
        self.rows = self.rows.saturating_add(1);
        self.newest.copy_within(..SHAPE_ROWS - 1, 1);
        self.newest[0] = scaled;
    }

    fn views(&mut self, compared: &Compared, spread: f64) -> Views {
        let [value, shape, season, unrest] = &mut self.tails;
        // Fine where it is recent, coarse where it is not: the four newest values and the means of two spans before.
        let [a, b, c, d, ..] = self.newest;
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let point = [a, b, c, d, mean(&self.newest[4..8]), mean(&self.newest[8..])];
        Views {
            value: value.surprise(self.values.distance([a], spread) / spread),
            shape: shape.surprise(self.shapes.distance(point, spread) / spread),
            season: compared.residual.map_or(0.0, |away| season.surprise(away.abs())),
            unrest: compared
                .residual
                .and_then(|away| self.unrest.learn(away))
                .map_or(0.0, |far| unrest.surprise(far)),
        }
    }

    fn conclude(&mut self, value: f64, compared: Compared, views: Views, flat: bool) -> Reading {
        let usual = self.unscaled(compared.usual);
        let low = self.unscaled(compared.usual - BAND * compared.deviation);
        let high = self.unscaled(compared.usual + BAND * compared.deviation);
        let up = value >= usual;
        let inside = low <= value && value <= high;
        let alarm = self.settings.alarm * if compared.slot_known { 1.0 } else { UNKNOWN_SLOT };
        let shifted = compared.shifted.filter(|shifted| {
            let new = self.unscaled(compared.usual + shifted.by);
            self.settings.is_news(new, usual, 0.5)
        });
        let flat = flat && self.settings.is_news(value, 0.0, 0.0);
        let mut strength = views.sum();
        if shifted.is_some() || flat {
            strength = strength.max(alarm);
        } else if !self.settings.is_news(value, usual, 1.0) || (self.settings.volume_min > 0.0 && inside) {
            strength = strength.min(NO_NEWS * alarm);
        }
        let kind = if shifted.is_some() {
            AnomalyKind::LevelShift
        } else if flat {
            AnomalyKind::Flat
        } else if value == 0.0 && usual > 0.0 {
            AnomalyKind::Silence
        } else if !inside {
            AnomalyKind::Spike
        } else if up && views.unrest > views.value.max(views.shape) {
            AnomalyKind::Burst
        } else {
            AnomalyKind::Novel
        };
        let quiet = self.calendar.rows(5, 5, 120);
        let (left, _) = self.scores.pass(strength, STIR, quiet);
        let need = self.calendar.rows(3, 14, 288);
        let verdict = if self.rows < need {
            Verdict::TooLittle { have: self.rows as usize, need: need as usize }
        } else if strength >= alarm {
            Verdict::Unusual { kind, up: shifted.map_or(up, |shifted| shifted.by > 0.0) }
        } else {
            Verdict::Normal
        };
        let alarming = if matches!(verdict, Verdict::Unusual { .. }) { strength } else { 0.0 };
        let (_, is_alert) = self.alerts.pass(alarming, alarm, quiet);
        Reading {
            score: score(left),
            strength: score(strength),
            is_alert,
            usual: Some(usual),
            low: Some(low),
            high: Some(high),
            since: shifted.map(|shifted| shifted.since),
            verdict,
        }
    }

    fn unscaled(&self, scaled: f64) -> f64 {
        let value = self.settings.unscaled(scaled).clamp(-VALUE_MAX, VALUE_MAX);
        if self.never_negative { value.max(0.0) } else { value }
    }
}

/// The value without its last twelve bits. Programs that print and read a number again differ there, and whether two
/// values are the same must not hang on it.
fn twelve_digits(value: f64) -> f64 {
    const LAST: u64 = 0xFFF;
    f64::from_bits(value.to_bits().saturating_add(LAST.div_ceil(2)) & !LAST)
}

fn score(nats: f64) -> f64 {
    nats / (nats + HALF_SCORE)
}

/// Lengths of constant stretches.
#[derive(Debug, Clone, Default)]
struct Flat {
    value: Option<f64>,
    run: u32,
    longest: u32,
}

impl Flat {
    /// Whether the value has now stood still much longer than ever before. Says so once, on the row that proves it.
    fn learn(&mut self, value: f64) -> bool {
        if self.value.replace(value) == Some(value) {
            self.run = self.run.saturating_add(1);
        } else {
            self.longest = self.longest.max(self.run);
            self.run = 1;
        }
        self.longest > 0 && self.run == self.longest.saturating_mul(FLAT_TIMES).saturating_add(3)
    }
}
