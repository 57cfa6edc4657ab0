//! Answers as cards of the browser chat: what the team's chat would show.

use askama::Template;
use jiff::Timestamp;

use crate::domain::Band;
use crate::problem::Problem;
use crate::render::words;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Pick;
use crate::reply::Table;

use super::fragment::ChartLinks;
use super::fragment::FactsView;
use super::fragment::print;
use super::fragment::prose;
use super::fragment::table_html;

/// Rows of a table inside a card; the page behind the card has them all.
const CARD_ROWS_MAX: usize = 10;
/// Buttons under a card: two rows of five, as chat platforms allow.
const BUTTONS_MAX: usize = 10;

/// Who asked, and when.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    /// The asker's name; may be hostile text.
    pub name: &'a str,
    /// When it was asked.
    pub at: Timestamp,
    /// What was typed; hostile text.
    pub line: &'a str,
}

/// A question and its answer, as two messages of the chat.
#[must_use]
pub fn card(speaker: Speaker<'_>, answer: &Answer, links: Option<&ChartLinks>) -> String {
    let shown = answer.actions.len().min(BUTTONS_MAX);
    print(&CardView {
        speaker,
        answer,
        parts: answer.blocks.iter().map(|block| part(block, links)).collect(),
        actions: &answer.actions[..shown],
        picks: &answer.picks,
        colour: colour(answer),
        footer: footer(answer),
    })
}

/// A question and why it could not be answered; only the asker sees such a reply in the team's chat.
#[must_use]
pub fn apology_card(speaker: Speaker<'_>, problem: &Problem) -> String {
    print(&ApologyView { speaker, message: problem.to_string() })
}

#[derive(Template)]
#[template(path = "answer/card.html")]
struct CardView<'a> {
    speaker: Speaker<'a>,
    answer: &'a Answer,
    parts: Vec<String>,
    actions: &'a [Action],
    picks: &'a [Pick],
    colour: &'static str,
    footer: String,
}

#[derive(Template)]
#[template(path = "answer/apology.html")]
struct ApologyView<'a> {
    speaker: Speaker<'a>,
    message: String,
}

#[derive(Template)]
#[template(path = "answer/picture.html")]
struct PictureView<'a> {
    spec: &'a ChartSpec,
    links: &'a ChartLinks,
}

fn part(block: &Block, links: Option<&ChartLinks>) -> String {
    match block {
        Block::Text(text) => format!("<p class=\"prose\">{}</p>\n", prose(text)),
        Block::Facts(lines) => print(&FactsView { lines }),
        Block::Table(table) => table_html(&without_sparks(table), CARD_ROWS_MAX),
        Block::Chart(spec) => links.map(|links| print(&PictureView { spec, links })).unwrap_or_default(),
        Block::Caveat(text) => format!("<p class=\"hint\">{}</p>\n", prose(text)),
    }
}

/// Chat has no room for lines inside tables; the figures beside them say the same.
fn without_sparks(table: &Table) -> Table {
    let is_spark = |at: usize| table.rows.iter().any(|row| matches!(row.get(at), Some(Cell::Spark(_))));
    let kept: Vec<usize> = (0..table.columns.len()).filter(|at| !is_spark(*at)).collect();
    Table {
        title: table.title.clone(),
        columns: kept.iter().map(|at| table.columns[*at].clone()).collect(),
        rows: table
            .rows
            .iter()
            .map(|row| kept.iter().filter_map(|at| row.get(*at).cloned()).collect())
            .collect(),
        more: table.more,
    }
}

/// The bar at the card's side says the band, where the answer is about one.
fn colour(answer: &Answer) -> &'static str {
    answer.band().map_or("accent", Band::key)
}

/// The chat with the beginning of a line in its field, where a form would ask for the rest.
fn draft(action: &Action) -> String {
    let line = percent_encoding::utf8_percent_encode(&action.line, percent_encoding::NON_ALPHANUMERIC);
    format!("/chat?line={line}%20")
}

fn footer(answer: &Answer) -> String {
    words::as_of(answer.as_of)
}

/// Hours and minutes, for beside a name.
fn hour(at: &Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%H:%M UTC").to_string()
}

fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".into(), |c| c.to_uppercase().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::AsOf;
    use crate::reply::Prose;

    #[test]
    fn a_card_escapes_what_was_typed_and_offers_buttons() {
        let at = "2026-11-22T14:05:00Z".parse().unwrap();
        let speaker = Speaker { name: "dana", at, line: "health <b>acme</b>" };
        let answer = Answer {
            title: "<i>Acme</i>".into(),
            blocks: vec![Block::Text(Prose::plain("All well."))],
            as_of: AsOf { data_until: Some(at), version: 1 },
            path: Some("/accounts/acme/health".into()),
            actions: vec![Action {
                label: "Usage".into(),
                line: "usage acme".into(),
                current: false,
                form: false,
            }],
            picks: Vec::new(),
            private: false,
        };
        let html = card(speaker, &answer, None);
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
        assert!(html.contains("value=\"usage acme\"") && html.contains("14:05 UTC"), "{html}");
        assert!(html.contains("href=\"/accounts/acme/health\""), "{html}");
        let problem = Problem::option("range", "“<7d>” is not a range.");
        let html = apology_card(speaker, &problem);
        assert!(html.contains("Only you can see this") && !html.contains("<7d>"), "{html}");
    }
}
