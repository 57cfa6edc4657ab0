//! What the AI may cost in a day: reserved before a try, settled after it.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::DateTime;

use crate::config::AiBudget;
use crate::domain::Clock;
use crate::domain::Money;
use crate::domain::utc_date;
use crate::store::Outlay;
use crate::store::Store;
use crate::store::StoreError;
use crate::writer::Spent;

/// Tokens that a price is for.
const PRICED_TOKENS: i128 = 1_000_000;
/// What writing into the cache and reading from it cost, in hundredths of reading anew.
const CACHED_WRITE_PERCENT: i128 = 125;
const CACHED_READ_PERCENT: i128 = 10;

/// The budget of one day, and the store that remembers it.
pub(super) struct Budget {
    most: AiBudget,
    store: Store,
    clock: Arc<dyn Clock>,
}

/// What is reserved for a try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reserved {
    day: Date,
    outlay: Outlay,
}

/// Why a try may not be made.
#[derive(Debug)]
pub(super) enum NoBudget {
    /// The day's budget is spent; it is free again then.
    Spent(DateTime),
    /// Nobody knows.
    Store(StoreError),
}

impl Budget {
    pub(super) fn new(most: AiBudget, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { most, store, clock }
    }

    /// Reserves the most that a try may come to.
    pub(super) async fn reserve(&self, at_most: Spent) -> Result<Reserved, NoBudget> {
        let day = utc_date(self.clock.now());
        let outlay = outlay(&self.most, at_most);
        let most = Outlay { tokens: self.most.tokens_a_day, money: self.most.money_a_day };
        match self.store.reserve_outlay(day, outlay, most).await {
            Ok(true) => Ok(Reserved { day, outlay }),
            Ok(false) => {
                Err(NoBudget::Spent(day.saturating_add(1.day()).to_datetime(jiff::civil::Time::midnight())))
            }
            Err(error) => Err(NoBudget::Store(error)),
        }
    }

    /// Counts what a try really came to.
    pub(super) async fn settle(&self, reserved: Reserved, spent: Spent) -> Result<(), StoreError> {
        count(&self.most, spent);
        let real = outlay(&self.most, spent);
        let sum = self.store.settle_outlay(reserved.day, reserved.outlay, real).await?;
        let tokens_left = self.most.tokens_a_day.saturating_sub(sum.tokens);
        let money_left = (self.most.money_a_day - sum.money).max(Money::ZERO);
        metrics::gauge!("etsm_ai_budget_left_tokens").set(tokens_left as f64);
        metrics::gauge!("etsm_ai_budget_left_money").set(money_left.as_f64());
        Ok(())
    }
}

fn count(budget: &AiBudget, spent: Spent) {
    let kinds = [
        ("input", spent.input),
        ("cached_write", spent.cached_write),
        ("cached_read", spent.cached_read),
        ("output", spent.output),
    ];
    for (kind, tokens) in kinds {
        metrics::counter!("etsm_ai_tokens_total", "kind" => kind).increment(tokens);
    }
    let micros = outlay(budget, spent).money.micros.unsigned_abs();
    metrics::counter!("etsm_ai_spent_micros_total").increment(micros);
}

/// What tokens come to, rounded up to the next micro-unit.
fn outlay(budget: &AiBudget, spent: Spent) -> Outlay {
    let hundredths = |tokens: u64, price: Money, percent: i128| {
        i128::from(tokens).saturating_mul(i128::from(price.micros)).saturating_mul(percent)
    };
    let sum = hundredths(spent.input, budget.input_price, 100)
        .saturating_add(hundredths(spent.cached_write, budget.input_price, CACHED_WRITE_PERCENT))
        .saturating_add(hundredths(spent.cached_read, budget.input_price, CACHED_READ_PERCENT))
        .saturating_add(hundredths(spent.output, budget.output_price, 100));
    let whole = 100 * PRICED_TOKENS;
    let micros = sum / whole + i128::from(sum % whole != 0);
    let tokens = spent.input.saturating_add(spent.cached_write).saturating_add(spent.cached_read);
    Outlay {
        tokens: tokens.saturating_add(spent.output),
        money: Money::from_micros(i64::try_from(micros).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cost_by_their_kind() {
        let budget = AiBudget {
            tokens_a_day: 0,
            money_a_day: Money::ZERO,
            input_price: "3.00".parse().unwrap(),
            output_price: "15.00".parse().unwrap(),
        };
        let cost = |spent| outlay(&budget, spent).money.to_string();
        let none = Spent::default();
        assert_eq!(cost(Spent { input: 1_000_000, ..none }), "3");
        assert_eq!(cost(Spent { cached_write: 1_000_000, ..none }), "3.75");
        assert_eq!(cost(Spent { cached_read: 1_000_000, ..none }), "0.3");
        assert_eq!(cost(Spent { output: 2_000, ..none }), "0.03");
        assert_eq!(cost(Spent { cached_read: 1, ..none }), "0.000001", "never for nothing");
        assert_eq!(
            outlay(&budget, Spent { input: 1, cached_write: 2, cached_read: 3, output: 4 }).tokens,
            10
        );
    }
}
