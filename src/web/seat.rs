//! A seat at the desk: the person behind a request, with the right to ask.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;

use crate::domain::Act;
use crate::domain::Asker;
use crate::domain::How;
use crate::domain::RequestId;
use crate::domain::SourceId;
use crate::domain::Way;
use crate::domain::Who;
use crate::problem::Problem;

use super::page::Failure;
use super::state::WebState;

/// What handlers of figures hold. Only the rule of a route gives one, so that none answers without it.
pub(super) struct Seat {
    web: WebState,
    /// Who asks.
    pub(super) asker: Arc<Asker>,
    /// Whether the person can leave, because the person came in by a door.
    pub(super) may_leave: bool,
}

/// A request to a door, where nobody is known yet.
pub(super) struct Knock {
    /// By which way it came.
    pub(super) way: Way,
    /// From where; empty where that is not known.
    pub(super) address: String,
}

/// From where a request comes, as far as the server knows.
pub(super) fn address_of(extensions: &Extensions) -> String {
    let from = extensions.get::<ConnectInfo<SocketAddr>>();
    from.map(|ConnectInfo(address)| address.ip().to_string()).unwrap_or_default()
}

impl<S: Send + Sync> FromRequestParts<S> for Knock {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let way = Way { how: How::Web, request: parts.extensions.get::<RequestId>().cloned() };
        Ok(Self { way, address: address_of(&parts.extensions) })
    }
}

/// Whoever may send usage, on the way through a request.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) who: Who,
    pub(super) way: Way,
    /// The one source that it may send usage of; `None` may name any.
    pub(super) only: Option<SourceId>,
}

/// A rule's leave to ask, on its way through a request.
#[derive(Clone)]
pub(super) struct Leave {
    pub(super) asker: Arc<Asker>,
    pub(super) by_door: bool,
}

impl Seat {
    /// What whoever asks changes just now.
    pub(super) fn act(&self) -> Act {
        self.asker.act(self.desk.clock().now())
    }
}

impl Deref for Seat {
    type Target = WebState;
    fn deref(&self) -> &WebState {
        &self.web
    }
}

impl FromRequestParts<WebState> for Seat {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Failure> {
        let leave = parts.extensions.get::<Leave>().cloned();
        let Leave { asker, by_door } = leave.ok_or_else(|| {
            Failure(Problem::internal(anyhow::anyhow!("{} gives no leave to ask", parts.uri.path())))
        })?;
        Ok(Self { web: state.clone(), asker, may_leave: by_door })
    }
}
