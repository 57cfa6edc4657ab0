//! `/movers`: the largest rises and falls.

use axum::extract::Query;
use axum::response::Response;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::links::Here;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;

pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let question = understand("movers", query)?;
    let call = question.call();
    let here = Here { path: "/movers", call: &call, in_path: None };
    let around = answer::Around { pills: here.of(&question), ..answer::Around::default() };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Movers, &question, &answer, around))
}
