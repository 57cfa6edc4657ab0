//! One try of a call: sends it and hears the answer out.

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use reqwest::Client;
use reqwest::Response;
use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::time::Instant;

use crate::config::AiSettings;
use crate::writer::{Said, Spent};

use super::call::{Wait, client};
use super::events::Events;
use super::fault::Fault;
use super::reply::Reply;

/// How much of an answer that comes whole is read.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// The line to the far side.
pub(super) struct Line {
    client: Client,
    url: String,
    version: HeaderValue,
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
        let version = HeaderValue::from_str(&ai.version).context("the version cannot stand in a header")?;
        let (client, url) = (client(&ai.key, &ai.trust)?, format!("{}/v1/messages", ai.base_url));
        Ok(Self { client, url, version, silence_max: ai.silence_max })
    }

    /// Sends a body and hears the answer out, until `deadline` at the latest. Silence may take half of the time that is
    /// left, so that there is some for another try.
    pub(super) async fn attempt(&self, body: &Value, deadline: Instant, now: Timestamp) -> Tried {
        let half = deadline.saturating_duration_since(Instant::now()) / 2;
        let wait = Wait { deadline, silence_max: self.silence_max.min(half) };
        let call = self.client.post(&self.url).header("anthropic-version", &self.version).json(body);
        match wait.send(call).await {
            Ok(response) if response.status().is_success() => hear(response, wait).await,
            Ok(response) => Tried::free(Fault::Said(wait.refusal(response, now).await)),
            Err(unsent) if unsent.taken => Tried { outcome: Err(unsent.fault), spent: None },
            Err(unsent) => Tried::free(unsent.fault),
        }
    }
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
    let body = match wait.body(&mut response, ANSWER_BYTES_MAX).await {
        Ok(body) => body,
        Err(fault) => return Tried { outcome: Err(fault), spent: None },
    };
    let message: Result<Value, Fault> =
        serde_json::from_slice(&body).map_err(|_odd| Fault::Garbled("the answer is not JSON"));
    let outcome = message.and_then(|message| Reply::whole(&message));
    let spent = outcome.as_ref().ok().map(|said| said.spent);
    Tried { outcome, spent }
}
