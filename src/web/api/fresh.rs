//! ETags: an answer about figures stays the same as long as the snapshot, the day and the asker's rights do.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;

use crate::domain::utc_date;
use crate::web::seat::Leave;
use crate::web::state::WebState;

/// Answers 304 to whoever shows the tag of what would be said again, before anything is computed.
pub(crate) async fn known_already(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let leave = request.extensions().get::<Leave>().filter(|_| *request.method() == Method::GET);
    let Some(tag) = leave.map(|leave| tag(&state, leave)) else { return next.run(request).await };
    let shown =
        request.headers().get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known =
        shown.flat_map(|text| text.split(',')).any(|one| matches!(one.trim(), "*") || one.trim() == tag);
    let mut response =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { next.run(request).await };
    if response.status().is_success() || is_known {
        let headers = response.headers_mut();
        headers.insert(header::ETAG, HeaderValue::from_str(&tag).expect("a tag is plain text"));
        // Kept by whoever asked alone, and asked for again each time.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

fn tag(state: &WebState, leave: &Leave) -> String {
    let mut rights = DefaultHasher::new();
    leave.asker.sees.hash(&mut rights);
    let today = utc_date(state.desk.clock().now());
    format!("W/\"{}-{today}-{:x}\"", state.desk.snapshot().version(), rights.finish())
}
