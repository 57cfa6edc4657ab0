//! How etsm itself was used, by day.

use jiff::civil::Date;
use sqlx::Row;

use crate::telemetry::Use;

use super::error::Doing;
use super::error::StoreError;
use super::error::read_back;
use super::open::Store;

/// How long counts are kept: a year can be compared with the one before.
const KEPT_DAYS: i32 = 800;

/// One count of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnUseRow {
    /// The day, in UTC.
    pub day: Date,
    /// Where.
    pub surface: String,
    /// What who asked may do.
    pub role: String,
    /// A command, or a route with its method.
    pub operation: String,
    /// How often.
    pub count: u64,
}

impl Store {
    /// Adds counts to those of a day, and forgets the oldest.
    pub async fn add_own_use(&self, day: Date, uses: &[(Use, u64)]) -> Result<(), StoreError> {
        const DOING: &str = "counting own use";
        let mut writing = self.write().await?;
        for (one, count) in uses {
            sqlx::query(
                "INSERT INTO own_use (day, surface, role, operation, count) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (day, surface, role, operation) DO UPDATE SET count = own_use.count + excluded.count",
            )
            .bind(day.to_string())
            .bind(one.surface.word())
            .bind(one.role)
            .bind(one.operation.as_str())
            .bind(i64::try_from(*count).unwrap_or(i64::MAX))
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        }
        let oldest = day.saturating_sub(jiff::Span::new().days(KEPT_DAYS));
        sqlx::query("DELETE FROM own_use WHERE day < $1")
            .bind(oldest.to_string())
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        writing.commit().await.doing(DOING)
    }

    /// The counts from a day on, the newest day first, and of a day the largest first.
    pub async fn own_use_since(&self, day: Date) -> Result<Vec<OwnUseRow>, StoreError> {
        const DOING: &str = "reading own use";
        let mut reading = self.read().await?;
        let rows = sqlx::query(
            "SELECT day, surface, role, operation, count FROM own_use WHERE day >= $1 \
             ORDER BY day DESC, count DESC, surface, role, operation",
        )
        .bind(day.to_string())
        .fetch_all(&mut *reading)
        .await
        .doing(DOING)?;
        let text = |row: &sqlx::any::AnyRow, column: &str| row.try_get::<String, _>(column).doing(DOING);
        rows.iter()
            .map(|row| {
                Ok(OwnUseRow {
                    day: read_back(&text(row, "day")?, "own_use.day")?,
                    surface: text(row, "surface")?,
                    role: text(row, "role")?,
                    operation: text(row, "operation")?,
                    count: row.try_get::<i64, _>("count").doing(DOING)?.unsigned_abs(),
                })
            })
            .collect()
    }
}
