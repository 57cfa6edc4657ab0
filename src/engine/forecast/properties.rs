//! What must hold for any history.

use proptest::prelude::*;

use super::*;

/// Values that come in real files and values that break arithmetic.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 0.0..1e6,
        4 => Just(0.0),
        2 => -1e3..1e3,
        1 => prop_oneof![
            Just(1e18), Just(-1e18), Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX),
            Just(f64::MIN_POSITIVE), Just(5e-324), Just(1e149), Just(-0.0),
        ],
    ]
}

fn season() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(7_usize), 2 => Just(24), 2 => 0_usize..40, 1 => Just(365), 1 => Just(usize::MAX)]
}

/// All numbers of a path, its sums included.
fn numbers(path: &Path) -> Vec<f64> {
    let steps = [&path.mean, &path.low80, &path.high80, &path.low95, &path.high95];
    let sums = path.cumulated();
    let sums = sums.iter().flat_map(|sum| [sum.mean, sum.low80, sum.high80, sum.low95, sum.high95]);
    steps.into_iter().flatten().copied().chain(sums).collect()
}

fn ordered(bands: [f64; 5]) -> bool {
    bands.is_sorted()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_history_has_a_forecast_with_ordered_finite_bands(
        history in prop::collection::vec(value(), 0..300), season in season(), horizon in 0_usize..60,
    ) {
        let path = forecast_anyway(&history, season, horizon);
        prop_assert_eq!(path.mean.len(), horizon);
        prop_assert!(numbers(&path).iter().all(|number| number.is_finite()));
        for step in 0..horizon {
            let bands =
                [path.low95[step], path.low80[step], path.mean[step], path.high80[step], path.high95[step]];
            prop_assert!(ordered(bands), "step {}: {:?}", step, bands);
        }
        let mut before: Option<Sum> = None;
        for sum in path.cumulated() {
            prop_assert!(ordered([sum.low95, sum.low80, sum.mean, sum.high80, sum.high95]), "{:?}", sum);
            if let Some(before) = before.filter(|_| path.floored) {
                prop_assert!(before.low95 <= sum.low95 && before.mean <= sum.mean && before.high95 <= sum.high95);
            }
            before = Some(sum);
        }
        let middle = path.total(horizon / 3..horizon / 2);
        prop_assert!(ordered([middle.low95, middle.low80, middle.mean, middle.high80, middle.high95]));
        let weights: f64 = path.methods.iter().map(|share| share.weight).sum();
        prop_assert!((weights - 1.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_negative_is_forecast_of_what_never_was(
        history in prop::collection::vec(0.0..1e9, 0..200), season in season(), horizon in 0_usize..40,
    ) {
        prop_assert!(numbers(&forecast_anyway(&history, season, horizon)).iter().all(|number| *number >= 0.0));
    }

    #[test]
    fn the_unit_does_not_matter(
        history in prop::collection::vec(0.0..1e6, 0..200), season in season(), power in -60..60_i32,
    ) {
        // Powers of two scale exactly, so that no choice between equally good speeds can fall differently.
        let unit = 2.0_f64.powi(power);
        let scaled: Vec<f64> = history.iter().map(|value| value * unit).collect();
        let one = numbers(&forecast_anyway(&history, season, 20));
        let other = numbers(&forecast_anyway(&scaled, season, 20));
        for (one, other) in one.iter().zip(&other) {
            prop_assert!((one * unit - other).abs() <= 1e-9 * other.abs(), "{} in another unit is {}", one, other);
        }
    }

    #[test]
    fn what_never_changed_will_not(level in 1e-3..1e18, points in 1_usize..300, season in season()) {
        let path = forecast_anyway(&vec![level; points], season, 30);
        prop_assert!(path.mean.iter().all(|mean| (mean - level).abs() <= 1e-9 * level));
        // With enough of it, that is certain.
        let sure = forecast(&vec![level; 200], 7, 30);
        let Outlook::Path(sure) = sure else { panic!("200 points are enough") };
        prop_assert!(sure.high95.iter().all(|high| (high - level).abs() <= 1e-9 * level));
    }

    #[test]
    fn a_pure_weekly_pattern_goes_on(week in prop::collection::vec(0.0..1e5, 7), weeks in 5_usize..60) {
        let history = week.repeat(weeks);
        let path = forecast_anyway(&history, 7, 30);
        for (step, mean) in path.mean.iter().enumerate() {
            prop_assert!((mean - week[step % 7]).abs() <= 1e-6, "step {}: {} of {:?}", step, mean, week);
        }
    }

    #[test]
    fn an_outage_does_not_move_the_weeks_after_next(
        week in prop::collection::vec(50.0..100.0, 7), outage in 0_usize..84,
    ) {
        let mut history: Vec<f64> = week.repeat(20);
        for (at, value) in history.iter_mut().enumerate() {
            *value *= 1.0 + 0.02 * (at as f64 * 2.4).sin();
        }
        let calm = forecast_anyway(&history, 7, 28);
        let last = history.len() - 8 - outage;
        history[last] = 0.0;
        let upset = forecast_anyway(&history, 7, 28);
        for (calm, upset) in calm.mean.iter().zip(&upset.mean) {
            prop_assert!((calm - upset).abs() < 0.05 * calm, "{} became {}", calm, upset);
        }
    }
}

#[track_caller]
fn check_lack(history: &[f64], season: usize, expected: TooLittle) {
    match forecast(history, season, 7) {
        Outlook::TooLittle(lack) => assert_eq!(lack, expected),
        Outlook::Path(_) => panic!("a path of {} points", history.len()),
    }
}

#[test]
fn too_little_is_said_with_counts() {
    check_lack(&[], 7, TooLittle::Measured { have: 0, need: 21 });
    check_lack(&[5.0; 20], 7, TooLittle::Measured { have: 20, need: 21 });
    check_lack(&[5.0; 13], 1, TooLittle::Measured { have: 13, need: 14 });
    check_lack(&[f64::NAN; 90], 7, TooLittle::Measured { have: 0, need: 21 });
    check_lack(&[0.0; 90], 7, TooLittle::Active { have: 0, need: 8 });
    // Before its first call an account was not there.
    check_lack(&[[0.0; 90].as_slice(), &[5.0; 20]].concat(), 7, TooLittle::Measured { have: 20, need: 21 });
    // Seven calls in ninety days.
    let sparse: Vec<f64> = (0..91).map(|day| f64::from(u8::from(day % 15 == 0))).collect();
    check_lack(&sparse, 7, TooLittle::Active { have: 7, need: 8 });
    assert!(matches!(forecast(&[5.0; 21], 7, 7), Outlook::Path(_)));
}

#[test]
fn nothing_follows_nothing() {
    for history in [[].as_slice(), &[f64::NAN], &[0.0; 40]] {
        assert!(numbers(&forecast_anyway(history, 7, 5)).iter().all(|number| *number == 0.0));
    }
}

#[test]
fn of_one_point_little_is_known() {
    let path = forecast_anyway(&[10.0], 7, 2);
    assert_eq!((path.low95[0], path.mean[0], path.high80[0]), (0.0, 10.0, 20.0));
    assert_eq!(path.trials, 0);
}

#[test]
fn a_refund_may_be_followed_by_refunds() {
    let path = forecast_anyway(&[-5.0; 60], 7, 3);
    assert_eq!(path.high95, [-5.0; 3]);
    assert_eq!(path.total(0..3).mean, -15.0);
}

#[test]
fn a_silent_account_stays_silent() {
    let mut history = [100.0, 90.0, 80.0, 70.0, 60.0, 5.0, 5.0].repeat(20);
    history.extend([0.0; 42]);
    let path = forecast_anyway(&history, 7, 28);
    assert!(path.mean.iter().all(|mean| *mean < 1.0), "{:?}", path.mean);
}

#[test]
fn no_horizon_is_too_long() {
    assert_eq!(forecast_anyway(&[1.0; 50], 7, usize::MAX).mean.len(), STEPS_MAX);
}

#[test]
fn the_total_of_all_steps_is_the_last_of_the_running_ones() {
    let history: Vec<f64> = (0..200).map(|day| 50.0 + ((day * 37) % 23) as f64).collect();
    let path = forecast_anyway(&history, 7, 28);
    let (total, running) = (path.total(0..28), path.cumulated());
    assert!((total.mean - running[27].mean).abs() < 1e-9 && total.high80 <= running[27].high80 + 1e-9);
    assert!(
        total.high80 - total.mean < path.high80.iter().zip(&path.mean).map(|(high, mean)| high - mean).sum()
    );
    assert_eq!(path.total(40..50), path.total(28..28));
}

#[test]
fn hours_know_the_weekend_after_two_weeks() {
    let hour = |at: usize| {
        let day = if at / 24 % 7 < 5 { 100.0 } else { 20.0 };
        day * (1.0 + (at % 24) as f64 / 24.0)
    };
    // The history ends with a Friday.
    let history: Vec<f64> = (0..24 * 19).map(hour).collect();
    let path = forecast_anyway(&history, 24, 72);
    for (step, mean) in path.mean.iter().enumerate() {
        let expected = hour(history.len() + step);
        assert!((mean - expected).abs() < 0.1 * expected, "hour {step}: {mean}, not {expected}");
    }
}
