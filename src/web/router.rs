//! Every route and every layer on one screen.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::Request;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::middleware;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::routing::any;
use axum::routing::get;
use axum::routing::patch;
use axum::routing::post;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::timeout::TimeoutLayer;

use crate::access::Deed;

use super::api;
use super::assets;
use super::charts;
use super::doors;
use super::guard;
use super::interactions;
use super::interactions::SignedDoor;
use super::limits;
use super::live;
use super::measure::measure;
use super::page;
use super::pages;
use super::probes;
use super::ready::Readiness;
use super::request;
use super::rules::Rule;
use super::rules::Ruled;
use super::rules::RuledRoute;
use super::state::WebState;
use super::whole::packing;
use super::whole::weigh;
use super::whole::whole;

/// A handler that takes longer is given up: whoever asked has given up too.
const HANDLER_TIME_MAX: Duration = Duration::from_secs(30);
/// A body that stalls for so long is given up.
const BODY_STALL_MAX: Duration = Duration::from_secs(10);

/// The whole HTTP surface.
pub fn router(state: WebState) -> Router {
    let waits = middleware::from_fn_with_state(state.ready.clone(), wait_for_figures);
    let door = state.interactions.clone().map_or_else(Router::new, interactions);
    let (figures, _) = api(pages(Ruled::new(state.clone()))).done();
    let (open, _) = open(Ruled::new(state.clone())).done();
    open.merge(figures.merge(door).route_layer(waits))
        .route("/api/{*rest}", any(api::not_found))
        .fallback(async || page::not_found())
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(RequestBodyTimeoutLayer::new(BODY_STALL_MAX))
        .layer(CatchPanicLayer::custom(page::panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, HANDLER_TIME_MAX))
        .layer(middleware::from_fn_with_state(guard::Hosts::of(&state.public_url), guard::check))
        .layer(middleware::from_fn(weigh))
        .layer(packing())
        .layer(middleware::from_fn(whole))
        .layer(middleware::from_fn_with_state(state.limits.clone(), limits::keep))
        .layer(middleware::from_fn_with_state(guard::Transport::of(&state.public_url), guard::harden))
        .layer(middleware::from_fn(measure))
        .layer(middleware::from_fn(request::identify))
        .with_state(state)
}

/// Every route with its rule, as the manual lists them.
#[must_use]
pub fn routes(state: &WebState) -> Vec<RuledRoute> {
    let (_, mut routes) = open(Ruled::new(state.clone())).done();
    routes.extend(api(pages(Ruled::new(state.clone()))).done().1);
    routes.push(RuledRoute { path: INTERACTIONS, rule: Rule::Own });
    routes
}

/// What says nothing of accounts, and the doors themselves.
fn open(ruled: Ruled) -> Ruled {
    ruled
        .at("/healthz", Rule::Open, get(probes::alive))
        .at("/readyz", Rule::Open, get(probes::ready))
        .at("/metrics", Rule::Open, get(probes::metrics))
        .at("/version", Rule::Open, get(probes::version))
        .at("/assets/{name}", Rule::Open, get(assets::show))
        .at("/api/v1/openapi.json", Rule::Open, get(api::openapi))
        .at("/auth/login", Rule::Own, get(doors::login))
        .at("/auth/callback", Rule::Own, get(doors::callback))
        .at("/auth/logout", Rule::Own, post(doors::logout))
        .at("/l/{token}", Rule::Own, get(doors::pass).post(doors::pass_spend))
        .at("/s/{token}", Rule::Own, get(doors::share))
        .at("/s/{token}/chart.png", Rule::Own, get(doors::share_picture))
}

fn pages(ruled: Ruled) -> Ruled {
    let read = Rule::May(Deed::Read);
    let write = Rule::May(Deed::Write);
    let admin = Rule::May(Deed::Administer);
    let ruled = if ruled.browser_chat() {
        ruled
            .at("/chat", read, get(pages::chat).post(pages::chat_ask))
            .at("/chat/ask", read, post(pages::chat_ask))
            .at("/chat/complete", read, get(pages::chat_complete))
    } else {
        ruled
    };
    ruled
        .page("/", get(pages::portfolio))
        .page("/accounts", get(pages::accounts))
        .at("/accounts.csv", read, get(pages::accounts_file))
        .page("/accounts/{id}", get(pages::account_overview))
        .page("/accounts/{id}/usage", get(pages::account_usage))
        .page("/accounts/{id}/cost", get(pages::account_cost))
        .page("/accounts/{id}/health", get(pages::account_health))
        .page("/accounts/{id}/anomalies", get(pages::account_anomalies))
        .page("/accounts/{id}/forecast", get(pages::account_forecast))
        .page("/accounts/{id}/why", get(pages::account_why))
        .page("/accounts/{id}/history", get(pages::account_history))
        .page("/usage", get(pages::usage))
        .page("/movers", get(pages::movers))
        .page("/anomalies", get(pages::anomalies))
        .page("/forecast", get(pages::forecast))
        .page("/churn", get(pages::churn))
        .page("/initiatives", get(pages::initiatives))
        .page("/initiatives/{id}", get(pages::initiative))
        .at("/alerts", read, get(pages::alerts))
        .at("/alerts/{id}", read, get(pages::alert))
        .at("/alerts/{id}/ack", write, post(pages::alert_ack))
        .at("/alerts/{id}/snooze", write, post(pages::alert_snooze))
        .at("/initiatives/{id}/move", write, post(pages::initiative_move))
        .at("/order", write, get(pages::order).post(pages::order_done))
        .page("/facts/{id}", get(pages::fact))
        .at("/share", read, get(pages::share))
        .at("/search", read, get(pages::search))
        .at("/digests", read, get(pages::digests))
        .at("/digests/{id}", read, get(pages::digest))
        .at("/status", read, get(pages::status))
        .at("/admin", admin, get(pages::admin))
        .at("/admin/schedules", admin, get(pages::admin_schedules))
        .at("/admin/rules", admin, get(pages::admin_rules))
        .at("/admin/use", admin, get(pages::own_use))
        .at("/admin/sessions/end", admin, post(pages::admin_end_session))
        .at("/admin/keys/revoke", admin, post(pages::admin_revoke_key))
        .at("/admin/audit", admin, get(pages::audit))
        .at("/admin/privacy", admin, get(pages::privacy))
        .at("/admin/replay", admin, get(pages::replay).post(pages::replay_run))
        .at("/help", read, get(pages::help))
        .at("/chart/{file}", read, get(charts::show))
        .at("/events", read, get(live::show))
}

const INTERACTIONS: &str = "/discord/interactions";

/// What Discord sends; the signature is its way in.
fn interactions(door: Arc<dyn SignedDoor>) -> Router<WebState> {
    Router::new()
        .route(INTERACTIONS, post(interactions::take))
        .layer(Extension(door))
        .layer(DefaultBodyLimit::max(interactions::BODY_BYTES_MAX))
}

fn api(ruled: Ruled) -> Ruled {
    let read = Rule::May(Deed::Read);
    let write = Rule::May(Deed::Write);
    ruled
        .figures("/api/v1/usage", get(api::usage))
        .at("/api/v1/usage", Rule::Ingest, post(api::push_usage))
        .at("/api/v1/usage/rows", read, get(api::usage_rows))
        .figures("/api/v1/accounts", get(api::accounts))
        .figures("/api/v1/accounts/{id}", get(api::account))
        .figures("/api/v1/accounts/{id}/health", get(api::health))
        .at("/api/v1/accounts/{id}/reconciliation", read, get(api::bill))
        .figures("/api/v1/accounts/{id}/forecast", get(api::forecast))
        .figures("/api/v1/accounts/{id}/anomalies", get(api::anomalies))
        .figures("/api/v1/accounts/{id}/why", get(api::why))
        .figures("/api/v1/portfolio", get(api::portfolio))
        .at("/api/v1/initiatives", read, get(api::initiatives))
        .at("/api/v1/initiatives", write, post(api::add_initiative))
        .at("/api/v1/initiatives/{id}", read, get(api::initiative))
        .at("/api/v1/initiatives/{id}", write, patch(api::change_initiative))
        .at("/api/v1/initiatives/{id}/updates", write, post(api::update_initiative))
        .at("/api/v1/alerts", read, get(api::alerts))
        .at("/api/v1/alerts/{id}/ack", write, post(api::alert_ack))
        .at("/api/v1/alerts/{id}/snooze", write, post(api::alert_snooze))
        .at("/api/v1/digests", read, get(api::digests))
        .at("/api/v1/digests/{id}", read, get(api::digest))
        .at("/api/v1/audit", Rule::May(Deed::Administer), get(api::audit))
        .figures("/api/v1/facts/{id}", get(api::fact))
}

/// There is such an address, and it is not for that.
async fn wrong_method(uri: Uri) -> Response {
    if uri.path().starts_with("/api/") { api::wrong_method() } else { page::wrong_method() }
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
