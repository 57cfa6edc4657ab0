//! `/auth/…`: login with the chat server (OAuth 2.0 code with PKCE, RFC 6749 and 7636), and the way out.

use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use jiff::SignedDuration;
use serde::Deserialize;

use crate::access::Fingerprint;
use crate::access::LoginFailed;
use crate::access::Token;
use crate::domain::Asker;
use crate::domain::Bearer;
use crate::domain::SecurityKind;
use crate::domain::Way;
use crate::store::Login;
use crate::web::seat::Knock;
use crate::web::state::WebState;

use super::cookie::LOGIN;
use super::own_path::OwnPath;
use super::{Doors, Shut};

/// A login takes a minute or two; who waits longer begins anew.
const LASTS_MAX: SignedDuration = SignedDuration::from_mins(10);

/// Where someone wants to go.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    to: String,
}

/// Sends the visitor to the chat server, which sends the visitor back with a code.
pub(crate) async fn begin(
    State(state): State<WebState>,
    Query(Wanted { to }): Query<Wanted>,
) -> Result<Response, Shut> {
    let doors = &state.entry.doors;
    let Some(provider) = &doors.provider else {
        return Err(Shut::NotAllowed("Nobody can log in here: no login is set up.".into()));
    };
    let (ticket, browser, verifier) = (Token::random(), Token::random(), Token::random());
    let now = doors.clock.now();
    let login = Login {
        state: ticket.fingerprint().as_str().to_owned(),
        browser: browser.fingerprint().as_str().to_owned(),
        verifier: verifier.reveal().to_owned(),
        path: OwnPath::read(&to).as_str().to_owned(),
        ends: now + LASTS_MAX,
    };
    doors.store.begin_login(&login, now).await?;
    let challenge = Fingerprint::of(verifier.reveal());
    let page = provider.login_page(ticket.reveal(), challenge.as_str()).await.map_err(not_now)?;
    let elsewhere = HeaderValue::from_str(&page)
        .map_err(|_odd| Shut::Unavailable("The address of the login is none that a browser takes".into()))?;
    let cookie = LOGIN.set(&browser, doors.secure, LASTS_MAX);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, elsewhere), (header::SET_COOKIE, cookie)]).into_response())
}

/// What the visitor comes back with.
#[derive(Deserialize)]
pub(crate) struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

/// The visitor is back: who it is decides the chat server, and what that person may do here.
pub(crate) async fn callback(
    State(state): State<WebState>,
    Query(returned): Query<Returned>,
    Knock { way, address }: Knock,
    headers: HeaderMap,
) -> Result<Response, Shut> {
    let outcome = enter(&state.entry.doors, &returned, &headers, way).await;
    if let Err(Shut::NotAllowed(_) | Shut::Unknown) = &outcome {
        state.entry.doors.refuse(SecurityKind::LoginFailed, &address);
    }
    let word = if outcome.is_ok() { "done" } else { "refused" };
    metrics::counter!("etsm_logins_total", "outcome" => word).increment(1);
    outcome
}

async fn enter(doors: &Doors, returned: &Returned, headers: &HeaderMap, way: Way) -> Result<Response, Shut> {
    let again = |message: &str| Shut::NotAllowed(message.into());
    let browser = LOGIN.token(headers, doors.secure);
    let ticket = Token::read(&returned.state);
    let (Some(browser), Some(ticket)) = (browser, ticket) else {
        return Err(again("This login was not begun in this browser, or too long ago. Log in again."));
    };
    let (ticket, browser) = (ticket.fingerprint(), browser.fingerprint());
    let login = doors.store.take_login(ticket.as_str(), browser.as_str(), doors.clock.now()).await;
    let Some(login) = login? else {
        return Err(again("This login was not begun in this browser, or too long ago. Log in again."));
    };
    if !returned.error.is_empty() || returned.code.is_empty() {
        return Err(again(
            "Discord did not let you through, or you changed your mind. Log in again if you like.",
        ));
    }
    let provider = doors.provider.as_ref().ok_or_else(|| again("Nobody can log in here any more."))?;
    let user = provider.identify(&returned.code, &login.verifier).await.map_err(not_now)?;
    let bearer = Bearer::Member(user);
    let asker = doors.asker(&bearer).await?;
    let asker = Asker { way, ..(*asker).clone() };
    let session = doors.begin(bearer, headers, &asker).await?;
    Ok(see_other(&OwnPath::read(&login.path), [session, LOGIN.clear(doors.secure)]))
}

fn not_now(failed: LoginFailed) -> Shut {
    match failed {
        LoginFailed::Refused(_) => Shut::NotAllowed("Discord did not take this login. Log in again.".into()),
        LoginFailed::Unavailable(why) => Shut::Unavailable(format!("Discord cannot be asked ({why})")),
    }
}

/// Ends the session.
pub(crate) async fn leave(
    State(state): State<WebState>,
    Knock { way, .. }: Knock,
    headers: HeaderMap,
) -> Result<Response, Shut> {
    let cookie = state.entry.doors.end(&headers, way).await?;
    Ok(see_other(&OwnPath::read("/"), [cookie]))
}

/// Leads to a page of our own, with cookies.
pub(super) fn see_other(to: &OwnPath, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let location = HeaderValue::from_str(to.as_str()).expect("an own path is printable");
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
