//! `movers`: the accounts that rose and fell the most against the period before.

use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::Mover;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Bar;
use crate::reply::BarsChart;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::Prose;
use crate::reply::Table;

use super::follow_ups::{self};
use super::question::Question;
use super::reading::{Reading, capital, window_words};
use super::spell::account_path;

/// Accounts listed on each side.
const SIDE_MAX: usize = 5;

pub(super) fn answer(reading: &Reading<'_>, range: Range, metric: Metric) -> Result<Answer, Problem> {
    let window = reading.window(range)?;
    let question = Question::Movers { range, metric };
    let title = format!("Movers — {}, {}", metric.title(), range.words());
    let mut answer = reading.answer(title, &question);
    answer.actions = follow_ups::ranges(range, |range| Question::Movers { range, metric });
    answer.actions.push(follow_ups::portfolio(range));
    let with = |metric| Question::Movers { range, metric };
    answer.picks.push(follow_ups::metrics(&Metric::ALL, metric, with));

    let movers = reading.snapshot.movers(metric, window);
    let (rises, falls): (Vec<&Mover>, Vec<&Mover>) = movers.iter().partition(|one| one.value > one.previous);
    let all = UsageFilter::default();
    let total = reading.sum_line(metric, &all, window, true);
    answer.blocks.push(Block::Facts(total.iter().cloned().collect()));
    if movers.is_empty() {
        let words = if metric == Metric::Errors && total.is_none() {
            "No source tells errors, so it is not known whether they rose or fell.".to_owned()
        } else {
            format!("No account differs in {} from the period before.", metric.word())
        };
        answer.blocks.push(Block::Text(Prose::plain(words)));
    }
    for (title, side) in [("Largest rises", &rises), ("Largest falls", &falls)] {
        if !side.is_empty() {
            answer.blocks.push(Block::Table(side_table(reading, title, side, metric, window)));
        }
    }
    if !movers.is_empty() {
        let chart = bars(reading, &rises, &falls, range, metric, window);
        answer.blocks.push(Block::Chart(ChartSpec::Bars(chart)));
    }
    answer.blocks.extend(reading.late_caveats(None));
    Ok(answer)
}

fn side_table(reading: &Reading<'_>, title: &str, side: &[&Mover], metric: Metric, window: Window) -> Table {
    let row = |mover: &&Mover| {
        let filter = UsageFilter::of(mover.account.clone());
        let text = reading.snapshot.account(&mover.account).map_or(mover.account.as_str(), |one| &one.name);
        vec![
            Cell::Link { text: text.to_owned(), path: account_path(mover.account.as_str()) },
            reading.cell(Measure::Sum(metric), &filter, window),
            reading.cell(Measure::Sum(metric), &filter, window.previous()),
            reading.change_cell(metric, &filter, window),
        ]
    };
    let columns = vec![
        Column::words("Account"),
        Column::figures(&capital(metric.word())),
        Column::figures("Before"),
        Column::figures("Change"),
    ];
    Table {
        title: title.into(),
        columns,
        rows: side.iter().take(SIDE_MAX).map(row).collect(),
        more: side.len().saturating_sub(SIDE_MAX),
    }
}

/// Rises from the largest, then falls towards the largest, so that the two ends are what matters.
fn bars(
    reading: &Reading<'_>,
    rises: &[&Mover],
    falls: &[&Mover],
    range: Range,
    metric: Metric,
    window: Window,
) -> BarsChart {
    let bar = |mover: &&Mover| {
        let filter = UsageFilter::of(mover.account.clone());
        let name = reading.snapshot.account(&mover.account).map_or(mover.account.as_str(), |one| &one.name);
        Some(Bar {
            name: name.to_owned(),
            length: (mover.value as f64) - (mover.previous as f64),
            fact: reading.fact_of(Measure::Sum(metric), &filter, window)?,
            aside: reading.fact_of(Measure::Change(metric), &filter, window),
            band: None,
        })
    };
    let up = rises.iter().take(SIDE_MAX);
    let down = falls.iter().take(SIDE_MAX).rev();
    let title = format!("Movers — {}", metric.title());
    let mut description = format!("{title}, {}, against the period before.", window_words(range, window));
    let name = |mover: &&&Mover| {
        let account = reading.snapshot.account(&mover.account);
        account.map_or_else(|| mover.account.to_string(), |account| account.name.clone())
    };
    if let Some(first) = rises.first().as_ref().map(name) {
        description.push_str(&format!(" The largest rise is that of {first}."));
    }
    if let Some(first) = falls.first().as_ref().map(name) {
        description.push_str(&format!(" The largest fall is that of {first}."));
    }
    BarsChart {
        title,
        subtitle: format!("{}; bars by difference", window_words(range, window)),
        description,
        bars: up.chain(down).filter_map(bar).collect(),
    }
}
