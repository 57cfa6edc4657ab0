//! Whatever is drawn, the picture is whole and safe, and no text covers another.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::domain::Band;
use crate::domain::Currency;
use crate::domain::Fact;
use crate::domain::FactKey;
use crate::domain::FactorKind;
use crate::domain::Grain;
use crate::domain::InitiativeStatus;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::reply::{
    BandSlice, BandsChart, Bar, BarsChart, ChartLevel, ChartMark, ChartSpec, CorridorChart, CorridorPoint,
    FactorBar, HealthCard, ScoreDay, ScoresChart, Series, SeriesChart, SeriesPoint, Step, StepsChart,
    TimelineChart, TimelineRow, Tone,
};

use super::samples;
use super::tests::check;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Acme".to_owned()),
        ".{0,60}",
        "\\\\PC{0,300}",
        Just("<b>&\u{0}\u{202e}".into()),
        Just("W".repeat(200))
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-200.0..200.0, any::<f64>(), Just(f64::NAN), Just(f64::INFINITY)]
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        any::<u64>().prop_map(Quantity::Calls),
        (0..2_000_000u64).prop_map(Quantity::Tokens),
        any::<i64>().prop_map(|micros| Quantity::Money(
            Money::from_micros(micros),
            "CHF".parse::<Currency>().unwrap()
        )),
        number().prop_map(Quantity::Score),
        option::of(number()).prop_map(Quantity::Change),
        number().prop_map(Quantity::Share),
        any::<i64>().prop_map(Quantity::Days),
    ]
}

fn metric() -> impl Strategy<Value = Metric> {
    prop::sample::select(Metric::ALL.to_vec())
}

fn fact() -> impl Strategy<Value = Fact> {
    (quantity(), metric(), any::<bool>()).prop_map(|(value, metric, change)| {
        let Fact { key, value } = samples::fact(value);
        let measure = if change { Measure::Change(metric) } else { Measure::Sum(metric) };
        Fact { key: FactKey { measure, ..key }, value }
    })
}

fn band() -> impl Strategy<Value = Band> {
    prop::sample::select(vec![Band::AtRisk, Band::Watch, Band::Healthy])
}

fn points() -> impl Strategy<Value = Vec<SeriesPoint>> {
    let from = prop_oneof![Just(1_700_000_000_000i64), -300_000_000_000_000..200_000_000_000_000i64];
    let step = prop::sample::select(vec![3_600_000i64, 86_400_000, 7 * 86_400_000, 30 * 86_400_000]);
    let values = vec((quantity(), any::<bool>()), 0..40);
    (from, step, values).prop_map(|(from, step, values)| {
        let point = |(index, (value, complete))| SeriesPoint {
            at: Timestamp::from_millisecond(from + step * index as i64).unwrap(),
            value,
            complete,
        };
        values.into_iter().enumerate().map(point).collect()
    })
}

fn level() -> impl Strategy<Value = Option<ChartLevel>> {
    option::of((text(), quantity()).prop_map(|(name, value)| ChartLevel { name, value }))
}

fn series() -> impl Strategy<Value = ChartSpec> {
    let words = (text(), text(), text());
    let lines = vec((text(), points()).prop_map(|(name, points)| Series { name, points }), 0..10);
    let previous = option::of(points());
    let grain = prop::sample::select(Grain::ALL.to_vec());
    (words, metric(), grain, lines, previous, level(), option::of(fact()), option::of(fact())).prop_map(
        |((title, subtitle, description), metric, grain, series, previous, level, change, total)| {
            let previous = previous.map(|points| Series { name: String::new(), points });
            ChartSpec::Series(SeriesChart {
                title,
                subtitle,
                description,
                metric,
                grain,
                series,
                previous,
                change,
                total,
                level,
                marks: Vec::new(),
            })
        },
    )
}

fn health() -> impl Strategy<Value = ChartSpec> {
    let kind = prop::sample::select(FactorKind::ALL.to_vec());
    let factor = (kind, option::of(fact()), option::of(fact()), option::of(fact()), text()).prop_map(
        |(kind, weight, score, measured, words)| FactorBar { kind, weight, score, measured, words },
    );
    let words = (text(), text(), text());
    (words, option::of(fact()), option::of(band()), vec(factor, 0..9)).prop_map(
        |((title, subtitle, description), score, band, factors)| {
            ChartSpec::Health(HealthCard { title, subtitle, description, score, band, factors })
        },
    )
}

fn bars() -> impl Strategy<Value = Vec<Bar>> {
    let bar = (text(), number(), fact(), option::of(fact()), option::of(band()))
        .prop_map(|(name, length, fact, aside, band)| Bar { name, length, fact, aside, band });
    vec(bar, 0..30)
}

fn bands() -> impl Strategy<Value = ChartSpec> {
    let slice = (band(), fact()).prop_map(|(band, accounts)| BandSlice { band, accounts });
    (text(), text(), text(), vec(slice, 0..4), bars()).prop_map(
        |(title, subtitle, description, bands, worst)| {
            ChartSpec::Bands(BandsChart { title, subtitle, description, bands, worst })
        },
    )
}

fn movers() -> impl Strategy<Value = ChartSpec> {
    (text(), text(), text(), bars()).prop_map(|(title, subtitle, description, bars)| {
        ChartSpec::Bars(BarsChart { title, subtitle, description, bars })
    })
}

fn date() -> impl Strategy<Value = Date> {
    let near = (2026..2028i16, 1..13i8, 1..29i8);
    let any = (-9999..=9999i16, 1..13i8, 1..29i8);
    prop_oneof![4 => near, 1 => any].prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

/// Few rows around one day, so that bars fill the calendar and leave their words little room.
fn short_timeline() -> impl Strategy<Value = ChartSpec> {
    let today = Date::new(2026, 11, 20).unwrap();
    let day = move || option::of((-120..120i64).prop_map(move |days| today.saturating_add(days.days())));
    let status = prop::sample::select(InitiativeStatus::ALL.to_vec());
    let row = (day(), day(), status).prop_map(move |(start, due, status)| TimelineRow {
        title: "Move to the new endpoint".into(),
        note: "dana".into(),
        start,
        due,
        status,
        overdue: due.is_some_and(|due| due < today),
    });
    vec(row, 1..4)
        .prop_map(move |rows| ChartSpec::Timeline(TimelineChart { today, rows, ..samples::timeline(0) }))
}

fn timeline() -> impl Strategy<Value = ChartSpec> {
    let status = prop::sample::select(InitiativeStatus::ALL.to_vec());
    let row = (text(), text(), option::of(date()), option::of(date()), status, any::<bool>()).prop_map(
        |(title, note, start, due, status, overdue)| TimelineRow { title, note, start, due, status, overdue },
    );
    (text(), text(), text(), date(), vec(row, 0..20)).prop_map(
        |(title, subtitle, description, today, rows)| {
            ChartSpec::Timeline(TimelineChart { title, subtitle, description, today, rows })
        },
    )
}

fn mark() -> impl Strategy<Value = ChartMark> {
    let at =
        prop_oneof![1_699_000_000_000..1_710_000_000_000i64, -300_000_000_000_000..200_000_000_000_000i64];
    let tone = prop::sample::select(vec![Tone::Good, Tone::Neutral, Tone::Bad]);
    (at, text(), tone).prop_map(|(at, label, tone)| ChartMark {
        at: Timestamp::from_millisecond(at).unwrap(),
        label,
        tone,
    })
}

fn corridor() -> impl Strategy<Value = ChartSpec> {
    let range = || option::of((quantity(), quantity()));
    let band = (points(), vec((range(), range()), 40)).prop_map(|(points, ranges)| {
        let point = |(point, (inner, outer)): (&SeriesPoint, &(_, _))| CorridorPoint {
            at: point.at,
            middle: point.value,
            inner: *inner,
            outer: *outer,
        };
        points.iter().zip(&ranges).map(point).collect::<Vec<CorridorPoint>>()
    });
    let words = (text(), text(), text(), text());
    let grain = prop::sample::select(Grain::ALL.to_vec());
    let facts = (option::of(fact()), option::of(fact()));
    (words, metric(), grain, points(), band, level(), vec(mark(), 0..9), facts).prop_map(
        |((title, subtitle, description, band_name), metric, grain, points, band, level, marks, facts)| {
            ChartSpec::Corridor(CorridorChart {
                title,
                subtitle,
                description,
                metric,
                grain,
                line: Series { name: String::new(), points },
                band,
                band_name,
                level,
                marks,
                headline: facts.0,
                change: facts.1,
            })
        },
    )
}

fn steps() -> impl Strategy<Value = ChartSpec> {
    let score = prop_oneof![4 => (0.0..100.0).prop_map(Quantity::Score), 1 => quantity()];
    let points = prop_oneof![4 => (-20.0..20.0).prop_map(Quantity::Points), 1 => quantity()];
    let step = |value: BoxedStrategy<Quantity>| {
        (text(), value).prop_map(|(name, value)| Step { name, fact: samples::fact(value) })
    };
    let (end, cause) = (step(score.boxed()).boxed(), step(points.boxed()));
    (text(), text(), text(), end.clone(), vec(cause, 0..20), end).prop_map(
        |(title, subtitle, description, from, steps, to)| {
            ChartSpec::Steps(StepsChart { title, subtitle, description, from, steps, to })
        },
    )
}

fn scores() -> impl Strategy<Value = ChartSpec> {
    let score = option::of(prop_oneof![4 => 0.0..100.0, 1 => number()]);
    let day = (1..3i64, score, option::of(band()), any::<bool>());
    let days = (date(), vec(day, 0..40)).prop_map(|(first, days)| {
        let mut next = first;
        let mut day = |(step, score, band, overridden): (i64, _, _, _)| {
            next = next.saturating_add(step.days());
            ScoreDay { day: next, score, band, overridden }
        };
        days.into_iter().map(&mut day).collect::<Vec<ScoreDay>>()
    });
    let limit = || prop_oneof![0.0..100.0, number()];
    (text(), text(), text(), days, limit(), limit(), vec(mark(), 0..9)).prop_map(
        |(title, subtitle, description, days, healthy_from, watch_from, marks)| {
            ChartSpec::Scores(ScoresChart {
                title,
                subtitle,
                description,
                days,
                healthy_from,
                watch_from,
                marks,
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spec_becomes_a_whole_picture(
        spec in prop_oneof![
            series().boxed(),
            health().boxed(),
            bands().boxed(),
            movers().boxed(),
            timeline().boxed(),
            corridor().boxed(),
            steps().boxed(),
            scores().boxed()
        ]
    ) {
        prop_assert_eq!(check(&spec), Ok(()));
    }

    #[test]
    fn words_of_short_timelines_keep_off_the_bars(spec in short_timeline()) {
        prop_assert_eq!(check(&spec), Ok(()));
    }
}
