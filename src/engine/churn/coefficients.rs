//! A model as named numbers, and back, so that a fit can be printed, stored and used later.
//!
//! Invariant: whatever reads back is a model that `fit` could have made: numbers finite, parameters above zero, no
//! weight below zero. A model that was written reads back equal.

use std::collections::BTreeMap;

use super::correction::{Correction, NAMES, Term};
use super::dropout::Dropout;
use super::model::{Chosen, Model, Provenance};

impl Model {
    /// Every number of the model with its name, in an order that reads well.
    pub(crate) fn coefficients(&self) -> Vec<(String, f64)> {
        let Provenance { as_of, horizon, customers, repeaters, windows, chosen } = self.provenance;
        let Dropout { r, alpha, a, b } = self.label_free;
        let mut named: Vec<(String, f64)> = [
            ("fit.as_of", f64::from(as_of)),
            ("fit.horizon", f64::from(horizon)),
            ("fit.customers", f64::from(customers)),
            ("fit.repeaters", f64::from(repeaters)),
            ("fit.windows", f64::from(windows)),
            ("fit.chosen", f64::from(chosen.code())),
            ("dropout.r", r),
            ("dropout.alpha", alpha),
            ("dropout.a", a),
            ("dropout.b", b),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        if let Some(correction) = &self.correction {
            named.push(("correction.intercept".to_owned(), correction.intercept));
            for (name, term) in NAMES.iter().zip(&correction.terms) {
                let Term { weight, mean, scale, low, high } = *term;
                let parts =
                    [("weight", weight), ("mean", mean), ("scale", scale), ("low", low), ("high", high)];
                named.extend(parts.map(|(part, value)| (format!("correction.{name}.{part}"), value)));
            }
        }
        named
    }

    /// Of named numbers in any order; in words what is missing, unknown or out of range.
    pub(crate) fn from_coefficients<N: AsRef<str>>(
        coefficients: impl IntoIterator<Item = (N, f64)>,
    ) -> Result<Self, String> {
        let mut given = Given(BTreeMap::new());
        for (name, value) in coefficients {
            let name = name.as_ref();
            if given.0.insert(name.to_owned(), value).is_some() {
                return Err(format!("“{name}” is given twice"));
            }
        }
        let chosen = given.count("fit.chosen")?;
        let chosen = Chosen::ALL
            .into_iter()
            .find(|choice| choice.code() == chosen)
            .ok_or_else(|| format!("“fit.chosen” is {chosen}, which is no way to choose a model"))?;
        let provenance = Provenance {
            as_of: given.count("fit.as_of")?,
            horizon: given.count("fit.horizon")?,
            customers: given.count("fit.customers")?,
            repeaters: given.count("fit.repeaters")?,
            windows: given.count("fit.windows")?,
            chosen,
        };
        let label_free = Dropout {
            r: given.above_zero("dropout.r")?,
            alpha: given.above_zero("dropout.alpha")?,
            a: given.above_zero("dropout.a")?,
            b: given.above_zero("dropout.b")?,
        };
        let correction = (chosen == Chosen::Corrected).then(|| given.correction()).transpose()?;
        match given.0.pop_first() {
            Some((unknown, _)) => Err(format!("“{unknown}” is not a number of this model")),
            None => Ok(Self { label_free, correction, provenance }),
        }
    }
}

/// Numbers not yet used, by name.
struct Given(BTreeMap<String, f64>);

impl Given {
    fn number(&mut self, name: &str) -> Result<f64, String> {
        let value = self.0.remove(name).ok_or_else(|| format!("“{name}” is missing"))?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(format!("“{name}” is {value}; it must be a number"))
        }
    }

    fn above_zero(&mut self, name: &str) -> Result<f64, String> {
        let value = self.number(name)?;
        if value > 0.0 { Ok(value) } else { Err(format!("“{name}” is {value}; it must be above 0")) }
    }

    fn count(&mut self, name: &str) -> Result<u32, String> {
        let value = self.number(name)?;
        let whole = value as u32; // Saturates, so that what it cannot hold differs below.
        if f64::from(whole) == value {
            Ok(whole)
        } else {
            Err(format!("“{name}” is {value}; it must be a whole number, at least 0"))
        }
    }

    fn correction(&mut self) -> Result<Correction, String> {
        let intercept = self.number("correction.intercept")?;
        let mut terms = [Term { weight: 0.0, mean: 0.0, scale: 1.0, low: 0.0, high: 0.0 }; NAMES.len()];
        for (name, term) in NAMES.iter().zip(&mut terms) {
            let part = |part: &str| format!("correction.{name}.{part}");
            let (weight, mean) = (self.number(&part("weight"))?, self.number(&part("mean"))?);
            let scale = self.above_zero(&part("scale"))?;
            let (low, high) = (self.number(&part("low"))?, self.number(&part("high"))?);
            if weight < 0.0 {
                return Err(format!("“{}” is {weight}; it must not be below 0", part("weight")));
            }
            if low > high {
                return Err(format!("“{}” is {low}, above “{}” {high}", part("low"), part("high")));
            }
            *term = Term { weight, mean, scale, low, high };
        }
        Ok(Correction { intercept, terms })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::super::activity::History;
    use super::super::model::fit;
    use super::super::simulation::{Chance, customers};
    use super::*;

    static CORRECTED: LazyLock<Model> = LazyLock::new(|| {
        let truth = Dropout { r: 0.9, alpha: 15.0, a: 0.6, b: 2.0 };
        // A third of the customers come back as a machine does, which the label-free model cannot know.
        let mut everyone = customers(&truth, 1_500, 400, &mut Chance(3));
        everyone.extend((0..700).map(|i| (0..9).map(|time| (i % 90 + 40 * time, 1.0)).collect()));
        let everyone: Vec<_> = everyone.into_iter().map(History::new).collect();
        let model = fit(&everyone, 350, 60).model;
        assert_eq!(model.provenance.chosen, Chosen::Corrected);
        model
    });

    #[track_caller]
    fn check(change: impl Fn(&mut Vec<(String, f64)>), refused: &str) {
        let mut coefficients = CORRECTED.coefficients();
        change(&mut coefficients);
        assert_eq!(Model::from_coefficients(coefficients).unwrap_err(), refused);
    }

    fn set(name: &str, value: f64) -> impl Fn(&mut Vec<(String, f64)>) {
        move |coefficients| coefficients.iter_mut().find(|(of, _)| of == name).unwrap().1 = value
    }

    #[test]
    fn a_model_reads_back_equal() {
        let model = CORRECTED.clone();
        // As in a file: every number as text, in another order.
        let mut text: Vec<_> =
            model.coefficients().into_iter().map(|(name, value)| (name, value.to_string())).collect();
        text.reverse();
        let numbers = text.into_iter().map(|(name, value)| (name, value.parse::<f64>().unwrap()));
        assert_eq!(Model::from_coefficients(numbers), Ok(model));
        let assumed = fit::<History>(&[], 9, 90).model;
        assert_eq!(Model::from_coefficients(assumed.coefficients()), Ok(assumed));
    }

    #[test]
    fn numbers_that_no_fit_could_give_are_refused() {
        check(|all| drop(all.pop()), "“correction.recent_90.high” is missing");
        check(|all| all.push(("nonsense".into(), 1.0)), "“nonsense” is not a number of this model");
        check(|all| all.push(all[0].clone()), "“fit.as_of” is given twice");
        check(set("fit.chosen", 0.0), "“correction.age.high” is not a number of this model");
        check(set("fit.chosen", 7.0), "“fit.chosen” is 7, which is no way to choose a model");
        check(set("fit.horizon", 1.5), "“fit.horizon” is 1.5; it must be a whole number, at least 0");
        check(set("dropout.alpha", 0.0), "“dropout.alpha” is 0; it must be above 0");
        check(set("dropout.r", f64::NAN), "“dropout.r” is NaN; it must be a number");
        check(
            set("correction.silence.weight", -0.1),
            "“correction.silence.weight” is -0.1; it must not be below 0",
        );
        check(
            set("correction.days.low", 99.0),
            &format!(
                "“correction.days.low” is 99, above “correction.days.high” {}",
                CORRECTED.correction.unwrap().terms[3].high
            ),
        );
    }
}
