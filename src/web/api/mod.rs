//! The API under `/api/v1`: JSON of its own shape, problems as `application/problem+json` (RFC 9457).
//!
//! Invariant: figures come from the engine's snapshot alone; nothing here adds or rounds.

mod accounts;
mod alerts;
mod audit;
mod bill;
mod body;
mod digests;
mod facts;
mod fresh;
mod health;
mod initiatives;
mod openapi;
mod outlook;
mod page_of;
mod portfolio;
mod push;
mod rows;
mod unpack;
mod usage;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Range;
use crate::domain::Used;
use crate::domain::Window;
use crate::domain::utc_midnight;
use crate::engine::Snapshot;
use crate::problem::Problem;

use super::ask::Pairs;
use super::doors::Shut;
use super::limits::too_many;
use super::page::status_of;

pub(super) use accounts::{list as accounts, one as account};
pub(super) use alerts::{ack as alert_ack, list as alerts, snooze as alert_snooze};
pub(super) use audit::list as audit;
pub(super) use bill::show as bill;
pub(super) use digests::{list as digests, one as digest};
pub(super) use facts::show as fact;
pub(super) use fresh::known_already;
pub(super) use health::{show as health, why};
pub(super) use initiatives::{
    add as add_initiative, change as change_initiative, list as initiatives, one as initiative,
    update as update_initiative,
};
pub(super) use openapi::document;
pub(super) use openapi::show as openapi;
pub(super) use outlook::{anomalies, forecast};
pub(super) use portfolio::show as portfolio;
pub(super) use push::take as push_usage;
pub(super) use rows::show as usage_rows;
pub(super) use usage::show as usage;

/// A problem on its way to a program.
pub(crate) struct ApiFailure(Problem);

impl From<Problem> for ApiFailure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        // For a program, a desk without data is a state to wait out, and not an answer.
        let status = match &self.0 {
            Problem::NoData => StatusCode::SERVICE_UNAVAILABLE,
            other => status_of(other),
        };
        document_with(status, self.0.code(), &self.0.to_string(), self.0.reference())
    }
}

/// No such address below `/api`.
pub(super) async fn not_found() -> Response {
    problem_document(StatusCode::NOT_FOUND, "not_found", "There is no such address in this API.")
}

/// The address takes other methods.
pub(super) fn wrong_method() -> Response {
    let detail = "This address takes other methods; the header Allow names them.";
    problem_document(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", detail)
}

/// The snapshot is still being loaded.
pub(super) fn loading() -> Response {
    problem_document(
        StatusCode::SERVICE_UNAVAILABLE,
        "loading",
        "The figures are being loaded. Try again shortly.",
    )
}

/// Whoever asks may not.
pub(super) fn turned_away(shut: &Shut) -> Response {
    match shut {
        Shut::Unknown => {
            let detail =
                "Send a key as `Authorization: Bearer etsm_…`; an operator makes one with `etsm key add`.";
            let mut response = problem_document(StatusCode::UNAUTHORIZED, "not_known", detail);
            let how = header::HeaderValue::from_static("Bearer realm=\"etsm\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
            response
        }
        Shut::NotAllowed(why) => problem_document(StatusCode::FORBIDDEN, "not_allowed", why),
        Shut::TooMany(wait) => too_many("/api/", *wait),
        Shut::Unavailable(why) => problem_document(StatusCode::SERVICE_UNAVAILABLE, "unavailable", why),
    }
}

/// A problem of this kind, in words.
pub(super) fn problem_document(status: StatusCode, code: &str, detail: &str) -> Response {
    document_with(status, code, detail, None)
}

/// With what an operator finds the cause by, when it is our own fault.
fn document_with(status: StatusCode, code: &str, detail: &str, reference: Option<&str>) -> Response {
    let title = status.canonical_reason().unwrap_or("Problem");
    let mut body = json!({
        "type": "about:blank", "title": title, "status": status.as_u16(), "code": code, "detail": detail,
    });
    if let Some(reference) = reference {
        body["reference"] = reference.into();
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}

/// The options of a call, each taken once; what is left over is refused.
struct Options {
    pairs: Pairs,
    known: &'static [&'static str],
}

impl Options {
    fn new(query: Pairs, known: &'static [&'static str]) -> Result<Self, Problem> {
        for (index, (name, _)) in query.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let offered = match known {
                    [] => "It takes none".to_owned(),
                    some => format!("The options are {}", some.join(", ")),
                };
                let message = format!("There is no option “{name}” here. {offered}.");
                return Err(Problem::option(name, message));
            }
            if query[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::option(name, format!("The option “{name}” is given twice.")));
            }
        }
        Ok(Self { pairs: query, known })
    }

    /// An option's text; empty counts as left out.
    fn text(&self, name: &str) -> Option<&str> {
        debug_assert!(self.known.contains(&name), "{name} is read but not known");
        let value = self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// An option, understood.
    fn parsed<T>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let understood = |text: &str| {
            text.parse().map_err(|error: T::Err| Problem::option(name, format!("{name}: {error}.")))
        };
        self.text(name).map(understood).transpose()
    }

    /// The window that `from` and `to`, or `range`, ask for, and the grain that shows it best.
    fn window(&self, snapshot: &Snapshot) -> Result<(Window, crate::domain::Grain), Problem> {
        let as_of = snapshot.as_of().ok_or(Problem::NoData)?;
        let (from, to) = (self.instant("from")?, self.instant("to")?);
        let Some(from) = from else {
            if to.is_some() {
                return Err(Problem::option("from", "Give from as well as to."));
            }
            let range = self.parsed::<Range>("range")?.unwrap_or(Range::DEFAULT);
            return Ok((range.window(as_of), range.grain()));
        };
        if self.text("range").is_some() {
            return Err(Problem::option("range", "Give either range, or from and to."));
        }
        let window = Window::new(from, to.unwrap_or(as_of));
        let window =
            window.ok_or_else(|| Problem::option("to", "The window is empty: to must be after from."))?;
        let days = window.length().as_hours() / 24;
        let days = u16::try_from(days).unwrap_or(u16::MAX);
        Ok((window, Range::Days(days).grain()))
    }

    /// An instant, or a day that stands for its first instant in UTC.
    fn instant(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let day = || text.parse::<Date>().map(utc_midnight);
        let at = text.parse::<Timestamp>().or_else(|_odd| day());
        at.map(Some).map_err(|_odd| {
            let words = format!("“{text}” is not a time; write 2026-01-31 or 2026-01-31T15:00:00Z.");
            Problem::option(name, words)
        })
    }

    /// The account named by its id.
    fn account<'a>(&self, snapshot: &'a Snapshot) -> Result<Option<&'a Account>, Problem> {
        self.text("account").map(|id| account_of(snapshot, id)).transpose()
    }
}

/// The account of an id.
fn account_of<'a>(snapshot: &'a Snapshot, id: &str) -> Result<&'a Account, Problem> {
    let known = id.parse::<AccountId>().ok().and_then(|id| snapshot.account(&id));
    known.ok_or_else(|| Problem::UnknownAccount { given: id.to_owned(), nearest: None })
}

/// How fresh an answer is.
#[derive(Serialize, ToSchema)]
struct WireAsOf {
    /// End of the data, RFC 3339; `null` before the first import.
    as_of: Option<String>,
    data_version: u64,
}

impl WireAsOf {
    fn of(snapshot: &Snapshot) -> Self {
        Self { as_of: snapshot.as_of().map(|at| at.to_string()), data_version: snapshot.version() }
    }
}

/// Sums of all metrics; cost in whole units of the currency.
#[derive(Serialize, ToSchema)]
struct WireUsed {
    api_calls: u64,
    errors: Option<u64>,
    tokens_used: u64,
    cost: f64,
}

impl From<Used> for WireUsed {
    fn from(used: Used) -> Self {
        Self {
            api_calls: used.api_calls,
            errors: used.errors,
            tokens_used: used.tokens,
            cost: used.cost.as_f64(),
        }
    }
}

/// The relative change; `None` when there was nothing before.
fn growth(now: f64, before: f64) -> Option<f64> {
    (before != 0.0).then(|| now / before - 1.0)
}

/// Computes beside the other requests: a wide window may take longer than a request may hold a thread.
async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Problem::internal(anyhow::Error::new(error).context("computing for the API")))?
}

fn answer<T: Serialize>(value: T) -> Response {
    Json(value).into_response()
}
