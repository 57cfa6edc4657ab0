//! Why a try came to nothing, and whether another one may come to more.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::writer::Unwritten;

/// Shortest and longest wait when the far side names none.
const WAIT_MIN: Duration = Duration::from_millis(500);
const WAIT_MAX: Duration = Duration::from_secs(8);
/// The part of a wait that chance may take off, so that callers do not come back all at once.
const JITTER: f64 = 0.25;
/// Longest word of the far side that is repeated.
const WORD_CHARS_MAX: usize = 64;
/// Limits on spending that wait for a person; each of them comes as 429 and looks like a queue.
const SPEND_LIMITS: &[&str] = &[
    "enforced_spend_limit_reached",
    "contract_spend_limit_reached",
    "linked_organization_spend_limit_reached",
];

/// What helps against a "no", by what was asked for.
pub(in crate::adapters) struct Remedies {
    pub(in crate::adapters) unknown_key: &'static str,
    pub(in crate::adapters) forbidden: &'static str,
    pub(in crate::adapters) not_found: &'static str,
}

/// For whoever asks the model to write.
const WRITING: Remedies = Remedies {
    unknown_key: "it does not know the key; check ETSM_ANTHROPIC_API_KEY",
    forbidden: "the key may not do this",
    not_found: "it does not know the model or the address; check ETSM_ANTHROPIC_MODEL",
};

/// Why a try came to nothing.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::adapters) enum Fault {
    /// The far side said no.
    Said(Refusal),
    /// Nothing came, or what came broke off; what was being waited for.
    Broken(&'static str),
    /// What came makes no sense; another try would bring the same.
    Garbled(&'static str),
}

/// A "no" of the far side. Its message is not kept: it may repeat what was sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::adapters) struct Refusal {
    /// Of the response; 200 when it came inside a stream.
    pub(in crate::adapters) status: u16,
    /// `error.type`.
    pub(in crate::adapters) kind: Option<String>,
    /// `error.details.error_code`.
    pub(in crate::adapters) code: Option<String>,
    /// For the support of the far side.
    pub(in crate::adapters) request: Option<String>,
    /// Header `x-should-retry`.
    pub(in crate::adapters) should_retry: Option<bool>,
    /// Headers `retry-after-ms` and `retry-after`.
    pub(in crate::adapters) wait: Option<Duration>,
}

impl Refusal {
    /// From a response that is no answer. The body may be of an edge on the way and no JSON.
    pub(in crate::adapters) fn of(
        status: u16,
        headers: impl Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Self {
        let said: Value = serde_json::from_slice(body).unwrap_or_default();
        let should_retry = match headers("x-should-retry").as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let millis = headers("retry-after-ms").and_then(|text| seconds(&text)).map(|ms| ms / 1_000);
        let wait = millis.or_else(|| headers("retry-after").and_then(|text| until(&text, now)));
        let request = headers("request-id").or_else(|| said["request_id"].as_str().map(str::to_owned));
        let request = request.as_deref().and_then(word);
        Self { status, request, should_retry, wait, ..Self::in_stream(&said) }
    }

    /// From an error event, which comes after the response began as if all were well.
    pub(in crate::adapters) fn in_stream(said: &Value) -> Self {
        let text = |value: &Value| value.as_str().and_then(word);
        Self {
            status: 200,
            kind: text(&said["error"]["type"]),
            code: text(&said["error"]["details"]["error_code"]),
            request: text(&said["request_id"]),
            ..Self::default()
        }
    }

    fn is_spend_limit(&self) -> bool {
        self.code.as_deref().is_some_and(|code| SPEND_LIMITS.contains(&code))
    }

    fn may_pass(&self) -> bool {
        if self.is_spend_limit() {
            return false;
        }
        let by_status = match self.status {
            200 => matches!(
                self.kind.as_deref(),
                Some("overloaded_error" | "api_error" | "timeout_error" | "rate_limit_error")
            ),
            408 | 409 | 429 => true,
            status => status >= 500,
        };
        self.should_retry.unwrap_or(by_status)
    }

    /// What is wrong and what would help, in our words.
    fn words(&self, remedies: &Remedies) -> String {
        let what = match (self.status, self.kind.as_deref()) {
            _ if self.is_spend_limit() => "a spend limit of its organisation is reached; raise it there",
            (401, _) | (_, Some("authentication_error")) => remedies.unknown_key,
            (402, _) | (_, Some("billing_error")) => "its bill needs attention",
            (403, _) | (_, Some("permission_error")) => remedies.forbidden,
            (404, _) | (_, Some("not_found_error")) => remedies.not_found,
            (413, _) | (_, Some("request_too_large")) => "the call is too large",
            (429, _) | (_, Some("rate_limit_error")) => "too many calls for its limits",
            (529, _) | (_, Some("overloaded_error")) => "it is overloaded",
            (504, _) | (_, Some("timeout_error")) => "it took too long",
            (500.., _) | (_, Some("api_error")) => "it has a fault of its own",
            _ => "it does not take the call as it is",
        };
        let status = (self.status != 200).then(|| format!("HTTP {}", self.status));
        let request = self.request.as_ref().map(|id| format!("request {id}"));
        let signs = [status, self.kind.clone(), self.code.clone(), request];
        let signs: Vec<String> = signs.into_iter().flatten().collect();
        if signs.is_empty() { what.to_owned() } else { format!("{what} ({})", signs.join(", ")) }
    }
}

impl Fault {
    /// How long to wait before the next try, when one is of use; `chance` from 0 to 1.
    pub(in crate::adapters) fn again_after(&self, tries: u32, chance: f64) -> Option<Duration> {
        let backoff = || {
            let wait = WAIT_MIN.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(WAIT_MAX);
            wait.mul_f64(1.0 - JITTER * chance)
        };
        match self {
            Self::Said(refusal) => refusal.may_pass().then(|| refusal.wait.unwrap_or_else(backoff)),
            Self::Broken(_) => Some(backoff()),
            Self::Garbled(_) => None,
        }
    }

    /// One word for metrics, of a closed list.
    pub(in crate::adapters) fn word(&self) -> &'static str {
        match self {
            Self::Said(refusal) if refusal.is_spend_limit() => "spend_limit",
            Self::Said(Refusal { kind: Some(kind), .. }) if kind == "overloaded_error" => "overloaded",
            Self::Said(refusal) => match refusal.status {
                200 => "in_stream",
                401 | 403 => "not_allowed",
                429 => "rate_limit",
                529 => "overloaded",
                400..=499 => "client_error",
                _ => "server_error",
            },
            Self::Broken(_) => "broken",
            Self::Garbled(_) => "garbled",
        }
    }

    /// What is wrong and what would help.
    pub(in crate::adapters) fn words(&self, remedies: &Remedies) -> String {
        match self {
            Self::Said(refusal) => refusal.words(remedies),
            Self::Broken(what) | Self::Garbled(what) => (*what).to_owned(),
        }
    }

    /// What is said to whoever asked for words.
    pub(in crate::adapters) fn told(&self) -> Unwritten {
        let words = self.words(&WRITING);
        match self {
            Self::Said(refusal) if !refusal.may_pass() => Unwritten::Refused(words),
            Self::Said(_) | Self::Broken(_) => Unwritten::Unreachable(words),
            Self::Garbled(_) => Unwritten::Garbled(words),
        }
    }
}

/// A word of the far side that cannot be anything but a word.
fn word(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    (plain && (1..=WORD_CHARS_MAX).contains(&text.len())).then(|| text.to_owned())
}

/// A number of seconds, which may have a fraction.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

/// `retry-after`: seconds, or the date at which to come back.
fn until(text: &str, now: Timestamp) -> Option<Duration> {
    seconds(text).or_else(|| {
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-31T12:00:00Z";

    fn refusal(status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
        let header = |name: &str| {
            headers.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Refusal::of(status, header, body.as_bytes(), NOW.parse().unwrap())
    }

    fn error(kind: &str, code: &str) -> String {
        let details = serde_json::json!({"error_code": code});
        serde_json::json!({"type": "error", "error": {"type": kind, "message": "SECRET", "details": details}})
            .to_string()
    }

    /// Milliseconds until the first repetition, without jitter.
    #[track_caller]
    fn check(status: u16, headers: &[(&str, &str)], body: &str, wait_ms: Option<u128>) {
        let wait = Fault::Said(refusal(status, headers, body)).again_after(1, 0.0);
        assert_eq!(wait.map(|wait| wait.as_millis()), wait_ms, "{status} {headers:?}");
    }

    #[test]
    fn the_status_tells_whether_to_try_again() {
        for status in [400, 401, 402, 403, 404, 413, 422] {
            check(status, &[], "<html>", None);
        }
        for status in [408, 409, 429, 500, 503, 504, 529] {
            check(status, &[], "<html>", Some(500));
        }
    }

    #[test]
    fn the_far_sides_own_word_goes_over_the_status() {
        check(529, &[("x-should-retry", "false")], "", None);
        check(400, &[("x-should-retry", "true")], "", Some(500));
        check(500, &[("x-should-retry", "perhaps")], "", Some(500));
    }

    #[test]
    fn a_spend_limit_is_never_tried_again() {
        for code in SPEND_LIMITS {
            check(429, &[("retry-after", "1")], &error("rate_limit_error", code), None);
            check(429, &[("x-should-retry", "true")], &error("rate_limit_error", code), None);
        }
        let ramp = error("rate_limit_error", "ramp_limit_exceeded");
        check(429, &[("retry-after", "7")], &ramp, Some(7_000));
    }

    #[test]
    fn the_wait_is_the_one_that_the_far_side_names() {
        check(429, &[("retry-after-ms", "250"), ("retry-after", "9")], "", Some(250));
        check(429, &[("retry-after", "1.5")], "", Some(1_500));
        check(429, &[("retry-after", "Tue, 31 Mar 2026 12:00:04 GMT")], "", Some(4_000));
        check(429, &[("retry-after", "Tue, 31 Mar 2026 11:00:00 GMT")], "", Some(0));
        check(429, &[("retry-after", "soon")], "", Some(500));
        check(429, &[("retry-after", "-3")], "", Some(500));
    }

    #[test]
    fn waits_double_up_to_a_limit_and_chance_shortens_them() {
        let waits = [1, 2, 3, 4, 5, 6, 40].map(|tries| Fault::Broken("x").again_after(tries, 0.0).unwrap());
        assert_eq!(waits.map(|wait| wait.as_millis()), [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        assert_eq!(Fault::Broken("x").again_after(1, 1.0), Some(Duration::from_millis(375)));
    }

    #[test]
    fn an_error_in_the_stream_goes_by_its_type() {
        let again = |kind: &str| {
            let said = serde_json::json!({"type": "error", "error": {"type": kind}});
            Fault::Said(Refusal::in_stream(&said)).again_after(1, 0.0).is_some()
        };
        assert!(again("overloaded_error") && again("api_error"));
        assert!(!again("invalid_request_error") && !again("something_new"));
    }

    #[test]
    fn the_words_of_the_far_side_stay_there() {
        let body =
            r#"{"error":{"type":"bad type <b>","message":"the key sk-ant-1 is wrong"},"request_id":"req_1"}"#;
        let told = Fault::Said(refusal(401, &[], body)).told().to_string();
        assert_eq!(
            told,
            "the AI refused the call: it does not know the key; check ETSM_ANTHROPIC_API_KEY (HTTP 401, request req_1)"
        );
    }
}
