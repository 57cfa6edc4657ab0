//! How it goes with the sources, as a table for operators.

use jiff::Timestamp;

use crate::domain::SourceId;
use crate::domain::Stretch;
use crate::domain::Unmapped;
use crate::domain::grouped;
use crate::problem::Problem;
use crate::render::html;
use crate::render::words;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Table;
use crate::store::Feeds;
use crate::store::SourceCourse;
use crate::store::StoreError;

use super::ask::Tile;
use super::links::escape;
use super::seat::Seat;

impl Seat {
    /// The sources with their last tries, for whoever keeps them going.
    pub(super) async fn sources(&self) -> Tile {
        let body = match self.desk.store().feeds().await {
            Ok(feeds) if feeds.courses.is_empty() => NONE.to_owned(),
            Ok(feeds) => {
                let courses = html::whole_table(&table(&feeds.courses, self.desk.clock().now()));
                format!("{courses}{}", unmapped(&feeds))
            }
            Err(failed) => html::apology(&unreadable(failed)),
        };
        let title = "Where usage comes from by itself".into();
        Tile { title, path: None, body, caveats: Vec::new(), live: false, failed: false }
    }
}

/// Our own words, so they may stand in a page as they are.
const NONE: &str = "<p class=\"empty\">Nothing comes by itself yet. Usage is imported from files, or set up a \
                    source under <code>[sources]</code> in the configuration.</p>";

fn unreadable(failed: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(failed).context("reading how it goes with the sources"))
}

fn table(courses: &[SourceCourse], now: Timestamp) -> Table {
    let titles = [
        "Source",
        "How",
        "State",
        "Complete up to",
        "Behind",
        "Tried",
        "Went well",
        "Next try",
        "Rows",
        "Last failure",
    ];
    Table {
        title: "Sources".into(),
        columns: titles.map(|title| Column { title: title.into(), numeric: title == "Rows" }).into(),
        rows: courses.iter().map(|course| row(course, now)).collect(),
        more: 0,
    }
}

/// What no rule gives to an account, with where it is kept and what would map it.
fn unmapped(feeds: &Feeds) -> String {
    if feeds.unmapped.is_empty() {
        return String::new();
    }
    let row = |(source, one): &(SourceId, Unmapped)| {
        let path = format!("/accounts/{}", escape(one.account.as_str()));
        vec![
            Cell::Text(one.holder.clone()),
            one.name.clone().map_or(Cell::Nothing, Cell::Text),
            Cell::Text(source.to_string()),
            Cell::Link { text: one.account.to_string(), path },
        ]
    };
    html::whole_table(&Table {
        title: "Not mapped: add an entry under [[sources.anthropic.accounts]] for each of these".into(),
        columns: ["Whose usage", "Called", "Source", "Kept under"].map(Column::words).into(),
        rows: feeds.unmapped.iter().map(row).collect(),
        more: 0,
    })
}

fn row(course: &SourceCourse, now: Timestamp) -> Vec<Cell> {
    let at = |at: Option<Timestamp>| at.map_or(Cell::Nothing, |at| Cell::Text(words::instant(at)));
    let state = match course.failed_tries {
        0 => course.note.as_ref().map_or_else(|| "well".to_owned(), |note| format!("well, {note}")),
        1 => "failed once".to_owned(),
        tries => format!("failed {tries} times"),
    };
    let failure = |(at, why): &(Timestamp, String)| Cell::Text(format!("{}: {why}", words::instant(*at)));
    let behind = |mark: Timestamp| Cell::Text(Stretch::of(now.duration_since(mark)).rounded().words());
    vec![
        Cell::Text(course.source.to_string()),
        Cell::Text(course.kind.word().into()),
        Cell::Text(state),
        at(course.watermark),
        course.watermark.map_or(Cell::Nothing, behind),
        at(Some(course.tried)),
        at(course.succeeded),
        at(course.next),
        Cell::Text(grouped(course.rows.into())),
        course.failure.as_ref().map_or(Cell::Nothing, failure),
    ]
}
