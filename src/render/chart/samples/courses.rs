//! What is expected, what is usual, what moved a score, and its course: as answers draw them, and at their limits.

use super::*;

use crate::domain::utc_midnight;
use crate::reply::{
    ChartLevel, ChartMark, CorridorChart, CorridorPoint, ScoreDay, ScoresChart, Step, StepsChart, Tone,
};

const HOSTILE: &str = "<b>株式会社</b> & a name that is far too long to stand beside anything at all";

fn mark(at: &str, label: &str, tone: Tone) -> ChartMark {
    ChartMark { at: at.parse().unwrap(), label: label.into(), tone }
}

/// A band that opens by the square root of the distance.
fn band(from: &str, step_ms: i64, count: usize, base: f64) -> Vec<CorridorPoint> {
    let from: Timestamp = from.parse().unwrap();
    let point = |index: usize| {
        let middle = course(index * 7, base, 0.15) * if index % 7 >= 5 { 0.58 } else { 1.0 };
        let calls = |value: f64| Quantity::Calls(value.max(0.0) as u64);
        let wide = base * 0.05 * (1.0 + index as f64).sqrt();
        CorridorPoint {
            at: Timestamp::from_millisecond(from.as_millisecond() + step_ms * index as i64).unwrap(),
            middle: calls(middle),
            inner: Some((calls(middle - wide), calls(middle + wide))),
            outer: Some((calls(middle - 1.6 * wide), calls(middle + 1.7 * wide))),
        }
    };
    (0..count).map(point).collect()
}

/// A forecast of four weeks after nine.
pub(super) fn forecast() -> CorridorChart {
    let line = points("2026-09-20T00:00:00Z", DAY_MS, 0, calls(63, 44_000.0, 0.3));
    CorridorChart {
        title: "Acme — API calls per day, 28 days ahead".into(),
        subtitle: "from 63 days to 21 Nov 2026; the period ends 30 Nov".into(),
        description: "About 1.4 M API calls are expected in the next 28 days, 3 % more than before.".into(),
        metric: Metric::ApiCalls,
        grain: Grain::Day,
        line: Series { name: "API calls".into(), points: line },
        band: band("2026-11-22T00:00:00Z", DAY_MS, 28, 52_000.0),
        band_name: "expected".into(),
        level: Some(ChartLevel { name: "commitment per day".into(), value: Quantity::Calls(48_000) }),
        marks: vec![mark("2026-12-09T00:00:00Z", "commitment reached", Tone::Good)],
        headline: Some(fact(Quantity::Calls(1_402_118))),
        change: Some(fact(Quantity::Change(Some(0.031)))),
    }
}

/// The usual range along a line of ten weeks, with points out of it.
pub(super) fn unusual() -> CorridorChart {
    let usual = |index: usize| 40_000.0 * if index % 7 >= 5 { 0.58 } else { 1.0 };
    let value = |index: usize| match index {
        23 => 4_100,
        38 => 71_000,
        39 => 66_000,
        40 => 69_500,
        61 => 15_000,
        _ => course(index, 40_000.0, 0.05) as u64,
    };
    let values = (0..70).map(|index| Quantity::Calls(value(index)));
    let line = points("2026-09-13T00:00:00Z", DAY_MS, 1, values);
    let range = |point: (usize, &SeriesPoint)| {
        let calls = |part: f64| Quantity::Calls((usual(point.0) * part) as u64);
        CorridorPoint {
            at: point.1.at,
            middle: calls(1.0),
            inner: None,
            outer: Some((calls(0.82), calls(1.2))),
        }
    };
    let band = line.iter().enumerate().map(range).collect();
    CorridorChart {
        title: "Acme — unusual API calls".into(),
        subtitle: "last 10 weeks, to 21 Nov 2026 14:00 UTC".into(),
        description: "Five days were unusual; the largest was 10 Nov, far above what is usual.".into(),
        band,
        band_name: "usual".into(),
        level: None,
        marks: vec![
            mark("2026-10-06T00:00:00Z", "−90 %, an outage", Tone::Bad),
            mark("2026-10-21T00:00:00Z", "+78 %", Tone::Good),
            mark("2026-10-22T00:00:00Z", "+65 %", Tone::Good),
            mark("2026-10-23T00:00:00Z", "+74 %", Tone::Good),
            mark("2026-11-13T00:00:00Z", HOSTILE, Tone::Bad),
        ],
        line: Series { name: "API calls".into(), points: line },
        headline: None,
        change: None,
        ..forecast()
    }
}

fn step(name: &str, value: Quantity) -> Step {
    Step { name: name.into(), fact: fact(value) }
}

/// Nine causes between two scores.
pub(super) fn moved() -> StepsChart {
    let causes = [
        ("Trend", -6.2),
        ("Growth", -3.24),
        ("Commitment", -0.4),
        ("Recency", 0.0),
        ("Breadth", 1.8),
        ("Initiatives", 2.9),
        ("Weights of configuration 4", -1.1),
        ("Errors are not reported any more, so their weight went to the others", 0.3),
        (HOSTILE, -2.06),
    ];
    StepsChart {
        title: "Acme — why the score moved".into(),
        subtitle: "23 Oct 2026 to 22 Nov 2026".into(),
        description: "The score of Acme fell from 75.2 to 67.2. Trend took most: 6.2 points.".into(),
        from: step("23 Oct 2026", Quantity::Score(75.2)),
        steps: causes.map(|(name, points)| step(name, Quantity::Points(points))).into(),
        to: step("22 Nov 2026", Quantity::Score(67.2)),
    }
}

/// Half a year of scores with a gap, an override and a change of the configuration.
pub(super) fn course_of_scores() -> ScoresChart {
    let first: Date = "2026-05-27".parse().unwrap();
    let tenth = |score: f64| (score * 10.0).round() / 10.0;
    let day = |index: i64| {
        let wave = 7.0 * ((index as f64) / 11.0).sin();
        let score = match index {
            40..46 => None,
            96..118 => Some(74.0),
            _ => Some(tenth(66.0 + wave - index as f64 / 9.0 + ((index * 7_919) % 13) as f64 / 5.0)),
        };
        let band = score.map(|score| match score {
            score if score >= 70.0 => Band::Healthy,
            score if score >= 40.0 => Band::Watch,
            _ => Band::AtRisk,
        });
        let day = first.saturating_add(jiff::ToSpan::days(index));
        ScoreDay { day, score, band, overridden: (96..118).contains(&index) }
    };
    ScoresChart {
        title: "Acme — health, day by day".into(),
        subtitle: "last 180 days, to 22 Nov 2026".into(),
        description: "The score of Acme went from 66 to 44 in 180 days and was set by hand for 22 of them."
            .into(),
        days: (0..180).map(day).collect(),
        healthy_from: 70.0,
        watch_from: 40.0,
        marks: vec![
            mark("2026-07-14T09:30:00Z", "configuration 3", Tone::Neutral),
            mark("2026-10-20T12:00:00Z", "configuration 4", Tone::Neutral),
            mark("2026-10-28T12:00:00Z", HOSTILE, Tone::Bad),
        ],
    }
}

/// The kinds of this file at their limits, with names for their files.
pub(super) fn odd() -> Vec<(&'static str, ChartSpec)> {
    let none = || Series { name: "API calls".into(), points: vec![] };
    let one = |n: u64| points("2026-11-21T00:00:00Z", DAY_MS, 0, std::iter::once(Quantity::Calls(n)));
    let line = |points: Vec<SeriesPoint>| Series { name: "API calls".into(), points };
    let corridor = |chart: CorridorChart| ChartSpec::Corridor(CorridorChart { marks: vec![], ..chart });
    let zero = |point: CorridorPoint| CorridorPoint {
        middle: Quantity::Calls(0),
        inner: Some((Quantity::Calls(0), Quantity::Calls(0))),
        outer: None,
        ..point
    };
    let zeroes = points("2026-10-24T00:00:00Z", DAY_MS, 0, (0..29).map(|_| Quantity::Calls(0)));
    let huge = points("2026-09-20T00:00:00Z", DAY_MS, 0, calls(63, 1.1e18, 0.3));
    let huge_band = band("2026-11-22T00:00:00Z", DAY_MS, 28, 1.3e18);
    let many = points("2025-10-18T00:00:00Z", DAY_MS, 1, calls(400, 44_000.0, 0.3));
    let along = |point: &SeriesPoint| CorridorPoint {
        at: point.at,
        middle: point.value,
        inner: None,
        outer: Some((Quantity::Calls(24_000), Quantity::Calls(92_000))),
    };
    let scores =
        |days: Vec<ScoreDay>| ChartSpec::Scores(ScoresChart { days, marks: vec![], ..course_of_scores() });
    let unjudged = |day: &ScoreDay| ScoreDay { score: None, band: None, ..*day };
    let days = course_of_scores().days;
    let crowd = (0..30).map(|index| ChartMark {
        at: utc_midnight(days[index * 6].day),
        label: format!("configuration {index}"),
        tone: if index % 3 == 0 { Tone::Bad } else { Tone::Good },
    });
    vec![
        ("corridor-no-line", corridor(CorridorChart { line: none(), ..forecast() })),
        ("corridor-no-band", corridor(CorridorChart { band: vec![], ..forecast() })),
        ("corridor-empty", corridor(CorridorChart { line: none(), band: vec![], ..forecast() })),
        (
            "corridor-single",
            corridor(CorridorChart {
                line: line(one(3_214)),
                band: forecast().band[..1].into(),
                ..forecast()
            }),
        ),
        (
            "corridor-zero",
            corridor(CorridorChart {
                line: line(zeroes),
                band: forecast().band.into_iter().map(zero).collect(),
                ..forecast()
            }),
        ),
        ("corridor-huge", corridor(CorridorChart { line: line(huge), band: huge_band, ..forecast() })),
        (
            "corridor-many",
            ChartSpec::Corridor(CorridorChart {
                band: many.iter().map(along).collect(),
                line: line(many),
                ..unusual()
            }),
        ),
        ("steps-none", ChartSpec::Steps(StepsChart { steps: vec![], ..moved() })),
        ("steps-many", ChartSpec::Steps(many_steps())),
        ("scores-one", scores(days[..1].into())),
        ("scores-unjudged", scores(days.iter().map(unjudged).collect())),
        ("scores-empty", scores(vec![])),
        ("scores-crowded", ChartSpec::Scores(ScoresChart { marks: crowd.collect(), ..course_of_scores() })),
    ]
}

/// More causes than fit, around low scores.
fn many_steps() -> StepsChart {
    let cause = |index: i32| {
        let points = f64::from((index * 37) % 23 - 11) / 1.7;
        step(&format!("Cause number {index}"), Quantity::Points(points))
    };
    let steps: Vec<Step> = (1..20).map(cause).collect();
    let sum: f64 = steps.iter().filter_map(|step| step.fact.value.as_f64()).sum();
    StepsChart {
        from: step("1 Jan 2026", Quantity::Score(31.0)),
        to: step("22 Nov 2026", Quantity::Score(31.0 + sum)),
        steps,
        ..moved()
    }
}
