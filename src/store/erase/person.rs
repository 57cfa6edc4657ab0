//! All of a person: what identifies goes, and what the person wrote stays under a pseudonym.

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::Person;
use crate::store::error::Doing;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::writer::Keep;

use super::DOING;
use super::Erasure;
use super::account::texts;
use super::coming_entry;
use super::mention;
use super::mention::{Mention, TextColumn};

const fn column(table: &'static str, key: &'static str, column: &'static str) -> TextColumn {
    TextColumn { table, key, column }
}

/// Where a name may stand: as an author, as an owner, or in what others wrote.
const NAMED: &[(&str, TextColumn)] = &[
    ("accounts", column("account", "id", "owner")),
    ("initiatives", column("initiative", "initiative_id", "owner")),
    ("initiatives", column("initiative", "initiative_id", "title")),
    ("initiatives", column("initiative_update", "initiative_id || ' ' || position", "author")),
    ("initiatives", column("initiative_update", "initiative_id || ' ' || position", "text")),
    ("notes", column("note", "id", "author")),
    ("notes", column("note", "id", "text")),
    ("overrides", column("score_override", "id", "author")),
    ("overrides", column("score_override", "id", "reason")),
    ("overrides", column("score_override", "id", "cleared_by")),
    ("overrides", column("score_override", "id", "cleared_reason")),
    ("keys", column("api_key", "name", "made_by")),
    ("schedules of digests", column("digest_schedule", "name", "author")),
    ("schedules of digests", column("digest_schedule", "name", "scope")),
    ("schedules of digests", column("digest_course", "name", "paused_by")),
    ("digests", column("digest_occurrence", "id", "asked_by")),
    ("digests", column("digest_occurrence", "id", "scope")),
    ("rules of alerts", column("alert_rule", "name", "changed_by")),
    ("rules of alerts", column("alert_rule", "name", "text")),
    ("alerts", column("alert", "id", "body")),
    ("imports under way", column("intake", "id", "who")),
];

impl Store {
    /// Erases all of a person, who is known by a name, by the id of a user, or by both; or tells what that would be.
    pub async fn erase_person(
        &self,
        name: Option<&Person>,
        user: Option<u64>,
        keep: Keep,
        act: &Act,
    ) -> Result<Erasure, StoreError> {
        let mut writing = self.write().await?;
        let user_text = user.map(|user| user.to_string());
        let words = name.map(Person::as_str).into_iter().chain(user_text.as_deref());
        let mention = Mention::of(words, None);
        let pseudonym = format!("erased-{}", coming_entry(&mut writing).await?);
        let mut done = Erasure { pseudonym, ..Erasure::default() };
        let gone = sqlx::query("DELETE FROM session WHERE user_id = $1 OR lower(reader) = $2")
            .bind(user.map(u64::cast_signed))
            .bind(name.map(|name| name.as_str().to_lowercase()))
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        done.count("sessions", gone.rows_affected());
        texts(&mut writing, &mention, &mut done).await?;
        for (key, _) in mention::rows(&mut writing, column("line", "line_key", "text"), &mention).await? {
            done.count("lines of chat", mention::remove(&mut writing, "line", "line_key", &key).await?);
        }
        for (kind, column) in NAMED {
            for (key, text) in mention::rows(&mut writing, *column, &mention).await? {
                let replaced = mention.replaced(&text, &done.pseudonym);
                mention::set(&mut writing, *column, &key, Some(replaced)).await?;
                done.count(kind, 1);
            }
        }
        self.close_erasure(writing, (AuditKind::ErasePerson, act), &mention, done, keep).await
    }
}
