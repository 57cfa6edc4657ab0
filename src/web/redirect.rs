//! What a plain port says where the pages are served over HTTPS: come in by the other door.

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::routing::get;

use super::page;
use super::probes;

/// Sends everything on to the same path of `public_url`. The name that was asked for is not looked at: whoever chooses it
/// must not choose where others are sent. Whether the process is alive is answered here too.
pub fn redirect(public_url: &str) -> Router {
    let base: std::sync::Arc<str> = public_url.into();
    Router::new().route("/healthz", get(probes::alive)).fallback(move |request: Request| {
        let path = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
        let target = HeaderValue::from_str(&format!("{base}{path}"));
        async move { send_on(target.ok()) }
    })
}

fn send_on(target: Option<HeaderValue>) -> Response {
    match target {
        Some(target) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, target)]).into_response(),
        None => page::refusal(StatusCode::BAD_REQUEST, "Open the address that begins with https."),
    }
}
