//! A brief: the numbered facts that a writer may write about, and the names that may stand in its sentences.
//!
//! Invariant: all that a sentence can say of an account beyond its figures (its band, that it is silent …) stands here,
//! told by whoever made the brief, never by the writer.

use std::collections::BTreeSet;

use crate::domain::AccountId;
use crate::domain::Band;
use crate::domain::Fact;
use crate::domain::InitiativeId;
use crate::domain::Measure;
use crate::domain::Quantity;
use crate::engine::Snapshot;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Span;

use super::naming::{self, Naming};
use super::period::Period;

/// What a writer may write about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Brief {
    /// `f1` is the first.
    pub facts: Vec<Numbered>,
    /// `a1` is the first.
    pub accounts: Vec<Subject>,
    /// `i1` is the first.
    pub initiatives: Vec<Task>,
    /// Names of endpoints and models; `p1` is the first.
    pub parts: Vec<String>,
    /// What happened, as one would tell it, most important first; each line names facts and names by their numbers.
    pub told: Vec<String>,
    /// Names of people, which a writer is not to see.
    pub people: BTreeSet<String>,
}

/// A fact with what must be known to write about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// The figure.
    pub fact: Fact,
    /// Whose it is, as the position in [`Brief::accounts`]; `None` is everybody's.
    pub account: Option<usize>,
    /// Of which endpoint or model alone, as the position in [`Brief::parts`].
    pub part: Option<usize>,
    /// What it is: `API calls`.
    pub label: String,
    /// Which way it points, where it is a change.
    pub direction: Option<Direction>,
    /// The name of its length of time, where it has one.
    pub period: Option<Period>,
    /// Whether its window ended before the data do, as that of a period before.
    pub is_past: bool,
}

/// Which way a change points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// More.
    Up,
    /// Less.
    Down,
    /// Neither.
    Level,
    /// There was nothing before, so it has none.
    Unknown,
}

/// An account that sentences may be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Its id.
    pub id: AccountId,
    /// Its name; hostile text.
    pub name: String,
    /// The band it is in.
    pub band: Option<Band>,
    /// The band it was in before, when that is told.
    pub band_before: Option<Band>,
    /// What else may be said of it.
    pub holds: BTreeSet<State>,
}

/// An initiative that sentences may name.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: InitiativeId,
    /// Its title; hostile text.
    pub title: String,
    /// Whose, as the position in [`Brief::accounts`].
    pub account: usize,
    /// What may be said of it.
    pub holds: BTreeSet<State>,
}

/// Something that holds of an account and may be said without a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It makes no calls any more.
    Silent,
    /// Something of it is unusual.
    Unusual,
    /// It has an initiative past its due day.
    Overdue,
    /// It has an initiative that cannot go on.
    Blocked,
    /// It has an initiative that is due soon.
    Due,
    /// It has an initiative that was finished.
    Done,
    /// Its data are not in yet.
    LateData,
    /// Its contract is up for renewal.
    Renewal,
    /// It is told for the first time.
    New,
    /// What was told before is over.
    Resolved,
}

impl Brief {
    /// A brief about the figures of an answer.
    #[must_use]
    pub fn of_answer(snapshot: &Snapshot, answer: &Answer) -> Self {
        let mut brief = Self::default();
        brief.add_answer(snapshot, answer);
        brief
    }

    /// Numbers all figures of an answer that are not numbered yet.
    pub fn add_answer(&mut self, snapshot: &Snapshot, answer: &Answer) {
        for block in &answer.blocks {
            for fact in facts_of(block) {
                self.add(snapshot, fact);
            }
        }
    }

    /// Numbers a fact: `f12`; the same one keeps its number. `None` for figures that are not for sentences.
    pub fn add(&mut self, snapshot: &Snapshot, fact: &Fact) -> Option<String> {
        Naming::of(fact.key.measure)?;
        if let Some(at) = self.facts.iter().position(|one| one.fact == *fact) {
            return Some(format!("f{}", at + 1));
        }
        let account = match &fact.key.filter.account {
            Some(id) => Some(self.subject(snapshot, id)?),
            None => None,
        };
        let filter = &fact.key.filter;
        let part = match (&filter.endpoint, &filter.model) {
            (None, None) => None,
            (Some(endpoint), None) => Some(self.part(endpoint.as_str())),
            (None, Some(model)) => Some(self.part(model.as_str())),
            // A sentence would have to name both.
            (Some(_), Some(_)) => return None,
        };
        let window = fact.key.window;
        let is_sum =
            matches!(fact.key.measure, Measure::Sum(_) | Measure::Share(_) | Measure::ActiveAccounts);
        self.facts.push(Numbered {
            account,
            part,
            label: naming::label(&fact.key),
            direction: direction(fact),
            period: if is_state(fact.key.measure) { None } else { Period::of(window) },
            is_past: is_sum && snapshot.as_of().is_some_and(|as_of| window.to() < as_of),
            fact: fact.clone(),
        });
        Some(format!("f{}", self.facts.len()))
    }

    /// The position of an account, told from now on; `None` when it is not known.
    pub fn subject(&mut self, snapshot: &Snapshot, id: &AccountId) -> Option<usize> {
        if let Some(at) = self.accounts.iter().position(|one| one.id == *id) {
            return Some(at);
        }
        let account = snapshot.account(id)?;
        self.people.extend(account.owner.iter().map(ToString::to_string));
        self.accounts.push(Subject {
            id: id.clone(),
            name: account.name.clone(),
            band: snapshot.health(id).and_then(|health| health.band),
            band_before: None,
            holds: BTreeSet::new(),
        });
        Some(self.accounts.len() - 1)
    }

    /// The number of an initiative, told from now on: `i3`; `None` when it is not known.
    pub fn initiative(&mut self, snapshot: &Snapshot, id: &InitiativeId) -> Option<String> {
        if let Some(at) = self.initiatives.iter().position(|one| one.id == *id) {
            return Some(format!("i{}", at + 1));
        }
        let one = snapshot.initiative(id)?;
        let account = self.subject(snapshot, &one.account)?;
        self.people.extend(one.owner.iter().map(ToString::to_string));
        self.initiatives.push(Task {
            id: id.clone(),
            title: one.title.clone(),
            account,
            holds: BTreeSet::new(),
        });
        Some(format!("i{}", self.initiatives.len()))
    }

    /// The number of an account: `a3`.
    #[must_use]
    pub fn number_of(&self, id: &AccountId) -> Option<String> {
        self.accounts.iter().position(|one| one.id == *id).map(|at| format!("a{}", at + 1))
    }

    fn part(&mut self, name: &str) -> usize {
        self.parts.iter().position(|one| one == name).unwrap_or_else(|| {
            self.parts.push(name.to_owned());
            self.parts.len() - 1
        })
    }
}

/// Figures that are so at an instant; the length of their window says nothing.
fn is_state(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::Accounts
            | Measure::InBand(_)
            | Measure::HealthScore
            | Measure::ComputedScore
            | Measure::FactorScore(_)
            | Measure::FactorWeight(_)
            | Measure::FactorMeasured(_)
            | Measure::InitiativesOpen
            | Measure::InitiativesIn(_)
            | Measure::InitiativesOverdue
            | Measure::RevenueExpected
            | Measure::ChurnProbability
    )
}

/// Which way a fact points, where it is a change.
fn direction(fact: &Fact) -> Option<Direction> {
    let of = |size: f64| match size {
        size if size > 0.0 => Direction::Up,
        size if size < 0.0 => Direction::Down,
        _ => Direction::Level,
    };
    match fact.value {
        Quantity::Change(None) => Some(Direction::Unknown),
        Quantity::Change(Some(size)) | Quantity::Points(size) => Some(of(size)),
        Quantity::Calls(_)
        | Quantity::Errors(_)
        | Quantity::Tokens(_)
        | Quantity::Money(..)
        | Quantity::Accounts(_)
        | Quantity::Initiatives(_)
        | Quantity::Share(_)
        | Quantity::Score(_)
        | Quantity::Days(_)
        | Quantity::Number(_) => None,
    }
}

/// The figures of a block, in the order they are read.
fn facts_of(block: &Block) -> Vec<&Fact> {
    match block {
        Block::Text(prose) | Block::Caveat(prose) => prose.0.iter().filter_map(in_span).collect(),
        Block::Facts(lines) => {
            lines.iter().flat_map(|line| std::iter::once(&line.fact).chain(&line.change)).collect()
        }
        Block::Table(table) => table.rows.iter().flatten().filter_map(in_cell).collect(),
        Block::Chart(_) => Vec::new(),
    }
}

fn in_span(span: &Span) -> Option<&Fact> {
    match span {
        Span::Fact(fact) => Some(fact),
        Span::Plain(_) | Span::Outside(_) | Span::Code(_) => None,
    }
}

fn in_cell(cell: &Cell) -> Option<&Fact> {
    match cell {
        Cell::Fact(fact) | Cell::Change(fact, _) => Some(fact),
        Cell::Nothing
        | Cell::Text(_)
        | Cell::Link { .. }
        | Cell::Band(_)
        | Cell::Status(_)
        | Cell::Spark(_) => None,
    }
}
