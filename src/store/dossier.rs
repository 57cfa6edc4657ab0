//! All that is kept of an account or of a person, for whoever has a right to see it.

use serde_json::Map;
use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;
use sqlx::Column;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::AccountId;
use crate::domain::Person;

use super::error::Doing;
use super::error::StoreError;
use super::open::Store;

const DOING: &str = "reading all of someone";

/// Kinds of rows with what reads them by the account's id. Instants are milliseconds, money is micro-units.
const OF_ACCOUNT: &[(&str, &str)] = &[
    (
        "account",
        "SELECT account_id, name, owner, segment, plan, commit_micros, commit_period, renewal, tags, status \
      FROM account WHERE account_id = $1",
    ),
    (
        "usage",
        "SELECT usage.at_ms, endpoint.name AS endpoint, model.name AS model, source.name AS source, usage.event, \
      usage.api_calls, usage.errors, usage.tokens, usage.cost, usage.input, usage.output, usage.cached FROM usage \
      JOIN endpoint ON endpoint.id = usage.endpoint JOIN source ON source.id = usage.source \
      LEFT JOIN model ON model.id = usage.model \
      WHERE usage.account = (SELECT id FROM account WHERE account_id = $1) ORDER BY usage.at_ms",
    ),
    (
        "initiatives",
        "SELECT initiative_id, title, priority, status, owner, expected_revenue, start_day, due_day, target \
      FROM initiative WHERE account = (SELECT id FROM account WHERE account_id = $1) ORDER BY initiative_id",
    ),
    (
        "initiative_updates",
        "SELECT initiative_id, at_ms, author, text FROM initiative_update WHERE initiative_id IN \
      (SELECT initiative_id FROM initiative WHERE account = (SELECT id FROM account WHERE account_id = $1)) \
      ORDER BY initiative_id, position",
    ),
    (
        "notes",
        "SELECT at_ms, author, text FROM note \
      WHERE account = (SELECT id FROM account WHERE account_id = $1) ORDER BY at_ms",
    ),
    (
        "overrides",
        "SELECT tenths, reason, author, at_ms, expires_ms, cleared_ms, cleared_by, cleared_reason \
      FROM score_override WHERE account = (SELECT id FROM account WHERE account_id = $1) ORDER BY id",
    ),
    (
        "forecasts",
        "SELECT metric, made_ms, from_ms, to_ms, middle, low, high FROM foretold WHERE account_id = $1",
    ),
    (
        "alerts",
        "SELECT id, body FROM alert WHERE body LIKE '%account ' || $1 || '\"%' \
      OR body LIKE '%initiative ' || $1 || ' %' ORDER BY id",
    ),
    (
        "audit",
        "SELECT number, at_ms, kind, how, who, subject, before, after FROM audit WHERE account = $1 ORDER BY number",
    ),
];

/// Kinds of rows by the person's name in lower case.
const OF_PERSON: &[(&str, &str)] = &[
    ("accounts_owned", "SELECT account_id, name FROM account WHERE lower(owner) = $1 ORDER BY account_id"),
    (
        "initiatives_owned",
        "SELECT initiative_id, title FROM initiative WHERE lower(owner) = $1 ORDER BY initiative_id",
    ),
    (
        "initiative_updates",
        "SELECT initiative_id, at_ms, text FROM initiative_update WHERE lower(author) = $1 \
      ORDER BY initiative_id, position",
    ),
    (
        "notes",
        "SELECT account.account_id, note.at_ms, note.text FROM note JOIN account ON account.id = note.account \
      WHERE lower(note.author) = $1 ORDER BY note.at_ms",
    ),
    (
        "overrides",
        "SELECT account.account_id, tenths, reason, at_ms, expires_ms FROM score_override \
      JOIN account ON account.id = score_override.account WHERE lower(author) = $1 ORDER BY score_override.id",
    ),
    (
        "keys_made",
        "SELECT name, scopes, made_ms, used_ms, revoked_ms FROM api_key WHERE lower(made_by) = $1 ORDER BY name",
    ),
    (
        "schedules",
        "SELECT name, cron, zone, scope, destination, made_ms FROM digest_schedule WHERE lower(author) = $1",
    ),
    (
        "digests_ordered",
        "SELECT id, name, slot_ms, destination FROM digest_occurrence WHERE lower(asked_by) = $1 ORDER BY id",
    ),
    (
        "rules_of_alerts",
        "SELECT name, text, changed_ms FROM alert_rule WHERE lower(changed_by) = $1 ORDER BY name",
    ),
    ("sessions", "SELECT agent, made_ms, seen_ms FROM session WHERE lower(reader) = $1"),
    (
        "audit",
        "SELECT number, at_ms, kind, how, subject, account, before, after FROM audit WHERE lower(who) = $1 \
      ORDER BY number",
    ),
];

impl Store {
    /// All of an account; `None` when there is none of this id.
    pub async fn dossier_of_account(&self, id: &AccountId) -> Result<Option<Value>, StoreError> {
        let mut reading = self.read().await?;
        let whole = read_all(&mut reading, OF_ACCOUNT, id.as_str()).await?;
        let is_known = whole["account"].as_array().is_some_and(|rows| !rows.is_empty());
        Ok(is_known.then_some(whole))
    }

    /// All of a person, by the name and by the id of the user.
    pub async fn dossier_of_person(
        &self,
        name: Option<&Person>,
        user: Option<u64>,
    ) -> Result<Value, StoreError> {
        let mut reading = self.read().await?;
        let name = name.map_or_else(String::new, |name| name.as_str().to_lowercase());
        let mut whole = read_all(&mut reading, OF_PERSON, &name).await?;
        if let Some(user) = user {
            let rows = sqlx::query("SELECT agent, made_ms, seen_ms FROM session WHERE user_id = $1")
                .bind(user.cast_signed())
                .fetch_all(&mut *reading)
                .await
                .doing(DOING)?;
            if let Some(sessions) = whole["sessions"].as_array_mut() {
                sessions.extend(rows.iter().map(object));
            }
        }
        Ok(whole)
    }
}

async fn read_all(
    reading: &mut AnyConnection,
    kinds: &[(&str, &'static str)],
    of: &str,
) -> Result<Value, StoreError> {
    let mut whole = Map::new();
    for (kind, sql) in kinds {
        let rows = sqlx::query(AssertSqlSafe(*sql))
            .bind(of.to_owned())
            .fetch_all(&mut *reading)
            .await
            .doing(DOING)?;
        whole.insert((*kind).to_owned(), rows.iter().map(object).collect());
    }
    Ok(Value::Object(whole))
}

/// A row by the names of its columns; what is not there is left out.
fn object(row: &AnyRow) -> Value {
    let mut object = Map::new();
    for column in row.columns() {
        let name = column.name();
        let value = match row.try_get::<Option<String>, _>(name) {
            Ok(text) => text.map(Value::from),
            Err(_number) => row.try_get::<Option<i64>, _>(name).ok().flatten().map(Value::from),
        };
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    }
    Value::Object(object)
}
