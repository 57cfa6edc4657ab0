//! What all lists of a settings file are read with: the file, and each mistake at its line.

use std::collections::BTreeMap;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::DeValue;

use super::gather::{line_of, nearest};
use super::mistake::Mistake;

/// A value with its place in the file.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// The texts of an item by their keys, with their places.
pub(super) type Texts = BTreeMap<&'static str, (usize, String)>;

/// Reads lists of one file; what an item holds is said where its list is.
pub(super) struct ListReader<'r> {
    pub(super) file: &'r str,
    pub(super) text: &'r str,
    pub(super) mistakes: &'r mut Vec<Mistake>,
}

impl ListReader<'_> {
    /// `etsm.toml:12 digests.cron`, for a key at this byte.
    pub(super) fn place(&self, at: usize, key: &str) -> String {
        format!("{}:{} {key}", self.file, line_of(self.text, at))
    }

    /// Notes a mistake.
    pub(super) fn wrong(&mut self, at: usize, key: &str, message: impl Into<String>) {
        let place = self.place(at, key);
        self.mistakes.push(Mistake { place, message: message.into() });
    }

    /// The items of a list of tables that hold texts alone, with their places.
    pub(super) fn tables(
        &mut self,
        given: &Value<'_>,
        list: &str,
        known: &'static [&'static str],
    ) -> Vec<(usize, Texts)> {
        let Some(items) = given.get_ref().as_array() else {
            self.wrong(given.span().start, list, format!("must be a list; write each item under [[{list}]]"));
            return Vec::new();
        };
        items.iter().filter_map(|item| Some((item.span().start, self.texts(item, list, known)?))).collect()
    }

    /// The text under a key, if it is there, as what it means.
    pub(super) fn one<T>(
        &mut self,
        texts: &mut Texts,
        list: &str,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (at, text) = texts.remove(key)?;
        parse(&text).map_err(|message| self.wrong(at, &format!("{list}.{key}"), message)).ok()
    }

    fn texts(&mut self, item: &Value<'_>, list: &str, known: &'static [&'static str]) -> Option<Texts> {
        let Some(table) = item.get_ref().as_table() else {
            self.wrong(item.span().start, list, format!("must be a table; write each item under [[{list}]]"));
            return None;
        };
        let mut texts = Texts::new();
        for (key, value) in table {
            let name = format!("{list}.{}", key.get_ref());
            let Some(known) = known.iter().find(|known| **known == key.get_ref().as_ref()) else {
                let message = format!("is not a setting{}", nearest(key.get_ref(), known.iter().copied()));
                self.wrong(key.span().start, &name, message);
                continue;
            };
            match value.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => {
                    texts.insert(known, (value.span().start, text.trim().to_owned()));
                }
                _ => self.wrong(value.span().start, &name, "must be a text"),
            }
        }
        Some(texts)
    }
}

/// A day (UTC).
pub(super) fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_odd| format!("“{text}” is not a day; write one as 2026-01-01"))
}
