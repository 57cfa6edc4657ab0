//! `/admin/privacy`: what is kept, how long, how much, and how it is exported and erased.

use askama::Template;
use axum::response::Response;
use jiff::SignedDuration;

use crate::config::RetentionSettings;
use crate::domain::grouped;
use crate::problem::Problem;
use crate::render::words;
use crate::store::Holding;
use crate::store::StoreError;

use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// A kind of data.
struct KindRow {
    what: &'static str,
    rows: String,
    oldest: String,
    kept: String,
}

struct RunRow {
    at: String,
    removed: String,
}

#[derive(Template)]
#[template(path = "pages/privacy.html")]
struct PrivacyPage {
    frame: Frame,
    kinds: Vec<KindRow>,
    /// The last daily run.
    last: Option<RunRow>,
}

pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    let store = state.desk.store();
    let (holdings, last) = tokio::join!(store.holdings(), store.last_retention());
    let (holdings, last) = (holdings.map_err(unreadable)?, last.map_err(unreadable)?);
    Ok(page(&PrivacyPage {
        frame: Frame::new(&state, Place::Admin, "Privacy"),
        kinds: holdings.into_iter().map(|one| kind_row(one, &state.retention)).collect(),
        last: last.map(|run| RunRow { at: words::instant(run.at), removed: run.removed }),
    }))
}

fn unreadable(failed: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(failed).context("counting what is kept"))
}

fn kind_row(one: Holding, settings: &RetentionSettings) -> KindRow {
    let (what, kept) = match one.kind {
        "usage" => ("Usage", days(settings.usage)),
        "accounts" => ("Accounts", "until it is erased".to_owned()),
        "initiatives" => ("Initiatives with their logs", "as long as their account".to_owned()),
        "notes" => ("Notes", "as long as their account".to_owned()),
        "overrides" => ("Scores set by hand", "as long as their account".to_owned()),
        "forecasts" => ("Forecasts, to be held against what came", "as long as their account".to_owned()),
        "digests" => ("Digests", days(settings.digests)),
        "messages" => ("Messages sent", days(settings.messages)),
        "alerts" => ("Alerts", days(settings.alerts)),
        "pushes" => ("Answers to pushes", "7 days".to_owned()),
        "sessions" => ("Sessions", "7 days at most".to_owned()),
        "keys" => ("Keys of programs", "for ever, as fingerprints".to_owned()),
        "audit" => ("Audit log", days(settings.audit)),
        "security" => ("What was refused at the doors", days(settings.security)),
        other => (other, String::new()),
    };
    KindRow {
        what,
        rows: grouped(i128::from(one.rows)),
        oldest: one.oldest.map_or_else(|| "–".to_owned(), words::instant),
        kept,
    }
}

fn days(kept: Option<SignedDuration>) -> String {
    kept.map_or_else(|| "for ever".to_owned(), |kept| format!("{} days", kept.as_hours() / 24))
}
