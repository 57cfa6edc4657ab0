//! Health of an account: a score, its band, and the factors behind it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::account::words;
use super::overrides::Override;
use super::quantity::Quantity;

/// How an account is, at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// The score that is shown, in whole tenths, 0 to 100: the override's while one is in force, else the computed one.
    /// `None` when too little could be judged.
    pub score: Option<f64>,
    /// The band that the account is in; `None` with the score. It follows the score with hysteresis and dwell, so near
    /// a limit it may be another than the score's own.
    pub band: Option<Band>,
    /// The weighted mean of the factors, in whole tenths, whether overridden or not.
    pub computed: Option<f64>,
    /// The override in force.
    pub overridden: Option<Arc<Override>>,
    /// Every factor of the configuration, those without data included, in the configuration's order.
    pub factors: Vec<Factor>,
    /// Version of the health configuration that judged.
    pub rules_version: u32,
}

impl Health {
    /// The factors that had to be left out; their weight went to the others.
    pub fn missing(&self) -> impl Iterator<Item = &Factor> {
        self.factors.iter().filter(|factor| factor.judged.is_none())
    }
}

/// One reason behind a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Which.
    pub kind: FactorKind,
    /// Its weight after missing factors handed theirs over; the weights of judged factors sum to 1. Zero when missing.
    pub weight: f64,
    /// The verdict, or `None` when there is too little data.
    pub judged: Option<Judgement>,
    /// In plain words, without numbers: why it stands so, or what is missing.
    pub words: String,
}

/// The verdict of one factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// 0 to 100.
    pub score: f64,
    /// What was measured, as the change of calls or the share of errors.
    pub measured: Quantity,
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactorKind {
    /// Silence against the account's own rhythm.
    Recency,
    /// Robust slope of the deseasonalised calls.
    Trend,
    /// The last window against the one before, same weekdays.
    Growth,
    /// Endpoints in use against its own best.
    Breadth,
    /// Unusual volatility.
    Stability,
    /// Share of calls that failed, when known.
    Errors,
    /// Overdue and blocked initiatives.
    Initiatives,
    /// Consumption against the commit.
    Commitment,
}

words!(
    FactorKind,
    "a health factor",
    Recency => "recency",
    Trend => "trend",
    Growth => "growth",
    Breadth => "breadth",
    Stability => "stability",
    Errors => "errors",
    Initiatives => "initiatives",
    Commitment => "commitment",
);

/// Why a score moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A factor scores otherwise than before.
    Factor(FactorKind),
    /// Factors could be judged at one time and not at the other, so that weight went from one to another.
    MissingData,
    /// Other rules were in force.
    Configuration,
    /// A person set the score, or no longer.
    Override,
}

impl Cause {
    /// All but the factors, in the order they are shown.
    pub const OTHERS: [Self; 3] = [Self::MissingData, Self::Configuration, Self::Override];

    /// As it stands in ids of facts: `trend`, `missing_data`, `configuration`, `override`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Factor(kind) => kind.word(),
            Self::MissingData => "missing_data",
            Self::Configuration => "configuration",
            Self::Override => "override",
        }
    }
}

/// In words: `trend`, `missing data`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key().replace('_', " "))
    }
}

impl FromStr for Cause {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let other = Self::OTHERS.into_iter().find(|cause| cause.key() == text);
        other.map_or_else(|| text.parse().map(Self::Factor), Ok)
    }
}

/// What a score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Band {
    /// Needs help now.
    AtRisk,
    /// Keep an eye on it.
    Watch,
    /// All well.
    Healthy,
}

words!(Band, "a band", AtRisk => "at risk", Watch => "watch", Healthy => "healthy");

impl Band {
    /// As it stands in URLs and options: `at_risk`, `watch`, `healthy`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::AtRisk => "at_risk",
            Self::Watch => "watch",
            Self::Healthy => "healthy",
        }
    }
}
