//! `/admin/schedules`: what the clock starts, when next, and what became of it last.

use askama::Template;
use axum::response::Response;

use crate::answers::Question;
use crate::render::html;

use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

#[derive(Template)]
#[template(path = "pages/admin_schedules.html")]
struct SchedulesPage {
    frame: Frame,
    body: String,
}

pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    let answer = state.ask(Question::parse("digest list")?).await?;
    let frame = Frame::new(&state, Place::Admin, "Schedules").dated(answer.as_of);
    Ok(page(&SchedulesPage { frame, body: html::answer_body(&answer, None) }))
}
