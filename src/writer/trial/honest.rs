//! An honest writer: true sentences in the ways that people and models put them.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::domain::Measure;
use crate::domain::Metric;

use super::super::brief::{Brief, Direction, Numbered, State};
use super::super::draft::{Draft, DraftSection, DraftSentence};

/// Sentences about one account. `{A}` is the account; `{calls}`, `{before}`, `{dcalls}` … its figures; `{fell}` and the
/// like a word that agrees with the figure named behind it.
const OF_ACCOUNT: &[&str] = &[
    "Calls of {A} {moved:dcalls} by {dcalls} this week.",
    "{A}'s API calls {moved:dcalls} {dcalls} over the last week.",
    "API calls from {A} {moved:dcalls} by {dcalls} to {calls}.",
    "Calls of {A} {moved:dcalls} from {before} to {calls} this week.",
    "Usage at {A} {moved:dcalls} by {dcalls} compared with the week before.",
    "This week {A} made {calls} calls, {more:dcalls} {dcalls} than the week before.",
    "{A} made {calls} API calls this week, against {before} in the week before.",
    "For {A}, calls are {way:dcalls} {dcalls}.",
    "Call volume at {A} is {way:dcalls} {dcalls}, while its cost is {way:dcost} {dcost}.",
    "The cost of {A} {moved:dcost} by {dcost} to {cost}.",
    "{A}'s spend changed by {dcost} and its token usage by {dtokens}.",
    "Tokens of {A} changed by {dtokens}, and calls changed by {dcalls}.",
    "{A} spent {cost} this week, a change in cost of {dcost}.",
    "The spend of {A} was {cost} this week.",
    "{A} used {tokens} tokens this week.",
    "The health score of {A} stands at {score}.",
    "{A} has a health score of {score}, {way:dscore} {dscore} points since the last digest.",
    "{A}'s score {moved:dscore} by {dscore} points to {score}.",
    "The score of {A} changed by {dscore} points, and growth gave {growth} of the change in score.",
    "The cost of {A} is expected to reach {expected} this month.",
    "We expect {A} to spend {expected} this month.",
    "{A} is on course for an expected cost of {expected} this month.",
    "{A} is {band}.",
    "{A} is in the band {band}, with a score of {score}.",
    "{A} moved from {band_before} to {band}.",
    "Errors of {A} {moved:derrors} by {derrors}.",
    "{A} has an {overdue} initiative.",
    "The initiative {I} is overdue.",
    "Ask {A} whether this was planned.",
    "Reach out to {A} this week to understand what changed.",
    "Set up a call with {A} to review their usage.",
    "It would help to ask the team at {A} about their plans for the next quarter.",
    "Next step: schedule a review with {A} and bring the latest figures.",
    "Check with the engineers at {A} whether a migration is under way.",
    "Please follow up with {A} before the end of the week.",
    "Agree on a new date for {I} with the owner.",
    "{A} is the account to look at this week: calls {moved:dcalls} by {dcalls}.",
    "Usage is {way:dcalls} {dcalls} for {A}.",
    "{A} recorded {calls} API calls, with calls {way:dcalls} {dcalls} on the previous week.",
    "Spending by {A} came in at {cost}, with cost {way:dcost} {dcost} week over week.",
    "{A} remains {band} at a score of {score}.",
    "{A} shows a change in errors of {derrors}, which deserves a closer look.",
    "Worth a short check-in with {A}.",
    "I recommend a call with {A} to discuss next steps.",
    "Propose a review of the integration to {A}.",
    "Keep monitoring {A}.",
    "Offer {A} help with adoption.",
    "Token consumption at {A} {moved:dtokens} by {dtokens}.",
    "{A}: calls {moved:dcalls} by {dcalls}.",
    "The forecast cost of {A} for this month is {expected}.",
    "Work with {A} on the overdue initiative {I}.",
    "{A} needs attention: its health score {moved:dscore} by {dscore} points.",
    "Traffic from {A} {moved:dcalls} ({dcalls}) to {calls} calls.",
    "Make sure that {A} knows whom to contact about errors.",
];

/// The same in phrasings that the check was never adapted to: how it fares with writers that nobody knows.
const OTHERWISE: &[&str] = &[
    "{A} logged {calls} calls in the past seven days.",
    "API traffic at {A} is trending {way:dcalls}, with a {dcalls} change.",
    "Notably, {A}'s calls {moved:dcalls} by {dcalls}.",
    "{A} saw calls {way:dcalls} {dcalls} week over week.",
    "Calls for {A} are {way:dcalls} by {dcalls}, and the health score is {score}.",
    "{A} now sits at a health score of {score}.",
    "Cost for {A} moved by {dcost}.",
    "{A} is currently {band} with a health score of {score}.",
    "Its cost came to {cost}, and its calls to {calls}.",
    "With {dcalls}, calls at {A} changed noticeably.",
    "We saw {A}'s API usage change by {dcalls}.",
    "{A} had {calls} calls this week, versus {before} in the previous week.",
    "Month-end cost for {A} is forecast at {expected}.",
    "The projected cost of {A} for the month is {expected}.",
    "{A}'s error count changed by {derrors}.",
    "Get in touch with {A} to learn what drove this.",
    "Book a session with {A} and walk through their endpoints.",
    "Send {A} a short note and ask for an update.",
    "Consider a joint review of usage patterns with {A}.",
    "Have the account owner reach out to {A} about the change in usage.",
    "Let's check in with {A} early next week.",
    "A quick call with {A} should clear this up.",
    "The team should confirm the roadmap with {A}.",
    "Spend at {A} went from its usual level to {cost}.",
    "{A} made {calls} calls.",
    "Calls at {A}: {calls} ({dcalls}).",
    "Tokens at {A} came to {tokens}, a change in tokens of {dtokens}.",
    "{A} has moved from {band_before} to {band}, with a change in score of {dscore} points.",
    "Investigate the change in errors at {A} ({derrors}).",
];

/// Sentences about all accounts.
const OF_ALL: &[&str] = &[
    "Across the portfolio, calls {moved:pdcalls} by {pdcalls} this week.",
    "Portfolio calls came to {pcalls} this week, a change of {pdcalls}.",
    "Total cost across the portfolio was {pcost} this week.",
    "The cost of the portfolio {moved:pdcost} by {pdcost}.",
    "There are {patrisk} accounts at risk.",
    "The number of accounts at risk is {patrisk}.",
    "The portfolio has {poverdue} overdue initiatives.",
];

const TITLES: &[&str] = &["Headline", "What changed this week", "Needs attention", "Next steps", "Summary"];

/// A true draft: a section for a few accounts, and one for all.
pub(super) fn draft(brief: &Brief, rng: &mut ChaCha8Rng) -> Draft {
    let mut sections = Vec::new();
    for _ in 0..rng.random_range(1..=2) {
        let account = rng.random_range(0..brief.accounts.len());
        let count = rng.random_range(1..=3);
        let sentences = (0..count).filter_map(|_| sentence(brief, Some(account), rng)).collect();
        let is_named = rng.random_bool(0.5);
        let title = if is_named { format!("[a{}]", account + 1) } else { pick(TITLES, rng).to_owned() };
        sections.push(DraftSection { title, sentences });
    }
    if rng.random_bool(0.5) {
        let sentences = sentence(brief, None, rng).into_iter().collect();
        sections.push(DraftSection { title: pick(TITLES, rng).to_owned(), sentences });
    }
    sections.retain(|section| !section.sentences.is_empty());
    Draft { sections }
}

/// A sentence in a phrasing that the check was never adapted to, as a draft of its own.
pub(super) fn otherwise(brief: &Brief, rng: &mut ChaCha8Rng) -> Option<Draft> {
    let account = rng.random_range(0..brief.accounts.len());
    let text = (0..40).find_map(|_| filled(brief, Some(account), pick(OTHERWISE, rng), rng))?;
    let sentences = vec![DraftSentence { about: Some(format!("a{}", account + 1)), text }];
    Some(Draft { sections: vec![DraftSection { title: format!("[a{}]", account + 1), sentences }] })
}

/// A true sentence about an account, or about all. A few tries are made: not every sentence fits every account.
pub(super) fn sentence(brief: &Brief, account: Option<usize>, rng: &mut ChaCha8Rng) -> Option<DraftSentence> {
    let templates = if account.is_some() { OF_ACCOUNT } else { OF_ALL };
    let about = account.map(|at| format!("a{}", at + 1));
    (0..40).find_map(|_| {
        let text = filled(brief, account, pick(templates, rng), rng)?;
        Some(DraftSentence { about: about.clone(), text })
    })
}

pub(super) fn pick<'a>(from: &[&'a str], rng: &mut ChaCha8Rng) -> &'a str {
    from.choose(rng).copied().unwrap_or_default()
}

/// The sentence of a template; `None` when a figure of it is not known.
pub(super) fn filled(
    brief: &Brief,
    account: Option<usize>,
    template: &str,
    rng: &mut ChaCha8Rng,
) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(&value(brief, account, slot, rng)?);
        rest = after;
    }
    Some(text + rest)
}

fn value(brief: &Brief, account: Option<usize>, slot: &str, rng: &mut ChaCha8Rng) -> Option<String> {
    if let Some((kind, of)) = slot.split_once(':') {
        let direction = fact(brief, account, of)?.1.direction?;
        return word(kind, direction, rng).map(str::to_owned);
    }
    let subject = account.map(|at| &brief.accounts[at]);
    match slot {
        "A" => account.map(|at| format!("[a{}]", at + 1)),
        "I" => {
            let mine = |one: &super::super::brief::Task| Some(one.account) == account;
            let overdue = |one: &super::super::brief::Task| one.holds.contains(&State::Overdue);
            let at = brief.initiatives.iter().position(|one| mine(one) && overdue(one))?;
            Some(format!("[i{}]", at + 1))
        }
        "overdue" if account.is_some() => {
            subject.filter(|one| one.holds.contains(&State::Overdue)).map(|_one| "overdue".into())
        }
        "band" => subject?.band.map(|band| band.to_string()),
        "band_before" => subject?.band_before.map(|band| band.to_string()),
        _ => fact(brief, account, slot).map(|(at, _)| format!("[f{}]", at + 1)),
    }
}

/// The figure that a slot names.
pub(super) fn fact<'a>(
    brief: &'a Brief,
    account: Option<usize>,
    slot: &str,
) -> Option<(usize, &'a Numbered)> {
    let fits = |one: &Numbered| match (slot.strip_prefix('p').unwrap_or(slot), one.fact.key.measure) {
        ("calls", Measure::Sum(Metric::ApiCalls)) => !one.is_past,
        ("before", Measure::Sum(Metric::ApiCalls)) => one.is_past,
        ("dcalls", Measure::Change(Metric::ApiCalls))
        | ("tokens", Measure::Sum(Metric::Tokens))
        | ("dtokens", Measure::Change(Metric::Tokens))
        | ("cost", Measure::Sum(Metric::Cost))
        | ("dcost", Measure::Change(Metric::Cost))
        | ("derrors", Measure::Change(Metric::Errors))
        | ("score", Measure::HealthScore)
        | ("dscore", Measure::ScoreChange)
        | ("growth", Measure::ScoreCause(_))
        | ("expected", Measure::Expected(..))
        | ("atrisk", Measure::InBand(_))
        | ("overdue", Measure::InitiativesOverdue) => true,
        _ => false,
    };
    let mut numbered = brief.facts.iter().enumerate();
    numbered.find(|(_, one)| one.account == account && fits(one))
}

/// A word that says a direction; `None` where there is none.
fn word(kind: &str, direction: Direction, rng: &mut ChaCha8Rng) -> Option<&'static str> {
    let words: &[&str] = match (kind, direction) {
        ("moved", Direction::Up) => &["rose", "grew", "increased", "climbed", "went up"],
        ("moved", Direction::Down) => &["fell", "dropped", "declined", "decreased", "went down"],
        ("way", Direction::Up) => &["up"],
        ("way", Direction::Down) => &["down"],
        ("more", Direction::Up) => &["more by", "higher by"],
        ("more", Direction::Down) => &["less by", "lower by"],
        _ => return None,
    };
    Some(pick(words, rng))
}
