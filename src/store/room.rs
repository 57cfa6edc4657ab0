//! Whether there is room for what is written. A full disk keeps nothing that was committed from being read.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::error::StoreError;
use super::open::Store;

/// How often this process was refused for want of room; whoever looks whether there is room looks closer after that.
static REFUSALS: AtomicU64 = AtomicU64::new(0);

/// What must fit for the database to count as having room: the pages of a good batch of usage.
const ROOM_BYTES: usize = 256 * 1024;
/// Longest wait for the turn to write; the last answer stands when it does not come.
const LOOK_MAX: Duration = Duration::from_secs(2);
/// Name of the value that tries the room.
const TRIAL: &str = "room";

/// SQLite's code for a full disk, the one for its shared memory on a full disk, and PostgreSQL's.
pub(super) fn is_missing(code: &str) -> bool {
    matches!(code, "13" | "4874" | "53100")
}

pub(super) fn note_refusal() {
    REFUSALS.fetch_add(1, Ordering::Relaxed);
    metrics::counter!("etsm_store_full_total").increment(1);
}

/// What is known of the room.
#[derive(Debug, Default)]
pub(super) struct Room {
    seen: AtomicU64,
    is_full: AtomicBool,
}

impl Store {
    /// Whether what is written has room. As long as nothing was refused, this costs nothing; afterwards it writes a trial,
    /// and so finds out by itself when there is room again.
    pub async fn has_room(&self) -> bool {
        let refusals = REFUSALS.load(Ordering::Relaxed);
        let room = &self.room;
        let seen = room.seen.swap(refusals, Ordering::Relaxed);
        if seen == refusals && !room.is_full.load(Ordering::Relaxed) {
            return true;
        }
        match tokio::time::timeout(LOOK_MAX, self.try_room()).await {
            Ok(Ok(())) => room.is_full.store(false, Ordering::Relaxed),
            Ok(Err(StoreError::Full { .. })) => room.is_full.store(true, Ordering::Relaxed),
            // Busy, or broken in another way, of which others tell.
            Ok(Err(_)) | Err(_) => {}
        }
        !room.is_full.load(Ordering::Relaxed)
    }

    /// Writes something, and takes it away again. Only what is committed has found its room.
    async fn try_room(&self) -> Result<(), StoreError> {
        self.keep(TRIAL, &"-".repeat(ROOM_BYTES)).await?;
        let forgetting = sqlx::query("DELETE FROM kept WHERE name = $1").bind(TRIAL);
        self.change("trying the room", forgetting).await.map(|_rows| ())
    }
}
