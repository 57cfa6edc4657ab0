//! Keys of programs: shown once, kept as fingerprints, revoked and never removed.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde_json::json;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::SourceId;

use super::audit;
use super::audit::Entry;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyScope {
    /// Sending usage.
    Ingest,
    /// Reading figures.
    Read,
    /// Changing what people may change.
    Admin,
}

impl KeyScope {
    /// All, the weakest first.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Admin];
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        })
    }
}

impl FromStr for KeyScope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.to_string() == text);
        found.ok_or_else(|| format!("“{text}” is not a scope of a key; use ingest, read or admin"))
    }
}

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// What it is called; each name once.
    pub name: String,
    /// What it opens.
    pub scopes: BTreeSet<KeyScope>,
    /// The one source that it may send usage of; `None` may name any.
    pub source: Option<SourceId>,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made: Timestamp,
    /// When it was used last, to about a minute.
    pub used: Option<Timestamp>,
    /// Since when it opens nothing.
    pub revoked: Option<Timestamp>,
}

type Row = (String, String, Option<String>, String, i64, Option<i64>, Option<i64>);

const COLUMNS: &str = "SELECT name, scopes, source, made_by, made_ms, used_ms, revoked_ms FROM api_key";

impl Store {
    /// Adds a key; tells whether its name was free.
    pub async fn add_api_key(&self, key: &ApiKey, fingerprint: &str, act: &Act) -> Result<bool, StoreError> {
        const DOING: &str = "adding a key";
        let scopes: Vec<String> = key.scopes.iter().map(ToString::to_string).collect();
        let mut writing = self.write().await?;
        let added = sqlx::query(
            "INSERT INTO api_key (name, fingerprint, scopes, made_by, made_ms, source) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING",
        )
        .bind(key.name.as_str())
        .bind(fingerprint)
        .bind(scopes.join(" "))
        .bind(key.made_by.as_str())
        .bind(key.made.as_millisecond())
        .bind(key.source.as_ref().map(|source| source.as_str().to_owned()))
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        let entry = Entry::new(act, AuditKind::KeyAdd, key.name.as_str());
        let mut told = json!({"scopes": scopes});
        if let Some(source) = &key.source {
            told["source"] = source.as_str().into();
        }
        audit::append(&mut writing, &[entry.changed(None, Some(told))]).await?;
        writing.commit().await.doing(DOING)?;
        Ok(true)
    }

    /// The key of a fingerprint, also when it is revoked.
    pub async fn api_key(&self, fingerprint: &str) -> Result<Option<ApiKey>, StoreError> {
        let mut reading = self.read().await?;
        let row: Option<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE fingerprint = $1")))
                .bind(fingerprint)
                .fetch_optional(&mut *reading)
                .await
                .doing("reading a key")?;
        row.map(read_row).transpose()
    }

    /// All keys by name.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY name")))
            .fetch_all(&mut *reading)
            .await
            .doing("reading keys")?;
        rows.into_iter().map(read_row).collect()
    }

    /// Notes that a key was used.
    pub async fn touch_api_key(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        self.change(
            "noting that a key was used",
            sqlx::query("UPDATE api_key SET used_ms = $1 WHERE name = $2")
                .bind(now.as_millisecond())
                .bind(name.to_owned()),
        )
        .await
        .map(drop)
    }

    /// Revokes a key; tells whether it was in force.
    pub async fn revoke_api_key(&self, name: &str, act: &Act) -> Result<bool, StoreError> {
        const DOING: &str = "revoking a key";
        let mut writing = self.write().await?;
        let revoked =
            sqlx::query("UPDATE api_key SET revoked_ms = $1 WHERE name = $2 AND revoked_ms IS NULL")
                .bind(act.at.as_millisecond())
                .bind(name)
                .execute(&mut *writing)
                .await
                .doing(DOING)?;
        if revoked.rows_affected() == 0 {
            return Ok(false);
        }
        let told = |revoked: bool| Some(json!({"revoked": revoked}));
        let entry = Entry::new(act, AuditKind::KeyRevoke, name).changed(told(false), told(true));
        audit::append(&mut writing, &[entry]).await?;
        writing.commit().await.doing(DOING)?;
        Ok(true)
    }
}

fn read_row((name, scopes, source, made_by, made, used, revoked): Row) -> Result<ApiKey, StoreError> {
    let scopes =
        scopes.split_whitespace().map(|one| read_back(one, "api_key.scopes")).collect::<Result<_, _>>()?;
    let maybe = |at: Option<i64>, place| at.map(|at| instant(at, place)).transpose();
    Ok(ApiKey {
        name,
        scopes,
        source: source.map(|source| read_back(&source, "api_key.source")).transpose()?,
        made_by,
        made: instant(made, "api_key.made_ms")?,
        used: maybe(used, "api_key.used_ms")?,
        revoked: maybe(revoked, "api_key.revoked_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_opens_until_it_is_revoked_and_its_name_stays_taken() {
        let store = Store::in_memory().await.unwrap();
        let later = "2026-11-26T08:00:00Z".parse().unwrap();
        let act = Act::of_service(crate::domain::How::Terminal, later);
        let key = ApiKey {
            name: "billing".into(),
            scopes: [KeyScope::Ingest, KeyScope::Read].into(),
            source: Some("gateway".parse().unwrap()),
            made_by: "dana".into(),
            made: Timestamp::UNIX_EPOCH,
            used: None,
            revoked: None,
        };
        assert!(store.add_api_key(&key, "f", &act).await.unwrap());
        assert!(!store.add_api_key(&key, "g", &act).await.unwrap());
        assert_eq!(store.api_key("f").await.unwrap(), Some(key.clone()));
        assert_eq!(store.api_key("g").await.unwrap(), None);
        store.touch_api_key("billing", later).await.unwrap();
        assert!(store.revoke_api_key("billing", &act).await.unwrap());
        assert!(!store.revoke_api_key("billing", &act).await.unwrap());
        let known = store.api_keys().await.unwrap();
        assert_eq!(known, [ApiKey { used: Some(later), revoked: Some(later), ..key }]);
    }
}
