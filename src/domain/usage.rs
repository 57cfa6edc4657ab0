//! What an account used: one row per source, account, endpoint, model and time, and the metrics over such rows.

use std::fmt;
use std::ops::AddAssign;
use std::str::FromStr;

use jiff::Timestamp;

use super::ids::{AccountId, Endpoint, EventId, Model, SourceId};
use super::money::Money;

/// One validated row of usage.
///
/// Its key is `(source, account, endpoint, model, at, event or nothing)`: sent again, it replaces and never adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Where it came from.
    pub source: SourceId,
    /// Begin of the bucket, or the instant of the event.
    pub at: Timestamp,
    /// Whose usage it is.
    pub account: AccountId,
    /// Which endpoint was called.
    pub endpoint: Endpoint,
    /// Which model answered, when the source says.
    pub model: Option<Model>,
    /// Set for single events inside a bucket.
    pub event: Option<EventId>,
    /// What was counted.
    pub used: Used,
    /// The part of the tokens that the source tells apart.
    pub tokens: TokenSplit,
}

/// The additive figures of one row, or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Calls to the API.
    pub api_calls: u64,
    /// Calls that failed, when the source tells.
    pub errors: Option<u64>,
    /// Tokens of all kinds.
    pub tokens: u64,
    /// What it cost.
    pub cost: Money,
}

impl AddAssign for Used {
    fn add_assign(&mut self, other: Self) {
        self.api_calls = self.api_calls.saturating_add(other.api_calls);
        self.errors = match (self.errors, other.errors) {
            (None, None) => None,
            (one, two) => Some(one.unwrap_or(0).saturating_add(two.unwrap_or(0))),
        };
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost += other.cost;
    }
}

/// Tokens by kind, as far as known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenSplit {
    /// Tokens read.
    pub input: Option<u64>,
    /// Tokens written.
    pub output: Option<u64>,
    /// Tokens read from a cache.
    pub cached: Option<u64>,
}

/// A figure that adds up over rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Calls to the API.
    ApiCalls,
    /// Tokens used.
    Tokens,
    /// Cost.
    Cost,
    /// Calls that failed.
    Errors,
}

impl Metric {
    /// All, in the order they are offered.
    pub const ALL: [Self; 4] = [Self::ApiCalls, Self::Tokens, Self::Cost, Self::Errors];

    /// As it is typed and stands in URLs: `calls`, `tokens`, `cost`, `errors`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ApiCalls => "calls",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Errors => "errors",
        }
    }

    /// As it heads a chart: `API calls`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ApiCalls => "API calls",
            Self::Tokens => "Tokens",
            Self::Cost => "Cost",
            Self::Errors => "Errors",
        }
    }

    /// As it stands within a sentence: `tokens`; `API calls` keeps its capitals.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::ApiCalls => "API calls",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Errors => "errors",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Metric {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "calls" | "api_calls" => Ok(Self::ApiCalls),
            "tokens" | "tokens_used" => Ok(Self::Tokens),
            "cost" | "spend" => Ok(Self::Cost),
            "errors" => Ok(Self::Errors),
            _ => Err(format!("“{text}” is not a metric; use calls, tokens, cost or errors")),
        }
    }
}
