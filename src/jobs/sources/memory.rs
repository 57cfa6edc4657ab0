//! How far a source was read, over restarts.

use jiff::Timestamp;

use crate::domain::SourceId;
use crate::store::Store;
use crate::store::StoreError;

/// How far a source was read, and for what its rows came out as they did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Memory {
    /// Since when it was ever read.
    pub(super) since: Timestamp,
    /// Up to when.
    pub(super) until: Timestamp,
    /// What its rows follow from besides the far side; another text means that all is read anew.
    pub(super) fingerprint: String,
}

impl Memory {
    /// What is remembered of a source; nothing before its first round, or when it does not read back.
    pub(super) async fn of(store: &Store, source: &SourceId) -> Result<Option<Self>, StoreError> {
        Ok(store.kept(&place(source)).await?.as_deref().and_then(Self::read))
    }

    pub(super) async fn keep(&self, store: &Store, source: &SourceId) -> Result<(), StoreError> {
        store.keep(&place(source), &self.text()).await
    }

    fn text(&self) -> String {
        let (since, until) = (self.since.as_millisecond(), self.until.as_millisecond());
        format!("{since} {until} {}", self.fingerprint)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let mut at = || Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok();
        let (since, until) = (at()?, at()?);
        Some(Self { since, until, fingerprint: parts.next()?.to_owned() })
    }
}

fn place(source: &SourceId) -> String {
    format!("source {source}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_as_written() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (since, until) = (at("2026-01-02T03:00:00Z"), at("2026-02-02T03:00:00Z"));
        let memory = Memory { since, until, fingerprint: "a b  c".into() };
        assert_eq!(Memory::read(&memory.text()), Some(memory));
        assert_eq!(Memory::read("1 x y"), None);
    }
}
