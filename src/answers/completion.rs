//! Completion: of one option, as Discord asks for it, and of a console line at its end.

use std::collections::BTreeSet;

use jiff::ToSpan;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Horizon;
use crate::domain::Initiative;
use crate::domain::Person;
use crate::domain::Range;
use crate::domain::utc_date;
use crate::engine::Snapshot;

use super::callable::{Callable, callable, callables};
use super::desk::Choice;
use super::entry::{OptionEntry, OptionKind};
use super::lookup::{ALIKE, closeness, find_account};
use super::words::{self, Word};

/// Choices offered at once; Discord shows no more.
const CHOICES_MAX: usize = 25;
/// Longest label and value of a choice, in characters; Discord's limit.
const CHOICE_CHARS_MAX: usize = 100;

/// What completions are made of: what the asker may know of, and who the asker is.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) asker: &'a Asker,
    /// Names of what the departments keep.
    pub(super) named: &'a dyn Fn(OptionKind) -> Vec<Choice>,
}

/// Completions of an option's text, best first; `beside` are the other options so far.
pub(super) fn option(
    desk: Known<'_>,
    command: &str,
    beside: &[(String, String)],
    (name, typed): (&str, &str),
) -> Vec<Choice> {
    let Some(called) = callable(command) else { return Vec::new() };
    let Some(entry) = called.option(name) else { return Vec::new() };
    let account = beside.iter().find(|(other, _)| other == "account" && name != "account");
    let account = account.and_then(|(_, given)| find_account(desk.snapshot, given).ok());
    let mut choices = values(desk, entry, account.as_ref(), typed);
    // A longer value could not be filled in whole.
    choices.retain(|choice| choice.value.chars().count() <= CHOICE_CHARS_MAX);
    choices.truncate(CHOICES_MAX);
    choices
}

/// Completions of a line at its end: whole lines.
pub(super) fn line(desk: Known<'_>, line: &str) -> Vec<Choice> {
    let slash = if line.trim_start().starts_with('/') { "/" } else { "" };
    let line = line.trim_start().trim_start_matches('/');
    let mut words = words::split(line);
    let is_in_word = words.last().is_some_and(|word| word.open) || !line.ends_with(char::is_whitespace);
    let last = if is_in_word { words.pop() } else { None }
        .unwrap_or_else(|| Word { start: line.len(), ..Word::default() });
    let before = &line[..last.start];
    let mut choices = match called(&words) {
        None => command_choices(desk.asker, line),
        Some((called, rest)) => {
            let mut found = word_choices(desk, &called, rest, &last);
            for choice in &mut found {
                choice.value = format!("{before}{}", choice.value);
            }
            found
        }
    };
    for choice in &mut choices {
        choice.value.insert_str(0, slash);
    }
    choices.truncate(CHOICES_MAX);
    choices
}

/// The command of the words that are complete, and the words after it.
fn called(words: &[Word]) -> Option<(Callable, &[Word])> {
    let first = words.first()?.whole().to_lowercase();
    if let Some(found) = callable(&first) {
        return Some((found, &words[1..]));
    }
    let second = words.get(1)?.whole().to_lowercase();
    callable(&format!("{first} {second}")).map(|found| (found, &words[2..]))
}

fn command_choices(asker: &Asker, line: &str) -> Vec<Choice> {
    let typed = line.trim().to_lowercase();
    let typed: String = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let names: Vec<(String, &str)> = allowed(asker).map(|one| (one.name(), one.about)).collect();
    let offered =
        names.iter().map(|(name, about)| (choice(&format!("{name} — {about}"), name), vec![name.as_str()]));
    closest(&typed, offered)
}

/// What may stand at the end of a call: values of the option begun, or of the next one in order, or names of options.
fn word_choices(desk: Known<'_>, called: &Callable, rest: &[Word], last: &Word) -> Vec<Choice> {
    let account = account_in(desk.snapshot, called, rest);
    let with_name = |entry: &OptionEntry, choice: Choice| Choice {
        value: words::keyed(entry.name, &choice.value),
        ..choice
    };
    if let Some(key) = &last.key {
        let Some(entry) = called.option(&key.to_lowercase()) else { return Vec::new() };
        let found = values(desk, entry, account.as_ref(), &last.text);
        return found.into_iter().map(|choice| with_name(entry, choice)).collect();
    }
    let mut choices = Vec::new();
    let bare_words = rest.iter().filter(|word| word.key.is_none()).count();
    if let Some(slot) = called.positional().filter(|slot| !is_given(slot.name, rest)).nth(bare_words) {
        let found = values(desk, slot, account.as_ref(), &last.text);
        choices
            .extend(found.into_iter().map(|choice| Choice { value: words::bare(&choice.value), ..choice }));
    }
    let typed = last.text.to_lowercase();
    let filled: Vec<&str> = called.positional().take(bare_words).map(|slot| slot.name).collect();
    let free = called.options.iter().filter(|entry| {
        entry.name.starts_with(&typed) && !is_given(entry.name, rest) && !filled.contains(&entry.name)
    });
    let names = free.filter(|entry| !entry.required);
    choices.extend(
        names.map(|entry| choice(&format!("{}: {}", entry.name, entry.about), &format!("{}:", entry.name))),
    );
    choices
}

fn is_given(name: &str, rest: &[Word]) -> bool {
    rest.iter().any(|word| word.key.as_deref().is_some_and(|key| key.eq_ignore_ascii_case(name)))
}

/// The account that the line names already, so that its own endpoints and initiatives come first.
fn account_in(snapshot: &Snapshot, called: &Callable, rest: &[Word]) -> Option<AccountId> {
    let keyed = rest.iter().find(|word| word.key.as_deref() == Some("account"));
    let leads = called.positional().next().is_some_and(|slot| slot.kind == OptionKind::Account);
    let bare = rest.iter().find(|word| word.key.is_none()).filter(|_| leads);
    find_account(snapshot, &keyed.or(bare)?.text).ok()
}

/// Values of an option that fit what is typed, best first.
fn values(desk: Known<'_>, entry: &OptionEntry, account: Option<&AccountId>, typed: &str) -> Vec<Choice> {
    let Known { snapshot, asker, .. } = desk;
    let typed = typed.trim().to_lowercase();
    let plain = |words: &[&str]| words.iter().map(|word| choice(word, word)).collect::<Vec<_>>();
    match entry.kind {
        OptionKind::Account => accounts(snapshot, asker, &typed),
        OptionKind::Endpoint => {
            let found = snapshot.endpoints(account);
            closest(&typed, found.iter().map(|one| (choice(one.as_str(), one.as_str()), vec![one.as_str()])))
        }
        OptionKind::Initiative => initiatives(snapshot, account, &typed),
        OptionKind::Owner => owners(snapshot, asker, &typed),
        OptionKind::Range => {
            let offered = Range::OFFERED.into_iter().chain([Range::QuarterToDate, Range::YearToDate]);
            let typed_one = typed.parse::<Range>().ok().filter(|one| !Range::OFFERED.contains(one));
            let label = |range: Range| choice(&format!("{range} — {}", range.words()), &range.to_string());
            let mut found: Vec<Choice> = typed_one.map(label).into_iter().collect();
            let fits = |range: &Range| range.to_string().starts_with(&typed) && Some(*range) != typed_one;
            found.extend(offered.filter(fits).map(label));
            found
        }
        OptionKind::Horizon => {
            let typed_one = typed.parse::<Horizon>().ok().filter(|one| !Horizon::OFFERED.contains(one));
            let offered = Horizon::OFFERED.into_iter().filter(|one| one.to_string().starts_with(&typed));
            let label = |one: Horizon| choice(&format!("{one} — {}", one.words()), &one.to_string());
            typed_one.into_iter().chain(offered).map(label).collect()
        }
        OptionKind::OneOf(words) => {
            let fitting: Vec<&str> = words.iter().copied().filter(|word| word.starts_with(&typed)).collect();
            plain(&fitting)
        }
        OptionKind::Command => {
            let names: Vec<String> = allowed(asker).map(|one| one.name()).collect();
            closest(&typed, names.iter().map(|name| (choice(name, name), vec![name.as_str()])))
        }
        OptionKind::Since => days(snapshot, &typed, &PAST),
        OptionKind::Due => days(snapshot, &typed, &AHEAD),
        OptionKind::Digest | OptionKind::Alert => {
            let named = (desk.named)(entry.kind);
            closest(
                &typed,
                named.iter().map(|one| (one.clone(), vec![one.value.as_str(), one.label.as_str()])),
            )
        }
        OptionKind::Money | OptionKind::Text => Vec::new(),
    }
}

/// Accounts, the asker's own first among those that fit as well.
fn accounts(snapshot: &Snapshot, asker: &Asker, typed: &str) -> Vec<Choice> {
    let mut listed: Vec<&Account> = snapshot.accounts().collect();
    let own = |account: &Account| account.owner.as_ref().is_some_and(|owner| is_same(owner, &asker.person));
    listed.sort_by_key(|account| !own(account));
    let offered = listed.into_iter().map(|account| {
        let (id, name) = (account.id.as_str(), account.name.as_str());
        let label = if id == name { id.to_owned() } else { format!("{} ({id})", cut(name, 60)) };
        (choice(&label, id), vec![id, name])
    });
    closest(typed, offered)
}

fn initiatives(snapshot: &Snapshot, account: Option<&AccountId>, typed: &str) -> Vec<Choice> {
    let mut listed: Vec<&Initiative> = snapshot.initiatives().collect();
    // The open ones of the account at hand first.
    listed.sort_by_key(|one| (Some(&one.account) != account, !one.is_open()));
    let offered = listed.into_iter().map(|one| {
        let who = snapshot.account(&one.account).map_or(one.account.as_str(), |account| &account.name);
        let label = format!("{} · {} · {}", one.id, cut(&one.title, 50), cut(who, 24));
        (choice(&label, one.id.as_str()), vec![one.id.as_str(), one.title.as_str(), who])
    });
    closest(typed, offered)
}

fn owners(snapshot: &Snapshot, asker: &Asker, typed: &str) -> Vec<Choice> {
    let of_accounts = snapshot.accounts().filter_map(|account| account.owner.as_ref());
    let of_initiatives = snapshot.initiatives().filter_map(|one| one.owner.as_ref());
    let people: BTreeSet<&str> = of_accounts.chain(of_initiatives).map(|person| person.as_str()).collect();
    let me = (
        choice(&format!("me ({})", cut(asker.person.as_str(), 60)), "me"),
        vec!["me", asker.person.as_str()],
    );
    let people = people.into_iter().map(|name| (choice(name, name), vec![name]));
    closest(typed, std::iter::once(me).chain(people))
}

/// Whether two names are those of one person, however they are written.
fn is_same(one: &Person, other: &Person) -> bool {
    one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

/// Days worth comparing with.
const PAST: [(&str, i64); 3] = [("a week ago", -7), ("a month ago", -30), ("a quarter ago", -91)];
/// Days to be done by.
const AHEAD: [(&str, i64); 3] = [("in two weeks", 14), ("in a month", 30), ("in a quarter", 91)];

fn days(snapshot: &Snapshot, typed: &str, steps: &[(&str, i64)]) -> Vec<Choice> {
    let today = utc_date(snapshot.as_of().unwrap_or_else(|| snapshot.built_at()));
    let day = |(words, days): &(&str, i64)| {
        let date = today.saturating_add(days.days()).to_string();
        choice(&format!("{date} — {words}"), &date)
    };
    steps.iter().map(day).filter(|choice| choice.value.starts_with(typed)).collect()
}

/// The choices whose texts fit best what is typed, in their order among equals. Those that are only alike are for when
/// nothing fits.
fn closest<'a>(typed: &str, offered: impl Iterator<Item = (Choice, Vec<&'a str>)>) -> Vec<Choice> {
    let mut fitting: Vec<(u8, Choice)> = offered
        .filter_map(|(choice, texts)| {
            let close = texts.into_iter().filter_map(|text| closeness(typed, text)).min()?;
            Some((close, choice))
        })
        .collect();
    fitting.sort_by_key(|(close, _)| *close);
    if fitting.first().is_some_and(|(close, _)| *close < ALIKE) {
        fitting.retain(|(close, _)| *close < ALIKE);
    }
    fitting.into_iter().take(CHOICES_MAX).map(|(_, choice)| choice).collect()
}

fn allowed(asker: &Asker) -> impl Iterator<Item = Callable> {
    let role = asker.role;
    callables().filter(move |one| role >= one.needs())
}

fn choice(label: &str, value: &str) -> Choice {
    Choice { label: cut(label, CHOICE_CHARS_MAX), value: value.to_owned() }
}

/// At most `max` characters, the last one a … when something was cut.
fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max - 1).chain(['…']).collect()
}
