//! The churn model: what it is made of, how it is chosen, what it says.
//!
//! Invariant: nothing is learned from an outcome that was not known at the as-of, and a correction is used only if
//! it told customers that it had not seen better than the label-free model did.

use super::activity::{Activity, Past, count};
use super::calibration::{Calibration, Judged};
use super::correction::{self, Correction, Lesson};
use super::dropout::Dropout;
use super::logistic::{log_loss, logistic};

/// Customers with repeat use below which the label-free model cannot be told from its prior.
const REPEATERS_MIN: usize = 30;
/// Customers that fell silent, and as many that did not, below which nothing is learned from closed windows: ten for
/// each weight is the usual rule (Peduzzi et al. 1996).
const OUTCOMES_MIN: usize = 10 * correction::TERMS;
/// Closed windows learned from, at cuts a sixth of the horizon apart: together they see two horizons, so that one odd
/// season is not all that is known, and the same customers at several ages. Further back it was another time.
const WINDOWS_MAX: u32 = 6;
/// Customers learned from in closed windows, the most: nine weights need no more, and a fit has a second or two.
const LEARNED_MAX: usize = 25_000;
/// Parts that the customers are dealt into; each part is judged by what the others taught.
const FOLDS: u64 = 5;

/// A fitted model, all of its numbers in the open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// The label-free model.
    pub label_free: Dropout,
    /// What closed windows taught beyond it; `None` where it is used alone.
    pub correction: Option<Correction>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Where a model comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Provenance {
    /// The last day that was known.
    pub as_of: u32,
    /// Days of silence that it speaks of.
    pub horizon: u32,
    /// Customers seen by then.
    pub customers: u32,
    /// Those of them with more than one day in use.
    pub repeaters: u32,
    /// Closed windows that were learned from, or could have been.
    pub windows: u32,
    /// How it was chosen.
    pub chosen: Chosen,
}

/// How a model was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Fewer than thirty customers came back: the parameters are assumed, not fitted.
    Prior,
    /// Fitted; too few outcomes are known yet to learn from.
    LabelFree,
    /// Fitted; a correction was learned, and did not do better on customers that it had not seen.
    LabelFreeWasBetter,
    /// Fitted and corrected: the correction did better on customers that it had not seen.
    Corrected,
}

impl Chosen {
    /// All, the poorest first.
    pub(crate) const ALL: [Self; 4] =
        [Self::Prior, Self::LabelFree, Self::LabelFreeWasBetter, Self::Corrected];

    /// As a number among the coefficients; never given to another.
    pub(super) fn code(self) -> u32 {
        match self {
            Self::Prior => 0,
            Self::LabelFree => 1,
            Self::LabelFreeWasBetter => 2,
            Self::Corrected => 3,
        }
    }
}

/// A model, and how it did on the newest closed window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fit {
    /// The model.
    pub model: Model,
    /// Out of fold; `None` where no window has closed.
    pub calibration: Option<Calibration>,
}

/// The model for the `horizon` days after `as_of`, of what these customers did up to it.
pub(crate) fn fit<P: Past>(customers: &[P], as_of: u32, horizon: u32) -> Fit {
    let horizon = horizon.max(1);
    let known: Vec<_> = customers.iter().filter_map(|customer| customer.at(as_of)).collect();
    let repeaters = known.iter().filter(|customer| customer.repeats() > 0).count();
    let fitted = repeaters >= REPEATERS_MIN;
    let label_free = if fitted { Dropout::fit(&known, as_of) } else { Dropout::PRIOR };
    let windows = closed_windows(customers, &label_free, as_of, horizon);
    let provenance = Provenance {
        as_of,
        horizon,
        customers: count(known.len()),
        repeaters: count(repeaters),
        windows: count(windows.len()),
        chosen: if fitted { Chosen::LabelFree } else { Chosen::Prior },
    };
    let mut model = Model { label_free, correction: None, provenance };
    let calibration = windows.first().and_then(|newest| {
        let (plain, corrected) = (judged_plain(newest), judged_corrected(&windows));
        if fitted && let Some(corrected) = corrected {
            model.provenance.chosen = Chosen::LabelFreeWasBetter;
            if loss(&corrected) < loss(&plain) {
                model.provenance.chosen = Chosen::Corrected;
                model.correction = Some(Correction::learn(windows.iter().flatten().map(|seen| &seen.lesson)));
                return Calibration::of(corrected);
            }
        }
        Calibration::of(plain)
    });
    Fit { model, calibration }
}

impl Model {
    /// The probability that this customer falls silent for the model's horizon after the end of day `as_of`.
    pub(crate) fn probability(&self, customer: &Activity, as_of: u32) -> f64 {
        let horizon = self.provenance.horizon;
        match &self.correction {
            None => self.label_free.silent(customer, as_of, horizon),
            Some(correction) => {
                logistic(correction.log_odds(&correction::raw(&self.label_free, customer, as_of, horizon)))
            }
        }
    }
}

impl Model {
    /// How this model tells the newest closed window of these customers. It flatters a model that learned from them.
    pub(crate) fn held_against<P: Past>(&self, customers: &[P], as_of: u32) -> Option<Calibration> {
        let windows = closed_windows(customers, &self.label_free, as_of, self.provenance.horizon);
        let log_odds = |seen: &Seen| match &self.correction {
            None => correction::plain(&seen.lesson.raw),
            Some(correction) => correction.log_odds(&seen.lesson.raw),
        };
        let judged = |seen: &Seen| Judged { log_odds: log_odds(seen), silent: seen.lesson.silent };
        Calibration::of(windows.first()?.iter().map(judged).collect())
    }
}

/// A customer at the cut before a closed window.
struct Seen {
    lesson: Lesson,
    fold: u64,
}

/// The customers of each closed window, the newest first.
fn closed_windows<P: Past>(
    customers: &[P],
    label_free: &Dropout,
    as_of: u32,
    horizon: u32,
) -> Vec<Vec<Seen>> {
    let step = (horizon / WINDOWS_MAX).max(1);
    let share = LEARNED_MAX as f64 / customers.len() as f64 * u64::MAX as f64;
    (0..WINDOWS_MAX)
        .map_while(|back| as_of.checked_sub(horizon)?.checked_sub(back * step))
        .map(|cut| {
            let seen = customers.iter().enumerate().filter_map(|(number, customer)| {
                let lot = mixed(number as u64);
                let known = if lot as f64 <= share { customer.at(cut) } else { None }?;
                let raw = correction::raw(label_free, &known, cut, horizon);
                let lesson = Lesson { raw, silent: !customer.in_use_within(cut, cut + horizon) };
                Some(Seen { lesson, fold: lot % FOLDS })
            });
            seen.collect::<Vec<_>>()
        })
        .take_while(|seen| !seen.is_empty())
        .collect()
}

fn judged_plain(window: &[Seen]) -> Vec<Judged> {
    window
        .iter()
        .map(|seen| Judged { log_odds: correction::plain(&seen.lesson.raw), silent: seen.lesson.silent })
        .collect()
}

/// The newest window judged by corrections that never saw the customer; `None` where there is too little to learn.
fn judged_corrected(windows: &[Vec<Seen>]) -> Option<Vec<Judged>> {
    let newest = windows.first()?;
    let silent = newest.iter().filter(|seen| seen.lesson.silent).count();
    if silent.min(newest.len() - silent) < OUTCOMES_MIN {
        return None;
    }
    let mut judged = Vec::with_capacity(newest.len());
    for fold in 0..FOLDS {
        let others = windows.iter().flatten().filter(|seen| seen.fold != fold).map(|seen| &seen.lesson);
        let correction = Correction::learn(others);
        judged.extend(newest.iter().filter(|seen| seen.fold == fold).map(|seen| Judged {
            log_odds: correction.log_odds(&seen.lesson.raw),
            silent: seen.lesson.silent,
        }));
    }
    Some(judged)
}

fn loss(judged: &[Judged]) -> f64 {
    judged.iter().map(|one| log_loss(one.log_odds, one.silent)).sum::<f64>() / judged.len() as f64
}

/// Deals customers into folds whatever their order means (the finaliser of SplitMix64, Steele et al. 2014).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::activity::History;
    use super::super::simulation::{Chance, customers};
    use super::*;

    const TRUTH: Dropout = Dropout { r: 0.9, alpha: 15.0, a: 0.6, b: 2.0 };

    fn histories(count: u32, seed: u64) -> Vec<History> {
        customers(&TRUTH, count, 500, &mut Chance(seed)).into_iter().map(History::new).collect()
    }

    /// Customers of whom those that spend much come back for certain: only the closed windows can teach that.
    fn big_spenders_stay() -> Vec<History> {
        let mut everyone = customers(&TRUTH, 1_000, 500, &mut Chance(5));
        for days in everyone.iter_mut().step_by(2) {
            let first = days[0].0;
            *days = (0..20).map(|month| (first + 35 * month, 50_000.0)).collect();
        }
        everyone.into_iter().map(History::new).collect()
    }

    #[test]
    fn with_few_who_came_back_the_parameters_are_assumed() {
        let few: Vec<_> = (0..29).map(|i| History::new(vec![(i, 1.0), (i + 9, 1.0)])).collect();
        let model = fit(&few, 400, 90).model;
        assert_eq!((model.provenance.chosen, model.label_free), (Chosen::Prior, Dropout::PRIOR));
        assert_eq!((model.provenance.customers, model.provenance.repeaters), (29, 29));
        let none = fit::<History>(&[], 400, 90);
        assert_eq!((none.model.provenance.chosen, none.calibration), (Chosen::Prior, None));
    }

    #[test]
    fn without_a_closed_window_nothing_is_learned_from_outcomes() {
        let fit = fit(&histories(500, 1), 80, 90);
        assert_eq!((fit.model.provenance.chosen, fit.calibration), (Chosen::LabelFree, None));
    }

    #[test]
    fn what_happens_after_the_as_of_changes_nothing() {
        let whole = customers(&TRUTH, 1_500, 500, &mut Chance(2));
        let known = |until: u32| -> Vec<_> {
            let cut =
                whole.iter().map(|days| days.iter().copied().filter(|(day, _)| *day <= until).collect());
            cut.map(History::new).collect()
        };
        assert_eq!(fit(&known(400), 400, 60), fit(&known(500), 400, 60));
    }

    #[test]
    fn a_correction_is_used_when_it_helps_customers_it_has_not_seen() {
        let everyone = big_spenders_stay();
        let found = fit(&everyone, 400, 60);
        assert_eq!(found.model.provenance.chosen, Chosen::Corrected);
        assert_eq!(found.model.provenance.windows, 6);
        let plain = Model { correction: None, ..found.model.clone() };
        let loss = |model: &Model| -> f64 {
            let lost = everyone.iter().filter_map(|customer| {
                let probability = model.probability(&customer.at(400)?, 400).clamp(1e-9, 1.0 - 1e-9);
                let silent = !customer.in_use_within(400, 460);
                Some(-if silent { probability.ln() } else { (1.0 - probability).ln() })
            });
            lost.sum()
        };
        assert!(loss(&found.model) < 0.7 * loss(&plain), "{} {}", loss(&found.model), loss(&plain));
    }

    #[test]
    fn a_correction_that_only_fits_the_past_is_not_used() {
        let found = fit(&histories(900, 11), 400, 60);
        assert_eq!(found.model.provenance.chosen, Chosen::LabelFreeWasBetter);
        assert_eq!(found.model.correction, None);
    }

    #[test]
    fn customers_as_the_label_free_model_imagines_them_are_told_well_on_a_later_window() {
        let everyone = histories(4_000, 4);
        let found = fit(&everyone, 400, 60);
        let judged = everyone.iter().filter_map(|customer| {
            let probability = found.model.probability(&customer.at(400)?, 400);
            Some(Judged {
                log_odds: (probability / (1.0 - probability)).ln(),
                silent: !customer.in_use_within(400, 460),
            })
        });
        let later = Calibration::of(judged.collect()).unwrap();
        assert!(later.error < 0.03 && later.auc > 0.85, "{later:?}");
        let closed = found.calibration.unwrap();
        assert!(closed.error < 0.03 && (closed.auc - later.auc).abs() < 0.05, "{closed:?}");
    }

    #[test]
    fn the_order_of_the_customers_does_not_decide() {
        let forth = big_spenders_stay();
        let back: Vec<_> = forth.iter().rev().cloned().collect();
        let (left, right) = (fit(&forth, 400, 60).model, fit(&back, 400, 60).model);
        for customer in forth.iter().filter_map(|customer| customer.at(400)) {
            let apart = left.probability(&customer, 400) - right.probability(&customer, 400);
            assert!(apart.abs() < 1e-4, "{apart}");
        }
    }

    #[test]
    fn equal_customers_give_an_equal_model() {
        assert_eq!(fit(&histories(800, 6), 400, 60), fit(&histories(800, 6), 400, 60));
    }

    fn models() -> Vec<Model> {
        let corrected = fit(&big_spenders_stay(), 400, 60).model;
        assert!(corrected.correction.is_some());
        vec![fit::<History>(&[], 400, 90).model, fit(&histories(500, 1), 80, 90).model, corrected]
    }

    #[test]
    fn a_longer_silence_never_looks_safer_and_more_use_in_rhythm_never_riskier() {
        for model in models() {
            let mut chance = Chance(8);
            for _ in 0..2_000 {
                let mut below = |most: f64| (chance.even() * most) as u32;
                let (first_day, days, gap, silence) =
                    (below(300.0), 2 + below(60.0), 1 + below(30.0), below(300.0));
                let last_day = first_day + days * gap;
                let recent = [below(20.0), below(40.0)];
                let known = Activity { first_day, days, last_day, recent, amount: 5.0 };
                let now = last_day + silence;
                let probability = model.probability(&known, now);
                let later = Activity { recent: recent.map(|count| count.saturating_sub(1)), ..known };
                assert!(model.probability(&later, now + 1) >= probability - 1e-12);
                assert!(
                    model.probability(&Activity { last_day: last_day - 1, ..known }, now)
                        >= probability - 1e-12
                );
                assert!(model.probability(&Activity { amount: 6.0, ..known }, now) <= probability + 1e-12);
                let Dropout { alpha, b, .. } = model.label_free;
                let pause = (alpha + f64::from(days * gap)) / (b + f64::from(days - 1));
                if f64::from(silence) <= pause {
                    let more = Activity { days: days + 1, recent: recent.map(|count| count + 1), ..known };
                    assert!(model.probability(&more, now) <= probability + 1e-12);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_happened_the_probability_is_one(
            events in prop::collection::vec(
                prop::collection::vec((0..3_000_u32, prop_oneof![-1e18..1e18_f64, Just(f64::NAN), Just(f64::MAX)]), 0..30),
                0..120,
            ),
            as_of in prop_oneof![0..3_500_u32, Just(u32::MAX)],
            horizon in prop_oneof![0..400_u32, Just(u32::MAX)],
        ) {
            let everyone: Vec<_> = events.into_iter().map(History::new).collect();
            let model = fit(&everyone, as_of, horizon).model;
            for customer in everyone.iter().filter_map(|customer| customer.at(as_of)) {
                let probability = model.probability(&customer, as_of);
                prop_assert!((0.0..=1.0).contains(&probability), "{probability}");
            }
        }

        #[test]
        fn whatever_is_known_the_probability_is_one(
            first_day: u32, days: u32, last_day: u32, recent: [u32; 2], amount: f64, as_of: u32,
        ) {
            let known = Activity { first_day, days, last_day, recent, amount };
            let probability = fit::<History>(&[], 9, 90).model.probability(&known, as_of);
            prop_assert!((0.0..=1.0).contains(&probability), "{probability}");
        }
    }
}
