//! Composed digests as a reader sees them.

mod kept;
mod portfolio;
mod written;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::AccountId;
use crate::domain::Claim;
use crate::domain::Fact;
use crate::domain::Scope;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Prose;
use crate::reply::Span;
use crate::writer::People;
use crate::writer::Writer;
use portfolio::{Made, demo};

/// Longer than any writer here takes, but the one that hangs.
const DEADLINE: Duration = Duration::from_secs(6);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn try_compose(
    snapshot: &Arc<Snapshot>,
    scope: &DigestScope,
    since: Option<&Remembered>,
    writer: Option<&dyn Writer>,
) -> Result<Composed, Problem> {
    let commission = Commission {
        name: "monday",
        scope,
        since,
        now: snapshot.built_at() + SignedDuration::from_mins(5),
        snapshot: scope.cut(snapshot),
        writer,
        people: People::Hidden,
        deadline: DEADLINE,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(compose(commission))
}

fn composed(snapshot: &Arc<Snapshot>, since: Option<&Remembered>) -> Composed {
    try_compose(snapshot, &DigestScope::Portfolio, since, None).unwrap()
}

/// All of an answer but its picture, line by line.
fn shown(answer: &Answer) -> String {
    let mut lines = vec![answer.title.clone()];
    for block in &answer.blocks {
        match block {
            Block::Text(prose) => lines.push(plain_text(prose)),
            Block::Caveat(prose) => lines.push(format!("! {}", plain_text(prose))),
            Block::Facts(facts) => lines.extend(facts.iter().map(|line| {
                let change = line.change.as_ref().map(|fact| format!(" ({})", fact.value.short()));
                format!("  {}: {}{}", line.label, line.fact.value.short(), change.unwrap_or_default())
            })),
            Block::Table(table) => lines.extend(table.rows.iter().map(|row| {
                let cell = |cell: &Cell| match cell {
                    Cell::Text(text) => text.clone(),
                    Cell::Fact(fact) => fact.value.short(),
                    _ => "–".into(),
                };
                format!("  {}", row.iter().map(cell).collect::<Vec<_>>().join(" | "))
            })),
            Block::Chart(chart) => lines.push(format!("  [{}: {}]", chart.title(), chart.description())),
        }
    }
    lines.extend(answer.actions.iter().map(|action| format!("  {} = {}", action.label, action.line)));
    lines.join("\n")
}

/// The paragraphs alone.
fn text(composed: &Composed) -> String {
    let said = composed.answer.blocks.iter().filter_map(|block| match block {
        Block::Text(prose) | Block::Caveat(prose) => Some(plain_text(prose)),
        Block::Facts(_) | Block::Table(_) | Block::Chart(_) => None,
    });
    said.collect::<Vec<_>>().join("\n")
}

fn plain_text(prose: &Prose) -> String {
    let piece = |span: &Span| match span {
        Span::Plain(words) | Span::Outside(words) | Span::Code(words) => words.clone(),
        Span::Fact(fact) => fact.value.short(),
    };
    prose.0.iter().map(piece).collect()
}

#[test]
fn the_first_digest_of_the_demo_reads_well() {
    insta::assert_snapshot!(shown(&composed(&demo("2026-11-23T07:00:00Z"), None).answer));
}

#[test]
fn a_week_later_it_tells_what_is_new_still_open_and_over() {
    let first = composed(&demo("2026-11-23T07:00:00Z"), None);
    let second = composed(&demo("2026-11-30T07:00:00Z"), Some(&first.remembers));
    insta::assert_snapshot!(text(&second));
    assert!(!second.quiet);
}

#[test]
fn the_book_of_an_owner_has_no_totals_without_a_receipt() {
    let snapshot = demo("2026-11-23T07:00:00Z");
    let digest = try_compose(&snapshot, &"owner:dana".parse().unwrap(), None, None).unwrap();
    insta::assert_snapshot!(shown(&digest.answer));
    let unfiltered = facts(&digest).into_iter().filter(|fact| fact.key.filter.account.is_none());
    assert_eq!(unfiltered.count(), 0);
}

#[test]
fn a_fall_is_new_then_still_open_then_over() {
    let steady = Made::new().steady("acme", 28, 1_000);
    let first = composed(&steady.until(28), None);
    assert_eq!(text(&first), "All quiet: nothing asks for action.");
    let fallen = steady.clone().days("acme", 28..35, 300);
    let second = composed(&fallen.until(35), Some(&first.remembers));
    insta::assert_snapshot!("a_fall_is_new", text(&second));
    let third = composed(&fallen.clone().days("acme", 35..36, 300).until(36), Some(&second.remembers));
    assert!(third.quiet, "{}", text(&third));
    insta::assert_snapshot!("a_fall_is_still_open", text(&third));
    let back = fallen.days("acme", 35..49, 1_000);
    let fourth = composed(&back.until(49), Some(&third.remembers));
    insta::assert_snapshot!("a_fall_is_over", text(&fourth));
}

#[test]
fn a_quiet_period_is_one_line() {
    let steady = Made::new().steady("acme", 42, 1_000);
    let first = composed(&steady.until(35), None);
    let second = composed(&steady.until(42), Some(&first.remembers));
    assert!(second.quiet);
    assert_eq!(text(&second), "Nothing new since 5 Apr.");
    assert!(second.answer.blocks.len() == 1 && second.answer.actions.is_empty());
}

#[test]
fn late_data_are_never_a_decline() {
    let made = Made::new().steady("acme", 28, 1_000).steady("beta", 35, 1_000).from("beta", "gateway");
    let snapshot = made.late("import", 28).until(35);
    let digest = composed(&snapshot, None);
    insta::assert_snapshot!(text(&digest));
    assert!(!text(&digest).contains("fewer calls"));
}

#[test]
fn what_is_open_of_late_data_stays_open_and_is_not_told_as_over() {
    let made = Made::new().steady("acme", 28, 1_000).days("acme", 28..35, 300);
    let first = composed(&made.until(35), None);
    let later = made.steady("beta", 42, 1_000).from("beta", "gateway").late("import", 35);
    let second = composed(&later.until(42), Some(&first.remembers));
    assert!(!text(&second).contains("Over"), "{}", text(&second));
    let back = later.days("acme", 35..49, 1_000).late("import", 49).until(49);
    assert!(text(&composed(&back, Some(&second.remembers))).contains("Over — fewer calls: Acme"));
}

#[test]
fn without_data_it_says_so() {
    let digest = composed(&Made::new().until(0), None);
    assert_eq!(text(&digest), "There are no data yet, so there is nothing to tell.");
    assert!(digest.quiet);
}

#[test]
fn an_account_that_is_not_there_is_a_problem() {
    let snapshot = Made::new().steady("acme", 28, 1_000).until(28);
    let problem = try_compose(&snapshot, &"nobody".parse().unwrap(), None, None).unwrap_err();
    assert!(matches!(problem, Problem::UnknownAccount { .. }));
}

#[test]
fn each_account_that_is_told_has_one_next_step_that_opens_as_an_initiative() {
    let digest = composed(&demo("2026-11-23T07:00:00Z"), None);
    let told = text(&digest).matches("Next: ").count();
    assert!(told > 2 && digest.answer.actions.len() == told);
    for action in &digest.answer.actions {
        assert!(action.form && action.line.starts_with("initiative add "), "{}", action.line);
        crate::answers::Question::parse(&action.line).unwrap();
    }
}

/// All figures of a digest.
fn facts(digest: &Composed) -> Vec<Fact> {
    let mut facts = Vec::new();
    for block in &digest.answer.blocks {
        match block {
            Block::Text(prose) | Block::Caveat(prose) => {
                facts.extend(prose.0.iter().filter_map(|span| match span {
                    Span::Fact(fact) => Some(fact.clone()),
                    Span::Plain(_) | Span::Outside(_) | Span::Code(_) => None,
                }));
            }
            Block::Facts(lines) => {
                for line in lines {
                    facts.push(line.fact.clone());
                    facts.extend(line.change.clone());
                }
            }
            Block::Table(_) | Block::Chart(_) => {}
        }
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_number_of_a_digest_is_a_fact_that_the_snapshot_gives_again(
        hours in 0_i64..400,
        scope in prop::sample::select(vec!["portfolio", "owner:dana", "tag:emea"]),
    ) {
        let until = at("2026-11-10T00:00:00Z") + SignedDuration::from_hours(hours);
        let snapshot = demo(&until.to_string());
        let scope: DigestScope = scope.parse().unwrap();
        let digest = try_compose(&snapshot, &scope, None, None).unwrap();
        let cut = scope.cut(&snapshot);
        for fact in facts(&digest) {
            let again = cut.fact(fact.key.measure, &fact.key.filter, fact.key.window);
            prop_assert_eq!(again, Some(fact));
        }
        // What is left are dates: days, months and years, and a time of day.
        for block in &digest.answer.blocks {
            if let Block::Text(prose) | Block::Caveat(prose) = block {
                for span in &prose.0 {
                    if let Span::Plain(words) = span {
                        prop_assert!(without_dates(words).chars().all(|c| !c.is_numeric()), "{}", words);
                    }
                }
            }
        }
    }
}

/// Without `22 Nov`, `22 Nov 2026` and `22 Nov 2026 14:00 UTC`.
fn without_dates(words: &str) -> String {
    let tokens: Vec<&str> = words.split(' ').collect();
    let is_month = |token: &str| {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        months.contains(&token.trim_end_matches(|c: char| !c.is_alphanumeric()))
    };
    let is_of_date = |at: usize| {
        is_month(tokens.get(at + 1).unwrap_or(&""))
            || (at > 0 && is_month(tokens[at - 1]) && tokens[at - 1].len() == 3)
            || (at > 1
                && is_month(tokens[at - 2])
                && tokens.get(at + 1).is_some_and(|next| next.starts_with("UTC")))
    };
    let kept = (0..tokens.len()).filter(|at| !is_of_date(*at)).map(|at| tokens[at]);
    kept.collect::<Vec<_>>().join(" ")
}
