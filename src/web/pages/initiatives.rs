//! `/initiatives`: what we do together with accounts, and one of them with its log.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::ask::understand_with;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;

pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let question = understand("initiative list", query)?;
    let call = question.call();
    let here = Here { path: "/initiatives", call: &call, in_path: None };
    let around = answer::Around {
        pills: vec![here.words("Status", "status", "open")],
        form: Some(
            Form::new(&state, "/initiatives", &call, &["account", "owner"]).keeping(&call, &["status"]),
        ),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Initiatives, &question, &answer, around))
}

pub(crate) async fn show(state: Seat, Path(id): Path<String>) -> Result<Response, Failure> {
    let question = understand_with("initiative show", "id", &id, Pairs::new())?;
    let around = answer::Around {
        crumbs: vec![answer::Crumb { href: "/initiatives".into(), label: "Initiatives".into() }],
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Initiatives, &question, &answer, around))
}
