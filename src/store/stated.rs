//! What a usage row states, and under which key.

use crate::domain::Money;
use crate::domain::UsageRow;
use crate::domain::Used;

use super::error::StoreError;

/// What makes two rows statements of the same thing. `model` 0 and `event` "" stand for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub(super) account: i64,
    pub(super) at_ms: i64,
    pub(super) endpoint: i64,
    pub(super) model: i64,
    pub(super) source: i64,
    pub(super) event: &'a str,
}

/// The figures of a row, as the database holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) api_calls: i64,
    pub(super) errors: Option<i64>,
    pub(super) tokens: i64,
    pub(super) cost: i64,
    pub(super) input: Option<i64>,
    pub(super) output: Option<i64>,
    pub(super) cached: Option<i64>,
}

impl Figures {
    pub(super) fn of(row: &UsageRow) -> Result<Self, StoreError> {
        let whole = |figure: &'static str, given: u64| {
            let account = row.account.as_str();
            i64::try_from(given).map_err(|_large| StoreError::TooLarge {
                figure,
                account: account.to_owned(),
                given,
            })
        };
        let known = |figure, given: Option<u64>| given.map(|given| whole(figure, given)).transpose();
        Ok(Self {
            api_calls: whole("api_calls", row.used.api_calls)?,
            errors: known("errors", row.used.errors)?,
            tokens: whole("tokens_used", row.used.tokens)?,
            cost: row.used.cost.micros,
            input: known("input_tokens", row.tokens.input)?,
            output: known("output_tokens", row.tokens.output)?,
            cached: known("cached_tokens", row.tokens.cached)?,
        })
    }

    pub(super) fn used(&self) -> Used {
        Used {
            api_calls: self.api_calls.unsigned_abs(),
            errors: self.errors.map(i64::unsigned_abs),
            tokens: self.tokens.unsigned_abs(),
            cost: Money::from_micros(self.cost),
        }
    }
}
