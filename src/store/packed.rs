//! Many rows in one text: a driver that hands over single values costs more than reading them.

use std::str::FromStr;

use jiff::Timestamp;

use super::error::StoreError;
use super::error::corrupt;
use super::error::instant;

/// Ends a row; ids of events, the last field, hold no such character.
const ROW_END: u8 = 0x1e;
/// The same, inside SQL.
pub(super) const ROW_END_SQL: &str = "'\u{1e}'";

/// The rows of a packed text, without their ends.
pub(super) fn rows(packed: &[u8]) -> impl Iterator<Item = &[u8]> {
    packed.split(|byte| *byte == ROW_END).filter(|row| !row.is_empty())
}

/// Walks over the fields of a packed text.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    packed: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn of(packed: &'a [u8]) -> Self {
        Self { packed, at: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.packed.len()
    }

    /// Bytes up to `end`, which is skipped.
    fn until(&mut self, end: u8) -> &'a [u8] {
        let rest = &self.packed[self.at..];
        let length = rest.iter().position(|byte| *byte == end).unwrap_or(rest.len());
        self.at += length + 1;
        &rest[..length]
    }

    /// The last field of a row: any text without the row's end.
    pub(super) fn last(&mut self) -> &'a str {
        // The database only returns text that is UTF-8; the cut is at a character of one byte.
        std::str::from_utf8(self.until(ROW_END)).unwrap_or_default()
    }

    pub(super) fn optional(&mut self, place: &'static str) -> Result<Option<i64>, StoreError> {
        let field = self.until(b',');
        if field.is_empty() {
            return Ok(None);
        }
        let text = std::str::from_utf8(field).unwrap_or_default();
        i64::from_str(text).map(Some).map_err(|bad| corrupt(place, format!("“{text}”: {bad}")))
    }

    pub(super) fn number(&mut self, place: &'static str) -> Result<i64, StoreError> {
        self.optional(place)?.ok_or_else(|| corrupt(place, "it is empty".to_owned()))
    }

    pub(super) fn known(&mut self, place: &'static str) -> Result<Option<u64>, StoreError> {
        let count = |number: i64| {
            u64::try_from(number).map_err(|_odd| corrupt(place, format!("{number} is below zero")))
        };
        self.optional(place)?.map(count).transpose()
    }

    pub(super) fn count(&mut self, place: &'static str) -> Result<u64, StoreError> {
        self.known(place)?.ok_or_else(|| corrupt(place, "it is empty".to_owned()))
    }

    pub(super) fn instant(&mut self, place: &'static str) -> Result<Timestamp, StoreError> {
        instant(self.number(place)?, place)
    }
}
