//! A transaction that writes, and the count of those that ended.

use std::ops::Deref;
use std::ops::DerefMut;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use sqlx::Any;
use sqlx::AnyConnection;
use sqlx::Transaction;

/// A transaction that writes; dropping it rolls back.
#[derive(Debug)]
pub(super) struct Writing {
    transaction: Transaction<'static, Any>,
    ended: Ended,
}

/// Counts an end when it is dropped, which is after the commit and before its caller hears of it.
#[derive(Debug)]
struct Ended(Arc<AtomicU64>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

impl Writing {
    pub(super) fn new(transaction: Transaction<'static, Any>, ended: Arc<AtomicU64>) -> Self {
        Self { transaction, ended: Ended(ended) }
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        let Self { transaction, ended: _counted } = self;
        transaction.commit().await
    }

    pub(super) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.transaction.rollback().await
    }
}

impl Deref for Writing {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}
