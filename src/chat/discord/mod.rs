//! Discord: slash commands in, pictures and figures out, through the gateway or over HTTP.
//!
//! Invariant: no reply can ping. Every message says `allowed_mentions` with nothing in it, for the library applies its
//! own default to some calls only.

mod client;
mod commands;
mod delivery;
mod door;
mod examine;
mod flow;
mod gateway;
mod hush;
mod inbound;
mod intake;
mod limits;
mod line;
mod login;
mod message;
mod messenger;
mod patience;
mod press;
mod readers;
mod refused;
mod rest;
mod seen;
mod surface;

pub use client::Client;
pub use door::{Door, Knock, Opened};
pub use examine::Examined;
pub use login::Identities;
pub use patience::Patience;
pub use surface::{Connection, Discord};
