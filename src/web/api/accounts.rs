//! `GET /api/v1/accounts`, one of them, and its health.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::domain::Account;
use crate::domain::Health;
use crate::domain::Window;
use crate::engine::PortfolioAccount;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::web::ask::Pairs;
use crate::web::state::WebState;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::WireUsed;
use super::account_of;
use super::answer;
use super::computed;
use super::growth;

#[derive(Serialize)]
struct WireAccounts {
    #[serde(flatten)]
    fresh: WireAsOf,
    from: String,
    to: String,
    accounts: Vec<WireAccount>,
}

#[derive(Serialize)]
struct WireOneAccount {
    #[serde(flatten)]
    fresh: WireAsOf,
    from: String,
    to: String,
    #[serde(flatten)]
    account: WireAccount,
}

#[derive(Serialize)]
struct WireAccount {
    account_id: String,
    name: String,
    owner: Option<String>,
    segment: Option<String>,
    plan: Option<String>,
    contract: Option<WireContract>,
    tags: Vec<String>,
    status: &'static str,
    /// 0 to 100; `null` when it cannot be judged.
    health_score: Option<f64>,
    band: Option<&'static str>,
    /// Relative change of calls against the window before; `null` when there was nothing before.
    growth_rate: Option<f64>,
    /// Calls of each of the last 12 weeks, oldest first.
    usage_trends: Vec<i64>,
    /// Factors of the score that are below the band `watch`.
    risk_factors: Vec<&'static str>,
    usage: WireUsed,
}

#[derive(Serialize)]
struct WireContract {
    commit: f64,
    currency: String,
    period: &'static str,
    renewal: Option<String>,
}

#[derive(Serialize)]
struct WireHealth {
    #[serde(flatten)]
    fresh: WireAsOf,
    account_id: String,
    score: Option<f64>,
    band: Option<&'static str>,
    rules_version: u32,
    factors: Vec<WireFactor>,
}

#[derive(Serialize)]
struct WireFactor {
    factor: &'static str,
    /// 0 to 1; the weights of judged factors sum to 1. Zero when there is too little data.
    weight: f64,
    score: Option<f64>,
    measured: Option<WireMeasured>,
    why: String,
}

#[derive(Serialize)]
struct WireMeasured {
    value: Option<f64>,
    unit: String,
}

pub(crate) async fn list(
    State(state): State<WebState>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["range", "from", "to"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let (window, _) = options.window(&snapshot)?;
        let rows = rows(&snapshot, window);
        let wired = |account: &Account| wire(&snapshot, account, rows.get(account.id.as_str()));
        Ok(WireAccounts {
            fresh: WireAsOf::of(&snapshot),
            from: window.from().to_string(),
            to: window.to().to_string(),
            accounts: snapshot.accounts().map(wired).collect(),
        })
    });
    Ok(answer(wire.await?))
}

pub(crate) async fn one(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["range", "from", "to"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let account = account_of(&snapshot, &id)?;
        let (window, _) = options.window(&snapshot)?;
        let rows = rows(&snapshot, window);
        Ok(WireOneAccount {
            fresh: WireAsOf::of(&snapshot),
            from: window.from().to_string(),
            to: window.to().to_string(),
            account: wire(&snapshot, account, rows.get(account.id.as_str())),
        })
    });
    Ok(answer(wire.await?))
}

pub(crate) async fn health(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    Options::new(query, &[])?;
    let snapshot = state.snapshot()?;
    let account = account_of(&snapshot, &id)?;
    let health = snapshot.health(&account.id).ok_or(Problem::NoData)?;
    Ok(answer(wire_health(&snapshot, account, health)))
}

fn rows(snapshot: &Snapshot, window: Window) -> BTreeMap<String, PortfolioAccount> {
    let rows = snapshot.portfolio(window).accounts;
    rows.into_iter().map(|row| (row.account.to_string(), row)).collect()
}

fn wire(snapshot: &Snapshot, account: &Account, row: Option<&PortfolioAccount>) -> WireAccount {
    let health = snapshot.health(&account.id);
    let weak = snapshot.rules().watch_from;
    let at_risk = |health: &Health| -> Vec<&'static str> {
        let low = health.factors.iter().filter(|one| one.judged.is_some_and(|judged| judged.score < weak));
        low.map(|factor| factor.kind.word()).collect()
    };
    WireAccount {
        account_id: account.id.to_string(),
        name: account.name.clone(),
        owner: account.owner.as_ref().map(ToString::to_string),
        segment: account.segment.clone(),
        plan: account.plan.clone(),
        contract: account.contract.map(|contract| WireContract {
            commit: contract.commit.as_f64(),
            currency: snapshot.currency().code().to_owned(),
            period: contract.period.word(),
            renewal: contract.renewal.map(|day| day.to_string()),
        }),
        tags: account.tags.clone(),
        status: account.status.word(),
        health_score: health.and_then(|health| health.score),
        band: health.and_then(|health| health.band).map(crate::domain::Band::key),
        growth_rate: row.and_then(|row| growth(row.now.api_calls as f64, row.before.api_calls as f64)),
        usage_trends: snapshot.weekly_calls(&account.id),
        risk_factors: health.map(at_risk).unwrap_or_default(),
        usage: row.map(|row| row.now).unwrap_or_default().into(),
    }
}

fn wire_health(snapshot: &Snapshot, account: &Account, health: &Health) -> WireHealth {
    WireHealth {
        fresh: WireAsOf::of(snapshot),
        account_id: account.id.to_string(),
        score: health.score,
        band: health.band.map(crate::domain::Band::key),
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
    }
}
