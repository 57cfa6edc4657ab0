//! Column names as people write them, matched to the ones we know.

use super::rejection::FileError;
use super::rejection::shown;

/// A column that a record kind knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its own name, as messages give it.
    pub(super) name: &'static str,
    /// Other names for it, normalised.
    pub(super) aliases: &'static [&'static str],
    /// Whether a file without it is refused.
    pub(super) required: bool,
    /// Whether it holds numbers, which show the file's decimal sign.
    pub(super) numeric: bool,
}

/// A required column of text.
pub(super) const fn required(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, required: true, numeric: false }
}

/// An optional column of text.
pub(super) const fn optional(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, required: false, numeric: false }
}

impl Column {
    /// The same column, holding numbers.
    pub(super) const fn numeric(self) -> Self {
        Self { numeric: true, ..self }
    }
}

/// How well a header fits a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Another name for it; gives way to the column's own name.
    Alias,
    /// The column's own name.
    Own,
}

/// Lower case, without blanks, underscores, hyphens, dots and brackets: `Account ID` and `account_id` are one.
pub(super) fn normalised(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column that a header means, if any.
pub(super) fn matched(header: &str, columns: &[Column]) -> Option<(usize, Fit)> {
    let wanted = normalised(header);
    if wanted.is_empty() {
        return None;
    }
    let own =
        columns.iter().position(|column| normalised(column.name) == wanted).map(|slot| (slot, Fit::Own));
    own.or_else(|| {
        let slot = columns.iter().position(|column| column.aliases.contains(&wanted.as_str()))?;
        Some((slot, Fit::Alias))
    })
}

/// For each known column, at which place of the header it stands.
pub(super) fn places<T: AsRef<str>>(
    headers: &[T],
    columns: &[Column],
) -> Result<Vec<Option<usize>>, FileError> {
    let mut places: Vec<Option<(usize, Fit)>> = vec![None; columns.len()];
    for (place, header) in headers.iter().enumerate() {
        let Some((slot, fit)) = matched(header.as_ref(), columns) else { continue };
        match places[slot] {
            Some((earlier, known)) if known == fit => {
                let name = columns[slot].name;
                let (one, two) = (shown(headers[earlier].as_ref()), shown(header.as_ref()));
                return Err(FileError::DuplicateColumn {
                    column: name.to_owned(),
                    message: format!(
                        "the columns {one} and {two} both mean {name}; remove or rename one of them"
                    ),
                });
            }
            Some((_, Fit::Own)) => {}
            _ => places[slot] = Some((place, fit)),
        }
    }
    let absent = columns.iter().zip(&places).find(|(column, place)| column.required && place.is_none());
    if let Some((column, _)) = absent {
        return Err(missing(column.name, headers, columns));
    }
    Ok(places.into_iter().map(|place| place.map(|(place, _)| place)).collect())
}

fn missing<T: AsRef<str>>(name: &str, headers: &[T], columns: &[Column]) -> FileError {
    let required: Vec<&str> = columns.iter().filter(|c| c.required).map(|c| c.name).collect();
    let found: Vec<String> = headers.iter().take(12).map(|header| shown(header.as_ref())).collect();
    let message = format!(
        "the column {name} is missing. The first line must name the columns {}; it names {}",
        required.join(", "),
        if found.is_empty() { "none".to_owned() } else { found.join(", ") },
    );
    FileError::MissingColumn { column: name.to_owned(), message }
}
