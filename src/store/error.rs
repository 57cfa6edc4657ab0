//! Why the store could not do something.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;

use crate::problem::NoRoom;

use super::room;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("the database failed while {doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// There is no room for what was to be written. What was committed before stays, and can be read.
    #[error("the database failed while {doing}: {source}")]
    Full {
        /// What was being done.
        doing: &'static str,
        /// In words for people.
        #[source]
        source: NoRoom,
    },
    /// The file is not what SQLite wrote.
    #[error(
        "the database file is damaged ({what}, found while {doing}); stop etsm, put back a backup with `etsm restore FILE`"
    )]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What is wrong, in the database's words.
        what: String,
    },
    /// Someone else has the file, and for this nobody else may.
    #[error("the database {file} is in use: {remedy}")]
    Held {
        /// The file.
        file: String,
        /// Who has it, and what to do.
        remedy: &'static str,
    },
    /// A file could not be copied, moved or read.
    #[error("{doing} {file}: {source}")]
    File {
        /// What was being done, as `writing`.
        doing: &'static str,
        /// To which file.
        file: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A copy does not hold what it should, or cannot be made so.
    #[error("{0}")]
    Copy(String),
    /// The schema is newer than this program.
    #[error("the database was written by a newer etsm; upgrade the program or restore a backup")]
    TooNew,
    /// A value in the database does not read back.
    #[error(
        "the database holds a bad value in {place}: {message}; a backup is put back with `etsm restore FILE`"
    )]
    Corrupt {
        /// Table and column.
        place: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A figure that does not fit into the database; nothing of its batch was kept.
    #[error("{figure} of account {account} is {given}, and at most {} can be kept", i64::MAX)]
    TooLarge {
        /// As `api_calls`.
        figure: &'static str,
        /// Whose it is.
        account: String,
        /// What came.
        given: u64,
    },
    /// The address is not one that this program can open.
    #[error("cannot open “{url}”: {message}")]
    BadUrl {
        /// Without the password.
        url: String,
        /// What would be right.
        message: String,
    },
}

/// Says what was being done when the database failed.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| failed(doing, source))
    }
}

/// What a failure of the database means.
pub(super) fn failed(doing: &'static str, source: sqlx::Error) -> StoreError {
    let code = source.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        Some(code) if room::is_missing(code) => {
            room::note_refusal();
            StoreError::Full { doing, source: NoRoom }
        }
        Some(code) if is_damage(code) => StoreError::Damaged { doing, what: source.to_string() },
        _ => StoreError::Database { doing, source },
    }
}

/// SQLite's codes for a malformed file and for one that is no database; extended ones hold the plain one in their last
/// eight bits.
fn is_damage(code: &str) -> bool {
    const CORRUPT: u32 = 11;
    const NOT_A_DATABASE: u32 = 26;
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, CORRUPT | NOT_A_DATABASE))
}

#[cold]
pub(super) fn corrupt(place: &'static str, message: String) -> StoreError {
    StoreError::Corrupt { place, message }
}

/// Reads a stored text back into its type.
pub(super) fn read_back<T>(text: &str, place: &'static str) -> Result<T, StoreError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|bad: T::Err| StoreError::Corrupt { place, message: format!("“{text}”: {bad}") })
}

/// Reads a stored instant back.
pub(super) fn instant(ms: i64, place: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|bad| StoreError::Corrupt { place, message: bad.to_string() })
}
