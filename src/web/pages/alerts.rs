//! `/alerts`: what needs someone, and one alert with what happened to it, to look after or keep quiet from there.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::Query;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use serde::Deserialize;

use crate::answers::AlertAsked;
use crate::answers::Question;
use crate::domain::Role;
use crate::render::html;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::ask::understand_with;
use crate::web::form;
use crate::web::links::Here;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

use super::answer::{self, Crumb};
use super::mismatch;

/// For how long an alert is kept quiet by one press: what is sent, and what stands on the button.
const SNOOZES: &[(&str, &str)] = &[("4h", "4 hours"), ("1d", "1 day"), ("1w", "1 week")];

#[derive(Template)]
#[template(path = "pages/alert.html")]
struct AlertPage {
    frame: Frame,
    title: String,
    around: answer::Around,
    body: String,
    /// Id and whether someone looks after it already; nothing for one that is over, or that may not be changed.
    open: Option<(String, bool)>,
    line: String,
}

impl AlertPage {
    fn snoozes(&self) -> &'static [(&'static str, &'static str)] {
        SNOOZES
    }
}

pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let question = understand("alert list", query)?;
    let call = question.call();
    let here = Here { path: "/alerts", call: &call, in_path: None };
    let form = form::Form::new(&state, "/alerts", &call, &["account"]).keeping(&call, &["status"]);
    let around = answer::Around {
        pills: vec![here.words("State", "status", "not over")],
        form: Some(form),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Alerts, &question, &answer, around))
}

pub(crate) async fn show(state: Seat, Path(id): Path<String>) -> Result<Response, Failure> {
    let question = understand_with("alert show", "id", &id, Pairs::new())?;
    let Question::Alert(AlertAsked::Show { id }) = question else { return Err(mismatch()) };
    let answer = state.ask(question.clone()).await?;
    let found = state.alerts.found(&state.desk, &state.asker, id).await?;
    let may_change = state.asker.role >= Role::Manager && !found.is_over();
    let around = answer::Around {
        crumbs: vec![Crumb { href: "/alerts".into(), label: "Alerts".into() }],
        ..answer::Around::default()
    };
    Ok(page(&AlertPage {
        frame: Frame::new(&state, Place::Alerts, answer.title.clone()).dated(answer.as_of),
        body: html::answer_body(&answer, None),
        title: answer.title,
        around,
        open: may_change.then(|| (id.to_string(), found.keeper.is_some())),
        line: question.line(),
    }))
}

/// What was typed about an alert.
#[derive(Deserialize)]
pub(crate) struct Acknowledged {
    #[serde(default)]
    text: String,
}

/// For how long it is kept quiet.
#[derive(Deserialize)]
pub(crate) struct Snoozed {
    until: String,
}

pub(crate) async fn ack(
    state: Seat,
    Path(id): Path<String>,
    Form(typed): Form<Acknowledged>,
) -> Result<Response, Failure> {
    let text = ("text".to_owned(), typed.text.replace("\r\n", "\n"));
    order(&state, &id, "alert ack", text).await
}

pub(crate) async fn snooze(
    state: Seat,
    Path(id): Path<String>,
    Form(typed): Form<Snoozed>,
) -> Result<Response, Failure> {
    order(&state, &id, "alert snooze", ("until".to_owned(), typed.until)).await
}

/// Does it, and leads back to the alert.
async fn order(state: &Seat, id: &str, command: &str, option: (String, String)) -> Result<Response, Failure> {
    let question = understand_with(command, "id", id, vec![option])?;
    let Question::Alert(AlertAsked::Ack { id, .. } | AlertAsked::Snooze { id, .. }) = question else {
        return Err(mismatch());
    };
    state.ask(question).await?;
    Ok(Redirect::to(&format!("/alerts/{id}")).into_response())
}
