//! `anomalies`: what is unusual of an account or anywhere, and by how much.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::AccountId;
use crate::domain::Anomaly;
use crate::domain::AnomalyKind;
use crate::domain::Bound;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::Range;
use crate::domain::Standing;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::Watched;
use crate::engine::watched_by;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Bar;
use crate::reply::BarsChart;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartMark;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::CorridorChart;
use crate::reply::CorridorPoint;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::Series;
use crate::reply::SeriesPoint;
use crate::reply::Table;
use crate::reply::Tone;

use super::follow_ups::{self};
use super::question::Question;
use super::reading::{LIST_ROWS_MAX, Reading, capital, day_words, more_is_good, window_words};
use super::spell::account_path;

/// Accounts drawn as bars.
const BARS_MAX: usize = 10;

/// A resolved question.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnomaliesAsked<'a> {
    pub(super) account: Option<&'a AccountId>,
    pub(super) range: Range,
    pub(super) metric: Metric,
}

impl AnomaliesAsked<'_> {
    fn question(&self) -> Question {
        let account = self.account.map(ToString::to_string);
        Question::Anomalies { account, range: self.range, metric: self.metric }
    }
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
struct Scope {
    range: Range,
    metric: Metric,
    window: Window,
    grain: Grain,
}

pub(super) fn answer(reading: &Reading<'_>, asked: &AnomaliesAsked<'_>) -> Result<Answer, Problem> {
    let window = reading.window(asked.range)?;
    let scope = Scope { range: asked.range, metric: asked.metric, window, grain: watched_by(window) };
    let whose = asked.account.map_or("Portfolio", |id| reading.name(id));
    let title = format!("{whose} — unusual {}, {}", asked.metric.word(), asked.range.words());
    let mut answer = reading.answer(title, &asked.question());
    answer.actions = actions(asked);
    let with = |metric| AnomaliesAsked { metric, ..*asked }.question();
    answer.picks.push(follow_ups::metrics(&Metric::ALL, asked.metric, with));
    match asked.account {
        Some(id) => of_account(reading, scope, id, &mut answer),
        None => of_all(reading, scope, &mut answer),
    }
    answer.blocks.extend(reading.clipped_caveat(asked.range));
    answer.blocks.extend(reading.late_caveats(asked.account));
    Ok(answer)
}

fn of_account(reading: &Reading<'_>, scope: Scope, id: &AccountId, answer: &mut Answer) {
    let filter = UsageFilter::of(id.clone());
    let Some(watched) = reading.snapshot.watched(id, scope.metric, scope.grain) else {
        let words = match scope.metric {
            Metric::Errors => {
                "The sources of this account do not tell its errors, so they cannot be watched."
            }
            Metric::ApiCalls | Metric::Tokens | Metric::Cost => "No usage of this account has arrived yet.",
        };
        answer.blocks.push(Block::Text(Prose::plain(words)));
        return;
    };
    answer.blocks.push(Block::Text(standing(reading, scope, &filter, &watched)));
    if let Some(newest) = watched.points.last().map(|point| point.window) {
        answer.blocks.push(Block::Facts(headlines(reading, scope, &filter, newest)));
    }
    let mut found: Vec<&Anomaly> =
        watched.anomalies.iter().filter(|one| one.window.to() > scope.window.from()).collect();
    found.retain(|one| one.window.from() < scope.window.to());
    found.reverse();
    if found.is_empty() {
        if watched.standing != Standing::TooLittleData {
            let words = format!("Nothing unusual in the {}.", scope.range.words());
            answer.blocks.push(Block::Text(Prose::plain(words)));
        }
    } else {
        answer.blocks.push(Block::Table(table(reading, scope, &found, false)));
    }
    if let Some(chart) = corridor(reading, scope, id, &watched, &found) {
        answer.blocks.push(Block::Chart(ChartSpec::Corridor(chart)));
    }
}

/// One of the four answers, in words.
fn standing(reading: &Reading<'_>, scope: Scope, filter: &UsageFilter, watched: &Watched) -> Prose {
    let unit = scope.grain.word();
    match watched.standing {
        Standing::Normal => Prose::plain(format!("Normal: the newest {unit} is within what is usual.")),
        Standing::Unusual { kind, is_rise } => {
            Prose::plain(format!("Unusual: {}.", kind_words(kind, is_rise)))
        }
        Standing::TooLittleData => {
            let head = Prose::plain("Too little data");
            let known = reading.state().ok().and_then(|window| {
                let all = watched.little.map(|little| little.need)?;
                Some((reading.fact_of(Measure::DaysKnown, filter, window)?, all))
            });
            match (known, scope.grain) {
                (Some((known, need)), Grain::Day) => head
                    .and(": ")
                    .fact(known)
                    .and(format!(" of the {need} that it takes to know what is usual.")),
                (_, Grain::Day | Grain::Hour | Grain::Week | Grain::Month) => {
                    head.and(" to know what is usual: it is too new, or used too little.")
                }
            }
        }
        Standing::NotInYet => Prose::plain(
            "Data not in yet: the source of this account is behind, so its newest time cannot be judged.",
        ),
    }
}

fn headlines(reading: &Reading<'_>, scope: Scope, filter: &UsageFilter, newest: Window) -> Vec<FactLine> {
    let metric = scope.metric;
    let when = when_words(newest, scope.grain);
    let mut lines = Vec::new();
    let label = format!("{}, {when}", metric.title());
    lines.extend(reading.line(&label, Measure::Sum(metric), filter, newest).map(|line| {
        FactLine {
            change: reading
                .fact_of(Measure::Unusual(metric), filter, newest)
                .filter(|fact| fact.value != Quantity::Change(None)),
            more_is_good: more_is_good(metric),
            ..line
        }
    }));
    lines.extend(reading.line("Usual", Measure::Usual(metric, Bound::Middle), filter, newest));
    lines.extend(reading.line("Usually at least", Measure::Usual(metric, Bound::Low), filter, newest));
    lines.extend(reading.line("Usually at most", Measure::Usual(metric, Bound::High), filter, newest));
    lines
}

fn of_all(reading: &Reading<'_>, scope: Scope, answer: &mut Answer) {
    let found = reading.snapshot.anomalies(scope.metric, scope.grain, scope.window);
    let all = UsageFilter::default();
    let measure = Measure::UnusualAccounts(scope.metric);
    answer.blocks.push(Block::Facts(
        [
            reading.line("Accounts with something unusual", measure, &all, scope.window),
            reading.line("Accounts", Measure::Accounts, &all, scope.window),
        ]
        .into_iter()
        .flatten()
        .collect(),
    ));
    let found: Vec<&Anomaly> = found.iter().collect();
    if found.is_empty() {
        let words = format!(
            "No account was unusual in {} in the {}. Accounts that are new or used little are not judged.",
            scope.metric.word(),
            scope.range.words()
        );
        answer.blocks.push(Block::Text(Prose::plain(words)));
        return;
    }
    answer.blocks.push(Block::Table(table(reading, scope, &found, true)));
    answer.blocks.push(Block::Chart(ChartSpec::Bars(bars(reading, scope, &found))));
}

fn table(reading: &Reading<'_>, scope: Scope, found: &[&Anomaly], named: bool) -> Table {
    let metric = scope.metric;
    let row = |one: &&Anomaly| {
        let filter = UsageFilter::of(one.account.clone());
        let mut cells = Vec::new();
        if named {
            let text = reading.snapshot.account(&one.account).map_or(one.account.as_str(), |one| &one.name);
            cells.push(Cell::Link { text: text.to_owned(), path: account_path(one.account.as_str()) });
        }
        cells.push(Cell::Text(span_words(one, scope.grain)));
        cells.push(Cell::Text(capital(&kind_words(one.kind, one.is_rise))));
        cells.push(reading.cell(Measure::Sum(metric), &filter, one.window));
        cells.push(reading.cell(Measure::Usual(metric, Bound::Middle), &filter, one.window));
        let difference = reading.fact_of(Measure::Unusual(metric), &filter, one.window);
        cells.push(difference.map_or(Cell::Nothing, |fact| {
            let tone = super::reading::tone(&fact, more_is_good(metric));
            Cell::Change(fact, tone)
        }));
        cells
    };
    let mut columns = if named { vec![Column::words("Account")] } else { Vec::new() };
    columns.extend([
        Column::words("When"),
        Column::words("What"),
        Column::figures("Measured"),
        Column::figures("Usual"),
        Column::figures("Difference"),
    ]);
    Table {
        title: "Unusual".into(),
        columns,
        rows: found.iter().take(LIST_ROWS_MAX).map(row).collect(),
        more: found.len().saturating_sub(LIST_ROWS_MAX),
    }
}

/// The measured line in its usual corridor; `None` when there is nothing to draw.
fn corridor(
    reading: &Reading<'_>,
    scope: Scope,
    id: &AccountId,
    watched: &Watched,
    found: &[&Anomaly],
) -> Option<CorridorChart> {
    let (metric, grain) = (scope.metric, scope.grain);
    let quantity = |raw: i64| Quantity::of(metric, raw, reading.snapshot.currency());
    let first = watched.points.partition_point(|point| point.window.to() <= scope.window.from());
    let last = watched.points.partition_point(|point| point.window.from() < scope.window.to());
    let shown = watched.points.get(first..last).filter(|shown| shown.len() > 1)?;
    let points = shown.iter().map(|point| SeriesPoint {
        at: point.window.from(),
        value: quantity(point.value),
        complete: true,
    });
    let band = shown.iter().filter_map(|point| {
        let usual = point.usual?;
        Some(CorridorPoint {
            at: point.window.from(),
            middle: quantity(usual.middle),
            inner: None,
            outer: Some((quantity(usual.low), quantity(usual.high))),
        })
    });
    let mark = |one: &&Anomaly| {
        let peak = watched
            .points
            .iter()
            .filter(|point| point.window.from() >= one.window.from() && point.window.to() <= one.window.to());
        let off = |value: i64, usual: i64| value.abs_diff(usual);
        let peak = peak.max_by_key(|point| point.usual.map_or(0, |usual| off(point.value, usual.middle)))?;
        let tone = match (more_is_good(metric), one.is_rise) {
            (None, _) => Tone::Neutral,
            (Some(good), rise) if good == rise => Tone::Good,
            (Some(_), _) => Tone::Bad,
        };
        Some(ChartMark { at: peak.window.from(), label: kind_words(one.kind, one.is_rise), tone })
    };
    let filter = UsageFilter::of(id.clone());
    let title = format!("{} — {} per {}", reading.name(id), metric.title(), grain.word());
    let mut description =
        format!("{title}, {}, beside what is usual.", window_words(scope.range, scope.window));
    if found.is_empty() {
        description.push_str(" Nothing is unusual.");
    } else {
        let told: Vec<String> = found
            .iter()
            .take(3)
            .map(|one| {
                format!("{} on {}", kind_words(one.kind, one.is_rise), day_words(one.window.first_day()))
            })
            .collect();
        description.push_str(&format!(" Unusual: {}.", told.join("; ")));
    }
    Some(CorridorChart {
        title,
        subtitle: window_words(scope.range, scope.window),
        description,
        metric,
        grain,
        line: Series { name: "measured".into(), points: points.collect() },
        band: band.collect(),
        band_name: "usual".into(),
        level: None,
        marks: found.iter().filter_map(mark).collect(),
        headline: reading.fact_of(Measure::Sum(metric), &filter, scope.window),
        change: None,
    })
}

fn bars(reading: &Reading<'_>, scope: Scope, found: &[&Anomaly]) -> BarsChart {
    let metric = scope.metric;
    let bar = |one: &&Anomaly| {
        let filter = UsageFilter::of(one.account.clone());
        let name = reading.snapshot.account(&one.account).map_or(one.account.as_str(), |one| &one.name);
        Some(Bar {
            name: name.to_owned(),
            length: one.measured as f64 - one.usual as f64,
            fact: reading.fact_of(Measure::Sum(metric), &filter, one.window)?,
            aside: reading.fact_of(Measure::Unusual(metric), &filter, one.window),
            band: None,
        })
    };
    let mut shown: Vec<&Anomaly> = found.iter().take(BARS_MAX).copied().collect();
    // Rises from the largest, then falls towards the largest, so that the two ends are what matters.
    shown.sort_by_key(|one| std::cmp::Reverse(one.measured.saturating_sub(one.usual)));
    let title = format!("Unusual — {}", metric.title());
    BarsChart {
        subtitle: format!("{}; bars by difference to what is usual", window_words(scope.range, scope.window)),
        description: format!("{title}, {}, against what is usual.", window_words(scope.range, scope.window)),
        title,
        bars: shown.iter().filter_map(bar).collect(),
    }
}

/// What happened, in a few words.
fn kind_words(kind: AnomalyKind, is_rise: bool) -> String {
    let words = match (kind, is_rise) {
        (AnomalyKind::Spike, true) => "a spike",
        (AnomalyKind::Spike, false) => "a dip",
        (AnomalyKind::LevelShift, true) => "a higher level",
        (AnomalyKind::LevelShift, false) => "a lower level",
        (AnomalyKind::Flat, _) => "no change at all, which is not usual",
        (AnomalyKind::Silence, _) => "silent",
        (AnomalyKind::Burst, true) => "a burst",
        (AnomalyKind::Burst, false) => "a slump",
        (AnomalyKind::Novel, true) => "a course never seen, above usual",
        (AnomalyKind::Novel, false) => "a course never seen, below usual",
    };
    words.into()
}

/// `12 Nov 2026`, `12 Nov 14:00 – 17:00`.
fn when_words(window: Window, grain: Grain) -> String {
    let clock = |at: Timestamp, form: &str| at.to_zoned(TimeZone::UTC).strftime(form).to_string();
    match grain {
        Grain::Hour if window.first_day() == window.last_day() => {
            format!("{} – {}", clock(window.from(), "%-d %b %H:%M"), clock(window.to(), "%H:%M"))
        }
        Grain::Hour => {
            format!("{} – {}", clock(window.from(), "%-d %b %H:%M"), clock(window.to(), "%-d %b %H:%M"))
        }
        Grain::Day | Grain::Week | Grain::Month if window.first_day() == window.last_day() => {
            day_words(window.first_day())
        }
        Grain::Day | Grain::Week | Grain::Month => {
            format!("{} – {}", window.first_day().strftime("%-d %b"), day_words(window.last_day()))
        }
    }
}

fn span_words(one: &Anomaly, grain: Grain) -> String {
    if !one.is_open {
        return when_words(one.window, grain);
    }
    let form = if grain == Grain::Hour { "since %-d %b %H:%M" } else { "since %-d %b %Y" };
    one.window.from().to_zoned(TimeZone::UTC).strftime(form).to_string()
}

fn actions(asked: &AnomaliesAsked<'_>) -> Vec<Action> {
    let with = |range| AnomaliesAsked { range, ..*asked }.question();
    let mut actions = follow_ups::ranges(asked.range, with);
    match asked.account {
        Some(id) => {
            actions.push(follow_ups::forecast(id.as_str(), asked.metric));
            actions.push(follow_ups::health(id.as_str()));
        }
        None => actions.push(follow_ups::portfolio(Range::DEFAULT)),
    }
    actions
}
