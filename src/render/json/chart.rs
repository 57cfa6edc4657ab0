//! Charts on the wire: what is shown, not how.

use serde::Serialize;
use serde_json::Value;

use crate::domain::Band;
use crate::domain::Fact;
use crate::domain::Quantity;
use crate::render::words;
use crate::reply::Bar;
use crate::reply::ChartLevel;
use crate::reply::ChartMark;
use crate::reply::ChartSpec;
use crate::reply::CorridorChart;
use crate::reply::CorridorPoint;
use crate::reply::HealthCard;
use crate::reply::ScoreDay;
use crate::reply::Series;
use crate::reply::SeriesPoint;
use crate::reply::Step;

use super::fact::{WireFact, float, number};

/// A chart with its words; `data` depends on `kind`.
#[derive(Debug, Serialize)]
pub(super) struct WireChart {
    kind: &'static str,
    title: String,
    subtitle: String,
    description: String,
    #[serde(flatten)]
    data: WireChartData,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum WireChartData {
    Series {
        metric: &'static str,
        unit: String,
        grain: &'static str,
        series: Vec<WireSeries>,
        previous: Option<WireSeries>,
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<WireLevel>,
        total: Option<WireFact>,
        change: Option<WireFact>,
    },
    Health {
        score: Option<WireFact>,
        band: Option<&'static str>,
        factors: Vec<WireFactor>,
    },
    Bands {
        bands: Vec<WireBand>,
        worst: Vec<WireBar>,
    },
    Bars {
        bars: Vec<WireBar>,
    },
    Timeline {
        today: String,
        rows: Vec<WireTimelineRow>,
    },
    Corridor {
        metric: &'static str,
        unit: String,
        grain: &'static str,
        line: WireSeries,
        band_name: String,
        band: Vec<WireCorridorPoint>,
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<WireLevel>,
        marks: Vec<WireMark>,
        headline: Option<WireFact>,
        change: Option<WireFact>,
    },
    Steps {
        from: WireStep,
        steps: Vec<WireStep>,
        to: WireStep,
    },
    Scores {
        healthy_from: Value,
        watch_from: Value,
        days: Vec<WireScoreDay>,
        marks: Vec<WireMark>,
    },
}

#[derive(Debug, Serialize)]
struct WireSeries {
    name: String,
    points: Vec<WirePoint>,
}

/// What the values are held against; money in whole units.
#[derive(Debug, Serialize)]
struct WireLevel {
    name: String,
    value: Value,
}

/// One value; money in whole units.
#[derive(Debug, Serialize)]
struct WirePoint {
    at: String,
    value: Value,
    complete: bool,
}

#[derive(Debug, Serialize)]
struct WireFactor {
    factor: &'static str,
    score: Option<WireFact>,
    weight: Option<WireFact>,
    measured: Option<WireFact>,
    words: String,
}

#[derive(Debug, Serialize)]
struct WireBand {
    band: &'static str,
    accounts: WireFact,
}

#[derive(Debug, Serialize)]
struct WireBar {
    name: String,
    length: Value,
    fact: WireFact,
    aside: Option<WireFact>,
    band: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct WireTimelineRow {
    title: String,
    note: String,
    start: Option<String>,
    due: Option<String>,
    status: &'static str,
    overdue: bool,
}

/// What is expected or usual in one bucket; each range from low to high.
#[derive(Debug, Serialize)]
struct WireCorridorPoint {
    at: String,
    middle: Value,
    inner: Option<[Value; 2]>,
    outer: Option<[Value; 2]>,
}

#[derive(Debug, Serialize)]
struct WireMark {
    at: String,
    label: String,
    tone: &'static str,
}

#[derive(Debug, Serialize)]
struct WireStep {
    name: String,
    fact: WireFact,
}

#[derive(Debug, Serialize)]
struct WireScoreDay {
    day: String,
    score: Option<Value>,
    band: Option<&'static str>,
    overridden: bool,
}

impl WireChart {
    pub(super) fn new(spec: &ChartSpec, public_url: Option<&str>) -> Self {
        let (kind, subtitle) = match spec {
            ChartSpec::Series(chart) => ("series", &chart.subtitle),
            ChartSpec::Health(chart) => ("health", &chart.subtitle),
            ChartSpec::Bands(chart) => ("bands", &chart.subtitle),
            ChartSpec::Bars(chart) => ("bars", &chart.subtitle),
            ChartSpec::Timeline(chart) => ("timeline", &chart.subtitle),
            ChartSpec::Corridor(chart) => ("corridor", &chart.subtitle),
            ChartSpec::Steps(chart) => ("steps", &chart.subtitle),
            ChartSpec::Scores(chart) => ("scores", &chart.subtitle),
        };
        Self {
            kind,
            title: spec.title().to_owned(),
            subtitle: subtitle.clone(),
            description: spec.description().to_owned(),
            data: data(spec, public_url),
        }
    }
}

fn data(spec: &ChartSpec, public_url: Option<&str>) -> WireChartData {
    let fact = |fact: &Fact| WireFact::new(fact, public_url);
    let maybe = |known: &Option<Fact>| known.as_ref().map(fact);
    match spec {
        ChartSpec::Series(chart) => WireChartData::Series {
            metric: chart.metric.word(),
            unit: unit(chart.series.iter().chain(&chart.previous)),
            grain: chart.grain.word(),
            series: chart.series.iter().map(series).collect(),
            previous: chart.previous.as_ref().map(series),
            level: chart.level.as_ref().map(level),
            total: maybe(&chart.total),
            change: maybe(&chart.change),
        },
        ChartSpec::Health(card) => health(card, public_url),
        ChartSpec::Bands(chart) => WireChartData::Bands {
            bands: chart
                .bands
                .iter()
                .map(|slice| WireBand { band: slice.band.key(), accounts: fact(&slice.accounts) })
                .collect(),
            worst: bars(&chart.worst, public_url),
        },
        ChartSpec::Bars(chart) => WireChartData::Bars { bars: bars(&chart.bars, public_url) },
        ChartSpec::Timeline(chart) => WireChartData::Timeline {
            today: chart.today.to_string(),
            rows: chart
                .rows
                .iter()
                .map(|row| WireTimelineRow {
                    title: row.title.clone(),
                    note: row.note.clone(),
                    start: row.start.map(|day| day.to_string()),
                    due: row.due.map(|day| day.to_string()),
                    status: row.status.word(),
                    overdue: row.overdue,
                })
                .collect(),
        },
        ChartSpec::Corridor(chart) => corridor(chart, public_url),
        ChartSpec::Steps(chart) => {
            let step = |step: &Step| WireStep { name: step.name.clone(), fact: fact(&step.fact) };
            WireChartData::Steps {
                from: step(&chart.from),
                steps: chart.steps.iter().map(step).collect(),
                to: step(&chart.to),
            }
        }
        ChartSpec::Scores(chart) => WireChartData::Scores {
            healthy_from: float(chart.healthy_from),
            watch_from: float(chart.watch_from),
            days: chart.days.iter().map(score_day).collect(),
            marks: chart.marks.iter().map(mark).collect(),
        },
    }
}

fn health(card: &HealthCard, public_url: Option<&str>) -> WireChartData {
    let maybe = |known: &Option<Fact>| known.as_ref().map(|fact| WireFact::new(fact, public_url));
    WireChartData::Health {
        score: maybe(&card.score),
        band: card.band.map(Band::key),
        factors: card
            .factors
            .iter()
            .map(|bar| WireFactor {
                factor: bar.kind.word(),
                score: maybe(&bar.score),
                weight: maybe(&bar.weight),
                measured: maybe(&bar.measured),
                words: bar.words.clone(),
            })
            .collect(),
    }
}

fn corridor(chart: &CorridorChart, public_url: Option<&str>) -> WireChartData {
    let maybe = |known: &Option<Fact>| known.as_ref().map(|fact| WireFact::new(fact, public_url));
    WireChartData::Corridor {
        metric: chart.metric.word(),
        unit: chart
            .band
            .first()
            .map_or_else(|| unit(std::iter::once(&chart.line)), |point| point.middle.unit().to_owned()),
        grain: chart.grain.word(),
        line: series(&chart.line),
        band_name: chart.band_name.clone(),
        band: chart.band.iter().map(corridor_point).collect(),
        level: chart.level.as_ref().map(level),
        marks: chart.marks.iter().map(mark).collect(),
        headline: maybe(&chart.headline),
        change: maybe(&chart.change),
    }
}

fn corridor_point(point: &CorridorPoint) -> WireCorridorPoint {
    let range = |range: Option<(Quantity, Quantity)>| range.map(|(low, high)| [number(&low), number(&high)]);
    WireCorridorPoint {
        at: point.at.to_string(),
        middle: number(&point.middle),
        inner: range(point.inner),
        outer: range(point.outer),
    }
}

fn mark(mark: &ChartMark) -> WireMark {
    WireMark { at: mark.at.to_string(), label: mark.label.clone(), tone: words::tone_word(mark.tone) }
}

fn score_day(day: &ScoreDay) -> WireScoreDay {
    WireScoreDay {
        day: day.day.to_string(),
        score: day.score.map(float),
        band: day.band.map(Band::key),
        overridden: day.overridden,
    }
}

/// Unit of the first value; empty when there is none.
fn unit<'a>(mut lines: impl Iterator<Item = &'a Series>) -> String {
    lines.find_map(|line| line.points.first()).map(|point| point.value.unit().to_owned()).unwrap_or_default()
}

fn level(level: &ChartLevel) -> WireLevel {
    WireLevel { name: level.name.clone(), value: number(&level.value) }
}

fn series(line: &Series) -> WireSeries {
    let point = |point: &SeriesPoint| WirePoint {
        at: point.at.to_string(),
        value: number(&point.value),
        complete: point.complete,
    };
    WireSeries { name: line.name.clone(), points: line.points.iter().map(point).collect() }
}

fn bars(bars: &[Bar], public_url: Option<&str>) -> Vec<WireBar> {
    bars.iter()
        .map(|bar| WireBar {
            name: bar.name.clone(),
            length: float(bar.length),
            fact: WireFact::new(&bar.fact, public_url),
            aside: bar.aside.as_ref().map(|fact| WireFact::new(fact, public_url)),
            band: bar.band.map(Band::key),
        })
        .collect()
}
