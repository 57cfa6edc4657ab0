//! Records of a delimited text: finds the dialect, parts records, and recovers from a quote that never closes.
//!
//! Invariant: each record has as many fields as the header or is refused by its number; an open quote costs its own
//! line and no other.

use std::borrow::Cow;
use std::io;

use super::columns::Column;
use super::columns::matched;
use super::columns::places;
use super::encoding::Charset;
use super::encoding::HEAD_BYTES;
use super::lines::Line;
use super::lines::Lines;
use super::lines::RECORD_BYTES_MAX;
use super::number::DecimalSign;
use super::number::decimal_sign_of;
use super::record::Cell;
use super::record::Collector;
use super::record::Kind;
use super::rejection::FileError;
use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;
use super::split::Field;
use super::split::split_plain;
use super::split::split_quoted;

/// Delimiters, the likeliest first.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// Lines that one quoted field may span.
const QUOTED_LINES_MAX: usize = 50;
/// From so many columns on, a line that fits the header is surely a record of its own.
const TELLING_COLUMNS: usize = 3;

/// A delimited text whose header has been read.
struct Table {
    delimiter: u8,
    sign: DecimalSign,
    headers: Vec<String>,
    /// For each known column, its place in a record.
    places: Vec<Option<usize>>,
}

/// What the next record is.
enum Parted {
    /// Nothing but blanks and delimiters: not a record.
    Blank,
    /// Parted into fields.
    Whole,
    /// The quoted field at this place never ends.
    Open(usize),
    /// Longer than may be kept.
    TooLong,
}

/// Reads all records of a delimited text.
pub(super) fn read<K: Kind>(
    lines: &mut Lines<'_>,
    charset: &mut Charset,
    collector: &mut Collector<'_, '_, K>,
) -> Result<(), FileError> {
    let table = open(lines, charset, collector.kind.columns())?;
    let anchor = table.places[collector.kind.anchor()];
    let mut fields = Vec::with_capacity(table.headers.len());
    while !collector.stopped {
        let stands_alone = |fields: &[Field], window: &[u8]| {
            let text = anchor.and_then(|place| fields.get(place)).map(|field| field.bytes(window));
            let fits =
                |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|t| collector.kind.is_anchor(t.trim()));
            fields.len() == table.headers.len()
                && fields.len() >= TELLING_COLUMNS
                && text.is_some_and(|bytes| fits(&bytes))
        };
        let Some((parted, length)) = next_record(lines, table.delimiter, &mut fields, &stands_alone)? else {
            break;
        };
        let bytes = lines.bytes_read();
        match parted {
            Parted::Blank => {}
            Parted::Whole => hand_over(lines.window(), &fields, &table, charset, collector, bytes),
            Parted::Open(place) => {
                let message =
                    "a quoted field is not closed; write a quote at its end, and double each quote inside it";
                let flaw = Flaw::new(Reason::UnclosedQuote, message);
                collector.reject(table.headers.get(place).cloned(), flaw, bytes);
            }
            Parted::TooLong => collector.reject(None, too_long(), bytes),
        }
        lines.consume(length);
    }
    Ok(())
}

/// What a record of more than a megabyte is refused with.
pub(super) fn too_long() -> Flaw {
    Flaw::new(Reason::FieldTooLong, "the record is longer than a megabyte; check its line ends and quotes")
}

/// Makes cells of the fields, when there are as many as there should be.
fn hand_over<K: Kind>(
    window: &[u8],
    fields: &[Field],
    table: &Table,
    charset: &mut Charset,
    collector: &mut Collector<'_, '_, K>,
    bytes: u64,
) {
    let (given, wanted) = (fields.len(), table.headers.len());
    if given < wanted {
        let column = table.headers[given].clone();
        let message = format!(
            "the record has {given} fields and the header names {wanted}: {column} and what follows are missing"
        );
        return collector.reject(Some(column), Flaw::new(Reason::MissingField, message), bytes);
    }
    // Empty fields at the end are a trailing delimiter, which some programs write.
    if fields[wanted..].iter().any(|field| !field.is_blank(window)) {
        let message = format!(
            "the record has {given} fields and the header names {wanted}; put quotes around a field that holds a “{}”",
            char::from(table.delimiter)
        );
        return collector.reject(None, Flaw::new(Reason::TooManyFields, message), bytes);
    }
    let mut cells = Vec::with_capacity(table.places.len());
    for place in &table.places {
        cells.push(place.map_or(Cell::Missing, |place| match fields[place].bytes(window) {
            Cow::Borrowed(bytes) => Cell::from_clean(charset.text(bytes)),
            Cow::Owned(bytes) => {
                Cell::from_clean(charset.text(&bytes).map(|text| Cow::Owned(text.into_owned())))
            }
        }));
    }
    collector.record(&cells, table.sign, bytes);
}

/// Parts the next record and says how many bytes it takes; `None` at the end of the text.
///
/// `stands_alone` tells whether a line, parted by itself, is surely a record: then it cannot be the inside of a quoted
/// field that was opened before, and that quote was never closed.
fn next_record(
    lines: &mut Lines<'_>,
    delimiter: u8,
    fields: &mut Vec<Field>,
    stands_alone: &dyn Fn(&[Field], &[u8]) -> bool,
) -> io::Result<Option<(Parted, usize)>> {
    let Some(first) = lines.line_at(0)? else { return Ok(None) };
    fields.clear();
    if first.cut {
        return Ok(Some((Parted::TooLong, first.next)));
    }
    let window = lines.window();
    if !window[..first.end].contains(&b'"') {
        split_plain(window, first, delimiter, fields);
        let blank = fields.iter().all(|field| field.is_blank(window));
        return Ok(Some((if blank { Parted::Blank } else { Parted::Whole }, first.next)));
    }
    let mut open = None;
    split_quoted(window, first, delimiter, fields, &mut open);
    let place = fields.len();
    let mut next = first.next;
    let mut alone = Vec::new();
    for _ in 0..QUOTED_LINES_MAX {
        if open.is_none() {
            return Ok(Some((Parted::Whole, next)));
        }
        let Some(line) = lines.line_at(next)? else { break };
        if line.cut || line.end > RECORD_BYTES_MAX {
            break;
        }
        let window = lines.window();
        let mut open_alone = None;
        alone.clear();
        split_quoted(window, line, delimiter, &mut alone, &mut open_alone);
        if open_alone.is_none() && stands_alone(&alone, window) {
            break;
        }
        split_quoted(window, line, delimiter, fields, &mut open);
        next = line.next;
    }
    Ok(Some(if open.is_none() { (Parted::Whole, next) } else { (Parted::Open(place), first.next) }))
}

/// Finds the header and what it tells about the text.
fn open(lines: &mut Lines<'_>, charset: &mut Charset, columns: &[Column]) -> Result<Table, FileError> {
    let mut told = None;
    let delimiter = loop {
        let Some(line) = lines.line_at(0)? else { return Err(FileError::Empty) };
        let text = &lines.window()[..line.end];
        let blank = text.iter().all(|b| b.is_ascii_whitespace() || DELIMITERS.contains(b));
        // Spreadsheets write the delimiter before the header, for each other.
        let directive =
            text.to_ascii_lowercase().strip_prefix(b"sep=").and_then(|rest| rest.first().copied());
        if directive.is_some() {
            told = directive;
        } else if !blank {
            let (delimiter, known) = likeliest_delimiter(text, line, charset, columns);
            if known > 1 || !text.starts_with(b"#") {
                break told.filter(|told| DELIMITERS.contains(told)).unwrap_or(delimiter);
            }
        }
        lines.consume(line.next);
    };
    let mut fields = Vec::new();
    let parted = next_record(lines, delimiter, &mut fields, &|_, _| false)?;
    let headers: Vec<String> =
        fields.iter().map(|field| header(&field.bytes(lines.window()), charset)).collect();
    lines.consume(parted.map_or(0, |(_, length)| length));
    let places = places(&headers, columns)?;
    let sign = decimal_sign(lines, delimiter, &places, columns)?;
    let headers = headers.into_iter().map(|header| header_name(&header, columns)).collect();
    Ok(Table { delimiter, sign, headers, places })
}

fn header(bytes: &[u8], charset: &mut Charset) -> String {
    charset.text(bytes).map_or_else(|_damaged| String::from_utf8_lossy(bytes).into_owned(), Cow::into_owned)
}

/// As messages name a column: by our name when we know it.
fn header_name(header: &str, columns: &[Column]) -> String {
    matched(header, columns).map_or_else(|| shown(header), |(slot, _)| columns[slot].name.to_owned())
}

/// The delimiter that parts the header into the most known columns, and how many these are.
fn likeliest_delimiter(text: &[u8], line: Line, charset: &mut Charset, columns: &[Column]) -> (u8, usize) {
    let mut best = (DELIMITERS[0], 0, 0);
    for delimiter in DELIMITERS {
        let (mut fields, mut open) = (Vec::new(), None);
        split_quoted(text, line, delimiter, &mut fields, &mut open);
        let known = fields
            .iter()
            .filter(|field| matched(&header(&field.bytes(text), charset), columns).is_some())
            .count();
        if (known, fields.len()) > (best.1, best.2) {
            best = (delimiter, known, fields.len());
        }
    }
    (best.0, best.1)
}

/// The decimal sign that the first records show.
fn decimal_sign(
    lines: &mut Lines<'_>,
    delimiter: u8,
    places: &[Option<usize>],
    columns: &[Column],
) -> io::Result<DecimalSign> {
    if delimiter == b',' {
        return Ok(DecimalSign::Point);
    }
    let head = lines.look(HEAD_BYTES)?;
    let (mut point, mut comma) = (false, false);
    let mut fields = Vec::new();
    for text in head.split(|b| *b == b'\n' || *b == b'\r') {
        fields.clear();
        let line = Line { start: 0, end: text.len(), next: text.len(), cut: false };
        split_quoted(text, line, delimiter, &mut fields, &mut None);
        let numeric =
            columns.iter().zip(places).filter(|(column, _)| column.numeric).filter_map(|(_, place)| *place);
        for field in numeric.filter_map(|place| fields.get(place)) {
            let bytes = field.bytes(text);
            let number = std::str::from_utf8(&bytes)
                .unwrap_or_default()
                .trim()
                .trim_start_matches(['-', '+', '$', '€']);
            let signs = number.contains(['.', ',']);
            let only_signs = number.chars().all(|c| c.is_ascii_digit() || ".,' \u{a0}\u{202f}".contains(c));
            match decimal_sign_of(number).filter(|_| signs && only_signs) {
                Some('.') => point = true,
                Some(_) => comma = true,
                None => {}
            }
        }
    }
    Ok(match (point, comma) {
        (true, false) => DecimalSign::Point,
        (false, true) => DecimalSign::Comma,
        (false, false) if delimiter != b';' => DecimalSign::Point,
        // A semicolon hints at decimal commas: without proof, only what can be read in one way is taken.
        (true, true) | (false, false) => DecimalSign::Either,
    })
}
