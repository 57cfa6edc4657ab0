//! Removing the oldest entries of the audit log so that it still proves itself.

use jiff::Timestamp;
use serde_json::json;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::store::error::Doing;
use crate::store::error::StoreError;
use crate::store::open::Store;

use super::Entry;
use super::append;
use super::hash_of;

const DOING: &str = "removing old entries of the audit log";

impl Store {
    /// Removes the entries from the beginning to the first one that is not older; tells how many. An entry that holds
    /// the hash of the last one removed is written in the same transaction: the log then begins where it says.
    pub async fn cut_audit(&self, older_than: Timestamp, act: &Act) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        let (first, last, kept): (i64, i64, i64) = sqlx::query_as(
            "SELECT COALESCE(MIN(number), 0), COALESCE(MAX(number), 0), \
             COALESCE(MIN(CASE WHEN at_ms >= $1 THEN number END), 0) FROM audit",
        )
        .bind(older_than.as_millisecond())
        .fetch_one(&mut *writing)
        .await
        .doing(DOING)?;
        let through = if kept == 0 { last } else { kept - 1 };
        if first == 0 || through < first {
            return Ok(0);
        }
        let entries = through - first + 1;
        let hash = hash_of(&mut writing, through).await?;
        let entry = Entry::new(act, AuditKind::AuditCut, "audit log");
        let facts = json!({"through": through, "hash": hash, "entries": entries});
        append(&mut writing, &[entry.with_facts(facts)]).await?;
        for sql in ["DELETE FROM audit WHERE number <= $1", "DELETE FROM audit_reseal WHERE erasure <= $1"] {
            sqlx::query(sql).bind(through).execute(&mut *writing).await.doing(DOING)?;
        }
        writing.commit().await.doing(DOING)?;
        Ok(entries.unsigned_abs())
    }
}
