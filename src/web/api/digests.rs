//! `GET /api/v1/digests`: what became of each slot, the newest first, and one digest with what it said.

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use crate::digest::DigestScope;
use crate::digest::WrittenBy;
use crate::problem::Problem;
use crate::render;
use crate::store::Occurrence;
use crate::store::StoreError;
use crate::web::ask::Pairs;
use crate::web::ask::understand_with;
use crate::web::state::WebState;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::answer;

/// Digests in one list.
const LISTED_MAX: u32 = 200;

#[derive(Serialize)]
struct WireDigests {
    #[serde(flatten)]
    fresh: WireAsOf,
    digests: Vec<WireDigest>,
}

#[derive(Serialize)]
struct WireDigest {
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

#[derive(Serialize)]
struct WireShown {
    #[serde(flatten)]
    digest: WireDigest,
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

pub(crate) async fn list(
    State(state): State<WebState>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["name"])?;
    let (snapshot, sees) = (state.desk.snapshot(), &state.asker.sees);
    let asked = |one: &&Occurrence| {
        let scope = one.scope.parse::<DigestScope>();
        options.text("name").is_none_or(|name| one.name.as_str().eq_ignore_ascii_case(name))
            && scope.is_ok_and(|scope| scope.is_within(&snapshot, sees))
    };
    let newest = state.desk.store().newest_digests(LISTED_MAX).await.map_err(broken)?;
    let digests = newest.iter().filter(asked).map(WireDigest::of).collect();
    Ok(answer(WireDigests { fresh: WireAsOf::of(&*state.snapshot()?), digests }))
}

pub(crate) async fn one(
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Result<Response, ApiFailure> {
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
