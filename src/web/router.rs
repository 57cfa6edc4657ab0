//! Every route and every layer on one screen.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::Request;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::timeout::TimeoutLayer;

use super::api;
use super::assets;
use super::charts;
use super::guard;
use super::interactions;
use super::interactions::SignedDoor;
use super::measure::measure;
use super::page;
use super::pages;
use super::probes;
use super::ready::Readiness;
use super::state::WebState;

/// A handler that takes longer is given up: whoever asked has given up too.
const HANDLER_TIME_MAX: Duration = Duration::from_secs(30);
/// A body that stalls for so long is given up.
const BODY_STALL_MAX: Duration = Duration::from_secs(10);
/// Bodies are lines of chat so far.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The whole HTTP surface.
pub fn router(state: WebState) -> Router {
    let waits = middleware::from_fn_with_state(state.ready.clone(), wait_for_figures);
    let door = state.interactions.clone().map_or_else(Router::new, interactions);
    let figures = pages(state.browser_chat).merge(api()).merge(door).route_layer(waits);
    Router::new()
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .route("/version", get(probes::version))
        .route("/assets/{name}", get(assets::show))
        .merge(figures)
        .route("/api/{*rest}", get(api::not_found))
        .fallback(async || page::not_found())
        .method_not_allowed_fallback(async || page::wrong_method())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(RequestBodyTimeoutLayer::new(BODY_STALL_MAX))
        .layer(CatchPanicLayer::custom(page::panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, HANDLER_TIME_MAX))
        .layer(middleware::from_fn_with_state(guard::Hosts::of(&state.public_url), guard::check))
        .layer(CompressionLayer::new().gzip(true).br(true))
        .layer(middleware::from_fn(guard::harden))
        .layer(middleware::from_fn(measure))
        .with_state(state)
}

fn pages(browser_chat: bool) -> Router<WebState> {
    let chat = Router::new()
        .route("/chat", get(pages::chat).post(pages::chat_ask))
        .route("/chat/ask", post(pages::chat_ask))
        .route("/chat/complete", get(pages::chat_complete));
    Router::new()
        .route("/", get(pages::portfolio))
        .route("/accounts", get(pages::accounts))
        .route("/accounts/{id}", get(pages::account_overview))
        .route("/accounts/{id}/usage", get(pages::account_usage))
        .route("/accounts/{id}/health", get(pages::account_health))
        .route("/accounts/{id}/anomalies", get(pages::account_anomalies))
        .route("/accounts/{id}/forecast", get(pages::account_forecast))
        .route("/accounts/{id}/why", get(pages::account_why))
        .route("/accounts/{id}/history", get(pages::account_history))
        .route("/usage", get(pages::usage))
        .route("/movers", get(pages::movers))
        .route("/anomalies", get(pages::anomalies))
        .route("/forecast", get(pages::forecast))
        .route("/churn", get(pages::churn))
        .route("/initiatives", get(pages::initiatives))
        .route("/initiatives/{id}", get(pages::initiative))
        .route("/alerts", get(pages::alerts))
        .route("/alerts/{id}", get(pages::alert))
        .route("/alerts/{id}/ack", post(pages::alert_ack))
        .route("/alerts/{id}/snooze", post(pages::alert_snooze))
        .route("/facts/{id}", get(pages::fact))
        .route("/status", get(pages::status))
        .route("/admin/replay", get(pages::replay).post(pages::replay_run))
        .route("/help", get(pages::help))
        .route("/chart/{file}", get(charts::show))
        .merge(if browser_chat { chat } else { Router::new() })
}

/// What Discord sends; the signature is its way in.
fn interactions(door: Arc<dyn SignedDoor>) -> Router<WebState> {
    Router::new()
        .route("/discord/interactions", post(interactions::take))
        .layer(Extension(door))
        .layer(DefaultBodyLimit::max(interactions::BODY_BYTES_MAX))
}

fn api() -> Router<WebState> {
    Router::new()
        .route("/api/v1/usage", get(api::usage))
        .route("/api/v1/accounts", get(api::accounts))
        .route("/api/v1/accounts/{id}", get(api::account))
        .route("/api/v1/accounts/{id}/health", get(api::health))
        .route("/api/v1/accounts/{id}/forecast", get(api::forecast))
        .route("/api/v1/accounts/{id}/anomalies", get(api::anomalies))
        .route("/api/v1/accounts/{id}/why", get(api::why))
        .route("/api/v1/portfolio", get(api::portfolio))
        .route("/api/v1/initiatives", get(api::initiatives))
        .route("/api/v1/alerts", get(api::alerts))
        .route("/api/v1/alerts/{id}/ack", post(api::alert_ack))
        .route("/api/v1/alerts/{id}/snooze", post(api::alert_snooze))
}

/// Figures are served once the snapshot is there; before, a page says so and asks again by itself.
async fn wait_for_figures(State(ready): State<Readiness>, request: Request, next: Next) -> Response {
    if ready.is_ready() {
        return next.run(request).await;
    }
    if request.uri().path().starts_with("/api/") {
        return api::loading().into_response();
    }
    page::loading()
}
