//! What the customers' own closed windows teach beyond the label-free model.
//!
//! The log-odds of silence are a weighted sum of the label-free log-odds and six plain numbers. The label-free ones
//! come in two parts, up to three to one and beyond: who came often and then paused looks almost certainly gone to
//! that model, and in life comes back more often than it says.
//!
//! ```text
//! log-odds = intercept + Σ weight · (value − mean) / scale
//! value      likely    log-odds of P(silent, H), at most ln 3   certain    the same, at least ln 3, less ln 3
//!            silence   ln(1 + days since the last)              age        ln(1 + days since the first)
//!            days      −ln(1 + repeat days in use)              recent_30  −ln(1 + days in use of the last 30)
//!            amount    −ln(1 + mean amount, at least 0)         recent_90  −ln(1 + days in use of the last 90)
//! ```
//!
//! Invariant: no weight is below zero, so a longer silence, fewer days in use or a smaller amount never look safer
//! than the label-free model says they are.

use super::activity::Activity;
use super::dropout::Dropout;
use super::logistic::{Example, Inputs, Weights, learn};

/// How many terms there are.
pub(super) const TERMS: usize = 8;
/// Their names, in order.
pub(crate) const NAMES: [&str; TERMS] =
    ["likely", "certain", "silence", "days", "age", "amount", "recent_30", "recent_90"];
/// Largest log-odds of the label-free model that count: six in a million.
const LOG_ODDS_MAX: f64 = 12.0;
/// Log-odds of three to one, where `likely` ends and `certain` begins.
const THREE_TO_ONE: f64 = 1.098_612_288_668_109_8;
/// Pulls the correction towards none: as much as a few dozen customers say against it. With thousands it is nothing.
const RIDGE: f64 = 10.0;
/// How far from the label-free model to what was learned the correction goes. However many customers there are, the
/// window to come is not the one that closed: seasons and habits drift, and the label-free model errs otherwise.
const TRUST: f64 = 5.0 / 6.0;
/// A line learned between two values is drawn on to twice, or half, of them (all are logarithms) and no further:
/// at the as-of customers are older than at any cut that was learned from, though seldom more than twice.
const BEYOND: f64 = std::f64::consts::LN_2;

/// One term: how it was standardised, and its weight on that scale, never below zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Term {
    /// Weight of one standard deviation.
    pub weight: f64,
    /// Mean while learning.
    pub mean: f64,
    /// Standard deviation while learning.
    pub scale: f64,
    /// Smallest value that is told from smaller ones.
    pub low: f64,
    /// Largest value that is told from larger ones.
    pub high: f64,
}

/// The learned correction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Correction {
    /// Log-odds at the mean of all terms.
    pub intercept: f64,
    /// In the order of [`NAMES`].
    pub terms: [Term; TERMS],
}

/// What was known of a customer, raw, and whether it then fell silent.
pub(super) struct Lesson {
    pub(super) raw: Inputs<TERMS>,
    pub(super) silent: bool,
}

/// The raw values of the terms, each turned so that more means more risk.
pub(super) fn raw(label_free: &Dropout, customer: &Activity, cut: u32, horizon: u32) -> Inputs<TERMS> {
    let silent = label_free.silent(customer, cut, horizon);
    let log_odds = (silent / (1.0 - silent)).ln().clamp(-LOG_ODDS_MAX, LOG_ODDS_MAX);
    let more = |count: u32| f64::from(count).ln_1p();
    let [month, quarter] = customer.recent.map(more);
    // Refunds may outweigh the rest, and a sum may run out of range: no amount, and very much of it.
    let amount = if customer.amount > 0.0 { customer.amount.min(f64::MAX).ln_1p() } else { 0.0 };
    let (silence, days, age) =
        (more(customer.silence(cut)), more(customer.repeats()), more(customer.age(cut)));
    let (likely, certain) = (log_odds.min(THREE_TO_ONE), (log_odds - THREE_TO_ONE).max(0.0));
    [likely, certain, silence, -days, age, -amount, -month, -quarter]
}

/// The log-odds of the label-free model alone.
pub(super) fn plain(raw: &Inputs<TERMS>) -> f64 {
    raw[0] + raw[1]
}

impl Correction {
    /// Of lessons; the caller sees to it that there are enough.
    pub(super) fn learn<'a>(lessons: impl Iterator<Item = &'a Lesson> + Clone) -> Self {
        let mut found = Self { intercept: 0.0, terms: std::array::from_fn(|i| Term::of(lessons.clone(), i)) };
        let examples: Vec<_> = lessons
            .map(|lesson| Example { inputs: found.standardised(&lesson.raw), outcome: lesson.silent })
            .collect();
        // Home is the label-free model itself: both parts of its log-odds with weight one, and nothing else.
        let [likely, certain, ..] = found.terms;
        let mut home = Weights { intercept: likely.mean + certain.mean, by_input: [0.0; TERMS] };
        (home.by_input[0], home.by_input[1]) = (likely.scale, certain.scale);
        let learned = learn(&examples, &home, RIDGE);
        let trusted = |home: f64, learned: f64| home + TRUST * (learned - home);
        found.intercept = trusted(home.intercept, learned.intercept);
        for (i, term) in found.terms.iter_mut().enumerate() {
            term.weight = trusted(home.by_input[i], learned.by_input[i]);
        }
        found
    }

    /// The log-odds of silence.
    pub(super) fn log_odds(&self, raw: &Inputs<TERMS>) -> f64 {
        let weights = Weights { intercept: self.intercept, by_input: self.terms.map(|term| term.weight) };
        weights.log_odds(&self.standardised(raw))
    }

    fn standardised(&self, raw: &Inputs<TERMS>) -> Inputs<TERMS> {
        std::array::from_fn(|i| {
            let term = &self.terms[i];
            (raw[i].max(term.low).min(term.high) - term.mean) / term.scale
        })
    }
}

impl Term {
    /// The scale of the term `i`, without a weight yet.
    fn of<'a>(lessons: impl Iterator<Item = &'a Lesson> + Clone, i: usize) -> Self {
        let values = lessons.map(|lesson| lesson.raw[i]);
        let (mut count, mut sum, mut lowest, mut highest) = (0.0_f64, 0.0, f64::MAX, f64::MIN);
        for value in values.clone() {
            (count, sum) = (count + 1.0, sum + value);
            (lowest, highest) = (lowest.min(value), highest.max(value));
        }
        let mean = sum / count.max(1.0);
        let spread = (values.map(|value| (value - mean).powi(2)).sum::<f64>() / count.max(1.0)).sqrt();
        // Where all are alike there is nothing to learn, and nothing to divide by.
        let scale = if spread > 1e-6 { spread } else { 1.0 };
        // The label-free model has reasons beyond what was seen; the plain numbers have not.
        let (low, high) = match i {
            0 | 1 => (-LOG_ODDS_MAX, LOG_ODDS_MAX),
            _ => (lowest - BEYOND, highest + BEYOND),
        };
        Self { weight: 0.0, mean, scale, low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Activity = Activity { first_day: 0, days: 9, last_day: 80, recent: [3, 6], amount: 5.0 };

    fn terms(customer: Activity, cut: u32) -> Inputs<TERMS> {
        raw(&Dropout::PRIOR, &customer, cut, 90)
    }

    #[track_caller]
    fn check(riskier: Activity, cut: u32, name: &str) {
        let (before, after) = (terms(KNOWN, 100), terms(riskier, cut));
        let place = NAMES.iter().position(|of| *of == name).unwrap();
        assert!(after[place] > before[place], "{before:?} {after:?}");
    }

    #[test]
    fn of_every_term_more_means_more_risk() {
        check(Activity { last_day: 79, ..KNOWN }, 100, "likely");
        check(KNOWN, 900, "certain");
        check(Activity { last_day: 79, ..KNOWN }, 100, "silence");
        check(Activity { days: 8, ..KNOWN }, 100, "days");
        check(KNOWN, 101, "age");
        check(Activity { amount: 4.0, ..KNOWN }, 100, "amount");
        check(Activity { recent: [2, 6], ..KNOWN }, 100, "recent_30");
        check(Activity { recent: [3, 5], ..KNOWN }, 100, "recent_90");
    }

    #[test]
    fn the_two_parts_are_the_label_free_log_odds() {
        for cut in [80, 100, 120, 150, 200] {
            let silent = Dropout::PRIOR.silent(&KNOWN, cut, 90);
            assert!((plain(&terms(KNOWN, cut)) - (silent / (1.0 - silent)).ln()).abs() < 1e-9, "{cut}");
        }
        assert_eq!(terms(KNOWN, 80)[1], 0.0);
        assert_eq!(terms(KNOWN, 2_000)[0], THREE_TO_ONE);
    }

    #[test]
    fn refunds_and_sums_out_of_range_are_amounts() {
        for amount in [-5.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
            assert!(terms(Activity { amount, ..KNOWN }, 100).iter().all(|term| term.is_finite()), "{amount}");
        }
    }

    #[test]
    fn a_line_is_not_drawn_far_beyond_what_was_seen() {
        let lessons: Vec<_> = (0..400_u32)
            .map(|i| Lesson { raw: terms(Activity { amount: f64::from(i), ..KNOWN }, 100), silent: i < 150 })
            .collect();
        let found = Correction::learn(lessons.iter());
        let said = |amount: f64| found.log_odds(&terms(Activity { amount, ..KNOWN }, 100));
        assert!(said(10.0) > said(200.0) && said(200.0) > said(399.0) && said(399.0) > said(790.0));
        assert_eq!(said(1e18), said(1e3));
    }
}
