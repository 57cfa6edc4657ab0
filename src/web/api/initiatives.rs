//! `/api/v1/initiatives`: all of them with their logs, and the ways to write one down and to change it.
//!
//! Invariant: what is written goes through the same orders as a line in chat; JSON is only another spelling.

use axum::extract::Path;
use axum::extract::Query;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::Invocation;
use crate::answers::Question;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::InitiativeStatus;
use crate::domain::utc_date;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::answer;
use super::body::Body;
use super::openapi::Failures;
use super::page_of::PageOf;
use super::page_of::PageOptions;

#[derive(Serialize, ToSchema)]
pub(super) struct WireInitiatives {
    #[serde(flatten)]
    fresh: WireAsOf,
    currency: String,
    initiatives: Vec<WireInitiative>,
    /// Ask for it with `cursor` to get those that follow; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireOneInitiative {
    #[serde(flatten)]
    fresh: WireAsOf,
    currency: String,
    #[serde(flatten)]
    initiative: WireInitiative,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireInitiative {
    initiative_id: String,
    account_id: String,
    title: String,
    priority: &'static str,
    status: &'static str,
    owner: Option<String>,
    /// A year, in whole units of the currency.
    expected_revenue: Option<f64>,
    start: Option<String>,
    due: Option<String>,
    /// Open and past its due day.
    overdue: bool,
    target: Option<&'static str>,
    updates: Vec<WireUpdate>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireUpdate {
    at: String,
    author: String,
    text: String,
}

impl WireInitiative {
    fn of(initiative: &Initiative, today: jiff::civil::Date) -> Self {
        let update = |update: &crate::domain::InitiativeUpdate| WireUpdate {
            at: update.at.to_string(),
            author: update.author.to_string(),
            text: update.text.clone(),
        };
        Self {
            initiative_id: initiative.id.to_string(),
            account_id: initiative.account.to_string(),
            title: initiative.title.clone(),
            priority: initiative.priority.word(),
            status: initiative.status.word(),
            owner: initiative.owner.as_ref().map(ToString::to_string),
            expected_revenue: initiative.expected_revenue.map(crate::domain::Money::as_f64),
            start: initiative.start.map(|day| day.to_string()),
            due: initiative.due.map(|day| day.to_string()),
            overdue: initiative.is_overdue(today),
            target: initiative.target.map(crate::domain::Metric::word),
            updates: initiative.updates.iter().map(update).collect(),
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/initiatives",
    tag = "Initiatives",
    summary = "What we do together with accounts, by id",
    params(
        ("account" = Option<String>, Query, description = "Only of this account, by id"),
        ("status" = Option<String>, Query, description = "planned, active, blocked, done or cancelled"),
        ("owner" = Option<String>, Query, description = "Only of this owner"),
        PageOptions,
    ),
    responses((status = 200, description = "One page of initiatives with their logs", body = WireInitiatives), Failures),
)]
pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["account", "status", "owner", "limit", "cursor"])?;
    let snapshot = state.snapshot()?;
    let account = options.account(&snapshot)?.map(|account| account.id.clone());
    let status: Option<InitiativeStatus> = options.parsed("status")?;
    let owner = options.text("owner").map(str::to_lowercase);
    let asked = |initiative: &&Initiative| {
        let theirs = initiative.owner.as_ref().map(|owner| owner.as_str().to_lowercase());
        account.as_ref().is_none_or(|account| initiative.account == *account)
            && status.is_none_or(|status| initiative.status == status)
            && (owner.is_none() || theirs == owner)
    };
    let page = PageOf::read(&options)?.of(snapshot.initiatives().filter(asked), |one| one.id.as_str());
    let today = utc_date(state.desk.clock().now());
    Ok(answer(WireInitiatives {
        fresh: WireAsOf::of(&snapshot),
        currency: snapshot.currency().code().to_owned(),
        initiatives: page.items.into_iter().map(|one| WireInitiative::of(one, today)).collect(),
        next_cursor: page.next,
    }))
}

#[utoipa::path(
    get,
    path = "/api/v1/initiatives/{id}",
    tag = "Initiatives",
    summary = "One initiative with its log",
    params(("id" = String, Path, description = "The initiative’s id")),
    responses((status = 200, description = "The initiative", body = WireOneInitiative), Failures),
)]
pub(crate) async fn one(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    Options::new(query, &[])?;
    Ok(answer(found(&state, &*state.snapshot()?, &id)?))
}

/// A new initiative.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWire {
    /// Whose it is: the account’s id.
    account_id: String,
    /// What it is, in a few words.
    title: String,
    /// low, medium (if left out), high or critical.
    priority: Option<String>,
    /// planned (if left out), active or blocked.
    status: Option<String>,
    /// Who drives it; whoever sends it if left out.
    owner: Option<String>,
    /// A year, in whole units of the currency.
    #[schema(value_type = Option<f64>)]
    expected_revenue: Option<serde_json::Number>,
    /// Day it should be done by, as 2026-01-31.
    due: Option<String>,
    /// First line of its log.
    text: Option<String>,
}

#[utoipa::path(
    post,
    path = "/api/v1/initiatives",
    tag = "Initiatives",
    summary = "Write a new initiative down",
    request_body = NewWire,
    responses((status = 201, description = "Written down; Location says where it stands", body = WireOneInitiative), Failures),
)]
pub(crate) async fn add(state: Seat, Body(new): Body<NewWire>) -> Result<Response, ApiFailure> {
    let given = [
        ("account", Some(new.account_id)),
        ("title", Some(new.title)),
        ("priority", new.priority),
        ("status", new.status),
        ("owner", new.owner),
        ("revenue", new.expected_revenue.map(|amount| amount.to_string())),
        ("due", new.due),
        ("text", new.text),
    ];
    let id = order(&state, "initiative add", given).await?;
    let wire = found(&state, &*state.snapshot()?, id.as_str())?;
    let place = HeaderValue::from_str(&format!("/api/v1/initiatives/{id}")).expect("an id is plain text");
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], axum::Json(wire)).into_response())
}

/// A change; what is left out stays, and `null` takes away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditWire {
    title: Option<String>,
    /// low, medium, high or critical.
    priority: Option<String>,
    /// planned, active or blocked; done or cancelled ends it.
    status: Option<String>,
    /// `null` for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Given<String>,
    /// A year, in whole units of the currency; `null` when it is not stated any more.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>)]
    expected_revenue: Given<serde_json::Number>,
    /// As 2026-01-31; `null` leaves it open.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    due: Given<String>,
    /// A line for its log.
    text: Option<String>,
}

/// Left out, `null`, or a value.
type Given<T> = Option<Option<T>>;

fn given<'de, D, T>(deserializer: D) -> Result<Given<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// What a value becomes, as the grammar spells it.
fn anew<T: ToString>(value: Given<T>) -> Option<String> {
    value.map(|value| value.map_or_else(|| "none".to_owned(), |value| value.to_string()))
}

#[utoipa::path(
    patch,
    path = "/api/v1/initiatives/{id}",
    tag = "Initiatives",
    summary = "Change an initiative, or end it",
    params(("id" = String, Path, description = "The initiative’s id")),
    request_body = EditWire,
    responses((status = 200, description = "As it stands now", body = WireOneInitiative), Failures),
)]
pub(crate) async fn change(
    state: Seat,
    Path(id): Path<String>,
    Body(edit): Body<EditWire>,
) -> Result<Response, ApiFailure> {
    found(&state, &*state.snapshot()?, &id)?;
    let ends = edit.status.clone().filter(|status| ["done", "cancelled"].contains(&status.as_str()));
    let changed = [
        ("title", edit.title),
        ("priority", edit.priority),
        ("status", edit.status.filter(|_| ends.is_none())),
        ("owner", anew(edit.owner)),
        ("revenue", anew(edit.expected_revenue)),
        ("due", anew(edit.due)),
        ("text", edit.text.clone().filter(|_| ends.is_none())),
    ];
    let this = ("id", Some(id.clone()));
    if ends.is_none() || changed.iter().any(|(_, value)| value.is_some()) {
        order(&state, "initiative update", [this.clone()].into_iter().chain(changed)).await?;
    }
    if ends.is_some() {
        order(&state, "initiative close", [this, ("status", ends), ("text", edit.text)]).await?;
    }
    Ok(answer(found(&state, &*state.snapshot()?, &id)?))
}

/// A line for a log.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineWire {
    /// What happened.
    text: String,
}

#[utoipa::path(
    post,
    path = "/api/v1/initiatives/{id}/updates",
    tag = "Initiatives",
    summary = "Add to an initiative’s log",
    params(("id" = String, Path, description = "The initiative’s id")),
    request_body = LineWire,
    responses((status = 201, description = "As it stands now", body = WireOneInitiative), Failures),
)]
pub(crate) async fn update(
    state: Seat,
    Path(id): Path<String>,
    Body(line): Body<LineWire>,
) -> Result<Response, ApiFailure> {
    found(&state, &*state.snapshot()?, &id)?;
    order(&state, "initiative update", [("id", Some(id.clone())), ("text", Some(line.text))]).await?;
    let wire = found(&state, &*state.snapshot()?, &id)?;
    Ok((StatusCode::CREATED, axum::Json(wire)).into_response())
}

/// Gives an order in the grammar of chat.
async fn order(
    state: &Seat,
    command: &str,
    options: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> Result<InitiativeId, Problem> {
    let given = options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let order = Question::understand(&Invocation::new(command, given)?)?;
    state.desk.order_initiative(&state.asker, &order).await
}

/// The initiative of an id, to the letter: programs name no titles.
fn found(state: &Seat, snapshot: &Snapshot, id: &str) -> Result<WireOneInitiative, Problem> {
    let one = snapshot.initiatives().find(|one| one.id.as_str() == id).ok_or_else(|| Problem::Unknown {
        what: "initiative",
        given: id.to_owned(),
        remedy: "GET /api/v1/initiatives lists them.".into(),
    })?;
    Ok(WireOneInitiative {
        fresh: WireAsOf::of(snapshot),
        currency: snapshot.currency().code().to_owned(),
        initiative: WireInitiative::of(one, utc_date(state.desk.clock().now())),
    })
}
