//! `etsm audit`: proves that the log of all changes is whole, and reads it.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;
use serde_json::json;

use crate::config::Settings;
use crate::store::AuditEntry;
use crate::store::AuditFilter;
use crate::store::Store;

use super::super::records::Audit;
use super::super::run::open_store;

/// The log is not as it was written.
const BROKEN: u8 = 1;

/// Verifies or lists.
pub(super) async fn audit(settings: Settings, what: Audit) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let store = open_store(&settings).await?;
    let status = match what {
        Audit::Verify { head } => verify(&store, head.as_deref()).await?,
        Audit::List { who, kind, how, account, limit, json } => {
            let wanted = AuditFilter { who, kind, how, account, ..AuditFilter::default() };
            list(&store, &wanted, limit, json).await?
        }
    };
    store.close().await;
    Ok(status)
}

async fn verify(store: &Store, head: Option<&str>) -> anyhow::Result<ExitCode> {
    let check = store.check_audit(head).await?;
    let mut out = anstream::stdout();
    if let Some(flaw) = &check.flaw {
        writeln!(out, "The audit log is broken: {flaw}.")?;
        writeln!(out, "{} entries before that are whole.", check.entries)?;
        return Ok(ExitCode::from(BROKEN));
    }
    writeln!(out, "The audit log is whole: {} entries.", check.entries)?;
    if check.removed > 0 {
        writeln!(out, "It begins behind entry {}: what was older was removed as set.", check.removed)?;
    }
    if check.erased > 0 {
        writeln!(out, "{} entries lost their names to erasures, each of which is an entry.", check.erased)?;
    }
    writeln!(out, "Head: entry {}, {}", check.head.number, check.head.hash)?;
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &Store, wanted: &AuditFilter, limit: u32, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout();
    for one in store.audit(wanted, limit).await? {
        if as_json {
            writeln!(out, "{}", object(one))?;
        } else {
            writeln!(out, "{}", line(&one))?;
        }
    }
    if !as_json {
        let head = store.audit_head().await?;
        writeln!(anstream::stderr(), "Head: entry {}, {}", head.number, head.hash)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `17  2026-03-31T12:00:00Z  dana by web: note.add note 3 of acme {"text":…}`, without what would break a terminal.
fn line(one: &AuditEntry) -> String {
    let of = one.account.as_ref().map_or_else(String::new, |account| format!(" of {account}"));
    let told = one.after.as_ref().or(one.before.as_ref()).map_or_else(String::new, |told| format!(" {told}"));
    let AuditEntry { number, who, how, kind, subject, .. } = one;
    let line = format!("{number}  {:.0}  {who} by {how}: {kind} {subject}{of}{told}", one.at);
    line.chars().filter(|c| !c.is_control()).collect()
}

/// As the API prints it.
pub(super) fn object(one: AuditEntry) -> Value {
    let read =
        |text: Option<String>| text.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
    json!({
        "number": one.number,
        "at": one.at.to_string(),
        "kind": one.kind,
        "how": one.how,
        "request": one.request,
        "who_kind": one.who_kind,
        "who": one.who,
        "subject": one.subject,
        "account": one.account,
        "before": read(one.before),
        "after": read(one.after),
        "facts": read(one.facts),
        "erased": one.erased,
        "hash": one.hash,
    })
}
