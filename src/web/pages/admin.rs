//! `/admin`: who is let in and who is inside, the keys of programs, and how fresh the figures are.

use askama::Template;
use axum::Form;
use axum::response::IntoResponse as _;
use axum::response::Redirect;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use crate::config::MemberRules;
use crate::domain::Claim;
use crate::domain::Scope;
use crate::problem::Problem;
use crate::render::words;
use crate::store::ApiKey;
use crate::store::Session;
use crate::store::StoreError;

use crate::web::ask::Tile;
use crate::web::doors::Doors;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// What members with a role of the chat server may do.
struct RoleRow {
    who: String,
    role: &'static str,
    accounts: String,
}

/// A session in force.
struct SessionRow {
    fingerprint: String,
    who: String,
    /// Hostile text.
    agent: String,
    made: String,
    seen: String,
}

/// A key of a program.
struct KeyRow {
    name: String,
    scopes: String,
    made_by: String,
    made: String,
    used: String,
    /// Since when it opens nothing.
    revoked: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/admin.html")]
struct AdminPage {
    frame: Frame,
    roles: Vec<RoleRow>,
    sessions: Vec<SessionRow>,
    keys: Vec<KeyRow>,
    sources: Tile,
    status: Tile,
}

pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    let doors = &state.entry.doors;
    let (sessions, keys, sources, status) =
        tokio::join!(doors.open_sessions(), doors.keys(), state.sources(), state.tile("status"));
    let sessions = sessions.map_err(unreadable)?;
    let keys = keys.map_err(unreadable)?;
    Ok(page(&AdminPage {
        frame: Frame::new(&state, Place::Admin, "Administration"),
        roles: roles(doors.members()),
        sessions: sessions.into_iter().map(|session| session_row(doors, session)).collect(),
        keys: keys.into_iter().map(key_row).collect(),
        sources,
        status,
    }))
}

fn unreadable(failed: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(failed).context("reading who is inside"))
}

fn roles(members: &MemberRules) -> Vec<RoleRow> {
    let mut rows: Vec<RoleRow> = Vec::new();
    for role in &members.roles {
        let mut accounts = scope_words(&role.accounts);
        if role.own {
            accounts.push_str(" and their own");
        }
        rows.push(RoleRow { who: format!("role {}", role.id), role: role.role.word(), accounts });
    }
    if members.administrators {
        rows.push(RoleRow {
            who: "Administrators of the server".into(),
            role: "admin",
            accounts: "all".into(),
        });
    }
    if let Some(role) = members.others {
        let who = if rows.is_empty() { "Everyone on the server" } else { "Everyone else on the server" };
        rows.push(RoleRow { who: who.into(), role: role.word(), accounts: "all".into() });
    }
    rows
}

fn scope_words(scope: &Scope) -> String {
    let claim = |claim: &Claim| match claim {
        Claim::Owner(owner) => format!("of {owner}"),
        Claim::Tag(tag) => format!("tagged {tag}"),
    };
    match scope {
        Scope::All => "all".into(),
        Scope::Of(claims) if claims.is_empty() => "none".into(),
        Scope::Of(claims) => claims.iter().map(claim).collect::<Vec<_>>().join(", "),
    }
}

fn session_row(doors: &Doors, session: Session) -> SessionRow {
    SessionRow {
        who: doors.name_of(&session.bearer),
        made: words::instant(session.made),
        seen: words::instant(session.seen),
        fingerprint: session.fingerprint,
        agent: session.agent,
    }
}

fn key_row(key: ApiKey) -> KeyRow {
    let scopes: Vec<String> = key.scopes.iter().map(ToString::to_string).collect();
    let of = |source| format!(", of the source {source} alone");
    let only = key.source.map_or_else(String::new, of);
    let at = |at: Timestamp| words::instant(at);
    KeyRow {
        name: key.name,
        scopes: scopes.join(", ") + &only,
        made_by: key.made_by,
        made: at(key.made),
        used: key.used.map_or_else(|| "never".into(), at),
        revoked: key.revoked.map(at),
    }
}

/// Which session ends.
#[derive(Deserialize)]
pub(crate) struct Ended {
    fingerprint: String,
}

pub(crate) async fn end_session(state: Seat, Form(ended): Form<Ended>) -> Result<Response, Failure> {
    let known = state.entry.doors.dismiss(&ended.fingerprint, &state.act()).await.map_err(unreadable)?;
    tracing::info!(known, "Ended a session");
    Ok(Redirect::to("/admin#sessions").into_response())
}

/// Which key opens nothing any more.
#[derive(Deserialize)]
pub(crate) struct Revoked {
    name: String,
}

pub(crate) async fn revoke_key(state: Seat, Form(revoked): Form<Revoked>) -> Result<Response, Failure> {
    let known = state.entry.doors.revoke(&revoked.name, &state.act()).await.map_err(unreadable)?;
    if !known {
        return Err(Problem::Unknown {
            what: "key",
            given: revoked.name,
            remedy: "It may have been revoked already.".into(),
        }
        .into());
    }
    tracing::info!("Revoked a key");
    Ok(Redirect::to("/admin#keys").into_response())
}
