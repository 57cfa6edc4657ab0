//! What a figure may be called: the words that a sentence has to use for a measure, and those that belong to others.

use crate::domain::Band;
use crate::domain::Bound;
use crate::domain::Cause;
use crate::domain::FactKey;
use crate::domain::FactorKind;
use crate::domain::InitiativeStatus;
use crate::domain::Measure;
use crate::domain::Metric;

/// Words of which a clause needs at least one.
pub(super) type AnyOf = &'static [&'static str];

/// What a figure may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Naming {
    /// What it is a figure of.
    pub(super) topic: AnyOf,
    /// What kind of figure it is: one word of each group.
    pub(super) kind: Vec<AnyOf>,
}

const FORECAST: AnyOf = &[
    "expect",
    "expects",
    "expected",
    "forecast",
    "forecasts",
    "likely",
    "projected",
    "should",
    "outlook",
    "will",
    "estimate",
    "estimated",
    "heading",
];
const USUAL: AnyOf = &["usual", "usually", "normal", "normally", "typical", "typically", "unusual"];
const SHARE: AnyOf = &["share", "portion", "proportion"];
const RANGE: AnyOf = &["between", "range"];
const MISS: AnyOf = &["off", "miss", "missed", "error"];
const ACTIVE: AnyOf = &["active"];
const OPEN: AnyOf = &["open"];
const OVERDUE: AnyOf = &["overdue"];
const SCORE: AnyOf = &["score", "scores", "health"];
const ACCOUNTS: AnyOf = &["accounts"];
const INITIATIVES: AnyOf = &["initiatives", "initiative"];

/// Words that say what kind of figure stands in a clause; they may stand there for a figure of that kind only.
const TELLING: &[AnyOf] =
    &[FORECAST, USUAL, SHARE, RANGE, ACTIVE, OVERDUE, &["planned", "blocked", "cancelled", "done"]];

const METRICS: [(Metric, AnyOf); 4] = [
    (Metric::ApiCalls, &["calls", "usage", "traffic", "volume", "requests"]),
    (Metric::Tokens, &["tokens"]),
    (Metric::Cost, &["cost", "costs", "spend", "spent", "spends", "spending", "bill"]),
    (Metric::Errors, &["errors", "failures"]),
];

const TOPICS: &[AnyOf] = &[
    SCORE,
    ACCOUNTS,
    INITIATIVES,
    &["revenue"],
    &["commitment", "commit"],
    &["churn"],
    &["weight"],
    &["recency", "silence"],
    &["trend"],
    &["growth"],
    &["breadth", "endpoints"],
    &["stability", "volatility"],
];

/// Whether a word names what a figure is of.
pub(super) fn is_topic(word: &str) -> bool {
    METRICS.iter().map(|(_, words)| words).chain(TOPICS).any(|words| words.contains(&word))
}

/// Whether a word says what kind of figure stands there.
pub(super) fn is_telling(word: &str) -> bool {
    TELLING.iter().any(|words| words.contains(&word))
}

/// All words that are known here.
pub(super) fn is_named(word: &str) -> bool {
    is_topic(word) || is_telling(word) || MISS.contains(&word) || matches!(word, "watch" | "healthy")
}

impl Naming {
    /// What the figure of a measure may be called; `None` for figures that are not for sentences.
    pub(super) fn of(measure: Measure) -> Option<Self> {
        let with = |topic: AnyOf, kind: &[AnyOf]| Self { topic, kind: kind.to_vec() };
        let bound = |metric, kind: AnyOf, bound| match bound {
            Bound::Middle => with(metric_words(metric), &[kind]),
            Bound::Low | Bound::High => with(metric_words(metric), &[kind, RANGE]),
        };
        Some(match measure {
            Measure::Sum(metric) | Measure::Change(metric) => with(metric_words(metric), &[]),
            Measure::Share(metric) | Measure::PortfolioShare(metric) => with(metric_words(metric), &[SHARE]),
            Measure::Expected(metric, edge) => bound(metric, FORECAST, edge),
            Measure::ExpectedChange(metric) => with(metric_words(metric), &[FORECAST]),
            Measure::Foretold(metric) => with(metric_words(metric), &[FORECAST]),
            Measure::ForecastError(metric) | Measure::ForetoldMiss(metric) => {
                with(metric_words(metric), &[FORECAST, MISS])
            }
            Measure::Usual(metric, edge) => bound(metric, USUAL, edge),
            Measure::Unusual(metric) => with(metric_words(metric), &[USUAL]),
            Measure::UnusualAccounts(_) => with(ACCOUNTS, &[USUAL]),
            Measure::ActiveAccounts => with(ACCOUNTS, &[ACTIVE]),
            Measure::Accounts => with(ACCOUNTS, &[]),
            Measure::InBand(band) => with(
                ACCOUNTS,
                &[match band {
                    Band::Healthy => &["healthy"],
                    Band::Watch => &["watch"],
                    Band::AtRisk => &["at risk"],
                }],
            ),
            Measure::HealthScore | Measure::ScoreChange => with(SCORE, &[]),
            Measure::ComputedScore => with(SCORE, &[&["computed"]]),
            Measure::ScoreCause(cause) => with(SCORE, &[cause_words(cause)]),
            Measure::FactorScore(kind) => with(SCORE, &[factor_words(kind)]),
            Measure::FactorWeight(kind) => with(&["weight"], &[factor_words(kind)]),
            Measure::FactorMeasured(kind) => with(factor_words(kind), &[]),
            Measure::InitiativesOpen => with(INITIATIVES, &[OPEN]),
            Measure::InitiativesIn(status) => with(
                INITIATIVES,
                &[match status {
                    InitiativeStatus::Planned => &["planned"],
                    InitiativeStatus::Active => &["active"],
                    InitiativeStatus::Blocked => &["blocked"],
                    InitiativeStatus::Done => &["done"],
                    InitiativeStatus::Cancelled => &["cancelled"],
                }],
            ),
            Measure::InitiativesOverdue => with(INITIATIVES, &[OVERDUE]),
            Measure::RevenueExpected => with(&["revenue"], &[FORECAST]),
            Measure::Commitment => with(&["commitment", "commit"], &[]),
            Measure::ChurnProbability => with(&["churn"], &[]),
            Measure::DaysKnown
            | Measure::ChurnCoefficient(_)
            | Measure::ChurnPredicted(_)
            | Measure::ChurnObserved(_)
            | Measure::ChurnGroup(_)
            | Measure::ChurnError
            | Measure::ChurnAuc => return None,
        })
    }
}

fn metric_words(metric: Metric) -> AnyOf {
    METRICS.iter().find(|(one, _)| *one == metric).map_or(&[], |(_, words)| words)
}

fn factor_words(kind: FactorKind) -> AnyOf {
    match kind {
        FactorKind::Recency => &["recency", "silence"],
        FactorKind::Trend => &["trend"],
        FactorKind::Growth => &["growth"],
        FactorKind::Breadth => &["breadth", "endpoints"],
        FactorKind::Stability => &["stability", "volatility"],
        FactorKind::Errors => &["errors"],
        FactorKind::Initiatives => &["initiatives"],
        FactorKind::Commitment => &["commitment"],
    }
}

fn cause_words(cause: Cause) -> AnyOf {
    match cause {
        Cause::Factor(kind) => factor_words(kind),
        Cause::MissingData => &["missing"],
        Cause::Configuration => &["configuration", "rules"],
        Cause::Override => &["override"],
    }
}

/// What a figure is, in a few words: `change of API calls against the period before`.
#[must_use]
pub fn label(key: &FactKey) -> String {
    let metric = |metric: Metric| metric.noun().to_owned();
    match key.measure {
        Measure::Sum(of) => metric(of),
        Measure::Change(of) => format!("change of {} against the period before", metric(of)),
        Measure::Share(of) => format!("share in the account's {}", metric(of)),
        Measure::PortfolioShare(of) => format!("share in the portfolio's {}", metric(of)),
        Measure::ActiveAccounts => "active accounts".into(),
        Measure::Accounts => "accounts".into(),
        Measure::InBand(band) => format!("accounts in the band {band}"),
        Measure::HealthScore => "health score".into(),
        Measure::ComputedScore => "computed health score, before the override".into(),
        Measure::ScoreChange => "change of the health score in points".into(),
        Measure::ScoreCause(cause) => format!("what {cause} gave to the change of the health score"),
        Measure::FactorScore(kind) => format!("score of the factor {kind}"),
        Measure::FactorWeight(kind) => format!("weight of the factor {kind}"),
        Measure::FactorMeasured(kind) => format!("what the factor {kind} measured"),
        Measure::InitiativesOpen => "open initiatives".into(),
        Measure::InitiativesIn(status) => format!("{status} initiatives"),
        Measure::InitiativesOverdue => "overdue initiatives".into(),
        Measure::RevenueExpected => "expected revenue of the open initiatives".into(),
        Measure::Expected(of, Bound::Middle) => format!("expected {}", metric(of)),
        Measure::Expected(of, Bound::Low) => format!("lower end of the range of expected {}", metric(of)),
        Measure::Expected(of, Bound::High) => format!("upper end of the range of expected {}", metric(of)),
        Measure::ExpectedChange(of) => {
            format!("change of expected {} against the same length before", metric(of))
        }
        Measure::ForecastError(of) => format!("how far forecasts of {} lie off on average", metric(of)),
        Measure::Foretold(of) => format!("{} as an earlier forecast said", metric(of)),
        Measure::ForetoldMiss(of) => format!("how far that forecast of {} was off", metric(of)),
        Measure::Usual(of, Bound::Middle) => format!("usual {}", metric(of)),
        Measure::Usual(of, Bound::Low) => format!("lower end of the range of usual {}", metric(of)),
        Measure::Usual(of, Bound::High) => format!("upper end of the range of usual {}", metric(of)),
        Measure::Unusual(of) => format!("{} against what is usual", metric(of)),
        Measure::UnusualAccounts(of) => format!("accounts with unusual {}", metric(of)),
        Measure::DaysKnown => "days of data".into(),
        Measure::Commitment => "commitment of the period".into(),
        Measure::ChurnProbability => "probability of churn in the next 90 days".into(),
        Measure::ChurnCoefficient(_)
        | Measure::ChurnPredicted(_)
        | Measure::ChurnObserved(_)
        | Measure::ChurnGroup(_)
        | Measure::ChurnError
        | Measure::ChurnAuc => format!("figure of the churn model: {}", key.measure),
    }
}
