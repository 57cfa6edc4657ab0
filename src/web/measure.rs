//! Counts requests and how long they took.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// First words of our paths. Anything else is one series, so that a scanner cannot make millions of them.
const SURFACES: &[&str] = &[
    "accounts",
    "usage",
    "movers",
    "initiatives",
    "alerts",
    "facts",
    "chart",
    "events",
    "chat",
    "status",
    "help",
    "api",
    "discord",
    "assets",
    "healthz",
    "readyz",
    "metrics",
    "version",
];

/// Measures each request under the surface that it asked for.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let surface = surface_of(request.uri().path());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("etsm_http_seconds", "surface" => surface).record(begun.elapsed());
    metrics::counter!("etsm_http_requests_total", "surface" => surface, "status" => status).increment(1);
    response
}

fn surface_of(path: &str) -> &'static str {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match SURFACES.iter().find(|one| **one == first) {
        Some(known) => known,
        None if path == "/" => "portfolio",
        None => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_falls_under_a_known_surface() {
        assert_eq!(surface_of("/"), "portfolio");
        assert_eq!(surface_of("/accounts/acme/usage"), "accounts");
        assert_eq!(surface_of("/wp-login.php"), "other");
    }
}
