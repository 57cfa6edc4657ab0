//! `/status`: how fresh the figures are, and which parts are up.

use axum::response::Response;

use crate::answers::Question;
use crate::render::html;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Table;

use crate::web::ask::Tile;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::ready::PartState;
use crate::web::seat::Seat;

use super::answer;

pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    let question = Question::Status;
    let answer = state.ask(question.clone()).await?;
    let parts = Tile {
        title: "This process".into(),
        path: None,
        body: parts(&state),
        caveats: Vec::new(),
        live: false,
        failed: false,
    };
    let around = answer::Around { tiles: vec![state.sources().await, parts], ..answer::Around::default() };
    Ok(answer::show(&state, Place::Status, &question, &answer, around))
}

fn parts(state: &Seat) -> String {
    let row = |(name, _, part): (String, bool, PartState)| {
        let why = match &part {
            PartState::Down(why) => Cell::Text(why.clone()),
            PartState::Starting | PartState::Up | PartState::Off => Cell::Nothing,
        };
        vec![Cell::Text(name), Cell::Text(part.word().to_owned()), why]
    };
    html::whole_table(&Table {
        title: "What runs in it".into(),
        columns: vec![Column::words("Part"), Column::words("State"), Column::words("Why")],
        rows: state.ready.parts().into_iter().map(row).collect(),
        more: 0,
    })
}
