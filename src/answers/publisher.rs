//! Keeps the engine in step with the store: one writer at a time commits, then publishes what it changed.
//!
//! Invariant: the snapshot's version is that of a store state it shows in full. When the two are not in step, as after
//! a failed publication or a write by another process, the next publication rebuilds the whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::sync::MutexGuard;
use tokio::sync::watch;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::Clock;
use crate::domain::Foretold;
use crate::domain::Grain;
use crate::domain::Initiative;
use crate::domain::utc_date;
use crate::engine::Draft;
use crate::engine::Engine;
use crate::engine::KeptChurn;
use crate::engine::Snapshot;
use crate::engine::SourceMark;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::UsageView;

use super::checkpoint;
use super::checkpoint::Stamps;
use super::owed::Owed;
use super::rulebook;

/// The name under which the store keeps a churn model.
const KEPT_CHURN: &str = "churn_model";

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
    pub(super) engine: Arc<Engine>,
    pub(super) store: Store,
    clock: Arc<dyn Clock>,
    writing: Mutex<()>,
    /// Held while something is committed, and until it is known what a publication shows. Whoever also holds `writing`
    /// takes that first.
    pub(super) owed: Mutex<Owed>,
    /// Held for a moment only; it changes in a turn, together with the snapshot.
    states: std::sync::Mutex<States>,
    versions: watch::Sender<u64>,
}

/// In which state of the store the usage of each account is held.
#[derive(Debug, Default)]
pub(super) struct States {
    /// By the snapshot.
    pub(super) shown: Stamps,
    /// By the checkpoint.
    saved: Stamps,
}

/// The right to write, with the store's version before.
pub(super) struct Turn<'a> {
    pub(super) alone: MutexGuard<'a, ()>,
    pub(super) owed: MutexGuard<'a, Owed>,
    pub(super) before: u64,
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

    pub(super) async fn alone(&self) -> Result<Turn<'_>, StoreError> {
        let alone = self.writing.lock().await;
        let owed = self.owed.lock().await;
        let before = self.store.version().await?;
        Ok(Turn { alone, owed, before })
    }

    /// Accounts that the snapshot does not know, if there are any among these.
    pub(super) async fn newcomers(
        &self,
        base: &Snapshot,
        accounts: &[AccountId],
    ) -> Result<Vec<Account>, StoreError> {
        if accounts.iter().all(|id| base.account(id).is_some()) {
            return Ok(Vec::new());
        }
        let mut found = self.store.accounts().await?;
        found.retain(|one| base.account(&one.id).is_none());
        Ok(found)
    }

    /// Builds the whole snapshot from the store. Usage is read of those accounts only whose present state neither the
    /// old snapshot nor the checkpoint holds.
    pub(super) async fn publish_whole(&self, _turn: &Turn<'_>) -> Result<(), StoreError> {
        // Usage first: what is committed while we read is shown early, and told by the next version again.
        let mut view = self.store.usage_view().await?;
        let state = view.state(None).await?;
        let (draft, missing) = {
            let shown = &self.states().shown;
            let is_shown = |account: &AccountId| shown.get(account) == state.stamps.get(account);
            let missing = state.stamps.iter().filter(|(account, _)| !is_shown(account));
            let missing: Stamps = missing.map(|(account, stamp)| (account.clone(), *stamp)).collect();
            (self.engine.snapshot().draft_of_usage(is_shown), missing)
        };
        let (mut draft, restored, left) = self.restore(draft, missing).await?;
        view.each_account(Some(&left), Timestamp::MIN, |account, rows| draft.usage(&account, rows)).await?;
        drop(view);
        let known = self.store.health_rules().await?;
        draft.rules(rulebook::history(&known, self.engine.snapshot().rules(), self.clock.now()));
        draft.accounts(self.store.accounts().await?);
        draft.initiatives(self.store.initiatives().await?);
        let mut notes = self.store.notes().await?;
        notes.sort_by(|one, two| one.account.cmp(&two.account));
        for of_one in notes.chunk_by(|one, two| one.account == two.account) {
            draft.notes(&of_one[0].account, of_one.to_vec());
        }
        self.overrides(&mut draft, None).await?;
        draft.watermarks(self.marks().await?);
        draft.foretold(self.store.foretold().await?);
        draft.kept_churn(self.kept_churn().await?);
        self.finish(draft, state.version).await;
        if self.states().shown.keys().any(|account| !state.stamps.contains_key(account)) {
            // An account was erased: a checkpoint that still holds it is not kept until the next one is due.
            self.forget_checkpoint();
        }
        let mut states = self.states();
        states.saved.extend(restored);
        states.shown = state.stamps;
        Ok(())
    }

    /// Takes from the checkpoint what it holds of the `missing` accounts. Returns their states, and whose usage is left
    /// to read.
    async fn restore(
        &self,
        mut draft: Draft,
        mut missing: Stamps,
    ) -> Result<(Draft, Stamps, Vec<AccountId>), StoreError> {
        // A database in memory has one connection, which the caller's view holds: it must not be asked for its name.
        let Some(file) = self.store.checkpoint().cloned() else {
            return Ok((draft, Stamps::new(), missing.into_keys().collect()));
        };
        let Some(database) = self.store.database_name().await? else {
            return Ok((draft, Stamps::new(), missing.into_keys().collect()));
        };
        let work = tokio::task::spawn_blocking(move || {
            let restored = checkpoint::restore(&file, &database, &missing, &mut draft);
            let restored =
                restored.into_iter().filter_map(|account| missing.remove_entry(&account)).collect();
            (draft, restored, missing.into_keys().collect())
        });
        Ok(work.await.unwrap_or_else(|stopped| std::panic::resume_unwind(stopped.into_panic())))
    }

    /// Writes down the usage that is shown, if a start would have to read more hourly rows than `rows_max` from the
    /// store; tells whether it did.
    pub(super) async fn save(&self, rows_max: usize) -> anyhow::Result<bool> {
        let Some(file) = self.store.checkpoint().cloned() else { return Ok(false) };
        let (snapshot, shown) = {
            let _alone = self.writing.lock().await;
            let (snapshot, states) = (self.engine.snapshot(), self.states());
            if checkpoint::stale_rows(&snapshot, &states.shown, &states.saved) <= rows_max {
                return Ok(false);
            }
            (snapshot, states.shown.clone())
        };
        let database = self.store.name_database().await?;
        let work = move || checkpoint::save(&file, &database, &snapshot, &shown).map(|()| shown);
        self.states().saved = tokio::task::spawn_blocking(work).await??;
        Ok(true)
    }

    fn forget_checkpoint(&self) {
        self.states().saved.clear();
        let Some(file) = self.store.checkpoint() else { return };
        if let Err(error) = std::fs::remove_file(file.path())
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::error!(path = %file.path().display(), %error, "The checkpoint of an erased account cannot be removed");
        }
    }

    pub(super) fn states(&self) -> std::sync::MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The churn model that was kept, if there is one that can be read.
    async fn kept_churn(&self) -> Result<Option<KeptChurn>, StoreError> {
        let Some(text) = self.store.kept(KEPT_CHURN).await? else { return Ok(None) };
        if text.is_empty() {
            return Ok(None);
        }
        let read = text.parse::<KeptChurn>();
        if let Err(mistake) = &read {
            tracing::warn!(%mistake, "The kept churn model cannot be read; one is fitted to the data instead");
        }
        Ok(read.ok())
    }

    /// Has accounts judged by this churn model from now on; `None` fits one to the data each time.
    pub(super) async fn keep_churn(&self, kept: Option<KeptChurn>, act: &Act) -> Result<(), StoreError> {
        let _alone = self.writing.lock().await;
        let text = kept.as_ref().map(ToString::to_string).unwrap_or_default();
        self.store.keep_churn_model(KEPT_CHURN, &text, act).await?;
        let base = self.engine.snapshot();
        let mut draft = base.draft();
        draft.kept_churn(kept);
        self.finish(draft, base.version()).await;
        Ok(())
    }

    /// Fits a churn model to the data, and not to what was kept before, and keeps it.
    pub(super) async fn fit_churn(&self, act: &Act) -> Result<(), StoreError> {
        let alone = self.writing.lock().await;
        let base = self.engine.snapshot();
        let mut draft = base.draft();
        draft.kept_churn(None);
        self.finish(draft, base.version()).await;
        let fitted = self.engine.snapshot().kept_churn();
        drop(alone);
        self.keep_churn(Some(fitted), act).await
    }

    /// Keeps a forecast to be held against what comes, the first one of its window. It changes no figure that is known
    /// already, so the version stays.
    pub(super) async fn keep_foretold(&self, one: &Foretold) -> Result<(), StoreError> {
        let is_known = |known: &Foretold| {
            (&known.account, known.metric, known.window) == (&one.account, one.metric, one.window)
        };
        if self.engine.snapshot().all_foretold().iter().any(is_known) {
            return Ok(());
        }
        let _alone = self.writing.lock().await;
        if self.store.keep_foretold(one).await? {
            let base = self.engine.snapshot();
            let mut draft = base.draft();
            draft.foretold(self.store.foretold().await?);
            self.finish(draft, base.version()).await;
        }
        Ok(())
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

    /// Rebuilds when another process wrote to the store; tells whether it did.
    pub(super) async fn catch_up(&self) -> Result<bool, StoreError> {
        let turn = self.turn().await?;
        if turn.before == self.engine.snapshot().version() {
            return Ok(false);
        }
        self.publish_whole(&turn).await?;
        Ok(true)
    }

    /// Judges again when a new day has begun since the snapshot was built: what is overdue depends on the day.
    pub(super) async fn keep_today(&self) {
        let is_of_today = || utc_date(self.engine.snapshot().built_at()) >= utc_date(self.clock.now());
        if is_of_today() || self.engine.snapshot().version() == 0 {
            return;
        }
        let _alone = self.writing.lock().await;
        if !is_of_today() {
            let base = self.engine.snapshot();
            self.finish(base.draft(), base.version()).await;
        }
    }

    pub(super) async fn finish(&self, draft: Draft, version: u64) {
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

    pub(super) async fn marks(&self) -> Result<Vec<SourceMark>, StoreError> {
        let marks = self.store.watermarks().await?;
        Ok(marks.into_iter().map(|(source, watermark)| SourceMark { source, watermark }).collect())
    }
}

/// Reads the usage of these accounts into a draft; none before `since` changed.
pub(super) async fn read_usage(
    view: &mut UsageView,
    draft: &mut Draft,
    accounts: &[AccountId],
    since: Option<Timestamp>,
) -> Result<(), StoreError> {
    let since = since.map_or(Timestamp::MIN, |at| Grain::Hour.floor(at));
    view.each_account(Some(accounts), since, |account, rows| draft.usage_since(&account, since, rows)).await
}
