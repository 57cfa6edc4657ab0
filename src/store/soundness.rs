//! Whether the file is sound: the database's own check of its pages, and whether all usage is what was written.

use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::Connection;

use super::address::Dialect;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::failed;
use super::open::Store;
use super::open::StoreCounts;

/// What the check says when all is well.
const WELL: &str = "ok";

impl Store {
    /// Has SQLite check all pages. It reads the whole file, over a connection of its own, so that nobody waits for it; a
    /// server of databases checks itself.
    pub async fn check_pages(&self) -> Result<(), StoreError> {
        const DOING: &str = "checking its pages";
        let address = self.address();
        if address.dialect != Dialect::Sqlite || address.in_memory {
            return Ok(());
        }
        let mut connection = AnyConnection::connect(&address.url).await.map_err(|bad| failed(DOING, bad))?;
        let said = quick_check(&mut connection).await;
        // It read only: how it closes changes nothing.
        let _closed = connection.close().await;
        said
    }

    /// Reads everything that figures are made of and compares it with what was written: pages, rows, and their sums.
    pub async fn prove(&self) -> Result<StoreCounts, StoreError> {
        self.check_pages().await?;
        let mut rows_read = 0;
        let mut view = self.usage_view().await?;
        view.each_account(None, Timestamp::MIN, |_account, rows| rows_read += rows.len() as u64).await?;
        let rows_written = counters::value(&mut view.reading, "usage").await?;
        drop(view);
        if rows_written == rows_read {
            return self.counts().await;
        }
        Err(StoreError::Damaged {
            doing: "counting its rows",
            what: format!("{rows_read} rows of usage where {rows_written} were written"),
        })
    }
}

async fn quick_check(connection: &mut AnyConnection) -> Result<(), StoreError> {
    const DOING: &str = "checking its pages";
    let said: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await.doing(DOING)?;
    if said == WELL { Ok(()) } else { Err(StoreError::Damaged { doing: DOING, what: said }) }
}
