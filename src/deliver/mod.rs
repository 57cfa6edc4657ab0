//! Getting messages to where they are read: destinations, the outbox, and the port to whoever carries them.

mod attempt;
mod messenger;
mod outbox;

pub use crate::domain::{BadDestination, Destination};
pub use messenger::{Messenger, Nonce, Parcel, Posted, Readers, Undelivered};
pub use outbox::{Delivery, Outbox};
