//! A call of a command, before its options are understood.
//!
//! Invariant: a call that was made here names a command of the catalogue, and each option is one of the command's and
//! stands in it once, trimmed and not empty.

use crate::domain::Horizon;
use crate::domain::Range;
use crate::problem::Problem;

use super::callable::{Callable, callable, nearest};
use super::catalog::CATALOG;
use super::entry::{OptionEntry, OptionKind};
use super::words::{self, Word};

/// A command with named options; comes from a console line, a query string or Discord's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// `usage`, or `initiative list` for a subcommand.
    pub command: String,
    /// Options by name, in the order given, each name once.
    pub options: Vec<(String, String)>,
}

impl Invocation {
    /// Reads a console line, as `usage acme range:30d by:endpoint`: bare words are the required options in order (the
    /// account where none is required), quotes hold blanks together, a leading `/` is dropped, and a word with an
    /// unknown `key:` is refused.
    pub fn parse(line: &str) -> Result<Self, Problem> {
        let line = line.trim();
        let words = words::split(line.strip_prefix('/').unwrap_or(line));
        if words.last().is_some_and(|word| word.open) {
            return Err(plain("A quote is opened but not closed. Write a \" where the text in quotes ends."));
        }
        let (called, rest) = command_of(&words)?;
        let mut call = Self { command: called.name(), options: Vec::new() };
        for word in rest {
            match &word.key {
                Some(key) => {
                    let name = known_option(&called, key)?;
                    if word.text.trim().is_empty() {
                        return Err(Problem::option(
                            name,
                            format!("Write something after “{name}:”, or leave it out."),
                        ));
                    }
                    call.push(&called, name, word.text.trim())?;
                }
                None => call.push_bare(&called, word)?,
            }
        }
        Ok(call)
    }

    /// From named options, as a query string or Discord gives them. Unknown names are refused; empty ones are dropped,
    /// since a form sends a field that was left empty.
    pub fn new(command: &str, options: impl IntoIterator<Item = (String, String)>) -> Result<Self, Problem> {
        let words = words::split(command);
        let (called, rest) = command_of(&words)?;
        if let Some(word) = rest.first() {
            return Err(too_many(&called, word));
        }
        let mut call = Self { command: called.name(), options: Vec::new() };
        for (name, value) in options {
            let name = known_option(&called, &name)?;
            if !value.trim().is_empty() {
                call.push(&called, name, value.trim())?;
            }
        }
        Ok(call)
    }

    /// The console line that reads back as this.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = self.command.clone();
        let mut free: Vec<&str> = match callable(&self.command) {
            Some(called) => called.positional().map(|option| option.name).collect(),
            None => Vec::new(),
        };
        for (name, value) in &self.options {
            line.push(' ');
            if free.first() == Some(&name.as_str()) {
                line.push_str(&words::bare(value));
            } else {
                line.push_str(&words::keyed(name, value));
            }
            free.retain(|slot| slot != name);
        }
        line
    }

    /// An option's text.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A bare word fills the first positional option that is not given yet.
    fn push_bare(&mut self, called: &Callable, word: &Word) -> Result<(), Problem> {
        let text = word.text.trim();
        if text.is_empty() {
            return Err(plain(
                "There is nothing between the quotes. Write a name in them, or leave them out.",
            ));
        }
        if let Some(slot) = called.positional().find(|slot| self.option(slot.name).is_none()) {
            return self.push(called, slot.name, text);
        }
        // `help initiative add`: the name of a command may be two words.
        let command = called.positional().find(|slot| slot.kind == OptionKind::Command);
        let given = command.and_then(|slot| self.options.iter_mut().find(|(name, _)| name == slot.name));
        let Some((_, value)) = given else { return Err(too_many(called, word)) };
        value.push(' ');
        value.push_str(text);
        Ok(())
    }

    fn push(&mut self, called: &Callable, name: &str, value: &str) -> Result<(), Problem> {
        if self.option(name).is_some() {
            let message = format!("“{name}” is given twice. Give each option of {} once.", called.name());
            return Err(Problem::option(name, message));
        }
        self.options.push((name.to_owned(), value.to_owned()));
        Ok(())
    }
}

/// What is called, and the words after it.
fn command_of(words: &[Word]) -> Result<(Callable, &[Word]), Problem> {
    let Some((first, rest)) = words.split_first() else {
        return Err(plain("Nothing is asked yet. Write help to see what can be asked."));
    };
    let given = first.whole();
    let name = given.to_lowercase();
    let Some(entry) = CATALOG.iter().find(|entry| entry.name == name) else {
        let nearest = nearest(&name, CATALOG.iter().map(|entry| entry.name)).map(str::to_owned);
        return Err(Problem::UnknownCommand { given, nearest });
    };
    if entry.subcommands.is_empty() {
        let called = callable(entry.name).expect("an entry without subcommands can be called");
        return Ok((called, rest));
    }
    let parts: Vec<&str> = entry.subcommands.iter().map(|part| part.name).collect();
    let Some((second, rest)) = rest.split_first() else {
        let example = entry.example;
        let message = format!("Say what to do: {} {}, as in {example}.", entry.name, parts.join(", "));
        return Err(plain(message));
    };
    let given = second.whole();
    match callable(&format!("{} {}", entry.name, given.to_lowercase())) {
        Some(called) => Ok((called, rest)),
        None => {
            let nearest = nearest(&given, parts).map(|part| format!("{} {part}", entry.name));
            Err(Problem::UnknownCommand { given: format!("{} {given}", entry.name), nearest })
        }
    }
}

fn known_option(called: &Callable, given: &str) -> Result<&'static str, Problem> {
    if let Some(option) = called.option(&given.to_lowercase()) {
        return Ok(option.name);
    }
    let names: Vec<&str> = called.options.iter().map(|option| option.name).collect();
    let remedy = match (nearest(given, names.iter().copied()), names.is_empty()) {
        (Some(name), _) => format!("The closest one is “{name}”."),
        (None, false) => format!("Its options are {}.", names.join(", ")),
        (None, true) => "It takes none.".into(),
    };
    let message = format!(
        "{} has no option “{given}”. {remedy} If “{given}:” is part of a name, put the name in quotes.",
        called.name()
    );
    Err(Problem::option(given, message))
}

/// A bare word for which there is no place: most often a name without quotes, or an option without its name.
fn too_many(called: &Callable, word: &Word) -> Problem {
    let given = &word.text;
    let fits = |option: &&OptionEntry| match option.kind {
        OptionKind::Range => given.parse::<Range>().is_ok(),
        OptionKind::Horizon => given.parse::<Horizon>().is_ok(),
        OptionKind::OneOf(words) => words.contains(&given.to_lowercase().as_str()),
        OptionKind::Account
        | OptionKind::Endpoint
        | OptionKind::Initiative
        | OptionKind::Owner
        | OptionKind::Since
        | OptionKind::Due
        | OptionKind::Money
        | OptionKind::Text
        | OptionKind::Command
        | OptionKind::Digest
        | OptionKind::Alert => false,
    };
    let remedy = match called.options.iter().find(fits) {
        Some(option) => format!("Did you mean {}:{given}?", option.name),
        None if called.positional().next().is_some() => "Put quotes around a name with blanks.".into(),
        None if called.options.is_empty() => "It takes no options.".into(),
        None => format!("Write options with their names, as in {}.", called.example),
    };
    plain(format!("I do not know what to do with “{given}” in {}. {remedy}", called.name()))
}

fn plain(message: impl Into<String>) -> Problem {
    Problem::BadOption { option: None, message: message.into() }
}
