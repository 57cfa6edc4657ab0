//! What machines ask: alive, ready, how much, which version.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::page;
use super::ready::PartState;
use super::state::WebState;

/// `GET /healthz`: the process runs and answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: each part, and 503 until all needed ones are up.
pub(super) async fn ready(State(state): State<WebState>) -> Response {
    let parts: Map<String, Value> = state
        .ready
        .parts()
        .into_iter()
        .map(|(name, needed, part)| {
            let why = match &part {
                PartState::Down(why) => Some(why.clone()),
                PartState::Starting | PartState::Up | PartState::Off => None,
            };
            (name, json!({ "state": part.word(), "needed": needed, "why": why }))
        })
        .collect();
    let ready = state.ready.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "parts": parts }))).into_response()
}

/// `GET /metrics`: Prometheus' text form.
pub(super) async fn metrics(State(state): State<WebState>) -> Response {
    match &state.metrics {
        Some(handle) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
            (kind, handle.render()).into_response()
        }
        None => page::refusal(StatusCode::NOT_FOUND, "Metrics are not collected."),
    }
}

/// `GET /version`.
pub(super) async fn version() -> Json<Value> {
    Json(json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") }))
}
