//! `GET /api/v1/audit`: who changed what, the newest first.

use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::AuditKind;
use crate::domain::How;
use crate::problem::Problem;
use crate::store::AuditEntry;
use crate::store::AuditFilter;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::answer;
use super::openapi::Failures;
use super::page_of::{PageOf, PageOptions};

#[derive(Serialize, ToSchema)]
pub(super) struct WireAudit {
    entries: Vec<WireAuditEntry>,
    /// What to give as `cursor` for the entries before; `null` at the beginning of the log.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireAuditEntry {
    /// Its place in the log.
    number: u64,
    at: String,
    /// As `initiative.change`.
    kind: String,
    /// `discord`, `web`, `api`, `key`, `terminal`, `schedule`, `source` or `start`.
    how: String,
    /// What the logs call the request.
    request: Option<String>,
    /// `person`, `key` or `service`.
    who_kind: String,
    who: String,
    /// What was changed.
    subject: String,
    account: Option<String>,
    /// What was, as far as it differs.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// What is, as far as it differs.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// What an erasure or a cut proves.
    #[schema(value_type = Option<Object>)]
    facts: Option<Value>,
    /// Whether an erasure replaced what it told.
    erased: bool,
    /// Over the hash before and this entry (SHA-256).
    hash: String,
}

impl From<AuditEntry> for WireAuditEntry {
    fn from(one: AuditEntry) -> Self {
        let read = |text: Option<String>| {
            text.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)))
        };
        Self {
            number: one.number,
            at: one.at.to_string(),
            kind: one.kind,
            how: one.how,
            request: one.request,
            who_kind: one.who_kind,
            who: one.who,
            subject: one.subject,
            account: one.account,
            before: read(one.before),
            after: read(one.after),
            facts: read(one.facts),
            erased: one.erased,
            hash: one.hash,
        }
    }
}

const OPTIONS: &[&str] = &["who", "kind", "how", "account", "from", "to", "limit", "cursor"];

#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "Audit",
    summary = "Who changed what, the newest first",
    description = "For admins. `etsm audit verify` proves that the log is whole.",
    params(
        ("who" = Option<String>, Query, description = "Only by this person or key"),
        ("kind" = Option<String>, Query, description = "Only of this kind, as initiative.change"),
        ("how" = Option<String>, Query, description = "Only by this way, as discord"),
        ("account" = Option<String>, Query, description = "Only about this account, by id"),
        ("from" = Option<String>, Query, description = "Not before, as 2026-01-31 or 2026-01-31T15:00:00Z"),
        ("to" = Option<String>, Query, description = "Before"),
        PageOptions,
    ),
    responses((status = 200, description = "A page of entries", body = WireAudit), Failures),
)]
pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, OPTIONS)?;
    let page = PageOf::read(&options)?;
    let wanted = AuditFilter {
        who: options.text("who").map(str::to_owned),
        kind: options.parsed::<AuditKind>("kind")?,
        how: options.parsed::<How>("how")?,
        account: options.parsed("account")?,
        since: options.instant("from")?,
        until: options.instant("to")?,
        below: page.behind::<u64>()?,
    };
    let limit = page.limit();
    let read = state.desk.store().audit(&wanted, u32::try_from(limit + 1).unwrap_or(u32::MAX)).await;
    let mut entries = read
        .map_err(|failed| Problem::internal(anyhow::Error::new(failed).context("reading the audit log")))?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().filter(|_| more);
    let next_cursor = last.map(|last| PageOf::cursor(&last.number.to_string()));
    Ok(answer(WireAudit { entries: entries.into_iter().map(WireAuditEntry::from).collect(), next_cursor }))
}
