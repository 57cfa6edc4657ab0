//! `/admin/audit`: who changed what, and what was refused at the doors.

use std::fmt::Write as _;

use crate::web::links::escape;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde_json::Value;

use crate::domain::AccountId;
use crate::domain::AuditKind;
use crate::domain::How;
use crate::domain::SecurityKind;
use crate::problem::Problem;
use crate::render::words;
use crate::store::AuditEntry;
use crate::store::AuditFilter;
use crate::store::SecurityEvent;
use crate::store::StoreError;

use crate::web::ask::Pairs;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// Entries of a page.
const PAGE: usize = 50;
/// Counts of refusals that are shown.
const REFUSALS_MAX: u32 = 50;

/// An entry in words; all of it is hostile text.
struct EntryRow {
    number: u64,
    at: String,
    who: String,
    how: String,
    kind: String,
    subject: String,
    account: Option<String>,
    changes: Vec<ChangeRow>,
    request: Option<String>,
    erased: bool,
}

/// A part of what was changed.
struct ChangeRow {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

struct RefusalRow {
    what: &'static str,
    address: String,
    times: u64,
    last: String,
}

/// What the filter offers, with what is chosen.
struct Asked {
    who: String,
    account: String,
    kind: String,
    how: String,
}

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct AuditPage {
    frame: Frame,
    asked: Asked,
    kinds: Vec<&'static str>,
    ways: Vec<&'static str>,
    entries: Vec<EntryRow>,
    refusals: Vec<RefusalRow>,
    /// The newest entry.
    head: String,
    head_number: u64,
    /// The page with the entries before.
    older: Option<String>,
}

pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let value = |name: &str| {
        let found = query.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        found.unwrap_or_default()
    };
    let asked =
        Asked { who: value("who"), account: value("account"), kind: value("kind"), how: value("how") };
    let below = value("below").parse::<u64>().ok();
    let wanted = AuditFilter { below, ..filter(&asked)? };
    let store = state.desk.store();
    let (entries, refusals, head) =
        tokio::join!(store.audit(&wanted, PAGE as u32 + 1), store.refusals(REFUSALS_MAX), store.audit_head());
    let (mut entries, refusals) = (entries.map_err(unreadable)?, refusals.map_err(unreadable)?);
    let head = head.map_err(unreadable)?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let older = entries.last().filter(|_| more).map(|last| older(&asked, last.number));
    Ok(page(&AuditPage {
        frame: Frame::new(&state, Place::Admin, "Audit log"),
        kinds: AuditKind::ALL.iter().map(|kind| kind.word()).collect(),
        ways: How::ALL.iter().map(|how| how.word()).collect(),
        entries: entries.into_iter().map(entry_row).collect(),
        refusals: refusals.into_iter().map(refusal_row).collect(),
        head: head.hash,
        head_number: head.number,
        asked,
        older,
    }))
}

fn filter(asked: &Asked) -> Result<AuditFilter, Problem> {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let bad = |option: &'static str| move |message: String| Problem::option(option, format!("{message}."));
    let account = given(&asked.account).map(|id| id.parse::<AccountId>().map_err(|odd| odd.to_string()));
    Ok(AuditFilter {
        who: given(&asked.who),
        kind: given(&asked.kind).map(|text| text.parse()).transpose().map_err(bad("kind"))?,
        how: given(&asked.how).map(|text| text.parse()).transpose().map_err(bad("how"))?,
        account: account.transpose().map_err(bad("account"))?,
        ..AuditFilter::default()
    })
}

fn unreadable(failed: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(failed).context("reading the audit log"))
}

fn older(asked: &Asked, number: u64) -> String {
    let given =
        [("who", &asked.who), ("account", &asked.account), ("kind", &asked.kind), ("how", &asked.how)];
    let mut path = format!("/admin/audit?below={number}");
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _infallible = write!(path, "&{name}={}", escape(value));
    }
    path
}

fn entry_row(one: AuditEntry) -> EntryRow {
    let who = match one.who_kind.as_str() {
        "key" => format!("key {}", one.who),
        _ => one.who,
    };
    EntryRow {
        number: one.number,
        at: words::instant(one.at),
        who,
        how: one.how,
        kind: one.kind,
        subject: one.subject,
        account: one.account.filter(|id| !id.starts_with("erased-")),
        changes: changes(one.before.as_deref(), one.after.as_deref().or(one.facts.as_deref())),
        request: one.request,
        erased: one.erased,
    }
}

/// What was and what is, part by part.
fn changes(before: Option<&str>, after: Option<&str>) -> Vec<ChangeRow> {
    let read = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(parts)) => parts.into_iter().collect(),
        Ok(other) => vec![(String::new(), other)],
        Err(_) => vec![(String::new(), Value::String(text.to_owned()))],
    };
    let mut rows: Vec<ChangeRow> = Vec::new();
    for (name, value) in before.map(read).unwrap_or_default() {
        rows.push(ChangeRow { name, before: told(&value), after: None });
    }
    for (name, value) in after.map(read).unwrap_or_default() {
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => row.after = told(&value),
            None => rows.push(ChangeRow { name, before: None, after: told(&value) }),
        }
    }
    rows.retain(|row| row.before.is_some() || row.after.is_some());
    for row in &mut rows {
        row.name = row.name.replace('_', " ");
    }
    rows
}

fn told(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(told).collect();
            (!items.is_empty()).then(|| items.join(", "))
        }
        Value::Object(parts) => {
            let part = |(name, value): (&String, &Value)| told(value).map(|value| format!("{name}: {value}"));
            let parts: Vec<String> = parts.iter().filter_map(part).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        other => Some(other.to_string()),
    }
}

fn refusal_row(one: SecurityEvent) -> RefusalRow {
    let what = match one.kind {
        SecurityKind::LoginFailed => "Failed login",
        SecurityKind::LinkRefused => "Refused link",
        SecurityKind::KeyRefused => "Refused key",
        SecurityKind::BadSignature => "Bad signature of Discord",
    };
    let address = if one.address.is_empty() { "unknown or many".to_owned() } else { one.address };
    RefusalRow { what, address, times: one.times, last: words::instant(one.last) }
}
