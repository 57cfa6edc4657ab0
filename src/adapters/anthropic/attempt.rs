//! One try of a call: sends it and hears the answer out.

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use reqwest::Client;
use reqwest::Response;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio::time::timeout_at;

use crate::config::AiSettings;
use crate::outward;
use crate::writer::{Said, Spent};

use super::events::Events;
use super::fault::{Fault, Refusal};
use super::reply::Reply;

/// Longest wait for a connection, as the maker's own clients have it.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How much of a refusal is read; a page of an edge on the way may be long.
const REFUSAL_BYTES_MAX: usize = 64 << 10;
/// How much of an answer that comes whole is read.
const ANSWER_BYTES_MAX: usize = 8 << 20;
const HUNG: &str = "nothing came in time";

/// The line to the far side.
pub(super) struct Line {
    client: Client,
    url: String,
    silence_max: Duration,
}

/// How long is waited.
#[derive(Clone, Copy)]
struct Wait {
    /// For all of it.
    deadline: Instant,
    /// For the next bytes.
    silence_max: Duration,
}

/// What a try came to.
pub(super) struct Tried {
    /// The turn, or why there is none.
    pub(super) outcome: Result<Said, Fault>,
    /// What it cost, as far as it was told; `None` when the far side took the call and told nothing.
    pub(super) spent: Option<Spent>,
}

impl Tried {
    fn free(fault: Fault) -> Self {
        Self { outcome: Err(fault), spent: Some(Spent::default()) }
    }
}

impl Line {
    pub(super) fn new(ai: &AiSettings) -> anyhow::Result<Self> {
        let mut key =
            HeaderValue::from_str(ai.key.expose_secret()).context("the AI's key cannot stand in a header")?;
        key.set_sensitive(true);
        let version = HeaderValue::from_str(&ai.version).context("the version cannot stand in a header")?;
        let headers = HeaderMap::from_iter([
            (reqwest::header::HeaderName::from_static("x-api-key"), key),
            (reqwest::header::HeaderName::from_static("anthropic-version"), version),
        ]);
        let client = outward::client(&ai.trust)?
            .default_headers(headers)
            .connect_timeout(CONNECT_MAX)
            .build()
            .context("preparing calls to the AI")?;
        Ok(Self { client, url: format!("{}/v1/messages", ai.base_url), silence_max: ai.silence_max })
    }

    /// Sends a body and hears the answer out, until `deadline` at the latest. Silence may take half of the time that is
    /// left, so that there is some for another try.
    pub(super) async fn attempt(&self, body: &Value, deadline: Instant, now: Timestamp) -> Tried {
        let half = deadline.saturating_duration_since(Instant::now()) / 2;
        let wait = Wait { deadline, silence_max: self.silence_max.min(half) };
        let sending = timeout(wait.silence_max, self.client.post(&self.url).json(body).send());
        let response = match timeout_at(deadline, sending).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(error))) if error.is_connect() => {
                return Tried::free(Fault::Broken("no connection comes about"));
            }
            Ok(Ok(Err(_broken))) => {
                return Tried { outcome: Err(Fault::Broken("the line broke")), spent: None };
            }
            Ok(Err(_)) | Err(_) => return Tried { outcome: Err(Fault::Broken(HUNG)), spent: None },
        };
        if response.status().is_success() {
            hear(response, wait).await
        } else {
            Tried::free(Fault::Said(refusal(response, wait, now).await))
        }
    }
}

impl Wait {
    /// The next bytes. Silence and a broken line are the same to whoever waits.
    async fn chunk(self, response: &mut Response) -> Result<Option<Vec<u8>>, Fault> {
        match timeout_at(self.deadline, timeout(self.silence_max, response.chunk())).await {
            Ok(Ok(Ok(chunk))) => Ok(chunk.map(|bytes| bytes.to_vec())),
            Ok(Ok(Err(_broken))) => Err(Fault::Broken("its answer broke off")),
            Ok(Err(_)) | Err(_) => Err(Fault::Broken(HUNG)),
        }
    }
}

async fn refusal(mut response: Response, wait: Wait, now: Timestamp) -> Refusal {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    // What is missing of the body is missing: the status is enough to go by.
    while let Ok(Some(chunk)) = wait.chunk(&mut response).await
        && body.len() < REFUSAL_BYTES_MAX
    {
        body.extend(chunk);
    }
    let headers = response.headers();
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    Refusal::of(status, header, &body, now)
}

async fn hear(mut response: Response, wait: Wait) -> Tried {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        return hear_whole(response, wait).await;
    }
    if !kind.starts_with("text/event-stream") {
        let outcome = Err(Fault::Garbled("it is neither a stream of events nor JSON"));
        return Tried { outcome, spent: None };
    }
    let (mut events, mut reply) = (Events::default(), Reply::default());
    let heard = loop {
        let chunk = match wait.chunk(&mut response).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break Ok(()),
            Err(fault) => break Err(fault),
        };
        let taken = events.take(&chunk).map_err(|_long| Fault::Garbled("an event does not end"));
        let heard = taken.and_then(|all| all.iter().try_for_each(|data| reply.hear(data)));
        if heard.is_err() || reply.has_ended() {
            break heard;
        }
    };
    let spent = reply.spent();
    // A stream that broke off before its first event was taken and may be charged.
    let spent = (spent != Spent::default()).then_some(spent);
    Tried { outcome: heard.and_then(|()| reply.finish()), spent }
}

async fn hear_whole(mut response: Response, wait: Wait) -> Tried {
    let mut body = Vec::new();
    loop {
        match wait.chunk(&mut response).await {
            Ok(Some(chunk)) => body.extend(chunk),
            Ok(None) => break,
            Err(fault) => return Tried { outcome: Err(fault), spent: None },
        }
        if body.len() > ANSWER_BYTES_MAX {
            return Tried { outcome: Err(Fault::Garbled("the answer does not end")), spent: None };
        }
    }
    let message: Result<Value, Fault> =
        serde_json::from_slice(&body).map_err(|_odd| Fault::Garbled("the answer is not JSON"));
    let outcome = message.and_then(|message| Reply::whole(&message));
    let spent = outcome.as_ref().ok().map(|said| said.spent);
    Tried { outcome, spent }
}
