//! `/digests`: what is on schedule and what became of it, and one digest as it was sent.

use axum::extract::Path;
use axum::response::Response;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::ask::understand_with;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;

pub(crate) async fn list(state: Seat) -> Result<Response, Failure> {
    let question = understand("digest list", Pairs::new())?;
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Digests, &question, &answer, answer::Around::default()))
}

pub(crate) async fn show(state: Seat, Path(id): Path<String>) -> Result<Response, Failure> {
    let question = understand_with("digest show", "id", &id, Pairs::new())?;
    let around = answer::Around {
        crumbs: vec![answer::Crumb { href: "/digests".into(), label: "Digests".into() }],
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Digests, &question, &answer, around))
}
