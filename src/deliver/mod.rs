//! Getting messages to where they are read: destinations, and the port to whoever carries them.

mod messenger;

pub use crate::domain::{BadDestination, Destination};
pub use messenger::{Messenger, Nonce, Parcel, Posted, Undelivered};
