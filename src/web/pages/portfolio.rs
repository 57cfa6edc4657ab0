//! `/`: all accounts at a glance, what moved, and what needs a hand.

use axum::extract::Query;
use axum::response::Response;

use crate::answers::Question;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;

pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let question = understand("portfolio", query)?;
    let call = question.call();
    let Question::Portfolio { range, .. } = &question else { return Err(super::mismatch()) };
    let movers = format!("movers range:{range}");
    let (answer, movers, initiatives) =
        tokio::join!(state.ask(question.clone()), state.tile(&movers), state.tile("initiative list"));
    let answer = answer?;
    let here = Here { path: "/", call: &call, in_path: None };
    let around = answer::Around {
        pills: vec![here.ranges(*range), here.words("Band", "band", "all")],
        form: Some(Form::new(&state, "/", &call, &["owner", "sort"]).keeping(&call, &["band", "range"])),
        tiles: vec![movers, initiatives],
        ..answer::Around::default()
    };
    Ok(answer::show(&state, Place::Portfolio, &question, &answer, around))
}
