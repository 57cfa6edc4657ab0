//! The way for usage that is sent: how much of it is held at once, and who takes it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::ingest::NotTaken;
use crate::ingest::Parcel;
use crate::ingest::Taken;

/// Bytes of bodies that are held at once, packed and unpacked.
const BYTES_HELD_MAX: usize = 128 * 1024 * 1024;
/// One permit stands for so many bytes.
const PERMIT_BYTES: usize = 1024;
/// A body waits for room for so long; then its sender had better come again.
const ROOM_WAIT: Duration = Duration::from_secs(5);

/// Whoever takes usage that is sent.
#[async_trait]
pub trait UsageDoor: Send + Sync {
    /// Takes a parcel whole or not at all; `Ok` means that what it holds is durable.
    async fn take(&self, parcel: Parcel) -> Result<Taken, NotTaken>;
}

/// The door for usage, with the room before it.
#[derive(Clone)]
pub struct UsageIntake {
    /// Who takes it.
    pub(super) door: Arc<dyn UsageDoor>,
    room: Arc<Semaphore>,
}

impl UsageIntake {
    /// Before a door.
    #[must_use]
    pub fn new(door: Arc<dyn UsageDoor>) -> Self {
        Self { door, room: Arc::new(Semaphore::new(BYTES_HELD_MAX / PERMIT_BYTES)) }
    }

    /// Room for so many bytes; `None` when there is none for a while.
    pub(super) async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let permits = u32::try_from((bytes / PERMIT_BYTES).max(1)).unwrap_or(u32::MAX);
        let wait = Arc::clone(&self.room).acquire_many_owned(permits);
        tokio::time::timeout(ROOM_WAIT, wait).await.ok()?.ok()
    }
}
