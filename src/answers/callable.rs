//! What can be called: the commands and subcommands of the catalogue, one by one.

use crate::access::Deed;
use crate::domain::Role;

use super::catalog::CATALOG;
use super::entry::{CommandEntry, OptionEntry, OptionKind, SubcommandEntry};

/// A command or subcommand that can be called as it is.
#[derive(Debug, Clone, Copy)]
pub struct Callable {
    /// `initiative`.
    pub command: &'static str,
    /// `list`, when it is a subcommand.
    pub subcommand: Option<&'static str>,
    /// One sentence.
    pub about: &'static str,
    /// A line that can be typed as it stands.
    pub example: &'static str,
    /// Its options.
    pub options: &'static [OptionEntry],
    /// Whether it changes something.
    pub writes: bool,
}

impl Callable {
    /// `usage`, `initiative list`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.subcommand {
            Some(word) => format!("{} {word}", self.command),
            None => self.command.into(),
        }
    }

    /// The least role that may run it.
    pub(super) fn needs(&self) -> Role {
        Deed::of(&self.name(), self.writes).needs()
    }

    /// One of its options.
    pub(super) fn option(&self, name: &str) -> Option<&'static OptionEntry> {
        self.options.iter().find(|option| option.name == name)
    }

    /// The options that bare words fill, in order: the required ones, or else the account or command.
    pub(super) fn positional(&self) -> impl Iterator<Item = &'static OptionEntry> {
        let needs_some = self.options.iter().any(|option| option.required);
        let named = |option: &&OptionEntry| matches!(option.kind, OptionKind::Account | OptionKind::Command);
        let lone = self.options.iter().find(|option| !needs_some && named(option));
        self.options.iter().filter(|option| option.required).chain(lone)
    }
}

impl CommandEntry {
    /// The least role that may run any part of it.
    #[must_use]
    pub fn needs(&self) -> Role {
        self.callables().map(|one| one.needs()).min().unwrap_or(Role::Viewer)
    }

    fn callables(&self) -> impl Iterator<Item = Callable> + use<> {
        let entry = *self;
        let whole = Callable {
            command: entry.name,
            subcommand: None,
            about: entry.about,
            example: entry.example,
            options: entry.options,
            writes: entry.writes,
        };
        let part = move |sub: &SubcommandEntry| Callable {
            subcommand: Some(sub.name),
            about: sub.about,
            example: sub.example,
            options: sub.options,
            writes: sub.writes,
            ..whole
        };
        let lone = entry.subcommands.is_empty().then_some(whole);
        lone.into_iter().chain(entry.subcommands.iter().map(part))
    }
}

/// All that can be called, in the order it is offered.
pub(super) fn callables() -> impl Iterator<Item = Callable> {
    CATALOG.iter().flat_map(CommandEntry::callables)
}

/// All that only looks: it changes nothing, and every role may call it.
pub fn looks() -> impl Iterator<Item = Callable> {
    callables().filter(|one| !one.writes && one.needs() == Role::Viewer)
}

/// The one called `name`, as `usage` or `initiative list`.
pub(super) fn callable(name: &str) -> Option<Callable> {
    callables().find(|one| one.name() == name)
}

/// The closest of some words, when one is close enough to be what was meant.
pub(super) fn nearest<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below it, two words have little more in common than their letters.
    const ALIKE_MIN: f64 = 0.75;
    let given = given.to_lowercase();
    words
        .into_iter()
        .map(|word| (strsim::jaro_winkler(&given, &word.to_lowercase()), word))
        .filter(|(alike, _)| *alike >= ALIKE_MIN)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|(_, word)| word)
}
