//! The audit log: who changed what, before and after, each entry chained to the one before.
//!
//! Invariant: an entry is written in the transaction of the change that it tells of, so neither is there without the
//! other.

mod chain;
mod cut;
mod intake;
mod read;
mod verify;

use serde_json::Map;
use serde_json::Value;
use sqlx::AnyConnection;

use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::AuditKind;

use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::open::Store;

pub use intake::{Entered, Intake};
pub use read::{AuditEntry, AuditFilter};
pub use verify::{AuditCheck, AuditFlaw, AuditHead};

pub(super) use chain::{Personal, Seals, salt, seal};

use chain::{Bare, GENESIS};

const DOING: &str = "writing the audit log";

/// One change, to be entered.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    act: &'a Act,
    kind: AuditKind,
    subject: String,
    account: Option<AccountId>,
    before: Option<Value>,
    after: Option<Value>,
    facts: Option<Value>,
}

impl<'a> Entry<'a> {
    /// Of what was changed; `subject` is what people call it, as `ini-7` or the name of a key.
    pub(super) fn new(act: &'a Act, kind: AuditKind, subject: impl Into<String>) -> Self {
        let subject = subject.into();
        Self { act, kind, subject, account: None, before: None, after: None, facts: None }
    }

    /// About an account.
    pub(super) fn about(self, account: &AccountId) -> Self {
        Self { account: Some(account.clone()), ..self }
    }

    /// With what was and what is; of two objects only what differs is kept.
    pub(super) fn changed(self, before: Option<Value>, after: Option<Value>) -> Self {
        let (before, after) = difference(before, after);
        Self { before, after, ..self }
    }

    /// With what tells of nobody and is hashed as it stands, so that no erasure replaces it.
    pub(super) fn with_facts(self, facts: Value) -> Self {
        Self { facts: Some(facts), ..self }
    }
}

/// Enters changes in the transaction that makes them; the number of the last one.
///
/// Nobody comes in between: there is one writer of SQLite, and on PostgreSQL the row of the counter stays locked until
/// the transaction ends.
pub(super) async fn append(connection: &mut AnyConnection, entries: &[Entry<'_>]) -> Result<i64, StoreError> {
    let last = counters::advance(connection, "audit", entries.len() as u64).await?;
    let first = last - entries.len() as i64 + 1;
    let mut before = hash_of(connection, first - 1).await?;
    for (number, entry) in (first..).zip(entries) {
        before = insert(connection, number, &before, entry).await?;
    }
    Ok(last)
}

async fn hash_of(connection: &mut AnyConnection, number: i64) -> Result<String, StoreError> {
    if number == 0 {
        return Ok(GENESIS.to_owned());
    }
    let hash: Option<String> = sqlx::query_scalar("SELECT hash FROM audit WHERE number = $1")
        .bind(number)
        .fetch_optional(connection)
        .await
        .doing(DOING)?;
    Ok(hash.unwrap_or_else(|| {
        // Work goes on; whoever checks the log is told where it breaks.
        tracing::error!(number, "The last entry of the audit log is missing; run `etsm audit verify`");
        GENESIS.to_owned()
    }))
}

async fn insert(
    connection: &mut AnyConnection,
    number: i64,
    before: &str,
    entry: &Entry<'_>,
) -> Result<String, StoreError> {
    let Entry { act, kind, subject, account, .. } = entry;
    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
    let (was, is, facts) = (text(&entry.before), text(&entry.after), text(&entry.facts));
    let account = account.as_ref().map_or("", AccountId::as_str);
    let salt = chain::salt();
    let personal =
        Personal { who: act.who.name(), subject, account, before: was.as_deref(), after: is.as_deref() };
    let seal = chain::seal(&salt, &personal);
    let request = act.way.request.as_ref().map(|id| id.as_str());
    let bare = Bare {
        number,
        at_ms: act.at.as_millisecond(),
        kind: kind.word(),
        how: act.way.how.word(),
        request,
        who_kind: act.who.kind(),
        facts: facts.as_deref(),
        seal: &seal,
    };
    let hash = chain::hash(before, &bare);
    sqlx::query(
        "INSERT INTO audit (number, at_ms, kind, how, request, who_kind, facts, who, subject, account, before, \
         after, salt, seal, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(number)
    .bind(bare.at_ms)
    .bind(bare.kind)
    .bind(bare.how)
    .bind(request.map(str::to_owned))
    .bind(bare.who_kind)
    .bind(facts.clone())
    .bind(personal.who)
    .bind(subject.as_str())
    .bind(account)
    .bind(was.clone())
    .bind(is.clone())
    .bind(salt)
    .bind(seal.clone())
    .bind(hash.clone())
    .execute(connection)
    .await
    .doing(DOING)?;
    Ok(hash)
}

impl Store {
    /// Enters what changes nothing in the database and yet has to be known, as an export.
    pub async fn enter(
        &self,
        act: &Act,
        kind: AuditKind,
        subject: &str,
        told: Option<Value>,
    ) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        append(&mut writing, &[Entry::new(act, kind, subject).changed(None, told)]).await?;
        writing.commit().await.doing(DOING)
    }
}

/// What differs of two objects, each side with its own; an empty side is left out.
fn difference(before: Option<Value>, after: Option<Value>) -> (Option<Value>, Option<Value>) {
    match (before, after) {
        (Some(Value::Object(mut was)), Some(Value::Object(mut is))) => {
            was.retain(|key, value| {
                let same = is.get(key) == Some(value);
                if same {
                    is.remove(key);
                }
                !same
            });
            (full(was), full(is))
        }
        others => others,
    }
}

fn full(object: Map<String, Value>) -> Option<Value> {
    (!object.is_empty()).then_some(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_two_states_only_what_differs_is_kept() {
        let (was, is) = difference(
            Some(json!({"status": "planned", "owner": "dana", "due": null})),
            Some(json!({"status": "active", "owner": "dana", "due": null, "log": ["begun"]})),
        );
        assert_eq!(was, Some(json!({"status": "planned"})));
        assert_eq!(is, Some(json!({"status": "active", "log": ["begun"]})));
        assert_eq!(difference(None, Some(json!({"a": 1}))), (None, Some(json!({"a": 1}))));
        assert_eq!(difference(Some(json!({"a": 1})), Some(json!({"a": 1}))), (None, None));
    }
}
