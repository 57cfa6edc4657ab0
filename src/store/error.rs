//! Why the store could not do something.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;

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
    /// The schema is newer than this program.
    #[error("the database was written by a newer etsm; upgrade the program or restore a backup")]
    TooNew,
    /// A value in the database does not read back.
    #[error("the database holds a bad value in {place}: {message}")]
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
        self.map_err(|source| StoreError::Database { doing, source })
    }
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
