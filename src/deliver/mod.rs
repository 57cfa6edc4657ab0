//! Getting messages to where they are read: destinations, and the port to whoever carries them.

mod messenger;

pub use messenger::{BadDestination, Destination, Messenger, Nonce, Parcel, Posted, Undelivered};
