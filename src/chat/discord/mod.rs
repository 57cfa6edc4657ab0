//! Discord: slash commands in, pictures and figures out, through the gateway.
//!
//! Invariant: no reply can ping. Every message says `allowed_mentions` with nothing in it, for the library applies its
//! own default to some calls only.

mod commands;
mod flow;
mod gateway;
mod inbound;
mod message;
mod press;
mod rest;
mod seen;
mod surface;

pub use surface::Connection;
pub use surface::run;
