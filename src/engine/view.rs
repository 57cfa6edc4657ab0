//! A snapshot cut to the accounts that someone may know of.
//!
//! Invariant: a view holds nothing of an account out of its scope, so that no answer, completion or error that is made
//! from it can tell of one. Only the churn model has learned from all accounts; what it learned names none.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::OnceLock;

use crate::domain::Scope;
use crate::domain::SourceId;

use super::cube::Kept;
use super::entry::Entry;
use super::memo::Memo;
use super::snapshot::Snapshot;

impl Snapshot {
    /// The part of it that a scope holds, made once for each scope. It shares everything that it shows.
    #[must_use]
    pub fn seen_by(self: &Arc<Self>, scope: &Scope) -> Arc<Self> {
        match scope {
            Scope::All => Arc::clone(self),
            Scope::Of(_) => self.views.get_or(scope.clone(), || self.cut_to(scope)),
        }
    }

    fn cut_to(&self, scope: &Scope) -> Self {
        let held = self.entries.iter().filter(|entry| scope.holds(&entry.account));
        let entries: Vec<Entry> = held.cloned().collect();
        let ids = entries.iter().enumerate().map(|(at, entry)| (entry.account.id.clone(), at));
        let index = Arc::new(ids.collect::<std::collections::HashMap<_, _>>());
        let sources: HashSet<&SourceId> = entries.iter().flat_map(|entry| &entry.frame.sources).collect();
        let marks = self.marks.iter().filter(|mark| sources.contains(&mark.source)).cloned().collect();
        let initiatives = self.initiatives.iter().filter(|(_, one)| index.contains_key(&one.account));
        // A forecast of the portfolio was one of all accounts, and would tell their sum.
        let foretold =
            self.foretold.iter().filter(|one| one.account.as_ref().is_some_and(|id| index.contains_key(id)));
        Self {
            rules: Arc::clone(&self.rules),
            currency: self.currency,
            dictionary: Arc::clone(&self.dictionary),
            initiatives: Arc::new(initiatives.map(|(id, one)| (id.clone(), Arc::clone(one))).collect()),
            marks,
            foretold: foretold.cloned().collect(),
            lives: Arc::clone(&self.lives),
            // Its sums are those of all accounts; a view reads the kept sums and the rows of its own.
            cube: Kept::TooLarge { rows: usize::MAX },
            entries: Arc::new(entries),
            index,
            outlooks: Memo::default(),
            kept_churn: self.kept_churn.clone(),
            learners: Arc::clone(&self.learners),
            churn: Arc::clone(&self.churn),
            chances: OnceLock::new(),
            watched: Memo::default(),
            views: Memo::default(),
            version: self.version,
            as_of: self.as_of,
            built_at: self.built_at,
        }
    }
}
