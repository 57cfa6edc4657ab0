//! What the organisation used, hour by hour.

use jiff::Timestamp;
use rust_decimal::Decimal;

/// One statement: an hour of one product and model, in one workspace, by one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub at: Timestamp,
    pub workspace: Option<String>,
    pub profile: Option<String>,
    pub key: Option<String>,
    pub product: Option<String>,
    pub model: Option<String>,
    pub requests: u64,
    pub uncached: u64,
    pub cache_read: u64,
    pub cache_write_short: u64,
    pub cache_write_long: u64,
    pub output: u64,
    pub searches: u64,
    /// After discounts, in cents.
    pub cents: Decimal,
    /// Before discounts, in cents.
    pub list_cents: Decimal,
}

impl Statement {
    /// So many calls with figures that follow from them.
    pub fn of(at: &str, workspace: &str, model: &str, requests: u64) -> Self {
        let some = |text: &str| Some(text.to_owned());
        Self {
            at: at.parse().unwrap(),
            workspace: some(workspace),
            profile: None,
            key: some("apikey_1"),
            product: some("messages_api"),
            model: some(model),
            requests,
            uncached: 100 * requests,
            cache_read: 40 * requests,
            cache_write_short: 10 * requests,
            cache_write_long: 5 * requests,
            output: 30 * requests,
            searches: 0,
            cents: Decimal::new(i64::try_from(requests).unwrap() * 17_301, 4),
            list_cents: Decimal::new(i64::try_from(requests).unwrap() * 20_000, 4),
        }
    }

    /// The same by another key.
    pub fn by_key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    pub fn total(&self) -> u64 {
        self.uncached + self.cache_read + self.cache_write_short + self.cache_write_long + self.output
    }

    pub fn is_restated_by(&self, other: &Self) -> bool {
        let names = |one: &Self| {
            (
                one.at,
                one.workspace.clone(),
                one.profile.clone(),
                one.key.clone(),
                one.product.clone(),
                one.model.clone(),
            )
        };
        names(self) == names(other)
    }
}
