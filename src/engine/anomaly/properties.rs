//! What holds for any series whatever, and what single odd series bring.

use crate::domain::AnomalyKind;
use proptest::prelude::*;

use super::episodes::Watched;
use super::*;

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3,
        1 => Just(0.0),
        1 => any::<f64>(),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::MAX), Just(1e18), Just(-1e18)],
    ]
}

fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 0..10_000_000_i64, 1 => any::<i64>()]
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let step = prop_oneof![Just(1), Just(3_600), Just(86_400), Just(i64::MAX)];
    prop_oneof![
        Just(Settings::plain()),
        (step, 0.0..1e6).prop_map(|(step, least)| Settings::account(step, least))
    ]
}

fn readings(settings: Settings, points: &[(i64, f64)]) -> Vec<Reading> {
    watch(&mut Detector::new(settings), points.iter().copied()).readings
}

/// Row numbers as hours, so that only the values are odd.
fn plain(values: impl IntoIterator<Item = f64>) -> Watched {
    watch(&mut Detector::new(Settings::plain()), (0..).step_by(3_600).zip(values))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn readings_are_finite_whatever_comes(
        settings in any_settings(),
        points in prop::collection::vec((any_time(), any_value()), 0..300),
    ) {
        for reading in readings(settings, &points) {
            prop_assert!((0.0..=1.0).contains(&reading.score) && (0.0..=1.0).contains(&reading.strength));
            for value in [reading.usual, reading.low, reading.high].into_iter().flatten() {
                prop_assert!(value.is_finite());
            }
            if let (Some(low), Some(high)) = (reading.low, reading.high) {
                prop_assert!(low <= high);
            }
        }
    }

    #[test]
    fn the_past_does_not_change_with_the_future(
        settings in any_settings(),
        points in prop::collection::vec((any_time(), any_value()), 1..300),
        part in 0.0..1.0,
    ) {
        let cut = (points.len() as f64 * part) as usize;
        prop_assert_eq!(&readings(settings, &points[..cut])[..], &readings(settings, &points)[..cut]);
    }

    #[test]
    fn a_kept_detector_goes_on_as_if_never_stopped(
        points in prop::collection::vec((any_time(), any_value()), 1..300),
        part in 0.0..1.0,
    ) {
        let (before, after) = points.split_at((points.len() as f64 * part) as usize);
        let mut detector = Detector::new(Settings::plain());
        let mut parts = watch(&mut detector, before.iter().copied()).readings;
        parts.extend(watch(&mut detector.clone(), after.iter().copied()).readings);
        prop_assert_eq!(parts, readings(Settings::plain(), &points));
    }

    #[test]
    fn only_the_proportions_of_a_series_matter(
        values in prop::collection::vec(0_u16..500, 60..200),
        power in -30_i32..30,
    ) {
        let scale = 2_f64.powi(power);
        let own = plain(values.iter().map(|value| f64::from(*value)));
        let other = plain(values.iter().map(|value| f64::from(*value) * scale));
        for (one, two) in own.readings.iter().zip(&other.readings) {
            prop_assert!((one.score - two.score).abs() < 1e-6, "{} {}", one.score, two.score);
        }
    }

    #[test]
    fn episodes_are_in_order_and_apart(values in prop::collection::vec(any_value(), 0..400)) {
        let episodes = plain(values).episodes;
        for pair in episodes.windows(2) {
            prop_assert!(pair[0].until.is_some_and(|until| until <= pair[1].peak_at));
        }
        for one in &episodes {
            prop_assert!(one.from <= one.peak_at && one.until.is_none_or(|until| one.peak_at < until));
        }
    }
}

#[test]
fn the_last_bit_of_a_value_does_not_matter() {
    let values = || (0..600).map(|row| f64::from(row * 37 % 11) * 0.001 + 14.0);
    let nudged = values().enumerate().map(|(row, value)| f64::from_bits(value.to_bits() + row as u64 % 2));
    assert_eq!(plain(values()).readings, plain(nudged).readings);
}

#[test]
fn a_constant_series_is_never_unusual() {
    for value in [0.0, 7.0, -3.0, 1e18, 1e-300] {
        let watched = plain(std::iter::repeat_n(value, 2_000));
        assert!(watched.episodes.is_empty() && watched.readings.iter().all(|one| one.score < 0.5), "{value}");
    }
}

#[test]
fn the_first_change_of_a_constant_series_is_an_alert() {
    let values = (0..500).map(|row| if row < 400 { 5.0 } else { 6.0 });
    let watched = plain(values);
    let alerts: Vec<usize> =
        watched.readings.iter().enumerate().filter(|(_, one)| one.is_alert).map(|(row, _)| row).collect();
    assert_eq!(alerts, [400]);
}

#[test]
fn one_matter_is_one_alert() {
    let values =
        (0..1_000).map(|row| f64::from(row * 37 % 11) + if (700..720).contains(&row) { 60.0 } else { 0.0 });
    let watched = plain(values);
    assert_eq!(watched.readings.iter().filter(|one| one.is_alert).count(), 1);
    assert_eq!(watched.episodes.len(), 1);
    let episode = &watched.episodes[0];
    assert!(episode.from == 700 * 3_600 && episode.up && episode.until.is_some(), "{episode:?}");
}

#[test]
fn a_missing_row_is_normal_and_teaches_nothing() {
    let rows = |odd: f64| (0..300).map(move |row| if row == 200 { odd } else { f64::from(row * 37 % 11) });
    let reading = plain(rows(f64::NAN)).readings[200];
    assert!(reading.verdict == Verdict::Normal && reading.score == 0.0 && reading.usual.is_some());
    assert_eq!(plain(rows(f64::NAN)).readings[250], plain(rows(f64::INFINITY)).readings[250]);
}

#[test]
fn a_jump_below_the_minimum_volume_is_no_news() {
    let days = |jump: f64| {
        (0..100).map(move |day| (day * 86_400, if day == 90 { jump } else { 2.0 + (day % 2) as f64 }))
    };
    let at =
        |jump| watch(&mut Detector::new(Settings::account(86_400, 20.0)), days(jump)).readings[90].verdict;
    assert_eq!(at(9.0), Verdict::Normal);
    assert_eq!(at(500.0), Verdict::Unusual { kind: AnomalyKind::Spike, up: true });
}

#[test]
fn only_the_wanted_direction_is_news() {
    let settings = |directions| Settings { directions, ..Settings::account(86_400, 20.0) };
    let days = |value: f64| {
        (0..100).map(move |day| (day * 86_400, if day == 90 { value } else { 95.0 + (day * 7 % 11) as f64 }))
    };
    let at =
        |directions, value| watch(&mut Detector::new(settings(directions)), days(value)).readings[90].verdict;
    assert_eq!(at(Directions::Up, 0.0), Verdict::Normal);
    assert_eq!(at(Directions::Up, 900.0), Verdict::Unusual { kind: AnomalyKind::Spike, up: true });
}

#[test]
fn a_stretch_that_stands_still_is_flat() {
    let days =
        (0..120).map(|day| (day * 86_400, if day < 100 { 400.0 + (day * 7 % 23) as f64 } else { 405.0 }));
    let watched = watch(&mut Detector::new(Settings::account(86_400, 20.0)), days);
    let kinds: Vec<AnomalyKind> = watched.episodes.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [AnomalyKind::Flat]);
}

#[test]
fn a_short_history_says_how_much_is_missing() {
    let mut detector = Detector::new(Settings::account(86_400, 20.0));
    let verdicts: Vec<Verdict> = (0..15).map(|day| detector.push(day * 86_400, 100.0).verdict).collect();
    assert_eq!(verdicts[0], Verdict::TooLittle { have: 1, need: 14 });
    assert_eq!(verdicts[12], Verdict::TooLittle { have: 13, need: 14 });
    assert_eq!(verdicts[13], Verdict::Normal);
    let mut hours = Detector::new(Settings::account(3_600, 20.0));
    assert_eq!(hours.push(0, 1.0).verdict, Verdict::TooLittle { have: 1, need: 72 });
}

#[test]
fn a_detector_stays_small() {
    // Beside it, on the heap: 192 slots of 8 bytes, and 64 leaders of 16 and of 56 bytes.
    assert!(size_of::<Detector>() <= 4 * 1_024, "{}", size_of::<Detector>());
}
