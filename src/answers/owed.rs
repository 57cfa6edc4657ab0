//! Usage that is committed first and shown later, so that many can commit while the next snapshot is built.
//!
//! Invariant: what is owed and the snapshot together are the store, or else the versions say that they are not.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::engine::SourceMark;
use crate::store::Committed;
use crate::store::StoreError;
use crate::store::UsageView;

use super::checkpoint::Stamps;
use super::publisher::Publisher;
use super::publisher::Turn;
use super::publisher::read_usage;

/// Usage that was committed and is not shown yet.
#[derive(Debug, Default)]
pub(super) struct Owed {
    accounts: BTreeSet<AccountId>,
    since: Option<Timestamp>,
    /// By how much the store is ahead of the snapshot for it.
    versions: u64,
}

impl Owed {
    fn add(&mut self, committed: Committed) {
        self.accounts.extend(committed.touched);
        self.since = self.since.into_iter().chain(committed.since).min();
        self.versions += committed.versions;
    }
}

/// What is owed, as the store has it.
pub(super) struct Seen {
    version: u64,
    marks: Vec<SourceMark>,
    newcomers: Vec<Account>,
    accounts: Vec<AccountId>,
    since: Option<Timestamp>,
    view: UsageView,
    stamps: Stamps,
}

impl Publisher {
    /// Commits usage that [`Publisher::show_owed`] shows later: whoever commits waits for no publication.
    pub(super) async fn commit<T>(
        &self,
        commit: impl Future<Output = Result<(T, Committed), StoreError>>,
    ) -> Result<T, StoreError> {
        let mut owed = self.owed.lock().await;
        let (done, committed) = commit.await?;
        owed.add(committed);
        Ok(done)
    }

    /// Publishes what [`Publisher::commit`] committed. What is committed meanwhile waits for the next time.
    pub(super) async fn show_owed(&self) -> Result<(), StoreError> {
        let mut turn = self.alone().await?;
        if turn.owed.versions == 0 {
            return Ok(());
        }
        let Some(seen) = self.look(&mut turn).await? else { return self.publish_whole(&turn).await };
        // Commits go on while the next snapshot is built.
        let Turn { alone, owed, .. } = turn;
        drop(owed);
        self.show(seen).await?;
        drop(alone);
        Ok(())
    }

    /// Looks at what is owed; `None` when nothing is, or when another process wrote, too. Should it not be shown in the
    /// end, the versions say that the whole has to be built.
    pub(super) async fn look(&self, turn: &mut Turn<'_>) -> Result<Option<Seen>, StoreError> {
        let Owed { accounts, since, versions } = std::mem::take(&mut *turn.owed);
        if versions == 0 || self.engine.snapshot().version() + versions != turn.before {
            return Ok(None);
        }
        let (version, marks) = (turn.before, self.marks().await?);
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        // Before the view: a database in memory has one connection.
        let newcomers = self.newcomers(&self.engine.snapshot(), &accounts).await?;
        let mut view = self.store.usage_view().await?;
        let state = view.state(Some(&accounts)).await?;
        let seen = Seen { version, marks, newcomers, accounts, since, view, stamps: state.stamps };
        Ok((state.version == version).then_some(seen))
    }

    /// Publishes what was looked at.
    pub(super) async fn show(&self, seen: Seen) -> Result<(), StoreError> {
        let Seen { version, marks, newcomers, accounts, since, mut view, stamps } = seen;
        let mut draft = self.engine.snapshot().draft();
        draft.accounts(newcomers);
        read_usage(&mut view, &mut draft, &accounts, since).await?;
        drop(view);
        draft.watermarks(marks);
        self.finish(draft, version).await;
        self.states().shown.extend(stamps);
        Ok(())
    }
}
