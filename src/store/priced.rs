//! Which rows of usage have a cost that their source did not tell.
//!
//! Invariant: a note of it holds only while the row has the very cost that was computed.

use sqlx::AnyConnection;

use crate::domain::UsageRow;

use super::error::Doing;
use super::error::StoreError;
use super::open::Store;
use super::writer::Known;

const DOING: &str = "noting which cost was computed";

impl Store {
    /// Notes that the cost of these rows, which are stored, was computed from prices.
    pub async fn note_priced(&self, rows: &[&UsageRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let all: Vec<UsageRow> = rows.iter().copied().cloned().collect();
        let mut writing = self.write().await?;
        let mut known = Known::default();
        known.learn(&mut writing, &all, &[]).await?;
        note(&mut writing, &known, rows).await?;
        writing.commit().await.doing(DOING)
    }
}

/// The same inside the transaction that records the rows.
pub(super) async fn note(
    connection: &mut AnyConnection,
    known: &Known,
    rows: &[&UsageRow],
) -> Result<(), StoreError> {
    for row in rows {
        let key = known.key(row);
        sqlx::query(
            "INSERT INTO priced (account, at_ms, endpoint, model, source, event, cost) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (account, at_ms, endpoint, model, source, event) DO UPDATE SET cost = excluded.cost",
        )
        .bind(key.account)
        .bind(key.at_ms)
        .bind(key.endpoint)
        .bind(key.model)
        .bind(key.source)
        .bind(key.event)
        .bind(row.used.cost.micros)
        .execute(&mut *connection)
        .await
        .doing(DOING)?;
    }
    Ok(())
}
