//! Blocks of an answer as fragments of a page.

use askama::Template;

use crate::domain::Fact;
use crate::domain::FactKey;
use crate::domain::Quantity;
use crate::problem::Problem;
use crate::render::chart;
use crate::render::words;
use crate::render::words::tone_word;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Table;

use super::chart_data;
use super::chart_data::chart_json;
use super::chart_table::ChartTable;
use super::chart_table::chart_table;

/// Where the same chart is served as a file; each has a query already, so more may follow after `&`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartLinks {
    /// `/chart/usage.svg?account=acme`.
    pub svg: String,
    /// `/chart/usage.png?account=acme`.
    pub png: String,
    /// `/chart/usage.csv?account=acme`.
    pub csv: String,
    /// `/share?line=usage%20acme`: links to pass on, one with the picture.
    pub share: String,
}

/// Rows of a table in a tile; the page behind it has them all.
const TILE_ROWS_MAX: usize = 6;
/// Columns of it that fit beside another tile; answers put what matters most first.
const TILE_COLUMNS_MAX: usize = 4;

/// All blocks of an answer, for a page. A page has the room to show the chart before the tables it sums up.
#[must_use]
pub fn answer_body(answer: &Answer, links: Option<&ChartLinks>) -> String {
    let chart = |block: &&Block| matches!(block, Block::Chart(_));
    let first_table = answer.blocks.iter().position(|block| matches!(block, Block::Table(_)));
    let (above, below) = answer.blocks.split_at(first_table.unwrap_or(answer.blocks.len()));
    let moved = below.iter().filter(chart).chain(below.iter().filter(|block| !chart(block)));
    above.iter().chain(moved).map(|block| block_html(block, &answer.title, links)).collect()
}

/// The gist of an answer, for a tile among others: figures and the chart, or else the begin of its tables. What the
/// reader must know to read it right comes apart, so that a page can say it once.
#[must_use]
pub fn gist(answer: &Answer, links: Option<&ChartLinks>) -> (String, Vec<String>) {
    let drawn =
        |block: &Block| matches!(block, Block::Chart(spec) if !matches!(spec, ChartSpec::Timeline(_)));
    let has_chart = answer.blocks.iter().any(drawn);
    let mut body = String::new();
    let mut caveats = Vec::new();
    for block in &answer.blocks {
        match block {
            Block::Caveat(text) => caveats.push(caveat(text)),
            Block::Table(_) if has_chart => {}
            Block::Table(table) => body.push_str(&table_html(&narrowed(table), TILE_ROWS_MAX)),
            Block::Chart(_) if !drawn(block) => {}
            Block::Text(_) | Block::Facts(_) | Block::Chart(_) => {
                body.push_str(&block_html(block, &answer.title, links));
            }
        }
    }
    (body, caveats)
}

/// A table with its first columns alone.
fn narrowed(table: &Table) -> Table {
    let mut narrow = table.clone();
    narrow.columns.truncate(TILE_COLUMNS_MAX);
    for row in &mut narrow.rows {
        row.truncate(TILE_COLUMNS_MAX);
    }
    narrow
}

/// Whether an answer has a chart that script can draw better than we do.
#[must_use]
pub fn is_live(answer: &Answer) -> bool {
    answer.chart().is_some_and(chart_data::is_live)
}

/// A problem in the place of an answer's blocks.
#[must_use]
pub fn apology(problem: &Problem) -> String {
    caveat(&Prose::plain(problem.to_string()))
}

/// A table with all its rows.
#[must_use]
pub fn whole_table(table: &Table) -> String {
    table_html(table, usize::MAX)
}

/// A figure that leads to its receipt.
#[must_use]
pub fn fact_link(fact: &Fact) -> String {
    print(&FactView { fact })
}

/// Where a fact's receipt is. The id holds percent signs of its own, which a path must escape again.
#[must_use]
pub fn fact_path(key: &FactKey) -> String {
    format!("/facts/{}", key.to_string().replace('%', "%25"))
}

/// Sentences, with their figures and names marked up.
#[must_use]
pub fn prose(prose: &Prose) -> String {
    print(&ProseView { spans: &prose.0 })
}

/// Writes a template to memory.
pub(super) fn print(view: &impl Template) -> String {
    view.render().expect("our templates write only to memory and print only types that cannot fail")
}

/// A heading below another one that says whose it is already: `Acme — API calls per day` is `API calls per day` below
/// `Acme`.
#[must_use]
pub fn title_within(whose: &str, title: &str) -> String {
    let own = title.strip_prefix(whose).and_then(|rest| rest.strip_prefix(" — ")).unwrap_or(title);
    let mut letters = own.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The heading of a chart below the heading of its answer; `None` when that says it all.
fn chart_heading(answer: &str, chart: &str) -> Option<String> {
    let said = answer.strip_prefix(chart).is_some_and(|rest| rest.is_empty() || rest.starts_with(", "));
    let whose = answer.split_once(" — ").map_or(answer, |(whose, _)| whose);
    (!said).then(|| title_within(whose, chart))
}

/// What the reader must know.
fn caveat(text: &Prose) -> String {
    print(&CaveatView { text: prose(text) })
}

/// One block of an answer with that title.
fn block_html(block: &Block, title: &str, links: Option<&ChartLinks>) -> String {
    match block {
        Block::Text(text) => format!("<p class=\"prose\">{}</p>\n", prose(text)),
        Block::Facts(lines) => print(&FactsView { lines }),
        Block::Table(table) => print(&TableView { table, rows: &table.rows, more: table.more }),
        Block::Chart(spec) => {
            let table = chart_table(spec);
            print(&FigureView {
                spec,
                heading: chart_heading(title, spec.title()),
                drawing: chart::page(spec),
                json: chart_json(spec),
                of_words: table.of_words(),
                table,
                links,
            })
        }
        Block::Caveat(text) => caveat(text),
    }
}

/// Rows of a table, at most `rows_max`; the rest is told as a count.
pub(super) fn table_html(table: &Table, rows_max: usize) -> String {
    let shown = table.rows.len().min(rows_max);
    print(&TableView { table, rows: &table.rows[..shown], more: table.more + table.rows.len() - shown })
}

#[derive(Template)]
#[template(path = "answer/fact.html")]
struct FactView<'a> {
    fact: &'a Fact,
}

#[derive(Template)]
#[template(path = "answer/prose.html")]
struct ProseView<'a> {
    spans: &'a [Span],
}

#[derive(Template)]
#[template(path = "answer/facts.html")]
pub(super) struct FactsView<'a> {
    pub(super) lines: &'a [FactLine],
}

#[derive(Template)]
#[template(path = "answer/table.html")]
struct TableView<'a> {
    table: &'a Table,
    rows: &'a [Vec<Cell>],
    more: usize,
}

#[derive(Template)]
#[template(path = "answer/cell.html")]
struct CellView<'a> {
    cell: &'a Cell,
}

#[derive(Template)]
#[template(path = "answer/caveat.html")]
struct CaveatView {
    text: String,
}

#[derive(Template)]
#[template(path = "answer/figure.html")]
struct FigureView<'a> {
    spec: &'a ChartSpec,
    /// What the heading of the answer does not say yet; may be hostile text.
    heading: Option<String>,
    drawing: String,
    json: Option<String>,
    table: ChartTable,
    /// Which columns of it hold words.
    of_words: Vec<bool>,
    links: Option<&'a ChartLinks>,
}

impl TableView<'_> {
    /// Names with what is said of each.
    fn is_pairs(&self) -> bool {
        self.table.columns.len() == 2 && !self.table.columns.iter().any(|column| column.numeric)
    }

    fn numeric(&self, at: &usize) -> bool {
        self.table.columns.get(*at).is_some_and(|column| column.numeric)
    }

    fn heading(&self, at: &usize) -> &str {
        self.table.columns.get(*at).map_or("", |column| column.title.as_str())
    }
}

/// One field of a table.
#[must_use]
pub fn cell(cell: &Cell) -> String {
    print(&CellView { cell })
}

/// A short text stays on its line; a long one may wrap, and gets room for a few words.
fn width_of(text: &str) -> &'static str {
    match text.chars().count() {
        0..=14 => "short",
        15..=32 => "middling",
        _ => "long",
    }
}

/// Whether a score has no decimals, so that a table keeps the room where others have one.
fn is_whole_score(value: &Quantity) -> bool {
    matches!(value, Quantity::Score(_) | Quantity::Points(_)) && !value.short().contains('.')
}

fn line_tone(line: &FactLine, change: &Fact) -> &'static str {
    tone_word(words::tone(change, line.more_is_good))
}

/// A path of our own; anything that could lead to another host leads home instead.
fn inner_path(path: &str) -> &str {
    let mut chars = path.chars();
    match (chars.next(), chars.next()) {
        (Some('/'), next) if !matches!(next, Some('/' | '\\')) => path,
        _ => "/",
    }
}

fn kind_word(spec: &ChartSpec) -> &'static str {
    match spec {
        ChartSpec::Series(_) => "series",
        ChartSpec::Health(_) => "health",
        ChartSpec::Bands(_) => "bands",
        ChartSpec::Bars(_) => "bars",
        ChartSpec::Timeline(_) => "timeline",
        ChartSpec::Corridor(_) => "corridor",
        ChartSpec::Steps(_) => "steps",
        ChartSpec::Scores(_) => "scores",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Measure;
    use crate::domain::Metric;
    use crate::domain::UsageFilter;
    use crate::domain::Window;

    fn fact(measure: Measure, value: Quantity) -> Fact {
        let window =
            Window::new("2026-01-01T00:00:00Z".parse().unwrap(), "2026-02-01T00:00:00Z".parse().unwrap());
        let filter = UsageFilter { endpoint: Some("/v1/chat".parse().unwrap()), ..UsageFilter::default() };
        Fact { key: FactKey { measure, filter, window: window.unwrap(), version: 3 }, value }
    }

    #[test]
    fn a_figure_is_short_and_leads_to_its_receipt() {
        let html = fact_link(&fact(Measure::Sum(Metric::ApiCalls), Quantity::Calls(12_431)));
        assert!(html.contains("12.4 k</a>") && html.contains("title=\"12,431 API calls\""), "{html}");
        assert!(html.contains("/facts/sum.calls~~%252Fv1%252Fchat~~"), "{html}");
    }

    #[test]
    fn a_heading_does_not_say_again_what_stands_above_it() {
        assert_eq!(title_within("Acme", "Acme — usage, last 30 days"), "Usage, last 30 days");
        assert_eq!(title_within("Acme", "Not to be had just now"), "Not to be had just now");
        let heading = |answer, chart| chart_heading(answer, chart);
        assert_eq!(heading("Acme — usage", "Acme — API calls per day").as_deref(), Some("API calls per day"));
        assert_eq!(heading("Acme — health", "Acme — health"), None);
        assert_eq!(heading("Movers — API calls, last 30 days", "Movers — API calls"), None);
        assert_eq!(heading("Accounts", "Accounts by health").as_deref(), Some("Accounts by health"));
    }

    #[test]
    fn text_from_outside_is_escaped_and_isolated() {
        let html = prose(&Prose::plain("About ").outside("<img src=x onerror=alert(1)>"));
        assert!(html.starts_with("About <bdi>&#60;img") && !html.contains("<img"), "{html}");
        let cell = cell(&Cell::Link { text: "a\"b".into(), path: "//evil.example".into() });
        assert!(cell.contains("href=\"/\""), "{cell}");
    }
}
