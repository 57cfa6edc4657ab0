//! The dashboard, the browser chat and the read API over HTTP.
//!
//! Invariant: no figure is made here. A query becomes a [`crate::answers::Question`], the desk answers, and the answer
//! is printed; what a page shows is what chat says.

mod api;
mod ask;
mod assets;
mod charts;
mod doors;
mod form;
mod grid;
mod guard;
mod intake;
mod interactions;
mod links;
mod live;
mod measure;
mod page;
mod pages;
mod probes;
mod ready;
mod request;
mod router;
mod rules;
mod seat;
mod serve;
mod sources;
mod state;

pub use doors::{Doors, KEY_PREFIX};
pub use intake::{UsageDoor, UsageIntake};
pub use interactions::{SignedDoor, SignedRequest};
pub use live::Live;
pub use ready::{PartState, Readiness};
pub use router::{router, routes};
pub use rules::{Rule, RuledRoute};
pub use serve::serve;
pub use state::{Entry, WebState};

/// The description of the API (OpenAPI 3.1), as JSON.
#[must_use]
pub fn openapi() -> String {
    api::document()
}
