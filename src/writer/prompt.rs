//! What a writer is told: instructions that never change, then the data.
//!
//! Invariant: no e-mail address and no person's name is in the data unless the brief's maker asks for it, and text from
//! outside stands in JSON strings that cannot end the marks around the data.

use std::time::Duration;

use serde_json::{Value, json};

use super::brief::{Brief, Direction, Numbered, State};
use super::conversation::{Conversation, Message, Piece, SaidBy};
use super::draft::Draft;
use super::lexicon;
use super::objection::Objection;

/// How to write; the same for all drafts.
const INSTRUCTIONS: &str = include_str!("instructions.txt");
/// Most tokens of a draft, thinking included.
const TOKENS_MAX: u32 = 6_000;
/// Most objections that are handed back; whoever makes more mistakes makes them again and again.
const OBJECTIONS_MAX: usize = 20;

/// Whether names of people may be seen by the writer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum People {
    /// They are left out.
    #[default]
    Hidden,
    /// They may stand in the data.
    Shown,
}

/// The instructions and the words that drafts may use, for whoever has a draft written.
#[must_use]
pub fn instructions() -> String {
    let [neutral, advice] = lexicon::listed();
    format!("{INSTRUCTIONS}\nFor any sentence: {neutral}\n\nFor advice alone: {advice}\n")
}

/// Asks for a draft about a brief. `task` says what kind of text it is; it is the same for every text of its kind.
#[must_use]
pub fn draft_wanted(task: &str, brief: &Brief, people: People) -> Conversation {
    Conversation {
        instructions: format!("{}\n{task}\n", instructions()),
        tools: Vec::new(),
        messages: vec![Message { by: SaidBy::Us, pieces: vec![Piece::Text(data(brief, people))] }],
        shape: Some(Draft::schema()),
        tokens_max: TOKENS_MAX,
        patience: Duration::from_secs(60),
    }
}

/// The data of a brief, between marks.
#[must_use]
pub fn data(brief: &Brief, people: People) -> String {
    let hide = |text: &str| match people {
        People::Hidden => discreet(brief, text),
        People::Shown => text.to_owned(),
    };
    let accounts = brief.accounts.iter().enumerate().map(|(at, one)| {
        let holds: Vec<&str> = one.holds.iter().map(|state| state_words(*state)).collect();
        json!({
            "id": format!("a{}", at + 1),
            "name": hide(&one.name),
            "band": one.band.map(|band| band.word()),
            "band_before": one.band_before.map(|band| band.word()),
            "holds": holds,
        })
    });
    let initiatives = brief.initiatives.iter().enumerate().map(|(at, one)| {
        let holds: Vec<&str> = one.holds.iter().map(|state| state_words(*state)).collect();
        json!({
            "id": format!("i{}", at + 1),
            "title": hide(&one.title),
            "account": format!("a{}", one.account + 1),
            "holds": holds,
        })
    });
    let parts = brief
        .parts
        .iter()
        .enumerate()
        .map(|(at, name)| json!({ "id": format!("p{}", at + 1), "name": hide(name) }));
    let facts = brief.facts.iter().enumerate().map(|(at, one)| fact(at, one));
    let mut lines: Vec<String> = vec!["<data>".into()];
    for (name, rows) in [
        ("accounts", accounts.collect::<Vec<_>>()),
        ("initiatives", initiatives.collect()),
        ("parts", parts.collect()),
        ("facts", facts.collect()),
        ("told", brief.told.iter().map(|line| Value::String(hide(line))).collect()),
    ] {
        if !rows.is_empty() {
            lines.push(format!("{name}:"));
            lines.extend(rows.iter().map(fenced));
        }
    }
    lines.push("</data>".into());
    lines.join("\n")
}

fn fact(at: usize, one: &Numbered) -> Value {
    let window = one.fact.key.window;
    json!({
        "id": format!("f{}", at + 1),
        "account": one.account.map(|at| format!("a{}", at + 1)),
        "part": one.part.map(|at| format!("p{}", at + 1)),
        "what": one.label,
        "value": one.fact.value.short(),
        "direction": one.direction.map(|direction| match direction {
            Direction::Up => "up",
            Direction::Down => "down",
            Direction::Level => "no change",
            Direction::Unknown => "nothing before",
        }),
        "from": window.first_day().to_string(),
        "to": window.last_day().to_string(),
        "before": one.is_past,
    })
}

/// JSON on a line, without the signs that marks are made of.
fn fenced(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e")
}

/// Without e-mail addresses and names of people.
fn discreet(brief: &Brief, text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let bare = word.trim_end();
        let is_address =
            bare.split_once('@').is_some_and(|(before, after)| !before.is_empty() && after.contains('.'));
        if is_address { format!("(e-mail){}", &word[bare.len()..]) } else { word.to_owned() }
    });
    let mut text: String = words.collect();
    for person in brief.people.iter().filter(|person| !person.trim().is_empty()) {
        text = without(&text, person);
    }
    text
}

/// Without a name, wherever it stands as a word of its own.
fn without(text: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, length)) = find_word(rest, name) {
        out.push_str(&rest[..at]);
        out.push_str("(person)");
        rest = &rest[at + length..];
    }
    out + rest
}

/// Where a word stands in a text, in small or capital letters.
fn find_word(text: &str, word: &str) -> Option<(usize, usize)> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.char_indices().find_map(|(at, _)| {
        let part = text.get(at..at + word.len())?;
        let stands =
            is_edge(text[..at].chars().next_back()) && is_edge(text[at + word.len()..].chars().next());
        (stands && part.to_lowercase() == word.to_lowercase()).then_some((at, word.len()))
    })
}

/// What is handed back of a draft that was refused.
pub fn handed_back(objections: &[Objection]) -> Message {
    let mut lines =
        vec!["The draft cannot stand. Write it anew, whole, with these mistakes put right:".to_owned()];
    lines.extend(objections.iter().take(OBJECTIONS_MAX).map(|one| format!("- {one}")));
    Message { by: SaidBy::Us, pieces: vec![Piece::Text(lines.join("\n"))] }
}

fn state_words(state: State) -> &'static str {
    match state {
        State::Silent => "silent",
        State::Unusual => "unusual",
        State::Overdue => "overdue",
        State::Blocked => "blocked",
        State::Due => "due",
        State::Done => "done",
        State::LateData => "late",
        State::Renewal => "renewal",
        State::New => "new",
        State::Resolved => "resolved",
    }
}
