//! `status`: how fresh the figures are, source by source, and what is held.

use jiff::Timestamp;

use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Range;
use crate::domain::SourceId;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Table;
use crate::store::SourceCourse;

use super::follow_ups::action;
use super::question::{PortfolioSort, Question};
use super::reading::{LATE_AFTER, Reading, instant_words};

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
    let sources = sources(reading);
    if !sources.rows.is_empty() {
        answer.blocks.push(Block::Table(sources));
    }
    answer.blocks.push(Block::Table(parts(reading)));
    answer.blocks.extend(courses(reading).iter().filter_map(|course| trouble(reading, course)));
    answer.blocks.extend(courses(reading).iter().filter_map(told_otherwise));
    answer.blocks.extend(unmapped(reading));
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

/// How it goes with the sources, as far as the database tells.
fn courses<'a>(reading: &Reading<'a>) -> &'a [SourceCourse] {
    reading.feeds.map(|feeds| feeds.courses.as_slice()).unwrap_or_default()
}

fn sources(reading: &Reading<'_>) -> Table {
    let marks = reading.snapshot.watermarks();
    let course = |source: &SourceId| courses(reading).iter().find(|course| course.source == *source);
    let known = marks.iter().map(|mark| (&mark.source, Some(mark.watermark)));
    let is_new = |course: &&SourceCourse| marks.iter().all(|mark| mark.source != course.source);
    let new = courses(reading).iter().filter(is_new).map(|course| (&course.source, course.watermark));
    let row = |(source, watermark): (&SourceId, Option<Timestamp>)| {
        let state = if course(source).is_some_and(|course| course.trouble().is_some()) {
            "fails"
        } else if watermark.is_none_or(|mark| reading.now.duration_since(mark) > LATE_AFTER) {
            "not in yet since then"
        } else {
            "fresh"
        };
        vec![
            Cell::Text(source.to_string()),
            watermark.map_or(Cell::Nothing, |mark| Cell::Text(instant_words(mark))),
            Cell::Text(if watermark.is_none() && state != "fails" { "nothing yet" } else { state }.into()),
        ]
    };
    Table {
        title: "Sources".into(),
        columns: ["Source", "Complete up to", "State"].map(Column::words).into(),
        rows: known.chain(new).map(row).collect(),
        more: 0,
    }
}

/// What is in the way of a source now.
fn trouble(reading: &Reading<'_>, course: &SourceCourse) -> Option<Block> {
    let why = course.trouble()?;
    let since = course.succeeded.map_or_else(
        || ", and has not come yet".to_owned(),
        |last| format!("; it came last on {}", instant_words(last)),
    );
    let again = match course.next {
        Some(next) if next > reading.now => format!(" It is tried again at {}.", instant_words(next)),
        Some(_) | None => String::new(),
    };
    let words = Prose::plain("The source ").outside(course.source.as_str()).and(format!(" fails{since}: "));
    Some(Block::Caveat(words.outside(why).and(again)))
}

/// What must be known about the figures of a source.
fn told_otherwise(course: &SourceCourse) -> Option<Block> {
    let note = course.note.as_deref()?;
    let words = Prose::plain("The source ").outside(course.source.as_str());
    Some(Block::Caveat(words.and(format!(" is read {note}."))))
}

/// Whose usage no rule gives to an account.
fn unmapped(reading: &Reading<'_>) -> Option<Block> {
    let unmapped = reading.feeds.map(|feeds| feeds.unmapped.as_slice()).unwrap_or_default();
    let first = &unmapped.first()?.1;
    let others = match unmapped.len() - 1 {
        0 => String::new(),
        1 => " and one other".to_owned(),
        others => format!(" and {others} others"),
    };
    let words = Prose::plain("No rule says to which account the usage of ").outside(&first.holder);
    let kept = " belongs; it is kept under accounts of its own. The administration lists it.";
    Some(Block::Caveat(words.and(format!("{others}{kept}"))))
}

fn parts(reading: &Reading<'_>) -> Table {
    let database = match (reading.feeds.is_some(), reading.has_room) {
        (true, true) => "answers",
        (true, false) => "full: it answers, and writes nothing down until there is room",
        (false, _) => "does not answer; see the log",
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
