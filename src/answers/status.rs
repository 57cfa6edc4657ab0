//! `status`: how fresh the figures are, source by source, and what is held.

use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::SourceMark;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Table;

use super::follow_ups::action;
use super::question::{PortfolioSort, Question};
use super::reading::{DatabaseState, LATE_AFTER, Reading, instant_words};
use crate::domain::Range;

pub(super) fn answer(reading: &Reading<'_>) -> Answer {
    let mut answer = reading.answer("Status", &Question::Status);
    let sort = PortfolioSort::default();
    let portfolio = Question::Portfolio { band: None, owner: None, sort, range: Range::DEFAULT };
    answer.actions.push(action("Portfolio", &portfolio, false));
    answer.actions.push(action("Help", &Question::Help { command: None }, false));

    answer.blocks.push(Block::Text(head(reading)));
    let held = held(reading);
    if !held.is_empty() {
        answer.blocks.push(Block::Facts(held));
    }
    if !reading.snapshot.watermarks().is_empty() {
        answer.blocks.push(Block::Table(sources(reading)));
    }
    answer.blocks.push(Block::Table(parts(reading)));
    answer
}

fn head(reading: &Reading<'_>) -> Prose {
    match reading.snapshot.as_of() {
        None => Prose::plain("There are no data yet. Import some with ")
            .code("etsm import usage FILE")
            .and(", or look around with ")
            .code("etsm demo")
            .and("."),
        Some(as_of) if reading.now.duration_since(as_of) > LATE_AFTER => Prose::plain(format!(
            "The figures go up to {}; what came after is not in yet.",
            instant_words(as_of)
        )),
        Some(as_of) => {
            Prose::plain(format!("The figures are fresh: they go up to {}.", instant_words(as_of)))
        }
    }
}

/// What is held: accounts, and all usage ever recorded.
fn held(reading: &Reading<'_>) -> Vec<FactLine> {
    let firsts = reading.snapshot.accounts().filter_map(|account| reading.snapshot.first_use(&account.id));
    let (Some(first), Some(as_of)) = (firsts.min(), reading.snapshot.as_of()) else { return Vec::new() };
    let Some(window) = Window::new(first, as_of) else { return Vec::new() };
    let all = UsageFilter::default();
    let mut lines = Vec::new();
    lines.extend(reading.line("Accounts", Measure::Accounts, &all, window));
    lines.extend(reading.line("Open initiatives", Measure::InitiativesOpen, &all, window));
    for metric in [Metric::ApiCalls, Metric::Tokens, Metric::Cost] {
        let line = reading.sum_line(metric, &all, window, false);
        lines.extend(line.map(|line| FactLine { label: format!("{} held", line.label), ..line }));
    }
    lines
}

fn sources(reading: &Reading<'_>) -> Table {
    let row = |mark: &SourceMark| {
        let is_late = reading.now.duration_since(mark.watermark) > LATE_AFTER;
        vec![
            Cell::Text(mark.source.to_string()),
            Cell::Text(instant_words(mark.watermark)),
            Cell::Text(if is_late { "not in yet since then" } else { "fresh" }.into()),
        ]
    };
    Table {
        title: "Sources".into(),
        columns: ["Source", "Complete up to", "State"].map(Column::words).into(),
        rows: reading.snapshot.watermarks().iter().map(row).collect(),
        more: 0,
    }
}

fn parts(reading: &Reading<'_>) -> Table {
    let database = match reading.database {
        DatabaseState::Answers => "answers",
        DatabaseState::Full => "full: it answers, and writes nothing down until there is room",
        DatabaseState::Silent => "does not answer; see the log",
    };
    let rules = format!("version {}", reading.snapshot.rules().version);
    let rows = [
        ("Database", database.to_owned()),
        ("Figures", format!("version {}", reading.snapshot.version())),
        ("Built", instant_words(reading.snapshot.built_at())),
        ("Health rules", rules),
    ];
    Table {
        title: "Parts".into(),
        columns: ["Part", "State"].map(Column::words).into(),
        rows: rows
            .into_iter()
            .map(|(part, state)| vec![Cell::Text(part.into()), Cell::Text(state)])
            .collect(),
        more: 0,
    }
}
