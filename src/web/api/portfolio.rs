//! `GET /api/v1/portfolio`: the whole portfolio over a window, against the one before.

use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::WireUsed;
use super::answer;
use super::computed;
use super::growth;
use super::openapi::Failures;
use super::openapi::WindowOptions;

#[derive(Serialize, ToSchema)]
pub(super) struct WirePortfolio {
    #[serde(flatten)]
    fresh: WireAsOf,
    currency: String,
    from: String,
    to: String,
    now: WireUsed,
    before: WireUsed,
    /// Relative; `null` when there was nothing before.
    change: WireChange,
    accounts: usize,
    bands: WireBands,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireChange {
    api_calls: Option<f64>,
    tokens_used: Option<f64>,
    cost: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireBands {
    healthy: u64,
    watch: u64,
    at_risk: u64,
    /// Accounts that cannot be judged yet.
    unknown: u64,
}

#[utoipa::path(
    get,
    path = "/api/v1/portfolio",
    tag = "Portfolio",
    summary = "All accounts together, against the window before",
    params(
        WindowOptions,
    ),
    responses((status = 200, description = "Sums, changes and bands", body = WirePortfolio), Failures),
)]
pub(crate) async fn show(state: Seat, Query(mut query): Query<Pairs>) -> Result<Response, ApiFailure> {
    for (name, _) in &mut query {
        // An older word for the same.
        if name == "window" {
            "range".clone_into(name);
        }
    }
    let options = Options::new(query, &["range", "from", "to"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let (window, _) = options.window(&snapshot)?;
        let portfolio = snapshot.portfolio(window);
        let (now, before) = (portfolio.now, portfolio.before);
        Ok(WirePortfolio {
            fresh: WireAsOf::of(&snapshot),
            currency: snapshot.currency().code().to_owned(),
            from: window.from().to_string(),
            to: window.to().to_string(),
            change: WireChange {
                api_calls: growth(now.api_calls as f64, before.api_calls as f64),
                tokens_used: growth(now.tokens as f64, before.tokens as f64),
                cost: growth(now.cost.as_f64(), before.cost.as_f64()),
            },
            now: now.into(),
            before: before.into(),
            accounts: portfolio.accounts.len(),
            bands: WireBands {
                healthy: portfolio.bands.healthy,
                watch: portfolio.bands.watch,
                at_risk: portfolio.bands.at_risk,
                unknown: portfolio.bands.unknown,
            },
        })
    });
    Ok(answer(wire.await?))
}
