//! Up to when the data of each source are complete.

use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::domain::SourceId;

use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::numbering::Numbering;
use super::numbering::SOURCES;
use super::open::Store;

impl Store {
    /// Watermarks of all sources that have one, in the order of their names.
    pub async fn watermarks(&self) -> Result<Vec<(SourceId, Timestamp)>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT name, watermark FROM source WHERE watermark IS NOT NULL")
                .fetch_all(&mut *reading)
                .await
                .doing("reading watermarks")?;
        let mut marks = rows
            .into_iter()
            .map(|(name, ms)| Ok((read_back(&name, "source.name")?, instant(ms, "source.watermark")?)))
            .collect::<Result<Vec<(SourceId, Timestamp)>, StoreError>>()?;
        marks.sort();
        Ok(marks)
    }
}

/// Up to when the data of a source are complete, if it says so.
pub(super) async fn of(
    connection: &mut AnyConnection,
    source: &SourceId,
) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<Option<i64>> = sqlx::query_scalar("SELECT watermark FROM source WHERE name = $1")
        .bind(source.as_str())
        .fetch_optional(connection)
        .await
        .doing("reading a watermark")?;
    found.flatten().map(|ms| instant(ms, "source.watermark")).transpose()
}

/// Moves a watermark forward, never back; a move is a change of the data. Tells whether it moved.
///
/// One that lies in the future was set while a clock was ahead: nothing can be complete up to then, and what is said now
/// takes its place.
pub(super) async fn advance(
    connection: &mut AnyConnection,
    source: &SourceId,
    watermark: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut sources = Numbering::new(&SOURCES);
    sources.learn(connection, [source], |source| source.as_str().to_owned()).await?;
    let moved = sqlx::query(
        "UPDATE source SET watermark = $2 WHERE id = $1 \
         AND (watermark IS NULL OR watermark < $2 OR (watermark > $3 AND watermark <> $2))",
    )
    .bind(sources.number(source))
    .bind(watermark.as_millisecond())
    .bind(now.as_millisecond())
    .execute(&mut *connection)
    .await
    .doing("moving a watermark")?;
    let moved = moved.rows_affected() > 0;
    if moved {
        counters::next_version(connection).await?;
    }
    Ok(moved)
}
