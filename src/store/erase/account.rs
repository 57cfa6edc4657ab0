//! All of an account.

use serde_json::Value;
use sqlx::AnyConnection;

use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::AuditKind;
use crate::store::error::Doing;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::writer::Keep;

use super::DOING;
use super::Erasure;
use super::coming_entry;
use super::mention;
use super::mention::{Mention, TextColumn};

/// Rows of an account by its number, in the order in which they may go.
const OWN: &[(&str, &str)] = &[
    ("usage rows", "DELETE FROM usage WHERE account = $1"),
    ("details of usage", "DELETE FROM metered WHERE account = $1"),
    ("costs of usage", "DELETE FROM priced WHERE account = $1"),
    (
        "sources not mapped",
        "DELETE FROM unmapped WHERE account_id = (SELECT account_id FROM account WHERE id = $1)",
    ),
    (
        "initiatives",
        "DELETE FROM initiative_update WHERE initiative_id IN \
         (SELECT initiative_id FROM initiative WHERE account = $1)",
    ),
    ("initiatives", "DELETE FROM initiative WHERE account = $1"),
    ("notes", "DELETE FROM note WHERE account = $1"),
    ("overrides", "DELETE FROM score_override WHERE account = $1"),
    ("forecasts", "DELETE FROM foretold WHERE account_id = (SELECT account_id FROM account WHERE id = $1)"),
    ("accounts", "DELETE FROM account WHERE id = $1"),
];

/// Rows that are of no use without what they mention.
pub(super) const VOID: &[(&str, TextColumn)] = &[
    ("alerts", TextColumn { table: "alert_pending", key: "subject", column: "subject" }),
    ("rules of alerts", TextColumn { table: "alert_rule", key: "name", column: "text" }),
    ("schedules of digests", TextColumn { table: "digest_schedule", key: "name", column: "scope" }),
    ("digests", TextColumn { table: "digest_occurrence", key: "id", column: "scope" }),
    ("lines of chat", TextColumn { table: "line", key: "line_key", column: "text" }),
    ("answers to pushes", TextColumn { table: "pushed", key: "id", column: "answer" }),
    (
        "unmapped usage",
        TextColumn { table: "unmapped", key: "source || ' ' || holder", column: "account_id" },
    ),
    ("logins", TextColumn { table: "login", key: "state_fingerprint", column: "path" }),
];

/// What digests said and what they remember: each is emptied where it mentions the erased.
const KEPT: [TextColumn; 2] = [
    TextColumn { table: "digest_occurrence", key: "id", column: "kept" },
    TextColumn { table: "digest_occurrence", key: "id", column: "remembers" },
];

const BODIES: TextColumn = TextColumn { table: "message_part", key: "message_key", column: "body" };
const ALERTS: TextColumn = TextColumn { table: "alert", key: "id", column: "body" };

impl Store {
    /// Erases all of an account, or tells what that would be; `None` when there is none of this id.
    pub async fn erase_account(
        &self,
        id: &AccountId,
        keep: Keep,
        act: &Act,
    ) -> Result<Option<Erasure>, StoreError> {
        let mut writing = self.write().await?;
        let known: Option<(i64, String)> =
            sqlx::query_as("SELECT CAST(id AS BIGINT), name FROM account WHERE account_id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut *writing)
                .await
                .doing(DOING)?;
        let Some((number, name)) = known else { return Ok(None) };
        let initiatives: Vec<String> =
            sqlx::query_scalar("SELECT initiative_id FROM initiative WHERE account = $1")
                .bind(number)
                .fetch_all(&mut *writing)
                .await
                .doing(DOING)?;
        let mention = Mention::of([id.as_str(), name.as_str()], Some(id.as_str()));
        let pseudonym = format!("erased-{}", coming_entry(&mut writing).await?);
        let mut done = Erasure { pseudonym, ..Erasure::default() };
        alerts(&mut writing, &mention, &mut done).await?;
        texts(&mut writing, &mention, &mut done).await?;
        for initiative in initiatives {
            let only = Mention::of([initiative.as_str()], None);
            void(&mut writing, &only, &mut done).await?;
        }
        void(&mut writing, &mention, &mut done).await?;
        for (kind, sql) in OWN {
            let gone = sqlx::query(*sql).bind(number).execute(&mut *writing).await.doing(DOING)?;
            done.count(kind, gone.rows_affected());
        }
        sqlx::query("UPDATE counter SET value = (SELECT COUNT(*) FROM usage) WHERE name = 'usage'")
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        let kind = (AuditKind::EraseAccount, act);
        self.close_erasure(writing, kind, &mention, done, keep).await.map(Some)
    }
}

/// Takes the account out of alerts about several, and removes those that are about nothing else.
async fn alerts(
    writing: &mut AnyConnection,
    mention: &Mention,
    done: &mut Erasure,
) -> Result<(), StoreError> {
    for (id, body) in mention::rows(writing, ALERTS, mention).await? {
        done.count("alerts", 1);
        match without(&body, mention) {
            Some(rest) => mention::set(writing, ALERTS, &id, Some(rest)).await?,
            None => {
                mention::remove(writing, "alert", "id", &id).await?;
            }
        }
    }
    Ok(())
}

/// An alert about the others alone, without its log, which may tell of what is gone; `None` when nothing is left.
fn without(body: &str, mention: &Mention) -> Option<String> {
    let mut alert: Value = serde_json::from_str(body).ok()?;
    let members = alert.get_mut("members")?.as_array_mut()?;
    members.retain(|member| !member["subject"].as_str().is_some_and(|subject| mention.is_in(subject)));
    if members.is_empty() {
        return None;
    }
    alert["log"] = Value::Array(Vec::new());
    let rest = alert.to_string();
    (!mention.is_in(&rest)).then_some(rest)
}

/// Removes messages and empties what digests said, where they mention the erased.
pub(super) async fn texts(
    writing: &mut AnyConnection,
    mention: &Mention,
    done: &mut Erasure,
) -> Result<(), StoreError> {
    for (key, _) in mention::rows(writing, BODIES, mention).await? {
        mention::remove(writing, "message_part", "message_key", &key).await?;
        done.count("messages", mention::remove(writing, "message", "message_key", &key).await?);
    }
    for column in KEPT {
        for (key, _) in mention::rows(writing, column, mention).await? {
            done.count("texts of digests", 1);
            mention::set(writing, column, &key, None).await?;
        }
    }
    Ok(())
}

async fn void(writing: &mut AnyConnection, mention: &Mention, done: &mut Erasure) -> Result<(), StoreError> {
    for (kind, column) in VOID {
        for (key, _) in mention::rows(writing, *column, mention).await? {
            done.count(kind, mention::remove(writing, column.table, column.key, &key).await?);
            if column.table == "digest_schedule" {
                mention::remove(writing, "digest_course", "name", &key).await?;
            }
        }
    }
    Ok(())
}
