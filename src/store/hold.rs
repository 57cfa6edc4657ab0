//! Who has the database file: all who use it together, or one alone who replaces it.
//!
//! The system gives up a lock when its process ends, however it ends.

use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::error::StoreError;

/// A lock on a database file, held until it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    _file: File,
}

impl Hold {
    /// As one of many who use the file. `None` where the folder takes no locks.
    pub(super) fn together(database: &Path) -> Result<Option<Self>, StoreError> {
        let Ok(file) = lock_file(database) else { return Ok(None) };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => {
                Err(held(database, "it is being replaced by `etsm restore`; try again in a minute"))
            }
            Err(TryLockError::Error(_unsupported)) => Ok(None),
        }
    }

    /// As the only one.
    pub(super) fn alone(database: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::File {
            doing: "locking",
            file: path_of(database).display().to_string(),
            source,
        };
        let file = lock_file(database).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(held(database, "stop the service and whatever else works on it, and try again"))
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

fn held(database: &Path, remedy: &'static str) -> StoreError {
    StoreError::Held { file: database.display().to_string(), remedy }
}

/// A file of its own: SQLite locks the database's own bytes, and closing a second handle on it would drop those locks.
fn lock_file(database: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path_of(database))
}

fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_use_a_file_together_and_one_alone_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("etsm.db");
        let (one, two) = (Hold::together(&database).unwrap(), Hold::together(&database).unwrap());
        assert!(one.is_some() && two.is_some());
        assert!(Hold::alone(&database).unwrap_err().to_string().contains("stop the service"));
        drop((one, two));
        let alone = Hold::alone(&database).unwrap();
        assert!(Hold::together(&database).unwrap_err().to_string().contains("restore"));
        drop(alone);
        assert!(Hold::together(&database).unwrap().is_some());
    }
}
