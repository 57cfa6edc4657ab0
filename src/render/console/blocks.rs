//! Figures, tables, caveats and next questions in a terminal.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use crate::domain::Band;
use crate::domain::InitiativeStatus;
use crate::render::words;
use crate::render::words::{GAP, Grid};
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Cell;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Table;
use crate::reply::Tone;

use super::Page;
use super::paint::{wrapped, wrapped_text};

/// Rows shown of a table: more would push what was asked for off the screen.
const ROWS_MAX: usize = 40;

/// Columns of the term in a list of words; sentences get the rest.
const TERM_WIDTH_MAX: usize = 24;

/// Headline figures: number first, then its name, then its change.
pub(super) fn facts(lines: &[FactLine], page: Page) -> Vec<String> {
    let shorts: Vec<String> = lines.iter().map(|line| line.fact.value.short()).collect();
    let numbers = shorts.iter().map(|short| short.width()).max().unwrap_or(0);
    let labels: Vec<String> = lines.iter().map(|line| words::harmless(&line.label)).collect();
    let changes: Vec<String> = lines
        .iter()
        .map(|line| line.change.as_ref())
        .map(|change| change.map(|fact| format!("{} {}", words::arrow(&fact.value), fact.value.short())))
        .map(Option::unwrap_or_default)
        .collect();
    let longest = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let moved = changes.iter().map(|change| change.width()).max().unwrap_or(0);
    let left = page.width.saturating_sub(numbers + GAP.len() + if moved > 0 { moved + GAP.len() } else { 0 });
    let room = longest.min(left);
    let line = |at: usize| {
        let number = page.paint.bold(&words::pad(&shorts[at], numbers, true));
        let label = words::pad(&labels[at], room, false);
        let tone =
            lines[at].change.as_ref().map_or(Tone::Neutral, |fact| words::tone(fact, lines[at].more_is_good));
        if changes[at].is_empty() {
            return format!("{number}{GAP}{}", label.trim_end());
        }
        format!("{number}{GAP}{label}{GAP}{}", page.paint.tone(&changes[at], tone))
    };
    (0..lines.len()).map(line).collect()
}

/// A table under its title.
pub(super) fn table(table: &Table, page: Page) -> Vec<String> {
    let table = &fitting(table);
    let title = words::isolated(&words::cut(&words::harmless(&table.title), page.width));
    let mut lines = Vec::new();
    if !title.is_empty() {
        lines.push(page.paint.bold(&title));
    }
    if table.rows.is_empty() && table.more == 0 {
        lines.push("None.".into());
    } else if words::is_list(table, usize::MAX) {
        lines.extend(list(table, page));
    } else if !table.rows.is_empty() {
        lines.extend(grid(table, page));
    }
    if table.more > 0 {
        let place = if page.dashboard { " in the dashboard" } else { "" };
        lines.push(page.paint.dim(&format!("…and {} more{place}", table.more)));
    }
    lines
}

/// The first rows of a long table; the others are counted.
fn fitting(table: &Table) -> Cow<'_, Table> {
    let Some(over) = table.rows.len().checked_sub(ROWS_MAX).filter(|over| *over > 0) else {
        return Cow::Borrowed(table);
    };
    let rows = table.rows[..ROWS_MAX].to_vec();
    Cow::Owned(Table { rows, more: table.more + over, ..table.clone() })
}

fn grid(table: &Table, page: Page) -> Vec<String> {
    let grid = Grid::new(table, page.width);
    let rule: usize =
        grid.head.iter().map(|cell| cell.width()).sum::<usize>() + GAP.len() * (grid.head.len() - 1);
    let mut lines = vec![page.paint.dim(grid.head.join(GAP).trim_end()), page.paint.dim(&"─".repeat(rule))];
    for row in &table.rows {
        lines.extend(row_lines(table, row, &grid, page));
    }
    if !grid.left_out.is_empty() {
        let words = format!("Left out at this width: {}.", grid.left_out.join(", "));
        lines.extend(wrapped_text(&words, page.width).iter().map(|line| page.paint.dim(line)));
    }
    lines
}

/// A row, on several lines when words beside its first cell need them.
fn row_lines(table: &Table, row: &[Cell], grid: &Grid, page: Page) -> Vec<String> {
    let cell = |(at, index): (usize, &usize)| {
        let (width, text) = (grid.head[at].width(), row.get(*index).map(words::cell).unwrap_or_default());
        let breaks = at > 0 && !table.columns[*index].numeric && text.width() > width;
        if breaks { wrapped_text(&text, width) } else { vec![text] }
    };
    let cells: Vec<Vec<String>> = grid.shown.iter().enumerate().map(cell).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |number: usize| {
        let parts = cells.iter().zip(&grid.shown).zip(&grid.head).map(|((texts, index), head)| {
            let text = texts.get(number).map_or("", String::as_str);
            let text = words::pad(text, head.width(), table.columns[*index].numeric);
            row.get(*index).map_or(text.clone(), |cell| painted(&text, cell, page))
        });
        parts.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

fn painted(text: &str, cell: &Cell, page: Page) -> String {
    match cell {
        Cell::Nothing => page.paint.dim(text),
        Cell::Text(_) | Cell::Link { .. } | Cell::Fact(_) | Cell::Spark(_) => text.to_owned(),
        Cell::Change(_, tone) => page.paint.tone(text, *tone),
        Cell::Band(band) => page.paint.band(text, *band),
        Cell::Status(status) => match status {
            InitiativeStatus::Blocked => page.paint.band(text, Band::AtRisk),
            InitiativeStatus::Done => page.paint.band(text, Band::Healthy),
            InitiativeStatus::Cancelled => page.paint.dim(text),
            InitiativeStatus::Planned | InitiativeStatus::Active => text.to_owned(),
        },
    }
}

/// Terms at the left, sentences wrapped at the right.
fn list(table: &Table, page: Page) -> Vec<String> {
    let text = |row: &[Cell], at: usize| row.get(at).map(words::cell).unwrap_or_default();
    let terms: Vec<String> = table.rows.iter().map(|row| text(row, 0)).collect();
    let longest = terms.iter().map(|term| term.width()).max().unwrap_or(0);
    let width = longest.min(TERM_WIDTH_MAX).min(page.width / 3);
    let mut lines = Vec::new();
    for (term, row) in terms.iter().zip(&table.rows) {
        let said = wrapped_text(&text(row, 1), page.prose_width() - width - GAP.len());
        for at in 0..said.len().max(1) {
            let term = words::pad(if at == 0 { term } else { "" }, width, false);
            let line = format!("{}{GAP}{}", page.paint.code(&term), said.get(at).map_or("", String::as_str));
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}

/// What must be known to read the rest right, after a sign.
pub(super) fn caveat(prose: &Prose, page: Page) -> Vec<String> {
    let lines = wrapped(prose, page.prose_width() - 2, page.paint);
    let sign = |at: usize| if at == 0 { page.paint.warning("⚠") } else { " ".into() };
    lines.iter().enumerate().map(|(at, line)| format!("{} {line}", sign(at))).collect()
}

/// Lines that may be typed next.
pub(super) fn next_questions(answer: &Answer, page: Page) -> Vec<String> {
    let all = answer.actions.iter().chain(answer.picks.iter().flat_map(|pick| &pick.options));
    let open: Vec<&Action> = all.filter(|action| !action.current).collect();
    if open.is_empty() {
        return Vec::new();
    }
    let labels = open.iter().map(|action| words::harmless(&action.label).width()).max().unwrap_or(0);
    let labels = labels.min(page.width / 3);
    let line = |action: &&Action| {
        let label = words::pad(&words::harmless(&action.label), labels, false);
        // Two blanks before, two between.
        let rest = if action.form { " …" } else { "" };
        let asked = words::cut(&(words::harmless(&action.line) + rest), page.width - labels - 4);
        format!("  {label}{GAP}{}", page.paint.code(&words::isolated(&asked)))
    };
    let mut lines = vec![page.paint.dim("Ask next")];
    lines.extend(open.iter().map(line));
    lines
}
