//! The brief of a digest: its findings as numbered facts, with what may be said of each account.

use crate::domain::AccountId;
use crate::domain::InitiativeId;
use crate::reply::Block;
use crate::reply::Prose;
use crate::reply::Span;
use crate::writer::Brief;
use crate::writer::State;

use super::finding::{Finding, Kind};
use super::group::{Group, Sorted};
use super::next_step::NextStep;
use super::plain;
use super::scope::DigestScope;
use super::survey::Survey;

/// What kind of text is wanted.
pub(super) const TASK: &str = "Write the digest of a period: first a section with the headline, which says what matters \
    in at most two sentences, then a section for each account that asks for action, the most urgent first. Say what is new, \
    why, and end each account with its next step. Tell the totals in a last section, in sentences about nobody.";

/// The brief of what a digest tells.
pub(super) fn brief(survey: &Survey<'_>, scope: &DigestScope, sorted: &Sorted) -> Brief {
    let mut brief = Brief::default();
    for group in plain::told_in_full(survey, sorted) {
        let Some(at) = brief.subject(survey.snapshot, &group.account) else { continue };
        let before = survey.snapshot.health_at(&group.account, survey.since).and_then(|health| health.band);
        let subject = &mut brief.accounts[at];
        subject.band_before = before.filter(|before| Some(*before) != subject.band);
        for told in &group.findings {
            hold(&mut brief, survey, at, &told.finding, told.since.is_none());
            let words = said(&mut brief, survey, &told.finding.said, &group);
            let status = if survey.is_first || told.since.is_none() { "new" } else { "still open" };
            brief.told.push(format!("[a{}] ({status}): {words}", at + 1));
        }
        if let Some(step) = NextStep::of(survey, &group) {
            let words = said(&mut brief, survey, &step.said, &group);
            brief.told.push(format!("[a{}] (next step): {words}", at + 1));
        }
    }
    for over in &sorted.over {
        if let Some(at) = brief.subject(survey.snapshot, &over.account) {
            brief.accounts[at].holds.insert(State::Resolved);
            brief.told.push(format!("[a{}] (resolved): {}", at + 1, over.what));
        }
    }
    if let Some(Block::Facts(lines)) = plain::figures(survey, scope) {
        for line in &lines {
            let number = brief.add(survey.snapshot, &line.fact);
            let change = line.change.as_ref().and_then(|change| brief.add(survey.snapshot, change));
            if let Some(number) = number {
                let change = change.map(|change| format!(", change [{change}]")).unwrap_or_default();
                brief.told.push(format!("total: {} [{number}]{change}", line.label));
            }
        }
    }
    brief
}

/// Notes what holds of an account, and of its initiative, by a finding.
fn hold(brief: &mut Brief, survey: &Survey<'_>, account: usize, finding: &Finding, is_new: bool) {
    let state = match finding.kind {
        Kind::Silent => Some(State::Silent),
        Kind::Renewal => Some(State::Renewal),
        Kind::Overdue(_) => Some(State::Overdue),
        Kind::Blocked => Some(State::Blocked),
        Kind::Due => Some(State::Due),
        Kind::Done => Some(State::Done),
        Kind::Dip | Kind::Spike | Kind::Errors => Some(State::Unusual),
        Kind::AtRisk
        | Kind::Fall
        | Kind::UnderCommitment
        | Kind::OverCommitment
        | Kind::Slipped
        | Kind::Rise
        | Kind::Recovered => None,
    };
    if let Some(id) = &finding.initiative
        && brief.initiative(survey.snapshot, id).is_some()
        && let Some(task) = brief.initiatives.iter_mut().find(|task| task.id == *id)
    {
        task.holds.extend(state);
    }
    let holds = &mut brief.accounts[account].holds;
    holds.extend(state);
    if is_new && !survey.is_first {
        holds.insert(State::New);
    }
}

/// A sentence with numbers in the places of figures and names.
fn said(brief: &mut Brief, survey: &Survey<'_>, prose: &Prose, group: &Group) -> String {
    let mut words = String::new();
    for span in &prose.0 {
        match span {
            Span::Plain(text) | Span::Code(text) => words.push_str(text),
            Span::Fact(fact) => match brief.add(survey.snapshot, fact) {
                Some(number) => words.push_str(&format!("[{number}]")),
                None => words.push_str("(a figure)"),
            },
            Span::Outside(text) => match initiative_called(survey, &group.account, text) {
                Some(id) => {
                    let number = brief.initiative(survey.snapshot, &id).unwrap_or_default();
                    words.push_str(&format!("[{number}]"));
                }
                None => words.push_str(text),
            },
        }
    }
    words
}

/// The initiative of an account that has this title.
fn initiative_called(survey: &Survey<'_>, account: &AccountId, title: &str) -> Option<InitiativeId> {
    let mut all = survey.snapshot.initiatives().filter(|one| one.account == *account);
    all.find(|one| one.title == title).map(|one| one.id.clone())
}
