//! Gives each request an id, by which a person, the log and the audit speak of the same one.

use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use tracing::debug;
use tracing::info_span;

use crate::domain::RequestId;

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// Takes over the id that a proxy gave, or draws one; answers with it, and has everything logged under it.
pub(super) async fn identify(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&NAME).and_then(|value| value.to_str().ok()?.parse().ok());
    let id: RequestId = given.unwrap_or_else(|| RequestId::drawn(rand::random()));
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let span =
        info_span!("request", request.id = %id, request.method = %request.method(), request.route = route);
    request.extensions_mut().insert(id.clone());
    async move {
        let mut response = next.run(request).await;
        debug!(status = response.status().as_u16(), "Answered a request");
        // An id has no character that a header may not hold.
        if let Ok(value) = HeaderValue::from_str(id.as_str()) {
            response.headers_mut().insert(NAME, value);
        }
        response
    }
    .instrument(span)
    .await
}
