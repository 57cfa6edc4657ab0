//! The engine's models on plain series and histories, for `etsm eval`.
//!
//! Invariant: nothing is modelled here; these are the calls that the desk makes, with plain numbers in and out.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::utc_midnight;

use super::anomaly;
use super::churn;
use super::forecast;
use super::hour::{DAY_HOURS, hour_of};

/// For each point, in order: how unusual it is, 0 to 1, and whether an alarm begins there. A point is judged from the
/// points up to it only; a value that is not a number is missing.
#[must_use]
pub fn detect(series: &[(Timestamp, f64)]) -> Vec<(f64, bool)> {
    let mut detector = anomaly::Detector::new(anomaly::Settings::plain());
    let judged = series.iter().map(|(at, value)| {
        let reading = detector.push(at.as_second(), *value);
        (reading.score, reading.is_alert)
    });
    judged.collect()
}

/// For each customer's events, in order: its health, 0 to 100, and the probability that it has no event in the `horizon`
/// days after `as_of`. Of plain events nothing else is known, so health is the probability of another one.
#[must_use]
pub fn health(histories: &[&[(Date, f64)]], as_of: Date, horizon: u16) -> Vec<(f64, f64)> {
    let past = |events: &&[(Date, f64)]| {
        churn::History::new(events.iter().map(|(day, amount)| (day_number(*day), *amount)).collect())
    };
    let customers: Vec<churn::History> = histories.iter().map(past).collect();
    let (cut, horizon) = (day_number(as_of), u32::from(horizon));
    let model = churn::fit(&customers, cut, horizon).model;
    let judged = customers.iter().map(|customer| {
        // Whoever has not begun yet has nothing to fall silent from.
        let known = churn::Past::at(customer, cut);
        let churn = known.map_or(0.0, |known| model.probability(&known, cut));
        (100.0 * (1.0 - churn), churn)
    });
    judged.collect()
}

/// The next `horizon` steps as mean and the edges of the 80 % and 95 % bands: mean, low, high, low, high. `season` steps
/// make one round of the rhythm.
#[must_use]
pub fn forecast(history: &[f64], season: usize, horizon: usize) -> Vec<[f64; 5]> {
    let path = forecast::forecast_anyway(history, season, horizon);
    let step = |at: usize| [path.mean[at], path.low80[at], path.high80[at], path.low95[at], path.high95[at]];
    (0..path.mean.len()).map(step).collect()
}

fn day_number(day: Date) -> u32 {
    hour_of(utc_midnight(day)) / DAY_HOURS
}
