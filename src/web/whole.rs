//! Answers are made whole before they go out.
//!
//! A packed answer is packed while it is sent, so that a client that reads slowly, or not at all, would hold a packer with
//! megabytes for itself. Made whole, it holds the packed bytes, and its length is known.

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use super::page;

/// Packs now what would be packed on the way. Streams are not packed, so they pass.
pub(super) async fn whole(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (parts, body) = response.into_parts();
    // What we made ourselves is in memory already, so there is nothing to bound here.
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(error) => {
            tracing::error!(%error, "Could not pack an answer");
            page::refusal(StatusCode::INTERNAL_SERVER_ERROR, "This answer could not be packed.")
        }
    }
}
