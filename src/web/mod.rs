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
mod limits;
mod links;
mod live;
mod measure;
mod neighbour;
mod page;
mod pages;
mod probes;
mod ready;
mod recent;
mod redirect;
mod refusals;
mod request;
mod router;
mod rules;
mod seat;
mod serve;
mod sources;
mod state;
mod tls;
mod whole;

pub use doors::{Doors, KEY_PREFIX};
pub use intake::{UsageDoor, UsageIntake};
pub use interactions::{SignedDoor, SignedRequest};
pub use limits::Limits;
pub use live::Live;
pub use ready::{PartState, Readiness};
pub use recent::Recent;
pub use redirect::redirect;
pub use refusals::{Refusals, count_refusals};
pub use router::{router, routes};
pub use rules::{Rule, RuledRoute};
pub use serve::{Patience, Reception, listen, serve};
pub use state::{Entry, WebState};
pub use tls::{BadCertificate, Looked, Tls};

/// The description of the API (OpenAPI 3.1), as JSON.
#[must_use]
pub fn openapi() -> String {
    api::document()
}
