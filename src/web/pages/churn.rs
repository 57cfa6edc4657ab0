//! `/churn`: which accounts may fall silent, and how well that is known.

use axum::extract::Query;
use axum::response::Response;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::form::Form;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;

pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let question = understand("churn", query)?;
    let call = question.call();
    let around = answer::Around {
        form: Some(Form::new(&state, "/churn", &call, &["owner"])),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Churn, &question, &answer, around))
}
