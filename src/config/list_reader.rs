//! What all lists of a settings file are read with: the file, and each mistake at its line.

use toml::Spanned;
use toml::de::DeValue;

use super::gather::line_of;
use super::mistake::Mistake;

/// A value with its place in the file.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

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
}
