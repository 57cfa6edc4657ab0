//! Why Discord did not do what it was asked for, read out of its responses.
//!
//! Invariant: an error from here names no address, for the addresses of interactions hold their tokens.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use serenity::http::DiscordJsonError;

use super::limits::PAUSE_MAX;
use super::limits::Scope;

/// Wait after a 429 that does not say how long.
const LIMITED_WAIT: Duration = Duration::from_secs(1);
/// Discord's code for an interaction that was answered already.
const ALREADY_ACKNOWLEDGED: isize = 40_060;
/// Discord's code for an interaction that it gave up before it was acknowledged.
const UNKNOWN_INTERACTION: isize = 10_062;
/// Discord's codes for an interaction whose 15 minutes are over.
const EXPIRED: [isize; 2] = [UNKNOWN_WEBHOOK, 50_027];
const UNKNOWN_WEBHOOK: isize = 10_015;
/// Discord's code for a message that was deleted.
const UNKNOWN_MESSAGE: isize = 10_008;
/// Discord's code for a channel that was deleted.
const UNKNOWN_CHANNEL: isize = 10_003;
/// Discord's codes for a channel that was deleted, and for one in which we may not see or write.
const SHUT: [isize; 3] = [UNKNOWN_CHANNEL, 50_001, 50_013];

/// Why Discord did not do it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refused {
    /// Status of the response; `None` when there was none.
    pub(super) status: Option<u16>,
    /// Discord's own code; 0 when it gave none.
    code: isize,
    /// Whether it was not the first try.
    again: bool,
    /// Whether Discord never saw it.
    unsent: bool,
    /// For how long Discord wants no such call.
    pub(super) pause: Option<Duration>,
    message: String,
}

impl Refused {
    /// Whether the interaction is over: it came too late, or someone else answered it.
    pub(super) fn is_over(&self) -> bool {
        [ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION].contains(&self.code) || self.is_expired()
    }

    /// Whether Discord may only not know yet that the interaction was answered.
    pub(super) fn is_unsettled(&self) -> bool {
        self.code == UNKNOWN_WEBHOOK
    }

    /// As Discord says it when nobody waits for a response any more.
    pub(super) fn over() -> Self {
        Self { code: UNKNOWN_INTERACTION, ..Self::because("nobody waits for this response any more") }
    }

    /// Whether an earlier try had done it, whose response was lost.
    pub(super) fn is_done(&self) -> bool {
        self.again && self.code == ALREADY_ACKNOWLEDGED
    }

    /// Whether answers to the interaction are not taken any more.
    pub(super) fn is_expired(&self) -> bool {
        EXPIRED.contains(&self.code)
    }

    /// Whether the message that should be changed was deleted.
    pub(super) fn is_deleted(&self) -> bool {
        self.code == UNKNOWN_MESSAGE
    }

    /// Whether the channel was deleted.
    pub(super) fn is_gone(&self) -> bool {
        self.code == UNKNOWN_CHANNEL
    }

    /// Whether Discord certainly never saw it.
    pub(super) fn never_left(&self) -> bool {
        self.unsent
    }

    /// As Discord says it while it wants no such call.
    pub(super) fn limited(pause: Duration) -> Self {
        Self { status: Some(429), pause: Some(pause), ..Self::because("Discord asked for a pause") }
    }

    /// Whether the channel is gone, or shut to us.
    pub(super) fn is_shut(&self) -> bool {
        SHUT.contains(&self.code)
    }

    /// Whether Discord does not know the token.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.status == Some(401)
    }

    /// Whether Discord finds fault with what was sent, as with an address that it does not take for a link, or with its
    /// size.
    pub(super) fn is_invalid(&self) -> bool {
        matches!(self.status, Some(400 | 413)) && !self.is_over()
    }

    /// Whether trying again may help.
    pub(super) fn may_pass(&self, twice: Twice) -> bool {
        match (self.status, twice) {
            (Some(429), _) => true,
            (None, Twice::Doubles) => self.unsent,
            (Some(500..=599) | None, Twice::Harmless) => true,
            (Some(_), Twice::Doubles | Twice::Harmless) => false,
        }
    }

    /// The same, on the first try or on a later one.
    pub(super) fn on_try(self, again: bool) -> Self {
        Self { again, ..self }
    }

    /// There was no response.
    pub(super) fn silence(error: reqwest::Error) -> Self {
        let unsent = error.is_connect();
        let error = error.without_url();
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Self { unsent, ..Self::because(format!("no response ({error}{cause})")) }
    }

    /// A response that is no success.
    pub(super) fn response(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut refused = Self { status: Some(status), ..Self::because(format!("status {status}")) };
        // A machine before Discord answers in HTML.
        if let Ok(error) = serde_json::from_slice::<DiscordJsonError>(body) {
            refused.code = error.code;
            refused.message = format!("{status}: {}", detailed(&error));
        }
        refused.pause = (status == 429)
            .then(|| retry_after(headers, body).map_or(LIMITED_WAIT, |pause| pause.min(PAUSE_MAX)));
        refused
    }

    /// Without a response.
    pub(super) fn because(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status: None, code: 0, again: false, unsent: false, pause: None, message }
    }
}

/// Discord's message with the fields that it complains about.
fn detailed(error: &DiscordJsonError) -> String {
    let fields = error.errors.iter().map(|field| format!("; {}: {}", field.path, field.message));
    format!("{}{}", error.message, fields.collect::<String>())
}

/// How long a 429 wants us to wait; the header is in whole seconds, the body is exact.
fn retry_after(headers: &HeaderMap, body: &[u8]) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Limited {
        retry_after: f64,
    }
    let exact = serde_json::from_slice(body).ok().map(|Limited { retry_after }| retry_after);
    Duration::try_from_secs_f64(exact.or_else(|| number(headers, "retry-after"))?).ok()
}

/// How far a 429 reaches. What is not Discord's own JSON comes from a machine before it, which shuts out everything.
pub(super) fn scope(headers: &HeaderMap, body: &[u8]) -> Scope {
    let global = headers.get("x-ratelimit-scope").is_some_and(|scope| scope == "global")
        || headers.contains_key("x-ratelimit-global")
        || serde_json::from_slice::<Value>(body).map_or(true, |body| body["global"] == true);
    if global { Scope::Global } else { Scope::Call }
}

/// A number in a header.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// What happens when a call is done twice because the first response was lost.
#[derive(Clone, Copy)]
pub(super) enum Twice {
    /// The same as once.
    Harmless,
    /// A second message.
    Doubles,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_limit_lasts_as_long_as_the_body_says_or_else_the_header() {
        let headers = headers(&[("retry-after", "2")]);
        let exact = br#"{"message": "limited", "retry_after": 1.25, "global": false}"#;
        let pause = |headers: &HeaderMap, body: &[u8]| Refused::response(429, headers, body).pause;
        assert_eq!(pause(&headers, exact), Some(Duration::from_millis(1_250)));
        assert_eq!(pause(&headers, b"<h1>slow down</h1>"), Some(Duration::from_secs(2)));
        assert_eq!(pause(&HeaderMap::new(), b"{}"), Some(LIMITED_WAIT));
        assert_eq!(pause(&HeaderMap::new(), br#"{"retry_after": -1}"#), Some(LIMITED_WAIT));
        assert_eq!(Refused::response(500, &headers, exact).pause, None);
    }

    #[test]
    fn a_limit_reaches_as_far_as_discord_says_and_that_of_a_machine_before_it_reaches_everything() {
        let own = br#"{"message": "limited", "retry_after": 1.0, "global": false}"#;
        for (named, expected) in [("user", Scope::Call), ("shared", Scope::Call), ("global", Scope::Global)] {
            assert_eq!(scope(&headers(&[("x-ratelimit-scope", named)]), own), expected, "{named}");
        }
        assert_eq!(scope(&headers(&[("x-ratelimit-global", "true")]), own), Scope::Global);
        assert_eq!(scope(&HeaderMap::new(), b"<h1>slow down</h1>"), Scope::Global);
    }

    #[test]
    fn a_refusal_tells_the_fields_that_are_wrong_and_no_address() {
        let body = br#"{"code": 50035, "message": "Invalid Form Body", "errors":
            {"embeds": {"0": {"url": {"_errors": [{"code": "URL", "message": "Not a link"}]}}}}}"#;
        let refused = Refused::response(400, &HeaderMap::new(), body);
        assert!(refused.is_invalid() && !refused.is_over());
        assert_eq!(refused.to_string(), "400: Invalid Form Body; embeds.0.url: Not a link");
    }
}
