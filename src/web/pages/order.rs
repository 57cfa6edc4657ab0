//! `/order`: the form of a command that writes something down, as a page: `?line=note acme`.
//!
//! Invariant: what is sent makes the same call as a line in chat; the desk decides whether it may be done.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::response::Redirect;
use axum::response::Response;
use serde::Deserialize;

use crate::answers::Choice;
use crate::answers::Invocation;
use crate::answers::Question;
use crate::problem::Problem;
use crate::reply;
use crate::reply::Action;

use crate::web::ask::Pairs;
use crate::web::links::with_query;
use crate::web::links::words_of;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page_with;
use crate::web::page::status_of;
use crate::web::seat::Seat;

/// What is to be written down.
#[derive(Deserialize)]
pub(crate) struct Begun {
    #[serde(default)]
    line: String,
}

/// One field.
struct OrderField {
    field: reply::Field,
    /// The only words it takes; empty when it takes any text.
    words: &'static [&'static str],
    /// Values to offer for a text.
    offered: Vec<Choice>,
}

impl OrderField {
    /// How a browser asks for it.
    fn kind(&self) -> &'static str {
        match self.field.option.as_str() {
            "due" | "until" => "date",
            _ => "text",
        }
    }
}

#[derive(Template)]
#[template(path = "pages/order.html")]
struct OrderPage {
    frame: Frame,
    title: String,
    line: String,
    fields: Vec<OrderField>,
    /// Why it was not done.
    mistake: Option<String>,
    /// Where one goes who writes nothing down.
    away: String,
}

/// The form.
pub(crate) async fn show(state: Seat, Query(begun): Query<Begun>) -> Result<Response, Failure> {
    let call = Invocation::parse(&begun.line)?;
    Ok(print(&state, &call, None)?)
}

/// Does it, and leads to what came of it; says what is wrong where it cannot be done, with all that was typed.
pub(crate) async fn done(state: Seat, Form(sent): Form<Pairs>) -> Result<Response, Failure> {
    let (own, typed): (Pairs, Pairs) = sent.into_iter().partition(|(name, _)| name == "line");
    let line = own.into_iter().next_back().map(|(_, line)| line).unwrap_or_default();
    let call = Invocation::parse(&line)?;
    let written = async {
        let question = Question::understand(&call.filled(typed.clone())?)?;
        state.ask(question).await
    };
    match written.await {
        Ok(answer) => Ok(Redirect::to(answer.path.as_deref().unwrap_or("/")).into_response()),
        Err(problem @ Problem::Internal { .. }) => Err(problem.into()),
        Err(problem) => Ok(print(&state, &call, Some((&typed, problem)))?),
    }
}

fn print(state: &Seat, call: &Invocation, failed: Option<(&Pairs, Problem)>) -> Result<Response, Problem> {
    if !call.has_form() {
        let message = format!("There is no form for “{}”. Ask it in chat.", call.command);
        return Err(Problem::option("line", message));
    }
    let form = state.desk.form(&state.asker, call)?;
    let field = |mut field: reply::Field| {
        let typed =
            failed.as_ref().and_then(|(typed, _)| typed.iter().find(|(name, _)| *name == field.option));
        if let Some((_, text)) = typed {
            field.value.clone_from(text);
        }
        let words = words_of(&call.command, &field.option);
        let offered = if field.option == "account" {
            state.desk.complete(&state.asker, &call.command, &call.options, ("account", ""))
        } else {
            Vec::new()
        };
        OrderField { field, words, offered }
    };
    let status = failed.as_ref().map_or(StatusCode::OK, |(_, problem)| status_of(problem));
    let view = OrderPage {
        frame: Frame::new(state, Place::Nowhere, form.title.clone()),
        title: form.title,
        line: form.line,
        fields: form.fields.into_iter().map(field).collect(),
        mistake: failed.map(|(_, problem)| problem.to_string()),
        away: away(call),
    };
    Ok(page_with(status, &view))
}

/// The page of what the call is about.
fn away(call: &Invocation) -> String {
    let escape = crate::web::links::escape;
    match (call.option("id"), call.option("account")) {
        (Some(id), _) => format!("/initiatives/{}", escape(id)),
        (None, Some(account)) => format!("/accounts/{}", escape(account)),
        (None, None) => "/initiatives".into(),
    }
}

/// Where the form of an action stands.
pub(super) fn order_path(action: &Action) -> String {
    with_query("/order", std::iter::once(("line", action.line.as_str())))
}
