//! `POST /discord/interactions`: carries signed requests to the surface that answers them.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;

use crate::domain::SecurityKind;

use super::seat::Knock;
use super::state::WebState;

/// A message with all its embeds and buttons comes along with each press of one.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024;

/// A request whose sender proves itself by a signature over time and body.
#[derive(Debug)]
pub struct SignedRequest {
    /// The signature, in hexadecimal digits.
    pub signature: Option<String>,
    /// When it was signed, in seconds since 1970.
    pub timestamp: Option<String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

/// Whoever answers signed requests.
#[async_trait]
pub trait SignedDoor: Send + Sync {
    /// Status and JSON of the answer.
    async fn knock(&self, request: SignedRequest) -> (u16, String);
}

/// The handler.
pub(super) async fn take(
    State(state): State<WebState>,
    Extension(door): Extension<Arc<dyn SignedDoor>>,
    knock: Knock,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = SignedRequest {
        signature: text("x-signature-ed25519"),
        timestamp: text("x-signature-timestamp"),
        body: body.to_vec(),
    };
    let (status, json) = door.knock(request).await;
    if status == StatusCode::UNAUTHORIZED {
        state.entry.doors.refuse(SecurityKind::BadSignature, &knock.address);
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}
