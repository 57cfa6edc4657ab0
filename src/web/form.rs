//! Forms that ask: their fields come from the catalogue, so that a form and a command never differ.

use crate::answers::CATALOG;
use crate::answers::Invocation;
use crate::answers::OptionEntry;
use crate::answers::OptionKind;

use super::seat::Seat;

/// Values listed under a field; a browser narrows them down as one types.
const OFFERED_MAX: usize = 100;

/// A form that leads to `action` with its fields as the query.
pub(super) struct Form {
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
    /// Sent along unseen.
    pub(super) kept: Vec<(&'static str, String)>,
}

/// One field of a form.
pub(super) struct Field {
    /// Name of the option.
    pub(super) name: &'static str,
    /// `Account`.
    pub(super) label: String,
    /// What the catalogue says about it.
    pub(super) about: &'static str,
    /// What an empty field stands for.
    pub(super) placeholder: &'static str,
    /// What is asked now.
    pub(super) value: String,
    /// The only values it takes, with their words; empty when it takes any text.
    pub(super) choices: Vec<(String, String)>,
    /// Values to offer for a text.
    pub(super) offered: Vec<(String, String)>,
}

impl Form {
    /// A form of some options of a call, with their present values.
    pub(super) fn new(state: &Seat, action: &str, call: &Invocation, names: &[&str]) -> Self {
        let entries = options_of(&call.command).iter().filter(|entry| names.contains(&entry.name));
        let fields = entries.map(|entry| field(state, call, entry)).collect();
        Self { action: action.to_owned(), fields, kept: Vec::new() }
    }

    /// With other options of the call sent along unseen, so that a new question keeps them.
    pub(super) fn keeping(mut self, call: &Invocation, names: &[&'static str]) -> Self {
        let kept = names.iter().filter_map(|name| call.option(name).map(|value| (*name, value.to_owned())));
        self.kept.extend(kept);
        self
    }
}

fn options_of(command: &str) -> &'static [OptionEntry] {
    let (name, sub) = command.split_once(' ').unwrap_or((command, ""));
    let entry = CATALOG.iter().find(|entry| entry.name == name);
    let found = entry.and_then(|entry| match entry.subcommands.iter().find(|one| one.name == sub) {
        Some(one) => Some(one.options),
        None => sub.is_empty().then_some(entry.options),
    });
    found.unwrap_or_default()
}

fn field(state: &Seat, call: &Invocation, entry: &OptionEntry) -> Field {
    let value = call.option(entry.name).unwrap_or_default().to_owned();
    let mut choices = Vec::new();
    let mut offered = Vec::new();
    match entry.kind {
        OptionKind::OneOf(words) => {
            choices.push((String::new(), blank_words(entry.name).to_owned()));
            let default = default_word(entry.name);
            let words = words.iter().filter(|word| Some(**word) != default);
            choices.extend(words.map(|word| ((*word).to_owned(), word.replace('_', " "))));
        }
        OptionKind::Account
        | OptionKind::Endpoint
        | OptionKind::Initiative
        | OptionKind::Owner
        | OptionKind::Range
        | OptionKind::Horizon => {
            let all = state.desk.complete(&state.asker, &call.command, &call.options, (entry.name, ""));
            offered.extend(all.into_iter().take(OFFERED_MAX).map(|choice| (choice.value, choice.label)));
        }
        OptionKind::Since
        | OptionKind::Due
        | OptionKind::Money
        | OptionKind::Text
        | OptionKind::Command
        | OptionKind::Digest
        | OptionKind::Alert => {}
    }
    let mut label = entry.name.to_owned();
    label[..1].make_ascii_uppercase();
    let placeholder = match (entry.name, call.command.as_str()) {
        ("range", "history") => "90d",
        ("range", _) => "30d",
        _ => "any",
    };
    Field { placeholder, name: entry.name, label, about: entry.about, value, choices, offered }
}

/// What leaving an option out means, in the words of a list.
fn blank_words(option: &str) -> &'static str {
    match option {
        "metric" => "calls",
        "compare" => "previous period",
        "by" => "nothing",
        "sort" => "worst health",
        "status" => "open",
        "band" => "all bands",
        _ => "any",
    }
}

/// The word that means the same as leaving the option out; it is not listed twice.
fn default_word(option: &str) -> Option<&'static str> {
    match option {
        "metric" => Some("calls"),
        "compare" => Some("previous"),
        "sort" => Some("health"),
        _ => None,
    }
}
