//! Usage that is sent to us: read where it comes in, written down by one committer for all senders.
//!
//! Invariant: a parcel is taken whole or not at all, and its sender hears so only once it is durable.

mod committer;
mod inbox;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;

use crate::answers::Desk;
use crate::domain::Currency;

pub use committer::Committer;
pub use inbox::Inbox;

/// Parcels that may wait for the committer.
const PARCELS_WAITING_MAX: usize = 4_096;
/// Rows of parcels that are being read or wait for the committer; about 100 MB.
const ROWS_WAITING_MAX: usize = 300_000;
/// Rows of one parcel: a third of what may wait, so that no sender shuts the others out.
const PARCEL_ROWS_MAX: usize = 100_000;

/// Where parcels come in, and who commits them; the committer has to run.
#[must_use]
pub fn push(desk: Desk, currency: Currency) -> (Inbox, Committer) {
    let (sender, orders) = mpsc::channel(PARCELS_WAITING_MAX);
    let room = Arc::new(Semaphore::new(ROWS_WAITING_MAX));
    let inbox = Inbox::new(sender, room, currency, Arc::clone(desk.prices()));
    (inbox, Committer::new(desk, orders, Arc::new(Notify::new())))
}
