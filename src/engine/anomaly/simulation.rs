//! What the detector does for simulated accounts: how often it cries wolf, and how soon it sees a wolf.

use super::episodes::Watched;
use super::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Monday, 3 March 2025.
const START: i64 = 1_740_960_000;
const ACCOUNTS: u64 = 80;

/// Knuth's 64-bit linear congruence: the same series on every machine.
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// Calls around `mean`: counting noise, and rows that are good or bad for all of them.
    fn calls(&mut self, mean: f64, noise: f64) -> f64 {
        let mean = mean * (noise * self.normal()).exp();
        (mean + mean.sqrt() * self.normal()).round().max(0.0)
    }
}

/// An account of 200 to 30,000 calls a day: weekday and hour profile, trend, 5 to 20 % noise; `change`
/// multiplies the mean.
fn usage(seed: u64, step: i64, rows: i64, change: impl Fn(i64) -> f64) -> Vec<(i64, f64)> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    dice.uniform();
    let level = 10_f64.powf(dice.between(2.3, 4.5)) * (step as f64 / DAY as f64).sqrt();
    let (weekend, night) = (dice.between(0.3, 1.0), dice.between(0.2, 0.8));
    let (noise, growth) = (noise(seed), dice.between(-0.2, 0.3));
    let mean = |row: i64| {
        let since = row * step;
        let week = if since.rem_euclid(7 * DAY) / DAY >= 5 { weekend } else { 1.0 };
        let noon = 0.5 - 0.5 * (std::f64::consts::TAU * since.rem_euclid(DAY) as f64 / DAY as f64).cos();
        let day = if step < DAY { night + (1.0 - night) * noon } else { 1.0 };
        level * week * day * (1.0 + growth * since as f64 / (91 * DAY) as f64)
    };
    (0..rows).map(|row| (START + row * step, dice.calls(mean(row) * change(row), noise))).collect()
}

/// 5 to 20 %.
fn noise(seed: u64) -> f64 {
    0.05 + 0.01 * (seed % 16) as f64
}

fn watched(step: i64, points: Vec<(i64, f64)>) -> Watched {
    watch(&mut Detector::new(Settings::account(step, 20.0)), points.into_iter())
}

/// Episodes per account over `rows` of clean usage, the first rows included.
fn false_alarms(step: i64, rows: i64) -> f64 {
    let episodes = |seed| watched(step, usage(seed, step, rows, |_| 1.0)).episodes.len();
    (1..=ACCOUNTS).map(episodes).sum::<usize>() as f64 / ACCOUNTS as f64
}

#[track_caller]
fn check_false_alarms(step: i64, rows: i64, at_most: f64) {
    let found = false_alarms(step, rows);
    assert!(found <= at_most, "{found} false alarms per account in {rows} rows of {step} s");
}

/// A change of the mean from a row on, a factor for each row after it.
struct Change<F> {
    step: i64,
    row: i64,
    noise_max: f64,
    factor: F,
}

/// At least `share` of the accounts have an unusual row within `delay` rows of the change.
#[track_caller]
fn check_found<F: Fn(i64) -> f64>(change: Change<F>, delay: i64, share: f64) {
    let Change { step, row, noise_max, factor } = change;
    let at = |now: i64| if now < row { 1.0 } else { factor(now - row) };
    let seeds: Vec<u64> = (1..=ACCOUNTS).filter(|seed| noise(*seed) <= noise_max).collect();
    let hits = seeds.iter().filter(|seed| {
        let readings = watched(step, usage(**seed, step, row + delay + 1, at)).readings;
        readings.iter().skip(row as usize).any(|reading| matches!(reading.verdict, Verdict::Unusual { .. }))
    });
    let found = hits.count() as f64 / seeds.len() as f64;
    assert!(found >= share, "{found} of the accounts within {delay} rows");
}

fn daily<F: Fn(i64) -> f64>(factor: F) -> Change<F> {
    Change { step: DAY, row: 100, noise_max: 1.0, factor }
}

/// From a Monday noon on, after three weeks.
fn hourly<F: Fn(i64) -> f64>(factor: F) -> Change<F> {
    Change { step: HOUR, row: 21 * 24 + 12, noise_max: 1.0, factor }
}

#[test]
fn clean_daily_usage_has_less_than_one_false_alarm_a_quarter() {
    check_false_alarms(DAY, 91, 0.3);
    check_false_alarms(DAY, 4 * 91, 4.0 * 0.6);
}

#[test]
fn clean_hourly_usage_has_less_than_one_false_alarm_in_six_weeks() {
    check_false_alarms(HOUR, 42 * 24, 0.6);
}

#[test]
fn a_daily_drop_by_half_is_found_within_days() {
    check_found(daily(|_| 0.5), 1, 0.65);
    check_found(daily(|_| 0.5), 3, 0.85);
    check_found(daily(|_| 0.5), 7, 0.99);
}

#[test]
fn a_silence_is_found_on_its_first_day_and_mostly_in_its_first_hour() {
    check_found(daily(|_| 0.0), 0, 0.99);
    check_found(Change { row: 28, ..daily(|_| 0.0) }, 0, 0.97);
    check_found(hourly(|_| 0.0), 2, 0.95);
}

#[test]
fn a_threefold_spike_is_found_at_once() {
    check_found(daily(|_| 3.0), 0, 0.97);
    check_found(hourly(|_| 3.0), 0, 0.8);
}

#[test]
fn a_slow_shift_by_a_fifth_is_found_eventually_where_noise_allows() {
    let ramp = |row: i64| 1.0 - 0.2 * (row as f64 / 28.0).min(1.0);
    check_found(Change { noise_max: 0.1, ..daily(|_| 0.8) }, 28, 0.8);
    check_found(Change { noise_max: 0.1, ..daily(|_| 1.2) }, 28, 0.6);
    check_found(Change { noise_max: 0.1, ..daily(ramp) }, 56, 0.6);
}

#[test]
fn an_hourly_drop_by_half_is_found_within_days() {
    check_found(hourly(|_| 0.5), 72, 0.8);
}

#[test]
fn a_new_level_becomes_usual_and_ends_its_episode_within_days() {
    for factor in [0.5, 1.5, 3.0] {
        let change = |row| if row < 100 { 1.0 } else { factor };
        let (mut episodes, mut days, mut late) = (0.0, 0.0, 0.0);
        for seed in 1..=ACCOUNTS {
            let watched = watched(DAY, usage(seed, DAY, 191, change));
            let after: Vec<&Episode> =
                watched.episodes.iter().filter(|one| one.from >= START + 92 * DAY).collect();
            episodes += after.len() as f64 / ACCOUNTS as f64;
            let first = after.first().and_then(|one| Some((one.until? - one.from) / DAY));
            days += first.unwrap_or(0) as f64 / ACCOUNTS as f64;
            let odd = watched.readings.iter().skip(121).filter(|one| one.verdict != Verdict::Normal).count();
            late += odd as f64 / ACCOUNTS as f64;
        }
        assert!((0.9..1.5).contains(&episodes), "{episodes} episodes after a change to {factor}");
        assert!((1.0..6.0).contains(&days), "{days} days until {factor} is usual");
        assert!(late < 0.3, "{late} unusual days later than three weeks after a change to {factor}");
    }
}
