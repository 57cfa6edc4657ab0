//! `/s/{token}`: a share. Previews of chat programs get the chart that it was signed for; people go on to its page by
//! their own way in.

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use axum::response::Redirect;
use axum::response::Response;

use crate::access;
use crate::access::Deed;
use crate::access::Share;
use crate::answers::Question;
use crate::render::chart::Palette;
use crate::reply::Answer;
use crate::web::assets::asset_path;
use crate::web::charts;
use crate::web::links::chart_kind;
use crate::web::links::with_query;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Preview;
use crate::web::page::page;
use crate::web::state::WebState;

use super::{Doors, Shut};

impl Doors {
    /// The path of a share.
    pub(in crate::web) fn share_path(&self, share: &Share) -> String {
        format!("/s/{}", self.shares.sign(share))
    }
}

/// The answer whose chart a share shows, as whoever made it may see it now; nothing when it is over, when its maker may not see it any more, or when it is no chart.
async fn shown(state: &WebState, share: &Share) -> Option<Answer> {
    if !share.shows(state.desk.clock().now()) {
        return None;
    }
    let question = Question::parse(&share.line).ok()?;
    chart_kind(question.command())?;
    let asker = state.entry.doors.asker(&share.bearer).await.ok()?;
    access::may(&asker, Deed::Read).ok()?;
    let answer = state.desk.ask(&asker, question).await.ok()?;
    answer.chart().is_some().then_some(answer)
}

/// What previews of a link show whose chart is signed.
pub(super) async fn preview(state: &WebState, share: &Share) -> Option<Preview> {
    let answer = shown(state, share).await?;
    let picture = format!("{}/chart.png", state.entry.doors.share_path(share));
    let words = answer.chart()?.description().to_owned();
    Some(Preview { title: answer.title, words, picture: format!("{}{picture}", state.public_url) })
}

#[derive(Template)]
#[template(path = "pages/shared.html")]
struct SharedPage {
    frame: Frame,
    title: String,
    /// In words.
    chart: Option<String>,
    picture: String,
    login: String,
}

/// Leads whoever is inside to the page; everyone else sees what the share was signed for, and the way in.
pub(crate) async fn show(
    State(state): State<WebState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Shut> {
    let doors = &state.entry.doors;
    let share = doors.shares.read(&token).ok_or_else(not_ours)?;
    let path = Question::parse(&share.line).ok().and_then(|question| question.path()).ok_or_else(not_ours)?;
    match doors.visitor(&headers).await {
        Ok(_) => return Ok(Redirect::to(&path).into_response()),
        Err(Shut::Unknown) if state.entry.everyone.is_some() => {
            return Ok(Redirect::to(&path).into_response());
        }
        Err(Shut::Unknown | Shut::NotAllowed(_) | Shut::Unavailable(_)) => {}
        Err(too_many @ Shut::TooMany(_)) => return Err(too_many),
    }
    let preview = preview(&state, &share).await;
    let mut frame = Frame::outside(&state, "A shared chart");
    let chart = preview.as_ref().map(|preview| preview.words.clone());
    let title = preview.as_ref().map_or("A shared chart".to_owned(), |preview| preview.title.clone());
    frame.preview = preview.or(frame.preview);
    let login = with_query("/auth/login", std::iter::once(("to", path.as_str())));
    Ok(page(&SharedPage { frame, title, chart, picture: format!("/s/{token}/chart.png"), login }))
}

/// The chart itself; the picture that says nothing in its place when it is not shown any more.
pub(crate) async fn picture(State(state): State<WebState>, Path(token): Path<String>) -> Response {
    let Some(share) = state.entry.doors.shares.read(&token) else { return not_ours().into_response() };
    let answer = shown(&state, &share).await;
    let Some(spec) = answer.as_ref().and_then(Answer::chart).cloned() else {
        return Redirect::to(&asset_path("preview.png")).into_response();
    };
    // As charts stand in chat.
    let drawn = charts::png(spec, Palette::Dark, "shared").await.map_err(Failure);
    // Chat programs may show it on pages of their own.
    let anywhere = [("cross-origin-resource-policy", "cross-origin")];
    (anywhere, drawn).into_response()
}

fn not_ours() -> Shut {
    metrics::counter!("etsm_links_refused_total").increment(1);
    Shut::NotAllowed(
        "This link is not one of ours, or was cut on its way. Ask whoever sent it for it.".into(),
    )
}
