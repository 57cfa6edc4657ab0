//! `/usage`: the explorer over the whole portfolio, or over whom the form asks for.

use axum::extract::Query;
use axum::response::Response;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;

pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let question = understand("usage", query)?;
    let call = question.call();
    let here = Here { path: "/usage", call: &call, in_path: None };
    let form = Form::new(&state, "/usage", &call, &["account", "endpoint", "range"]);
    let around = answer::Around {
        pills: here.of(&question),
        form: Some(form.keeping(&call, &["grain", "by", "metric", "compare"])),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Usage, &question, &answer, around))
}
