//! Whatever the usage was, what is said of the unusual, the days ahead and silence is a number, or that there is too
//! little data.

use super::*;
use crate::domain::Bound;
use crate::domain::Horizon;
use crate::domain::Measure;
use crate::engine::watched_by;

/// A series of days: the figure of each, `None` where there is none.
fn courses() -> impl Strategy<Value = Vec<Option<i64>>> {
    let figure = prop_oneof![
        4 => (0_i64..5_000).prop_map(Some),
        2 => Just(Some(0)),
        2 => Just(None),
        1 => Just(Some(1_000_000_000_000_000_000)),
        1 => (-5_000_i64..0).prop_map(Some),
    ];
    prop_oneof![
        prop::collection::vec(figure, 0..160),
        (0_i64..1_000_000, 0_usize..160).prop_map(|(level, days)| vec![Some(level); days]),
        (0_i64..1_000_000_000_000_000_000, 0_usize..160)
            .prop_map(|(level, days)| { (0..days).map(|day| (day % 7 < 5).then_some(level)).collect() }),
    ]
}

/// Its rows: refunds are negative money, calls are never below nothing.
fn course_rows(course: &[Option<i64>], hour: i64) -> Vec<UsageRow> {
    let row = |(day, figure): (usize, &Option<i64>)| {
        let figure = (*figure)?;
        let at = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * (20_000 + day as i64) + hour);
        let calls = u64::try_from(figure).unwrap_or(0);
        Some(UsageRow {
            source: "s1".parse().unwrap(),
            at,
            account: account(0),
            endpoint: endpoint(0),
            model: None,
            event: None,
            used: Used {
                api_calls: calls,
                errors: Some(calls / 3),
                tokens: calls / 2,
                cost: Money::from_micros(figure),
            },
            tokens: TokenSplit::default(),
        })
    };
    course.iter().enumerate().filter_map(row).collect()
}

fn asked() -> impl Iterator<Item = Measure> {
    let bounds = [Bound::Low, Bound::Middle, Bound::High];
    let of_metric = move |metric: &Metric| {
        let metric = *metric;
        let expected = bounds.map(|bound| Measure::Expected(metric, bound));
        let usual = bounds.map(|bound| Measure::Usual(metric, bound));
        let others = [
            Measure::ExpectedChange(metric),
            Measure::ForecastError(metric),
            Measure::Unusual(metric),
            Measure::UnusualAccounts(metric),
        ];
        expected.into_iter().chain(usual).chain(others)
    };
    let plain = [Measure::DaysKnown, Measure::ChurnProbability, Measure::ChurnError, Measure::ChurnAuc];
    Metric::ALL.iter().flat_map(of_metric).chain(plain)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_usage_brings_anything_but_a_number_or_too_little_data(
        course in courses(),
        hour in 0_i64..24,
        late in 0_i64..40,
        horizon in 1_u16..=90,
    ) {
        let end = Timestamp::UNIX_EPOCH
            + jiff::SignedDuration::from_hours(24 * (20_000 + course.len() as i64) + hour + 1 - late);
        let mut draft = empty().draft();
        draft.usage(&account(0), course_rows(&course, hour));
        draft.watermarks(vec![SourceMark { source: "s1".parse().unwrap(), watermark: end }]);
        let snapshot = draft.finish(1, end);
        let horizon: Horizon = format!("{horizon}d").parse().unwrap();
        for filter in [UsageFilter::of(account(0)), UsageFilter::default()] {
            let ahead = horizon.window(snapshot.forecast_from(&filter));
            let back = Window::ending(end, ahead.length());
            for measure in asked() {
                for window in [ahead, back, ahead.previous()] {
                    let Some(fact) = snapshot.fact(measure, &filter, window) else { continue };
                    prop_assert!(fact.value.as_f64().is_none_or(f64::is_finite), "{} {:?}", measure, fact.value);
                    prop_assert!(snapshot.receipt(&fact.key, 3).is_some(), "{}", measure);
                }
            }
            for metric in Metric::ALL {
                if let Ok(days) = snapshot.expected_days(&filter, metric, horizon) {
                    for day in days {
                        prop_assert!(day.outer.0 <= day.inner.0 && day.inner.0 <= day.middle);
                        prop_assert!(day.middle <= day.inner.1 && day.inner.1 <= day.outer.1);
                    }
                }
                for one in snapshot.anomalies(metric, watched_by(back), back) {
                    prop_assert!((0.0..=1.0).contains(&one.score) && one.window.from() < one.window.to());
                    prop_assert!(one.window.to() <= end, "{:?} is after {}", one.window, end);
                }
            }
        }
        for (_, chance) in snapshot.churn_order() {
            prop_assert!((0.0..=1.0).contains(&chance));
        }
    }
}
