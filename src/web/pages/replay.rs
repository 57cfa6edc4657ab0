//! `/admin/replay`: try changed health rules on the past. Nothing is changed by it.

use askama::Template;
use axum::Form;
use axum::response::Response;
use serde::Deserialize;

use crate::config::HealthRules;
use crate::problem::Problem;
use crate::render::html;

use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

#[derive(Template)]
#[template(path = "pages/replay.html")]
struct ReplayPage {
    frame: Frame,
    /// The configuration in the field; what was typed is hostile text.
    text: String,
    from: String,
    to: String,
    /// What is wrong with it, each mistake with its line.
    mistakes: Vec<String>,
    /// The report.
    body: Option<String>,
}

/// A configuration to try.
#[derive(Deserialize)]
pub(crate) struct Tried {
    #[serde(default)]
    text: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// The present configuration, to be changed.
pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    state.snapshot()?;
    let recorded = state.desk.present_rules_text().await?;
    let text = recorded.unwrap_or_else(|| HealthRules::DEFAULT_TEXT.to_owned());
    Ok(print(&state, Tried { text, from: String::new(), to: String::new() }, Vec::new(), None))
}

/// What it would have made of the past.
pub(crate) async fn run(state: Seat, Form(tried): Form<Tried>) -> Result<Response, Failure> {
    // A browser sends a field's lines with both of the old line ends.
    let tried = Tried { text: tried.text.replace("\r\n", "\n"), ..tried };
    let rules = match HealthRules::parse(&tried.text) {
        Ok(rules) => rules,
        Err(mistakes) => {
            let mistakes = mistakes.iter().map(ToString::to_string).collect();
            return Ok(print(&state, tried, mistakes, None));
        }
    };
    let done = async {
        let (from, to) = (day("from", &tried.from)?, day("to", &tried.to)?);
        state.desk.replay(&state.asker, rules, from, to).await
    };
    match done.await {
        Ok(report) => {
            let body = html::answer_body(&report.answer, None);
            Ok(print(&state, tried, Vec::new(), Some(body)))
        }
        Err(Problem::BadOption { message, .. }) => Ok(print(&state, tried, vec![message], None)),
        Err(problem) => Err(problem.into()),
    }
}

fn day(name: &str, given: &str) -> Result<Option<jiff::civil::Date>, Problem> {
    if given.is_empty() {
        return Ok(None);
    }
    given.parse().map(Some).map_err(|_odd| {
        Problem::option(name, format!("“{given}” is not a date; write it as 2026-01-31, the year first."))
    })
}

fn print(state: &Seat, tried: Tried, mistakes: Vec<String>, body: Option<String>) -> Response {
    let frame = Frame::new(state, Place::Admin, "Replay of health rules");
    page(&ReplayPage { frame, text: tried.text, from: tried.from, to: tried.to, mistakes, body })
}
