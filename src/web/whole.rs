//! Answers are made whole before they go out.
//!
//! A packed answer is packed while it is sent, so that a client that reads slowly, or not at all, would hold a packer with
//! megabytes for itself. Made whole, it holds the packed bytes, and its length is known. What streams out stays a stream:
//! long lists and events are never in memory at once.

use std::convert::Infallible;

use axum::body::Body;
use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::MethodRouter;
use tower_http::compression::CompressionLayer;

use super::page;
use super::state::WebState;

/// An answer that is in memory already.
#[derive(Clone, Copy)]
struct InMemory;

/// Before packing: marks what is in memory.
pub(super) async fn weigh(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.body().size_hint().exact().is_some() {
        response.extensions_mut().insert(InMemory);
    }
    response
}

/// How answers are packed.
pub(super) fn packing() -> CompressionLayer {
    CompressionLayer::new().gzip(true).br(true)
}

/// With answers that are packed whole already here, and not on the way out.
pub(super) fn packed(methods: MethodRouter<WebState>) -> MethodRouter<WebState> {
    let packed = methods.layer::<_, Infallible>(middleware::from_fn(weigh)).layer::<_, Infallible>(packing());
    packed.layer(middleware::from_fn(whole))
}

/// After packing: packs now what is marked and would be packed on its way.
pub(super) async fn whole(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_ready = response.body().size_hint().exact().is_some();
    if is_ready || response.extensions().get::<InMemory>().is_none() {
        return response;
    }
    let (parts, body) = response.into_parts();
    // It was in memory before it was packed, so there is nothing to bound here.
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(error) => {
            tracing::error!(%error, "Could not pack an answer");
            page::refusal(StatusCode::INTERNAL_SERVER_ERROR, "This answer could not be packed.")
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::header;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn length_of(path: &str) -> (Option<String>, Option<u64>) {
        let text = "the same again and again, ".repeat(1_000);
        let rows = text.clone();
        let stream = async move || {
            Body::from_stream(futures_util::stream::iter([Ok::<_, std::convert::Infallible>(rows)]))
        };
        let router = Router::new()
            .route("/page", get(async move || text))
            .route("/rows", get(stream))
            .layer(middleware::from_fn(weigh))
            .layer(packing())
            .layer(middleware::from_fn(whole));
        let request = Request::builder().uri(path).header(header::ACCEPT_ENCODING, "br");
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let packed = answer.headers().get(header::CONTENT_ENCODING).map(|by| by.to_str().unwrap().to_owned());
        (packed, answer.body().size_hint().exact())
    }

    #[tokio::test]
    async fn pages_are_packed_before_they_go_out_and_streams_while_they_do() {
        let (packed, length) = length_of("/page").await;
        assert_eq!(packed.as_deref(), Some("br"));
        assert!(length.is_some_and(|length| length < 1_000), "{length:?}");
        assert_eq!(length_of("/rows").await, (Some("br".to_owned()), None));
    }
}
