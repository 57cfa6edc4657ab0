//! `GET /api/v1/accounts/{id}/health` and `…/why`: how an account is, how it was, and what moved it.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::Since;
use crate::domain::AccountId;
use crate::domain::Band;
use crate::domain::Cause;
use crate::domain::Fact;
use crate::domain::Health;
use crate::domain::Measure;
use crate::domain::Override;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_midnight;
use crate::engine::DayScore;
use crate::engine::Risk;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::render::words;
use crate::reply::Span;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::account_of;
use super::answer;
use super::computed;
use super::openapi::Failures;

#[derive(Serialize, ToSchema)]
pub(super) struct WireHealth {
    #[serde(flatten)]
    fresh: WireAsOf,
    account_id: String,
    /// The score that is shown, 0 to 100 in tenths: the override's while one is in force.
    score: Option<f64>,
    band: Option<&'static str>,
    /// The score that the factors give, whether overridden or not.
    computed_score: Option<f64>,
    #[serde(rename = "override")]
    overridden: Option<WireOverride>,
    rules_version: u32,
    factors: Vec<WireFactor>,
    risk_factors: Vec<WireRisk>,
    /// Day by day, oldest first; absent unless `history` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<WireScoredDay>>,
    /// When other rules came into force within that history.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules_changes: Option<Vec<WireRulesChange>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireFactor {
    factor: &'static str,
    /// 0 to 1; the weights of judged factors sum to 1. Zero when there is too little data.
    weight: f64,
    score: Option<f64>,
    measured: Option<WireMeasured>,
    why: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireMeasured {
    value: Option<f64>,
    unit: String,
}

/// A score that a person set.
#[derive(Serialize, ToSchema)]
pub(super) struct WireOverride {
    score: f64,
    reason: String,
    by: String,
    at: String,
    /// In force up to, and without, this instant.
    expires: String,
}

/// Something that pulls the health down: a sentence, and the figures in it.
#[derive(Serialize, ToSchema)]
pub(super) struct WireRisk {
    text: String,
    factor: &'static str,
    facts: Vec<WireFact>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireFact {
    id: String,
    value: Option<f64>,
    unit: String,
    short: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireScoredDay {
    date: String,
    score: Option<f64>,
    band: Option<&'static str>,
    rules_version: u32,
    overridden: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireRulesChange {
    since: String,
    version: u32,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireWhy {
    #[serde(flatten)]
    fresh: WireAsOf,
    account_id: String,
    since: String,
    until: String,
    before: WireEnd,
    after: WireEnd,
    /// Points, in tenths; `null` when one of the two has no score.
    change: Option<f64>,
    /// They sum to the change.
    causes: Vec<WireCause>,
}

/// One of the two ends of a change.
#[derive(Serialize, ToSchema)]
pub(super) struct WireEnd {
    score: Option<f64>,
    band: Option<&'static str>,
    computed_score: Option<f64>,
    rules_version: u32,
    overridden: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireCause {
    cause: &'static str,
    points: f64,
    fact_id: Option<String>,
}

impl From<&Override> for WireOverride {
    fn from(set: &Override) -> Self {
        Self {
            score: set.score.points(),
            reason: set.reason.clone(),
            by: set.by.to_string(),
            at: set.at.to_string(),
            expires: set.expires.to_string(),
        }
    }
}

impl From<Risk> for WireRisk {
    fn from(risk: Risk) -> Self {
        let figure = |span: &Span| match span {
            Span::Fact(fact) => Some(WireFact::from(fact)),
            Span::Plain(_) | Span::Outside(_) | Span::Code(_) => None,
        };
        Self {
            text: words::plain(&risk.said),
            factor: risk.factor.word(),
            facts: risk.said.0.iter().filter_map(figure).collect(),
        }
    }
}

impl From<&Fact> for WireFact {
    fn from(fact: &Fact) -> Self {
        Self {
            id: fact.key.to_string(),
            value: fact.value.as_f64(),
            unit: fact.value.unit().to_owned(),
            short: fact.value.short(),
        }
    }
}

impl From<&DayScore> for WireScoredDay {
    fn from(day: &DayScore) -> Self {
        Self {
            date: day.day.to_string(),
            score: day.score.map(crate::domain::Score::points),
            band: day.band.map(Band::key),
            rules_version: day.rules_version,
            overridden: day.overridden,
        }
    }
}

impl From<&Health> for WireEnd {
    fn from(health: &Health) -> Self {
        Self {
            score: health.score,
            band: health.band.map(Band::key),
            computed_score: health.computed,
            rules_version: health.rules_version,
            overridden: health.overridden.is_some(),
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/accounts/{id}/health",
    tag = "Accounts",
    summary = "How an account is and why",
    params(
        ("id" = String, Path, description = "The account’s id"),
        ("history" = Option<String>, Query, description = "Also the score day by day, so far back, as 90d"),
    ),
    responses((status = 200, description = "Score, band, factors and risks", body = WireHealth), Failures),
)]
pub(crate) async fn show(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["history"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let account = account_of(&snapshot, &id)?.id.clone();
        let range = options.parsed::<Range>("history")?;
        let health = snapshot.health(&account).ok_or(Problem::NoData)?;
        wire_health(&snapshot, &account, health, range)
    });
    Ok(answer(wire.await?))
}

fn wire_health(
    snapshot: &Snapshot,
    account: &AccountId,
    health: &Health,
    range: Option<Range>,
) -> Result<WireHealth, Problem> {
    let as_of = snapshot.as_of().ok_or(Problem::NoData)?;
    let window = range.map(|range| range.window(as_of));
    let days = |window| snapshot.score_history(account, window).iter().map(WireScoredDay::from).collect();
    let changes = |window: Window| {
        let within = snapshot.rules_history().changes().filter(|(since, _)| window.contains(*since));
        within
            .map(|(since, rules)| WireRulesChange { since: since.to_string(), version: rules.version })
            .collect()
    };
    Ok(WireHealth {
        fresh: WireAsOf::of(snapshot),
        account_id: account.to_string(),
        score: health.score,
        band: health.band.map(Band::key),
        computed_score: health.computed,
        overridden: health.overridden.as_deref().map(WireOverride::from),
        rules_version: health.rules_version,
        factors: health
            .factors
            .iter()
            .map(|factor| WireFactor {
                factor: factor.kind.word(),
                weight: factor.weight,
                score: factor.judged.map(|judged| judged.score),
                measured: factor.judged.map(|judged| WireMeasured {
                    value: judged.measured.as_f64(),
                    unit: judged.measured.unit().to_owned(),
                }),
                why: factor.words.clone(),
            })
            .collect(),
        risk_factors: snapshot.risks(account).into_iter().map(WireRisk::from).collect(),
        history: window.map(days),
        rules_changes: window.map(changes),
    })
}

#[utoipa::path(
    get,
    path = "/api/v1/accounts/{id}/why",
    tag = "Accounts",
    summary = "What moved an account’s score between two days",
    params(
        ("id" = String, Path, description = "The account’s id"),
        ("since" = Option<String>, Query, description = "From that day, as 2026-01-31, or so long before, as 30d (if left out)"),
        ("until" = Option<String>, Query, description = "To that day; to the newest data if left out"),
    ),
    responses((status = 200, description = "The parts, which sum to the change", body = WireWhy), Failures),
)]
pub(crate) async fn why(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["since", "until"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let account = account_of(&snapshot, &id)?.id.clone();
        let as_of = snapshot.as_of().ok_or(Problem::NoData)?;
        let at = |since: Since| utc_midnight(since.day(as_of));
        let from = at(options.parsed("since")?.unwrap_or(Since::DEFAULT));
        let to = options.parsed("until")?.map_or(as_of, at).min(as_of);
        let window = Window::new(from, to).ok_or_else(|| {
            Problem::option("since", "since must be before until, and before the newest data.")
        })?;
        wire_why(&snapshot, &account, window)
    });
    Ok(answer(wire.await?))
}

fn wire_why(snapshot: &Snapshot, account: &AccountId, window: Window) -> Result<WireWhy, Problem> {
    let why = snapshot.why(account, window.from(), window.to()).ok_or(Problem::NoData)?;
    let filter = UsageFilter::of(account.clone());
    let cause = |(cause, tenths): (Cause, i32)| WireCause {
        cause: cause.key(),
        points: f64::from(tenths) / 10.0,
        fact_id: snapshot.fact(Measure::ScoreCause(cause), &filter, window).map(|fact| fact.key.to_string()),
    };
    let causes = why.split.as_ref().map(|split| split.parts.iter().copied().map(cause).collect());
    Ok(WireWhy {
        fresh: WireAsOf::of(snapshot),
        account_id: account.to_string(),
        since: window.from().to_string(),
        until: window.to().to_string(),
        before: WireEnd::from(&why.before),
        after: WireEnd::from(&why.after),
        change: why.split.as_ref().map(|split| f64::from(split.tenths) / 10.0),
        causes: causes.unwrap_or_default(),
    })
}
