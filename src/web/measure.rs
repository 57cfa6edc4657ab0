//! Counts requests and how long they took.

use std::time::Instant;

use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Measures each request under the route that it met: there are as many series as routes, whatever is asked for.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str).to_owned();
    let status = response.status().as_u16().to_string();
    metrics::histogram!("etsm_http_seconds", "route" => route.clone()).record(begun.elapsed());
    metrics::counter!("etsm_http_requests_total", "route" => route, "status" => status).increment(1);
    response
}
