//! Keeps the engine in step with the store: one writer at a time commits, then publishes what it changed.
//!
//! Invariant: the snapshot's version is that of a store state it shows in full. When the two are not in step, as after
//! a failed publication or a write by another process, the next publication rebuilds the whole.

mod beside;
mod whole;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::sync::MutexGuard;
use tokio::sync::watch;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Clock;
use crate::domain::Grain;
use crate::domain::Initiative;
use crate::domain::utc_date;
use crate::engine::Draft;
use crate::engine::Engine;
use crate::engine::Snapshot;
use crate::engine::SourceMark;
use crate::store::Committed;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::UsageView;

use super::checkpoint::Stamps;

/// What a commit changed.
#[derive(Debug, Default)]
pub(super) struct Change<'a> {
    /// Accounts whose usage changed.
    pub(super) usage: &'a [AccountId],
    /// No usage before this instant changed.
    pub(super) usage_since: Option<Timestamp>,
    /// Accounts as they are now.
    pub(super) accounts: &'a [Account],
    /// Initiatives as they are now.
    pub(super) initiatives: &'a [Initiative],
    /// Accounts with new notes.
    pub(super) noted: BTreeSet<AccountId>,
    /// The account whose override was set or taken back.
    pub(super) overridden: Option<&'a AccountId>,
}

/// The one writer of the engine.
pub(super) struct Publisher {
    engine: Arc<Engine>,
    store: Store,
    clock: Arc<dyn Clock>,
    writing: Mutex<()>,
    /// Held while something is committed, and until it is known what a publication shows. Whoever also holds `writing`
    /// takes that first.
    owed: Mutex<Owed>,
    /// Held for a moment only; it changes in a turn, together with the snapshot.
    states: std::sync::Mutex<States>,
    versions: watch::Sender<u64>,
}

/// In which state of the store the usage of each account is held.
#[derive(Debug, Default)]
struct States {
    /// By the snapshot.
    shown: Stamps,
    /// By the checkpoint.
    saved: Stamps,
}

/// Usage that was committed and is not shown yet.
#[derive(Debug, Default)]
struct Owed {
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
struct Seen {
    version: u64,
    marks: Vec<SourceMark>,
    newcomers: Vec<Account>,
    accounts: Vec<AccountId>,
    since: Option<Timestamp>,
    view: UsageView,
    stamps: Stamps,
}

/// The right to write, with the store's version before.
pub(super) struct Turn<'a> {
    _alone: MutexGuard<'a, ()>,
    owed: MutexGuard<'a, Owed>,
    before: u64,
}

impl Publisher {
    pub(super) fn new(engine: Arc<Engine>, store: Store, clock: Arc<dyn Clock>) -> Self {
        let versions = watch::Sender::new(engine.snapshot().version());
        Self {
            engine,
            store,
            clock,
            owed: Mutex::default(),
            writing: Mutex::new(()),
            states: std::sync::Mutex::default(),
            versions,
        }
    }

    /// Tells of each new snapshot's version.
    pub(super) fn versions(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }

    /// Waits for the right to write.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let mut turn = self.alone().await?;
        if let Some(seen) = self.look(&mut turn).await? {
            self.show(seen).await?;
        }
        Ok(turn)
    }

    async fn alone(&self) -> Result<Turn<'_>, StoreError> {
        let alone = self.writing.lock().await;
        let owed = self.owed.lock().await;
        let before = self.store.version().await?;
        Ok(Turn { _alone: alone, owed, before })
    }

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
        let Turn { _alone: alone, owed, .. } = turn;
        drop(owed);
        self.show(seen).await?;
        drop(alone);
        Ok(())
    }

    /// Looks at what is owed; `None` when nothing is, or when another process wrote, too. Should it not be shown in the
    /// end, the versions say that the whole has to be built.
    async fn look(&self, turn: &mut Turn<'_>) -> Result<Option<Seen>, StoreError> {
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
    async fn show(&self, seen: Seen) -> Result<(), StoreError> {
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

    /// Accounts that the snapshot does not know, if there are any among these.
    async fn newcomers(&self, base: &Snapshot, accounts: &[AccountId]) -> Result<Vec<Account>, StoreError> {
        if accounts.iter().all(|id| base.account(id).is_some()) {
            return Ok(Vec::new());
        }
        let mut found = self.store.accounts().await?;
        found.retain(|one| base.account(&one.id).is_none());
        Ok(found)
    }

    fn states(&self) -> std::sync::MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Publishes what this turn committed.
    pub(super) async fn publish(&self, turn: &Turn<'_>, change: Change<'_>) -> Result<(), StoreError> {
        let base = self.engine.snapshot();
        let version = self.store.version().await?;
        let marks = self.marks().await?;
        if version == base.version() {
            return Ok(());
        }
        let changes_data = !change.usage.is_empty()
            || !change.accounts.is_empty()
            || !change.initiatives.is_empty()
            || !change.noted.is_empty()
            || change.overridden.is_some();
        let moves_marks = marks != base.watermarks();
        let expected = turn.before + u64::from(changes_data) + u64::from(moves_marks);
        if base.version() != turn.before || version != expected {
            tracing::info!(
                version.shown = base.version(),
                version.stored = version,
                "The store was changed by another writer; rebuilding the whole snapshot"
            );
            return self.publish_whole(turn).await;
        }
        let mut draft = base.draft();
        draft.accounts(change.accounts.iter().cloned());
        draft.accounts(self.newcomers(&base, change.usage).await?);
        draft.initiatives(change.initiatives.iter().cloned());
        if !change.noted.is_empty() {
            let notes = self.store.notes().await?;
            for account in &change.noted {
                let of_one = notes.iter().filter(|note| note.account == *account).cloned().collect();
                draft.notes(account, of_one);
            }
        }
        if let Some(account) = change.overridden {
            self.overrides(&mut draft, Some(account)).await?;
        }
        let mut read = Stamps::new();
        if !change.usage.is_empty() {
            let mut view = self.store.usage_view().await?;
            let state = view.state(Some(change.usage)).await?;
            if state.version != version {
                // Someone else was faster, and may have changed what came before.
                drop(view);
                return self.publish_whole(turn).await;
            }
            read_usage(&mut view, &mut draft, change.usage, change.usage_since).await?;
            read = state.stamps;
        }
        draft.watermarks(marks);
        self.finish(draft, version).await;
        self.states().shown.extend(read);
        Ok(())
    }

    /// Reads the overrides of one account, or of all, into a draft.
    async fn overrides(&self, draft: &mut Draft, of: Option<&AccountId>) -> Result<(), StoreError> {
        let mut all = self.store.overrides().await?;
        all.retain(|one| of.is_none_or(|account| one.account == *account));
        // A stable sort: of one account they stay in the order in which they were set.
        all.sort_by(|one, two| one.account.cmp(&two.account));
        for of_one in all.chunk_by(|one, two| one.account == two.account) {
            draft.overrides(&of_one[0].account, of_one.to_vec());
        }
        Ok(())
    }

    /// Judges again when it is another day than the one on which the snapshot was built: what is overdue depends on the
    /// day. It may be an earlier one, after a clock was ahead.
    pub(super) async fn keep_today(&self) {
        let is_of_today = || utc_date(self.engine.snapshot().built_at()) == utc_date(self.clock.now());
        if is_of_today() || self.engine.snapshot().version() == 0 {
            return;
        }
        let _alone = self.writing.lock().await;
        if !is_of_today() {
            let base = self.engine.snapshot();
            self.finish(base.draft(), base.version()).await;
        }
    }

    async fn finish(&self, draft: Draft, version: u64) {
        let (now, begun) = (self.clock.now(), std::time::Instant::now());
        match tokio::task::spawn_blocking(move || draft.finish(version, now)).await {
            Ok(next) => {
                metrics::histogram!("etsm_snapshot_build_seconds").record(begun.elapsed());
                metrics::gauge!("etsm_snapshot_rows").set(next.rows() as f64);
                metrics::gauge!("etsm_snapshot_accounts").set(next.accounts().count() as f64);
                metrics::gauge!("etsm_snapshot_version").set(version as f64);
                self.engine.publish(next);
                self.versions.send_replace(version);
            }
            // A panic while building is a mistake of ours: nothing was published, and it ends what asked for it.
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => {
                    tracing::warn!(%cancelled, "The program is stopping; nothing was published")
                }
            },
        }
    }

    async fn marks(&self) -> Result<Vec<SourceMark>, StoreError> {
        let marks = self.store.watermarks().await?;
        Ok(marks.into_iter().map(|(source, watermark)| SourceMark { source, watermark }).collect())
    }
}

/// Reads the usage of these accounts into a draft; none before `since` changed.
async fn read_usage(
    view: &mut UsageView,
    draft: &mut Draft,
    accounts: &[AccountId],
    since: Option<Timestamp>,
) -> Result<(), StoreError> {
    let since = since.map_or(Timestamp::MIN, |at| Grain::Hour.floor(at));
    view.each_account(Some(accounts), since, |account, rows| draft.usage_since(&account, since, rows)).await
}
