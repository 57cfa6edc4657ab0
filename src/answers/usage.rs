//! `usage`: what an account or the portfolio uses and costs: totals, parts, comparison.

use jiff::SignedDuration;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Endpoint;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::engine::Breakdown;
use crate::engine::Dimension;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::SeriesChart;
use crate::reply::Table;

use super::follow_ups::{self, action};
use super::question::{Question, Since};
use super::reading::{LIST_ROWS_MAX, Reading, capital, day_words, instant_words, list_words};
use super::spell::account_path;
use super::usage_chart;

/// Months whose bills are linked to.
const BILLS_MAX: usize = 3;

/// A resolved question about usage.
#[derive(Debug, Clone)]
pub(super) struct UsageAsked {
    /// Whose; the portfolio's when `None`.
    pub(super) account: Option<AccountId>,
    /// Only this endpoint.
    pub(super) endpoint: Option<Endpoint>,
    /// As asked.
    pub(super) range: Range,
    /// Width of a point of the chart, when it was said.
    pub(super) grain: Option<Grain>,
    /// Split by.
    pub(super) by: Option<Dimension>,
    /// What is counted.
    pub(super) metric: Metric,
    /// Beside the period before.
    pub(super) compare: bool,
}

impl UsageAsked {
    pub(super) fn filter(&self) -> UsageFilter {
        UsageFilter { account: self.account.clone(), endpoint: self.endpoint.clone(), model: None }
    }

    /// Width of a point of the chart.
    pub(super) fn grain(&self) -> Grain {
        self.grain.unwrap_or(self.range.grain())
    }

    /// The same, but for a change.
    fn with(&self, change: &dyn Fn(&mut Self)) -> Question {
        let mut next = self.clone();
        change(&mut next);
        next.question()
    }

    fn question(&self) -> Question {
        Question::Usage {
            account: self.account.as_ref().map(ToString::to_string),
            endpoint: self.endpoint.clone(),
            range: self.range,
            grain: self.grain,
            by: self.by,
            metric: self.metric,
            compare: self.compare,
        }
    }
}

pub(super) fn answer(reading: &Reading<'_>, asked: &UsageAsked) -> Result<Answer, Problem> {
    let window = reading.window(asked.range)?;
    let grain = asked.grain().fits(window, Grain::CHART_POINTS_MAX);
    grain.map_err(|words| Problem::option("grain", words))?;
    let filter = asked.filter();
    let whose = asked.account.as_ref().map_or("Portfolio", |id| reading.name(id));
    let what = asked.endpoint.as_ref().map_or("usage".into(), |endpoint| format!("usage of {endpoint}"));
    let mut answer = reading.answer(format!("{whose} — {what}, {}", asked.range.words()), &asked.question());
    answer.actions = actions(asked);
    answer.picks = picks(asked);

    let unknown = unknown_endpoint(reading, asked);
    if unknown.is_some() {
        answer.blocks.extend(unknown);
    } else if asked.account.is_some() && is_silent(reading, &filter, window) {
        answer.blocks.push(Block::Text(silence(reading, asked)));
    }
    answer.blocks.push(Block::Facts(headlines(reading, asked, &filter, window)));
    answer.blocks.extend(parts_table(reading, asked, window).map(Block::Table));
    if is_untold(reading, asked, window) {
        let words = "No source of this usage tells its errors, so it is not known how many there were.";
        answer.blocks.push(Block::Text(Prose::plain(words)));
    } else {
        let chart = usage_chart::chart(reading, asked, whose, window);
        let uneven = uneven_words(&chart);
        answer.blocks.push(Block::Chart(ChartSpec::Series(chart)));
        answer.blocks.extend(uneven);
    }
    answer.blocks.extend(bills(reading, asked, window).map(Block::Table));
    answer.blocks.extend(young_words(reading, asked, window));
    answer.blocks.extend(unnamed_words(reading, asked, window));
    answer.blocks.extend(reading.clipped_caveat(asked.range));
    answer.blocks.extend(reading.late_caveats(asked.account.as_ref()));
    Ok(answer)
}

/// Where the cost of the newest months is held against prices.
fn bills(reading: &Reading<'_>, asked: &UsageAsked, window: Window) -> Option<Table> {
    let account = asked.account.as_ref().filter(|_| reading.has_prices && asked.metric == Metric::Cost)?;
    let (first, last) = (utc_date(window.from()), utc_date(window.to() - SignedDuration::from_millis(1)));
    let months =
        std::iter::successors(Some(last.first_of_month()), |month| month.checked_sub(1.month()).ok());
    let row = |month: Date| {
        let path = format!("{}/cost?month={}", account_path(account.as_str()), month.strftime("%Y-%m"));
        vec![Cell::Link { text: month.strftime("%B %Y").to_string(), path }]
    };
    Some(Table {
        title: "Held against prices".into(),
        columns: vec![Column::words("Month")],
        rows: months.take_while(|month| *month >= first.first_of_month()).take(BILLS_MAX).map(row).collect(),
        more: 0,
    })
}

/// Whether nothing at all was used in the window.
fn is_silent(reading: &Reading<'_>, filter: &UsageFilter, window: Window) -> bool {
    let used = reading.snapshot.totals(filter, window);
    used.api_calls == 0 && used.tokens == 0 && used.cost.micros == 0
}

/// Whether it is asked for errors and none are known: a chart of zeros would say that there were none.
fn is_untold(reading: &Reading<'_>, asked: &UsageAsked, window: Window) -> bool {
    let used = reading.snapshot.totals(&asked.filter(), window);
    asked.metric == Metric::Errors && used.errors.is_none() && used.api_calls > 0
}

/// An endpoint that never occurs is most often a slip of the pen.
fn unknown_endpoint(reading: &Reading<'_>, asked: &UsageAsked) -> Option<Block> {
    let endpoint = asked.endpoint.as_ref()?;
    let known = reading.snapshot.endpoints(asked.account.as_ref());
    if known.is_empty() || known.contains(endpoint) {
        return None;
    }
    let words = Prose::plain("No usage of the endpoint ").outside(endpoint.as_str()).and(" has arrived yet.");
    let nearest = super::callable::nearest(endpoint.as_str(), known.iter().map(Endpoint::as_str));
    Some(Block::Text(match nearest {
        Some(name) => words.and(" The closest one is ").outside(name).and("."),
        None => words.and(" Ask with by:endpoint to see all."),
    }))
}

fn silence(reading: &Reading<'_>, asked: &UsageAsked) -> Prose {
    let last = asked.account.as_ref().and_then(|id| reading.snapshot.last_use(id));
    match (last, &asked.endpoint) {
        (None, _) => Prose::plain("No usage of this account has arrived yet."),
        (Some(last), None) => Prose::plain(format!(
            "There is no usage in this range. The account was last seen on {}.",
            instant_words(last)
        )),
        (Some(last), Some(endpoint)) => Prose::plain("There is no usage of ")
            .outside(endpoint.as_str())
            .and(format!(" in this range. The account was last seen on {}.", instant_words(last))),
    }
}

fn headlines(
    reading: &Reading<'_>,
    asked: &UsageAsked,
    filter: &UsageFilter,
    window: Window,
) -> Vec<FactLine> {
    let errors_known = reading.snapshot.totals(filter, window).errors.is_some();
    let others = Metric::ALL.into_iter().filter(|metric| *metric != asked.metric);
    let shown = others.filter(|metric| *metric != Metric::Errors || errors_known);
    let mut lines: Vec<_> = std::iter::once(asked.metric)
        .chain(shown)
        .filter_map(|metric| reading.sum_line(metric, filter, window, asked.compare))
        .collect();
    lines.extend(match (&asked.account, &asked.endpoint) {
        (Some(_), None) => {
            let label = format!("Part of the portfolio’s {}", asked.metric.word());
            reading.line(&label, Measure::PortfolioShare(asked.metric), filter, window)
        }
        (None, None) => reading.line("Active accounts", Measure::ActiveAccounts, filter, window),
        (_, Some(_)) => {
            let label = format!("Part of all {}", asked.metric.word());
            reading.line(&label, Measure::Share(asked.metric), filter, window)
        }
    });
    lines
}

/// The table of parts: the split asked for, or endpoints when there are several.
fn parts_table(reading: &Reading<'_>, asked: &UsageAsked, window: Window) -> Option<Table> {
    let by = match (asked.by, &asked.endpoint) {
        (Some(by), _) => by,
        (None, None) => Dimension::Endpoint,
        (None, Some(_)) => return None,
    };
    let parts = reading.snapshot.breakdown(&asked.filter(), asked.metric, window, by);
    let named: Vec<&Breakdown> = parts.iter().filter(|part| part.part.is_some()).collect();
    if named.is_empty() || (asked.by.is_none() && named.len() < 2) {
        return None;
    }
    let columns = columns(asked, by);
    let rows = named.iter().take(LIST_ROWS_MAX).filter_map(|part| row(reading, asked, window, by, part));
    Some(Table {
        title: format!("By {}", by.word()),
        columns,
        rows: rows.collect(),
        more: named.len().saturating_sub(LIST_ROWS_MAX),
    })
}

/// The metric asked for, then calls and cost, which are always of interest.
fn shown_metrics(asked: &UsageAsked) -> Vec<Metric> {
    let mut metrics = vec![asked.metric];
    metrics.extend([Metric::ApiCalls, Metric::Cost].into_iter().filter(|metric| *metric != asked.metric));
    metrics
}

fn columns(asked: &UsageAsked, by: Dimension) -> Vec<Column> {
    let mut columns = vec![Column::words(&capital(by.word()))];
    columns.extend(shown_metrics(asked).iter().map(|metric| Column::figures(&capital(metric.word()))));
    columns.push(Column::figures("Share"));
    if asked.compare {
        columns.push(Column::figures("Change"));
    }
    columns
}

fn row(
    reading: &Reading<'_>,
    asked: &UsageAsked,
    window: Window,
    by: Dimension,
    part: &Breakdown,
) -> Option<Vec<Cell>> {
    let name = part.part.as_deref()?;
    let mut filter = asked.filter();
    let label = match by {
        Dimension::Endpoint => {
            filter.endpoint = Some(name.parse().ok()?);
            Cell::Text(name.into())
        }
        Dimension::Model => {
            filter.model = Some(name.parse().ok()?);
            Cell::Text(name.into())
        }
        Dimension::Account => {
            let id: AccountId = name.parse().ok()?;
            let text = reading.snapshot.account(&id).map_or(name, |account| &account.name).to_owned();
            filter.account = Some(id);
            Cell::Link { text, path: account_path(name) }
        }
    };
    let share = match by {
        Dimension::Endpoint | Dimension::Model => Measure::Share(asked.metric),
        Dimension::Account => Measure::PortfolioShare(asked.metric),
    };
    let mut cells = vec![label];
    cells.extend(shown_metrics(asked).iter().map(|one| reading.cell(Measure::Sum(*one), &filter, window)));
    cells.push(reading.cell(share, &filter, window));
    if asked.compare {
        cells.push(reading.change_cell(asked.metric, &filter, window));
    }
    Some(cells)
}

/// Tells that the buckets at the ends are not whole, so that a low bar is not read as a fall.
fn uneven_words(chart: &SeriesChart) -> Option<Block> {
    let points = &chart.series.first()?.points;
    let (first, last) = (points.first()?, points.last()?);
    let mut which = Vec::new();
    if !first.complete {
        which.push("first".to_owned());
    }
    if !last.complete && points.len() > 1 {
        which.push("last".to_owned());
    }
    if which.is_empty() {
        return None;
    }
    let unit = chart.grain.word();
    let (plural, are) = if which.len() > 1 { ("s", "are") } else { ("", "is") };
    let words = format!("The {} {unit}{plural} of the range {are} only partly in it.", list_words(&which));
    Some(Block::Caveat(Prose::plain(words)))
}

/// Tells that there was no whole period before to compare with.
fn young_words(reading: &Reading<'_>, asked: &UsageAsked, window: Window) -> Option<Block> {
    let first = match &asked.account {
        Some(id) => reading.snapshot.first_use(id),
        None => reading.snapshot.accounts().filter_map(|one| reading.snapshot.first_use(&one.id)).min(),
    }?;
    let before = window.previous();
    let day = day_words(utc_date(first));
    let words = if window.contains(first) {
        format!("Usage begins on {day}, within the range, so there is no period before to compare with.")
    } else if before.contains(first) && first > before.from() {
        format!("Usage begins on {day}, so the period before is not a whole one to compare with.")
    } else {
        return None;
    };
    asked.compare.then(|| Block::Caveat(Prose::plain(words)))
}

/// Tells that some usage is in the totals and in no row of the split.
fn unnamed_words(reading: &Reading<'_>, asked: &UsageAsked, window: Window) -> Option<Block> {
    let by = asked.by?;
    let parts = reading.snapshot.breakdown(&asked.filter(), asked.metric, window, by);
    let is_unnamed = parts.iter().any(|part| part.part.is_none() && part.value != 0);
    is_unnamed.then(|| {
        let words = format!("Some usage does not say its {}: it is in the totals and in no row.", by.word());
        Block::Caveat(Prose::plain(words))
    })
}

fn actions(asked: &UsageAsked) -> Vec<Action> {
    let mut actions =
        follow_ups::ranges(asked.range, |range| asked.with(&|next| (next.range, next.grain) = (range, None)));
    let compared = asked.with(&|next| next.compare = !asked.compare);
    actions.push(follow_ups::comparison(asked.compare, &compared));
    match &asked.account {
        Some(id) => {
            actions.push(follow_ups::health(id.as_str()));
            actions.push(follow_ups::why(id.as_str(), Since::DEFAULT));
            actions.push(follow_ups::forecast(id.as_str(), asked.metric));
            actions.push(follow_ups::initiatives(Some(id.as_str())));
        }
        None => {
            let movers = Question::Movers { range: asked.range, metric: asked.metric };
            actions.push(action("Movers", &movers, false));
            actions.push(follow_ups::portfolio(asked.range));
        }
    }
    actions
}

/// Selects of what is counted and how it is split.
fn picks(asked: &UsageAsked) -> Vec<Pick> {
    let metrics =
        follow_ups::metrics(&Metric::ALL, asked.metric, |metric| asked.with(&|next| next.metric = metric));
    let whole = action("Not split", &asked.with(&|next| next.by = None), asked.by.is_none());
    let parts = Dimension::ALL.into_iter().filter(|by| *by != Dimension::Account || asked.account.is_none());
    let part = |by: Dimension| {
        let question = asked.with(&|next| next.by = Some(by));
        action(&format!("By {}", by.word()), &question, asked.by == Some(by))
    };
    let options = [whole].into_iter().chain(parts.map(part)).collect();
    vec![metrics, Pick { label: "Split".into(), options }]
}
