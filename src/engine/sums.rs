//! The additive figures of many rows as raw numbers.
//!
//! Sums wrap instead of saturating: differences of running sums stay exact as long as the difference itself fits in
//! 64 bits, which is 9.2 trillion units of money.

use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Used;

/// Raw sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) calls: i64,
    pub(super) tokens: i64,
    pub(super) cost: i64,
    /// Errors of the rows that tell them.
    pub(super) errors: i64,
    /// Rows that tell their errors.
    pub(super) told_rows: i64,
    /// Calls of the rows that tell their errors.
    pub(super) told_calls: i64,
}

impl Sums {
    /// One figure of them.
    pub(super) fn of(&self, metric: Metric) -> i64 {
        match metric {
            Metric::ApiCalls => self.calls,
            Metric::Tokens => self.tokens,
            Metric::Cost => self.cost,
            Metric::Errors => self.errors,
        }
    }

    /// Both together.
    #[inline]
    pub(super) fn plus(&self, other: &Self) -> Self {
        self.zip(other, i64::wrapping_add)
    }

    /// What came on top of `earlier`.
    #[inline]
    pub(super) fn minus(&self, earlier: &Self) -> Self {
        self.zip(earlier, i64::wrapping_sub)
    }

    /// Figure by figure.
    #[inline]
    pub(super) fn zip(&self, other: &Self, op: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            calls: op(self.calls, other.calls),
            tokens: op(self.tokens, other.tokens),
            cost: op(self.cost, other.cost),
            errors: op(self.errors, other.errors),
            told_rows: op(self.told_rows, other.told_rows),
            told_calls: op(self.told_calls, other.told_calls),
        }
    }

    /// As the domain says it: errors only when some row told them.
    pub(super) fn used(&self) -> Used {
        let count = |raw: i64| u64::try_from(raw).unwrap_or(0);
        Used {
            api_calls: count(self.calls),
            errors: (self.told_rows > 0).then(|| count(self.errors)),
            tokens: count(self.tokens),
            cost: Money::from_micros(self.cost),
        }
    }
}
