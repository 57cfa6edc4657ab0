//! Numbers that only grow: the data version, the count of usage rows, and the last id of each table.

use sqlx::AnyConnection;

use super::error::Doing;
use super::error::StoreError;

/// The present value.
pub(super) async fn value(connection: &mut AnyConnection, name: &'static str) -> Result<u64, StoreError> {
    let value: i64 = sqlx::query_scalar("SELECT value FROM counter WHERE name = $1")
        .bind(name)
        .fetch_one(connection)
        .await
        .doing("reading a counter")?;
    u64::try_from(value)
        .map_err(|_odd| StoreError::Corrupt { place: "counter.value", message: format!("{name} is {value}") })
}

/// Adds to a counter and returns its new value. The row stays locked until the transaction ends.
pub(super) async fn advance(
    connection: &mut AnyConnection,
    name: &'static str,
    by: u64,
) -> Result<i64, StoreError> {
    sqlx::query_scalar("UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value")
        .bind(name)
        .bind(i64::try_from(by).unwrap_or(i64::MAX))
        .fetch_one(connection)
        .await
        .doing("advancing a counter")
}

/// The data version after a change.
pub(super) async fn next_version(connection: &mut AnyConnection) -> Result<u64, StoreError> {
    advance(connection, "version", 1).await.map(i64::unsigned_abs)
}
