//! What was refused at the doors, counted: no part of the audit log, for nothing was changed.

use jiff::Timestamp;

use crate::domain::SecurityKind;

use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

/// Refusals of one kind from one address within one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityEvent {
    /// Of what.
    pub kind: SecurityKind,
    /// From where; empty for all that there was no room to tell apart.
    pub address: String,
    /// How often.
    pub times: u64,
    /// The last time.
    pub last: Timestamp,
}

const HOUR_MS: i64 = 3_600_000;

impl Store {
    /// Adds to the counts of their hours.
    pub async fn count_refusals(&self, events: &[SecurityEvent]) -> Result<(), StoreError> {
        const DOING: &str = "counting what was refused";
        let mut writing = self.write().await?;
        for one in events {
            let last = one.last.as_millisecond();
            sqlx::query(
                "INSERT INTO security_event (kind, address, hour_ms, times, last_ms) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (hour_ms, kind, address) DO UPDATE SET times = security_event.times + excluded.times, \
                 last_ms = excluded.last_ms",
            )
            .bind(one.kind.word())
            .bind(one.address.as_str())
            .bind(last - last.rem_euclid(HOUR_MS))
            .bind(i64::try_from(one.times).unwrap_or(i64::MAX))
            .bind(last)
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        }
        writing.commit().await.doing(DOING)
    }

    /// The newest counts.
    pub async fn refusals(&self, count_max: u32) -> Result<Vec<SecurityEvent>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT kind, address, times, last_ms FROM security_event \
             ORDER BY hour_ms DESC, last_ms DESC, kind, address LIMIT $1",
        )
        .bind(i64::from(count_max))
        .fetch_all(&mut *reading)
        .await
        .doing("reading what was refused")?;
        rows.into_iter()
            .map(|(kind, address, times, last)| {
                Ok(SecurityEvent {
                    kind: read_back(&kind, "security_event.kind")?,
                    address,
                    times: times.unsigned_abs(),
                    last: instant(last, "security_event.last_ms")?,
                })
            })
            .collect()
    }
}
