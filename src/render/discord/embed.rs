//! The embed of an answer: the first figure, sentences, caveats; other figures and tables as fields; how fresh it is.

use serenity::all::Colour;
use serenity::all::Embed;
use serenity::builder::CreateEmbed;
use serenity::builder::CreateEmbedFooter;

use crate::domain::Band;
use crate::render::words;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Table;

use super::Picture;
use super::limits::{
    DESCRIPTION_CHARS_MAX, EMBEDS_CHARS_MAX, FIELD_VALUE_CHARS_MAX, LINK_CHARS_MAX, TITLE_CHARS_MAX,
};
use super::markdown::{change, escape, fence, figure, outside, pieces, unfenced};
use super::room::{chars, fit, rest};

/// Figures beside the first one; more than four rows of three are a table.
const FIGURE_FIELDS_MAX: usize = 12;
/// Tables of one answer.
const TABLE_FIELDS_MAX: usize = 2;
/// Characters of a figure's name or a table's title before escaping.
const NAME_CHARS_MAX: usize = 60;
/// Columns of a table: wider ones wrap on a phone.
const TABLE_WIDTH: usize = 56;
/// Characters of the line that names columns without room; a longer one is not worth its place.
const COLUMNS_CHARS_MAX: usize = 160;
/// Characters of a first cell in a list of words, as of commands.
const TERM_CHARS_MAX: usize = 60;

/// Indigo, when no band says more.
const ACCENT: Colour = Colour::new(0x004f_5bd5);

const fn band_colour(band: Band) -> Colour {
    match band {
        Band::AtRisk => Colour::new(0x00d6_4550),
        Band::Watch => Colour::new(0x00d9_8e04),
        Band::Healthy => Colour::new(0x002f_9e6e),
    }
}

/// Name and value of a field, and whether it stands beside others.
type Field = (String, String, bool);

/// The embed, with links to receipts when there is room for them, and with a mark to find it by when one is given.
pub(super) fn answer(
    answer: &Answer,
    public_url: Option<&str>,
    page: usize,
    picture: Option<&Picture>,
    mark: Option<&str>,
) -> CreateEmbed {
    let Frame { title, footer, url, room } = Frame::of(answer, public_url, mark);
    let dashboard = url.is_some();
    let (fields, description) = body(answer, public_url, page, dashboard, room)
        .or_else(|| body(answer, None, page, dashboard, room))
        .unwrap_or_else(|| crowded(answer, page, dashboard, room));
    let mut embed = CreateEmbed::new()
        .title(title)
        .colour(answer.band().map_or(ACCENT, band_colour))
        .footer(CreateEmbedFooter::new(footer))
        .fields(fields);
    if !description.is_empty() {
        embed = embed.description(description);
    }
    if let Some(url) = url {
        embed = embed.url(url);
    }
    if let Some(picture) = picture {
        embed = embed.attachment(picture.file_name.as_str());
    }
    embed
}

/// What is around the body of an embed.
struct Frame {
    title: String,
    footer: String,
    url: Option<String>,
    /// Characters that are left for the body.
    room: usize,
}

impl Frame {
    fn of(answer: &Answer, public_url: Option<&str>, mark: Option<&str>) -> Self {
        let url = answer.path.as_deref().and_then(|path| words::link(public_url, path));
        let title = words::clip(&words::harmless(&answer.title), TITLE_CHARS_MAX / 2 - 2);
        let title = match escape(&words::isolated(&title)) {
            title if title.is_empty() => "etsm".into(),
            title => title,
        };
        let mark = mark.map(|mark| format!(" · {mark}")).unwrap_or_default();
        let footer = format!("{}{mark}", words::as_of(answer.as_of));
        let room = EMBEDS_CHARS_MAX - chars(&title) - chars(&footer);
        Self { title, footer, url: url.filter(|url| chars(url) <= LINK_CHARS_MAX), room }
    }
}

/// Whether one embed holds all that an answer says.
pub(super) fn fits(answer: &Answer, public_url: Option<&str>, mark: Option<&str>) -> bool {
    let Frame { url, room, .. } = Frame::of(answer, public_url, mark);
    unlisted(answer) == 0 && body(answer, None, 1, url.is_some(), room).is_some()
}

/// Fields and description when all of the description fits.
fn body(
    answer: &Answer,
    receipts: Option<&str>,
    page: usize,
    dashboard: bool,
    room: usize,
) -> Option<(Vec<Field>, String)> {
    let fields = fields(answer, receipts, page, dashboard);
    let room = room.checked_sub(size(&fields))?.min(DESCRIPTION_CHARS_MAX);
    let whole = fit(&paragraphs(answer, receipts, dashboard), usize::MAX, dashboard);
    (chars(&whole) <= room).then_some((fields, whole))
}

/// Fields and as much of the description as fits; caveats stay, since the rest cannot be read right without them.
fn crowded(answer: &Answer, page: usize, dashboard: bool, room: usize) -> (Vec<Field>, String) {
    let fields = fields(answer, None, page, dashboard);
    let room = room.saturating_sub(size(&fields)).min(DESCRIPTION_CHARS_MAX);
    let caveats = fit(&caveats(answer, None), room / 2, dashboard);
    let glue = if caveats.is_empty() { "" } else { "\n" };
    let words = fit(&said(answer, None, dashboard), room - chars(&caveats) - glue.len(), dashboard);
    (fields, format!("{words}{glue}{caveats}"))
}

fn size(fields: &[Field]) -> usize {
    fields.iter().map(|(name, value, _)| chars(name) + chars(value)).sum()
}

fn paragraphs(answer: &Answer, receipts: Option<&str>, dashboard: bool) -> Vec<Vec<String>> {
    let mut all = said(answer, receipts, dashboard);
    all.extend(caveats(answer, receipts));
    all
}

/// The first figure, the sentences, and lists of words.
fn said(answer: &Answer, receipts: Option<&str>, dashboard: bool) -> Vec<Vec<String>> {
    let mut paragraphs: Vec<Vec<String>> =
        figures(answer).first().map(|line| headline(line, receipts)).into_iter().collect();
    for block in &answer.blocks {
        match block {
            Block::Text(prose) => paragraphs.push(pieces(prose, receipts)),
            Block::Table(table) if words::is_list(table, TABLE_WIDTH) => {
                paragraphs.extend(list(table, dashboard))
            }
            Block::Table(_) | Block::Facts(_) | Block::Chart(_) | Block::Caveat(_) => {}
        }
    }
    let unlisted = unlisted(answer);
    if unlisted > 0 {
        paragraphs.push(vec![rest(unlisted, dashboard)]);
    }
    paragraphs.retain(|pieces| !pieces.concat().trim().is_empty());
    paragraphs
}

/// Figures and tables that have no room in one embed.
fn unlisted(answer: &Answer) -> usize {
    figures(answer).len().saturating_sub(1 + FIGURE_FIELDS_MAX)
        + grids(answer).count().saturating_sub(TABLE_FIELDS_MAX)
}

fn caveats(answer: &Answer, receipts: Option<&str>) -> Vec<Vec<String>> {
    let sign = |prose: &Prose| {
        let mut pieces = pieces(prose, receipts);
        pieces.insert(0, "⚠ ".into());
        pieces
    };
    let caveats = answer.blocks.iter().filter_map(|block| match block {
        Block::Caveat(prose) => Some(sign(prose)),
        Block::Text(_) | Block::Facts(_) | Block::Table(_) | Block::Chart(_) => None,
    });
    caveats.collect()
}

fn figures(answer: &Answer) -> Vec<&FactLine> {
    let lines = answer.blocks.iter().filter_map(|block| match block {
        Block::Facts(lines) => Some(lines),
        Block::Text(_) | Block::Table(_) | Block::Chart(_) | Block::Caveat(_) => None,
    });
    lines.flatten().collect()
}

/// The most important figure, before all words: `**12.4 k** API calls · ▲ +12.4 %`.
fn headline(line: &FactLine, receipts: Option<&str>) -> Vec<String> {
    let mut pieces = vec![figure(&line.fact, receipts), format!(" {}", name(&line.label))];
    if let Some(moved) = &line.change {
        pieces.push(format!(" · {}", change(moved, receipts)));
    }
    pieces
}

fn name(text: &str) -> String {
    outside(&words::clip(&words::harmless(text), NAME_CHARS_MAX))
}

/// As [`name`], for a field, which must not be without one.
fn field_name(text: &str) -> String {
    let name = name(text);
    if name.is_empty() { "\u{200b}".into() } else { name }
}

fn fields(answer: &Answer, receipts: Option<&str>, page: usize, dashboard: bool) -> Vec<Field> {
    let figures = figures(answer).into_iter().skip(1).take(FIGURE_FIELDS_MAX);
    let mut fields: Vec<Field> = figures.map(|line| figure_field(line, receipts)).collect();
    let mut turned = false;
    for table in grids(answer).take(TABLE_FIELDS_MAX) {
        let mut shown = GridPage::new(table, 1, dashboard);
        if shown.turn.has_next && !turned {
            turned = true;
            shown = GridPage::new(table, page, dashboard);
        }
        fields.push((field_name(&table.title), shown.text, false));
    }
    fields
}

/// Where one is in a table that does not fit at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// From 1.
    pub(super) page: usize,
    /// Whether more rows follow.
    pub(super) has_next: bool,
}

/// Where one is in the first table that does not fit; `None` when all fit.
pub(super) fn turn(answer: &Answer, page: usize) -> Option<Turn> {
    let mut tables = grids(answer).take(TABLE_FIELDS_MAX);
    // With a line about the dashboard, as few rows fit as may.
    let table = tables.find(|table| GridPage::new(table, 1, true).turn.has_next)?;
    Some(GridPage::new(table, page, true).turn)
}

fn figure_field(line: &FactLine, receipts: Option<&str>) -> Field {
    let text = |receipts| {
        let moved = line.change.as_ref().map(|moved| format!("\n{}", change(moved, receipts)));
        format!("{}{}", figure(&line.fact, receipts), moved.unwrap_or_default())
    };
    let linked = text(receipts);
    let value = if chars(&linked) <= FIELD_VALUE_CHARS_MAX { linked } else { text(None) };
    (field_name(&line.label), value, true)
}

/// Tables that are shown as aligned columns.
fn grids(answer: &Answer) -> impl Iterator<Item = &Table> {
    answer.blocks.iter().filter_map(|block| match block {
        Block::Table(table) if !words::is_list(table, TABLE_WIDTH) => Some(table),
        Block::Table(_) | Block::Text(_) | Block::Facts(_) | Block::Chart(_) | Block::Caveat(_) => None,
    })
}

/// One line for each row: the term, what it is, and what else is known of it by name.
fn list(table: &Table, dashboard: bool) -> Vec<Vec<String>> {
    let line = |row: &Vec<Cell>| {
        let text = |at: usize| row.get(at).map(words::cell).unwrap_or_default();
        let term = outside(&words::clip(&text(0), TERM_CHARS_MAX));
        let term = if term.is_empty() { "–".into() } else { term };
        let mut pieces = vec![format!("**{term}**"), format!(" — {}", outside(&text(1)))];
        for (at, column) in table.columns.iter().enumerate().skip(2) {
            if row.get(at) != Some(&Cell::Nothing) {
                pieces.push(format!(" · {}: {}", name(&column.title), outside(&text(at))));
            }
        }
        pieces
    };
    let mut lines = vec![vec![format!("**{}**", field_name(&table.title))]];
    lines.extend(table.rows.iter().map(line));
    if table.more > 0 {
        lines.push(vec![rest(table.more, dashboard)]);
    }
    lines
}

/// Aligned columns in a code block, as many rows as fit into a field, beginning where the page before ended.
struct GridPage {
    text: String,
    turn: Turn,
}

impl GridPage {
    fn new(table: &Table, page: usize, dashboard: bool) -> Self {
        if table.rows.is_empty() {
            let text = if table.more > 0 { rest(table.more, dashboard) } else { "None.".into() };
            return Self { text, turn: Turn { page: 1, has_next: false } };
        }
        let grid = words::Grid::new(table, TABLE_WIDTH);
        let rows: Vec<String> = grid.rows.iter().map(|row| row.join(words::GAP)).collect();
        let head = grid.head.join(words::GAP);
        let total = rows.len() + table.more;
        let tail = |from: usize, to: usize| {
            let place =
                if from > 0 { format!("\nRows {} to {to} of {total}", from + 1) } else { String::new() };
            let left = if to < total { format!("\n{}", rest(total - to, dashboard)) } else { String::new() };
            format!("{place}{left}{}", columns_left_out(&grid.left_out, dashboard))
        };
        let end = |from: usize| {
            let mut used = chars(&fence(std::slice::from_ref(&head)));
            let mut to = from;
            while let Some(row) = rows.get(to) {
                used += chars(&unfenced(row)) + 1;
                if used + chars(&tail(from, to)).max(chars(&tail(from, to + 1))) > FIELD_VALUE_CHARS_MAX {
                    break;
                }
                to += 1;
            }
            // A row that has no room even alone is left out; a page without any would never end.
            if to == from && from > 0 { from + 1 } else { to }
        };
        let (mut from, mut to, mut at) = (0, end(0), 1);
        while at < page && to > from && to < rows.len() {
            (from, to, at) = (to, end(to), at + 1);
        }
        let mut lines = vec![head.clone()];
        lines.extend_from_slice(&rows[from..to]);
        let has_next = to > from && to < rows.len();
        Self { text: format!("{}{}", fence(&lines), tail(from, to)), turn: Turn { page: at, has_next } }
    }
}

/// Names of the columns that had no room, as a line below the table.
fn columns_left_out(titles: &[String], dashboard: bool) -> String {
    if titles.is_empty() || !dashboard {
        return String::new();
    }
    let titles: Vec<String> = titles.iter().map(|title| name(title)).collect();
    let line = format!("\nIn the dashboard too: {}", titles.join(", "));
    if chars(&line) <= COLUMNS_CHARS_MAX { line } else { String::new() }
}

/// The same embed without its image.
pub(super) fn without_image(embed: &CreateEmbed) -> CreateEmbed {
    let mut plain: Embed = serde_json::to_value(embed)
        .and_then(serde_json::from_value)
        .expect("an embed reads back as it was written");
    plain.image = None;
    plain.into()
}
