//! Interactions over HTTP: the fake signs them and posts them, and takes the answer for the first response.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use etsm::domain::Clock;
use ring::signature::Ed25519KeyPair;
use ring::signature::KeyPair;

use super::FakeDiscord;
use super::rest::Rest;
use super::state::Inner;

/// Where interactions are posted, signed by which key at which time.
#[derive(Clone)]
pub struct Post {
    url: String,
    clock: Arc<dyn Clock>,
}

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

/// The key that the application is given.
pub fn public_key() -> [u8; 32] {
    key().public_key().as_ref().try_into().unwrap()
}

/// The signature of a body, as the header holds it.
pub fn signature(timestamp: &str, body: &str) -> String {
    let signed = key().sign(format!("{timestamp}{body}").as_bytes());
    signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FakeDiscord {
    /// From now on interactions go over HTTP.
    pub fn posts_to(&self, url: &str, clock: Arc<dyn Clock>) {
        self.state.change(|inner| inner.post = Some(Post { url: url.to_owned(), clock }));
    }

    /// The interactions that went over HTTP, as they were sent.
    pub fn sent_over_http(&self) -> Vec<String> {
        self.state.change(|inner| inner.sent_over_http.clone())
    }

    /// Waits until the commands are offered, by an application that does not listen to the gateway.
    pub async fn introduced(&self) {
        let offered =
            |inner: &Inner| inner.commands.values().any(|commands| !commands.is_empty()).then_some(());
        self.state.wait("commands", offered).await;
    }
}

/// Posts an interaction.
pub async fn post(rest: Arc<Rest>, to: Post, id: u64, token: String, event: String) {
    let timestamp = to.clock.now().as_second().to_string();
    rest.state.change(|inner| inner.sent_over_http.push(event.clone()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(&to.url)
        .header("x-signature-ed25519", signature(&timestamp, &event))
        .header("x-signature-timestamp", &timestamp)
        .header("content-type", "application/json")
        .body(event);
    let response = request.send().await.unwrap();
    let (status, body) = (response.status().as_u16(), response.bytes().await.unwrap());
    rest.state.change(|inner| {
        match status {
            200 => {
                let mut headers = HeaderMap::new();
                headers.insert("content-type", HeaderValue::from_static("application/json"));
                rest.callback(inner, &id.to_string(), &token, &headers, &body);
            }
            // The second of two deliveries; what is never answered is found at the end.
            409 => {}
            _ => inner.wrong(format!("an interaction was answered with {status}")),
        }
    });
}
