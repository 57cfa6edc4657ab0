//! The door for interactions that Discord sends over HTTP, in place of the gateway.
//!
//! Invariant: nothing of a request is looked at before its signature was found good and its time recent.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use ring::signature::ED25519;
use ring::signature::UnparsedPublicKey;
use serde_json::Value;
use serde_json::json;
use serenity::model::application::Interaction;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::domain::Clock;

use super::inbound::Inbound;
use super::intake::Intake;
use super::refused::Refused;
use super::rest::Body;

/// A request that was signed longer ago may be a recording; clocks differ by less.
const STALE_SECONDS: i64 = 5 * 60;
/// Discord hangs up after 3 s.
const FIRST_RESPONSE_MAX: Duration = Duration::from_millis(2_800);

/// A request at the door.
#[derive(Debug)]
pub struct Knock {
    /// The header `X-Signature-Ed25519`.
    pub signature: Option<String>,
    /// The header `X-Signature-Timestamp`.
    pub timestamp: Option<String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

/// What the request is answered with.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// Status of the response.
    pub status: u16,
    /// JSON of its body; empty when there is none.
    pub json: String,
}

impl Opened {
    fn refused(status: u16) -> Self {
        Self { status, json: String::new() }
    }

    fn with(json: &Value) -> Self {
        Self { status: 200, json: json.to_string() }
    }
}

/// Answers what Discord sends over HTTP.
pub struct Door {
    pub(super) intake: Arc<Intake>,
    pub(super) key: [u8; 32],
    pub(super) clock: Arc<dyn Clock>,
}

impl Door {
    /// Answers a request with the first response to its interaction. What comes after goes over REST, as for the gateway.
    pub async fn knock(&self, knock: Knock) -> Opened {
        let received = Instant::now();
        if !self.is_from_discord(&knock) {
            metrics::counter!("etsm_discord_signatures_refused_total").increment(1);
            return Opened::refused(401);
        }
        let Ok(interaction) = serde_json::from_slice::<Interaction>(&knock.body) else {
            tracing::warn!("Discord sent an interaction that cannot be read");
            return Opened::refused(400);
        };
        let Some(mut inbound) = Inbound::read(interaction, received) else {
            return Opened::with(&json!({"type": 1}));
        };
        let (responder, first) = Responder::new();
        inbound.responder = Some(responder);
        self.intake.take(inbound);
        match tokio::time::timeout(FIRST_RESPONSE_MAX, first).await {
            Ok(Ok(first)) => Opened::with(&first),
            // It came before over another connection, and is answered there.
            Ok(Err(_dropped)) => Opened::refused(409),
            Err(_late) => Opened::refused(503),
        }
    }

    fn is_from_discord(&self, knock: &Knock) -> bool {
        let (Some(signature), Some(timestamp)) = (&knock.signature, &knock.timestamp) else { return false };
        let Some(signature) = bytes(signature) else { return false };
        let now = self.clock.now().as_second();
        let is_recent =
            timestamp.parse::<i64>().is_ok_and(|sent| now.abs_diff(sent) <= STALE_SECONDS.unsigned_abs());
        let signed = [timestamp.as_bytes(), &knock.body].concat();
        is_recent && UnparsedPublicKey::new(&ED25519, self.key).verify(&signed, &signature).is_ok()
    }
}

/// Hexadecimal digits as bytes.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()).collect()
}

/// Gives an interaction its first response as the answer to the request that brought it.
pub(super) struct Responder(Mutex<Option<oneshot::Sender<Value>>>);

impl Responder {
    fn new() -> (Self, oneshot::Receiver<Value>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Mutex::new(Some(sender))), receiver)
    }

    /// Responds; refused when that was done, or when nobody waits for it any more.
    pub(super) fn give(&self, body: &Body) -> Result<(), Refused> {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sent = sender.map(|sender| sender.send(body.json.clone()));
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(Refused::over()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_bytes_are_read() {
        assert_eq!(bytes("00fF"), Some(vec![0, 255]));
        for odd in ["0", "0g", "+1", "é0", "0x"] {
            assert_eq!(bytes(odd), None, "{odd}");
        }
    }
}
