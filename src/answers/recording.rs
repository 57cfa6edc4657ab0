//! What comes in through the desk: written down durably, then shown.

use std::collections::BTreeSet;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::Initiative;
use crate::domain::ModelLife;
use crate::domain::Note;
use crate::domain::SourceId;
use crate::domain::UsageRow;
use crate::store::Committed;
use crate::store::Entered;
use crate::store::Intake;
use crate::store::Keep;
use crate::store::Recorded;
use crate::store::StoreError;

use super::desk::Desk;
use super::publisher::Change;

impl Desk {
    /// Records usage durably and publishes the accounts it touched.
    pub async fn record_usage(
        &self,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
        watermark: Option<(SourceId, jiff::Timestamp)>,
        intake: Intake,
    ) -> Result<Recorded, StoreError> {
        let turn = self.publisher.turn().await?;
        let mut writer = self.store.usage_writer(Keep::Yes, intake).await?;
        let recorded = writer.record(rows, names).await?;
        writer.finish(watermark).await?;
        let usage_since = recorded.changed_since;
        let change = Change { usage: &recorded.touched, usage_since, ..Change::default() };
        self.publisher.publish(&turn, change).await?;
        Ok(recorded)
    }

    /// Commits usage durably; [`Desk::show_committed`] publishes it later, so that no commit waits for a publication.
    pub async fn commit_usage<T>(
        &self,
        commit: impl Future<Output = Result<(T, Committed), StoreError>>,
    ) -> Result<T, StoreError> {
        self.publisher.commit(commit).await
    }

    /// Publishes what was committed and is not shown yet.
    pub async fn show_committed(&self) -> Result<(), StoreError> {
        self.publisher.show_owed().await
    }

    /// Records accounts durably and publishes them.
    pub async fn record_accounts(&self, accounts: &[Account], act: &Act) -> Result<Recorded, StoreError> {
        self.put_accounts(accounts, Entered::Each(act)).await
    }

    /// The same, entered otherwise than one by one.
    pub async fn put_accounts(
        &self,
        accounts: &[Account],
        entered: Entered<'_>,
    ) -> Result<Recorded, StoreError> {
        let turn = self.publisher.turn().await?;
        let recorded = self.store.put_accounts(accounts, entered).await?;
        let change = Change { accounts, ..Change::default() };
        self.publisher.publish(&turn, change).await?;
        Ok(recorded)
    }

    /// Records initiatives durably and publishes them. Their accounts must be known.
    pub async fn record_initiatives(
        &self,
        initiatives: &[Initiative],
        act: &Act,
    ) -> Result<Recorded, StoreError> {
        self.put_initiatives(initiatives, Entered::Each(act)).await
    }

    /// The same, entered otherwise than one by one.
    pub async fn put_initiatives(
        &self,
        initiatives: &[Initiative],
        entered: Entered<'_>,
    ) -> Result<Recorded, StoreError> {
        let turn = self.publisher.turn().await?;
        let recorded = self.store.put_initiatives(initiatives, entered).await?;
        let change = Change { initiatives, ..Change::default() };
        self.publisher.publish(&turn, change).await?;
        Ok(recorded)
    }

    /// Records notes durably and publishes them.
    pub async fn record_notes(&self, notes: &[Note], act: &Act) -> Result<u64, StoreError> {
        let turn = self.publisher.turn().await?;
        let version = self.store.add_notes(notes, act).await?;
        let noted: BTreeSet<AccountId> = notes.iter().map(|note| note.account.clone()).collect();
        self.publisher.publish(&turn, Change { noted, ..Change::default() }).await?;
        Ok(version)
    }

    /// Records which models come to an end, as somebody tells, in the place of what they told before.
    pub async fn record_model_lives(&self, told_by: &str, lives: &[ModelLife]) -> Result<(), StoreError> {
        self.publisher.keep_model_lives(told_by, lives).await
    }
}
