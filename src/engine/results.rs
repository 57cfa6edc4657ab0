//! What the engine answers: plain rows.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Anomaly;
use crate::domain::Band;
use crate::domain::Endpoint;
use crate::domain::FactKey;
use crate::domain::Grain;
use crate::domain::Model;
use crate::domain::Quantity;
use crate::domain::SourceId;
use crate::domain::Standing;
use crate::domain::Used;
use crate::domain::Window;

/// A metric over time: one value for each bucket of the window, zero where nothing happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesData {
    /// The buckets, clipped to the window; same length as `values`.
    pub buckets: Vec<Window>,
    /// Raw sums: calls, tokens, errors, or micro-units of money.
    pub values: Vec<i64>,
}

impl SeriesData {
    /// Sum of all buckets; equals the sum over the window.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
    }
}

/// By what a sum is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// By endpoint.
    Endpoint,
    /// By model.
    Model,
    /// By account.
    Account,
}

impl Dimension {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Endpoint, Self::Model, Self::Account];

    /// As it is typed and stands in URLs: `endpoint`, `model`, `account`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Model => "model",
            Self::Account => "account",
        }
    }
}

/// One part of a split sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakdown {
    /// The part's name: an endpoint, a model, or an account id. `None` for rows without a model.
    pub part: Option<String>,
    /// Raw sum over the window.
    pub value: i64,
    /// Raw sum over the window before.
    pub previous: i64,
}

/// An account and how its sum moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mover {
    /// Who.
    pub account: AccountId,
    /// Raw sum over the window.
    pub value: i64,
    /// Raw sum over the window before.
    pub previous: i64,
}

/// The portfolio over a window, and the window before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Portfolio {
    /// Sums over the window.
    pub now: Used,
    /// Sums over the window before.
    pub before: Used,
    /// Accounts in each band.
    pub bands: BandCounts,
    /// All accounts, in the order of their ids.
    pub accounts: Vec<PortfolioAccount>,
}

/// One account as a row of the portfolio.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioAccount {
    /// Who.
    pub account: AccountId,
    /// Its score; `None` when it cannot be judged.
    pub score: Option<f64>,
    /// Its band.
    pub band: Option<Band>,
    /// Sums over the window.
    pub now: Used,
    /// Sums over the window before.
    pub before: Used,
    /// Calls of each of the last 12 weeks, oldest first (`usage_trends`).
    pub weeks: Vec<i64>,
}

/// How many accounts are in each band.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BandCounts {
    /// Healthy ones.
    pub healthy: u64,
    /// Ones to watch.
    pub watch: u64,
    /// Ones at risk.
    pub at_risk: u64,
    /// Ones that cannot be judged yet.
    pub unknown: u64,
}

/// Up to when a source's data are complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceMark {
    /// Which source.
    pub source: SourceId,
    /// Before it a gap is zero, after it data are not in yet.
    pub watermark: Timestamp,
}

/// How a fact was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The fact's key, with the version of the snapshot that made *this* receipt.
    pub key: FactKey,
    /// The value as it is in this snapshot.
    pub value: Quantity,
    /// In plain words: how the value is computed from the rows.
    pub method: String,
    /// The hourly rows behind it, newest first, at most as many as were asked for. Empty for facts that count accounts
    /// or initiatives.
    pub rows: Vec<ReceiptRow>,
    /// How many such rows there are in all.
    pub rows_total: usize,
    /// Other facts that the value is made of, as the two sums of a change or the factors of a score.
    pub parts: Vec<(String, FactKey, Quantity)>,
}

/// One hourly row behind a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Begin of the hour.
    pub hour: Timestamp,
    /// Whose.
    pub account: AccountId,
    /// Which endpoint.
    pub endpoint: Endpoint,
    /// Which model, when known.
    pub model: Option<Model>,
    /// The figures.
    pub used: Used,
}

/// One day of a forecast, as raw sums: calls, tokens, errors, or micro-units of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedDay {
    /// The whole day (UTC).
    pub day: Window,
    /// What is expected.
    pub middle: i64,
    /// Undercut and exceeded one time in ten each.
    pub inner: (i64, i64),
    /// Undercut and exceeded one time in forty each.
    pub outer: (i64, i64),
}

/// There is not enough to say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLittle {
    /// Buckets of data there are.
    pub have: usize,
    /// Buckets that are needed.
    pub need: usize,
    /// Whether they must be in use, and not only known.
    pub in_use: bool,
}

/// When a sum is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// What was measured comes to it.
    Already,
    /// On these days; `None` lies further ahead than is forecast.
    Ahead {
        /// When it goes fast: nine times in ten not before.
        early: Option<Date>,
        /// As expected.
        middle: Option<Date>,
        /// When it goes slowly: nine times in ten not after.
        late: Option<Date>,
    },
}

/// A series of an account beside what is usual of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// Width of a point: an hour or a day.
    pub grain: Grain,
    /// How it stands where the data end.
    pub standing: Standing,
    /// What lacks, when that is too little to judge.
    pub little: Option<TooLittle>,
    /// Oldest first, without gaps, up to where the account's data are complete.
    pub points: Vec<WatchedPoint>,
    /// Oldest first.
    pub anomalies: Vec<Anomaly>,
}

/// One hour or day that was watched; raw sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchedPoint {
    /// When.
    pub window: Window,
    /// What was measured.
    pub value: i64,
    /// What is usual; `None` while that is not known.
    pub usual: Option<Usual>,
    /// Whether an alarm began here.
    pub is_alert: bool,
}

/// What is usual, as raw sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usual {
    /// The middle.
    pub middle: i64,
    /// The lower end.
    pub low: i64,
    /// The upper end.
    pub high: i64,
}

/// The model behind the probability of churn, in the open.
#[derive(Debug, Clone, PartialEq)]
pub struct ChurnModel {
    /// How it was made, in words.
    pub how: &'static str,
    /// Accounts it was made from.
    pub accounts: usize,
    /// All its numbers, by name.
    pub coefficients: Vec<(String, f64)>,
    /// What was predicted of the 90 days that have just passed, in ten parts of equal size, beside what came; `None` while
    /// no such time has passed.
    pub reliability: Option<Vec<Reliability>>,
    /// The mean distance between predicted and observed, 0 to 1.
    pub error: Option<f64>,
    /// How often, of one account that fell silent and one that did not, the first was ranked as more likely to: 0.5 is
    /// chance, 1 is always.
    pub auc: Option<f64>,
}

/// Accounts of about the same predicted probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reliability {
    /// Mean predicted probability.
    pub predicted: f64,
    /// The part of them that fell silent.
    pub observed: f64,
    /// How many they are.
    pub accounts: usize,
}
