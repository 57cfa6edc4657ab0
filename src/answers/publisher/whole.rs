//! The whole snapshot from the store, and the checkpoint that spares reading most of it.

use jiff::Timestamp;

use crate::answers::checkpoint;
use crate::answers::checkpoint::Stamps;
use crate::answers::rulebook;
use crate::domain::AccountId;
use crate::engine::Draft;
use crate::store::StoreError;

use super::Publisher;
use super::Turn;

impl Publisher {
    /// Builds the whole snapshot from the store. Usage is read of those accounts only whose present state neither the
    /// old snapshot nor the checkpoint holds.
    pub(in crate::answers) async fn publish_whole(&self, _turn: &Turn<'_>) -> Result<(), StoreError> {
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
        draft.model_lives(self.store.model_lives().await?);
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
    pub(in crate::answers) async fn save(&self, rows_max: usize) -> anyhow::Result<bool> {
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

    /// Rebuilds when another process wrote to the store; tells whether it did.
    pub(in crate::answers) async fn catch_up(&self) -> Result<bool, StoreError> {
        let turn = self.turn().await?;
        if turn.before == self.engine.snapshot().version() {
            return Ok(false);
        }
        self.publish_whole(&turn).await?;
        Ok(true)
    }
}
