//! Usage that many senders hand in at once: a group of pushes in one transaction, with the answers that may be asked for
//! again.
//!
//! Invariant: an answer is kept in the transaction of the rows that it tells of, so neither is there without the other.

use std::collections::HashMap;
use std::mem;

use jiff::Timestamp;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::SourceId;
use crate::domain::UsageRow;

use super::audit;
use super::audit::Entry;
use super::audit::Intake;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::open::Store;
use super::priced;
use super::recorded::Recorded;
use super::sources;
use super::sources::SourceTry;
use super::watermarks;
use super::writer;
use super::writer::Known;
use super::writing::Writing;

/// Answers looked up in one statement; SQLite finds a named placeholder by walking a list.
const ASKED_AT_ONCE: usize = 100;

/// The answer to a push, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushAnswer {
    /// Stands for the sender and the key that the sender gave.
    pub id: String,
    /// Stands for what was pushed.
    pub fingerprint: String,
    /// The answer itself.
    pub answer: String,
    /// When it was given.
    pub at: Timestamp,
}

/// A push that changed something, for the audit log.
#[derive(Debug, Clone, Copy)]
pub struct PushEntry<'p> {
    /// Who sent it.
    pub act: &'p Act,
    /// Whose usage it is.
    pub source: &'p SourceId,
    /// New rows.
    pub accepted: u64,
    /// Rows that replaced an earlier statement.
    pub replaced: u64,
}

/// What a commit of usage changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Accounts with new or replaced usage, each once.
    pub touched: Vec<AccountId>,
    /// The earliest instant of it: no usage before it changed.
    pub since: Option<Timestamp>,
    /// By how much the data version grew.
    pub versions: u64,
}

/// Groups of pushes, one after the other.
#[derive(Debug)]
pub struct PushWriter {
    store: Store,
    known: Known,
}

impl Store {
    /// Begins to take pushes.
    #[must_use]
    pub fn push_writer(&self) -> PushWriter {
        PushWriter { store: self.clone(), known: Known::default() }
    }

    /// Forgets answers to pushes that were given before an instant.
    pub async fn forget_push_answers(&self, before: Timestamp) -> Result<(), StoreError> {
        let forget = sqlx::query("DELETE FROM pushed WHERE at_ms < $1").bind(before.as_millisecond());
        self.change("forgetting answers to pushes", forget).await.map(drop)
    }
}

impl PushWriter {
    /// Begins a group. Dropped before [`PushGroup::commit`], nothing of it is kept.
    pub async fn begin(&mut self) -> Result<PushGroup<'_>, StoreError> {
        let writing = self.store.write().await?;
        // Taken out: if the group is rolled back, numbers that it gave away must be forgotten.
        let known = mem::take(&mut self.known);
        Ok(PushGroup { writer: self, writing, known, committed: Committed::default() })
    }
}

/// A group of pushes in the making.
#[derive(Debug)]
pub struct PushGroup<'w> {
    writer: &'w mut PushWriter,
    writing: Writing,
    known: Known,
    committed: Committed,
}

impl PushGroup<'_> {
    /// Answers that were given under these ids since `since`.
    pub async fn answers(
        &mut self,
        ids: &[&str],
        since: Timestamp,
    ) -> Result<HashMap<String, PushAnswer>, StoreError> {
        let mut answers = HashMap::new();
        for some in ids.chunks(ASKED_AT_ONCE) {
            let places: Vec<String> = (2..some.len() + 2).map(|number| format!("${number}")).collect();
            let sql = format!(
                "SELECT id, fingerprint, answer, at_ms FROM pushed WHERE at_ms >= $1 AND id IN ({})",
                places.join(", ")
            );
            let query = sqlx::query_as::<_, (String, String, String, i64)>(AssertSqlSafe(sql))
                .bind(since.as_millisecond());
            let query = some.iter().fold(query, |query, id| query.bind(*id));
            let found = query.fetch_all(&mut *self.writing).await.doing("looking up answers to pushes")?;
            for (id, fingerprint, answer, at) in found {
                let at = instant(at, "pushed.at_ms")?;
                answers.insert(id.clone(), PushAnswer { id, fingerprint, answer, at });
            }
        }
        Ok(answers)
    }

    /// Records the rows of all pushes of the group, as if they came one after the other.
    pub async fn record(
        &mut self,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
    ) -> Result<Recorded, StoreError> {
        let statements = self.writer.store.statements();
        let recorded = writer::record(&mut self.writing, statements, &mut self.known, rows, names).await?;
        if recorded.accepted + recorded.replaced > 0 {
            self.committed.versions += 1;
        }
        self.committed.touched.extend_from_slice(&recorded.touched);
        self.committed.since = earlier(self.committed.since, recorded.changed_since);
        Ok(recorded)
    }

    /// Notes that the cost of these rows, which the group records, was computed from prices.
    pub async fn note_priced(&mut self, rows: &[&UsageRow]) -> Result<(), StoreError> {
        priced::note(&mut self.writing, &self.known, rows).await
    }

    /// Says that a source's data are complete up to `watermark`, if it says so; up to when they are, as of `now`.
    pub async fn advance(
        &mut self,
        source: &SourceId,
        watermark: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        if let Some(watermark) = watermark
            && watermarks::advance(&mut self.writing, source, watermark, now).await?
        {
            self.committed.versions += 1;
            return Ok(Some(watermark));
        }
        watermarks::of(&mut self.writing, source).await
    }

    /// Keeps how it went with a source.
    pub async fn note(&mut self, tried: &SourceTry) -> Result<(), StoreError> {
        sources::note(&mut self.writing, tried).await
    }

    /// Notes what was recorded as a piece of what is entered into the audit log when it ends.
    pub async fn within(&mut self, intake: &Intake, recorded: &Recorded) -> Result<(), StoreError> {
        intake.note(&mut self.writing, recorded).await
    }

    /// Enters pushes that changed something into the audit log.
    pub async fn enter(&mut self, pushes: &[PushEntry<'_>]) -> Result<(), StoreError> {
        if pushes.is_empty() {
            return Ok(());
        }
        let mut entries = Vec::with_capacity(pushes.len());
        for PushEntry { act, source, accepted, replaced } in pushes {
            let told = json!({ "accepted": accepted, "replaced": replaced });
            entries.push(Entry::new(act, AuditKind::Push, source.as_str()).changed(None, Some(told)));
        }
        audit::append(&mut self.writing, &entries).await.map(drop)
    }

    /// Keeps an answer; one of the same id that was too old to be found gives way.
    pub async fn keep(&mut self, one: &PushAnswer) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO pushed (id, fingerprint, answer, at_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer, \
             at_ms = excluded.at_ms",
        )
        .bind(one.id.as_str())
        .bind(one.fingerprint.as_str())
        .bind(one.answer.as_str())
        .bind(one.at.as_millisecond())
        .execute(&mut *self.writing)
        .await
        .doing("keeping the answer to a push")
        .map(drop)
    }

    /// Makes the group durable.
    pub async fn commit(self) -> Result<Committed, StoreError> {
        let Self { writer, writing, known, mut committed } = self;
        writing.commit().await.doing("committing pushed usage")?;
        writer.known = known;
        committed.touched.sort();
        committed.touched.dedup();
        Ok(committed)
    }
}

/// The earlier of two instants, as far as there are any.
fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Money;
    use crate::domain::TokenSplit;
    use crate::domain::Used;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn row(account: &str, calls: u64) -> UsageRow {
        UsageRow {
            source: "shop".parse().unwrap(),
            at: at(0),
            account: account.parse().unwrap(),
            endpoint: "/v1/chat".parse().unwrap(),
            model: None,
            event: None,
            used: Used { api_calls: calls, errors: None, tokens: 1, cost: Money::from_micros(1) },
            tokens: TokenSplit::default(),
        }
    }

    fn answer(at: Timestamp, text: &str) -> PushAnswer {
        PushAnswer { id: "id".into(), fingerprint: "print".into(), answer: text.into(), at }
    }

    #[tokio::test]
    async fn a_group_that_is_dropped_leaves_nothing_not_even_the_numbers_that_it_gave() {
        let store = Store::in_memory().await.unwrap();
        let mut writer = store.push_writer();
        let mut group = writer.begin().await.unwrap();
        group.record(&[row("acme", 1)], &[]).await.unwrap();
        group.keep(&answer(at(0), "lost")).await.unwrap();
        drop(group);
        let mut group = writer.begin().await.unwrap();
        assert!(group.answers(&["id"], at(-1)).await.unwrap().is_empty());
        let recorded = group.record(&[row("acme", 2), row("acme", 3)], &[]).await.unwrap();
        assert_eq!((recorded.accepted, recorded.replaced), (1, 1));
        let committed = group.commit().await.unwrap();
        assert_eq!((committed.versions, committed.since), (1, Some(at(0))));
        assert_eq!(store.counts().await.unwrap().usage_rows, 1);
    }

    #[tokio::test]
    async fn an_answer_is_found_until_it_is_too_old_and_then_gives_way() {
        let store = Store::in_memory().await.unwrap();
        let mut writer = store.push_writer();
        let mut group = writer.begin().await.unwrap();
        group.keep(&answer(at(0), "first")).await.unwrap();
        let found = group.answers(&["other", "id"], at(0)).await.unwrap();
        assert_eq!(found.get("id"), Some(&answer(at(0), "first")));
        assert!(group.answers(&["id"], at(1)).await.unwrap().is_empty());
        group.keep(&answer(at(2), "second")).await.unwrap();
        group.commit().await.unwrap();
        store.forget_push_answers(at(1)).await.unwrap();
        let mut group = writer.begin().await.unwrap();
        assert_eq!(group.answers(&["id"], at(1)).await.unwrap()["id"].answer, "second");
        drop(group);
        store.forget_push_answers(at(3)).await.unwrap();
        assert!(writer.begin().await.unwrap().answers(&["id"], at(0)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_watermark_moves_forward_and_is_told_where_it_stands() {
        let store = Store::in_memory().await.unwrap();
        let mut writer = store.push_writer();
        let mut group = writer.begin().await.unwrap();
        let source: SourceId = "shop".parse().unwrap();
        assert_eq!(group.advance(&source, None, at(9)).await.unwrap(), None);
        assert_eq!(group.advance(&source, Some(at(5)), at(9)).await.unwrap(), Some(at(5)));
        assert_eq!(group.advance(&source, Some(at(3)), at(9)).await.unwrap(), Some(at(5)));
        assert_eq!(group.commit().await.unwrap().versions, 1);
        // It was set by a clock that was ahead, and now that is known.
        let mut group = writer.begin().await.unwrap();
        assert_eq!(group.advance(&source, Some(at(3)), at(4)).await.unwrap(), Some(at(3)));
        assert_eq!(group.advance(&source, Some(at(3)), at(2)).await.unwrap(), Some(at(3)));
        assert_eq!(group.commit().await.unwrap().versions, 1, "the same again is no change");
    }
}
