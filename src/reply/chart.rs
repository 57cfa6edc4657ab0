//! What a chart shows, never how it is drawn.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::Band;
use crate::domain::Fact;
use crate::domain::FactorKind;
use crate::domain::Grain;
use crate::domain::InitiativeStatus;
use crate::domain::Metric;
use crate::domain::Quantity;

use super::answer::Tone;

/// A chart. Title, unit, names and last values agree on all surfaces.
#[derive(Debug, Clone, PartialEq)]
pub enum ChartSpec {
    /// Values over time, compared or split.
    Series(SeriesChart),
    /// A score and the factors behind it.
    Health(HealthCard),
    /// How many accounts are in each band.
    Bands(BandsChart),
    /// Largest rises and falls.
    Bars(BarsChart),
    /// Initiatives against the calendar.
    Timeline(TimelineChart),
    /// A measured line against what is expected or usual.
    Corridor(CorridorChart),
    /// A change split into its causes.
    Steps(StepsChart),
    /// A score day by day.
    Scores(ScoresChart),
}

impl ChartSpec {
    /// `Acme — API calls per day`.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Series(chart) => &chart.title,
            Self::Health(chart) => &chart.title,
            Self::Bands(chart) => &chart.title,
            Self::Bars(chart) => &chart.title,
            Self::Timeline(chart) => &chart.title,
            Self::Corridor(chart) => &chart.title,
            Self::Steps(chart) => &chart.title,
            Self::Scores(chart) => &chart.title,
        }
    }

    /// Below the heading: `last 30 days, to 22 Nov 2026 14:00 UTC`.
    #[must_use]
    pub fn subtitle(&self) -> &str {
        match self {
            Self::Series(chart) => &chart.subtitle,
            Self::Health(chart) => &chart.subtitle,
            Self::Bands(chart) => &chart.subtitle,
            Self::Bars(chart) => &chart.subtitle,
            Self::Timeline(chart) => &chart.subtitle,
            Self::Corridor(chart) => &chart.subtitle,
            Self::Steps(chart) => &chart.subtitle,
            Self::Scores(chart) => &chart.subtitle,
        }
    }

    /// The chart in one or two sentences, for those who do not see it.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Self::Series(chart) => &chart.description,
            Self::Health(chart) => &chart.description,
            Self::Bands(chart) => &chart.description,
            Self::Bars(chart) => &chart.description,
            Self::Timeline(chart) => &chart.description,
            Self::Corridor(chart) => &chart.description,
            Self::Steps(chart) => &chart.description,
            Self::Scores(chart) => &chart.description,
        }
    }
}

/// Values over time.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesChart {
    /// Heading.
    pub title: String,
    /// Below it: `last 30 days, to 22 Nov 2026 14:00 UTC`.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// What is counted.
    pub metric: Metric,
    /// Width of a point.
    pub grain: Grain,
    /// The lines; several are stacked parts of one whole, first the largest. All have points at the same times.
    pub series: Vec<Series>,
    /// The period before, point by point beside the sum of `series`; drawn dashed.
    pub previous: Option<Series>,
    /// The change against the period before, as a headline.
    pub change: Option<Fact>,
    /// The total over the window, as a headline.
    pub total: Option<Fact>,
    /// What the values are held against.
    pub level: Option<ChartLevel>,
    /// What happened meanwhile, as the begin of an initiative.
    pub marks: Vec<ChartMark>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name; may be hostile text.
    pub name: String,
    /// Oldest first.
    pub points: Vec<SeriesPoint>,
}

/// One value of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    /// Begin of the bucket.
    pub at: Timestamp,
    /// The value, exact.
    pub value: Quantity,
    /// Whether the whole bucket lies in the window and the data; others are drawn fainter.
    pub complete: bool,
}

/// A score and the factors behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCard {
    /// Heading.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// The score; `None` when it cannot be judged.
    pub score: Option<Fact>,
    /// Its band.
    pub band: Option<Band>,
    /// In the configuration's order.
    pub factors: Vec<FactorBar>,
}

/// One factor of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorBar {
    /// Which.
    pub kind: FactorKind,
    /// Its weight, 0 to 1; `None` when left out.
    pub weight: Option<Fact>,
    /// Its score; `None` when left out.
    pub score: Option<Fact>,
    /// What was measured.
    pub measured: Option<Fact>,
    /// Why, in plain words.
    pub words: String,
}

/// How many accounts are in each band.
#[derive(Debug, Clone, PartialEq)]
pub struct BandsChart {
    /// Heading.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// At risk first.
    pub bands: Vec<BandSlice>,
    /// Accounts, worst first, as a list beside the bar: name, score, change of calls.
    pub worst: Vec<Bar>,
}

/// One band of a portfolio.
#[derive(Debug, Clone, PartialEq)]
pub struct BandSlice {
    /// Which.
    pub band: Band,
    /// How many accounts.
    pub accounts: Fact,
}

/// Named values, drawn from a common zero line.
#[derive(Debug, Clone, PartialEq)]
pub struct BarsChart {
    /// Heading.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// In drawing order.
    pub bars: Vec<Bar>,
}

/// One named value.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Name; may be hostile text.
    pub name: String,
    /// Length of the bar in any unit; sign tells the side.
    pub length: f64,
    /// What is written at its end.
    pub fact: Fact,
    /// A second figure, as the relative change.
    pub aside: Option<Fact>,
    /// A band to colour it by.
    pub band: Option<Band>,
}

/// Initiatives against the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineChart {
    /// Heading.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// The line drawn as today.
    pub today: Date,
    /// Top to bottom.
    pub rows: Vec<TimelineRow>,
}

/// One initiative of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineRow {
    /// Title; may be hostile text.
    pub title: String,
    /// Below it: `dana · blocked`; may be hostile text.
    pub note: String,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub due: Option<Date>,
    /// How it stands.
    pub status: InitiativeStatus,
    /// Open and past its due day.
    pub overdue: bool,
}

/// A measured line with a band of what is expected (a forecast, after the line) or usual (along the line).
#[derive(Debug, Clone, PartialEq)]
pub struct CorridorChart {
    /// Heading.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// What is counted.
    pub metric: Metric,
    /// Width of a point.
    pub grain: Grain,
    /// What was measured; may be empty.
    pub line: Series,
    /// Oldest first; may overlap the line in time (usual) or follow it (expected).
    pub band: Vec<CorridorPoint>,
    /// What the band is: `expected`, `usual`.
    pub band_name: String,
    /// What the values are held against.
    pub level: Option<ChartLevel>,
    /// Unusual points of the line, or dates such as `commitment reached`.
    pub marks: Vec<ChartMark>,
    /// The figure to read first, as the expected total.
    pub headline: Option<Fact>,
    /// Its change against the period before.
    pub change: Option<Fact>,
}

impl CorridorChart {
    /// Whether the band sets out where the line ends: a forecast.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        match (self.line.points.last(), self.band.first()) {
            (Some(last), Some(first)) => first.at >= last.at,
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }

    /// The measured point whose bucket holds an instant.
    #[must_use]
    pub fn measured_at(&self, at: Timestamp) -> Option<&SeriesPoint> {
        let index = self.line.points.iter().rposition(|point| point.at <= at)?;
        let point = &self.line.points[index];
        let is_last = index + 1 == self.line.points.len();
        (!is_last || at < self.grain.next(point.at)).then_some(point)
    }
}

/// What is expected or usual in one bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CorridorPoint {
    /// Begin of the bucket.
    pub at: Timestamp,
    /// The most likely value.
    pub middle: Quantity,
    /// Low and high of the 80 % band of a forecast.
    pub inner: Option<(Quantity, Quantity)>,
    /// Low and high of the 95 % band of a forecast, or of the usual range.
    pub outer: Option<(Quantity, Quantity)>,
}

/// A level that the values of all buckets are held against, as what a commitment comes to in each.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartLevel {
    /// `commitment per day`.
    pub name: String,
    /// How high it lies.
    pub value: Quantity,
}

/// A moment worth pointing at.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartMark {
    /// When.
    pub at: Timestamp,
    /// A few words; may be hostile text.
    pub label: String,
    /// Whether it is good news.
    pub tone: Tone,
}

/// A change split into its causes, from a score to another: drawn as a waterfall.
#[derive(Debug, Clone, PartialEq)]
pub struct StepsChart {
    /// Heading.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// The score at the begin.
    pub from: Step,
    /// What moved it, in drawing order; those of zero may be left out.
    pub steps: Vec<Step>,
    /// The score at the end.
    pub to: Step,
}

/// One cause of a change, or one of its two ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name; may be hostile text.
    pub name: String,
    /// A score for the ends, points for the causes between.
    pub fact: Fact,
}

/// A score day by day.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoresChart {
    /// Heading.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// In words.
    pub description: String,
    /// Oldest first.
    pub days: Vec<ScoreDay>,
    /// Least score of a healthy account.
    pub healthy_from: f64,
    /// Least score of one to watch; below it is at risk.
    pub watch_from: f64,
    /// Changes of the configuration and the like.
    pub marks: Vec<ChartMark>,
}

/// The score of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreDay {
    /// Which.
    pub day: Date,
    /// The score; `None` when it could not be judged.
    pub score: Option<f64>,
    /// Its band.
    pub band: Option<Band>,
    /// Whether a person set it by hand.
    pub overridden: bool,
}
