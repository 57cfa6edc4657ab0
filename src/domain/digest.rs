//! What a digest is called, what becomes of a late one, and how one stands.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;

use super::account::words;

/// A digest is on time when it goes out within this of its slot.
pub const DIGEST_ON_TIME: SignedDuration = SignedDuration::from_secs(120);

/// What becomes of a digest that could not go out at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LatePolicy {
    /// It goes out late, within its catch-up window.
    SendLate,
    /// It is skipped.
    Skip,
}

words!(LatePolicy, "a policy", SendLate => "send_late", Skip => "skip");

/// How one digest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OccurrenceState {
    /// Its slot was taken; nothing is written yet.
    Pending,
    /// It is written, and not yet on its way.
    Composed,
    /// It is on its way.
    Sending,
    /// It stands where it is read.
    Sent,
    /// It was left out, on purpose.
    Skipped,
    /// It may stand there or not; a person has to look.
    Uncertain,
    /// It could not be made or posted.
    Failed,
}

words!(
    OccurrenceState,
    "a state of digests",
    Pending => "pending",
    Composed => "composed",
    Sending => "sending",
    Sent => "sent",
    Skipped => "skipped",
    Uncertain => "uncertain",
    Failed => "failed",
);

impl OccurrenceState {
    /// Whether nothing will become of it by itself any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Pending | Self::Composed | Self::Sending => false,
            Self::Sent | Self::Skipped | Self::Uncertain | Self::Failed => true,
        }
    }
}
