//! The dashboard, the browser chat and the read API over HTTP.
//!
//! Invariant: no figure is made here. A query becomes a [`crate::answers::Question`], the desk answers, and the answer
//! is printed; what a page shows is what chat says.

mod api;
mod ask;
mod assets;
mod charts;
mod form;
mod guard;
mod interactions;
mod links;
mod measure;
mod page;
mod pages;
mod probes;
mod ready;
mod router;
mod serve;
mod state;

pub use interactions::{SignedDoor, SignedRequest};
pub use ready::{PartState, Readiness};
pub use router::router;
pub use serve::serve;
pub use state::WebState;
