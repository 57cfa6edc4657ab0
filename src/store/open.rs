//! Opening, migrating and closing the database.
//!
//! Invariant: everything that writes goes through the one connection of `writer`, so writers queue instead of failing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::Any;
use sqlx::AnyConnection;
use sqlx::AnyPool;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::Database;
use sqlx::Executor;
use sqlx::Transaction;
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::MigrateError;
use sqlx::migrate::Migrator;
use sqlx::query::Query;

use super::address::Address;
use super::address::Dialect;
use super::address::url_of;
use super::address::without_password;
use super::checkpoint::CheckpointFile;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::failed;
use super::hold::Hold;
use super::migrations;
use super::room::Room;
use super::statements::Statements;
use super::writing::Writing;

/// File of the default database inside the data folder.
const FILE_NAME: &str = "etsm.db";
/// Questions and a reload may read at the same time; more than this only contend on two cores.
const READERS_MAX: u32 = 4;
/// How long a writer waits for its turn: a dry run of millions of rows holds the writer to its end.
const WRITER_WAIT: Duration = Duration::from_secs(600);
/// Set on each connection. FULL makes a commit survive a power cut; the wait bridges another program's commit; the
/// cache, 16 MB, holds the inner pages of the usage tree.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;";

/// Bytes of a page of SQLite, which is what its size is limited in.
const PAGE_BYTES: u64 = 4_096;
/// A copy is only looked at: it stays in the form that it has.
const COPY_SETTINGS: &str = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";

/// The database, with its pool.
#[derive(Debug, Clone)]
pub struct Store {
    readers: AnyPool,
    writer: AnyPool,
    address: Arc<Address>,
    _hold: Option<Arc<Hold>>,
    pub(super) room: Arc<Room>,
    statements: Arc<Statements>,
    writes: Arc<AtomicU64>,
    checkpoint: Option<CheckpointFile>,
}

impl Store {
    /// Opens `url` (`sqlite:///path/file.db`, `sqlite::memory:`), creates what is missing and migrates.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_within(url, None).await
    }

    /// The same; an SQLite file grows no larger than `bytes_max`, and beyond that is as a full disk.
    pub async fn open_within(url: &str, bytes_max: Option<u64>) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let address = Address::read(url)?;
        if let Some(folder) = address.folder() {
            std::fs::create_dir_all(folder).map_err(|bad| StoreError::BadUrl {
                url: without_password(url),
                message: format!("its folder cannot be created: {bad}"),
            })?;
        }
        let hold = address.file.as_deref().map(Hold::together).transpose()?.flatten().map(Arc::new);
        look(&address).await?;
        let limit =
            bytes_max.map(|bytes| format!("PRAGMA max_page_count = {};", (bytes / PAGE_BYTES).max(1)));
        let settings = format!("{SQLITE_SETTINGS}{}", limit.unwrap_or_default());
        let writer = connect(&address, 1, WRITER_WAIT, &settings).await?;
        migrate(&writer, address.dialect).await?;
        // A database in memory belongs to its connection, so reader and writer have to share the one.
        let readers = if address.in_memory {
            writer.clone()
        } else {
            connect(&address, READERS_MAX, Duration::from_secs(30), SQLITE_SETTINGS).await?
        };
        Ok(Self { _hold: hold, ..Self::over(address, readers, writer) })
    }

    /// Opens a copy of a database for reading alone; nothing about the file changes.
    pub(super) async fn open_copy(file: &Path) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let address = Address::read(&format!("{}?mode=ro", url_of(file)?))?;
        look(&address).await?;
        let readers = connect(&address, 1, Duration::from_secs(30), COPY_SETTINGS).await?;
        Ok(Self::over(address, readers.clone(), readers))
    }

    fn over(address: Address, readers: AnyPool, writer: AnyPool) -> Self {
        let statements = Arc::new(Statements::new(address.dialect));
        let checkpoint = address.file.as_deref().map(CheckpointFile::beside);
        let (address, room) = (Arc::new(address), Arc::default());
        Self { readers, writer, address, _hold: None, room, statements, writes: Arc::default(), checkpoint }
    }

    /// Opens the default file `etsm.db` in `dir`, which is created.
    pub async fn open_dir(dir: &Path) -> Result<Self, StoreError> {
        Self::open(&Self::url_in(dir)?).await
    }

    /// The address of the default file in a folder.
    pub fn url_in(dir: &Path) -> Result<String, StoreError> {
        url_of(&dir.join(FILE_NAME))
    }

    /// A database that vanishes with the handle. It has one connection: whoever reads waits for whoever writes.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::open("sqlite::memory:").await
    }

    /// Waits for running work and closes the file (checkpoints the WAL).
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.readers.execute("SELECT 1").await.doing("asking whether it is there").map(|_done| ())
    }

    /// Data version; grows with every commit that changes usage, watermarks, accounts, initiatives, notes,
    /// overrides or the health configuration.
    pub async fn version(&self) -> Result<u64, StoreError> {
        let mut reading = self.read().await?;
        counters::value(&mut reading, "version").await
    }

    /// Row counts.
    pub async fn counts(&self) -> Result<StoreCounts, StoreError> {
        let mut reading = self.read().await?;
        let usage_rows = counters::value(&mut reading, "usage").await?;
        let (accounts, initiatives): (i64, i64) =
            sqlx::query_as("SELECT (SELECT COUNT(*) FROM account), (SELECT COUNT(*) FROM initiative)")
                .fetch_one(&mut *reading)
                .await
                .doing("counting rows")?;
        Ok(StoreCounts {
            usage_rows,
            accounts: accounts.unsigned_abs(),
            initiatives: initiatives.unsigned_abs(),
        })
    }

    /// The file beside the database that makes a start fast; a database in memory or on a server has none.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&CheckpointFile> {
        self.checkpoint.as_ref()
    }

    /// The file that SQLite keeps it in.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.address.file.as_deref()
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.address.dialect
    }

    /// For what cannot run inside a transaction.
    pub(super) fn writer(&self) -> &AnyPool {
        &self.writer
    }

    pub(super) fn statements(&self) -> &Statements {
        &self.statements
    }

    /// A view that does not move; dropping it ends it.
    pub(super) async fn read(&self) -> Result<Transaction<'static, Any>, StoreError> {
        self.readers.begin_with(self.address.dialect.begin_read()).await.doing("beginning to read")
    }

    /// The only way to write; dropping it rolls back.
    pub(super) async fn write(&self) -> Result<Writing, StoreError> {
        let mut writing =
            self.writer.begin_with(self.address.dialect.begin_write()).await.doing("beginning to write")?;
        if self.address.dialect == Dialect::Postgres {
            // One writer at a time over all replicas: what a batch finds cannot change before it writes.
            counters::advance(&mut writing, "version", 0).await?;
        }
        Ok(Writing::new(writing, Arc::clone(&self.writes)))
    }

    /// Grows with each write of this process; what was read while it stayed the same may be told again.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    /// One statement that changes something, committed; tells how many rows it touched.
    pub(super) async fn change(
        &self,
        doing: &'static str,
        statement: Query<'_, Any, <Any as Database>::Arguments>,
    ) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        let done = statement.execute(&mut *writing).await.doing(doing)?;
        writing.commit().await.doing(doing)?;
        Ok(done.rows_affected())
    }
}

/// What the store holds, for status pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreCounts {
    /// Usage rows.
    pub usage_rows: u64,
    /// Accounts.
    pub accounts: u64,
    /// Initiatives.
    pub initiatives: u64,
}

/// Opens the database once by itself: a pool would try a file that is no database again and again until its patience
/// ends.
async fn look(address: &Address) -> Result<(), StoreError> {
    let mut connection =
        AnyConnection::connect(&address.url).await.map_err(|source| refused(address, source))?;
    let first = match address.dialect {
        Dialect::Sqlite => "SELECT COUNT(*) FROM sqlite_schema",
        Dialect::Postgres => "SELECT 1",
    };
    connection.execute(first).await.map_err(|source| refused(address, source))?;
    connection.close().await.map_err(|source| refused(address, source))
}

fn refused(address: &Address, source: sqlx::Error) -> StoreError {
    match source {
        // Such as a database that this build has no driver for.
        sqlx::Error::Configuration(why) => {
            StoreError::BadUrl { url: without_password(&address.url), message: why.to_string() }
        }
        source => failed("opening it", source),
    }
}

async fn connect(
    address: &Address,
    connections: u32,
    wait: Duration,
    settings: &str,
) -> Result<AnyPool, StoreError> {
    let (dialect, in_memory) = (address.dialect, address.in_memory);
    let settings: Arc<str> = settings.into();
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(u32::from(address.in_memory))
        .acquire_timeout(wait)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .before_acquire(move |connection, _about| Box::pin(is_at_rest(connection, in_memory)))
        .after_connect(move |connection, _about| {
            let settings = Arc::clone(&settings);
            Box::pin(async move {
                match dialect {
                    Dialect::Sqlite => connection.execute(AssertSqlSafe(settings)).await.map(|_done| ()),
                    Dialect::Postgres => Ok(()),
                }
            })
        })
        .connect(&address.url)
        .await
        .map_err(|source| refused(address, source))
}

/// Whether a connection can be used again. A full disk makes SQLite end a transaction by itself, of which the driver knows
/// nothing: such a connection would begin no other one, and is opened anew. A database in memory goes with its connection.
async fn is_at_rest(connection: &mut AnyConnection, in_memory: bool) -> Result<bool, sqlx::Error> {
    if in_memory || !connection.is_in_transaction() {
        return Ok(true);
    }
    // A transaction that was dropped may still be on its way back; what is asked now comes after it.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Brings the schema up to date, each step whole or not at all.
async fn migrate(writer: &AnyPool, dialect: Dialect) -> Result<(), StoreError> {
    match Migrator::with_migrations(migrations::steps(dialect)).run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) if version > migrations::newest() => {
            Err(StoreError::TooNew)
        }
        Err(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => {
            Err(failed("bringing the schema up to date", source))
        }
        Err(other) => Err(StoreError::Corrupt { place: "its schema", message: other.to_string() }),
    }
}
