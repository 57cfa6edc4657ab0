//! Who may call what: each route stands in the router with its rule, and a rule that is not kept answers in its place.
//!
//! Invariant: handlers of figures ask through a [`super::seat::Seat`], and only a rule gives one.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::routing::MethodRouter;

use crate::access;
use crate::access::Deed;
use crate::domain::Asker;
use crate::domain::How;
use crate::domain::Person;
use crate::domain::RequestId;
use crate::domain::SecurityKind;
use crate::domain::Way;
use crate::domain::Who;
use crate::telemetry::Surface;

use super::api;
use super::doors::Shut;
use super::limits::Call;
use super::page;
use super::recent;
use super::seat::Leave;
use super::seat::Sender;
use super::seat::address_of;
use super::state::Entry;
use super::state::WebState;
use super::whole::packed;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Anyone: it says nothing of accounts.
    Open,
    /// Whoever shows what the route itself checks: a signature, a pass, a login under way.
    Own,
    /// Whoever may do this, and then only with the accounts of that person's scope.
    May(Deed),
    /// Whoever may send usage: a key with the scope for it, or an admin. It gives no leave to ask.
    Ingest,
}

/// A route with its rule, for the table in the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuledRoute {
    /// The path with its parameters.
    pub path: &'static str,
    /// Who may call it.
    pub rule: Rule,
}

/// A router that takes no route without a rule.
pub(super) struct Ruled {
    state: WebState,
    router: Router<WebState>,
    routes: Vec<RuledRoute>,
}

impl Ruled {
    pub(super) fn new(state: WebState) -> Self {
        Self { state, router: Router::new(), routes: Vec::new() }
    }

    /// Whether the browser chat is served.
    pub(super) fn browser_chat(&self) -> bool {
        self.state.browser_chat
    }

    /// With a route.
    pub(super) fn at(mut self, path: &'static str, rule: Rule, methods: MethodRouter<WebState>) -> Self {
        let methods = match rule {
            Rule::Open | Rule::Own => methods,
            Rule::May(deed) => {
                let held = (self.state.clone(), deed, path);
                methods.route_layer(middleware::from_fn_with_state(held, keep))
            }
            Rule::Ingest => {
                methods.route_layer(middleware::from_fn_with_state(self.state.clone(), keep_sending))
            }
        };
        self.router = self.router.route(path, methods);
        self.routes.push(RuledRoute { path, rule });
        self
    }

    /// With a route that answers a program about figures alone: it knows what its asker has already.
    pub(super) fn figures(self, path: &'static str, methods: MethodRouter<WebState>) -> Self {
        let known = middleware::from_fn_with_state(self.state.clone(), api::known_already);
        let methods = self.remembered(methods).layer(known);
        self.at(path, Rule::May(Deed::Read), methods)
    }

    /// With a page of figures: whoever opens it again in a moment gets it as it was.
    pub(super) fn page(self, path: &'static str, methods: MethodRouter<WebState>) -> Self {
        let methods = self.remembered(methods);
        self.at(path, Rule::May(Deed::Read), methods)
    }

    /// Answers are remembered as they go out, packed.
    fn remembered(&self, methods: MethodRouter<WebState>) -> MethodRouter<WebState> {
        let recall = middleware::from_fn_with_state(self.state.clone(), recent::recall);
        packed(methods).layer(recall)
    }

    /// The routes, and the list of them.
    pub(super) fn done(self) -> (Router<WebState>, Vec<RuledRoute>) {
        (self.router, self.routes)
    }
}

/// Lets through whoever may, with leave to ask.
async fn keep(
    State((state, deed, path)): State<(WebState, Deed, &'static str)>,
    mut request: Request,
    next: Next,
) -> Response {
    let for_program = request.uri().path().starts_with("/api/");
    match admitted(&state, request.headers(), Call::of(&request), for_program).await {
        Ok(mut leave) => {
            if let Err(refused) = access::may(&leave.asker, deed) {
                return turn_away(&state, Shut::NotAllowed(refused.to_string()), &request);
            }
            leave.asker = Arc::new(Asker { way: way(&request, &leave.asker), ..(*leave.asker).clone() });
            let surface = if for_program { Surface::Api } else { Surface::Page };
            state.desk.used(surface, leave.asker.role, &format!("{} {path}", method_of(&request)));
            request.extensions_mut().insert(leave);
            next.run(request).await
        }
        Err(shut) => refuse(&state, shut, &request),
    }
}

/// Turns away, and counts keys that are none.
fn refuse(state: &WebState, shut: Shut, request: &Request) -> Response {
    if matches!(shut, Shut::Unknown) && request.headers().contains_key(header::AUTHORIZATION) {
        let address = address_of(request.extensions());
        state.entry.doors.refuse(SecurityKind::KeyRefused, &address);
    }
    turn_away(state, shut, request)
}

/// Lets through whoever may send usage, and tells the handler who it is.
async fn keep_sending(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    match sender(&state, request.headers(), Call::of(&request), id).await {
        Ok(sender) => {
            request.extensions_mut().insert(sender);
            next.run(request).await
        }
        Err(shut) => refuse(&state, shut, &request),
    }
}

async fn sender(
    state: &WebState,
    headers: &HeaderMap,
    call: Call,
    request: Option<RequestId>,
) -> Result<Sender, Shut> {
    let by = |how| Way { how, request };
    let doors = &state.entry.doors;
    let shown = doors.sending_program(headers).await;
    if let Some(key) = within_limits(state, call, shown, |key| key.name.clone())? {
        return Ok(Sender { who: Who::Key(key.name), way: by(How::Key), only: key.only });
    }
    let Leave { asker, .. } = admitted(state, headers, call, false).await?;
    match access::may(&asker, Deed::Ingest) {
        Ok(()) => Ok(Sender { who: Who::Person(asker.person.clone()), way: by(How::Api), only: None }),
        Err(refused) => Err(Shut::NotAllowed(refused.to_string())),
    }
}

/// By which way a request comes, with what the logs call it.
fn way(request: &Request, asker: &Asker) -> Way {
    let is_of_api = request.uri().path().starts_with("/api/");
    let how = match asker.way.how {
        How::Key => How::Key,
        _ if is_of_api => How::Api,
        _ => How::Web,
    };
    Way { how, request: request.extensions().get::<RequestId>().cloned() }
}

/// The method, as far as routes have handlers for it: others come from outside, and a list of them would have no end.
fn method_of(request: &Request) -> &'static str {
    match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

async fn admitted(
    state: &WebState,
    headers: &HeaderMap,
    call: Call,
    for_program: bool,
) -> Result<Leave, Shut> {
    let Entry { doors, everyone } = &state.entry;
    if let Some(asker) = if for_program { program(state, headers, call).await? } else { None } {
        return Ok(Leave { asker, by_door: true });
    }
    match (doors.visitor(headers).await, everyone) {
        (Ok(asker), _) => Ok(Leave { asker, by_door: true }),
        (Err(Shut::Unknown), Some(asker)) => Ok(Leave { asker: Arc::clone(asker), by_door: false }),
        (Err(shut), _) => Err(shut),
    }
}

/// The program behind a request, if one shows a key, within the limits of keys.
async fn program(state: &WebState, headers: &HeaderMap, call: Call) -> Result<Option<Arc<Asker>>, Shut> {
    let shown = state.entry.doors.program(headers).await;
    within_limits(state, call, shown, |asker| asker.person.clone())
}

/// What a key opened, within the limits of keys; one that is none counts against its address.
fn within_limits<T>(
    state: &WebState,
    call: Call,
    shown: Result<Option<T>, Shut>,
    name: impl Fn(&T) -> Person,
) -> Result<Option<T>, Shut> {
    match shown {
        Ok(Some(opened)) => {
            state.limits.of_key(&name(&opened), call).map_err(Shut::TooMany)?;
            Ok(Some(opened))
        }
        Ok(None) => Ok(None),
        Err(Shut::Unknown) => {
            state.limits.of_wrong_key(call).map_err(Shut::TooMany)?;
            Err(Shut::Unknown)
        }
        Err(shut) => Err(shut),
    }
}

/// Programs get a problem document, people a page that leads to the login; neither says whether what was asked for
/// exists.
fn turn_away(state: &WebState, shut: Shut, request: &Request) -> Response {
    let word = match &shut {
        Shut::Unknown => "unknown",
        Shut::NotAllowed(_) => "not_allowed",
        Shut::TooMany(_) => "too_many",
        Shut::Unavailable(_) => "unavailable",
    };
    metrics::counter!("etsm_turned_away_total", "why" => word).increment(1);
    if request.uri().path().starts_with("/api/") {
        return api::turned_away(&shut);
    }
    match shut {
        Shut::Unknown => {
            let to = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
            page::log_in(state, StatusCode::UNAUTHORIZED, to)
        }
        other => other.into_response(),
    }
}
