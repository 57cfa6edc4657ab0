//! What the interactive chart draws, as JSON inside the page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::Band;
use crate::domain::Quantity;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::render::words;
use crate::reply::ChartLevel;
use crate::reply::ChartMark;
use crate::reply::ChartSpec;
use crate::reply::CorridorChart;
use crate::reply::CorridorPoint;
use crate::reply::ScoresChart;
use crate::reply::Series;
use crate::reply::SeriesChart;
use crate::reply::SeriesPoint;

/// Whether script can draw a chart better than we do.
pub(super) fn is_live(spec: &ChartSpec) -> bool {
    wire(spec).is_some()
}

/// The data of a chart that script can draw better than we do, safe inside a `script` element; `None` for the others.
#[must_use]
pub fn chart_json(spec: &ChartSpec) -> Option<String> {
    let json = serde_json::to_string(&wire(spec)?).expect("strings and finite numbers are JSON");
    // Inside a script element only `<` can end it or open a comment; the escapes are the same text in JSON.
    Some(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

/// A chart by its kind. Times are in milliseconds since 1970; what stands beside them is as long as they are.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Wire<'a> {
    Series(SeriesData<'a>),
    Corridor(CorridorData<'a>),
    Scores(ScoresData<'a>),
}

#[derive(Serialize)]
struct SeriesData<'a> {
    title: &'a str,
    description: &'a str,
    grain: &'static str,
    unit: Unit,
    /// Begin of each bucket.
    at: Vec<i64>,
    /// Indices of buckets that are not complete.
    partial: Vec<usize>,
    series: Vec<Line<'a>>,
    previous: Option<Line<'a>>,
    level: Option<Level<'a>>,
    marks: Vec<Mark<'a>>,
}

#[derive(Serialize)]
struct CorridorData<'a> {
    title: &'a str,
    description: &'a str,
    grain: &'static str,
    unit: Unit,
    /// Begin of each bucket, measured or not.
    at: Vec<i64>,
    partial: Vec<usize>,
    measured: Vec<Option<f64>>,
    band_name: &'a str,
    /// Whether the band sets out where the line ends.
    ahead: bool,
    middle: Vec<Option<f64>>,
    inner: Vec<Option<[f64; 2]>>,
    outer: Vec<Option<[f64; 2]>>,
    level: Option<Level<'a>>,
    marks: Vec<Mark<'a>>,
}

#[derive(Serialize)]
struct ScoresData<'a> {
    title: &'a str,
    description: &'a str,
    grain: &'static str,
    /// Begin of each day.
    at: Vec<i64>,
    scores: Vec<Option<f64>>,
    bands: Vec<Option<&'static str>>,
    /// Indices of days whose score was set by hand.
    overridden: Vec<usize>,
    watch_from: f64,
    healthy_from: f64,
    marks: Vec<Mark<'a>>,
}

#[derive(Serialize)]
struct Unit {
    word: &'static str,
    /// What stands before an amount of money.
    prefix: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    values: Vec<Option<f64>>,
}

#[derive(Serialize)]
struct Level<'a> {
    name: &'a str,
    value: f64,
}

impl<'a> Level<'a> {
    fn of(level: &'a ChartLevel) -> Option<Self> {
        Some(Self { name: &level.name, value: level.value.as_f64()? })
    }
}

#[derive(Serialize)]
struct Mark<'a> {
    /// Index of its bucket.
    index: usize,
    label: &'a str,
    tone: &'static str,
    /// Whether it is about the measured value there.
    measured: bool,
}

fn wire(spec: &ChartSpec) -> Option<Wire<'_>> {
    match spec {
        ChartSpec::Series(chart) => Some(Wire::Series(series(chart))),
        // Where there is no course to look at, the picture says more: why there is none.
        ChartSpec::Corridor(chart) => Some(corridor(chart)).filter(has_course).map(Wire::Corridor),
        ChartSpec::Scores(chart) if chart.days.iter().filter(|day| day.score.is_some()).count() < 2 => None,
        ChartSpec::Scores(chart) => Some(Wire::Scores(scores(chart))),
        ChartSpec::Health(_)
        | ChartSpec::Bands(_)
        | ChartSpec::Bars(_)
        | ChartSpec::Timeline(_)
        | ChartSpec::Steps(_) => None,
    }
}

fn has_course(data: &CorridorData<'_>) -> bool {
    let values = || data.measured.iter().chain(&data.middle).flatten();
    data.at.len() > 1 && values().any(|value| *value > 0.0)
}

fn unit(word: &'static str, mut values: impl Iterator<Item = Quantity>) -> Unit {
    let prefix = values.find_map(|value| match value {
        Quantity::Money(_, currency) => Some(currency.prefix()),
        _ => None,
    });
    Unit { word, prefix }
}

/// Indices of the items that are as asked.
fn indices<T>(items: impl Iterator<Item = T>, asked: impl Fn(&T) -> bool) -> Vec<usize> {
    items.enumerate().filter(|(_, item)| asked(item)).map(|(index, _)| index).collect()
}

fn series(chart: &SeriesChart) -> SeriesData<'_> {
    let points = chart.series.first().map(|line| line.points.as_slice()).unwrap_or_default();
    let line = |series: &'_ Series| -> Vec<Option<f64>> {
        series.points.iter().map(|point| point.value.as_f64()).collect()
    };
    let begins: Vec<Timestamp> = points.iter().map(|point| point.at).collect();
    SeriesData {
        title: &chart.title,
        description: &chart.description,
        grain: chart.grain.word(),
        unit: unit(chart.metric.title(), points.iter().map(|point| point.value)),
        at: points.iter().map(|point| point.at.as_millisecond()).collect(),
        partial: indices(points.iter(), |point| !point.complete),
        series: chart.series.iter().map(|one| Line { name: &one.name, values: line(one) }).collect(),
        previous: chart.previous.as_ref().map(|one| Line { name: &one.name, values: line(one) }),
        level: chart.level.as_ref().and_then(Level::of),
        marks: marks(&chart.marks, |mark| Some((bucket_of(&begins, mark.at)?, false))),
    }
}

fn corridor(chart: &CorridorChart) -> CorridorData<'_> {
    let mut buckets: BTreeMap<Timestamp, (Option<&SeriesPoint>, Option<&CorridorPoint>)> = BTreeMap::new();
    for point in &chart.line.points {
        buckets.entry(point.at).or_default().0 = Some(point);
    }
    for point in &chart.band {
        buckets.entry(point.at).or_default().1 = Some(point);
    }
    let at: Vec<Timestamp> = buckets.keys().copied().collect();
    let mark = |mark: &'_ ChartMark| {
        let point = chart.measured_at(mark.at);
        let index = bucket_of(&at, point.map_or(mark.at, |point| point.at))?;
        Some((index, point.is_some()))
    };
    let band = || buckets.values().map(|(_, point)| *point);
    let range = |range: Option<(Quantity, Quantity)>| {
        range.and_then(|(low, high)| Some([low.as_f64()?, high.as_f64()?]))
    };
    let values = chart.line.points.iter().map(|point| point.value);
    CorridorData {
        title: &chart.title,
        description: &chart.description,
        grain: chart.grain.word(),
        unit: unit(chart.metric.title(), values.chain(chart.band.iter().map(|point| point.middle))),
        partial: indices(buckets.values(), |(point, _)| point.is_some_and(|point| !point.complete)),
        measured: buckets.values().map(|(point, _)| point.and_then(|point| point.value.as_f64())).collect(),
        band_name: &chart.band_name,
        ahead: chart.is_ahead(),
        middle: band().map(|point| point.and_then(|point| point.middle.as_f64())).collect(),
        inner: band().map(|point| range(point.and_then(|point| point.inner))).collect(),
        outer: band().map(|point| range(point.and_then(|point| point.outer))).collect(),
        level: chart.level.as_ref().and_then(Level::of),
        marks: marks(&chart.marks, mark),
        at: at.iter().map(|at| at.as_millisecond()).collect(),
    }
}

fn scores(chart: &ScoresChart) -> ScoresData<'_> {
    let at: Vec<Timestamp> = chart.days.iter().map(|day| utc_midnight(day.day)).collect();
    let mark = |mark: &'_ ChartMark| Some((bucket_of(&at, utc_midnight(utc_date(mark.at)))?, false));
    ScoresData {
        title: &chart.title,
        description: &chart.description,
        grain: "day",
        scores: chart.days.iter().map(|day| day.score).collect(),
        bands: chart.days.iter().map(|day| day.band.map(Band::word)).collect(),
        overridden: indices(chart.days.iter(), |day| day.overridden),
        watch_from: chart.watch_from,
        healthy_from: chart.healthy_from,
        marks: marks(&chart.marks, mark),
        at: at.iter().map(|at| at.as_millisecond()).collect(),
    }
}

/// The bucket that an instant lies in; `None` outside of all.
fn bucket_of(at: &[Timestamp], instant: Timestamp) -> Option<usize> {
    let index = at.iter().rposition(|at| *at <= instant)?;
    (index + 1 < at.len() || at[index] == instant).then_some(index)
}

/// The marks that have a place: index and whether the measured value is meant.
fn marks<'a>(marks: &'a [ChartMark], place: impl Fn(&ChartMark) -> Option<(usize, bool)>) -> Vec<Mark<'a>> {
    let placed = |mark: &'a ChartMark| {
        let (index, measured) = place(mark)?;
        Some(Mark { index, label: &mark.label, tone: words::tone_word(mark.tone), measured })
    };
    marks.iter().filter_map(placed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grain;
    use crate::domain::Metric;
    use crate::render::chart::samples;

    fn page_data(name: &str) -> serde_json::Value {
        serde_json::from_str(&chart_json(&samples::named(name)).unwrap()).unwrap()
    }

    #[test]
    fn a_corridor_has_all_its_lists_on_one_time_axis() {
        for name in ["corridor", "corridor-usual", "corridor-no-line", "corridor-no-band"] {
            let data = page_data(name);
            let count = data["at"].as_array().unwrap().len();
            for list in ["measured", "middle", "inner", "outer"] {
                assert_eq!(data[list].as_array().unwrap().len(), count, "{name} {list}");
            }
        }
        let data = page_data("corridor");
        assert_eq!(data["measured"][63], serde_json::Value::Null);
        assert_eq!((&data["marks"][0]["index"], &data["marks"][0]["measured"]), (&80.into(), &false.into()));
        assert_eq!(page_data("corridor-usual")["marks"][0]["measured"], true);
    }

    #[test]
    fn scores_tell_which_days_were_set_by_hand() {
        let data = page_data("scores");
        assert_eq!(data["overridden"].as_array().unwrap().len(), 22);
        assert_eq!((&data["scores"][40], &data["bands"][100]), (&serde_json::Value::Null, &"healthy".into()));
        assert!(!chart_json(&samples::named("scores")).unwrap().contains('<'));
        for name in ["steps", "scores-one", "scores-unjudged", "corridor-empty", "corridor-zero"] {
            assert_eq!(chart_json(&samples::named(name)), None, "{name}");
        }
    }

    #[test]
    fn a_hostile_name_cannot_end_the_script_element() {
        let point = SeriesPoint {
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            value: Quantity::Calls(7),
            complete: true,
        };
        let chart = SeriesChart {
            title: "</script><script>alert(1)</script>".into(),
            subtitle: String::new(),
            description: "<!--".into(),
            metric: Metric::ApiCalls,
            grain: Grain::Day,
            series: vec![Series { name: "a & b".into(), points: vec![point] }],
            previous: None,
            change: None,
            total: None,
            level: None,
            marks: Vec::new(),
        };
        let json = chart_json(&ChartSpec::Series(chart)).unwrap();
        assert!(!json.contains(['<', '>', '&']), "{json}");
        let back: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["series"][0]["name"], "a & b");
        assert_eq!(back["series"][0]["values"][0], 7.0);
    }
}
