//! `/initiatives`: what we do together with accounts, and one of them with its log.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;

use crate::problem::Problem;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::ask::understand_with;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::links::Pill;
use crate::web::links::Pills;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;
use super::board;

pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let (view, query): (Pairs, Pairs) = query.into_iter().partition(|(name, _)| name == "view");
    let is_board = match view.last().map(|(_, word)| word.as_str()) {
        None | Some("" | "list") => false,
        Some("board") => true,
        Some(other) => {
            let message = format!("“{other}” is no view; there are list and board.");
            return Err(Problem::option("view", message).into());
        }
    };
    let question = understand("initiative list", query)?;
    let call = question.call();
    let here = Here { path: "/initiatives", call: &call, in_path: None };
    let mut form = Form::new(&state, "/initiatives", &call, &["account", "owner"]);
    let views = views(&here, is_board);
    if is_board {
        form.kept.push(("view", "board".into()));
        let own = |name: &str| call.option(name).map(str::to_owned);
        let narrowed = board::Narrowed { account: own("account"), owner: own("owner") };
        return board::show(&state, &narrowed, vec![views], form);
    }
    let around = answer::Around {
        pills: vec![views, here.words("Status", "status", "open")],
        form: Some(form.keeping(&call, &["status"])),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Initiatives, &question, &answer, around))
}

fn views(here: &Here<'_>, is_board: bool) -> Pills {
    let pill = |label: &str, title: &str, view: &str, current| Pill {
        label: label.into(),
        title: title.into(),
        href: here.with("view", view),
        current,
    };
    let items = vec![
        pill("List", "Those that need something first, and the timeline", "", !is_board),
        pill("Board", "Cards by status, to be moved", "board", is_board),
    ];
    Pills { label: "View", items }
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
