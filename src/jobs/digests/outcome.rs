//! How a digest stands, in words and numbers.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::digest::WrittenBy;
use crate::domain::DIGEST_ON_TIME;
use crate::domain::OccurrenceState;
use crate::store::Occurrence;

/// Who wrote a digest; `None` before it was written, or when it was kept by a newer program.
pub(super) fn writer_of(one: &Occurrence) -> Option<WrittenBy> {
    serde_json::from_str(one.written.as_deref()?).ok()
}

/// `sent by claude-sonnet-5`, `sent plain, late`, `skipped: …`.
pub(super) fn told(one: &Occurrence) -> String {
    let why = one.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let late = if one.is_late() { ", late" } else { "" };
    match one.state {
        OccurrenceState::Sent => {
            let by = match writer_of(one) {
                Some(WrittenBy::Ai { model }) => format!("sent, written by {model}"),
                Some(WrittenBy::Plain { why: Some(why) }) => format!("sent plain, since {why}"),
                Some(WrittenBy::Plain { why: None }) => "sent plain".into(),
                None => "sent".into(),
            };
            format!("{by}{late}{why}")
        }
        OccurrenceState::Pending | OccurrenceState::Composed => format!("being written{why}"),
        OccurrenceState::Sending => format!("on its way{why}"),
        OccurrenceState::Skipped => format!("skipped{why}"),
        OccurrenceState::Uncertain => format!("uncertain{why}"),
        OccurrenceState::Failed => format!("failed{why}"),
    }
}

/// Counts a digest that is over.
pub(super) fn measure(one: &Occurrence, state: OccurrenceState, now: Timestamp) {
    let by = match writer_of(one) {
        Some(WrittenBy::Ai { .. }) => "ai",
        Some(WrittenBy::Plain { .. }) => "plain",
        None => "nobody",
    };
    let late_by = now.duration_since(one.slot).max(SignedDuration::ZERO);
    let late = if one.late || late_by > DIGEST_ON_TIME { "yes" } else { "no" };
    metrics::counter!("etsm_digests_total", "outcome" => state.word(), "by" => by, "late" => late)
        .increment(1);
    if state == OccurrenceState::Sent && one.asked_by.is_none() {
        metrics::histogram!("etsm_digest_lateness_seconds").record(late_by.as_secs_f64());
    }
}
