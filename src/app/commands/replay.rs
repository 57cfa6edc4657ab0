//! `etsm replay`: changed rules over the stored history; nothing is changed by it.

use std::fs;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::chat::console;
use crate::config::Environment;
use crate::config::HealthRules;
use crate::config::Settings;
use crate::domain::Band;
use crate::engine::BandChange;
use crate::engine::Course;
use crate::engine::Replay;
use crate::engine::Replayed;
use crate::render;

use super::super::cli::{Replay as Words, ReplayKind};

/// Replays a health configuration. Status 2 when the file is wrong, with every mistake in it.
pub(super) async fn replay(
    settings: Settings,
    environment: &Environment,
    words: Words,
) -> anyhow::Result<ExitCode> {
    let ReplayKind::Health = words.kind;
    let text =
        fs::read_to_string(&words.file).with_context(|| format!("reading {}", words.file.display()))?;
    let rules = match HealthRules::parse(&text) {
        Ok(rules) => rules,
        Err(mistakes) => return Ok(super::refused(&mistakes)),
    };
    let asker = super::terminal_asker(environment, None)?;
    let desk = super::desk(&settings).await?;
    let done = desk.replay(&asker, rules, words.from, words.to).await;
    desk.store().close().await;
    let style = console::screen(Some(settings.public_url));
    let mut out = anstream::stdout();
    match done {
        Ok(report) if words.json => writeln!(out, "{:#}", wire(&report.replay))?,
        Ok(report) => write!(out, "{}", render::console::answer(&report.answer, &style))?,
        Err(problem) => {
            write!(anstream::stderr(), "{}", render::console::problem(&problem, &style))?;
            return Ok(ExitCode::from(super::WRONG_CALL));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn wire(replay: &Replay) -> Value {
    let (before, after) = replay.flips();
    json!({
        "from": replay.from.to_string(),
        "to": replay.to.to_string(),
        "flips": { "before": before, "after": after },
        "accounts": replay.accounts.iter().map(account).collect::<Vec<_>>(),
    })
}

fn account(one: &Replayed) -> Value {
    json!({
        "account_id": one.account.as_str(),
        "differs": one.before.changes != one.after.changes || one.before.last != one.after.last,
        "before": course(&one.before),
        "after": course(&one.after),
        "decline": one.decline.map(|decline| json!({ "date": decline.day.to_string(), "silent": decline.silent })),
    })
}

fn course(course: &Course) -> Value {
    let change = |change: &BandChange| json!({ "date": change.day.to_string(), "from": change.from.key(), "to": change.to.key() });
    json!({
        "flips": course.changes.iter().map(change).collect::<Vec<_>>(),
        "band": course.last.map(Band::key),
        "lead_days": { "left_healthy": course.lead_healthy, "at_risk": course.lead_at_risk },
    })
}
