//! People under other names: the AI is told neither a person's name nor an e-mail address.

use std::collections::BTreeSet;

use crate::engine::Snapshot;
use crate::writer::People;

/// In place of an e-mail address.
const ADDRESS: &str = "(e-mail)";
/// In place of a person; a number follows.
const PERSON: &str = "person-";

/// The names of people, and what stands in their place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pseudonyms {
    /// The longest first, so that “Dana K” is not taken for a “Dana”.
    names: Vec<String>,
    /// Whether names may be told after all.
    people: People,
}

impl Pseudonyms {
    /// For all people that answers about a snapshot may name, and the asker.
    pub(super) fn of(view: &Snapshot, asker: &str, people: People) -> Self {
        let mut names = BTreeSet::from([asker.to_owned()]);
        for account in view.accounts() {
            names.extend(account.owner.iter().map(ToString::to_string));
            names.extend(view.notes(&account.id).iter().map(|note| note.author.to_string()));
            for set in view.overrides(&account.id) {
                names.insert(set.by.to_string());
                names.extend(set.cleared.iter().map(|cleared| cleared.by.to_string()));
            }
        }
        for one in view.initiatives() {
            names.extend(one.owner.iter().map(ToString::to_string));
            names.extend(one.updates.iter().map(|update| update.author.to_string()));
        }
        Self::from_names(names, people)
    }

    fn from_names(names: impl IntoIterator<Item = String>, people: People) -> Self {
        let mut names: Vec<String> = names.into_iter().filter(|name| !name.trim().is_empty()).collect();
        names.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        Self { names, people }
    }

    /// Whether names may be told after all.
    pub(super) fn people(&self) -> People {
        self.people
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.names.iter()
    }

    /// A text as it may be told.
    pub(super) fn hide(&self, text: &str) -> String {
        let told: String = text.split_inclusive(char::is_whitespace).map(without_address).collect();
        if self.people == People::Shown {
            return told;
        }
        let hidden = |told: String, (number, name): (usize, &String)| {
            replaced(&told, name, &format!("{PERSON}{}", number + 1))
        };
        self.names.iter().enumerate().fold(told, hidden)
    }

    /// The other way: what was meant by a text that speaks of people by their numbers.
    pub(super) fn reveal(&self, text: &str) -> String {
        // The highest first: `person-1` is the beginning of `person-12`.
        let revealed = |text: String, (number, name): (usize, &String)| {
            replaced(&text, &format!("{PERSON}{}", number + 1), name)
        };
        self.names.iter().enumerate().rev().fold(text.to_owned(), revealed)
    }
}

fn without_address(word: &str) -> String {
    let bare = word.trim_end();
    let parts = bare.split_once('@');
    let is_address = parts.is_some_and(|(before, after)| !before.is_empty() && after.contains('.'));
    if is_address { format!("{ADDRESS}{}", &word[bare.len()..]) } else { word.to_owned() }
}

/// A text with another word wherever `word` stands, in small or capital letters, not inside of other words.
fn replaced(text: &str, word: &str, other: &str) -> String {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let length = if is_edge(before) { length_of(&text[at..], word) } else { None };
        match length.filter(|length| is_edge(text[at + length..].chars().next())) {
            Some(length) => {
                out.push_str(other);
                before = text[..at + length].chars().next_back();
                at += length;
            }
            None => {
                out.push(first);
                before = Some(first);
                at += first.len_utf8();
            }
        }
    }
    out
}

/// How long the beginning of a text is that reads as `word`, in small or capital letters.
fn length_of(text: &str, word: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    for wanted in word.chars() {
        let (_, letter) = letters.next()?;
        if !letter.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(letters.offset())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(names: &[&str]) -> Pseudonyms {
        Pseudonyms::from_names(names.iter().map(|name| (*name).to_owned()), People::Hidden)
    }

    #[test]
    fn people_are_told_by_their_numbers_and_addresses_not_at_all() {
        let people = of(&["Dana", "Dana K", "Mei", "Зоя"]);
        let told = people.hide("DANA k and mei’s team, dana@example.com, Danaher, зоя, @mei");
        assert_eq!(told, "person-1 and person-4’s team, (e-mail) Danaher, person-2, @person-4");
        assert_eq!(people.reveal("accounts of person-3"), "accounts of Dana");
        let shown = Pseudonyms { people: People::Shown, ..people };
        assert_eq!(shown.hide("Mei mei@example.com"), "Mei (e-mail)");
    }

    proptest! {
        #[test]
        fn what_was_hidden_is_revealed_again(names in proptest::collection::btree_set("[A-Z][a-z]{2,6}", 1..15), at in 0_usize..15) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let people = of(&names);
            let name = names[at % names.len()];
            let text = format!("owner {name}, please");
            let hidden = people.hide(&text);
            prop_assert!(!hidden.contains(name), "{}", hidden);
            prop_assert_eq!(people.reveal(&hidden), text);
        }
    }
}
