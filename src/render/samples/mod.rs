//! Answers to look at: one of each shape, with a few hostile names, for the tests of the printers.
#![expect(clippy::too_many_lines, reason = "an answer reads best in one piece")]

mod courses;
mod lists;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::Band;
use crate::domain::Currency;
use crate::domain::Fact;
use crate::domain::FactKey;
use crate::domain::FactorKind;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::FactorBar;
use crate::reply::HealthCard;
use crate::reply::Prose;
use crate::reply::Series;
use crate::reply::SeriesChart;
use crate::reply::SeriesPoint;
use crate::reply::Table;
use crate::reply::Tone;

pub(in crate::render) use courses::{anomalies, courses, forecast, scores, why};
pub(in crate::render) use lists::{help, initiatives, movers, portfolio, problem};

/// The address that links begin with.
pub(in crate::render) const URL: &str = "https://etsm.example";

const VERSION: u64 = 12;

pub(super) fn until() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

pub(super) fn month() -> Window {
    Window::ending(until(), SignedDuration::from_hours(24 * 30))
}

pub(in crate::render) fn fact(
    measure: Measure,
    account: Option<&str>,
    endpoint: Option<&str>,
    value: Quantity,
) -> Fact {
    let filter = UsageFilter {
        account: account.map(|id| id.parse().unwrap()),
        endpoint: endpoint.map(|name| name.parse().unwrap()),
        model: None,
    };
    Fact { key: FactKey { measure, filter, window: month(), version: VERSION }, value }
}

pub(super) fn calls(account: Option<&str>, endpoint: Option<&str>, n: u64) -> Fact {
    fact(Measure::Sum(Metric::ApiCalls), account, endpoint, Quantity::Calls(n))
}

pub(super) fn cost(account: Option<&str>, micros: i64) -> Fact {
    let amount = Quantity::Money(Money::from_micros(micros), Currency::USD);
    fact(Measure::Sum(Metric::Cost), account, None, amount)
}

pub(super) fn change(
    metric: Metric,
    account: Option<&str>,
    endpoint: Option<&str>,
    size: Option<f64>,
) -> Fact {
    fact(Measure::Change(metric), account, endpoint, Quantity::Change(size))
}

pub(super) fn line(label: &str, fact: Fact, change: Option<Fact>, more_is_good: Option<bool>) -> FactLine {
    FactLine { label: label.into(), fact, change, more_is_good }
}

pub(super) fn action(label: &str, line: &str, current: bool) -> Action {
    Action { label: label.into(), line: line.into(), current, form: false }
}

pub(super) fn answer(title: &str, path: &str, blocks: Vec<Block>, actions: Vec<Action>) -> Answer {
    Answer {
        title: title.into(),
        blocks,
        as_of: AsOf { data_until: Some(until()), version: VERSION },
        path: Some(path.into()),
        actions,
        picks: Vec::new(),
        private: false,
    }
}

pub(super) fn link(text: &str, path: &str) -> Cell {
    Cell::Link { text: text.into(), path: path.into() }
}

pub(in crate::render) fn usage() -> Answer {
    let acme = Some("acme");
    let point = |day: i64| {
        let at = Grain::Day.floor(month().from()) + SignedDuration::from_hours(24 * day);
        let weekend = day % 7 >= 5;
        let n = if weekend { 110 } else { 480 + 7 * day };
        SeriesPoint { at, value: Quantity::Calls(n as u64), complete: day < 30 }
    };
    let previous = |day: i64| SeriesPoint {
        value: Quantity::Calls(380 - 40 * (day as u64 % 7)),
        complete: true,
        ..point(day)
    };
    let chart = SeriesChart {
        title: "Acme — API calls per day".into(),
        subtitle: "last 30 days, to 22 Nov 2026 14:00 UTC".into(),
        description: "API calls of Acme per day rose by +12.4 % to 12.4 k.".into(),
        metric: Metric::ApiCalls,
        grain: Grain::Day,
        series: vec![Series { name: "API calls".into(), points: (0..=30).map(point).collect() }],
        previous: Some(Series { name: "30 days before".into(), points: (0..=30).map(previous).collect() }),
        change: Some(change(Metric::ApiCalls, acme, None, Some(0.1244))),
        total: Some(calls(acme, None, 12_431)),
        level: None,
        marks: Vec::new(),
    };
    let row = |name: &str, n: u64, size: Option<f64>, tone: Tone, spark: &[f64]| {
        vec![
            Cell::Text(name.into()),
            Cell::Fact(calls(acme, Some(name), n)),
            Cell::Change(change(Metric::ApiCalls, acme, Some(name), size), tone),
            Cell::Spark(spark.to_vec()),
        ]
    };
    let table = Table {
        title: "By endpoint".into(),
        columns: vec![
            Column::words("Endpoint"),
            Column::figures("Calls"),
            Column::figures("Change"),
            Column::words("12 weeks"),
        ],
        rows: vec![
            row("/v1/chat/large", 9_120, Some(0.21), Tone::Good, &[2.0, 3.0, 4.0, 6.0, 9.0]),
            row("/v1/embeddings", 3_300, Some(-0.034), Tone::Bad, &[4.0, 4.0, 4.0, 4.0, 3.0]),
            row("/v1/`*new*`|@everyone", 11, None, Tone::Neutral, &[0.0, 0.0, 0.0, 0.0, 1.0]),
        ],
        more: 2,
    };
    let blocks = vec![
        Block::Facts(vec![
            line(
                "API calls",
                calls(acme, None, 12_431),
                Some(change(Metric::ApiCalls, acme, None, Some(0.1244))),
                Some(true),
            ),
            line(
                "Cost",
                cost(acme, 1_234_567_891),
                Some(change(Metric::Cost, acme, None, Some(-0.05))),
                None,
            ),
        ]),
        Block::Text(
            Prose::plain("Calls of ")
                .outside("Acme_*Corp*")
                .and(" came to ")
                .fact(calls(acme, None, 12_431))
                .and(", most of them to ")
                .outside("/v1/chat/large")
                .and(". See also ")
                .code("health acme")
                .and("."),
        ),
        Block::Table(table),
        Block::Chart(ChartSpec::Series(chart)),
        Block::Caveat(Prose::plain("The last day is not complete yet.")),
    ];
    let actions = vec![
        action("7 days", "usage acme range:7d", false),
        action("30 days", "usage acme range:30d", true),
        action("Health", "health acme", false),
    ];
    answer("Acme — usage", "/accounts/acme/usage?range=30d&by=endpoint", blocks, actions)
}

pub(in crate::render) fn health() -> Answer {
    let acme = Some("acme");
    let factor = |kind, score: Option<f64>, weight: f64, measured: Option<f64>, words: &str| FactorBar {
        kind,
        weight: score.map(|_| fact(Measure::FactorWeight(kind), acme, None, Quantity::Share(weight))),
        score: score.map(|score| fact(Measure::FactorScore(kind), acme, None, Quantity::Score(score))),
        measured: measured
            .map(|size| fact(Measure::FactorMeasured(kind), acme, None, Quantity::Change(Some(size)))),
        words: words.into(),
    };
    let score = || fact(Measure::HealthScore, acme, None, Quantity::Score(56.4));
    let card = HealthCard {
        title: "Acme — health".into(),
        subtitle: "22 Nov 2026 14:00 UTC".into(),
        description: "Health of Acme is 56 of 100, watch. Weakest is growth.".into(),
        score: Some(score()),
        band: Some(Band::Watch),
        factors: vec![
            factor(FactorKind::Recency, Some(96.0), 0.25, None, "active as usual"),
            factor(FactorKind::Trend, Some(44.0), 0.35, Some(-0.08), "calls drift down"),
            factor(FactorKind::Growth, Some(38.0), 0.4, Some(-0.213), "fewer calls than the weeks before"),
            factor(FactorKind::Errors, None, 0.0, None, "the source does not report errors"),
        ],
    };
    let points = fact(Measure::HealthScore, acme, None, Quantity::Points(-6.2));
    let blocks = vec![
        Block::Facts(vec![line("Health score", score(), Some(points), Some(true))]),
        Block::Text(Prose::plain("Acme is ").and("watch").and(": calls drift down.")),
        Block::Chart(ChartSpec::Health(card)),
        Block::Caveat(Prose::plain("Errors are not reported, so their weight went to the other factors.")),
    ];
    let actions = vec![
        action("Usage", "usage acme range:30d compare:previous", false),
        action("Initiatives", "initiative list account:acme", false),
    ];
    answer("Acme — health", "/accounts/acme/health", blocks, actions)
}
