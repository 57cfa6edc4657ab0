//! Free pages, the write-ahead log and the checkpoint: where the bytes of what was deleted live on.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::Executor;

use crate::store::address::Dialect;
use crate::store::error::Doing;
use crate::store::error::StoreError;
use crate::store::open::Store;

/// How often the log is tried to be emptied, while another process reads from it.
const TRIES_MAX: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

/// Whether the bytes are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// From the database's file, its log and its checkpoint.
    Gone,
    /// The log could not be emptied, since someone read from it all the time.
    LogInUse,
    /// The database looks after its own files.
    NotOurs,
}

impl Store {
    /// Writes the database anew without its free pages, empties its log, and removes the checkpoint, which the service
    /// writes again.
    pub async fn scrub(&self) -> Result<Scrubbed, StoreError> {
        const DOING: &str = "writing the database anew";
        let Some(checkpoint) = self.checkpoint().filter(|_| self.dialect() == Dialect::Sqlite) else {
            return Ok(Scrubbed::NotOurs);
        };
        remove(checkpoint.path())?;
        let mut writer = self.writer().acquire().await.doing(DOING)?;
        // On disk: the copy may be larger than the memory.
        writer.execute("PRAGMA temp_store = FILE").await.doing(DOING)?;
        let done = writer.execute("VACUUM").await.doing(DOING);
        writer.execute("PRAGMA temp_store = MEMORY").await.doing(DOING)?;
        done?;
        let log = checkpoint.log();
        for _ in 0..TRIES_MAX {
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.doing(DOING)?;
            if fs::metadata(&log).map_or(0, |log| log.len()) == 0 {
                return Ok(Scrubbed::Gone);
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        Ok(Scrubbed::LogInUse)
    }
}

fn remove(file: &Path) -> Result<(), StoreError> {
    match fs::remove_file(file) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            Err(StoreError::Database { doing: "removing the checkpoint", source: sqlx::Error::Io(error) })
        }
    }
}
