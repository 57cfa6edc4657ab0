//! `/chat`: the team's chat in the browser: type a command, see the reply as the team would.

use askama::Template;
use axum::Form;
use axum::Json;
use axum::extract::Query;
use axum::response::Html;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;

use crate::answers::Question;
use crate::problem::Problem;
use crate::render::html;
use crate::render::html::Speaker;

use crate::web::links::chart_links;
use crate::web::page;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::seat::Seat;

/// Longest line that is read; chat platforms allow no more either.
const LINE_CHARS_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "pages/chat.html")]
struct ChatPage {
    frame: Frame,
    person: String,
    /// What stands in the field already.
    draft: String,
    /// A question and its reply, when the form was sent without script.
    exchange: Option<String>,
    examples: Vec<&'static str>,
}

/// What stands in the address of the chat.
#[derive(Deserialize)]
pub(crate) struct Draft {
    #[serde(default)]
    line: String,
}

/// A line that was sent.
#[derive(Deserialize)]
pub(crate) struct Sent {
    #[serde(default)]
    line: String,
    /// Set by our script: it wants the two messages alone.
    #[serde(default)]
    fragment: Option<String>,
}

#[derive(Serialize)]
struct WireChoice {
    label: String,
    value: String,
}

pub(crate) async fn show(state: Seat, Query(draft): Query<Draft>) -> Response {
    chat_page(&state, clip(&draft.line), None)
}

pub(crate) async fn ask(state: Seat, Form(sent): Form<Sent>) -> Response {
    let line = clip(&sent.line);
    let speaker = Speaker { name: state.asker.person.as_str(), at: state.desk.clock().now(), line: &line };
    let question = Question::parse(&line);
    let links = question.as_ref().ok().and_then(|question| chart_links(&question.call()));
    let answered: Result<_, Problem> = async { state.ask(question?).await }.await;
    let exchange = match answered {
        Ok(answer) => html::card(speaker, &answer, links.as_ref()),
        Err(problem) => html::apology_card(speaker, &problem),
    };
    match sent.fragment {
        Some(_) => Html(exchange).into_response(),
        None => chat_page(&state, String::new(), Some(exchange)),
    }
}

pub(crate) async fn complete(state: Seat, Query(draft): Query<Draft>) -> Response {
    let desk = state.desk.clone();
    let asker = state.asker.clone();
    let line = clip(&draft.line);
    let choices = tokio::task::spawn_blocking(move || desk.complete_line(&asker, &line)).await;
    let wire = |choice: crate::answers::Choice| WireChoice { label: choice.label, value: choice.value };
    Json(choices.unwrap_or_default().into_iter().map(wire).collect::<Vec<_>>()).into_response()
}

fn chat_page(state: &Seat, draft: String, exchange: Option<String>) -> Response {
    page::page(&ChatPage {
        frame: Frame::new(state, Place::Chat, "Chat").script("chat.js"),
        person: state.asker.person.to_string(),
        draft,
        exchange,
        examples: vec![
            "portfolio",
            "movers range:7d",
            "usage range:30d by:endpoint",
            "anomalies range:7d",
            "forecast metric:cost",
            "initiative list",
            "help",
        ],
    })
}

fn clip(line: &str) -> String {
    line.chars().take(LINE_CHARS_MAX).collect()
}
