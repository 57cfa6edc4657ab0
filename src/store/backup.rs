//! A copy of the database beside the running service, and putting one back.
//!
//! Invariant: under the final name there is never anything but a whole, proven database.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::Connection;
use sqlx::Executor;

use super::address::Address;
use super::address::Dialect;
use super::error::Doing;
use super::error::StoreError;
use super::hold::Hold;
use super::migrations;
use super::open::Store;
use super::open::StoreCounts;

/// A copy holds the key that signs and the names of all customers: nobody but its owner reads it.
const OWNER_ONLY: u32 = 0o600;
/// Ends the name of a backup that is being made.
const MAKING: &str = ".making";
/// Ends the name of a database that is being put back.
const RESTORING: &str = ".restoring";

/// What to do with a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// Leave it, and refuse.
    Beside,
    /// Put the new copy in its place.
    Over,
}

/// A database that was put back.
#[derive(Debug)]
pub struct Restored {
    /// What it holds.
    pub counts: StoreCounts,
    /// Where the database is that stood there before.
    pub replaced: Option<PathBuf>,
}

impl Store {
    /// Copies the database as it is at one instant, while others go on writing. The copy is read back and proven, and then
    /// made durable, before it has its name.
    pub async fn back_up(&self, to: &Path, copied: Copied) -> Result<StoreCounts, StoreError> {
        if self.address().dialect != Dialect::Sqlite {
            let message = "this database is PostgreSQL; it is backed up by its own tools, as pg_dump";
            return Err(StoreError::Copy(message.to_owned()));
        }
        if copied == Copied::Beside && to.exists() {
            let message =
                format!("{} is there already; use --force to replace it, or another name", to.display());
            return Err(StoreError::Copy(message));
        }
        let making = with_ending(to, MAKING);
        let _mine = claim(&making)?;
        let made = self.copy_into(&making).await;
        let made = made.and_then(|counts| put_in_place(&making, to).map(|()| counts));
        if made.is_err() {
            // What is left of it is of no use; it is gone when only the last step failed.
            let _gone = fs::remove_file(&making);
        }
        made
    }

    /// What the database in a file holds, and whether all of it can be read and is what was written. Nothing is changed,
    /// not even brought up to date, and a service that uses the file goes on.
    pub async fn examine(file: &Path) -> Result<StoreCounts, StoreError> {
        prove_copy(file).await
    }

    /// The file of an address; `None` when it is no file.
    pub fn file_of(url: &str) -> Result<Option<PathBuf>, StoreError> {
        Ok(Address::read(url)?.file)
    }

    /// Up to when the newest source says that its data are complete.
    pub async fn newest_mark(file: &Path) -> Result<Option<Timestamp>, StoreError> {
        let copy = Self::open_copy(file).await?;
        let marks = copy.watermarks().await;
        copy.close().await;
        Ok(marks?.into_iter().map(|(_source, mark)| mark).max())
    }

    async fn copy_into(&self, making: &Path) -> Result<StoreCounts, StoreError> {
        const DOING: &str = "copying it";
        let path = making.to_str().ok_or_else(|| StoreError::Copy("the path must be UTF-8".to_owned()))?;
        // A connection of its own: nobody waits for it, and it holds one view of the file until it is done.
        let mut connection = AnyConnection::connect(&self.address().url).await.doing(DOING)?;
        connection.execute("PRAGMA busy_timeout = 30000").await.doing(DOING)?;
        let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(&mut connection).await.doing(DOING);
        let _closed = connection.close().await;
        copied?;
        prove_copy(making).await
    }

    /// Puts a backup in the place of the database at `url`, when nobody uses that. The backup is proven first, and the
    /// database that it replaces stays beside it.
    pub async fn restore(url: &str, backup: &Path, now: Timestamp) -> Result<Restored, StoreError> {
        sqlx::any::install_default_drivers();
        let address = Address::read(url)?;
        let Some(database) = address.file.as_deref() else {
            let message =
                "only a database that is an SQLite file can be restored; others have tools of their own";
            return Err(StoreError::Copy(message.to_owned()));
        };
        if let Some(folder) = address.folder() {
            fs::create_dir_all(folder).map_err(|source| file_failed("making", folder, source))?;
        }
        let _alone = Hold::alone(database)?;
        let restoring = with_ending(database, RESTORING);
        let restored = async {
            copy_file(backup, &restoring)?;
            let counts = prove_copy(&restoring).await?;
            let replaced =
                if database.exists() { Some(set_aside(database, &address.url, now).await?) } else { None };
            put_in_place(&restoring, database)?;
            Ok(Restored { counts, replaced })
        };
        let restored = restored.await;
        if restored.is_err() {
            let _gone = fs::remove_file(&restoring);
        }
        restored
    }
}

/// The file that a copy is made in: empty, and nobody else's while it is held. What a backup that was killed left there
/// goes, for the system gave up its lock.
fn claim(making: &Path) -> Result<File, StoreError> {
    let failed = |source| file_failed("making", making, source);
    let claimed = OpenOptions::new().write(true).create(true).truncate(false).mode(OWNER_ONLY).open(making);
    let claimed = claimed.map_err(failed)?;
    let number = |about: fs::Metadata| about.ino();
    let is_free = match claimed.try_lock() {
        // Whoever had it a moment ago may have given it its final name; then it is not this one's to empty.
        Ok(()) => fs::metadata(making).map(number).ok() == claimed.metadata().map(number).ok(),
        Err(TryLockError::WouldBlock) => false,
        // The folder takes no locks. An empty file was made just now.
        Err(TryLockError::Error(_unsupported)) => claimed.metadata().map_err(failed)?.len() == 0,
    };
    if !is_free {
        let message =
            format!("another backup is being made in {}; wait for it, or use another name", making.display());
        return Err(StoreError::Copy(message));
    }
    claimed.set_len(0).map_err(failed)?;
    for beside in ["-journal", "-wal", "-shm"] {
        // Found beside the new copy, it would be played into that one.
        let _gone = fs::remove_file(with_ending(making, beside));
    }
    Ok(claimed)
}

/// Proves that a file is a whole database of etsm that this program can read.
async fn prove_copy(file: &Path) -> Result<StoreCounts, StoreError> {
    let copy = Store::open_copy(file).await?;
    let proven = async {
        copy.check_pages().await?;
        let mut reading = copy.read().await?;
        let schema: Result<i64, sqlx::Error> =
            sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut *reading).await;
        drop(reading);
        let schema = schema.map_err(|_none| {
            StoreError::Copy(format!("{} is a database, but not one of etsm", file.display()))
        })?;
        match schema.cmp(&migrations::newest()) {
            std::cmp::Ordering::Greater => Err(StoreError::TooNew),
            std::cmp::Ordering::Equal => copy.prove().await,
            // Of an older program: its rows are read once it is brought up to date, at the next start.
            std::cmp::Ordering::Less => copy.counts().await,
        }
    };
    let proven = proven.await;
    copy.close().await;
    proven
}

/// Keeps the database under another name too, whole: what lies in its write-ahead log goes into it first.
async fn set_aside(database: &Path, url: &str, now: Timestamp) -> Result<PathBuf, StoreError> {
    let kept = with_ending(database, &format!(".replaced-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    let wal = with_ending(database, "-wal");
    if wal.exists() {
        // One that is damaged may refuse; then its log is kept beside it.
        if let Ok(mut connection) = AnyConnection::connect(url).await {
            let _settled = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
            let _closed = connection.close().await;
        }
    }
    // Both names stand for the old database until the new one takes the first: there is no instant without one.
    if fs::hard_link(database, &kept).is_err() {
        copy_file(database, &kept)?;
    }
    if wal.exists() {
        // Found beside another database, it would be played into that one.
        let beside = with_ending(&kept, "-wal");
        fs::rename(&wal, &beside).map_err(|source| file_failed("moving", &wal, source))?;
    }
    // Only what a process that is gone remembered of the log.
    let _gone = fs::remove_file(with_ending(database, "-shm"));
    Ok(kept)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = File::open(from).map_err(|bad| file_failed("reading", from, bad))?;
    let made = OpenOptions::new().write(true).create(true).truncate(true).mode(OWNER_ONLY).open(to);
    let copied = made.and_then(|mut target| {
        io::copy(&mut source, &mut target)?;
        target.sync_all()
    });
    copied.map_err(|bad| file_failed("writing", to, bad))
}

/// Gives a file its name, durably.
fn put_in_place(file: &Path, name: &Path) -> Result<(), StoreError> {
    let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(file)
        .and_then(|open| open.sync_all())
        .and_then(|()| fs::rename(file, name))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|source| file_failed("putting in place", name, source))
}

fn file_failed(doing: &'static str, file: &Path, source: io::Error) -> StoreError {
    StoreError::File { doing, file: file.display().to_string(), source }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
