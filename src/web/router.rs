//! Every route and every layer on one screen.

use axum::Router;
use axum::routing::get;

use super::state::WebState;

/// The whole HTTP surface.
pub fn router(state: WebState) -> Router {
    Router::new().route("/healthz", get(async || "ok\n")).with_state(state)
}
