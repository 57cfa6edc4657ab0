//! Notes on accounts: added, never changed.

use serde_json::json;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::Note;

use super::audit;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

impl Store {
    /// Adds notes and returns the data version. Unknown accounts are refused by the caller; here they are an error.
    pub async fn add_notes(&self, notes: &[Note], act: &Act) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        if notes.is_empty() {
            return counters::value(&mut writing, "version").await;
        }
        let last = counters::advance(&mut writing, "note", notes.len() as u64).await?;
        let first = last - notes.len() as i64 + 1;
        for (id, note) in (first..).zip(notes) {
            sqlx::query(
                "INSERT INTO note (id, account, at_ms, author, text) \
                 VALUES ($1, (SELECT id FROM account WHERE account_id = $2), $3, $4, $5)",
            )
            .bind(id)
            .bind(note.account.as_str())
            .bind(note.at.as_millisecond())
            .bind(note.author.as_str())
            .bind(note.text.as_str())
            .execute(&mut *writing)
            .await
            .doing("adding a note")?;
        }
        let entry = |(id, note): (i64, &Note)| {
            let of = Entry::new(act, AuditKind::NoteAdd, format!("note {id}")).about(&note.account);
            of.changed(None, Some(json!({"author": note.author.as_str(), "text": note.text})))
        };
        let entries: Vec<Entry<'_>> = (first..).zip(notes).map(entry).collect();
        audit::append(&mut writing, &entries).await?;
        let version = counters::next_version(&mut writing).await?;
        writing.commit().await.doing("adding notes")?;
        Ok(version)
    }

    /// All notes, oldest first.
    pub async fn notes(&self) -> Result<Vec<Note>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(String, i64, String, String)> = sqlx::query_as(
            "SELECT account.account_id, note.at_ms, note.author, note.text \
             FROM note JOIN account ON account.id = note.account ORDER BY note.at_ms, note.id",
        )
        .fetch_all(&mut *reading)
        .await
        .doing("reading notes")?;
        rows.into_iter()
            .map(|(account, at_ms, author, text)| {
                Ok(Note {
                    account: read_back(&account, "account.account_id")?,
                    at: instant(at_ms, "note.at_ms")?,
                    author: read_back(&author, "note.author")?,
                    text,
                })
            })
            .collect()
    }
}
