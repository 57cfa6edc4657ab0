//! The health configurations that ran, each with its text, so that every score of the past can be made again.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::Act;
use crate::domain::AuditKind;

use super::audit;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::corrupt;
use super::error::instant;
use super::open::Store;

/// A health configuration that came into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesRecord {
    /// When.
    pub since: Timestamp,
    /// The version in its text.
    pub version: u32,
    /// The whole `health.toml`.
    pub text: String,
}

impl Store {
    /// Records that a configuration came into force, and returns the data version.
    pub async fn add_health_rules(&self, record: &RulesRecord, act: &Act) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        let id = counters::advance(&mut writing, "health_rules", 1).await?;
        sqlx::query("INSERT INTO health_rules (id, since_ms, version, text) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(record.since.as_millisecond())
            .bind(i64::from(record.version))
            .bind(record.text.as_str())
            .execute(&mut *writing)
            .await
            .doing("recording a health configuration")?;
        let before: Option<i64> = sqlx::query_scalar("SELECT version FROM health_rules WHERE id = $1")
            .bind(id - 1)
            .fetch_optional(&mut *writing)
            .await
            .doing("recording a health configuration")?;
        let told = |version: i64| json!({"version": version});
        let entry = Entry::new(act, AuditKind::HealthRules, "health.toml");
        let entry = entry.changed(before.map(told), Some(told(i64::from(record.version))));
        audit::append(&mut writing, &[entry]).await?;
        let version = counters::next_version(&mut writing).await?;
        writing.commit().await.doing("recording a health configuration")?;
        Ok(version)
    }

    /// All configurations that ran, in their order.
    pub async fn health_rules(&self) -> Result<Vec<RulesRecord>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(i64, i64, String)> =
            sqlx::query_as("SELECT since_ms, version, text FROM health_rules ORDER BY id")
                .fetch_all(&mut *reading)
                .await
                .doing("reading health configurations")?;
        rows.into_iter()
            .map(|(since_ms, version, text)| {
                let version = u32::try_from(version)
                    .map_err(|_odd| corrupt("health_rules.version", format!("it is {version}")))?;
                Ok(RulesRecord { since: instant(since_ms, "health_rules.since_ms")?, version, text })
            })
            .collect()
    }
}
