//! An alert as an answer: the message that is edited in place, the one that tells it again, and the page.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::answers::AlertAsked;
use crate::answers::Question;
use crate::answers::Since;
use crate::answers::SnoozeUntil;
use crate::config::AlertWhen;
use crate::domain::Account;
use crate::domain::AlertState;
use crate::domain::Metric;
use crate::domain::Person;
use crate::domain::Range;
use crate::domain::Stretch;
use crate::engine::Snapshot;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Table;

use super::episode::{Episode, LogLine, Member};
use super::headline::{self, instant, name};
use super::subject::Subject;

/// Accounts listed in a message; the page has them all.
const MEMBERS_MAX: usize = 12;
/// Lines of its log in a message.
const LOG_MAX: usize = 6;
/// For how long an alert is kept quiet by one press.
const SNOOZES: [(&str, Stretch); 3] =
    [("4 hours", Stretch::hours(4)), ("1 day", Stretch::days(1)), ("1 week", Stretch::days(7))];

/// How much of an alert is shown, and what may be done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// Members and lines of the log at most.
    pub(super) rows_max: (usize, usize),
    /// Whether whoever reads it may change it.
    pub(super) buttons: bool,
}

impl Shown {
    /// In a message.
    pub(super) const MESSAGE: Self = Self { rows_max: (MEMBERS_MAX, LOG_MAX), buttons: true };
    /// On its page.
    pub(super) const PAGE: Self = Self { rows_max: (200, 200), buttons: true };
}

/// The one message of an alert; its owners are called where `calls` knows their ids.
pub(super) fn posted(
    snapshot: &Snapshot,
    episode: &Episode,
    calls: Option<&BTreeMap<u64, Person>>,
    now: Timestamp,
) -> Answer {
    let mut answer = card(snapshot, episode, Shown::MESSAGE, now);
    if episode.state == AlertState::Open {
        answer.blocks.extend(called(snapshot, episode, calls));
    }
    answer
}

/// A short message that tells an alert again; the one that is edited in place stands further above.
pub(super) fn again(
    snapshot: &Snapshot,
    episode: &Episode,
    calls: Option<&BTreeMap<u64, Person>>,
    now: Timestamp,
) -> Answer {
    let whole = card(snapshot, episode, Shown::MESSAGE, now);
    let since = format!("Still so, and nobody looks after it; it began on {}.", instant(episode.opened));
    let mut blocks = vec![Block::Text(Prose::plain(since))];
    blocks.extend(whole.blocks.iter().find(|block| matches!(block, Block::Facts(_))).cloned());
    blocks.extend(called(snapshot, episode, calls));
    Answer { blocks, ..whole }
}

/// An alert as it stands.
pub(super) fn card(snapshot: &Snapshot, episode: &Episode, shown: Shown, now: Timestamp) -> Answer {
    let mut blocks = vec![Block::Text(standing(episode))];
    match episode.members.as_slice() {
        [one] => {
            let figures = match (one.ended, one.subject.account()) {
                (Some(_), _) => headline::costs(snapshot, one, now),
                (None, Some(id)) => headline::figures(snapshot, &episode.when, id),
                (None, None) => Vec::new(),
            };
            blocks.extend((!figures.is_empty()).then_some(Block::Facts(figures)));
            blocks.extend(delivered(snapshot, &one.subject));
        }
        several => blocks.push(Block::Table(members(snapshot, episode, several, shown.rows_max.0))),
    }
    blocks.extend(log(&episode.log, shown.rows_max.1));
    blocks.push(Block::Text(rule_line(episode)));
    Answer {
        title: headline::title(snapshot, episode),
        blocks,
        as_of: AsOf { data_until: snapshot.as_of(), version: snapshot.version() },
        path: Question::Alert(AlertAsked::Show { id: episode.id }).path(),
        actions: actions(episode, shown.buttons),
        picks: if shown.buttons && !episode.is_over() { vec![snoozes(episode)] } else { Vec::new() },
        private: false,
    }
}

/// How it stands, in a sentence.
fn standing(episode: &Episode) -> Prose {
    let since = instant(episode.opened);
    match episode.state {
        AlertState::Open => Prose::plain(format!("Open since {since}; nobody looks after it yet.")),
        AlertState::Acknowledged => {
            let head = Prose::plain(format!("Since {since}. "));
            match &episode.keeper {
                Some(who) => head.outside(who).and(" looks after it."),
                None => head.and("Someone looks after it."),
            }
        }
        AlertState::Snoozed => {
            let until =
                episode.snoozed_until.map_or_else(String::new, |until| format!(" until {}", instant(until)));
            Prose::plain(format!("Since {since}. It is kept quiet{until}."))
        }
        AlertState::Recovered => {
            let ended = episode.ended.unwrap_or(episode.opened);
            let lasted = Stretch::of(ended.duration_since(episode.opened)).rounded();
            let words =
                if lasted == Stretch::NONE { "at once".into() } else { format!("after {}", lasted.words()) };
            Prose::plain(format!("It began on {since} and was over {words}."))
        }
    }
}

/// Up to when a source has delivered.
fn delivered(snapshot: &Snapshot, subject: &Subject) -> Option<Block> {
    let Subject::Source(source) = subject else { return None };
    let mark = snapshot.watermarks().iter().find(|mark| mark.source == *source)?;
    let words =
        format!("It has delivered up to {}; figures after that are not complete.", instant(mark.watermark));
    Some(Block::Text(Prose::plain(words)))
}

fn members(snapshot: &Snapshot, episode: &Episode, all: &[Member], rows_max: usize) -> Table {
    let figure = |member: &Member| {
        let lines = member.subject.account().map(|id| headline::figures(snapshot, &episode.when, id));
        lines.and_then(|lines| lines.into_iter().next()).map_or(Cell::Nothing, |line| Cell::Fact(line.fact))
    };
    let row = |member: &&Member| {
        let text = name(snapshot, &member.subject);
        let about = match member.subject.account() {
            Some(id) => Question::Health { account: id.to_string(), since: None }.path(),
            None => None,
        };
        let state = match (member.ended, member.level) {
            (Some(_), _) => "recovered".to_owned(),
            (None, 0) => "goes on".to_owned(),
            (None, level) => format!("reached {level}%"),
        };
        vec![
            about.map_or(Cell::Text(text.clone()), |path| Cell::Link { text, path }),
            figure(member),
            Cell::Text(state),
            Cell::Text(instant(member.since)),
        ]
    };
    // What goes on comes first.
    let mut sorted: Vec<&Member> = all.iter().collect();
    sorted.sort_by_key(|member| member.ended.is_some());
    let heading = match episode.when {
        AlertWhen::Unusual { metric, .. } => metric.title(),
        AlertWhen::Spend { .. } => "Spent",
        AlertWhen::Forecast { .. } => "Expected",
        AlertWhen::Idle(_) | AlertWhen::Overdue => "Overdue",
        AlertWhen::Churn(_) => "May fall silent",
        AlertWhen::Silent(_) => "Delivered",
        AlertWhen::Band(_) | AlertWhen::Score(_) | AlertWhen::Drop { .. } => "Health score",
    };
    Table {
        title: "What it is about".into(),
        columns: vec![
            Column::words("Which"),
            Column::figures(heading),
            Column::words("State"),
            Column::words("Since"),
        ],
        rows: sorted.iter().take(rows_max).map(row).collect(),
        more: all.len().saturating_sub(rows_max),
    }
}

/// What happened, newest first.
fn log(lines: &[LogLine], rows_max: usize) -> Option<Block> {
    let row = |line: &LogLine| {
        let who = line.who.as_ref().map(|who| format!("{who}: ")).unwrap_or_default();
        let said = line.said.as_ref().map(|said| format!(" “{said}”")).unwrap_or_default();
        vec![Cell::Text(instant(line.at)), Cell::Text(format!("{who}{}{said}", line.what))]
    };
    (!lines.is_empty()).then(|| {
        Block::Table(Table {
            title: "What happened".into(),
            columns: ["When", "What"].map(Column::words).into(),
            rows: lines.iter().rev().take(rows_max).map(row).collect(),
            more: lines.len().saturating_sub(rows_max),
        })
    })
}

fn rule_line(episode: &Episode) -> Prose {
    let refused = episode
        .places
        .iter()
        .filter_map(|place| place.refused.as_ref().map(|why| format!(" Not told at {}: {why}.", place.to)));
    let held = (episode.told.is_none() && !episode.is_over())
        .then(|| " It is told when its quiet hours end.".into());
    let more: String = refused.chain(held).collect();
    Prose::plain(format!("{} · rule {} · {}.", episode.id, episode.rule, episode.when)).and(more)
}

fn actions(episode: &Episode, buttons: bool) -> Vec<Action> {
    let ask = |label: &str, question: &Question| Action {
        label: label.into(),
        line: question.line(),
        current: false,
        form: false,
    };
    let mut actions = Vec::new();
    if buttons && matches!(episode.state, AlertState::Open | AlertState::Snoozed) {
        let ack = Question::Alert(AlertAsked::Ack { id: episode.id, text: None });
        actions.push(Action { form: true, ..ask("Acknowledge…", &ack) });
    }
    if let [Member { subject, .. }] = episode.members.as_slice()
        && let Some(id) = subject.account()
    {
        let account = Some(id.to_string());
        actions.push(match (&episode.when, subject) {
            (AlertWhen::Unusual { metric, .. }, _) => {
                ask("Why?", &Question::Anomalies { account, range: Range::Days(7), metric: *metric })
            }
            (AlertWhen::Spend { .. } | AlertWhen::Forecast { .. }, _) => {
                let horizon = crate::domain::Horizon::DEFAULT;
                ask("Why?", &Question::Forecast { account, metric: Metric::Cost, horizon })
            }
            (_, Subject::Initiative(_, initiative)) => {
                ask("Why?", &Question::InitiativeShow { id: initiative.to_string() })
            }
            _ => ask("Why?", &Question::Why { account: id.to_string(), since: Since::DEFAULT, until: None }),
        });
        actions.push(ask("Health", &Question::Health { account: id.to_string(), since: None }));
    }
    actions.push(ask("All alerts", &Question::Alert(AlertAsked::List { account: None, status: None })));
    actions
}

/// A select of how long it is kept quiet.
fn snoozes(episode: &Episode) -> Pick {
    let option = |(label, stretch): (&str, Stretch)| {
        let until = SnoozeUntil::For(stretch);
        let line = Question::Alert(AlertAsked::Snooze { id: episode.id, until }).line();
        Action { label: label.into(), line, current: false, form: false }
    };
    Pick { label: "Keep quiet for …".into(), options: SNOOZES.map(option).into() }
}

/// The owners of the accounts that it is about, by the ids that the settings give.
fn called(snapshot: &Snapshot, episode: &Episode, calls: Option<&BTreeMap<u64, Person>>) -> Option<Block> {
    let calls = calls?;
    let going_on = episode.going_on().filter_map(|member| member.subject.account());
    let owns = |account: &Account, person: &Person| {
        let own = account.owner.as_ref().map(|owner| owner.as_str().to_lowercase());
        own == Some(person.as_str().to_lowercase())
    };
    let accounts: Vec<&Account> = going_on.filter_map(|id| snapshot.account(id)).collect();
    let owners = calls.iter().filter(|(_, person)| accounts.iter().any(|account| owns(account, person)));
    let spans: Vec<Span> = owners
        .flat_map(|(user, person)| {
            let called = Span::Person { user: *user, name: person.to_string() };
            [Span::Plain(" ".into()), called]
        })
        .collect();
    (!spans.is_empty()).then(|| Block::Text(Prose([vec![Span::Plain("For".into())], spans].concat())))
}
