//! `alert list`: alerts, those that need someone first, and what is watched for.

use crate::answers::AlertAsked;
use crate::answers::Question;
use crate::domain::AlertState;
use crate::engine::Snapshot;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::Table;

use super::episode::Episode;
use super::headline::{self, instant};
use super::rules::RuleAtHand;
use super::words::explained;

/// Rows of the list.
const ROWS_MAX: usize = 50;

/// What is listed.
pub(super) struct Asked<'a> {
    /// As it was asked, with the account by its id.
    pub(super) question: AlertAsked,
    /// What people call the account.
    pub(super) account: Option<&'a str>,
    pub(super) status: Option<AlertState>,
}

/// `open` and `past` are those that the asker may know of.
pub(super) fn list(
    snapshot: &Snapshot,
    asked: &Asked<'_>,
    mut listed: Vec<Episode>,
    rules: &[RuleAtHand],
) -> Answer {
    // Those that need someone come first, the newest of them first.
    listed.sort_by(|one, two| one.state.cmp(&two.state).then(two.id.cmp(&one.id)));
    let whose = asked.account.unwrap_or("Portfolio");
    let mut blocks = Vec::new();
    if listed.is_empty() {
        let words = match asked.status {
            None => "Nothing needs anyone just now.".to_owned(),
            Some(state) => format!("There are no alerts that are {state}."),
        };
        blocks.push(Block::Text(Prose::plain(words)));
    } else {
        blocks.push(Block::Table(table(snapshot, &listed, asked.status)));
    }
    if asked.account.is_none() && asked.status.is_none() {
        blocks.push(Block::Table(watched(rules)));
    }
    Answer {
        title: format!("{whose} — alerts"),
        blocks,
        as_of: AsOf { data_until: snapshot.as_of(), version: snapshot.version() },
        path: Question::Alert(asked.question.clone()).path(),
        actions: listed.iter().take(3).map(show).collect(),
        picks: vec![states(asked)],
        private: false,
    }
}

fn show(episode: &Episode) -> Action {
    let line = Question::Alert(AlertAsked::Show { id: episode.id }).line();
    Action { label: episode.id.to_string(), line, current: false, form: false }
}

fn table(snapshot: &Snapshot, listed: &[Episode], status: Option<AlertState>) -> Table {
    let row = |one: &Episode| {
        let path = Question::Alert(AlertAsked::Show { id: one.id }).path().unwrap_or_default();
        let whom = match one.members.as_slice() {
            [member] => headline::name(snapshot, &member.subject),
            [first, rest @ ..] => {
                format!("{} and {} more", headline::name(snapshot, &first.subject), rest.len())
            }
            [] => String::new(),
        };
        vec![
            Cell::Link { text: one.id.to_string(), path },
            Cell::Text(whom),
            Cell::Text(headline::what(&one.when, &one.members)),
            Cell::Text(one.state.to_string()),
            Cell::Text(instant(one.opened)),
            one.keeper.clone().map_or(Cell::Nothing, Cell::Text),
        ]
    };
    Table {
        title: match status {
            None => "Those that need someone first".into(),
            Some(state) => headline::state(state).into(),
        },
        columns: ["Id", "Whom", "What", "State", "Since", "Who looks after it"].map(Column::words).into(),
        rows: listed.iter().take(ROWS_MAX).map(row).collect(),
        more: listed.len().saturating_sub(ROWS_MAX),
    }
}

/// The rules in words.
pub(super) fn watched(rules: &[RuleAtHand]) -> Table {
    let row = |one: &RuleAtHand| vec![Cell::Text(one.rule.name.clone()), Cell::Text(explained(&one.rule))];
    Table {
        title: "What is watched for".into(),
        columns: ["Rule", "In words"].map(Column::words).into(),
        rows: rules.iter().map(row).collect(),
        more: 0,
    }
}

/// A select of how the listed ones stand.
fn states(asked: &Asked<'_>) -> Pick {
    let account = match &asked.question {
        AlertAsked::List { account, .. } => account.clone(),
        _ => None,
    };
    let option = |label: &str, status: Option<AlertState>| {
        let line = Question::Alert(AlertAsked::List { account: account.clone(), status }).line();
        Action { label: label.into(), line, current: asked.status == status, form: false }
    };
    let mut options = vec![option("Not over", None)];
    options.extend(AlertState::ALL.iter().map(|state| option(headline::state(*state), Some(*state))));
    Pick { label: "State".into(), options }
}
