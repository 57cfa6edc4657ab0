//! How good a set of probabilities was, once the outcomes are known.

use super::logistic::{log_loss, logistic};

/// Groups of a reliability table, each with about as many customers.
const BINS: usize = 10;

/// A probability as log-odds, and what came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) log_odds: f64,
    pub(super) silent: bool,
}

/// Predicted against observed on a window that has closed, for customers that the model had not learned from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calibration {
    /// From the lowest predictions to the highest, each with about as many customers.
    pub bins: Vec<Bin>,
    /// Expected calibration error: the mean distance of a bin's prediction from what was observed, by customers.
    pub error: f64,
    /// The probability that a customer who fell silent was ranked above one who did not; 0.5 when it cannot be told.
    pub auc: f64,
    /// Mean log-loss.
    pub loss: f64,
}

/// One row of the reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bin {
    /// Mean probability given.
    pub predicted: f64,
    /// Share that fell silent.
    pub observed: f64,
    /// Customers in it.
    pub customers: usize,
}

impl Calibration {
    /// Of judged probabilities in any order; `None` of none.
    pub(super) fn of(mut judged: Vec<Judged>) -> Option<Self> {
        if judged.is_empty() {
            return None;
        }
        judged.sort_by(|left, right| left.log_odds.total_cmp(&right.log_odds));
        let all = judged.len() as f64;
        let bins: Vec<Bin> = (0..BINS)
            .map(|bin| &judged[judged.len() * bin / BINS..judged.len() * (bin + 1) / BINS])
            .filter(|part| !part.is_empty())
            .map(Bin::of)
            .collect();
        let error =
            bins.iter().map(|bin| (bin.predicted - bin.observed).abs() * bin.customers as f64 / all).sum();
        let loss = judged.iter().map(|one| log_loss(one.log_odds, one.silent)).sum::<f64>() / all;
        Some(Self { bins, error, auc: auc(&judged), loss })
    }
}

impl Bin {
    fn of(part: &[Judged]) -> Self {
        let customers = part.len();
        let predicted: f64 = part.iter().map(|one| logistic(one.log_odds)).sum();
        let observed = part.iter().filter(|one| one.silent).count();
        Self {
            predicted: predicted / customers as f64,
            observed: observed as f64 / customers as f64,
            customers,
        }
    }
}

/// Area under the curve by ranks (Mann & Whitney 1947), rising order given; equal predictions count half.
fn auc(rising: &[Judged]) -> f64 {
    let silent = rising.iter().filter(|one| one.silent).count() as f64;
    let active = rising.len() as f64 - silent;
    if silent == 0.0 || active == 0.0 {
        return 0.5;
    }
    let (mut below, mut won) = (0.0, 0.0);
    for tie in rising.chunk_by(|left, right| left.log_odds == right.log_odds) {
        let silent = tie.iter().filter(|one| one.silent).count() as f64;
        let active = tie.len() as f64 - silent;
        won += silent * (below + active / 2.0);
        below += active;
    }
    won / (silent * active)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rows: &[(f64, bool)]) -> Vec<Judged> {
        rows.iter().map(|(log_odds, silent)| Judged { log_odds: *log_odds, silent: *silent }).collect()
    }

    #[track_caller]
    fn check_auc(rows: &[(f64, bool)], auc: f64) {
        assert_eq!(Calibration::of(judged(rows)).unwrap().auc, auc);
    }

    #[test]
    fn a_ranking_is_judged_by_pairs_and_ties_count_half() {
        check_auc(&[(2.0, true), (-1.0, false), (1.0, true)], 1.0);
        check_auc(&[(2.0, false), (1.0, true)], 0.0);
        check_auc(&[(1.0, false), (1.0, true)], 0.5);
        check_auc(&[(1.0, true), (0.0, false), (2.0, false), (2.0, true)], 0.625);
        check_auc(&[(1.0, true)], 0.5);
    }

    #[test]
    fn an_error_is_the_distance_of_what_was_said_from_what_was_seen() {
        let even: Vec<_> = (0..1_000).map(|i| (0.0, i % 2 == 0)).collect();
        assert!(Calibration::of(judged(&even)).unwrap().error < 1e-9);
        let sure: Vec<_> = (0..1_000).map(|i| (3.0_f64.ln(), i % 2 == 0)).collect();
        let found = Calibration::of(judged(&sure)).unwrap();
        assert!((found.error - 0.25).abs() < 1e-9 && found.bins.len() == 10);
        assert!(found.bins.iter().all(|bin| bin.customers == 100 && (bin.predicted - 0.75).abs() < 1e-9));
        assert_eq!(Calibration::of(Vec::new()), None);
    }
}
