//! `help`: the catalogue, or one command in detail; only what the asker's role may run.

use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::Table;

use super::callable::{Callable, callables, nearest};
use super::catalog::CATALOG;
use super::entry::OptionKind;
use super::follow_ups::action;
use super::question::Question;
use super::reading::Reading;

/// Examples given at once; `help` of one command has its own.
const EXAMPLES_MAX: usize = 5;

pub(super) fn answer(reading: &Reading<'_>, command: Option<&str>) -> Result<Answer, Problem> {
    let question = Question::Help { command: command.map(str::to_owned) };
    let Some(given) = command else { return Ok(overview(reading, &question)) };
    let wanted = given.trim_start_matches('/').to_lowercase();
    let wanted: String = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
    let allowed: Vec<Callable> = allowed(reading).collect();
    if let Some(one) = allowed.iter().find(|one| one.name() == wanted) {
        return Ok(detail(reading, &question, one));
    }
    if let Some(entry) = CATALOG.iter().find(|entry| entry.name == wanted) {
        let parts: Vec<Callable> = allowed.into_iter().filter(|one| one.command == entry.name).collect();
        let mut answer = reading.answer(format!("Help — {}", entry.name), &question);
        answer.private = true;
        answer.blocks.push(Block::Text(Prose::plain(format!("{}.", entry.about))));
        answer.blocks.push(Block::Table(table(&parts)));
        answer.blocks.push(Block::Text(examples(&parts)));
        answer.actions = parts.iter().map(|one| help_action(&one.name())).collect();
        return Ok(answer);
    }
    let names: Vec<String> = allowed.iter().map(Callable::name).collect();
    let nearest = nearest(&wanted, names.iter().map(String::as_str)).map(str::to_owned);
    Err(Problem::UnknownCommand { given: given.to_owned(), nearest })
}

fn allowed(reading: &Reading<'_>) -> impl Iterator<Item = Callable> {
    let role = reading.role;
    callables().filter(move |one| role >= one.needs())
}

fn overview(reading: &Reading<'_>, question: &Question) -> Answer {
    let mut answer = reading.answer("Help — what can be asked", question);
    answer.private = true;
    let words = Prose::plain(
        "Every figure opens a page that shows how it was made. The same words work in chat, in the terminal and in \
         the browser; a name with blanks stands in quotes, as in ",
    );
    answer.blocks.push(Block::Text(words.code("health \"Acme Corp\"").and(".")));
    let all: Vec<Callable> = allowed(reading).collect();
    answer.blocks.push(Block::Table(table(&all)));
    answer.blocks.push(Block::Text(examples(&all)));
    let named = CATALOG.iter().filter(|entry| runs(&all, entry.name));
    let explained = named.map(|entry| help_action(entry.name)).collect();
    answer.picks.push(Pick { label: "Explain a command".into(), options: explained });
    answer
}

/// Whether some part of a command may be run; `help` itself is where one is.
fn runs(allowed: &[Callable], command: &str) -> bool {
    command != "help" && allowed.iter().any(|one| one.command == command)
}

fn help_action(name: &str) -> crate::reply::Action {
    action(name, &Question::Help { command: Some(name.to_owned()) }, false)
}

fn table(commands: &[Callable]) -> Table {
    let row = |one: &Callable| vec![Cell::Text(one.name()), Cell::Text(one.about.into())];
    Table {
        title: "Commands".into(),
        columns: ["Command", "What it answers"].map(Column::words).into(),
        rows: commands.iter().map(row).collect(),
        more: 0,
    }
}

/// Lines to begin with, one for each of the first commands.
fn examples(commands: &[Callable]) -> Prose {
    let mut words = Prose::plain("Try ");
    for (place, one) in commands.iter().take(EXAMPLES_MAX).enumerate() {
        words = if place == 0 { words } else { words.and(", ") }.code(one.example);
    }
    words.and(".")
}

fn detail(reading: &Reading<'_>, question: &Question, one: &Callable) -> Answer {
    let mut answer = reading.answer(format!("Help — {}", one.name()), question);
    answer.private = true;
    let words = Prose::plain(format!("{}. For example ", one.about)).code(one.example).and(".");
    answer.blocks.push(Block::Text(words));
    if !one.options.is_empty() {
        let row = |option: &super::entry::OptionEntry| {
            vec![
                Cell::Text(option.name.into()),
                Cell::Text(option.about.into()),
                Cell::Text(if option.required { "yes" } else { "no" }.into()),
                Cell::Text(takes(option.kind)),
            ]
        };
        answer.blocks.push(Block::Table(Table {
            title: "Options".into(),
            columns: ["Option", "What it does", "Needed", "Takes"].map(Column::words).into(),
            rows: one.options.iter().map(row).collect(),
            more: 0,
        }));
    }
    answer.actions.push(action("All commands", &Question::Help { command: None }, false));
    answer
}

/// What may stand in an option, in words.
pub(super) fn takes(kind: OptionKind) -> String {
    match kind {
        OptionKind::Account => "an account’s name or id".into(),
        OptionKind::Endpoint => "an endpoint".into(),
        OptionKind::Initiative => "an initiative’s id or title".into(),
        OptionKind::Owner => "a person".into(),
        OptionKind::Range => "a range".into(),
        OptionKind::Horizon => "a number of days".into(),
        OptionKind::Since => "a date, or so long ago".into(),
        OptionKind::Due => "a date".into(),
        OptionKind::Money => "an amount".into(),
        OptionKind::Text => "text".into(),
        OptionKind::OneOf(words) => words.join(", "),
        OptionKind::Command => "a command".into(),
        OptionKind::Digest => "a digest’s name".into(),
        OptionKind::Alert => "an alert’s id".into(),
    }
}
