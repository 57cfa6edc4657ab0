//! The page that most questions share: a heading, pills and a form to ask otherwise, the answer, and tiles.

use askama::Template;
use axum::response::Response;

use crate::answers::Question;
use crate::render::html;
use crate::reply::Action;
use crate::reply::Answer;

use crate::web::ask::Tile;
use crate::web::form::Form;
use crate::web::links::Pills;
use crate::web::links::chart_links;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::recent::passing;
use crate::web::seat::Seat;

use super::order::order_path;

/// Links beside a heading that lead to the other pages of the same thing.
pub(super) struct Tab {
    pub(super) label: &'static str,
    pub(super) href: String,
    pub(super) current: bool,
}

/// A way up, above the heading: path and words; the words may be hostile text.
pub(super) struct Crumb {
    pub(super) href: String,
    pub(super) label: String,
}

/// What stands around an answer.
#[derive(Default)]
pub(super) struct Around {
    pub(super) crumbs: Vec<Crumb>,
    pub(super) tabs: Vec<Tab>,
    pub(super) pills: Vec<Pills>,
    pub(super) form: Option<Form>,
    pub(super) tiles: Vec<Tile>,
}

/// What may be asked next, as a link.
pub(super) struct Next {
    label: String,
    href: String,
}

#[derive(Template)]
#[template(path = "pages/answer.html")]
struct AnswerPage {
    frame: Frame,
    title: String,
    body: String,
    around: Around,
    line: String,
    next: Vec<Next>,
}

/// Prints an answer with what stands around it.
pub(super) fn show(
    state: &Seat,
    place: Place,
    question: &Question,
    answer: &Answer,
    around: Around,
) -> Response {
    let call = question.call();
    let mut frame = Frame::new(state, place, answer.title.clone()).dated(answer.as_of);
    if html::is_live(answer) || around.tiles.iter().any(|tile| tile.live) {
        frame = frame.script("charts.js");
    }
    let body = html::answer_body(answer, chart_links(&call).as_ref());
    let mut around = around;
    for tile in &mut around.tiles {
        tile.caveats.retain(|caveat| !body.contains(caveat.as_str()));
    }
    let is_passing = around.tiles.iter().any(|tile| tile.failed);
    let shown = page(&AnswerPage {
        title: answer.title.clone(),
        line: call.line(),
        next: next(answer, &body),
        body,
        frame,
        around,
    });
    if is_passing { passing(shown) } else { shown }
}

/// The follow-ups that lead to another page or to a form; changes of the same page are pills already, and what the page
/// lists is a link there.
fn next(answer: &Answer, body: &str) -> Vec<Next> {
    let bare = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
    let own = answer.path.as_deref().map(bare);
    let link = |action: &Action| {
        if action.form {
            return Some(Next { label: action.label.clone(), href: order_path(action) });
        }
        let href = Question::parse(&action.line).ok()?.path()?;
        let listed = body.contains(&format!("href=\"{href}\""));
        (Some(bare(&href)) != own && !listed).then(|| Next { label: action.label.clone(), href })
    };
    answer.actions.iter().filter_map(link).collect()
}
