//! The doors: login, links from chat, sessions of browsers and keys of programs.
//!
//! Invariant: nobody's rights are kept in a cookie, a link or a session. They name someone, and what that person may do
//! is asked anew of the chat server.

mod cookie;
mod key;
mod login;
mod own_path;
mod pass;
mod register;
mod rights;
mod session;
mod share;

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::access::IdentityProvider;
use crate::access::PassSeal;
use crate::access::ShareSeal;
use crate::config::MemberRules;
use crate::domain::Clock;
use crate::domain::SecurityKind;
use crate::store::Store;
use crate::web::limits;
use crate::web::page;
use crate::web::refusals::Refusals;

pub use key::KEY_PREFIX;
pub(super) use login::{begin as login, callback, leave as logout};
pub(super) use own_path::OwnPath;
pub(super) use pass::{show as pass, spend as pass_spend};
pub(super) use share::{picture as share_picture, show as share};

use key::SendingKeys;
use rights::RightsDesk;
use session::Sessions;

/// All that decides who is let in.
pub struct Doors {
    store: Store,
    clock: Arc<dyn Clock>,
    members: MemberRules,
    seal: PassSeal,
    shares: ShareSeal,
    provider: Option<Arc<dyn IdentityProvider>>,
    /// Whether browsers come over HTTPS, so that cookies may insist on it.
    secure: bool,
    rights: RightsDesk,
    sessions: Sessions,
    keys: SendingKeys,
    refusals: Arc<Refusals>,
}

impl Doors {
    /// Doors over the store's sessions and keys; without a provider nobody logs in, and passes for members open nothing.
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        members: MemberRules,
        seals: (PassSeal, ShareSeal),
        provider: Option<Arc<dyn IdentityProvider>>,
        public_url: &str,
    ) -> Self {
        Self {
            store,
            clock,
            members,
            seal: seals.0,
            shares: seals.1,
            provider,
            secure: public_url.starts_with("https://"),
            rights: RightsDesk::default(),
            sessions: Sessions::default(),
            keys: SendingKeys::default(),
            refusals: Arc::default(),
        }
    }

    /// What is refused here, counted.
    #[must_use]
    pub fn refusals(&self) -> &Arc<Refusals> {
        &self.refusals
    }

    /// Counts something that may be an attack.
    pub(super) fn refuse(&self, kind: SecurityKind, address: &str) {
        self.refusals.note(kind, address, self.clock.now());
    }
}

/// Why someone is not let in.
#[derive(Debug)]
pub(super) enum Shut {
    /// Shows nothing that is known here.
    Unknown,
    /// Is known and may nothing, and why.
    NotAllowed(String),
    /// Asks more than it may, and how long to wait.
    TooMany(Duration),
    /// It cannot be known just now.
    Unavailable(String),
}

impl From<crate::store::StoreError> for Shut {
    fn from(failed: crate::store::StoreError) -> Self {
        tracing::error!(error = %failed, "Who may come in could not be looked up");
        Self::Unavailable("The database does not answer".into())
    }
}

impl IntoResponse for Shut {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => {
                page::not_let_in(StatusCode::UNAUTHORIZED, "Not logged in", "Log in and try again.".into())
            }
            Self::TooMany(wait) => limits::too_many("", wait),
            Self::NotAllowed(message) => page::not_let_in(StatusCode::FORBIDDEN, "Not allowed", message),
            Self::Unavailable(why) => {
                let message = format!("{why}, so it is not known what you may do. Try again in a minute.");
                page::not_let_in(StatusCode::SERVICE_UNAVAILABLE, "Not possible just now", message)
            }
        }
    }
}
