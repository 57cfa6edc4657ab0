//! `GET /api/v1/accounts`, and one of them.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Account;
use crate::domain::Window;
use crate::engine::Direction;
use crate::engine::PortfolioAccount;
use crate::engine::Snapshot;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::WireUsed;
use super::account_of;
use super::answer;
use super::computed;
use super::health::{WireOverride, WireRisk};
use super::openapi::Failures;
use super::openapi::WindowOptions;
use super::page_of::PageOf;
use super::page_of::PageOptions;

#[derive(Serialize, ToSchema)]
pub(super) struct WireAccounts {
    #[serde(flatten)]
    fresh: WireAsOf,
    from: String,
    to: String,
    accounts: Vec<WireAccount>,
    /// Ask for it with `cursor` to get those that follow; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireOneAccount {
    #[serde(flatten)]
    fresh: WireAsOf,
    from: String,
    to: String,
    #[serde(flatten)]
    account: WireAccount,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireAccount {
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
    /// The score that the factors give, whether overridden or not.
    computed_score: Option<f64>,
    #[serde(rename = "override")]
    overridden: Option<WireOverride>,
    /// The probability, 0 to 1, of no call in the next 90 days; `null` when it cannot be judged.
    churn_probability: Option<f64>,
    /// Relative change of calls against the window before; `null` when there was nothing before.
    growth_rate: Option<f64>,
    /// Calls of each of the last 12 weeks, oldest first.
    usage_trends: Vec<i64>,
    /// Where they are going: `rising`, `steady`, `falling`; `null` when too few weeks are known.
    usage_direction: Option<&'static str>,
    /// What pulls the health down, that which costs most points first.
    risk_factors: Vec<WireRisk>,
    usage: WireUsed,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireContract {
    commit: f64,
    currency: String,
    period: &'static str,
    renewal: Option<String>,
}

#[utoipa::path(
    get,
    path = "/api/v1/accounts",
    tag = "Accounts",
    summary = "All accounts that you may know of",
    params(
        WindowOptions,
        PageOptions,
    ),
    responses((status = 200, description = "One page of accounts by id", body = WireAccounts), Failures),
)]
pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["range", "from", "to", "limit", "cursor"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let page = PageOf::read(&options)?.of(snapshot.accounts(), |account| account.id.as_str());
        let (window, _) = options.window(&snapshot)?;
        let rows = rows(&snapshot, window);
        let wired = |account: &Account| wire(&snapshot, account, rows.get(account.id.as_str()));
        Ok(WireAccounts {
            fresh: WireAsOf::of(&snapshot),
            from: window.from().to_string(),
            to: window.to().to_string(),
            accounts: page.items.into_iter().map(wired).collect(),
            next_cursor: page.next,
        })
    });
    Ok(answer(wire.await?))
}

#[utoipa::path(
    get,
    path = "/api/v1/accounts/{id}",
    tag = "Accounts",
    summary = "One account",
    params(
        ("id" = String, Path, description = "The account’s id"),
        WindowOptions,
    ),
    responses((status = 200, description = "The account with its health, trends and risks", body = WireOneAccount), Failures),
)]
pub(crate) async fn one(
    state: Seat,
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

fn rows(snapshot: &Snapshot, window: Window) -> BTreeMap<String, PortfolioAccount> {
    let rows = snapshot.portfolio(window).accounts;
    rows.into_iter().map(|row| (row.account.to_string(), row)).collect()
}

fn wire(snapshot: &Snapshot, account: &Account, row: Option<&PortfolioAccount>) -> WireAccount {
    let health = snapshot.health(&account.id);
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
        computed_score: health.and_then(|health| health.computed),
        overridden: health.and_then(|health| health.overridden.as_deref()).map(WireOverride::from),
        churn_probability: snapshot.churn_probability(&account.id),
        growth_rate: row.and_then(PortfolioAccount::growth_rate),
        usage_trends: snapshot.weekly_calls(&account.id),
        usage_direction: snapshot.usage_direction(&account.id).map(Direction::word),
        risk_factors: snapshot.risks(&account.id).into_iter().map(WireRisk::from).collect(),
        usage: row.map(|row| row.now).unwrap_or_default().into(),
    }
}
