//! Records of NDJSON and of a JSON list, framed first and parsed one by one.
//!
//! Invariant: a broken record costs itself; the ones behind it are read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io;

use serde::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Value;

use super::columns::Column;
use super::columns::Fit;
use super::columns::matched;
use super::delimited::too_long;
use super::encoding::Charset;
use super::encoding::clean;
use super::lines::Lines;
use super::lines::RECORD_BYTES_MAX;
use super::number::DecimalSign;
use super::record::Cell;
use super::record::Collector;
use super::record::Kind;
use super::rejection::FileError;
use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;

/// Which columns the keys of the objects mean; each key is looked up once.
pub(super) type Keys = HashMap<String, Option<(usize, Fit)>>;
/// Keys that are remembered; hostile files could bring new ones for ever.
const KEYS_MAX: usize = 1_000;

/// How the objects follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One on each line.
    Lines,
    /// Between `[` and `]`, parted by commas.
    List,
    /// One after the other, over as many lines as they like.
    Sequence,
}

/// The layout of a text that begins with a bracket or a brace; `None` when it does not.
pub(super) fn layout(lines: &mut Lines<'_>) -> io::Result<Option<Layout>> {
    let head = lines.look(super::encoding::HEAD_BYTES)?;
    let mut texts =
        head.split(|b| *b == b'\n' || *b == b'\r').map(<[u8]>::trim_ascii).filter(|text| !text.is_empty());
    let first = texts.next().unwrap_or_default();
    Ok(match first.first() {
        Some(b'[') => Some(Layout::List),
        Some(b'{') => {
            let whole = serde_json::from_slice::<IgnoredAny>(first).is_ok();
            let next_begins = texts.next().is_some_and(|text| text.starts_with(b"{"));
            Some(if whole || next_begins { Layout::Lines } else { Layout::Sequence })
        }
        _ => None,
    })
}

/// How one record is parted into cells.
pub(super) type Parse = fn(&str, &mut Keys, &[Column]) -> Result<Vec<Cell<'static>>, Flaw>;

/// Reads all records of a JSON text.
pub(super) fn read<K: Kind>(
    lines: &mut Lines<'_>,
    (layout, parse): (Layout, Parse),
    charset: &mut Charset,
    collector: &mut Collector<'_, '_, K>,
) -> Result<(), FileError> {
    let mut keys = Keys::new();
    if layout == Layout::Lines {
        while !collector.stopped {
            let Some(line) = lines.line_at(0)? else { break };
            let bytes = lines.bytes_read();
            let text = lines.window()[..line.end].trim_ascii();
            if line.cut {
                collector.reject(None, too_long(), bytes);
            } else if !text.is_empty() {
                record(text.strip_suffix(b",").unwrap_or(text), parse, &mut keys, charset, collector, bytes);
            }
            lines.consume(line.next);
        }
        return Ok(());
    }
    let in_list = layout == Layout::List;
    if in_list {
        let bracket = lines.window().iter().position(|b| *b == b'[').unwrap_or_default();
        lines.consume(bracket + 1);
    }
    while !collector.stopped {
        let element = next_element(lines, in_list)?;
        let bytes = lines.bytes_read();
        match element {
            Element::Text { end, next } => {
                record(&lines.window()[..end], parse, &mut keys, charset, collector, bytes);
                lines.consume(next);
            }
            Element::OpenString { next } => {
                collector.reject(None, open_string(), bytes);
                lines.consume(next);
            }
            Element::TooLong { next } => {
                collector.reject(None, too_long(), bytes);
                lines.consume(next);
            }
            Element::ListEnd { next } => {
                lines.consume(next);
                if !only_blanks_left(lines)? {
                    let message = "there is text after the end of the list; put all records into one list";
                    collector.reject(None, Flaw::new(Reason::BadValue, message), bytes);
                }
                break;
            }
            Element::TextEnd => {
                if in_list {
                    let message =
                        "the list is not closed with “]”; the file may be incomplete, send it again";
                    collector.reject(None, Flaw::new(Reason::BadValue, message), bytes);
                }
                break;
            }
        }
    }
    Ok(())
}

fn open_string() -> Flaw {
    Flaw::new(Reason::UnclosedQuote, "a text in the record is not closed; write a quote at its end")
}

fn only_blanks_left(lines: &mut Lines<'_>) -> io::Result<bool> {
    loop {
        if !lines.window().trim_ascii().is_empty() {
            return Ok(false);
        }
        let seen = lines.window().len();
        lines.consume(seen);
        if !lines.grow()? {
            return Ok(true);
        }
    }
}

/// What comes next in a list or sequence; the window begins with it.
enum Element {
    /// A value, up to `end`.
    Text { end: usize, next: usize },
    /// A value with a string that breaks off at the end of a line.
    OpenString { next: usize },
    /// A value that is longer than may be kept.
    TooLong { next: usize },
    /// The closing bracket.
    ListEnd { next: usize },
    /// No more text.
    TextEnd,
}

/// Finds the next value by its braces and strings, without parsing it.
fn next_element(lines: &mut Lines<'_>, in_list: bool) -> io::Result<Element> {
    loop {
        let between = |b: &u8| b.is_ascii_whitespace() || *b == b',';
        let skipped = lines.window().iter().take_while(|b| between(b)).count();
        lines.consume(skipped);
        if !lines.window().is_empty() {
            break;
        }
        if !lines.grow()? {
            return Ok(Element::TextEnd);
        }
    }
    let (mut at, mut depth, mut in_string, mut escaped, mut cut) = (0, 0_u32, false, false, false);
    loop {
        let Some(byte) = lines.window().get(at).copied() else {
            if at > RECORD_BYTES_MAX {
                lines.cut_out(1, at);
                (at, cut) = (1, true);
            }
            if !lines.grow()? {
                return Ok(if cut {
                    Element::TooLong { next: at }
                } else {
                    Element::Text { end: at, next: at }
                });
            }
            continue;
        };
        let mut end = None;
        match byte {
            b'\n' | b'\r' if in_string => return open_string_end(lines, at),
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                end = (depth == 0).then_some(at + 1);
            }
            b']' if in_list && at == 0 => return Ok(Element::ListEnd { next: 1 }),
            b']' if in_list => end = Some(at),
            b',' | b'\n' | b'\r' if depth == 0 => end = Some(at),
            _ => {}
        }
        if let Some(end) = end {
            let next = end;
            return Ok(if cut { Element::TooLong { next } } else { Element::Text { end, next } });
        }
        at += 1;
    }
}

/// A string in JSON ends on its line: goes on with the next line that begins an object or ends the list.
fn open_string_end(lines: &mut Lines<'_>, at: usize) -> io::Result<Element> {
    let mut start = at + 1;
    while let Some(line) = lines.line_at(start)? {
        let text = lines.window()[start..line.end].trim_ascii_start();
        let text = text.strip_prefix(b",").unwrap_or(text).trim_ascii_start();
        if text.starts_with(b"{") || text.starts_with(b"]") {
            break;
        }
        start = line.next;
        if start > RECORD_BYTES_MAX {
            lines.cut_out(1, start);
            start = 1;
        }
    }
    Ok(Element::OpenString { next: start.min(lines.window().len()) })
}

/// Parses one object and hands its cells over.
fn record<K: Kind>(
    bytes: &[u8],
    parse: Parse,
    keys: &mut Keys,
    charset: &mut Charset,
    collector: &mut Collector<'_, '_, K>,
    read: u64,
) {
    let parsed = match charset.text(bytes) {
        Ok(text) => parse(&text, keys, collector.kind.columns()),
        Err(flaw) => Err(flaw),
    };
    match parsed {
        Ok(cells) => collector.record(&cells, DecimalSign::Point, read),
        Err(flaw) => collector.reject(None, flaw, read),
    }
    if keys.len() > KEYS_MAX {
        keys.clear();
    }
}

/// The cells of an object with a key for each column.
pub(super) fn parse_object(
    text: &str,
    keys: &mut Keys,
    columns: &[Column],
) -> Result<Vec<Cell<'static>>, Flaw> {
    match cells(text, keys, columns) {
        Ok(cells) => Ok(cells),
        // Python writes NaN and Infinity, and numbers may overflow: as words they are refused with their column.
        Err(problem) => match quoted_words(text).map(|text| cells(&text, keys, columns)) {
            Some(Ok(cells)) => Ok(cells),
            Some(Err(_)) | None => Err(flaw_of(&problem)),
        },
    }
}

pub(super) fn cells(
    text: &str,
    keys: &mut Keys,
    columns: &[Column],
) -> serde_json::Result<Vec<Cell<'static>>> {
    let mut source = serde_json::Deserializer::from_str(text);
    let cells = source.deserialize_map(Cells { keys, columns })?;
    source.end()?;
    Ok(cells)
}

pub(super) fn flaw_of(problem: &serde_json::Error) -> Flaw {
    let said = problem.to_string();
    if said.starts_with("EOF while parsing a string") {
        return open_string();
    }
    if said.starts_with("control character") {
        return Flaw::new(
            Reason::BadEncoding,
            "a text in the record holds a raw control character; escape it",
        );
    }
    Flaw::new(Reason::BadValue, format!("the record is not a JSON object: {}", shown(&said)))
}

/// Puts quotes around each bare word that JSON does not know; `None` when there is none.
fn quoted_words(text: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
    let (mut out, mut changed) = (String::with_capacity(text.len() + 16), false);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let mut escaped = false;
            let inside = rest[1..].find(|c: char| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            inside.map_or(rest.len(), |at| at + 2)
        } else if is_word(first) {
            rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        let known = !is_word(first)
            || matches!(token, "true" | "false" | "null")
            || token
                .parse::<f64>()
                .is_ok_and(|n| n.is_finite() && token.contains(|c: char| c.is_ascii_digit()));
        if known {
            out.push_str(token);
        } else {
            changed = true;
            out.push('"');
            out.push_str(token);
            out.push('"');
        }
        rest = after;
    }
    changed.then_some(out)
}

/// Makes the cells of one object.
struct Cells<'k> {
    keys: &'k mut Keys,
    columns: &'k [Column],
}

impl<'de> Visitor<'de> for Cells<'_> {
    type Value = Vec<Cell<'static>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a key for each column")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = vec![Cell::Missing; self.columns.len()];
        let mut fits: Vec<Option<Fit>> = vec![None; self.columns.len()];
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let known = match self.keys.get(key.as_ref()) {
                Some(known) => *known,
                None => {
                    let known = matched(&key, self.columns);
                    self.keys.insert(key.into_owned(), known);
                    known
                }
            };
            let Some((slot, fit)) =
                known.filter(|(slot, fit)| fits[*slot].is_none_or(|earlier| earlier <= *fit))
            else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value::<Value>()?;
            cells[slot] = if fits[slot] == Some(fit) {
                let message = format!("{} is given twice; leave one of them out", self.columns[slot].name);
                Cell::Damaged(Flaw::new(Reason::BadValue, message))
            } else {
                cell(value)
            };
            fits[slot] = Some(fit);
        }
        Ok(cells)
    }
}

fn cell(value: Value) -> Cell<'static> {
    match value {
        Value::Null => Cell::Missing,
        Value::Bool(truth) => Cell::Text(Cow::Owned(truth.to_string())),
        Value::Number(number) => match number.as_i128() {
            Some(whole) => Cell::Whole(whole),
            None => Cell::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Cell::from_clean(clean(Cow::Owned(text))),
        // A list of words, as for tags, is one text as in a delimited file.
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Cell::from_clean(clean(Cow::Owned(words.join(";"))))
        }
        Value::Array(_) | Value::Object(_) => {
            Cell::Damaged(Flaw::new(Reason::BadValue, "the value is nested; write a plain text or number"))
        }
    }
}
