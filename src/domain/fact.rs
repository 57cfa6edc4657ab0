//! Facts: numbers that can be traced.
//!
//! Invariant: a fact's id says all that is needed to compute its value again; it needs no store.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::health::{Band, Cause, FactorKind};
use super::ids::{AccountId, Endpoint, Model};
use super::initiative::InitiativeStatus;
use super::quantity::Quantity;
use super::time::Window;
use super::usage::Metric;

/// A number that was computed by the engine, with the id of its receipt.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What was measured, over what.
    pub key: FactKey,
    /// The value, with its unit.
    pub value: Quantity,
}

/// All that is needed to compute a fact again. Its text form is the fact's id: it opens `/facts/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FactKey {
    /// What is measured.
    pub measure: Measure,
    /// Which rows are looked at.
    pub filter: UsageFilter,
    /// Over which time; for a state, such as a score, the window ends at the instant of the state.
    pub window: Window,
    /// Version of the snapshot that made it.
    pub version: u64,
}

/// Which usage rows are looked at; an empty filter means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct UsageFilter {
    /// Of one account only.
    pub account: Option<AccountId>,
    /// Of one endpoint only.
    pub endpoint: Option<Endpoint>,
    /// Of one model only.
    pub model: Option<Model>,
}

impl UsageFilter {
    /// All usage of one account.
    #[must_use]
    pub fn of(account: AccountId) -> Self {
        Self { account: Some(account), ..Self::default() }
    }
}

/// What a fact measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The sum of a metric over the window.
    Sum(Metric),
    /// The relative change of that sum against the window before.
    Change(Metric),
    /// The part that the filter has in the same account's (or, without an account, the portfolio's) sum.
    Share(Metric),
    /// The account's part in the portfolio's sum.
    PortfolioShare(Metric),
    /// Accounts with at least one call in the window.
    ActiveAccounts,
    /// Accounts that are known.
    Accounts,
    /// Accounts in a band.
    InBand(Band),
    /// The account's health score.
    HealthScore,
    /// The account's health score as it is computed, also while an override is shown in its place.
    ComputedScore,
    /// The score at the end of the window, less the score at its begin.
    ScoreChange,
    /// The part of that change that has one cause.
    ScoreCause(Cause),
    /// Score of one factor of the account's health.
    FactorScore(FactorKind),
    /// Weight of one factor, missing ones redistributed.
    FactorWeight(FactorKind),
    /// What one factor measured.
    FactorMeasured(FactorKind),
    /// Open initiatives.
    InitiativesOpen,
    /// Initiatives in one status.
    InitiativesIn(InitiativeStatus),
    /// Open initiatives past their due day.
    InitiativesOverdue,
    /// Expected revenue of the open initiatives.
    RevenueExpected,
    /// What a metric comes to over the window: what was measured of it, and what is forecast of the rest.
    Expected(Metric, Bound),
    /// The relative change of what is expected against the measured window of the same length before it.
    ExpectedChange(Metric),
    /// How far forecasts of as many days lay off the total, on average, when made over the account's own past.
    ForecastError(Metric),
    /// What an earlier forecast, kept when it was made, said of the window.
    Foretold(Metric),
    /// The relative distance of that forecast from what was measured since.
    ForetoldMiss(Metric),
    /// What is usual of a metric in the window's hours or days, by the account's own rhythm.
    Usual(Metric, Bound),
    /// The relative distance of what was measured from what is usual.
    Unusual(Metric),
    /// Accounts with something unusual in the window.
    UnusualAccounts(Metric),
    /// Days with data that an account has: since its first use, up to where its data end.
    DaysKnown,
    /// What the account committed to for the period that holds the end of the window.
    Commitment,
    /// One of the numbers of the churn model, counted from zero.
    ChurnCoefficient(u8),
    /// What the churn model predicted of the 90 days that have just passed, for one of its groups, counted from zero.
    ChurnPredicted(u8),
    /// The part of that group that fell silent.
    ChurnObserved(u8),
    /// How many accounts are in that group.
    ChurnGroup(u8),
    /// The mean distance between what the churn model predicted and what came.
    ChurnError,
    /// How often the churn model ranks an account that fell silent above one that did not.
    ChurnAuc,
    /// The probability that the account has no call in the 90 days after the window.
    ChurnProbability,
}

/// Which edge of a forecast or of what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// The middle.
    Middle,
    /// What is undercut one time in ten (forecasts), or the lower end of what is usual.
    Low,
    /// What is exceeded one time in ten (forecasts), or the upper end of what is usual.
    High,
}

impl Bound {
    /// Behind the name of a measure: nothing, `_low`, `_high`.
    fn suffix(self) -> &'static str {
        match self {
            Self::Middle => "",
            Self::Low => "_low",
            Self::High => "_high",
        }
    }
}

const MEASURES: &[(&str, Measure)] = &[
    ("accounts_active", Measure::ActiveAccounts),
    ("accounts", Measure::Accounts),
    ("health", Measure::HealthScore),
    ("health_computed", Measure::ComputedScore),
    ("score_change", Measure::ScoreChange),
    ("initiatives_open", Measure::InitiativesOpen),
    ("initiatives_overdue", Measure::InitiativesOverdue),
    ("revenue_expected", Measure::RevenueExpected),
    ("commitment", Measure::Commitment),
    ("days_known", Measure::DaysKnown),
    ("churn_probability", Measure::ChurnProbability),
    ("churn_error", Measure::ChurnError),
    ("churn_auc", Measure::ChurnAuc),
];

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sum(metric) => write!(f, "sum.{metric}"),
            Self::Change(metric) => write!(f, "change.{metric}"),
            Self::Share(metric) => write!(f, "share.{metric}"),
            Self::PortfolioShare(metric) => write!(f, "portfolio_share.{metric}"),
            Self::InBand(band) => write!(f, "in_band.{}", band.key()),
            Self::ScoreCause(cause) => write!(f, "score_cause.{}", cause.key()),
            Self::FactorScore(kind) => write!(f, "factor.{kind}"),
            Self::FactorWeight(kind) => write!(f, "factor_weight.{kind}"),
            Self::FactorMeasured(kind) => write!(f, "factor_measured.{kind}"),
            Self::InitiativesIn(status) => write!(f, "initiatives_in.{status}"),
            Self::Expected(metric, bound) => write!(f, "expected{}.{metric}", bound.suffix()),
            Self::ExpectedChange(metric) => write!(f, "expected_change.{metric}"),
            Self::ForecastError(metric) => write!(f, "forecast_error.{metric}"),
            Self::Foretold(metric) => write!(f, "foretold.{metric}"),
            Self::ForetoldMiss(metric) => write!(f, "foretold_miss.{metric}"),
            Self::Usual(metric, bound) => write!(f, "usual{}.{metric}", bound.suffix()),
            Self::Unusual(metric) => write!(f, "unusual.{metric}"),
            Self::ChurnCoefficient(number) => write!(f, "churn_coefficient.{number}"),
            Self::ChurnPredicted(group) => write!(f, "churn_predicted.{group}"),
            Self::ChurnObserved(group) => write!(f, "churn_observed.{group}"),
            Self::ChurnGroup(group) => write!(f, "churn_group.{group}"),
            Self::UnusualAccounts(metric) => write!(f, "accounts_unusual.{metric}"),
            Self::ActiveAccounts
            | Self::Accounts
            | Self::HealthScore
            | Self::ComputedScore
            | Self::ScoreChange
            | Self::InitiativesOpen
            | Self::InitiativesOverdue
            | Self::RevenueExpected
            | Self::Commitment
            | Self::DaysKnown
            | Self::ChurnError
            | Self::ChurnAuc
            | Self::ChurnProbability => {
                let word = MEASURES.iter().find(|(_, measure)| measure == self).map_or("", |(word, _)| word);
                f.write_str(word)
            }
        }
    }
}

impl FromStr for Measure {
    type Err = BadFactId;
    fn from_str(text: &str) -> Result<Self, BadFactId> {
        if let Some((_, measure)) = MEASURES.iter().find(|(word, _)| *word == text) {
            return Ok(*measure);
        }
        let (kind, rest) = text.split_once('.').ok_or(BadFactId)?;
        let metric = || rest.parse::<Metric>().or(Err(BadFactId));
        let factor = || rest.parse::<FactorKind>().or(Err(BadFactId));
        let number = || rest.parse::<u8>().or(Err(BadFactId));
        match kind {
            "sum" => metric().map(Self::Sum),
            "change" => metric().map(Self::Change),
            "share" => metric().map(Self::Share),
            "portfolio_share" => metric().map(Self::PortfolioShare),
            "in_band" => rest.parse().map(Self::InBand).or(Err(BadFactId)),
            "score_cause" => rest.parse().map(Self::ScoreCause).or(Err(BadFactId)),
            "factor" => factor().map(Self::FactorScore),
            "factor_weight" => factor().map(Self::FactorWeight),
            "factor_measured" => factor().map(Self::FactorMeasured),
            "initiatives_in" => rest.parse().map(Self::InitiativesIn).or(Err(BadFactId)),
            "churn_coefficient" => number().map(Self::ChurnCoefficient),
            "churn_predicted" => number().map(Self::ChurnPredicted),
            "churn_observed" => number().map(Self::ChurnObserved),
            "churn_group" => number().map(Self::ChurnGroup),
            "expected" => metric().map(|metric| Self::Expected(metric, Bound::Middle)),
            "expected_low" => metric().map(|metric| Self::Expected(metric, Bound::Low)),
            "expected_high" => metric().map(|metric| Self::Expected(metric, Bound::High)),
            "expected_change" => metric().map(Self::ExpectedChange),
            "forecast_error" => metric().map(Self::ForecastError),
            "foretold" => metric().map(Self::Foretold),
            "foretold_miss" => metric().map(Self::ForetoldMiss),
            "usual" => metric().map(|metric| Self::Usual(metric, Bound::Middle)),
            "usual_low" => metric().map(|metric| Self::Usual(metric, Bound::Low)),
            "usual_high" => metric().map(|metric| Self::Usual(metric, Bound::High)),
            "unusual" => metric().map(Self::Unusual),
            "accounts_unusual" => metric().map(Self::UnusualAccounts),
            _ => Err(BadFactId),
        }
    }
}

/// The text is not the id of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the id of a fact; open one from an answer")]
pub struct BadFactId;

impl FactKey {
    /// The page of the dashboard that shows how the fact was made. The id's own `%` are encoded once more, since a
    /// server decodes a path once before it looks at it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/facts/{}", self.to_string().replace('%', "%25"))
    }
}

/// `sum.calls~acme~/v1/chat~~1735689600000~1738368000000~12` with `%`, `~` and controls percent-encoded in the parts.
impl fmt::Display for FactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |text: Option<&str>| text.map(escape).unwrap_or_default();
        write!(
            f,
            "{}~{}~{}~{}~{}~{}~{}",
            self.measure,
            part(self.filter.account.as_ref().map(AccountId::as_str)),
            part(self.filter.endpoint.as_ref().map(Endpoint::as_str)),
            part(self.filter.model.as_ref().map(Model::as_str)),
            self.window.from().as_millisecond(),
            self.window.to().as_millisecond(),
            self.version,
        )
    }
}

impl FromStr for FactKey {
    type Err = BadFactId;
    fn from_str(text: &str) -> Result<Self, BadFactId> {
        let parts: Vec<&str> = text.split('~').collect();
        let [measure, account, endpoint, model, from, to, version] = parts[..] else { return Err(BadFactId) };
        let at = |text: &str| {
            text.parse().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).ok_or(BadFactId)
        };
        Ok(Self {
            measure: measure.parse()?,
            filter: UsageFilter {
                account: optional(account)?,
                endpoint: optional(endpoint)?,
                model: optional(model)?,
            },
            window: Window::new(at(from)?, at(to)?).ok_or(BadFactId)?,
            version: version.parse().or(Err(BadFactId))?,
        })
    }
}

fn optional<T: FromStr>(text: &str) -> Result<Option<T>, BadFactId> {
    if text.is_empty() {
        return Ok(None);
    }
    let plain = percent_encoding::percent_decode_str(text).decode_utf8().or(Err(BadFactId))?;
    plain.parse().map(Some).or(Err(BadFactId))
}

/// Everything but what may stand in a path segment or is our own separator.
const ESCAPED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b':');

fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_id_reads_back_as_written() {
        let window =
            Window::new("2026-01-01T00:00:00Z".parse().unwrap(), "2026-02-01T00:00:00Z".parse().unwrap());
        let key = FactKey {
            measure: Measure::Share(Metric::Cost),
            filter: UsageFilter {
                account: Some("acme".parse().unwrap()),
                endpoint: Some("/v1/chat~50 %/ü".parse().unwrap()),
                model: None,
            },
            window: window.unwrap(),
            version: 12,
        };
        let text = key.to_string();
        let served = key.path().replace("%25", "%");
        assert_eq!(served.strip_prefix("/facts/"), Some(text.as_str()));
        assert_eq!(text.parse(), Ok(key));
        assert!(!text.contains('/') && text.matches('~').count() == 6, "{text}");
        for odd in ["", "sum.calls", "sum.calls~~~~2~1~3", "sum.nothing~~~~1~2~3", "sum.calls~a b~~~1~2~3"] {
            assert_eq!(odd.parse::<FactKey>(), Err(BadFactId), "{odd}");
        }
    }
}
