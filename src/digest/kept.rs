//! A digest as it is kept: its words, and its figures with the values they had.
//!
//! Invariant: whoever looks at a kept digest sees no sentence about an account that they may not know of, and no total
//! that holds more accounts than they may.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::AccountId;
use crate::domain::Fact;
use crate::domain::Window;
use crate::engine::Snapshot;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Table;
use crate::writer;

use super::kept_fact::KeptFact;
use super::remembered::KeptTime;
use super::survey::day_words;

/// A block of a digest, and the accounts it speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) about: BTreeSet<AccountId>,
    pub(super) block: Block,
}

impl Part {
    pub(super) fn about<'a>(accounts: impl IntoIterator<Item = &'a AccountId>, block: Block) -> Self {
        Self { about: accounts.into_iter().cloned().collect(), block }
    }

    /// Of all, or of nobody.
    pub(super) fn of_all(block: Block) -> Self {
        Self { about: BTreeSet::new(), block }
    }
}

/// Who wrote a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenBy {
    /// A language model, after the check.
    Ai {
        /// Its name.
        model: String,
    },
    /// Our own templates.
    Plain {
        /// Why no model wrote it; `None` when none is set up, or none was needed.
        why: Option<String>,
    },
}

/// A digest with its figures as they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptDigest {
    title: String,
    as_of: Option<KeptTime>,
    version: u64,
    /// Who wrote it.
    pub written: WrittenBy,
    /// How many accounts its totals hold.
    accounts: usize,
    blocks: Vec<KeptBlock>,
    facts: Vec<KeptFact>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct KeptBlock {
    about: Vec<String>,
    says: KeptWords,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptWords {
    Text(Vec<KeptSpan>),
    Caveat(Vec<KeptSpan>),
    Figures(Vec<KeptLine>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptSpan {
    Plain(String),
    Outside(String),
    Code(String),
    /// Position among the facts.
    Fact(usize),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct KeptLine {
    label: String,
    fact: usize,
    change: Option<usize>,
    more_is_good: Option<bool>,
}

impl KeptDigest {
    /// Keeps what a digest says. Charts and tables hold no figure that is not said as well, and are not kept.
    pub(super) fn of(answer: &Answer, parts: &[Part], written: WrittenBy, accounts: usize) -> Self {
        let mut facts = Vec::new();
        let blocks = parts.iter().filter_map(|part| kept_block(part, &mut facts)).collect();
        let AsOf { data_until, version } = answer.as_of;
        let as_of = data_until.map(KeptTime);
        Self { title: answer.title.clone(), as_of, version, written, accounts, blocks, facts }
    }
}

fn kept_block(part: &Part, facts: &mut Vec<KeptFact>) -> Option<KeptBlock> {
    let mut keep = |fact: &Fact| {
        let kept = KeptFact::of(fact);
        facts.iter().position(|one| *one == kept).unwrap_or_else(|| {
            facts.push(kept);
            facts.len() - 1
        })
    };
    let mut spans = |prose: &Prose| {
        let span = |span: &Span| match span {
            Span::Plain(words) => KeptSpan::Plain(words.clone()),
            Span::Outside(words) | Span::Person { name: words, .. } => KeptSpan::Outside(words.clone()),
            Span::Code(words) => KeptSpan::Code(words.clone()),
            Span::Fact(fact) => KeptSpan::Fact(keep(fact)),
        };
        prose.0.iter().map(span).collect()
    };
    let says = match &part.block {
        Block::Text(prose) => KeptWords::Text(spans(prose)),
        Block::Caveat(prose) => KeptWords::Caveat(spans(prose)),
        Block::Facts(lines) => {
            let line = |line: &FactLine| KeptLine {
                label: line.label.clone(),
                fact: keep(&line.fact),
                change: line.change.as_ref().map(&mut keep),
                more_is_good: line.more_is_good,
            };
            KeptWords::Figures(lines.iter().map(line).collect())
        }
        Block::Table(_) | Block::Chart(_) => return None,
    };
    Some(KeptBlock { about: part.about.iter().map(ToString::to_string).collect(), says })
}

/// A kept digest as it was said, then its figures as it saw them beside what they are in `snapshot`: the same windows, by
/// the data that are known now. `snapshot` is cut to what the reader may see, and to the digest's scope.
#[must_use]
pub fn as_kept(kept: &KeptDigest, snapshot: &Snapshot) -> Answer {
    let facts: Vec<Option<Fact>> = kept.facts.iter().map(KeptFact::fact).collect();
    let sees_all = snapshot.accounts().count() >= kept.accounts;
    let may_see = |fact: &Fact| match &fact.key.filter.account {
        Some(account) => snapshot.account(account).is_some(),
        None => sees_all,
    };
    let mut blocks = Vec::new();
    let mut hidden = false;
    for block in &kept.blocks {
        let knows = |id: &String| AccountId::new(id).is_ok_and(|id| snapshot.account(&id).is_some());
        match shown(&block.says, &facts, &may_see).filter(|_| block.about.iter().all(knows)) {
            Some(block) => blocks.push(block),
            None => hidden = true,
        }
    }
    if hidden {
        let words = "Parts of this digest are about accounts that are not shown to you.";
        blocks.push(Block::Caveat(Prose::plain(words)));
    }
    let known: Vec<&Fact> = facts.iter().flatten().filter(|fact| may_see(fact)).collect();
    if !known.is_empty() {
        blocks.push(Block::Table(then_and_now(&known, snapshot)));
    }
    Answer {
        title: kept.title.clone(),
        blocks,
        as_of: AsOf { data_until: kept.as_of.map(|time| time.0), version: kept.version },
        path: None,
        actions: Vec::new(),
        picks: Vec::new(),
        private: false,
    }
}

/// A block as it was; `None` when a figure of it may not be seen or cannot be read any more.
fn shown(words: &KeptWords, facts: &[Option<Fact>], may_see: &impl Fn(&Fact) -> bool) -> Option<Block> {
    let fact = |at: usize| facts.get(at)?.clone().filter(|fact| may_see(fact));
    let prose = |spans: &[KeptSpan]| -> Option<Prose> {
        let span = |span: &KeptSpan| match span {
            KeptSpan::Plain(words) => Some(Span::Plain(words.clone())),
            KeptSpan::Outside(words) => Some(Span::Outside(words.clone())),
            KeptSpan::Code(words) => Some(Span::Code(words.clone())),
            KeptSpan::Fact(at) => fact(*at).map(Span::Fact),
        };
        spans.iter().map(span).collect::<Option<_>>().map(Prose)
    };
    match words {
        KeptWords::Text(spans) => prose(spans).map(Block::Text),
        KeptWords::Caveat(spans) => prose(spans).map(Block::Caveat),
        KeptWords::Figures(lines) => {
            let line = |line: &KeptLine| {
                Some(FactLine {
                    label: line.label.clone(),
                    fact: fact(line.fact)?,
                    change: line.change.and_then(fact),
                    more_is_good: line.more_is_good,
                })
            };
            lines.iter().map(line).collect::<Option<Vec<_>>>().map(Block::Facts)
        }
    }
}

fn days_words(window: Window) -> String {
    let (first, last) = (day_words(window.first_day()), day_words(window.last_day()));
    if first == last { first } else { format!("{first} – {last}") }
}

fn then_and_now(facts: &[&Fact], snapshot: &Snapshot) -> Table {
    let row = |fact: &&Fact| {
        let key = &fact.key;
        let account = key.filter.account.as_ref().and_then(|id| snapshot.account(id));
        let now = snapshot.fact(key.measure, &key.filter, key.window);
        vec![
            Cell::Text(writer::label(key)),
            account.map_or(Cell::Nothing, |one| Cell::Text(one.name.clone())),
            Cell::Text(days_words(key.window)),
            Cell::Fact((*fact).clone()),
            now.map_or(Cell::Nothing, Cell::Fact),
        ]
    };
    Table {
        title: "Figures".into(),
        columns: vec![
            Column::words("What"),
            Column::words("Account"),
            Column::words("Over"),
            Column::figures("As the digest saw it"),
            Column::figures("Now"),
        ],
        rows: facts.iter().map(row).collect(),
        more: 0,
    }
}
