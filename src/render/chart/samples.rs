//! Charts to look at and to test with; also read by `examples/charts.rs`.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::Currency;
use crate::domain::DAY_MS;
use crate::domain::Fact;
use crate::domain::FactKey;
use crate::domain::Grain;
use crate::domain::HOUR_MS;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::reply::{ChartSpec, Series, SeriesChart, SeriesPoint};

/// A fact of any value; its receipt does not matter here.
pub(crate) fn fact(value: Quantity) -> Fact {
    let to: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
    let window = Window::ending(to, SignedDuration::from_hours(24));
    let key = FactKey { measure: Measure::HealthScore, filter: UsageFilter::default(), window, version: 1 };
    Fact { key, value }
}

/// A made-up course of usage: growth, a weekly rhythm and some unrest, all from the index alone.
fn course(index: usize, base: f64, growth: f64) -> f64 {
    let week = if index % 7 >= 5 { 0.58 } else { 1.0 };
    let unrest = ((index * 7_919) % 101) as f64 / 101.0 - 0.5;
    base * week * (1.0 + growth * index as f64 / 100.0) * (1.0 + 0.14 * unrest)
}

/// Points from a start on; the last `partial` ones are not complete.
pub(crate) fn points(
    from: &str,
    step_ms: i64,
    partial: usize,
    values: impl Iterator<Item = Quantity>,
) -> Vec<SeriesPoint> {
    let from: Timestamp = from.parse().unwrap();
    let mut points: Vec<SeriesPoint> = values
        .enumerate()
        .map(|(index, value)| SeriesPoint {
            at: Timestamp::from_millisecond(from.as_millisecond() + step_ms * index as i64).unwrap(),
            value,
            complete: true,
        })
        .collect();
    points.iter_mut().rev().take(partial).for_each(|point| {
        point.complete = false;
        point.value = match point.value {
            Quantity::Calls(n) => Quantity::Calls(n / 3),
            other => other,
        };
    });
    points
}

fn calls(count: usize, base: f64, growth: f64) -> impl Iterator<Item = Quantity> {
    (0..count).map(move |index| Quantity::Calls(course(index, base, growth) as u64))
}

/// A chart of one or more lines.
pub(crate) fn series_chart(
    metric: Metric,
    grain: Grain,
    series: Vec<(&str, Vec<SeriesPoint>)>,
) -> SeriesChart {
    SeriesChart {
        title: format!("Acme — {} per {}", metric.title(), grain.word()),
        subtitle: "last 30 days, to 22 Nov 2026 14:00 UTC".into(),
        description: "Calls rose over the last 30 days, with a dip on each weekend.".into(),
        metric,
        grain,
        series: series.into_iter().map(|(name, points)| Series { name: name.into(), points }).collect(),
        previous: None,
        change: None,
        total: None,
    }
}

fn compared() -> SeriesChart {
    let now = points("2026-10-24T00:00:00Z", DAY_MS, 1, calls(30, 46_000.0, 1.2));
    let before = points("2026-09-24T00:00:00Z", DAY_MS, 0, calls(30, 41_000.0, 0.4));
    SeriesChart {
        previous: Some(Series { name: "period before".into(), points: before }),
        change: Some(fact(Quantity::Change(Some(0.1244)))),
        total: Some(fact(Quantity::Calls(1_231_904))),
        ..series_chart(Metric::ApiCalls, Grain::Day, vec![("API calls", now)])
    }
}

fn stacked() -> SeriesChart {
    let part = |base: f64, growth: f64| points("2026-08-30T00:00:00Z", DAY_MS, 1, calls(84, base, growth));
    let parts = vec![
        ("/v1/chat/large", part(30_000.0, 0.6)),
        ("/v1/embeddings", part(18_000.0, -0.3)),
        ("/v1/rerank", part(9_000.0, 0.9)),
        ("/v1/audio/transcriptions-with-a-long-name", part(5_000.0, 0.1)),
        ("other", part(2_000.0, 0.0)),
    ];
    SeriesChart {
        title: "Acme — API calls per day by endpoint".into(),
        subtitle: "last 12 weeks, to 22 Nov 2026 14:00 UTC".into(),
        change: Some(fact(Quantity::Change(Some(-0.083)))),
        total: Some(fact(Quantity::Calls(5_402_118))),
        ..series_chart(Metric::ApiCalls, Grain::Day, parts)
    }
}

fn cost() -> SeriesChart {
    let usd = |index: usize| {
        Quantity::Money(Money::from_micros((course(index, 88.0, 0.9) * 1e6) as i64), Currency::USD)
    };
    let now = points("2026-11-20T14:00:00Z", HOUR_MS, 0, (0..48).map(usd));
    SeriesChart {
        subtitle: "last 48 hours, to 22 Nov 2026 14:00 UTC".into(),
        change: Some(fact(Quantity::Change(Some(0.021)))),
        total: Some(fact(Quantity::Money(Money::from_micros(3_912_440_000), Currency::USD))),
        ..series_chart(Metric::Cost, Grain::Hour, vec![("Cost", now)])
    }
}

/// Many points, long names, huge numbers.
fn extreme() -> SeriesChart {
    let values = (0..2_000).map(|index| Quantity::Tokens((course(index, 4.1e15, 0.9)) as u64));
    let many = points("2021-06-01T00:00:00Z", DAY_MS, 0, values);
    SeriesChart {
        title: "Österreichische Gesellschaft für Überlange Namen und 株式会社 <b>&amp;</b> — Tokens per day"
            .into(),
        subtitle:
            "last 2,000 days, a subtitle that is far longer than any picture is wide and so must be cut \
                   before it meets the change at the right"
                .into(),
        change: Some(fact(Quantity::Change(Some(3.456)))),
        total: Some(fact(Quantity::Tokens(18_446_744_073_709_551_615))),
        ..series_chart(Metric::Tokens, Grain::Day, vec![("Tokens", many)])
    }
}

/// A chart of each kind and of each odd state, with a name for its file.
pub(crate) fn all() -> Vec<(&'static str, ChartSpec)> {
    let zero = points("2026-10-24T00:00:00Z", DAY_MS, 0, (0..30).map(|_| Quantity::Errors(0)));
    let single = points("2026-11-22T00:00:00Z", DAY_MS, 0, std::iter::once(Quantity::Calls(3_214)));
    vec![
        ("series", ChartSpec::Series(compared())),
        ("series-stacked", ChartSpec::Series(stacked())),
        ("series-cost", ChartSpec::Series(cost())),
        ("series-extreme", ChartSpec::Series(extreme())),
        ("series-empty", ChartSpec::Series(series_chart(Metric::ApiCalls, Grain::Day, vec![]))),
        ("series-zero", ChartSpec::Series(series_chart(Metric::Errors, Grain::Day, vec![("Errors", zero)]))),
        (
            "series-single",
            ChartSpec::Series(series_chart(Metric::ApiCalls, Grain::Day, vec![("Calls", single)])),
        ),
    ]
}
