//! Erasing all of an account or of a person, down to the pages of the file.
//!
//! Invariant: an erasure is one transaction and one entry of the audit log, which itself names nobody. What mentions the
//! erased and is none of the columns that are known here is told and not guessed at.

mod account;
mod mention;
mod person;
mod reseal;
mod scrub;

use std::collections::BTreeMap;

use serde_json::json;

use crate::domain::Act;
use crate::domain::AuditKind;

use super::audit;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::open::Store;
use super::writer::Keep;
use super::writing::Writing;

pub use scrub::Scrubbed;

use mention::Mention;

const DOING: &str = "erasing";

/// What was erased, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasure {
    /// What stands in place of the name from now on.
    pub pseudonym: String,
    /// Rows that were removed or changed, by kind.
    pub touched: BTreeMap<&'static str, u64>,
    /// Columns that still mention it, with how many rows: texts that belong to others.
    pub remains: BTreeMap<String, u64>,
}

impl Erasure {
    fn count(&mut self, kind: &'static str, rows: u64) {
        if rows > 0 {
            *self.touched.entry(kind).or_default() += rows;
        }
    }
}

impl Store {
    /// Pseudonymises the audit log, enters the erasure there, looks what is left, and commits unless it was a trial.
    async fn close_erasure(
        &self,
        mut writing: Writing,
        (kind, act): (AuditKind, &Act),
        mention: &Mention,
        mut done: Erasure,
        keep: Keep,
    ) -> Result<Erasure, StoreError> {
        let sealed = reseal::replace(&mut writing, mention, &done.pseudonym).await?;
        done.count("audit entries", sealed.entries);
        let entry = Entry::new(act, kind, done.pseudonym.as_str()).changed(None, Some(json!(done.touched)));
        let facts = json!({"entries": sealed.entries, "seals": sealed.seals});
        audit::append(&mut writing, &[entry.with_facts(facts)]).await?;
        counters::next_version(&mut writing).await?;
        done.remains = mention::remains(&mut writing, self.dialect(), mention).await?;
        match keep {
            Keep::Yes => writing.commit().await.doing(DOING)?,
            Keep::DryRun => writing.rollback().await.doing(DOING)?,
        }
        Ok(done)
    }
}

/// The number that the entry of this erasure will have: nobody else writes meanwhile.
async fn coming_entry(writing: &mut Writing) -> Result<u64, StoreError> {
    Ok(counters::value(writing, "audit").await? + 1)
}
