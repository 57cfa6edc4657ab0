//! Overrides of health scores: added and taken back, never removed.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::Cleared;
use crate::domain::Override;
use crate::domain::Score;

use super::audit;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

impl Store {
    /// Adds an override and returns the data version. It takes the place of an earlier one of the same account, which
    /// is known; here an unknown one is an error.
    pub async fn add_override(&self, set: &Override, act: &Act) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        let id = counters::advance(&mut writing, "override", 1).await?;
        sqlx::query(
            "INSERT INTO score_override (id, account, tenths, reason, author, at_ms, expires_ms) \
             VALUES ($1, (SELECT id FROM account WHERE account_id = $2), $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(set.account.as_str())
        .bind(i64::from(set.score.tenths()))
        .bind(set.reason.as_str())
        .bind(set.by.as_str())
        .bind(set.at.as_millisecond())
        .bind(set.expires.as_millisecond())
        .execute(&mut *writing)
        .await
        .doing("adding an override")?;
        let entry = Entry::new(act, AuditKind::OverrideSet, set.account.as_str()).about(&set.account);
        let told = json!({
            "score": set.score.to_string(),
            "reason": set.reason,
            "expires": set.expires.to_string(),
        });
        audit::append(&mut writing, &[entry.changed(None, Some(told))]).await?;
        let version = counters::next_version(&mut writing).await?;
        writing.commit().await.doing("adding an override")?;
        Ok(version)
    }

    /// Takes the last override of an account back and returns the data version; the caller knows that it is in force.
    pub async fn clear_override(
        &self,
        account: &AccountId,
        cleared: &Cleared,
        act: &Act,
    ) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        sqlx::query(
            "UPDATE score_override SET cleared_ms = $2, cleared_by = $3, cleared_reason = $4 WHERE id = \
             (SELECT MAX(id) FROM score_override WHERE account = (SELECT id FROM account WHERE account_id = $1))",
        )
        .bind(account.as_str())
        .bind(cleared.at.as_millisecond())
        .bind(cleared.by.as_str())
        .bind(cleared.reason.clone())
        .execute(&mut *writing)
        .await
        .doing("taking an override back")?;
        let entry = Entry::new(act, AuditKind::OverrideClear, account.as_str()).about(account);
        let told = json!({"cleared": true, "reason": cleared.reason});
        audit::append(&mut writing, &[entry.changed(None, Some(told))]).await?;
        let version = counters::next_version(&mut writing).await?;
        writing.commit().await.doing("taking an override back")?;
        Ok(version)
    }

    /// All overrides, in the order in which they were set.
    pub async fn overrides(&self) -> Result<Vec<Override>, StoreError> {
        let mut reading = self.read().await?;
        let rows = sqlx::query(
            "SELECT account.account_id, tenths, reason, author, at_ms, expires_ms, cleared_ms, cleared_by, \
             cleared_reason FROM score_override JOIN account ON account.id = score_override.account \
             ORDER BY score_override.id",
        )
        .fetch_all(&mut *reading)
        .await
        .doing("reading overrides")?;
        rows.iter().map(read_override).collect()
    }
}

fn read_override(row: &AnyRow) -> Result<Override, StoreError> {
    const DOING: &str = "reading an override";
    let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
    let number = |column: &str| row.try_get::<i64, _>(column).doing(DOING);
    let cleared = match row.try_get::<Option<i64>, _>("cleared_ms").doing(DOING)? {
        None => None,
        Some(at_ms) => Some(Cleared {
            by: read_back(&text("cleared_by")?, "score_override.cleared_by")?,
            at: instant(at_ms, "score_override.cleared_ms")?,
            reason: row.try_get("cleared_reason").doing(DOING)?,
        }),
    };
    Ok(Override {
        account: read_back(&text("account_id")?, "account.account_id")?,
        score: Score::of(number("tenths")? as f64 / 10.0),
        reason: text("reason")?,
        by: read_back(&text("author")?, "score_override.author")?,
        at: instant(number("at_ms")?, "score_override.at_ms")?,
        expires: instant(number("expires_ms")?, "score_override.expires_ms")?,
        cleared,
    })
}
