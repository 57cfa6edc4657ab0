//! Composing a digest: findings, then a writer if there is one, else our own sentences.
//!
//! Invariant: it always comes to a digest within its deadline; the answer says who wrote it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;

use crate::domain::utc_date;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Prose;
use crate::reply::Span;
use crate::writer::Brief;
use crate::writer::People;
use crate::writer::Section;
use crate::writer::Writer;
use crate::writer::draft_wanted;
use crate::writer::write;

use super::briefing;
use super::chart;
use super::group::{Group, Sorted, sorted};
use super::kept::{KeptDigest, Part, WrittenBy};
use super::next_step::NextStep;
use super::plain;
use super::remembered::Remembered;
use super::scope::DigestScope;
use super::survey::{Survey, day_words};

/// What digest is wanted.
pub struct Commission<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it is about.
    pub scope: &'a DigestScope,
    /// What the last one told; `None` for the first.
    pub since: Option<&'a Remembered>,
    /// When it is composed.
    pub now: Timestamp,
    /// The picture, cut to the scope and to what its readers may see.
    pub snapshot: Arc<Snapshot>,
    /// Who writes it; templates when `None`.
    pub writer: Option<&'a dyn Writer>,
    /// Whether the writer may see names of people.
    pub people: People,
    /// Longest time that the writer may take, all tries together.
    pub deadline: Duration,
}

/// A digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// What it says. It has no page; whoever keeps it gives it one.
    pub answer: Answer,
    /// Who wrote it.
    pub written: WrittenBy,
    /// The same with its figures as they are, to be kept.
    pub kept: KeptDigest,
    /// What the next one has to know.
    pub remembers: Remembered,
    /// Whether nothing is new.
    pub quiet: bool,
}

/// All of a digest but the sentences that a writer may write.
struct Planned {
    title: String,
    as_of: AsOf,
    accounts: usize,
    quiet: bool,
    brief: Brief,
    /// The text by templates.
    plain: Vec<Part>,
    /// For a text by a writer: what stands below it, as far as it does not name everybody.
    groups: Vec<Group>,
    rest: Rest,
    /// Below any text.
    below: Vec<Part>,
    caveats: Vec<Part>,
    actions: Vec<Action>,
    remembers: Remembered,
}

/// Makes what stands below a writer's text, for the accounts that it names.
type Rest = Box<dyn FnOnce(&[Group]) -> Vec<Part> + Send>;

/// Composes a digest.
pub async fn compose(commission: Commission<'_>) -> Result<Composed, Problem> {
    let Commission { name, scope, since, now, snapshot, writer, people, deadline } = commission;
    if let DigestScope::Account(id) = scope
        && snapshot.account(id).is_none()
    {
        return Err(Problem::UnknownAccount { given: id.to_string(), nearest: None });
    }
    let (owned_name, owned_scope, owned_since) = (name.to_owned(), scope.clone(), since.cloned());
    let plan = move || plan(&owned_name, &owned_scope, owned_since.as_ref(), now, &snapshot);
    let planned =
        tokio::task::spawn_blocking(plan).await.context("planning a digest").map_err(Problem::internal)?;
    let (text, written) = match writer.filter(|_| !planned.quiet) {
        None => (None, WrittenBy::Plain { why: None }),
        Some(writer) => {
            let conversation = draft_wanted(briefing::TASK, &planned.brief, people);
            match write(writer, conversation, &planned.brief, deadline).await {
                Ok(written) => (Some(written.sections), WrittenBy::Ai { model: writer.name().to_owned() }),
                Err(not) => {
                    tracing::warn!(digest = name, why = %not, "The AI wrote no digest; sending the plain one");
                    (None, WrittenBy::Plain { why: Some(not.to_string()) })
                }
            }
        }
    };
    Ok(assembled(planned, text, written))
}

/// Everything that needs the figures, away from the threads that serve the network.
fn plan(
    name: &str,
    scope: &DigestScope,
    since: Option<&Remembered>,
    now: Timestamp,
    snapshot: &Arc<Snapshot>,
) -> Planned {
    let as_of = AsOf { data_until: snapshot.as_of(), version: snapshot.version() };
    let title = format!("{name} — {}", scope.title(snapshot));
    let accounts = snapshot.accounts().count();
    let Some(survey) = Survey::of(snapshot, scope, now, since.map(Remembered::as_of)) else {
        return without_data(title, as_of, since, now);
    };
    let sorted = sorted(&survey, survey.findings(), since);
    let full = plain::told_in_full(&survey, &sorted);
    let quiet = plain::is_quiet(&sorted);
    let mut below = Vec::new();
    if !quiet {
        below.extend(plain::figures(&survey, scope).map(Part::of_all));
        below.extend(chart::chart(&survey, scope, &full).map(Part::of_all));
    }
    Planned {
        title: format!(
            "{title}, {} – {}",
            day_words(utc_date(survey.since)),
            day_words(utc_date(survey.as_of))
        ),
        as_of,
        accounts,
        quiet,
        brief: briefing::brief(&survey, scope, &sorted),
        plain: if quiet { vec![plain::quiet(&survey, &sorted)] } else { plain::text(&survey, &sorted) },
        actions: full.iter().filter_map(|group| NextStep::of(&survey, group)?.action(&survey)).collect(),
        caveats: plain::late_caveats(&survey).into_iter().map(Part::of_all).collect(),
        below,
        rest: rest(snapshot, scope, now, since, sorted.clone()),
        groups: full,
        remembers: sorted.remembers,
    }
}

/// What stands below a writer's text: what it left out, and the next steps.
fn rest(
    snapshot: &Arc<Snapshot>,
    scope: &DigestScope,
    now: Timestamp,
    since: Option<&Remembered>,
    sorted: Sorted,
) -> Rest {
    let (snapshot, scope, told) = (Arc::clone(snapshot), scope.clone(), since.map(Remembered::as_of));
    Box::new(move |named: &[Group]| {
        let Some(survey) = Survey::of(&snapshot, &scope, now, told) else { return Vec::new() };
        let mut parts = plain::rest(&survey, &sorted, named);
        parts.extend(plain::next_steps(&survey, named));
        parts
    })
}

fn without_data(title: String, as_of: AsOf, since: Option<&Remembered>, now: Timestamp) -> Planned {
    let words = "There are no data yet, so there is nothing to tell.";
    Planned {
        title,
        as_of,
        accounts: 0,
        quiet: true,
        brief: Brief::default(),
        plain: vec![Part::of_all(Block::Text(Prose::plain(words)))],
        groups: Vec::new(),
        rest: Box::new(|_named| Vec::new()),
        below: Vec::new(),
        caveats: Vec::new(),
        actions: Vec::new(),
        remembers: since.cloned().unwrap_or(Remembered::new(now, Default::default())),
    }
}

/// Puts a digest together.
fn assembled(planned: Planned, text: Option<Vec<Section>>, written: WrittenBy) -> Composed {
    let mut parts = match text {
        None => planned.plain,
        Some(sections) => {
            let mut parts: Vec<Part> =
                sections.iter().enumerate().map(|(at, section)| of_section(section, at == 0)).collect();
            let is_named = |group: &&Group| parts.iter().any(|part| part.about.contains(&group.account));
            let named: Vec<Group> = planned.groups.iter().filter(is_named).cloned().collect();
            parts.extend((planned.rest)(&named));
            parts
        }
    };
    parts.extend(planned.below);
    parts.extend(planned.caveats);
    if !planned.quiet {
        parts.push(Part::of_all(Block::Text(who_wrote(&written))));
    }
    let answer = Answer {
        title: planned.title,
        blocks: parts.iter().map(|part| part.block.clone()).collect(),
        as_of: planned.as_of,
        path: None,
        actions: planned.actions,
        picks: Vec::new(),
        private: false,
    };
    let kept = KeptDigest::of(&answer, &parts, written.clone(), planned.accounts);
    Composed { answer, written, kept, remembers: planned.remembers, quiet: planned.quiet }
}

/// A section as a paragraph. The first one is the headline, which needs no title unless that names an account.
fn of_section(section: &Section, is_first: bool) -> Part {
    let names_account = section.title.0.iter().any(|span| matches!(span, Span::Outside(_)));
    let mut said = Prose::default();
    if !is_first || names_account {
        said = section.title.clone().and(":");
    }
    for sentence in &section.sentences {
        said = if said.0.is_empty() { said } else { said.and(" ") };
        said.0.extend(sentence.prose.0.clone());
    }
    Part::about(section.sentences.iter().flat_map(|one| &one.accounts), Block::Text(said))
}

/// Who wrote it, for the reader.
fn who_wrote(written: &WrittenBy) -> Prose {
    match written {
        WrittenBy::Ai { model } => {
            let words = ", an AI; etsm filled in each figure and checked each sentence against it.";
            Prose::plain("Written by ").outside(model).and(words)
        }
        WrittenBy::Plain { why: None } => Prose::plain("Plain digest, written by etsm itself."),
        WrittenBy::Plain { why: Some(why) } => {
            Prose::plain("Plain digest, written by etsm itself: ").outside(why).and(".")
        }
    }
}
