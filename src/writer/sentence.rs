//! A sentence of a draft, in pieces: words, figures, names and the breaks between clauses.
//!
//! Invariant: what is read here holds no digit, no markup and no letter from outside but in the names of the brief.

use std::collections::BTreeSet;
use std::ops::Range;

use super::brief::Brief;
use super::lexicon;
use super::objection::{Forbidden, Reason};

/// A piece, with where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A figure, by its position in the brief.
    Fact(usize),
    /// An account.
    Account(usize),
    /// An initiative.
    Initiative(usize),
    /// An endpoint or a model.
    Part(usize),
    /// A word, in small letters, without a genitive.
    Word(String),
    /// A mark that begins another clause.
    Break,
    /// Any other mark.
    Mark(char),
}

impl Piece {
    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn fact(&self) -> Option<usize> {
        match self.kind {
            Kind::Fact(at) => Some(at),
            _ => None,
        }
    }
}

/// Names of accounts as they may stand in a text without their number: those that are no words of ours, hold no digit, and
/// belong to one account alone.
pub(super) struct Names<'a>(Vec<(&'a str, usize)>);

impl<'a> Names<'a> {
    pub(super) fn of(brief: &'a Brief) -> Self {
        let is_own = |name: &str| {
            let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            words.any(|word| {
                let word = word.to_lowercase();
                !lexicon::is_known(&word) && lexicon::forbidden(&word).is_none() && word.len() > 2
            })
        };
        let is_only = |name: &str| brief.accounts.iter().filter(|one| one.name == name).count() == 1;
        let may_stand = |name: &str| {
            !name.chars().any(|c| c.is_numeric() || c.is_control()) && is_own(name) && is_only(name)
        };
        let named = brief.accounts.iter().enumerate().map(|(at, one)| (one.name.as_str(), at));
        let mut names: Vec<_> = named.filter(|(name, _)| may_stand(name)).collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self(names)
    }

    /// The account whose name the text begins with, and how long it is.
    fn at(&self, text: &str) -> Option<(usize, usize)> {
        let found = self.0.iter().find(|(name, _)| {
            text.strip_prefix(name)
                .is_some_and(|rest| !rest.chars().next().is_some_and(char::is_alphanumeric))
        })?;
        Some((found.1, found.0.len()))
    }
}

/// Reads a text into pieces; every character that may not stand there, every unknown reference and every word that is not
/// allowed is told.
pub(super) fn read(brief: &Brief, names: &Names<'_>, text: &str) -> Result<Vec<Piece>, Vec<Reason>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut wrong = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        // The `'s` of a name, which no blank parts from it.
        let after_name = pieces
            .last()
            .is_some_and(|one| one.at.end == at && !matches!(one.kind, Kind::Word(_) | Kind::Mark(_)));
        let mut push = |kind, length: usize| {
            pieces.push(Piece { kind, at: at..at + length });
            length
        };
        at += if let Some(length) = genitive(rest).filter(|_| after_name) {
            length
        } else if let Some((account, length)) = names.at(rest) {
            push(Kind::Account(account), length)
        } else if first == '[' {
            match reference(brief, rest) {
                Ok((kind, length)) => push(kind, length),
                Err(odd) => {
                    let length = odd.len().max(1);
                    wrong.push(Reason::UnknownNumber(odd));
                    length
                }
            }
        } else if first.is_ascii_alphabetic() {
            let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            push(Kind::Word(bare(&rest[..length])), length)
        } else {
            match mark(first) {
                Ok(Some(kind)) => push(kind, first.len_utf8()),
                Ok(None) => first.len_utf8(),
                Err(reason) => {
                    wrong.push(reason);
                    first.len_utf8()
                }
            }
        };
    }
    let pieces = joined(pieces);
    let words: BTreeSet<&str> = pieces.iter().filter_map(Piece::word).collect();
    wrong.extend(words.into_iter().filter_map(refused));
    let is_number = |pair: &[Piece]| {
        pair[0].word() == Some("i")
            && !pair.get(1).and_then(Piece::word).is_some_and(lexicon::is_said_of_oneself)
    };
    if (0..pieces.len()).any(|at| is_number(&pieces[at..])) {
        wrong.push(Reason::Word { word: "i".into(), kind: Forbidden::Number });
    }
    if wrong.is_empty() { Ok(pieces) } else { Err(wrong) }
}

/// Why a word may not stand in any sentence.
fn refused(word: &str) -> Option<Reason> {
    if let Some(kind) = lexicon::forbidden(word) {
        return Some(Reason::Word { word: word.to_owned(), kind });
    }
    (!lexicon::is_known(word)).then(|| Reason::UnknownWord(word.to_owned()))
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\'' | '’')
}

/// A word in small letters without apostrophes; a genitive is dropped.
fn bare(word: &str) -> String {
    let word = word.to_ascii_lowercase().replace('’', "'");
    let word = word.trim_end_matches('\'');
    word.strip_suffix("'s").unwrap_or(word).replace('\'', "")
}

/// How long the genitive is that a text begins with.
fn genitive(text: &str) -> Option<usize> {
    let end = ["'s", "’s"].into_iter().find(|end| text.starts_with(end))?;
    let rest = text[end.len()..].chars().next();
    (!rest.is_some_and(is_of_word)).then_some(end.len())
}

/// `[f12]`, `[a3]`, `[i1]` or `[p2]`, with its length; what stands there instead when it is none.
fn reference(brief: &Brief, text: &str) -> Result<(Kind, usize), String> {
    let end = text.find(']').map_or(text.len(), |end| end + 1);
    let shown: String = text[..end].chars().take(20).collect();
    let inside = text[..end].strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let (kind, number) = inside.and_then(|text| text.split_at_checked(1)).ok_or_else(|| shown.clone())?;
    let is_number =
        number.len() <= 4 && number.bytes().all(|c| c.is_ascii_digit()) && !number.starts_with('0');
    let number: usize = number.parse().ok().filter(|_| is_number).ok_or_else(|| shown.clone())?;
    let position = |count: usize| if number <= count { Ok(number - 1) } else { Err(shown.clone()) };
    let kind = match kind {
        "f" => Kind::Fact(position(brief.facts.len())?),
        "a" => Kind::Account(position(brief.accounts.len())?),
        "i" => Kind::Initiative(position(brief.initiatives.len())?),
        "p" => Kind::Part(position(brief.parts.len())?),
        _ => return Err(shown),
    };
    Ok((kind, end))
}

/// A character that is no letter: a blank is nothing.
fn mark(c: char) -> Result<Option<Kind>, Reason> {
    let named = |what: &str| Reason::Character(what.to_owned());
    match c {
        ' ' => Ok(None),
        ',' | ';' | '–' | '—' => Ok(Some(Kind::Break)),
        '.' | ':' | '?' | '(' | ')' | '-' | '\'' | '’' => Ok(Some(Kind::Mark(c))),
        _ if c.is_numeric() => Err(Reason::Digit(c)),
        _ if c.is_control() => Err(named("a control character")),
        '@' | '#' | '<' | '>' => Err(Reason::Character(format!("“{c}”, as of a mention, a link or a tag"))),
        '/' | '\\' | '*' | '_' | '`' | '~' | '|' | '{' | '}' | ']' => {
            Err(Reason::Character(format!("“{c}”, as of a link or of markup")))
        }
        '%' | '‰' | '$' | '€' | '£' | '+' | '=' | '×' | '≈' => {
            Err(Reason::Character(format!("“{c}”; figures bring their own signs and units")))
        }
        _ if c.is_alphabetic() => Err(Reason::Character(format!("“{c}”; write names as [a1]"))),
        _ => Err(Reason::Character(format!("the character U+{:04X}", u32::from(c)))),
    }
}

/// `at risk` is one word here, a band, and so is `token usage`: a figure of tokens.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let is_use = matches!(piece.word(), Some("usage" | "use" | "consumption" | "volume"));
        let is_of_tokens = |one: &&mut Piece| matches!(one.word(), Some("token" | "tokens"));
        if is_use && let Some(tokens) = out.last_mut().filter(is_of_tokens) {
            tokens.kind = Kind::Word("tokens".into());
            tokens.at.end = piece.at.end;
            continue;
        }
        if piece.word() == Some("risk") {
            let hyphen = out.last().is_some_and(|one| one.kind == Kind::Mark('-'));
            let place = out.len().checked_sub(1 + usize::from(hyphen));
            if let Some(at) = place.filter(|at| out[*at].word() == Some("at")) {
                out.truncate(at + 1);
                out[at].kind = Kind::Word("at risk".into());
                out[at].at.end = piece.at.end;
                continue;
            }
        }
        out.push(piece);
    }
    out
}

/// The clauses of a sentence, as ranges of pieces. The `and` of `between … and …` begins none.
pub(super) fn clauses(pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let (mut start, mut is_range) = (0, false);
    for (at, piece) in pieces.iter().enumerate() {
        let word = piece.word().unwrap_or_default();
        if word == "and" && is_range {
            is_range = false;
            continue;
        }
        is_range |= word == "between";
        if piece.kind == Kind::Break || lexicon::parts(word) {
            clauses.push(start..at);
            start = at + 1;
            is_range = false;
        }
    }
    clauses.push(start..pieces.len());
    clauses.retain(|clause| !clause.is_empty());
    clauses
}
