//! From a query to an answer, the same way for every page.

use std::sync::Arc;
use std::time::Duration;

use crate::answers::Invocation;
use crate::answers::Question;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::render::html;
use crate::reply::Answer;

use super::links::chart_links;
use super::seat::Seat;

/// Names and values of a query string, in their order.
pub(super) type Pairs = Vec<(String, String)>;

/// A tile of a page that takes longer shows its own apology, and the others are shown.
const TILE_TIME_MAX: Duration = Duration::from_secs(5);

/// Understands a query as options of a command.
pub(super) fn understand(command: &str, query: Pairs) -> Result<Question, Problem> {
    Question::understand(&Invocation::new(command, query)?)
}

/// Understands a query, with one option that stands in the path instead.
pub(super) fn understand_with(
    command: &str,
    name: &str,
    value: &str,
    query: Pairs,
) -> Result<Question, Problem> {
    let mut pairs = query;
    pairs.retain(|(key, _)| key != name);
    pairs.insert(0, (name.to_owned(), value.to_owned()));
    understand(command, pairs)
}

/// A part of a page that is an answer of its own.
pub(super) struct Tile {
    /// Its heading; may hold hostile text.
    pub(super) title: String,
    /// The page with the same figures and more.
    pub(super) path: Option<String>,
    /// Its blocks.
    pub(super) body: String,
    /// What must be known to read it right; a page says it once.
    pub(super) caveats: Vec<String>,
    /// Whether script can draw its chart.
    pub(super) live: bool,
    /// Whether it only says that it is not to be had just now.
    pub(super) failed: bool,
}

impl Seat {
    /// Asks as whoever is at the browser.
    pub(super) async fn ask(&self, question: Question) -> Result<Answer, Problem> {
        self.desk.ask(&self.asker, question).await
    }

    /// The present figures, for pages that list more than an answer does.
    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>, Problem> {
        self.desk.view(&self.asker)
    }

    /// Asks a console line for a tile; a failure becomes the tile's own words.
    pub(super) async fn tile(&self, line: &str) -> Tile {
        let question = Question::parse(line);
        let links = question.as_ref().ok().and_then(|question| chart_links(&question.call()));
        let answered = async { self.ask(question?).await };
        let answer = tokio::time::timeout(TILE_TIME_MAX, answered).await.unwrap_or(Err(Problem::Busy));
        match answer {
            Ok(answer) => {
                let (body, caveats) = html::gist(&answer, links.as_ref());
                Tile {
                    body,
                    caveats,
                    live: html::is_live(&answer),
                    title: answer.title,
                    path: answer.path,
                    failed: false,
                }
            }
            Err(problem) => Tile {
                title: "Not to be had just now".into(),
                path: None,
                body: html::apology(&problem),
                caveats: Vec::new(),
                live: false,
                failed: true,
            },
        }
    }
}
