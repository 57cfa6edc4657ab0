//! What goes wrong at the fake's API, one call at a time.

use std::time::Duration;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::json;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Gateway,
    Acknowledge,
    Edit,
    Commands,
    /// A look at the server, a channel or a member.
    Look,
    /// A message in a channel.
    Channel,
    /// A message in a channel is changed.
    Change,
    /// A look at the past of a channel.
    Past,
    /// A login, or a look at who logged in.
    Login,
}

/// What the next call of a kind meets. It is not carried out then.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Refused with this status and Discord's own code.
    Code(u16, u32),
    /// Refused as too much, until the time is over.
    Limited(Limit, Duration),
    /// A machine before Discord answers in its own words.
    Html(u16),
    /// A success whose body is half of what it should be.
    Garbage,
    /// The connection breaks in the middle of the response.
    Reset,
    /// No response at all.
    Silence,
}

/// How far a limit reaches, as Discord names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    User,
    Shared,
    Global,
}

impl From<u16> for Fault {
    fn from(status: u16) -> Self {
        if status == 429 {
            Self::Limited(Limit::User, Duration::from_millis(700))
        } else {
            Self::Code(status, 0)
        }
    }
}

/// A limit that is in force.
#[derive(Debug)]
struct Limited {
    on: On,
    path: String,
    limit: Limit,
    until: Instant,
}

impl Limited {
    /// Answers to interactions have limits of their own.
    fn reaches(&self, on: On, path: &str) -> bool {
        let is_answer = |on: On| matches!(on, On::Acknowledge | On::Edit);
        self.path == path || self.limit == Limit::Global && !is_answer(on) && !is_answer(self.on)
    }
}

/// Faults that wait for their calls.
#[derive(Debug, Default)]
pub struct Plan {
    waiting: Vec<(On, Fault)>,
    /// When calls that are limited are taken again.
    limited: Vec<Limited>,
}

impl Plan {
    pub fn add(&mut self, on: On, fault: Fault) {
        self.waiting.push((on, fault));
    }

    /// Whether all of it has happened.
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What this call meets. A call that comes while it is limited is a mistake, which the error tells.
    pub fn meets(&mut self, on: On, path: &str) -> Result<Option<Fault>, String> {
        let now = Instant::now();
        self.limited.retain(|limited| limited.until > now);
        if let Some(limited) = self.limited.iter().find(|limited| limited.reaches(on, path)) {
            let left = limited.until.duration_since(now);
            return Err(format!("{on:?} was called {left:?} before the limit was over: {limited:?}"));
        }
        let Some(at) = self.waiting.iter().position(|(kind, _)| *kind == on) else { return Ok(None) };
        let (_, fault) = self.waiting.remove(at);
        if let Fault::Limited(limit, time) = fault {
            self.limited.push(Limited { on, path: path.to_owned(), limit, until: now + time });
        }
        Ok(Some(fault))
    }
}

impl Fault {
    /// As a response; `None` when there is none.
    pub fn response(self) -> Option<Response> {
        let status = |status: u16| StatusCode::from_u16(status).unwrap();
        Some(match self {
            Self::Code(number, code) => {
                (status(number), Json(json!({"code": code, "message": "Something went wrong"})))
                    .into_response()
            }
            Self::Limited(limit, time) => {
                let global = limit == Limit::Global;
                let body = json!({
                    "message": "You are being rate limited.", "retry_after": time.as_secs_f64(), "global": global,
                });
                let scope = format!("{limit:?}").to_lowercase();
                let whole = time.as_secs_f64().ceil().to_string();
                let mut response = (status(429), Json(body)).into_response();
                let headers = response.headers_mut();
                headers.insert("retry-after", whole.parse().unwrap());
                headers.insert("x-ratelimit-scope", scope.parse().unwrap());
                if global {
                    headers.insert("x-ratelimit-global", "true".parse().unwrap());
                }
                response
            }
            Self::Html(number) => (status(number), Html("<h1>Bad gateway</h1>")).into_response(),
            Self::Garbage => {
                (status(200), [("content-type", "application/json")], "{\"url\":").into_response()
            }
            Self::Reset => {
                let broken = futures_util::stream::iter([Ok(axum::body::Bytes::from("{")), Err("cut")]);
                (status(200), Body::from_stream(broken)).into_response()
            }
            Self::Silence => return None,
        })
    }
}
