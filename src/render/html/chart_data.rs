//! What the interactive chart draws, as JSON inside the page.

use serde::Serialize;

use crate::domain::Currency;
use crate::domain::Quantity;
use crate::reply::ChartSpec;
use crate::reply::Series;
use crate::reply::SeriesChart;

/// Whether script can draw a chart better than we do.
pub(super) fn is_live(spec: &ChartSpec) -> bool {
    match spec {
        ChartSpec::Series(_) => true,
        ChartSpec::Health(_)
        | ChartSpec::Bands(_)
        | ChartSpec::Bars(_)
        | ChartSpec::Timeline(_)
        | ChartSpec::Corridor(_)
        | ChartSpec::Scores(_)
        | ChartSpec::Steps(_) => false,
    }
}

/// The data of a chart that script can draw better than we do, safe inside a `script` element; `None` for the others.
#[must_use]
pub fn chart_json(spec: &ChartSpec) -> Option<String> {
    let json = match spec {
        ChartSpec::Series(chart) => serde_json::to_string(&wire(chart)),
        ChartSpec::Corridor(_)
        | ChartSpec::Scores(_)
        | ChartSpec::Health(_)
        | ChartSpec::Bands(_)
        | ChartSpec::Bars(_)
        | ChartSpec::Timeline(_)
        | ChartSpec::Steps(_) => return None,
    };
    let json = json.expect("strings and finite numbers are JSON");
    // Inside a script element only `<` can end it or open a comment; the escapes are the same text in JSON.
    Some(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

#[derive(Serialize)]
struct Wire<'a> {
    title: &'a str,
    description: &'a str,
    grain: &'static str,
    unit: Unit,
    /// Begin of each bucket in milliseconds since 1970.
    at: Vec<i64>,
    /// Indices of buckets that are not complete.
    partial: Vec<usize>,
    series: Vec<Line<'a>>,
    previous: Option<Line<'a>>,
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

fn wire(chart: &SeriesChart) -> Wire<'_> {
    let points = chart.series.first().map(|line| line.points.as_slice()).unwrap_or_default();
    let currency: Option<Currency> = points.iter().find_map(|point| match point.value {
        Quantity::Money(_, currency) => Some(currency),
        _ => None,
    });
    let line = |series: &'_ Series| -> Vec<Option<f64>> {
        series.points.iter().map(|point| point.value.as_f64()).collect()
    };
    Wire {
        title: &chart.title,
        description: &chart.description,
        grain: chart.grain.word(),
        unit: Unit { word: chart.metric.title(), prefix: currency.map(|currency| currency.prefix()) },
        at: points.iter().map(|point| point.at.as_millisecond()).collect(),
        partial: points
            .iter()
            .enumerate()
            .filter(|(_, point)| !point.complete)
            .map(|(index, _)| index)
            .collect(),
        series: chart.series.iter().map(|one| Line { name: &one.name, values: line(one) }).collect(),
        previous: chart.previous.as_ref().map(|one| Line { name: &one.name, values: line(one) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grain;
    use crate::domain::Metric;
    use crate::reply::SeriesPoint;

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
        };
        let json = chart_json(&ChartSpec::Series(chart)).unwrap();
        assert!(!json.contains(['<', '>', '&']), "{json}");
        let back: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["series"][0]["name"], "a & b");
        assert_eq!(back["series"][0]["values"][0], 7.0);
    }
}
