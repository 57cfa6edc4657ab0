//! What a sender hands in at once, and what becomes of it.

use jiff::Timestamp;

use crate::domain::Act;
use crate::domain::SourceId;

/// How the body of a parcel is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it looks: the sender does not say.
    AsItLooks,
    /// Delimited text.
    Csv,
    /// JSON objects, in a list or one after the other.
    Json,
    /// CloudEvents 1.0, in a list or one after the other.
    CloudEvents,
}

/// Usage that a sender hands in at once.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Who sends it, and when it came.
    pub act: Act,
    /// Which source its rows belong to.
    pub source: SourceId,
    /// Up to when the source's data are complete, if the sender says so.
    pub watermark: Option<Timestamp>,
    /// The sender's own name for this parcel: one that was taken under it is not taken again.
    pub once: Option<String>,
    /// How the body is written.
    pub form: Form,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

/// A parcel was taken: what it holds is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What became of its records, as JSON.
    pub report: String,
    /// Whether this is the answer to an earlier parcel of the same name, and nothing was done now.
    pub again: bool,
}

/// A parcel was not taken, and nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It cannot be read as a whole.
    #[error("{message}")]
    Unreadable {
        /// The stable word for machines.
        code: &'static str,
        /// What is wrong, and the remedy.
        message: String,
    },
    /// It has more rows than are taken at once.
    #[error("it has more than {max} rows; send it in parts")]
    TooManyRows {
        /// How many are taken.
        max: usize,
    },
    /// Another parcel was taken under the same name.
    #[error("another body was taken under this Idempotency-Key; choose a new key for a new body")]
    OtherBody,
    /// Too many are waiting.
    #[error("more usage is waiting to be written than can be kept; send it again in a moment")]
    Full,
    /// The program is about to stop.
    #[error("the service is about to stop; send it again in a moment")]
    Stopping,
    /// It could not be written down.
    #[error(transparent)]
    Failed(anyhow::Error),
}
