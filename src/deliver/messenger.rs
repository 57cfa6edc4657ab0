//! The port to a platform: posts, edits and finds messages there.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::Destination;
use crate::domain::Scope;
use crate::reply::Answer;

/// One message as its platform takes it, ready to be kept and sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parcel {
    /// The body, as JSON of the platform.
    pub json: String,
    /// Files beside it: name and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// Lines behind its buttons, to keep in the store by their keys before it is sent.
    pub lines: Vec<(String, String)>,
}

/// Names one try to post; sent again with the same nonce within some minutes, a message is posted once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nonce(pub String);

/// A message that stands there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Posted {
    /// Its id on the platform.
    pub id: String,
}

/// Why a message does not stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It was refused, and will be again until someone changes something.
    #[error("{why}")]
    Refused {
        /// What to change, for the reader.
        why: String,
    },
    /// It certainly does not stand there; later it may.
    #[error("{why}")]
    Later {
        /// What is in the way.
        why: String,
        /// When to try again, if that was said.
        after: Option<Duration>,
    },
    /// Whether it stands there is not known: the line broke after it was sent.
    #[error("{why}")]
    Unknown {
        /// What happened.
        why: String,
    },
    /// It stood there, and someone deleted it.
    #[error("{why}")]
    Deleted {
        /// What happened.
        why: String,
    },
}

/// Who can read what is posted somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readers {
    /// Each of these may read, and knows of these accounts.
    Scopes(Vec<Scope>),
    /// More than can be judged, or people whom no role names.
    Uncertain,
}

/// A platform that carries messages.
#[async_trait::async_trait]
pub trait Messenger: Send + Sync {
    /// The messages that say an answer, within the platform's limits; the marker of each, by its place, is found again by
    /// [`Messenger::find`]. It may draw, which takes a while.
    fn pack(&self, answer: &Answer, marker: &dyn Fn(usize) -> String) -> Vec<Parcel>;

    /// Posts a message.
    async fn post(&self, to: &Destination, parcel: &Parcel, nonce: &Nonce) -> Result<Posted, Undelivered>;

    /// Puts other content in place of a message's.
    async fn edit(&self, to: &Destination, at: &Posted, parcel: &Parcel) -> Result<(), Undelivered>;

    /// The message of our own with this marker that was posted since then; `None` only when it certainly is not there.
    async fn find(
        &self,
        to: &Destination,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Posted>, Undelivered>;

    /// Who can read what is posted there.
    async fn readers(&self, to: &Destination) -> Result<Readers, Undelivered>;
}
