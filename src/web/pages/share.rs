//! `/share?line=usage acme`: links to pass on a chart, one of which shows it in previews.

use askama::Template;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::access::Share;
use crate::answers::Question;
use crate::domain::Bearer;
use crate::domain::Scope;
use crate::problem::Problem;
use crate::render::words;

use crate::web::links::chart_kind;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// Which chart.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    line: String,
}

/// A link whose previews show the chart.
struct Pictured {
    address: String,
    picture: String,
}

#[derive(Template)]
#[template(path = "pages/share.html")]
struct SharePage {
    frame: Frame,
    title: String,
    /// In words.
    words: String,
    path: String,
    plain: String,
    pictured: Option<Pictured>,
    until: String,
}

pub(crate) async fn show(
    state: Seat,
    Query(Wanted { line }): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let question = Question::parse(&line)?;
    let (line, path) = (question.line(), question.path());
    let drawn = chart_kind(question.command()).is_some();
    let answer = if drawn { Some(state.ask(question).await?) } else { None };
    let (Some(answer), Some(path)) = (answer.filter(|answer| answer.chart().is_some()), path) else {
        return Err(Problem::Unknown {
            what: "chart",
            given: line,
            remedy: "There is nothing to draw in this answer; share the address of its page.".into(),
        }
        .into());
    };
    let ends = state.desk.clock().now() + Share::SHOWS;
    let share = bearer(&state, &headers).await.map(|bearer| Share { bearer, line, ends });
    let pictured = share.map(|share| {
        tracing::info!(by = %state.asker.person, "Signed a link that shows a chart");
        let own = state.entry.doors.share_path(&share);
        Pictured { address: format!("{}{own}", state.public_url), picture: format!("{own}/chart.png") }
    });
    Ok(page(&SharePage {
        frame: Frame::new(&state, Place::Nowhere, "Share this chart"),
        words: answer.chart().map(|chart| chart.description().to_owned()).unwrap_or_default(),
        title: answer.title,
        plain: format!("{}{path}", state.public_url),
        path,
        pictured,
        until: words::instant(ends),
    }))
}

/// With whose rights the chart is drawn later. Whoever came in by no door sees everything, as a reader does.
async fn bearer(state: &Seat, headers: &HeaderMap) -> Option<Bearer> {
    match state.entry.doors.bearer(headers).await {
        Ok(bearer) => Some(bearer),
        Err(_) if !state.may_leave && state.asker.sees == Scope::All => {
            Some(Bearer::Reader(state.asker.person.clone()))
        }
        Err(_) => None,
    }
}
