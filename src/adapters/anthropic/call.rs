//! What all calls to this far side share: the client, how long is waited, how a body and a refusal are read.

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use reqwest::Client;
use reqwest::RequestBuilder;
use reqwest::Response;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderName;
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio::time::timeout_at;

use crate::config::Trust;
use crate::outward;

use super::fault::{Fault, Refusal};

/// Longest wait for a connection, as the maker's own clients have it.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How much of a refusal is read; a page of an edge on the way may be long.
const REFUSAL_BYTES_MAX: usize = 64 << 10;
const HUNG: &str = "nothing came in time";

/// A client that shows a key with each call, and takes it nowhere else.
pub(in crate::adapters) fn client(key: &SecretString, trust: &Trust) -> anyhow::Result<Client> {
    let mut key = HeaderValue::from_str(key.expose_secret()).context("the key cannot stand in a header")?;
    key.set_sensitive(true);
    outward::client(trust)?
        .default_headers(HeaderMap::from_iter([(HeaderName::from_static("x-api-key"), key)]))
        .connect_timeout(CONNECT_MAX)
        .build()
        .context("preparing calls to Anthropic")
}

/// How long is waited.
#[derive(Clone, Copy)]
pub(in crate::adapters) struct Wait {
    /// For all of it.
    pub(in crate::adapters) deadline: Instant,
    /// For the next bytes.
    pub(in crate::adapters) silence_max: Duration,
}

impl Wait {
    /// Sends a call and waits for the head of its answer. Errors of the client would name the address.
    pub(in crate::adapters) async fn send(self, call: RequestBuilder) -> Result<Response, Unsent> {
        let sending = timeout(self.silence_max, call.send());
        match timeout_at(self.deadline, sending).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(error))) if error.is_connect() => {
                Err(Unsent { fault: Fault::Broken("no connection comes about"), taken: false })
            }
            Ok(Ok(Err(_broken))) => Err(Unsent { fault: Fault::Broken("the line broke"), taken: true }),
            Ok(Err(_)) | Err(_) => Err(Unsent { fault: Fault::Broken(HUNG), taken: true }),
        }
    }

    /// The next bytes. Silence and a broken line are the same to whoever waits.
    pub(in crate::adapters) async fn chunk(self, response: &mut Response) -> Result<Option<Vec<u8>>, Fault> {
        match timeout_at(self.deadline, timeout(self.silence_max, response.chunk())).await {
            Ok(Ok(Ok(chunk))) => Ok(chunk.map(|bytes| bytes.to_vec())),
            Ok(Ok(Err(_broken))) => Err(Fault::Broken("its answer broke off")),
            Ok(Err(_)) | Err(_) => Err(Fault::Broken(HUNG)),
        }
    }

    /// All bytes, at most so many.
    pub(in crate::adapters) async fn body(
        self,
        response: &mut Response,
        bytes_max: usize,
    ) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(response).await? {
            body.extend(chunk);
            if body.len() > bytes_max {
                return Err(Fault::Garbled("the answer does not end"));
            }
        }
        Ok(body)
    }

    /// A response that is no answer.
    pub(in crate::adapters) async fn refusal(self, mut response: Response, now: Timestamp) -> Refusal {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        // What is missing of the body is missing: the status is enough to go by.
        while let Ok(Some(chunk)) = self.chunk(&mut response).await
            && body.len() < REFUSAL_BYTES_MAX
        {
            body.extend(chunk);
        }
        let headers = response.headers();
        let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        Refusal::of(status, header, &body, now)
    }
}

/// A call that came to no response.
pub(in crate::adapters) struct Unsent {
    pub(in crate::adapters) fault: Fault,
    /// Whether the far side may have taken it all the same.
    pub(in crate::adapters) taken: bool,
}
