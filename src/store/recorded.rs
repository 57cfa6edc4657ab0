//! What became of things that were sent to the store.

use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::domain::AccountId;
use crate::domain::Used;

use super::counters;
use super::error::StoreError;
use super::pushed::Committed;

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
    /// Accounts with new or replaced rows, each once, in the order of their ids.
    pub touched: Vec<AccountId>,
    /// The earliest instant of the new or replaced rows of usage: no usage before it changed.
    pub changed_since: Option<Timestamp>,
    /// Data version after the commit; grows only when something changed. A dry run shows the present one.
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

/// What one thing did to what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Equal to what was there.
    None,
    /// Nothing was there.
    New,
    /// Something else was there.
    Replaced,
}

impl Change {
    pub(super) fn between<T: PartialEq>(before: Option<&T>, after: &T) -> Self {
        match before {
            None => Self::New,
            Some(before) if before == after => Self::None,
            Some(_) => Self::Replaced,
        }
    }
}

impl Recorded {
    /// What the commit of a batch of usage changed.
    #[must_use]
    pub fn committed(&self) -> Committed {
        let versions = u64::from(self.accepted + self.replaced > 0);
        Committed { touched: self.touched.clone(), since: self.changed_since, versions }
    }

    pub(super) fn count(&mut self, change: Change, account: &AccountId) {
        match change {
            Change::None => self.duplicates += 1,
            Change::New => self.accepted += 1,
            Change::Replaced => self.replaced += 1,
        }
        if change != Change::None {
            self.touched.push(account.clone());
        }
    }

    /// Puts the touched accounts in order and takes the next data version when something changed.
    pub(super) async fn close(&mut self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        self.touched.sort();
        self.touched.dedup();
        self.version = if self.accepted + self.replaced > 0 {
            counters::next_version(connection).await?
        } else {
            counters::value(connection, "version").await?
        };
        Ok(())
    }
}
