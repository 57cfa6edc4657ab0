//! What a channel was told already.
//!
//! Invariant: it holds no figure, only which things were open and since when, so that nothing old is told as new.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the last digest of a channel told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// End of the data that it saw.
    as_of: KeptTime,
    /// What was open, by a key that stays the same, with the instant at which it was told first.
    open: BTreeMap<String, KeptTime>,
}

impl Remembered {
    pub(super) fn new(as_of: Timestamp, open: BTreeMap<String, Timestamp>) -> Self {
        let open = open.into_iter().map(|(key, since)| (key, KeptTime(since))).collect();
        Self { as_of: KeptTime(as_of), open }
    }

    /// End of the data that the digest saw.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.as_of.0
    }

    /// Since when something was told as open.
    pub(super) fn since(&self, key: &str) -> Option<Timestamp> {
        self.open.get(key).map(|since| since.0)
    }

    /// All that was open.
    pub(super) fn open(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.open.iter().map(|(key, since)| (key.as_str(), since.0))
    }
}

/// An instant as it is kept: `2026-11-22T14:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct KeptTime(pub(super) Timestamp);

impl TryFrom<String> for KeptTime {
    type Error = jiff::Error;
    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

impl From<KeptTime> for String {
    fn from(time: KeptTime) -> Self {
        time.0.to_string()
    }
}
