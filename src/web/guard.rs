//! What every request and answer has to pass: the host asked for, who sent it, and the headers that keep browsers honest.
//!
//! A browser brings its session along whoever makes it ask. These checks keep foreign web pages from being the ones who
//! ask: by a name that was rebound to this machine, or by a form that posts across sites.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::api;
use super::page;

/// Nothing from elsewhere and nothing inline.
pub(super) const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The names under which this server may be asked.
#[derive(Debug, Clone)]
pub(super) struct Hosts(Arc<[String]>);

impl Hosts {
    /// `localhost`, and the host of `public_url`; numeric addresses are always allowed, since no name can be rebound
    /// to them.
    pub(super) fn of(public_url: &str) -> Self {
        let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let own = without_port(authority).to_ascii_lowercase();
        Self(Arc::from(["localhost".to_owned(), own]))
    }

    fn allow(&self, authority: &str) -> bool {
        let host = without_port(authority).to_ascii_lowercase();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        !host.is_empty() && (literal.parse::<IpAddr>().is_ok() || self.0.contains(&host))
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Refuses requests for other hosts, for what is no address, and posts from other sites.
pub(super) async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let asked =
        request.uri().authority().map(axum::http::uri::Authority::as_str).or(host).unwrap_or_default();
    if !hosts.allow(asked) {
        let words = "This server does not answer to that name. Open it by its own address.";
        return page::refusal(StatusCode::MISDIRECTED_REQUEST, words);
    }
    // What is no text names nothing of ours.
    if percent_decode_str(request.uri().path()).decode_utf8().is_err() {
        let is_api = request.uri().path().starts_with("/api/");
        return if is_api { api::not_found().await } else { page::not_found() };
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && !from_here(headers, asked) {
        let words =
            "This was sent by another site, so nothing was done. Go back, reload the page and try again.";
        return page::refusal(StatusCode::FORBIDDEN, words);
    }
    next.run(request).await
}

/// Whether a request that may change something was sent by one of our own pages, or by a program that is no browser
/// (browsers always say where a post comes from).
fn from_here(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match text("origin") {
        None => true,
        Some(origin) => origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host)),
    }
}

/// Whether browsers come over HTTPS.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transport {
    https: bool,
}

impl Transport {
    pub(super) fn of(public_url: &str) -> Self {
        Self { https: public_url.starts_with("https://") }
    }
}

/// Adds the headers that every answer carries; one that is set already stays.
pub(super) async fn harden(State(transport): State<Transport>, request: Request, next: Next) -> Response {
    let mut response: Response<Body> = next.run(request).await;
    let headers = response.headers_mut();
    if transport.https {
        // Two years, as browsers ask of those who want to be known for it.
        let only = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.entry("strict-transport-security").or_insert(only);
    }
    let all = [
        ("content-security-policy", CONTENT_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("x-frame-options", "DENY"),
        ("cache-control", "private, no-store"),
    ];
    for (name, value) in all {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_host(authority: &str, allowed: bool) {
        let hosts = Hosts::of("https://Etsm.example.com:8443/base");
        assert_eq!(hosts.allow(authority), allowed, "{authority}");
    }

    #[test]
    fn only_own_names_and_numbers_are_answered() {
        check_host("etsm.example.com", true);
        check_host("ETSM.example.com:8443", true);
        check_host("localhost:8080", true);
        check_host("127.0.0.1:8080", true);
        check_host("[::1]:8080", true);
        check_host("evil.example", false);
        check_host("localhost.evil.example", false);
        check_host("127.0.0.1.nip.io", false);
        check_host("", false);
    }

    #[track_caller]
    fn check_post(sent: &[(&'static str, &'static str)], allowed: bool) {
        let headers = sent
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        assert_eq!(from_here(&headers, "localhost:8080"), allowed, "{sent:?}");
    }

    #[test]
    fn a_post_comes_from_our_own_pages() {
        check_post(&[], true);
        check_post(&[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")], true);
        check_post(&[("origin", "http://evil.example")], false);
        check_post(&[("origin", "http://localhost:9090")], false);
        check_post(&[("origin", "null")], false);
        check_post(&[("sec-fetch-site", "cross-site")], false);
        check_post(&[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-site")], false);
    }
}
