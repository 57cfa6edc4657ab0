//! The answer on the wire.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::render::words;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Table;

use super::chart::WireChart;
use super::fact::{WireFact, float, number};

/// An answer. `path` is the page of the dashboard with the same figures.
#[derive(Debug, Serialize)]
pub(super) struct WireAnswer {
    title: String,
    path: Option<String>,
    url: Option<String>,
    /// RFC 3339; `null` before the first import.
    as_of: Option<String>,
    data_version: u64,
    /// Headline figures, the most important first.
    facts: Vec<WireFact>,
    text: Vec<String>,
    caveats: Vec<String>,
    /// The figures inside `text` and `caveats`, in reading order.
    mentioned: Vec<WireFact>,
    tables: Vec<WireTable>,
    chart: Option<WireChart>,
    actions: Vec<WireAction>,
    picks: Vec<WirePick>,
}

#[derive(Debug, Serialize)]
struct WireTable {
    title: String,
    columns: Vec<WireColumn>,
    /// Plain values, as long as `columns`: numbers, texts, lists of numbers, or `null`.
    rows: Vec<Vec<Value>>,
    /// The same rows by column, a figure with its unit, id and forms.
    records: Vec<Map<String, Value>>,
    /// Rows that exist but are not listed here.
    more: usize,
}

#[derive(Debug, Serialize)]
struct WireColumn {
    name: String,
    numeric: bool,
}

#[derive(Debug, Serialize)]
struct WireAction {
    label: String,
    line: String,
    current: bool,
    /// Whether the line leaves something out that has to be asked for.
    form: bool,
}

#[derive(Debug, Serialize)]
struct WirePick {
    label: String,
    options: Vec<WireAction>,
}

impl WireAction {
    fn new(action: &Action) -> Self {
        Self {
            label: action.label.clone(),
            line: action.line.clone(),
            current: action.current,
            form: action.form,
        }
    }
}

impl WirePick {
    fn new(pick: &Pick) -> Self {
        Self { label: pick.label.clone(), options: pick.options.iter().map(WireAction::new).collect() }
    }
}

impl WireAnswer {
    pub(super) fn new(answer: &Answer, public_url: Option<&str>) -> Self {
        let mut wire = Self {
            title: answer.title.clone(),
            path: answer.path.clone(),
            url: answer.path.as_deref().and_then(|path| words::link(public_url, path)),
            as_of: answer.as_of.data_until.map(|at| at.to_string()),
            data_version: answer.as_of.version,
            facts: Vec::new(),
            text: Vec::new(),
            caveats: Vec::new(),
            mentioned: Vec::new(),
            tables: Vec::new(),
            chart: None,
            actions: answer.actions.iter().map(WireAction::new).collect(),
            picks: answer.picks.iter().map(WirePick::new).collect(),
        };
        for block in &answer.blocks {
            wire.add(block, public_url);
        }
        wire
    }

    fn add(&mut self, block: &Block, public_url: Option<&str>) {
        match block {
            Block::Text(prose) => {
                self.text.push(words::plain(prose));
                self.mention(prose, public_url);
            }
            Block::Caveat(prose) => {
                self.caveats.push(words::plain(prose));
                self.mention(prose, public_url);
            }
            Block::Facts(lines) => {
                self.facts.extend(lines.iter().map(|line| WireFact::line(line, public_url)));
            }
            Block::Table(table) => self.tables.push(WireTable::new(table, public_url)),
            Block::Chart(spec) => self.chart = Some(WireChart::new(spec, public_url)),
        }
    }

    fn mention(&mut self, prose: &Prose, public_url: Option<&str>) {
        for span in &prose.0 {
            match span {
                Span::Fact(fact) => self.mentioned.push(WireFact::new(fact, public_url)),
                Span::Plain(_) | Span::Outside(_) | Span::Code(_) | Span::Person { .. } => {}
            }
        }
    }
}

impl WireTable {
    fn new(table: &Table, public_url: Option<&str>) -> Self {
        let names = distinct(table.columns.iter().map(|column| column.title.as_str()));
        let record = |row: &Vec<Cell>| {
            let fields = names.iter().zip(row);
            fields.map(|(name, cell)| (name.clone(), detailed(cell, public_url))).collect()
        };
        Self {
            title: table.title.clone(),
            columns: names
                .iter()
                .zip(&table.columns)
                .map(|(name, column)| WireColumn { name: name.clone(), numeric: column.numeric })
                .collect(),
            rows: table.rows.iter().map(|row| row.iter().map(bare).collect()).collect(),
            records: table.rows.iter().map(record).collect(),
            more: table.more,
        }
    }
}

/// Column names as keys of an object: none empty, none twice.
fn distinct<'a>(titles: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, title) in titles.enumerate() {
        let stem = if title.is_empty() { format!("column {}", index + 1) } else { title.to_owned() };
        let mut name = stem.clone();
        let mut count = 1;
        while names.contains(&name) {
            count += 1;
            name = format!("{stem} {count}");
        }
        names.push(name);
    }
    names
}

/// The value of a cell alone.
fn bare(cell: &Cell) -> Value {
    match cell {
        Cell::Nothing => Value::Null,
        Cell::Text(text) | Cell::Link { text, .. } => text.clone().into(),
        Cell::Fact(fact) | Cell::Change(fact, _) => number(&fact.value),
        Cell::Band(band) => band.key().into(),
        Cell::Status(status) => status.word().into(),
        Cell::Spark(values) => Value::Array(values.iter().map(|value| float(*value)).collect()),
    }
}

/// The cell with all that is known of it: figures and links become objects.
fn detailed(cell: &Cell, public_url: Option<&str>) -> Value {
    match cell {
        Cell::Fact(fact) | Cell::Change(fact, _) => serde_json::to_value(WireFact::new(fact, public_url))
            .expect("a fact has string keys and finite numbers"),
        Cell::Link { text, path } => serde_json::json!({ "text": text, "path": path }),
        Cell::Nothing | Cell::Text(_) | Cell::Band(_) | Cell::Status(_) | Cell::Spark(_) => bare(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_columns_of_one_name_are_both_kept() {
        assert_eq!(
            distinct(["Calls", "Calls", "", "Calls"].into_iter()),
            ["Calls", "Calls 2", "column 3", "Calls 3"]
        );
    }
}
