//! A sentence as the rules look at it: its pieces, its clauses, and whose each of them is.

use std::collections::BTreeSet;
use std::ops::Range;

use super::brief::{Brief, Numbered};
use super::lexicon;
use super::naming::{self, Naming};
use super::objection::Reason;
use super::sentence::{self, Kind, Piece};

/// A sentence that was read.
pub(super) struct Reading<'a> {
    pub(super) brief: &'a Brief,
    pub(super) pieces: &'a [Piece],
    /// The account that it is about, as the draft says.
    pub(super) about: Option<usize>,
    pub(super) clauses: Vec<Clause>,
}

/// A part of a sentence.
pub(super) struct Clause {
    /// Which pieces.
    pub(super) at: Range<usize>,
    /// Accounts that it names, by themselves or by their initiatives.
    pub(super) names: BTreeSet<usize>,
    /// Whether a figure stands in it.
    pub(super) has_facts: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn of(brief: &'a Brief, pieces: &'a [Piece], about: Option<usize>) -> Self {
        let clause = |at: Range<usize>| Clause {
            names: pieces[at.clone()].iter().filter_map(|piece| account_of(brief, piece)).collect(),
            has_facts: pieces[at.clone()].iter().any(|piece| piece.fact().is_some()),
            at,
        };
        let clauses = sentence::clauses(pieces).into_iter().map(clause).collect();
        Self { brief, pieces, about, clauses }
    }

    /// The pieces of a clause.
    pub(super) fn pieces_of(&self, clause: &Clause) -> &'a [Piece] {
        &self.pieces[clause.at.clone()]
    }

    /// The words of a clause.
    pub(super) fn words_of(&self, clause: &Clause) -> impl Iterator<Item = &'a str> {
        self.pieces[clause.at.clone()].iter().filter_map(Piece::word)
    }

    /// The figures of a clause, with their positions in the brief.
    pub(super) fn facts_of(&self, clause: &Clause) -> Vec<(usize, &'a Numbered)> {
        let facts = self.pieces[clause.at.clone()].iter().filter_map(Piece::fact);
        facts.map(|at| (at, &self.brief.facts[at])).collect()
    }

    pub(super) fn fact_at(&self, at: usize) -> Option<(usize, &'a Numbered)> {
        let number = self.pieces.get(at)?.fact()?;
        Some((number, &self.brief.facts[number]))
    }

    pub(super) fn word_at(&self, at: usize) -> Option<&'a str> {
        self.pieces.get(at)?.word()
    }

    pub(super) fn has_facts(&self) -> bool {
        self.clauses.iter().any(|clause| clause.has_facts)
    }

    /// All accounts that are named.
    pub(super) fn names(&self) -> BTreeSet<usize> {
        self.clauses.iter().flat_map(|clause| clause.names.iter().copied()).collect()
    }

    /// Whose a clause is: the account it names, else the one that the sentence names, else the one it is about.
    pub(super) fn whose(&self, clause: &Clause) -> Result<Option<usize>, Reason> {
        let names = self.names();
        match (clause.names.len(), names.len()) {
            (1, _) => Ok(clause.names.first().copied()),
            (0, 0) => Ok(self.about),
            (0, 1) => Ok(names.first().copied()),
            _ => Err(Reason::Unclear),
        }
    }

    /// Whether a word of a clause is what a figure of it is called.
    pub(super) fn is_called_for(&self, clause: &Clause, word: &str) -> bool {
        let calls = |naming: &Naming| {
            naming.topic.contains(&word) || naming.kind.iter().any(|words| words.contains(&word))
        };
        self.facts_of(clause).iter().any(|(_, one)| naming_of(one).is_some_and(|naming| calls(&naming)))
    }

    /// What is wrong with names, figures and words in their places.
    pub(super) fn misplaced(&self) -> Vec<Reason> {
        let mut wrong = Vec::new();
        let names = self.names();
        if let Some(about) = self.about.filter(|about| !names.is_empty() && !names.contains(about)) {
            wrong.push(Reason::AboutOther(format!("a{}", about + 1)));
        }
        for clause in &self.clauses {
            if clause.has_facts {
                match self.whose(clause) {
                    Ok(whose) => wrong.extend(self.of_others(clause, whose)),
                    Err(unclear) => wrong.push(unclear),
                }
            } else if self.has_facts() && names.len() > 1 && !clause.names.is_empty() {
                // As in “a1 and a2 fell by [f1]”.
                wrong.push(Reason::Unclear);
            }
        }
        wrong.extend(self.misnamed());
        wrong
    }

    /// Figures of a clause that are of another account or another part.
    fn of_others(&self, clause: &Clause, whose: Option<usize>) -> Vec<Reason> {
        let mut wrong = Vec::new();
        let parts: BTreeSet<usize> = self.pieces_of(clause).iter().filter_map(part_of).collect();
        for (at, one) in self.facts_of(clause) {
            let owner = one.account.map_or("the portfolio".into(), |at| format!("[a{}]", at + 1));
            let misplaced = |of: String| Reason::Misplaced { fact: format!("f{}", at + 1), of };
            if one.account != whose {
                wrong.push(misplaced(owner));
            } else if one.part.into_iter().collect::<BTreeSet<_>>() != parts {
                wrong.push(misplaced(one.part.map_or(owner, |at| format!("[p{}]", at + 1))));
            }
        }
        // A figure of all, said of “it”, would be read as that of the account before.
        let points_back = |word: &&str| {
            matches!(
                *word,
                "it" | "its" | "itself" | "they" | "their" | "them" | "account" | "customer" | "customers"
            )
        };
        let says = |word: &&str| matches!(*word, "portfolio" | "total" | "overall");
        let is_part =
            |one: &Numbered| matches!(one.fact.key.measure, crate::domain::Measure::PortfolioShare(_));
        match whose {
            None => {
                let back = self.pieces.iter().filter_map(Piece::word).find(points_back);
                wrong.extend(back.map(|word| Reason::Unsupported(word.to_owned())));
            }
            Some(_) if self.facts_of(clause).iter().all(|(_, one)| is_part(one)) => {}
            Some(_) => {
                let all = self.pieces.iter().filter_map(Piece::word).find(says);
                wrong.extend(all.map(|word| Reason::Unsupported(word.to_owned())));
            }
        }
        wrong
    }

    /// Figures that are not called what they are, and names without a figure.
    fn misnamed(&self) -> Vec<Reason> {
        if !self.has_facts() {
            return Vec::new();
        }
        let mut wrong = Vec::new();
        for clause in &self.clauses {
            for at in clause.at.clone() {
                if let Some((number, one)) = self.fact_at(at) {
                    wrong.extend(self.wrongly_called(clause, at, number, one));
                }
            }
            let advises = |word: &str| !clause.has_facts && matches!(word, "will" | "should" | "likely");
            for word in self.words_of(clause) {
                let is_claim = naming::is_topic(word) || naming::is_telling(word);
                let is_state = lexicon::state(word).is_some() || lexicon::band(word).is_some();
                if is_claim && !is_state && !advises(word) && !self.is_called_for(clause, word) {
                    wrong.push(Reason::Unsupported(word.to_owned()));
                }
            }
        }
        wrong
    }

    /// Whether a figure is called something that it is not, or nothing.
    fn wrongly_called(&self, clause: &Clause, at: usize, number: usize, one: &Numbered) -> Option<Reason> {
        let naming = naming_of(one)?;
        let fact = format!("f{}", number + 1);
        let Some(word) = self.topic_at(clause, at) else {
            return Some(Reason::Unnamed { fact, words: naming.topic.join(", ") });
        };
        // A part of a change is called by its cause where the sentence speaks of the whole.
        let is_cause = naming.kind.iter().any(|words| words.contains(&word))
            && self.pieces.iter().filter_map(Piece::word).any(|word| naming.topic.contains(&word));
        if !naming.topic.contains(&word) && !is_cause {
            return Some(Reason::WrongTopic { fact, label: one.label.clone(), word: word.to_owned() });
        }
        let has = |words: &&naming::AnyOf| self.words_of(clause).any(|word| words.contains(&word));
        let lacking = naming.kind.iter().find(|words| !has(words))?;
        Some(Reason::Unnamed { fact, words: lacking.join(", ") })
    }

    /// What a figure is called: by the words right after it, else by the last such word before, else by the next one.
    fn topic_at(&self, clause: &Clause, at: usize) -> Option<&'a str> {
        let follows = |word: &&str| naming::is_telling(word) || matches!(*word, "api" | "health" | "open");
        let after = (at + 1..clause.at.end).map_while(|at| self.word_at(at));
        let mut after = after.skip_while(follows);
        let topic = |word: &&str| naming::is_topic(word);
        after
            .next()
            .filter(topic)
            .or_else(|| (0..at).rev().filter_map(|at| self.word_at(at)).find(topic))
            .or_else(|| (at + 1..clause.at.end).filter_map(|at| self.word_at(at)).find(topic))
    }
}

/// What a numbered fact may be called; there is none that may not be called anything.
pub(super) fn naming_of(one: &Numbered) -> Option<Naming> {
    Naming::of(one.fact.key.measure)
}

/// The account that a piece names, by itself or by its initiative.
pub(super) fn account_of(brief: &Brief, piece: &Piece) -> Option<usize> {
    match piece.kind {
        Kind::Account(at) => Some(at),
        Kind::Initiative(at) => Some(brief.initiatives[at].account),
        Kind::Fact(_) | Kind::Part(_) | Kind::Word(_) | Kind::Break | Kind::Mark(_) => None,
    }
}

fn part_of(piece: &Piece) -> Option<usize> {
    match piece.kind {
        Kind::Part(at) => Some(at),
        Kind::Fact(_)
        | Kind::Account(_)
        | Kind::Initiative(_)
        | Kind::Word(_)
        | Kind::Break
        | Kind::Mark(_) => None,
    }
}
