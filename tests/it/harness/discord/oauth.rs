//! The fake as a login: its page, the code it sends visitors back with, and what the code stands for.

use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::response::Html;
use axum::response::IntoResponse as _;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use super::FakeDiscord;
use super::FakeUser;
use super::state::APPLICATION;
use super::state::Inner;

/// The application's secret.
pub const CLIENT_SECRET: &str = "the-client-secret-of-the-test";
/// Where visitors may be sent back to, to the letter.
pub const BACK: &str = "https://etsm.example.com/auth/callback";

/// Logins under way.
#[derive(Default)]
pub struct Logins {
    /// By code: who, and the challenge.
    granted: HashMap<String, (u64, String)>,
    /// By access token.
    tokens: HashMap<String, u64>,
    made: u64,
}

impl FakeUser<'_> {
    /// Agrees on Discord's page; the query of the address to which Discord sends the browser back.
    pub fn logs_in(&self, page: &str) -> String {
        let url = reqwest::Url::parse(page).unwrap();
        assert_eq!(url.path(), "/oauth2/authorize");
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let is = |name: &str, value: &str| assert_eq!(query[name], value, "{name}");
        is("client_id", &APPLICATION.to_string());
        is("response_type", "code");
        is("redirect_uri", BACK);
        is("scope", "identify");
        is("code_challenge_method", "S256");
        let (user, challenge) = (self.id(), query["code_challenge"].clone());
        let code = self.discord.state.change(|inner| {
            inner.logins.made += 1;
            let code = format!("code-{}", inner.logins.made);
            inner.logins.granted.insert(code.clone(), (user, challenge));
            code
        });
        format!("code={code}&state={}", query["state"])
    }
}

impl FakeDiscord {
    /// How many codes were exchanged.
    pub fn exchanged(&self) -> usize {
        self.state.change(|inner| inner.logins.tokens.len())
    }
}

/// The page on which a visitor agrees, as far as a browser has to open it.
pub fn authorize() -> Response {
    Html("<!doctype html><title>Discord</title><link rel=icon href=data:,><h1>Authorize</h1>").into_response()
}

/// `POST /oauth2/token`: a code is exchanged once, by whoever holds what its challenge is the fingerprint of.
pub fn exchange(inner: &mut Inner, headers: &HeaderMap, body: &[u8]) -> (u16, Value) {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok());
    if kind != Some("application/x-www-form-urlencoded") {
        inner.wrong("the token was not asked for with a form");
    }
    let form = reqwest::Url::parse(&format!("http://form/?{}", String::from_utf8_lossy(body))).unwrap();
    let form: HashMap<String, String> = form.query_pairs().into_owned().collect();
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let id = APPLICATION.to_string();
    if (given("client_id"), given("client_secret")) != (&*id, CLIENT_SECRET) {
        return (401, json!({"error": "invalid_client"}));
    }
    let granted = inner.logins.granted.remove(given("code"));
    let digest = ring::digest::digest(&ring::digest::SHA256, given("code_verifier").as_bytes());
    let shown = BASE64_URL_SAFE_NO_PAD.encode(digest);
    let fits = given("grant_type") == "authorization_code" && given("redirect_uri") == BACK;
    match granted.filter(|(_, challenge)| fits && *challenge == shown) {
        Some((user, _)) => {
            let token = format!("access-{user}-{}", inner.logins.tokens.len());
            inner.logins.tokens.insert(token.clone(), user);
            (
                200,
                json!({"access_token": token, "token_type": "Bearer", "expires_in": 604_800, "scope": "identify"}),
            )
        }
        None => (400, json!({"error": "invalid_grant"})),
    }
}

/// `GET /users/@me` with an access token.
pub fn me(inner: &mut Inner, headers: &HeaderMap) -> (u16, Value) {
    let shown = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = shown.and_then(|text| text.strip_prefix("Bearer "));
    match token.and_then(|token| inner.logins.tokens.get(token)) {
        Some(user) => (200, json!({"id": user.to_string(), "username": "someone", "discriminator": "0"})),
        None => (401, json!({"code": 0, "message": "401: Unauthorized"})),
    }
}
