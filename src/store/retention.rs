//! How much is kept of each kind, since when, and the removal of what was kept for long enough.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;

use crate::domain::Act;
use crate::domain::AuditKind;

use super::audit;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::load;
use super::open::Store;
use super::view;

const DOING: &str = "removing what was kept for long enough";

/// Since when each kind is kept; `None` keeps all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OldestKept {
    /// Usage, by its own time.
    pub usage: Option<Timestamp>,
    /// Digests that are over, by when their slots were taken. The last one of each place stays: the next one goes on
    /// from it.
    pub digests: Option<Timestamp>,
    /// Messages that stand where they are read, or never will; not those of alerts that go on.
    pub messages: Option<Timestamp>,
    /// Alerts that are over. The last one stays, for its number is not given twice.
    pub alerts: Option<Timestamp>,
    /// Counts of what was refused.
    pub security: Option<Timestamp>,
    /// Sessions, by when they began.
    pub sessions: Option<Timestamp>,
}

/// How many rows were removed, by kind.
pub type Removed = BTreeMap<&'static str, u64>;

/// A daily run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRun {
    /// When.
    pub at: Timestamp,
    /// What it removed, in words.
    pub removed: String,
}

/// The name under which the last run is kept.
const LAST_RUN: &str = "retention";

/// How much of a kind is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Of what.
    pub kind: &'static str,
    /// How many rows.
    pub rows: u64,
    /// The oldest one, where they have a time.
    pub oldest: Option<Timestamp>,
}

/// Kinds of data, where they are, and the column of their time.
const KINDS: &[(&str, &str, &str)] = &[
    ("usage", "usage", "at_ms"),
    ("accounts", "account", "NULL"),
    ("initiatives", "initiative", "NULL"),
    ("notes", "note", "at_ms"),
    ("overrides", "score_override", "at_ms"),
    ("forecasts", "foretold", "made_ms"),
    ("digests", "digest_occurrence", "claimed_ms"),
    ("messages", "message", "made_ms"),
    ("alerts", "alert", "NULL"),
    ("pushes", "pushed", "at_ms"),
    ("sessions", "session", "made_ms"),
    ("keys", "api_key", "made_ms"),
    ("audit", "audit", "at_ms"),
    ("security", "security_event", "last_ms"),
];

/// Digests that are over and have a later one at the same place.
const DIGESTS: &str = "DELETE FROM digest_occurrence WHERE claimed_ms < $1 \
     AND state NOT IN ('pending', 'composed', 'sending') AND id NOT IN \
     (SELECT MAX(id) FROM digest_occurrence GROUP BY name, destination)";
const SECURITY: &str = "DELETE FROM security_event WHERE last_ms < $1";
const SESSIONS: &str = "DELETE FROM session WHERE made_ms < $1";

impl Store {
    /// Removes what is older, and enters it when anything was.
    pub async fn remove_old(&self, oldest: &OldestKept, act: &Act) -> Result<Removed, StoreError> {
        let mut writing = self.write().await?;
        let mut removed = Removed::new();
        if let Some(before) = oldest.usage {
            removed.insert("usage", usage(&mut writing, before).await?);
        }
        if let Some(before) = oldest.alerts {
            removed.insert("alerts", alerts(&mut writing, before).await?);
        }
        if let Some(before) = oldest.messages {
            removed.insert("messages", messages(&mut writing, before).await?);
        }
        let plain = [
            ("digests", DIGESTS, oldest.digests),
            ("security", SECURITY, oldest.security),
            ("sessions", SESSIONS, oldest.sessions),
        ];
        for (kind, sql, before) in plain {
            let Some(before) = before else { continue };
            let gone =
                sqlx::query(sql).bind(before.as_millisecond()).execute(&mut *writing).await.doing(DOING)?;
            removed.insert(kind, gone.rows_affected());
        }
        removed.retain(|_, rows| *rows > 0);
        if removed.is_empty() {
            return Ok(removed);
        }
        if removed.contains_key("usage") {
            counters::next_version(&mut writing).await?;
        }
        let entry = Entry::new(act, AuditKind::Retention, "retention");
        audit::append(&mut writing, &[entry.changed(None, Some(json!(removed)))]).await?;
        writing.commit().await.doing(DOING)?;
        Ok(removed)
    }

    /// The last daily run; `None` before the first.
    pub async fn last_retention(&self) -> Result<Option<RetentionRun>, StoreError> {
        let Some(kept) = self.kept(LAST_RUN).await? else { return Ok(None) };
        let (at, removed) = kept.split_once(' ').unwrap_or((&kept, ""));
        Ok(Some(RetentionRun { at: read_back(at, "kept.value")?, removed: removed.to_owned() }))
    }

    /// Notes a daily run.
    pub async fn keep_retention(&self, run: &RetentionRun) -> Result<(), StoreError> {
        self.keep(LAST_RUN, &format!("{} {}", run.at, run.removed)).await
    }

    /// How much is kept, by kind.
    pub async fn holdings(&self) -> Result<Vec<Holding>, StoreError> {
        const DOING: &str = "counting what is kept";
        let mut reading = self.read().await?;
        let mut holdings = Vec::new();
        for (kind, table, time) in KINDS {
            // Usage is counted as it comes; all of it is not looked at for a page.
            let rows = if *table == "usage" {
                "(SELECT value FROM counter WHERE name = 'usage')"
            } else {
                "COUNT(*)"
            };
            let sql = if *table == "usage" {
                format!("SELECT {rows}, CAST(NULL AS BIGINT)")
            } else {
                format!("SELECT {rows}, CAST(MIN({time}) AS BIGINT) FROM {table}")
            };
            let (rows, oldest): (i64, Option<i64>) =
                sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut *reading).await.doing(DOING)?;
            let oldest = oldest.map(|at| instant(at, "the oldest row")).transpose()?;
            holdings.push(Holding { kind, rows: rows.unsigned_abs(), oldest });
        }
        Ok(holdings)
    }
}

async fn usage(writing: &mut AnyConnection, before: Timestamp) -> Result<u64, StoreError> {
    let before_ms = before.as_millisecond();
    let accounts: Vec<(i64, String)> = sqlx::query_as(
        "SELECT id, account_id FROM account WHERE EXISTS (SELECT 1 FROM usage WHERE account = account.id AND at_ms < $1)",
    )
    .bind(before_ms)
    .fetch_all(&mut *writing)
    .await
    .doing(DOING)?;
    let mut taken = Vec::with_capacity(accounts.len());
    for (number, account) in accounts {
        let account = read_back(&account, "account.account_id")?;
        taken.push((number, -load::sum_before(writing, &account, number, before).await?));
    }
    sqlx::query("DELETE FROM metered WHERE at_ms < $1")
        .bind(before_ms)
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
    let gone = sqlx::query("DELETE FROM usage WHERE at_ms < $1")
        .bind(before_ms)
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
    sqlx::query("DELETE FROM priced WHERE at_ms < $1")
        .bind(before_ms)
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
    sqlx::query("UPDATE counter SET value = value - $1 WHERE name = 'usage'")
        .bind(i64::try_from(gone.rows_affected()).unwrap_or(i64::MAX))
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
    view::stamp(writing, taken).await?;
    Ok(gone.rows_affected())
}

async fn alerts(writing: &mut AnyConnection, before: Timestamp) -> Result<u64, StoreError> {
    let over: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, body FROM alert WHERE is_over = 1 AND id < (SELECT MAX(id) FROM alert)")
            .fetch_all(&mut *writing)
            .await
            .doing(DOING)?;
    let ended = |body: &str| {
        let body: Value = serde_json::from_str(body).ok()?;
        body["ended"].as_str()?.parse::<Timestamp>().ok()
    };
    let old = over.iter().filter(|(_, body)| ended(body).is_some_and(|at| at < before));
    let mut gone = 0;
    for (id, _) in old {
        sqlx::query("DELETE FROM alert WHERE id = $1").bind(id).execute(&mut *writing).await.doing(DOING)?;
        gone += 1;
    }
    Ok(gone)
}

/// The key of an alert's message begins with the alert's id; while it goes on, its message is edited.
async fn messages(writing: &mut AnyConnection, before: Timestamp) -> Result<u64, StoreError> {
    const OLD: &str = "SELECT message_key FROM message WHERE made_ms < $1 AND NOT EXISTS (SELECT 1 FROM message_part \
         WHERE message_part.message_key = message.message_key AND message_part.state = 'waiting')";
    let old: Vec<String> =
        sqlx::query_scalar(OLD).bind(before.as_millisecond()).fetch_all(&mut *writing).await.doing(DOING)?;
    let open: Vec<i64> = sqlx::query_scalar("SELECT id FROM alert WHERE is_over = 0")
        .fetch_all(&mut *writing)
        .await
        .doing(DOING)?;
    let open: Vec<String> =
        open.into_iter().map(|id| crate::domain::AlertId(id.unsigned_abs()).to_string()).collect();
    let goes_on = |key: &String| key.split(' ').next().is_some_and(|first| open.iter().any(|id| id == first));
    let mut gone = 0;
    for key in old.iter().filter(|key| !goes_on(key)) {
        for sql in
            ["DELETE FROM message_part WHERE message_key = $1", "DELETE FROM message WHERE message_key = $1"]
        {
            sqlx::query(sql).bind(key).execute(&mut *writing).await.doing(DOING)?;
        }
        gone += 1;
    }
    Ok(gone)
}
