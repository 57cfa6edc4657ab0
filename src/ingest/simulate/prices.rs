//! What is sold: endpoints, models and list prices.

use crate::domain::Money;
use crate::domain::TokenSplit;

/// Something an account can call.
#[derive(Debug, PartialEq)]
pub(super) struct Offer {
    pub(super) endpoint: &'static str,
    pub(super) model: Option<&'static str>,
    /// Typical tokens of one call, read and written.
    pub(super) reads: f64,
    pub(super) writes: f64,
    pub(super) price: Price,
    pub(super) hours: Hours,
    /// Whether it is counted by the export that arrives hours later and does not tell errors.
    pub(super) late: bool,
}

/// List prices in micro-units: of a million tokens of each kind, and of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Price {
    pub(super) input: i64,
    pub(super) output: i64,
    /// Nothing when the offer has no cache.
    pub(super) cached: Option<i64>,
    pub(super) call: i64,
}

/// When an offer is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hours {
    /// Whenever people work.
    Any,
    /// Jobs that wait for the night.
    Night,
}

const fn tokens(input: i64, output: i64, cached: Option<i64>) -> Price {
    Price { input, output, cached, call: 0 }
}

pub(super) const MINI: usize = 0;
pub(super) const STANDARD: usize = 1;
pub(super) const MAX: usize = 2;
pub(super) const EMBEDDINGS: usize = 3;
pub(super) const BATCH: usize = 4;
pub(super) const FILES: usize = 5;
pub(super) const RERANK: usize = 6;

/// The catalogue, at the places of the constants above.
pub(super) const OFFERS: [Offer; 7] = [
    Offer {
        endpoint: "/v1/messages",
        model: Some("lumen-mini"),
        reads: 900.0,
        writes: 220.0,
        price: tokens(250_000, 1_250_000, Some(30_000)),
        hours: Hours::Any,
        late: false,
    },
    Offer {
        endpoint: "/v1/messages",
        model: Some("lumen"),
        reads: 1_500.0,
        writes: 420.0,
        price: tokens(3_000_000, 15_000_000, Some(300_000)),
        hours: Hours::Any,
        late: false,
    },
    Offer {
        endpoint: "/v1/messages",
        model: Some("lumen-max"),
        reads: 2_600.0,
        writes: 900.0,
        price: tokens(15_000_000, 75_000_000, Some(1_500_000)),
        hours: Hours::Any,
        late: false,
    },
    Offer {
        endpoint: "/v1/embeddings",
        model: Some("lumen-embed"),
        reads: 2_000.0,
        writes: 0.0,
        price: tokens(100_000, 0, None),
        hours: Hours::Any,
        late: false,
    },
    Offer {
        endpoint: "/v1/batch",
        model: Some("lumen"),
        reads: 1_800.0,
        writes: 500.0,
        price: tokens(1_500_000, 7_500_000, None),
        hours: Hours::Night,
        late: true,
    },
    Offer {
        endpoint: "/v1/files",
        model: None,
        reads: 0.0,
        writes: 0.0,
        price: Price { input: 0, output: 0, cached: None, call: 400 },
        hours: Hours::Any,
        late: true,
    },
    Offer {
        endpoint: "/v1/rerank",
        model: Some("lumen-embed"),
        reads: 4_000.0,
        writes: 0.0,
        price: tokens(60_000, 0, None),
        hours: Hours::Any,
        late: false,
    },
];

impl Price {
    /// What calls and their tokens cost, rounded half up to a micro-unit. `input` does not hold the cached tokens.
    pub(super) fn cost(&self, calls: u64, split: TokenSplit) -> Money {
        let part = |count: Option<u64>, price: i64| i128::from(count.unwrap_or(0)) * i128::from(price);
        let millionths = part(split.input, self.input)
            + part(split.output, self.output)
            + part(split.cached, self.cached.unwrap_or(0));
        let micros = (millionths + 500_000).div_euclid(1_000_000) + part(Some(calls), self.call);
        Money::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl Offer {
    /// What one typical call costs, in units.
    pub(super) fn typical_cost(&self) -> f64 {
        let tokens = self.reads * self.price.input as f64 + self.writes * self.price.output as f64;
        tokens / 1e12 + self.price.call as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_its_list_price() {
        let split = TokenSplit { input: Some(1_000), output: Some(100), cached: Some(2_000) };
        assert_eq!(OFFERS[STANDARD].price.cost(3, split), Money::from_micros(3_000 + 1_500 + 600));
        assert_eq!(OFFERS[FILES].price.cost(3, TokenSplit::default()), Money::from_micros(1_200));
        assert!((OFFERS[STANDARD].typical_cost() - 0.0108).abs() < 1e-12);
    }
}
