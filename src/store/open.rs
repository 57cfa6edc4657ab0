//! Opening, migrating and closing the database.
//!
//! Invariant: everything that writes goes through the one connection of `writer`, so writers queue instead of failing.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Any;
use sqlx::AnyConnection;
use sqlx::AnyPool;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::Database;
use sqlx::Executor;
use sqlx::SqlSafeStr;
use sqlx::Transaction;
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::MigrateError;
use sqlx::migrate::Migrator;
use sqlx::query::Query;

use super::checkpoint::CheckpointFile;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::statements::Statements;

/// File of the default database inside the data folder.
const FILE_NAME: &str = "etsm.db";
/// Questions and a reload may read at the same time; more than this only contend on two cores.
const READERS_MAX: u32 = 4;
/// How long a writer waits for its turn: a dry run of millions of rows holds the writer to its end.
const WRITER_WAIT: Duration = Duration::from_secs(600);
/// Words of the migrations that only SQLite gets: one tree for key and row halves the file.
const SQLITE_WORDS: (&str, &str) = ("/*SQLITE WITHOUT ROWID*/", "WITHOUT ROWID");
/// Set on each connection. FULL makes a commit survive a power cut; the wait bridges another program's commit; the
/// cache, 16 MB, holds the inner pages of the usage tree.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;";

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// The database, with its pool.
#[derive(Debug, Clone)]
pub struct Store {
    readers: AnyPool,
    writer: AnyPool,
    dialect: Dialect,
    statements: Arc<Statements>,
    checkpoint: Option<CheckpointFile>,
}

/// Which database it is, where that makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Takes the write lock at once, so that a writer never fails half way for having read too early.
    fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// One view for all reads inside.
    fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        }
    }

    /// A placeholder of a long statement. SQLite looks a named one up in a list for each binding, which is quadratic.
    pub(super) fn placeholder(self, number: usize) -> String {
        match self {
            Self::Sqlite => "?".to_owned(),
            Self::Postgres => format!("${number}"),
        }
    }
}

impl Store {
    /// Opens `url` (`sqlite:///path/file.db`, `sqlite::memory:`), creates what is missing and migrates.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let address = Address::read(url)?;
        if let Some(folder) = address.folder() {
            std::fs::create_dir_all(folder).map_err(|bad| StoreError::BadUrl {
                url: without_password(url),
                message: format!("its folder cannot be created: {bad}"),
            })?;
        }
        look(&address).await?;
        let writer = connect(&address, 1, WRITER_WAIT).await?;
        migrate(&writer, address.dialect).await?;
        // A database in memory belongs to its connection, so reader and writer have to share the one.
        let readers = if address.in_memory {
            writer.clone()
        } else {
            connect(&address, READERS_MAX, Duration::from_secs(30)).await?
        };
        let statements = Arc::new(Statements::new(address.dialect));
        let checkpoint = address.file.as_deref().map(CheckpointFile::beside);
        Ok(Self { readers, writer, dialect: address.dialect, statements, checkpoint })
    }

    /// Opens the default file `etsm.db` in `dir`, which is created.
    pub async fn open_dir(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        let text = path.to_str().ok_or_else(|| StoreError::BadUrl {
            url: path.display().to_string(),
            message: "the path must be UTF-8".to_owned(),
        })?;
        const ESCAPED: &percent_encoding::AsciiSet =
            &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'?').add(b'\\');
        Self::open(&format!("sqlite://{}", percent_encoding::utf8_percent_encode(text, ESCAPED))).await
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

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
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
        self.readers.begin_with(self.dialect.begin_read()).await.doing("beginning to read")
    }

    /// The only way to write; dropping it rolls back.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let mut writing =
            self.writer.begin_with(self.dialect.begin_write()).await.doing("beginning to write")?;
        if self.dialect == Dialect::Postgres {
            // One writer at a time over all replicas: what a batch finds cannot change before it writes.
            counters::advance(&mut writing, "version", 0).await?;
        }
        Ok(writing)
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

/// An address, looked at.
struct Address {
    url: String,
    dialect: Dialect,
    in_memory: bool,
    /// Where SQLite keeps it.
    file: Option<PathBuf>,
}

impl Address {
    /// The folder to create.
    fn folder(&self) -> Option<&Path> {
        self.file.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty())
    }

    fn read(url: &str) -> Result<Self, StoreError> {
        let bad =
            |message: &str| StoreError::BadUrl { url: without_password(url), message: message.to_owned() };
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let url = url.to_owned();
            return Ok(Self { url, dialect: Dialect::Postgres, in_memory: false, file: None });
        }
        let Some(rest) = url.strip_prefix("sqlite:") else {
            return Err(bad("use sqlite:///path/file.db, or leave it out for a file in the data folder"));
        };
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(bad("it names no file; use sqlite:///path/file.db"));
        }
        if path == ":memory:" || options.split('&').any(|option| option == "mode=memory") {
            let url = "sqlite::memory:".to_owned();
            return Ok(Self { url, dialect: Dialect::Sqlite, in_memory: true, file: None });
        }
        let plain = percent_encoding::percent_decode_str(path)
            .decode_utf8()
            .map_err(|_odd| bad("its path is not UTF-8"))?;
        let file = Some(PathBuf::from(&*plain));
        let full = if options.split('&').any(|option| option.starts_with("mode=")) {
            url.to_owned()
        } else {
            format!("{url}{}mode=rwc", if options.is_empty() { "?" } else { "&" })
        };
        Ok(Self { url: full, dialect: Dialect::Sqlite, in_memory: false, file })
    }
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
        source => StoreError::Database { doing: "opening it", source },
    }
}

async fn connect(address: &Address, connections: u32, wait: Duration) -> Result<AnyPool, StoreError> {
    let dialect = address.dialect;
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(u32::from(address.in_memory))
        .acquire_timeout(wait)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _about| {
            Box::pin(async move {
                match dialect {
                    Dialect::Sqlite => connection.execute(SQLITE_SETTINGS).await.map(|_done| ()),
                    Dialect::Postgres => Ok(()),
                }
            })
        })
        .connect(&address.url)
        .await
        .map_err(|source| refused(address, source))
}

/// Brings the schema up to date.
async fn migrate(writer: &AnyPool, dialect: Dialect) -> Result<(), StoreError> {
    let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let mut migrations = MIGRATIONS.migrations.to_vec();
    if dialect == Dialect::Sqlite {
        for migration in &mut migrations {
            let sql = migration.sql.as_str().replace(SQLITE_WORDS.0, SQLITE_WORDS.1);
            // The text is ours, compiled in; its checksum stays that of the file.
            migration.sql = AssertSqlSafe(sql).into_sql_str();
        }
    }
    match Migrator::with_migrations(migrations).run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) if version > newest => Err(StoreError::TooNew),
        Err(MigrateError::Execute(source)) => {
            Err(StoreError::Database { doing: "bringing the schema up to date", source })
        }
        Err(other) => Err(StoreError::Corrupt { place: "its schema", message: other.to_string() }),
    }
}

/// `scheme://user:secret@host` without the secret.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((login, host)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let shown = match Address::read(url) {
            Ok(address) => format!("{} in {:?}", address.url, address.folder().unwrap_or(Path::new(""))),
            Err(bad) => bad.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_address_is_opened_or_explained() {
        check(
            "sqlite:///var/lib/etsm/a%20b.db",
            r#"sqlite:///var/lib/etsm/a%20b.db?mode=rwc in "/var/lib/etsm""#,
        );
        check("sqlite://etsm.db?mode=ro", r#"sqlite://etsm.db?mode=ro in """#);
        check("sqlite::memory:", r#"sqlite::memory: in """#);
        check("sqlite://", "cannot open “sqlite://”: it names no file; use sqlite:///path/file.db");
        check(
            "mysql://db/etsm",
            "cannot open “mysql://db/etsm”: use sqlite:///path/file.db, or leave it out for a file in the data folder",
        );
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(without_password("postgres://etsm:s3cr@t@db/etsm"), "postgres://etsm@db/etsm");
        assert_eq!(without_password("sqlite:///a.db"), "sqlite:///a.db");
    }
}
