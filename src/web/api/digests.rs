//! `GET /api/v1/digests`: what became of each slot, the newest first, and one digest with what it said.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::digest::DigestScope;
use crate::digest::WrittenBy;
use crate::problem::Problem;
use crate::render;
use crate::store::Occurrence;
use crate::store::StoreError;
use crate::web::ask::Pairs;
use crate::web::ask::understand_with;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::answer;
use super::openapi::Failures;

/// Digests in one list.
const LISTED_MAX: u32 = 200;

#[derive(Serialize, ToSchema)]
pub(super) struct WireDigests {
    #[serde(flatten)]
    fresh: WireAsOf,
    digests: Vec<WireDigest>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireDigest {
    id: u64,
    name: String,
    /// When it was to come.
    slot: String,
    destination: String,
    scope: String,
    /// `pending`, `composed`, `sending`, `sent`, `skipped`, `uncertain` or `failed`.
    state: &'static str,
    late: bool,
    /// `ai` or `plain`; `null` before it was written.
    written: Option<&'static str>,
    model: Option<String>,
    why: Option<String>,
    asked_by: Option<String>,
    ended: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireShown {
    #[serde(flatten)]
    digest: WireDigest,
    /// As `etsm ask --json` prints an answer.
    #[schema(value_type = Object)]
    answer: Value,
}

impl WireDigest {
    fn of(one: &Occurrence) -> Self {
        let written = one.written.as_deref().and_then(|text| serde_json::from_str::<WrittenBy>(text).ok());
        let (written, model) = match written {
            Some(WrittenBy::Ai { model }) => (Some("ai"), Some(model)),
            Some(WrittenBy::Plain { .. }) => (Some("plain"), None),
            None => (None, None),
        };
        Self {
            id: one.id,
            name: one.name.to_string(),
            slot: one.slot.to_string(),
            destination: one.destination.clone(),
            scope: one.scope.clone(),
            state: one.state.word(),
            late: one.is_late(),
            written,
            model,
            why: one.why.clone(),
            asked_by: one.asked_by.as_ref().map(ToString::to_string),
            ended: one.ended.map(|at| at.to_string()),
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/digests",
    tag = "Digests",
    summary = "Digests by their slots, the newest first, and what became of them",
    params(
        ("name" = Option<String>, Query, description = "Only those of this schedule"),
        ("limit" = Option<u32>, Query, description = "At most so many, up to 200, which is also what is given without it"),
    ),
    responses((status = 200, description = "The digests that tell of nothing but your accounts", body = WireDigests), Failures),
)]
pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["name", "limit"])?;
    let (snapshot, sees) = (state.desk.snapshot(), &state.asker.sees);
    let asked = |one: &&Occurrence| {
        let scope = one.scope.parse::<DigestScope>();
        options.text("name").is_none_or(|name| one.name.as_str().eq_ignore_ascii_case(name))
            && scope.is_ok_and(|scope| scope.is_within(&snapshot, sees))
    };
    let limit = options.parsed::<u32>("limit")?.unwrap_or(LISTED_MAX).min(LISTED_MAX);
    let newest = state.desk.store().newest_digests(LISTED_MAX).await.map_err(broken)?;
    let digests = newest.iter().filter(asked).take(limit as usize).map(WireDigest::of).collect();
    Ok(answer(WireDigests { fresh: WireAsOf::of(&*state.snapshot()?), digests }))
}

#[utoipa::path(
    get,
    path = "/api/v1/digests/{id}",
    tag = "Digests",
    summary = "One digest as it was sent, with its figures beside those of now",
    params(("id" = u64, Path, description = "The digest’s number")),
    responses((status = 200, description = "The digest", body = WireShown), Failures),
)]
pub(crate) async fn one(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    Options::new(query, &[])?;
    // Whether the asker may know of it is settled by the desk.
    let said = state.ask(understand_with("digest show", "id", &id, Pairs::new())?).await?;
    let number = id.trim().parse().unwrap_or_default();
    let found = state.desk.store().digest(number).await.map_err(broken)?;
    let (one, _) = found.ok_or_else(|| Problem::Unknown {
        what: "digest",
        given: id,
        remedy: "GET /api/v1/digests lists them.".into(),
    })?;
    let said = render::json::answer(&said, Some(&state.public_url));
    Ok(answer(WireShown { digest: WireDigest::of(&one), answer: said }))
}

fn broken(error: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(error).context("reading digests"))
}
