//! The words a draft may use, and what they claim.
//!
//! Invariant: a word that is not known here is refused, so that no draft can claim what nobody looked for.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::domain::Band;

use super::brief::State;
use super::naming;
use super::objection::Forbidden;
use super::period::Period;

/// Words that claim nothing, for any sentence.
const NEUTRAL: &str = include_str!("words/neutral.txt");
/// Words for what to do, which a sentence that states something may not use.
const ADVICE: &str = include_str!("words/advice.txt");
/// Words that say where something goes, and words that turn a statement round; each line begins with its sense.
const DIRECTIONS: &str = include_str!("words/directions.txt");
/// Words that no draft may use; each line begins with the reason.
const REFUSED: &str = include_str!("words/refused.txt");

/// Which way a word points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sense {
    Up,
    Down,
    Better,
    Worse,
    Flat,
}

static NEUTRAL_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| words(NEUTRAL).collect());
static ADVICE_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| words(ADVICE).collect());
static SENSES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| headed(DIRECTIONS));
static FORBIDDEN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| headed(REFUSED));

/// Lines without remarks.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    lines(text).flat_map(str::split_whitespace)
}

/// Words by the first word of their line.
fn headed(text: &'static str) -> HashMap<&'static str, &'static str> {
    let of_line = |line: &'static str| {
        let (head, words) = line.split_once(' ').unwrap_or((line, ""));
        words.split_whitespace().map(move |word| (word, head))
    };
    lines(text).flat_map(of_line).collect()
}

/// The words of statements and those of advice, for the instructions.
pub(super) fn listed() -> [String; 2] {
    [NEUTRAL, ADVICE].map(|text| words(text).collect::<Vec<_>>().join(" "))
}

/// Verbs that a piece of advice begins with.
const ORDERS: [&str; 62] = [
    "ask",
    "call",
    "check",
    "agree",
    "set",
    "schedule",
    "reach",
    "talk",
    "work",
    "propose",
    "offer",
    "confirm",
    "follow",
    "keep",
    "make",
    "plan",
    "prepare",
    "review",
    "go",
    "bring",
    "show",
    "share",
    "invite",
    "send",
    "explore",
    "consider",
    "discuss",
    "understand",
    "find",
    "look",
    "clarify",
    "help",
    "monitor",
    "meet",
    "walk",
    "start",
    "take",
    "put",
    "give",
    "get",
    "let",
    "raise",
    "connect",
    "arrange",
    "suggest",
    "recommend",
    "verify",
    "validate",
    "escalate",
    "investigate",
    "identify",
    "catch",
    "wrap",
    "bookmark",
    "reconnect",
    "speak",
    "write",
    "thank",
    "revisit",
    "clear",
    "resolve",
    "tell",
];

/// Whether a clause that begins so says what to do.
pub(super) fn begins_advice(first: &str, second: &str) -> bool {
    ORDERS.contains(&first)
        || matches!(
            (first, second),
            ("next", "step" | "steps")
                | ("i" | "we", "recommend" | "suggest" | "propose" | "would" | "should")
                | ("it", "would")
                | ("you", "should" | "could")
                | ("worth", _)
        )
}

/// Which way a word points.
pub(super) fn sense(word: &str) -> Option<Sense> {
    Some(match *SENSES.get(word)? {
        "up" => Sense::Up,
        "down" => Sense::Down,
        "better" => Sense::Better,
        "worse" => Sense::Worse,
        "flat" => Sense::Flat,
        _ => return None,
    })
}

/// All words that point one way, in their order.
pub(super) fn words_of(wanted: Sense) -> Vec<&'static str> {
    let mut words: Vec<&str> = SENSES.keys().copied().filter(|word| sense(word) == Some(wanted)).collect();
    words.sort_unstable();
    words
}

/// Whether a word turns a statement round.
pub(super) fn negates(word: &str) -> bool {
    SENSES.get(word) == Some(&"not")
}

/// Why a word is never allowed.
pub(super) fn forbidden(word: &str) -> Option<Forbidden> {
    Some(match *FORBIDDEN.get(word)? {
        "number" => Forbidden::Number,
        "count" => Forbidden::Count,
        "rank" => Forbidden::Rank,
        _ => Forbidden::Degree,
    })
}

/// The band that a word names.
pub(super) fn band(word: &str) -> Option<Band> {
    match word {
        "healthy" => Some(Band::Healthy),
        "watch" => Some(Band::Watch),
        "at risk" => Some(Band::AtRisk),
        _ => None,
    }
}

/// What a word says of an account.
pub(super) fn state(word: &str) -> Option<State> {
    Some(match word {
        "silent" | "silence" => State::Silent,
        "unusual" | "unusually" | "anomaly" | "anomalies" => State::Unusual,
        "overdue" => State::Overdue,
        "blocked" | "stuck" => State::Blocked,
        "due" => State::Due,
        "done" | "finished" | "completed" => State::Done,
        "late" | "delayed" | "behind" | "missing" => State::LateData,
        "renewal" | "renew" | "renews" => State::Renewal,
        "new" => State::New,
        "resolved" => State::Resolved,
        _ => return None,
    })
}

/// Whether a word gives a reason, which only the causes of a change of a score can.
pub(super) fn gives_reason(word: &str) -> bool {
    matches!(word, "because" | "caused" | "causes" | "causing" | "driven" | "drives" | "drove")
}

/// Whether a word before a figure bends it.
pub(super) fn hedges(word: &str) -> bool {
    matches!(word, "about" | "around" | "over" | "under" | "near" | "within" | "beyond")
}

/// Whether a word, behind `i`, makes it the writer and not a number.
pub(super) fn is_said_of_oneself(word: &str) -> bool {
    matches!(word, "recommend" | "suggest" | "propose" | "would")
}

/// Whether a word sets figures beside each other.
pub(super) fn compares(word: &str) -> bool {
    matches!(word, "than" | "compared" | "versus" | "against")
}

/// Whether a word says that a figure is of a time before.
pub(super) fn before(word: &str) -> bool {
    matches!(word, "before" | "previous" | "prior" | "earlier")
}

/// Whether a word begins another clause.
pub(super) fn parts(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "while"
            | "but"
            | "whereas"
            | "although"
            | "though"
            | "yet"
            | "or"
            | "so"
            | "because"
            | "then"
    )
}

/// Whether a word is known at all.
pub(super) fn is_known(word: &str) -> bool {
    SENSES.contains_key(word)
        || state(word).is_some()
        || band(word).is_some()
        || Period::named(word).is_some()
        || naming::is_named(word)
        || gives_reason(word)
        || compares(word)
        || before(word)
        || word == "i"
        || claims_nothing(word)
}

/// Whether a word claims nothing in any sentence, in one of its usual forms.
pub(super) fn is_neutral(word: &str) -> bool {
    is_form_of(&NEUTRAL_WORDS, word)
}

/// Whether a word is one of those for what to do, and of those alone.
pub(super) fn is_advice(word: &str) -> bool {
    let is_claim = SENSES.contains_key(word)
        || state(word).is_some()
        || band(word).is_some()
        || Period::named(word).is_some()
        || naming::is_named(word)
        || compares(word)
        || before(word);
    !is_claim && !is_neutral(word) && is_form_of(&ADVICE_WORDS, word)
}

/// Whether a word claims nothing.
pub(super) fn claims_nothing(word: &str) -> bool {
    is_neutral(word) || is_form_of(&ADVICE_WORDS, word)
}

fn is_form_of(known: &HashSet<&str>, word: &str) -> bool {
    if known.contains(word) {
        return true;
    }
    let is_stem = |stem: &str| stem.len() > 1 && known.contains(stem);
    let is_stem_or_with_e = |stem: &str| {
        is_stem(stem) || is_stem(&format!("{stem}e")) || {
            // As in `planned`.
            let letters = stem.as_bytes();
            letters.len() > 2
                && letters[letters.len() - 1] == letters[letters.len() - 2]
                && is_stem(&stem[..stem.len() - 1])
        }
    };
    let ending = |ending: &str| word.strip_suffix(ending);
    ending("ies").is_some_and(|stem| is_stem(&format!("{stem}y")))
        || ending("ied").is_some_and(|stem| is_stem(&format!("{stem}y")))
        || ending("es").is_some_and(is_stem)
        || ending("s").is_some_and(is_stem)
        || ending("ed").is_some_and(is_stem_or_with_e)
        || ending("ing").is_some_and(is_stem_or_with_e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_both_plain_and_a_claim() {
        for word in NEUTRAL_WORDS.iter().chain(ADVICE_WORDS.iter()) {
            assert!(!SENSES.contains_key(word) && !FORBIDDEN.contains_key(word), "{word}");
        }
        for word in SENSES.keys().chain(FORBIDDEN.keys()) {
            assert!(!NEUTRAL_WORDS.contains(word) && !ADVICE_WORDS.contains(word), "{word}");
        }
        for word in SENSES.keys() {
            assert!(!FORBIDDEN.contains_key(word), "{word}");
        }
    }

    #[test]
    fn words_are_known_in_their_usual_forms() {
        for word in ["asks", "asked", "asking", "planned", "agrees", "tries", "tried", "making", "reviewing"]
        {
            assert!(claims_nothing(word), "{word}");
        }
        for word in ["evaporated", "seven", "xi", "imploded", "vanished", "quadrupled"] {
            assert!(!claims_nothing(word), "{word}");
        }
    }
}
