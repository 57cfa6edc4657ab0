//! Durable state. All SQL lives here; times are milliseconds, money is micro-units.
//!
//! Invariant: a method that returns `Ok` has committed; the figures it returned are in the file.

use std::path::Path;

use jiff::Timestamp;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::InitiativeUpdate;
use crate::domain::Note;
use crate::domain::SourceId;
use crate::domain::UsageRow;
use crate::domain::Used;

/// The database, with its pool.
#[derive(Debug, Clone)]
pub struct Store {}

/// What became of a batch of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// New rows.
    pub accepted: u64,
    /// Rows that were there already, equal in all figures.
    pub duplicates: u64,
    /// Rows that replaced an earlier statement of the same bucket or event.
    pub replaced: u64,
    /// What became of each row of the batch, in its order; empty for accounts and initiatives.
    pub outcomes: Vec<Outcome>,
    /// Accounts with new or replaced rows, each once.
    pub touched: Vec<AccountId>,
    /// Data version after the commit; grows only when something changed.
    pub version: u64,
}

/// What became of one usage row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its key was new.
    Accepted,
    /// It was there already, equal in all figures.
    Duplicate,
    /// It replaced an earlier statement, be it of this batch or of the store.
    Replaced {
        /// The figures that no longer hold.
        before: Used,
    },
}

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
    /// The address is not one that this program can open.
    #[error("cannot open “{url}”: {message}")]
    BadUrl {
        /// Without the password.
        url: String,
        /// What would be right.
        message: String,
    },
}

/// Whether an import is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Commit.
    Yes,
    /// Count, then roll back.
    DryRun,
}

/// Usage rows being recorded: one transaction for each batch, or one for all on a dry run.
#[derive(Debug)]
pub struct UsageWriter {}

#[expect(clippy::todo, unused_variables, clippy::unused_async, reason = "the store is being written")]
impl UsageWriter {
    /// Records a batch. Equal keys inside it: the later row wins and counts as replaced, or as a duplicate when equal.
    /// `names` gives the display name of accounts whose id was derived from another text. On `Keep::Yes` the batch is
    /// committed when this returns.
    pub async fn record(
        &mut self,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
    ) -> Result<Recorded, StoreError> {
        todo!()
    }
    /// Says that the source's data are complete up to `watermark` (it never moves back) and ends; a dry run rolls back.
    pub async fn finish(self, watermark: Option<(SourceId, Timestamp)>) -> Result<(), StoreError> {
        todo!()
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

#[expect(clippy::todo, unused_variables, clippy::unused_async, reason = "the store is being written")]
impl Store {
    /// Opens `url` (`sqlite:///path/file.db`, `sqlite::memory:`), creates what is missing and migrates.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        todo!()
    }
    /// Opens the default file `etsm.db` in `dir`, which is created.
    pub async fn open_dir(dir: &Path) -> Result<Self, StoreError> {
        todo!()
    }
    /// A database that vanishes with the handle.
    pub async fn in_memory() -> Result<Self, StoreError> {
        todo!()
    }
    /// Waits for running work and closes the file (checkpoints the WAL).
    pub async fn close(&self) {
        todo!()
    }
    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }
    /// Data version; grows with every commit that changes usage, accounts, initiatives or notes.
    pub async fn version(&self) -> Result<u64, StoreError> {
        todo!()
    }
    /// Row counts.
    pub async fn counts(&self) -> Result<StoreCounts, StoreError> {
        todo!()
    }

    /// Begins to record usage.
    pub async fn usage_writer(&self, keep: Keep) -> Result<UsageWriter, StoreError> {
        todo!()
    }
    /// All usage of the accounts given (all accounts when `None`), grouped by account and in time order, handed over in
    /// runs of one account each, so that memory holds one account at a time.
    pub async fn each_account_usage(
        &self,
        accounts: Option<&[AccountId]>,
        mut take: impl FnMut(AccountId, Vec<UsageRow>) + Send,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// Watermarks of all sources.
    pub async fn watermarks(&self) -> Result<Vec<(SourceId, Timestamp)>, StoreError> {
        todo!()
    }

    /// Adds accounts or replaces those of the same id.
    pub async fn put_accounts(&self, accounts: &[Account]) -> Result<Recorded, StoreError> {
        todo!()
    }
    /// All accounts.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        todo!()
    }

    /// Adds initiatives or replaces those of the same id, with their updates. Unknown accounts are refused by the caller.
    pub async fn put_initiatives(&self, initiatives: &[Initiative]) -> Result<Recorded, StoreError> {
        todo!()
    }
    /// The next free id, `ini-1`, `ini-2` …
    pub async fn next_initiative_id(&self) -> Result<InitiativeId, StoreError> {
        todo!()
    }
    /// Adds a line to an initiative's log.
    pub async fn add_initiative_update(
        &self,
        id: &InitiativeId,
        update: &InitiativeUpdate,
    ) -> Result<u64, StoreError> {
        todo!()
    }
    /// All initiatives.
    pub async fn initiatives(&self) -> Result<Vec<Initiative>, StoreError> {
        todo!()
    }

    /// Adds notes.
    pub async fn add_notes(&self, notes: &[Note]) -> Result<u64, StoreError> {
        todo!()
    }
    /// All notes, oldest first.
    pub async fn notes(&self) -> Result<Vec<Note>, StoreError> {
        todo!()
    }

    /// A small value kept under a name, as the hash of the commands last registered with Discord.
    pub async fn kept(&self, key: &str) -> Result<Option<String>, StoreError> {
        todo!()
    }
    /// Keeps a small value under a name.
    pub async fn keep(&self, key: &str, value: &str) -> Result<(), StoreError> {
        todo!()
    }
}
