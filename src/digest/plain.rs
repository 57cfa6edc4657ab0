//! The plain digest: sentences by templates, from the same findings that a writer gets.

use crate::domain::AccountId;
use crate::domain::Band;
use crate::domain::Bound;
use crate::domain::Fact;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::reply::Block;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Span;

use super::finding::Finding;
use super::group::{Group, Over, Sorted, Told};
use super::kept::Part;
use super::next_step::NextStep;
use super::scope::DigestScope;
use super::survey::{LATE_AFTER, Survey, instant_words};

/// Accounts that are told in full; the others by name.
pub(super) const ACCOUNTS_MAX: usize = 6;
/// Findings that are told of an account.
const FINDINGS_MAX: usize = 3;
/// Accounts named in the headline.
const HEADLINE_MAX: usize = 3;
/// Names behind one thing in a list.
const LIST_MAX: usize = 5;

/// The groups that are told in full.
pub(super) fn told_in_full(survey: &Survey<'_>, sorted: &Sorted) -> Vec<Group> {
    let news = sorted.groups.iter().filter(|group| survey.is_first || group.is_new());
    news.take(ACCOUNTS_MAX).cloned().collect()
}

/// Whether there is nothing to tell that was not told before.
pub(super) fn is_quiet(sorted: &Sorted) -> bool {
    sorted.over.is_empty() && !sorted.groups.iter().any(Group::is_new)
}

/// The one line of a quiet period.
pub(super) fn quiet(survey: &Survey<'_>, sorted: &Sorted) -> Part {
    let since = survey.day(utc_date(survey.since));
    let head = if survey.is_first {
        "All quiet: nothing asks for action".to_owned()
    } else {
        format!("Nothing new since {since}")
    };
    let mut said = Prose::plain(head);
    let groups: Vec<&Group> = sorted.groups.iter().collect();
    if !groups.is_empty() {
        said = said.and(". Still open — ");
        said.0.extend(open_list(survey, &groups).0);
    }
    Part::about(groups.iter().map(|group| &group.account), Block::Text(said.and(".")))
}

/// The whole text, without what stands below any digest.
pub(super) fn text(survey: &Survey<'_>, sorted: &Sorted) -> Vec<Part> {
    let full = told_in_full(survey, sorted);
    let mut parts = vec![headline(survey, &full, sorted)];
    parts.extend(
        full.iter().map(|group| Part::about([&group.account], Block::Text(of_account(survey, group)))),
    );
    parts.extend(rest(survey, sorted, &full));
    parts
}

/// What comes below the accounts: more news, what is still open, what is over.
pub(super) fn rest(survey: &Survey<'_>, sorted: &Sorted, full: &[Group]) -> Vec<Part> {
    let is_full = |group: &&Group| full.iter().any(|one| one.account == group.account);
    let (news, open): (Vec<&Group>, Vec<&Group>) = sorted
        .groups
        .iter()
        .filter(|group| !is_full(group))
        .partition(|group| survey.is_first || group.is_new());
    let mut parts = Vec::new();
    for (head, groups) in [("Also — ", news), ("Still open — ", open)] {
        if !groups.is_empty() {
            let mut said = Prose::plain(head);
            said.0.extend(open_list(survey, &groups).0);
            parts.push(Part::about(groups.iter().map(|group| &group.account), Block::Text(said.and("."))));
        }
    }
    if !sorted.over.is_empty() {
        let mut said = Prose::plain("Over — ");
        said.0.extend(over_list(survey, &sorted.over).0);
        parts.push(Part::about(sorted.over.iter().map(|one| &one.account), Block::Text(said.and("."))));
    }
    parts
}

/// `Acme fell to at risk, Beta is silent.`
fn headline(survey: &Survey<'_>, full: &[Group], sorted: &Sorted) -> Part {
    let told = full.iter().take(HEADLINE_MAX).filter_map(|group| Some((group, group.first()?)));
    let told: Vec<_> = told.collect();
    let mut said = Prose::default();
    for (at, (group, first)) in told.iter().enumerate() {
        let glue = match at {
            0 => "",
            _ if at + 1 == told.len() => ", and ",
            _ => ", ",
        };
        said = said.and(glue).outside(name(survey, &group.account));
        said = said.and(format!(" {}", first.finding.headline));
    }
    if told.is_empty() {
        let end = if sorted.over.is_empty() { "" } else { "; some of what was open is over" };
        said = Prose::plain(format!("Nothing new since {}{end}", survey.day(utc_date(survey.since))));
    }
    Part::about(told.iter().map(|(group, _)| &group.account), Block::Text(said.and(".")))
}

/// All of one account, with what to do: what is new in full, what was told before in a few words.
fn of_account(survey: &Survey<'_>, group: &Group) -> Prose {
    let mut said = Prose::default().outside(name(survey, &group.account)).and(" —");
    for told in group.findings.iter().filter(|told| told.since.is_none()).take(FINDINGS_MAX) {
        said = said.and(" ");
        said.0.extend(told.finding.said.0.clone());
    }
    let open: Vec<&Told> = group.findings.iter().filter(|told| told.since.is_some()).collect();
    if !open.is_empty() {
        said = said.and(format!(" Still open: {}.", listed(survey, &open)));
    }
    if let Some(step) = NextStep::of(survey, group) {
        said = said.and(" Next: ");
        said.0.extend(step.said.0);
    }
    merged(said)
}

/// `at risk since 3 Nov 2026, silent`.
fn listed(survey: &Survey<'_>, told: &[&Told]) -> String {
    let mut words: Vec<String> = Vec::new();
    for told in told {
        let word = Finding::listed(told.finding.kind.word()).unwrap_or_default();
        let word = match told.since {
            Some(since) => format!("{word} since {}", survey.day(utc_date(since))),
            None => word.to_owned(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

/// `at risk Acme, Beta; overdue initiative Gamma and others`, the most urgent first.
fn open_list(survey: &Survey<'_>, groups: &[&Group]) -> Prose {
    let told = groups.iter().flat_map(|group| &group.findings).map(|one| &one.finding);
    let mut told: Vec<&Finding> = told.collect();
    told.sort_by(|one, two| two.kind.urgency().total_cmp(&one.kind.urgency()));
    let named = told.iter().filter_map(|one| Some((Finding::listed(one.kind.word())?, &one.account)));
    by_kind(survey, named)
}

fn over_list(survey: &Survey<'_>, over: &[Over]) -> Prose {
    by_kind(survey, over.iter().map(|one| (one.what, &one.account)))
}

/// Accounts behind what they have in common, kinds in the order in which they come.
fn by_kind<'a>(survey: &Survey<'_>, named: impl Iterator<Item = (&'static str, &'a AccountId)>) -> Prose {
    let mut kinds: Vec<(&str, Vec<&AccountId>)> = Vec::new();
    for (what, account) in named {
        match kinds.iter_mut().find(|(known, _)| *known == what) {
            Some((_, accounts)) if accounts.contains(&account) => {}
            Some((_, accounts)) => accounts.push(account),
            None => kinds.push((what, vec![account])),
        }
    }
    let mut said = Prose::default();
    for (at, (what, accounts)) in kinds.iter().enumerate() {
        said = said.and(format!("{}{what}: ", if at == 0 { "" } else { "; " }));
        for (at, account) in accounts.iter().take(LIST_MAX).enumerate() {
            said = said.and(if at == 0 { "" } else { ", " }).outside(name(survey, account));
        }
        if accounts.len() > LIST_MAX {
            said = said.and(" and others");
        }
    }
    said
}

/// The next step of each account, in one paragraph.
pub(super) fn next_steps(survey: &Survey<'_>, groups: &[Group]) -> Option<Part> {
    let mut said = Prose::plain("Next steps —");
    let mut about = Vec::new();
    for group in groups {
        let Some(step) = NextStep::of(survey, group) else { continue };
        said = said.and(" ").outside(name(survey, &group.account)).and(": ");
        said.0.extend(step.said.0);
        about.push(&group.account);
    }
    (!about.is_empty()).then(|| Part::about(about, Block::Text(merged(said))))
}

/// Headline figures. Those of some accounts of a portfolio have no receipt of their own, so there are none then.
pub(super) fn figures(survey: &Survey<'_>, scope: &DigestScope) -> Option<Block> {
    let filter = match scope {
        DigestScope::Portfolio => UsageFilter::default(),
        DigestScope::Account(id) => UsageFilter::of(id.clone()),
        DigestScope::Owner(_) | DigestScope::Tag(_) => return None,
    };
    let fact = |measure, window: Window| survey.snapshot.fact(measure, &filter, window);
    let mut lines = Vec::new();
    let mut push = |label: String, fact: Option<Fact>, change: Option<Fact>, more_is_good| {
        let change = change.filter(|fact| fact.value != Quantity::Change(None));
        lines.extend(fact.map(|fact| FactLine { label, fact, change, more_is_good }));
    };
    let since = survey.day(survey.window.first_day());
    for (metric, good) in [(Metric::ApiCalls, Some(true)), (Metric::Cost, None)] {
        let label = format!("{} since {since}", metric.title());
        let change = fact(Measure::Change(metric), survey.window);
        push(label, fact(Measure::Sum(metric), survey.window), change, good);
    }
    let month = Grain::Month.around(survey.as_of - jiff::SignedDuration::from_millis(1));
    let label = format!("Cost of {} in all, expected", month.first_day().strftime("%B"));
    push(label, fact(Measure::Expected(Metric::Cost, Bound::Middle), month), None, None);
    let state = survey.state();
    match scope {
        DigestScope::Account(_) => {
            push("Health score".into(), fact(Measure::HealthScore, state), None, Some(true));
        }
        DigestScope::Portfolio | DigestScope::Owner(_) | DigestScope::Tag(_) => {
            push("Accounts at risk".into(), fact(Measure::InBand(Band::AtRisk), state), None, Some(false));
        }
    }
    push("Open initiatives".into(), fact(Measure::InitiativesOpen, state), None, None);
    push("Overdue initiatives".into(), fact(Measure::InitiativesOverdue, state), None, Some(false));
    Some(Block::Facts(lines))
}

/// What the reader must know about data that are not in yet.
pub(super) fn late_caveats(survey: &Survey<'_>) -> Vec<Block> {
    let mut caveats = Vec::new();
    if survey.now.duration_since(survey.as_of) > LATE_AFTER {
        let words =
            format!("The newest data are of {}; what came after is not in yet.", instant_words(survey.as_of));
        caveats.push(Block::Caveat(Prose::plain(words)));
    }
    let mut marks: Vec<_> = match survey.only {
        Some(id) => survey.snapshot.watermarks_of(id).collect(),
        None => survey.snapshot.watermarks().iter().collect(),
    };
    marks.retain(|mark| survey.as_of.duration_since(mark.watermark) > LATE_AFTER);
    for mark in marks {
        let words = Prose::plain("The source ").outside(mark.source.as_str());
        let until = instant_words(mark.watermark);
        caveats.push(Block::Caveat(words.and(format!(
            " has delivered nothing since {until}; no fall of its accounts is told until it does."
        ))));
    }
    caveats
}

/// What people call an account.
pub(super) fn name<'a>(survey: &'a Survey<'_>, id: &'a AccountId) -> &'a str {
    survey.snapshot.account(id).map_or(id.as_str(), |one| &one.name)
}

/// Neighbouring words of ours as one piece.
fn merged(prose: Prose) -> Prose {
    let mut out: Vec<Span> = Vec::with_capacity(prose.0.len());
    for span in prose.0 {
        match (out.last_mut(), span) {
            (Some(Span::Plain(words)), Span::Plain(more)) => words.push_str(&more),
            (_, span) => out.push(span),
        }
    }
    Prose(out)
}
