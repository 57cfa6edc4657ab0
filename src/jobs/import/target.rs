//! Where an import goes: into the store alone, as from a command, or into the desk of a running service, which then
//! shows what came without reading all of the store again.

use jiff::Timestamp;

use crate::answers::Desk;
use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Initiative;
use crate::domain::SourceId;
use crate::domain::UsageRow;
use crate::store::Entered;
use crate::store::Recorded;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::UsageWriter;

/// Where an import goes.
#[derive(Clone, Copy)]
pub enum Target<'t> {
    /// Into the store alone; a service beside it looks for what others wrote.
    Store(&'t Store),
    /// Into the store of a desk. Usage is shown by [`Desk::show_committed`].
    Desk(&'t Desk),
}

impl<'t> From<&'t Store> for Target<'t> {
    fn from(store: &'t Store) -> Self {
        Self::Store(store)
    }
}

impl<'t> From<&'t Desk> for Target<'t> {
    fn from(desk: &'t Desk) -> Self {
        Self::Desk(desk)
    }
}

impl<'t> Target<'t> {
    pub(super) fn store(self) -> &'t Store {
        match self {
            Self::Store(store) => store,
            Self::Desk(desk) => desk.store(),
        }
    }

    pub(super) async fn put_accounts(
        self,
        accounts: &[Account],
        entered: Entered<'_>,
    ) -> Result<Recorded, StoreError> {
        match self {
            Self::Store(store) => store.put_accounts(accounts, entered).await,
            Self::Desk(desk) => desk.put_accounts(accounts, entered).await,
        }
    }

    pub(super) async fn put_initiatives(
        self,
        initiatives: &[Initiative],
        entered: Entered<'_>,
    ) -> Result<Recorded, StoreError> {
        match self {
            Self::Store(store) => store.put_initiatives(initiatives, entered).await,
            Self::Desk(desk) => desk.put_initiatives(initiatives, entered).await,
        }
    }

    pub(super) async fn record(
        self,
        writer: &mut UsageWriter,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
    ) -> Result<Recorded, StoreError> {
        let commit = async {
            let recorded = writer.record(rows, names).await?;
            let committed = recorded.committed();
            Ok((recorded, committed))
        };
        match self {
            Self::Store(_) => commit.await.map(|(recorded, _)| recorded),
            Self::Desk(desk) => desk.commit_usage(commit).await,
        }
    }

    pub(super) async fn finish(
        self,
        writer: UsageWriter,
        watermark: Option<(SourceId, Timestamp)>,
    ) -> Result<(), StoreError> {
        let commit = async { writer.finish(watermark).await.map(|committed| ((), committed)) };
        match self {
            Self::Store(_) => commit.await.map(|((), _)| ()),
            Self::Desk(desk) => desk.commit_usage(commit).await,
        }
    }
}
