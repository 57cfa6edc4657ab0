//! Charts to look at and to test with; also read by `examples/charts.rs`.

mod courses;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::Band;
use crate::domain::Currency;
use crate::domain::DAY_MS;
use crate::domain::Fact;
use crate::domain::FactKey;
use crate::domain::FactorKind;
use crate::domain::Grain;
use crate::domain::HOUR_MS;
use crate::domain::InitiativeStatus;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::reply::{
    BandSlice, BandsChart, Bar, BarsChart, ChartSpec, FactorBar, HealthCard, Series, SeriesChart,
    SeriesPoint, TimelineChart, TimelineRow,
};

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
        level: None,
        marks: Vec::new(),
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

/// A few weeks of two parts.
fn parts() -> SeriesChart {
    let part = |base: f64| points("2026-08-03T00:00:00Z", 7 * DAY_MS, 1, calls(8, base, 0.6));
    SeriesChart {
        title: "Acme — API calls per week by model".into(),
        previous: Some(Series { name: "before".into(), points: part(700.0) }),
        ..series_chart(Metric::ApiCalls, Grain::Week, vec![("large", part(600.0)), ("small", part(250.0))])
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

fn measured(measure: Measure, value: Quantity) -> Fact {
    let Fact { key, .. } = fact(value);
    Fact { key: FactKey { measure, ..key }, value }
}

fn health() -> HealthCard {
    let factor = |kind, judged: Option<(f64, f64, Quantity)>, words: &str| FactorBar {
        kind,
        weight: judged.map(|(_, weight, _)| fact(Quantity::Share(weight))),
        score: judged.map(|(score, _, _)| fact(Quantity::Score(score))),
        measured: judged.map(|(_, _, value)| fact(value)),
        words: words.into(),
    };
    let some = |score, weight, value| Some((score, weight, value));
    HealthCard {
        title: "Acme — account health".into(),
        subtitle: "as of 22 Nov 2026 14:00 UTC".into(),
        description: "Acme — account health: 67, watch. The lowest factor is initiatives.".into(),
        score: Some(fact(Quantity::Score(67.2))),
        band: Some(Band::Watch),
        factors: vec![
            factor(
                FactorKind::Recency,
                some(98.0, 0.2, Quantity::Days(1)),
                "Calls came in as often as usual.",
            ),
            factor(
                FactorKind::Trend,
                some(82.0, 0.2, Quantity::Change(Some(0.124))),
                "Calls rise steadily once the weekly rhythm is taken out.",
            ),
            factor(
                FactorKind::Growth,
                some(64.0, 0.15, Quantity::Change(Some(0.018))),
                "Hardly more than in the weeks before.",
            ),
            factor(
                FactorKind::Breadth,
                some(71.0, 0.1, Quantity::Share(0.71)),
                "Most of its endpoints are in use.",
            ),
            factor(
                FactorKind::Stability,
                some(45.0, 0.1, Quantity::Share(0.42)),
                "More restless than its usual self.",
            ),
            factor(FactorKind::Errors, None, "The source does not tell how many calls failed."),
            factor(
                FactorKind::Initiatives,
                some(31.0, 0.15, Quantity::Initiatives(2)),
                "Two are past their due day, and one of them is blocked: <script>alert(1)</script> and so on.",
            ),
            factor(
                FactorKind::Commitment,
                some(0.0, 0.1, Quantity::Share(0.04)),
                "Far below the commit of the period.",
            ),
        ],
    }
}

fn bar(name: &str, length: f64, fact: Fact, aside: Option<Quantity>, band: Option<Band>) -> Bar {
    Bar { name: name.into(), length, fact, aside: aside.map(self::fact), band }
}

fn bands() -> BandsChart {
    let slice = |band, count| BandSlice { band, accounts: fact(Quantity::Accounts(count)) };
    let worst = [
        ("Globex", 12.0, Some(-0.83), Band::AtRisk),
        ("Österreichische Gesellschaft für Überlange Namen mbH & Co. KG", 21.0, Some(-0.4), Band::AtRisk),
        ("株式会社イニテック", 28.0, Some(0.02), Band::AtRisk),
        ("<b>Umbrella</b> & Sons", 36.0, None, Band::AtRisk),
        ("Hooli", 44.0, Some(-0.12), Band::Watch),
        ("Stark", 52.0, Some(0.31), Band::Watch),
        ("Wayne", 58.0, Some(0.0), Band::Watch),
        ("Wonka", 63.0, Some(1.4), Band::Watch),
    ];
    BandsChart {
        title: "Portfolio — health bands".into(),
        subtitle: "last 30 days, to 22 Nov 2026 14:00 UTC".into(),
        description: "Accounts by health band: 4 at risk, 11 watch, 45 healthy.".into(),
        bands: vec![slice(Band::AtRisk, 4), slice(Band::Watch, 11), slice(Band::Healthy, 45)],
        worst: worst
            .map(|(name, score, change, band)| {
                let change = change.map(|change| Quantity::Change(Some(change)));
                bar(name, score, fact(Quantity::Score(score)), change, Some(band))
            })
            .into(),
    }
}

pub(super) fn movers() -> BarsChart {
    let rows = [
        ("Stark", 410_000.0, 0.42, 1_390_000),
        ("Österreichische Gesellschaft für Überlange Namen mbH", 220_000.0, 0.18, 1_440_000),
        ("Wayne", 96_000.0, 1.31, 169_000),
        ("Wonka", 12_000.0, 0.09, 145_000),
        ("Acme", 4_000.0, 0.004, 1_004_000),
        ("Initech", -9_000.0, -0.11, 73_000),
        ("Hooli", -88_000.0, -0.24, 279_000),
        ("Umbrella", -190_000.0, -0.61, 121_000),
        ("Globex", -301_000.0, -1.0, 0),
    ];
    BarsChart {
        title: "Movers — API calls".into(),
        subtitle: "last 30 days, to 22 Nov 2026 14:00 UTC; bars by difference".into(),
        description: "The largest rise is that of Stark. The largest fall is that of Globex.".into(),
        bars: rows
            .map(|(name, length, change, sum)| {
                let change = measured(Measure::Change(Metric::ApiCalls), Quantity::Change(Some(change)));
                let sum = measured(Measure::Sum(Metric::ApiCalls), Quantity::Calls(sum));
                Bar { aside: Some(sum), ..bar(name, length, change, None, None) }
            })
            .into(),
    }
}

/// A timeline of `count` rows, the first ones as different as can be.
pub(crate) fn timeline(count: usize) -> TimelineChart {
    use InitiativeStatus::{Active, Blocked, Cancelled, Done, Planned};
    let day = |text: &str| (!text.is_empty()).then(|| text.parse::<Date>().unwrap());
    let rows = [
        ("Webhooks v2 migration", "dana · done", "2026-08-03", "2026-09-18", Done, false),
        (
            "SSO roll-out for all the teams of the northern region",
            "mei · active",
            "2026-09-01",
            "2026-12-11",
            Active,
            false,
        ),
        ("EU data residency", "dana · blocked", "2026-08-24", "2026-10-30", Blocked, true),
        ("Batch API pilot", "mei · active", "2026-09-14", "2026-11-13", Active, true),
        ("Rate-limit review", "active", "", "2026-12-01", Active, false),
        ("Quarterly business review", "dana · planned", "2026-12-07", "2026-12-18", Planned, false),
        ("Cost optimisation", "mei · active", "2026-11-02", "", Active, false),
        ("Old plan", "cancelled", "2026-08-10", "2026-10-02", Cancelled, false),
        ("Someday", "planned", "", "", Planned, false),
    ];
    let row = |index: usize| {
        let (title, note, start, due, status, overdue) = rows[index % rows.len()];
        TimelineRow {
            title: title.into(),
            note: note.into(),
            start: day(start),
            due: day(due),
            status,
            overdue,
        }
    };
    TimelineChart {
        title: "Acme — initiatives".into(),
        subtitle: "today is 22 Nov 2026".into(),
        description:
            "Acme — initiatives against the calendar; today is 22 Nov 2026. Overdue: EU data residency."
                .into(),
        today: day("2026-11-22").unwrap(),
        rows: (0..count).map(row).collect(),
    }
}

/// A chart of each kind and of each odd state, with a name for its file.
pub(crate) fn all() -> Vec<(&'static str, ChartSpec)> {
    let zero = points("2026-10-24T00:00:00Z", DAY_MS, 0, (0..30).map(|_| Quantity::Errors(0)));
    let single = points("2026-11-22T00:00:00Z", DAY_MS, 0, std::iter::once(Quantity::Calls(3_214)));
    let mut all = vec![
        ("series", ChartSpec::Series(compared())),
        ("series-stacked", ChartSpec::Series(stacked())),
        ("series-parts", ChartSpec::Series(parts())),
        ("series-cost", ChartSpec::Series(cost())),
        ("series-extreme", ChartSpec::Series(extreme())),
        ("health", ChartSpec::Health(health())),
        (
            "health-unknown",
            ChartSpec::Health(HealthCard {
                score: None,
                band: None,
                factors: health().factors[4..6].into(),
                ..health()
            }),
        ),
        ("bands", ChartSpec::Bands(bands())),
        ("bands-empty", ChartSpec::Bands(BandsChart { bands: vec![], worst: vec![], ..bands() })),
        ("bars", ChartSpec::Bars(movers())),
        ("bars-empty", ChartSpec::Bars(BarsChart { bars: vec![], ..movers() })),
        ("timeline", ChartSpec::Timeline(timeline(9))),
        ("timeline-many", ChartSpec::Timeline(timeline(40))),
        ("timeline-empty", ChartSpec::Timeline(timeline(0))),
        ("series-empty", ChartSpec::Series(series_chart(Metric::ApiCalls, Grain::Day, vec![]))),
        ("series-zero", ChartSpec::Series(series_chart(Metric::Errors, Grain::Day, vec![("Errors", zero)]))),
        (
            "series-single",
            ChartSpec::Series(series_chart(Metric::ApiCalls, Grain::Day, vec![("Calls", single)])),
        ),
        ("corridor", ChartSpec::Corridor(courses::forecast())),
        ("corridor-usual", ChartSpec::Corridor(courses::unusual())),
        ("steps", ChartSpec::Steps(courses::moved())),
        ("scores", ChartSpec::Scores(courses::course_of_scores())),
    ];
    all.extend(courses::odd());
    all
}

/// The chart of that name.
#[cfg(test)]
pub(crate) fn named(name: &str) -> ChartSpec {
    let found = all().into_iter().find(|(other, _)| *other == name);
    found.map(|(_, spec)| spec).unwrap()
}
