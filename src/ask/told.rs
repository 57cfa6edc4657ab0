//! An answer of the desk as it is told to the AI: every figure by its number, every text from outside as data.

use serde_json::Value;
use serde_json::json;

use crate::domain::Fact;
use crate::engine::Snapshot;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Table;
use crate::writer::Brief;

use super::pseudonyms::Pseudonyms;

/// Rows of a table that are told.
const ROWS_MAX: usize = 25;

/// Tells answers, and numbers what is in them.
pub(super) struct Teller<'a> {
    pub(super) view: &'a Snapshot,
    pub(super) people: &'a Pseudonyms,
    pub(super) brief: &'a mut Brief,
}

impl Teller<'_> {
    /// The lines of an answer, as JSON that cannot end the marks around it.
    pub(super) fn tell(&mut self, answer: &Answer) -> Vec<String> {
        let mut lines = vec![json!({"answer": self.people.hide(&answer.title)})];
        for block in &answer.blocks {
            match block {
                Block::Text(prose) => lines.push(json!({"text": self.prose(prose)})),
                Block::Caveat(prose) => lines.push(json!({"caveat": self.prose(prose)})),
                Block::Facts(facts) => {
                    for line in facts {
                        let change = line.change.as_ref().map(|change| self.fact(change));
                        lines
                            .push(json!({"what": line.label, "is": self.fact(&line.fact), "change": change}));
                    }
                }
                Block::Table(table) => self.table(table, &mut lines),
                // A picture of figures that stand elsewhere.
                Block::Chart(_) => {}
            }
        }
        lines.iter().map(fenced).collect()
    }

    fn table(&mut self, table: &Table, lines: &mut Vec<Value>) {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
        lines.push(json!({"table": self.people.hide(&table.title), "columns": columns}));
        for row in table.rows.iter().take(ROWS_MAX) {
            let cells: Vec<Value> = row.iter().map(|cell| self.cell(cell)).collect();
            lines.push(json!({"row": cells}));
        }
        if table.rows.len() > ROWS_MAX || table.more > 0 {
            lines.push(json!({"rows": "there are more, which are not told"}));
        }
    }

    fn cell(&mut self, cell: &Cell) -> Value {
        match cell {
            Cell::Nothing | Cell::Spark(_) => Value::Null,
            Cell::Text(text) => json!(self.people.hide(text)),
            Cell::Link { text, path } => {
                let number = self.named(path).map(|number| format!("[{number}] ")).unwrap_or_default();
                json!(format!("{number}{}", self.people.hide(text)))
            }
            Cell::Fact(fact) | Cell::Change(fact, _) => json!(self.fact(fact)),
            Cell::Band(band) => json!(band.word()),
            Cell::Status(status) => json!(status.word()),
        }
    }

    /// The number of the account or initiative whose page a link leads to.
    fn named(&mut self, path: &str) -> Option<String> {
        let id = |root: &str| {
            let rest = path.strip_prefix(root)?;
            let id = rest.split(['/', '?']).next()?;
            percent_encoding::percent_decode_str(id).decode_utf8().ok().map(String::from)
        };
        if let Some(id) = id("/accounts/").and_then(|id| id.parse().ok()) {
            self.brief.subject(self.view, &id)?;
            return self.brief.number_of(&id);
        }
        id("/initiatives/")
            .and_then(|id| id.parse().ok())
            .and_then(|id| self.brief.initiative(self.view, &id))
    }

    fn prose(&mut self, prose: &Prose) -> String {
        let span = |span: &Span| match span {
            Span::Plain(words) | Span::Code(words) | Span::Outside(words) => self.people.hide(words),
            Span::Fact(fact) => self.fact(fact),
        };
        prose.0.iter().map(span).collect()
    }

    /// A figure by its number; one that is not for sentences is left out.
    fn fact(&mut self, fact: &Fact) -> String {
        self.brief.add(self.view, fact).map_or_else(|| "…".to_owned(), |number| format!("[{number}]"))
    }
}

/// JSON on a line, without the signs that marks are made of.
pub(super) fn fenced(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e")
}
