//! Which accounts may fall silent: the churn model over days in use.
//!
//! Invariant: an account is judged up to where its own data are complete, and one whose data are behind teaches the model
//! nothing: what is not in yet is no silence.

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;

use crate::domain::AccountId;
use crate::domain::AccountStatus;

use super::churn;
use super::churn::Past as _;
use super::entry::Entry;
use super::hour::{DAY_HOURS, hour_from};
use super::results::{ChurnModel, Reliability};
use super::snapshot::Snapshot;

/// Days of silence that the probability speaks of.
pub(super) const HORIZON_DAYS: u32 = 90;

/// What the churn model says of each account, beside the snapshot's entries.
pub(super) type Chances = Vec<Option<f64>>;

impl Snapshot {
    /// The model, kept or fitted over all accounts whatever is shown of them, made once for a snapshot and its views.
    fn churn_fit(&self) -> &churn::Fit {
        self.churn.get_or_init(|| {
            let cut = last_whole_day(self.as_of.map_or(0, hour_from));
            let complete = self.learners.par_iter().filter(|entry| cut_of(entry) >= Some(cut));
            let complete: Vec<churn::History> = complete.map(past).collect();
            let complete: Vec<&churn::History> = complete.iter().collect();
            match &self.kept_churn {
                Some(kept) => {
                    let KeptChurn(model) = kept.as_ref();
                    churn::Fit { model: model.clone(), calibration: model.held_against(&complete, cut) }
                }
                None => churn::fit(&complete, cut, HORIZON_DAYS),
            }
        })
    }

    /// What the model says of each account, made once for a snapshot.
    pub(super) fn chances(&self) -> &Chances {
        self.chances.get_or_init(|| {
            let model = &self.churn_fit().model;
            let judged = |entry: &Entry| {
                let cut = cut_of(entry).filter(|_| entry.account.status == AccountStatus::Active)?;
                Some(model.probability(&past(entry).at(cut)?, cut))
            };
            self.entries.par_iter().map(judged).collect()
        })
    }

    /// The probability that an account has no call in the 90 days after its data end. `None` for accounts without usage,
    /// and for those that are paused or closed.
    #[must_use]
    pub fn churn_probability(&self, account: &AccountId) -> Option<f64> {
        self.chances()[*self.index.get(account)?]
    }

    /// The accounts that can be judged, the most likely to fall silent first. Chances that are the same to a tenth of a
    /// percent are ordered by health, the worst first, and then by id: finer differences mean nothing.
    #[must_use]
    pub fn churn_order(&self) -> Vec<(AccountId, f64)> {
        let judged = self.entries.iter().zip(self.chances());
        let mut judged: Vec<(&Entry, f64)> =
            judged.filter_map(|(entry, chance)| Some((entry, (*chance)?))).collect();
        let shown = |chance: f64| (chance * 1_000.0).round();
        let health = |entry: &Entry| entry.health().and_then(|health| health.score).unwrap_or(f64::INFINITY);
        judged.sort_by(|(one, first), (two, second)| {
            let chances = shown(*second).total_cmp(&shown(*first));
            let scores = || health(one).total_cmp(&health(two));
            chances.then_with(scores).then_with(|| one.account.id.cmp(&two.account.id))
        });
        judged.into_iter().map(|(entry, chance)| (entry.account.id.clone(), chance)).collect()
    }

    /// The model as it is kept and printed.
    #[must_use]
    pub fn kept_churn(&self) -> KeptChurn {
        KeptChurn(self.churn_fit().model.clone())
    }

    /// One group of the accounts by what was predicted of them.
    pub(super) fn churn_group(&self, group: u8) -> Option<Reliability> {
        self.churn_model().reliability?.get(usize::from(group)).copied()
    }

    /// The model, in the open.
    #[must_use]
    pub fn churn_model(&self) -> ChurnModel {
        let fit = self.churn_fit();
        let provenance = fit.model.provenance;
        ChurnModel {
            how: match provenance.chosen {
                churn::Chosen::Prior => {
                    "Too few accounts came back to fit it: its parameters are assumed, so read it as an order, not as a \
                     probability."
                }
                churn::Chosen::LabelFree => {
                    "Fitted to days in use; too few accounts have fallen silent yet to learn from."
                }
                churn::Chosen::LabelFreeWasBetter => {
                    "Fitted to days in use. A correction was learned from the past, did not do better, and is not used."
                }
                churn::Chosen::Corrected => {
                    "Fitted to days in use, and corrected by how accounts fell silent before."
                }
            },
            accounts: provenance.customers as usize,
            coefficients: weights(&fit.model),
            reliability: fit.calibration.as_ref().map(|seen| {
                let bin = |bin: &churn::Bin| Reliability {
                    predicted: bin.predicted,
                    observed: bin.observed,
                    accounts: bin.customers,
                };
                seen.bins.iter().map(bin).collect()
            }),
            error: fit.calibration.as_ref().map(|seen| seen.error),
            auc: fit.calibration.as_ref().map(|seen| seen.auc),
        }
    }
}

/// A churn model that was fitted and kept, to judge by until another one is. As text: a line `name = value` for each of
/// its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptChurn(churn::Model);

impl fmt::Display for KeptChurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.coefficients().iter().try_for_each(|(name, value)| writeln!(f, "{name} = {value}"))
    }
}

impl FromStr for KeptChurn {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let line = |line: &str| {
            let (name, value) = line.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().parse::<f64>().ok()?))
        };
        let lines = text.lines().filter(|text| !text.trim().is_empty());
        let numbers = lines.map(|text| line(text).ok_or_else(|| format!("“{text}” is not name = value")));
        churn::Model::from_coefficients(numbers.collect::<Result<Vec<_>, _>>()?).map(Self)
    }
}

/// The numbers that carry the model, without those that only say where it comes from or how its inputs were scaled.
fn weights(model: &churn::Model) -> Vec<(String, f64)> {
    let carries = |name: &str| {
        name.starts_with("dropout.") || name.ends_with(".weight") || name.ends_with(".intercept")
    };
    model.coefficients().into_iter().filter(|(name, _)| carries(name)).collect()
}

/// The last whole day before an hour.
fn last_whole_day(hour: u32) -> u32 {
    (hour / DAY_HOURS).saturating_sub(1)
}

/// The last whole day of which an account's data are complete.
fn cut_of(entry: &Entry) -> Option<u32> {
    entry.derived.as_ref().map(|derived| last_whole_day(derived.at.until))
}

/// The days in use of an account, with their costs.
fn past(entry: &Entry) -> churn::History {
    let days = entry.frame.marks.windows(2).filter(|pair| pair[1].calls > pair[0].calls);
    let amount = |cost: i64| cost as f64 / 1e6;
    churn::History::new(days.map(|pair| (pair[0].day, amount(pair[1].cost - pair[0].cost))).collect())
}
