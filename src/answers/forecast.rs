//! `forecast`: what comes next, what the month comes to, and when a commitment is reached.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::AccountId;
use crate::domain::Bound;
use crate::domain::Grain;
use crate::domain::Horizon;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::engine::ExpectedDay;
use crate::engine::Reached;
use crate::engine::TooLittle;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
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

use super::follow_ups::{self, action};
use super::question::Question;
use super::reading::{Reading, day_words, instant_words, is_in_sight, more_is_good};

/// Up to so many days the table lists days, above it weeks.
const DAYS_LISTED_MAX: u16 = 14;
/// Measured days drawn before the forecast: enough for the eye to know the rhythm.
const PAST_DAYS_MIN: i64 = 42;
/// Earlier forecasts that are held against what came.
const EARLIER_MAX: usize = 5;

/// A resolved question.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForecastAsked<'a> {
    pub(super) account: Option<&'a AccountId>,
    pub(super) metric: Metric,
    pub(super) horizon: Horizon,
}

impl ForecastAsked<'_> {
    fn filter(&self) -> UsageFilter {
        UsageFilter { account: self.account.cloned(), ..UsageFilter::default() }
    }

    fn question(&self) -> Question {
        let account = self.account.map(ToString::to_string);
        Question::Forecast { account, metric: self.metric, horizon: self.horizon }
    }
}

pub(super) fn answer(reading: &Reading<'_>, asked: &ForecastAsked<'_>) -> Result<Answer, Problem> {
    reading.as_of()?;
    let filter = asked.filter();
    let whose = asked.account.map_or("Portfolio", |id| reading.name(id));
    let title = format!("{whose} — forecast, {}, {}", asked.metric.noun(), asked.horizon.words());
    let mut answer = reading.answer(title, &asked.question());
    answer.actions = actions(asked);
    let with = |metric| ForecastAsked { metric, ..*asked }.question();
    let offered = [Metric::ApiCalls, Metric::Tokens, Metric::Cost];
    answer.picks.push(follow_ups::metrics(&offered, asked.metric, with));
    let from = reading.snapshot.forecast_from(&filter);
    match reading.snapshot.expected_days(&filter, asked.metric, asked.horizon) {
        Err(little) => answer.blocks.push(Block::Text(too_little(reading, asked, little))),
        Ok(days) => {
            answer.blocks.push(Block::Facts(headlines(reading, asked, from)));
            let commitment = commitment(reading, asked, from);
            answer.blocks.extend(commitment.iter().map(|(words, _)| Block::Text(words.clone())));
            answer.blocks.push(Block::Table(table(reading, asked, from)));
            let reached = commitment.and_then(|(_, day)| day);
            let chart = chart(reading, asked, whose, &days, from, reached);
            answer.blocks.push(Block::Chart(ChartSpec::Corridor(chart)));
            answer.blocks.extend(trust(reading, asked, from));
            answer.blocks.extend(earlier(reading, asked).map(Block::Table));
        }
    }
    answer.blocks.extend(reading.late_caveats(asked.account));
    Ok(answer)
}

fn too_little(reading: &Reading<'_>, asked: &ForecastAsked<'_>, little: TooLittle) -> Prose {
    if asked.metric == Metric::Errors
        && reading
            .fact_of(Measure::Sum(Metric::Errors), &asked.filter(), Range::DEFAULT.window(reading.now))
            .is_none()
    {
        return Prose::plain("No source of this usage tells its errors, so there is nothing to forecast.");
    }
    let known = asked.account.and_then(|_| {
        let window = reading.state().ok()?;
        reading.fact_of(Measure::DaysKnown, &asked.filter(), window)
    });
    let need = little.need;
    match known {
        Some(known) => Prose::plain("Too little data for a forecast: ")
            .fact(known)
            .and(format!(" of the {need} days that it needs.")),
        None => Prose::plain(format!("Too little data for a forecast: it needs {need} days with usage.")),
    }
}

fn headlines(reading: &Reading<'_>, asked: &ForecastAsked<'_>, from: Timestamp) -> Vec<FactLine> {
    let (filter, metric) = (asked.filter(), asked.metric);
    let window = asked.horizon.window(from);
    let mut lines = Vec::new();
    let label = format!("{}, {}", metric.title(), asked.horizon.words());
    lines.extend(reading.line(&label, Measure::Expected(metric, Bound::Middle), &filter, window).map(
        |line| {
            let change = reading.fact_of(Measure::ExpectedChange(metric), &filter, window);
            let change = change.filter(|fact| fact.value != Quantity::Change(None));
            FactLine { change, more_is_good: more_is_good(metric), ..line }
        },
    ));
    lines.extend(reading.line("Likely at least", Measure::Expected(metric, Bound::Low), &filter, window));
    lines.extend(reading.line("Likely at most", Measure::Expected(metric, Bound::High), &filter, window));
    let label = format!("{} in all", utc_date(from).strftime("%B"));
    let month = Grain::Month.around(from);
    lines.extend(reading.line(&label, Measure::Expected(metric, Bound::Middle), &filter, month));
    lines
}

/// When the commitment of the period is reached, in words, and the expected day.
fn commitment(
    reading: &Reading<'_>,
    asked: &ForecastAsked<'_>,
    from: Timestamp,
) -> Option<(Prose, Option<Date>)> {
    if asked.metric != Metric::Cost {
        return None;
    }
    let filter = asked.filter();
    let contract = reading.snapshot.account(asked.account?)?.contract?;
    let (start, end) = contract.period.around(utc_date(from));
    let period = Window::new(utc_midnight(start), utc_midnight(end))?;
    let fact = reading.fact_of(Measure::Commitment, &filter, period)?;
    let reached = reading.snapshot.reached(&filter, Metric::Cost, period.from(), contract.commit.micros)?;
    let last = end.saturating_sub(1.day());
    let head = Prose::plain("The commitment of ").fact(fact).and(format!(" for the {}", contract.period));
    let day = |day: Option<Date>| day.filter(|day| *day <= last);
    Some(match reached {
        Reached::Already => (head.and(" is reached already."), None),
        Reached::Ahead { early, middle, late } => match (day(early), day(middle), day(late)) {
            (None, _, _) => {
                let words = format!(" is not likely to be reached before it ends on {}.", day_words(last));
                (head.and(words), None)
            }
            (Some(early), None, _) => {
                let words = format!(
                    " will probably not be reached before it ends on {}; if use runs high, on {}.",
                    day_words(last),
                    day_words(early)
                );
                (head.and(words), None)
            }
            (Some(early), Some(middle), Some(late)) if early == late => {
                (head.and(format!(" is expected to be reached on {}.", day_words(middle))), Some(middle))
            }
            (Some(early), Some(middle), late) => {
                let late = late.map_or_else(
                    || "not within the period if it runs low".to_owned(),
                    |late| format!("{} if it runs low", day_words(late)),
                );
                let words = format!(
                    " is expected to be reached on {}: {} if use runs high, {late}.",
                    day_words(middle),
                    day_words(early)
                );
                (head.and(words), Some(middle))
            }
        },
    })
}

/// The days ahead, one by one or in weeks.
fn table(reading: &Reading<'_>, asked: &ForecastAsked<'_>, from: Timestamp) -> Table {
    let (filter, metric) = (asked.filter(), asked.metric);
    let by_day = asked.horizon.days() <= DAYS_LISTED_MAX;
    let step = SignedDuration::from_hours(if by_day { 24 } else { 24 * 7 });
    let end = asked.horizon.window(from).to();
    let mut rows = Vec::new();
    let mut start = from;
    while start < end {
        // The first row ends at midnight, so that the others are whole days.
        let next = (Grain::Day.floor(start) + step).min(end);
        let Some(window) = Window::new(start, next) else { break };
        let cell = |bound| reading.cell(Measure::Expected(metric, bound), &filter, window);
        let (first, last) = (window.first_day(), window.last_day());
        let when = if first == last {
            let day = first.strftime("%a %-d %b");
            let starts = Grain::Day.floor(window.from()) == window.from();
            let ends = Grain::Day.floor(window.to()) == window.to();
            match (starts, ends) {
                (true, true) => day.to_string(),
                (false, _) => format!("{day}, rest"),
                (true, false) => {
                    format!("{day}, to {}", window.to().to_zoned(TimeZone::UTC).strftime("%H:%M"))
                }
            }
        } else {
            format!("{} – {}", first.strftime("%-d %b"), last.strftime("%-d %b"))
        };
        rows.push(vec![Cell::Text(when), cell(Bound::Middle), cell(Bound::Low), cell(Bound::High)]);
        start = next;
    }
    Table {
        title: if by_day { "By day" } else { "By week" }.into(),
        columns: vec![
            Column::words("When"),
            Column::figures("Expected"),
            Column::figures("Likely at least"),
            Column::figures("Likely at most"),
        ],
        rows,
        more: 0,
    }
}

fn chart(
    reading: &Reading<'_>,
    asked: &ForecastAsked<'_>,
    whose: &str,
    days: &[ExpectedDay],
    from: Timestamp,
    reached: Option<Date>,
) -> CorridorChart {
    let (filter, metric) = (asked.filter(), asked.metric);
    let quantity = |raw: i64| Quantity::of(metric, raw, reading.snapshot.currency());
    let back = SignedDuration::from_hours(24 * PAST_DAYS_MIN.max(2 * i64::from(asked.horizon.days())));
    let measured_until = Grain::Day.floor(from);
    let past = Window::ending(measured_until, back);
    let first_use = asked.account.and_then(|id| reading.snapshot.first_use(id));
    let past = first_use
        .and_then(|first| Window::new(Grain::Day.floor(first).max(past.from()), past.to()))
        .unwrap_or(past);
    let data = reading.snapshot.series(&filter, metric, past, Grain::Day);
    let point = |(bucket, value): (&Window, &i64)| SeriesPoint {
        at: bucket.from(),
        value: quantity(*value),
        complete: true,
    };
    let expected = |one: &ExpectedDay| CorridorPoint {
        at: one.day.from(),
        middle: quantity(one.middle),
        inner: Some((quantity(one.inner.0), quantity(one.inner.1))),
        outer: Some((quantity(one.outer.0), quantity(one.outer.1))),
    };
    let highest = data.values.iter().copied().chain(days.iter().map(|one| one.inner.1)).max().unwrap_or(0);
    let level = asked
        .account
        .filter(|_| metric == Metric::Cost)
        .and_then(|id| reading.commitment_level(id, Grain::Day, from))
        .filter(|level| is_in_sight(level, quantity(highest).as_f64().unwrap_or(0.0)));
    let band = days.iter().map(expected);
    let window = asked.horizon.window(from);
    let headline = reading.fact_of(Measure::Expected(metric, Bound::Middle), &filter, window);
    let title = format!("{whose} — {} per day, {}", metric.title(), asked.horizon.words());
    let mut description = title.clone();
    if let Some(fact) = &headline {
        description.push_str(&format!(": {} expected", fact.value.short()));
    }
    if let Some(level) = &level {
        description.push_str(&format!(", the {} is {}", level.name, level.value.short()));
    }
    description.push_str(", with the bands that hold four of five and nineteen of twenty days.");
    let mark = |day: Date| ChartMark {
        at: utc_midnight(day),
        label: "commitment reached".into(),
        tone: Tone::Neutral,
    };
    CorridorChart {
        title,
        subtitle: format!("measured up to {}", instant_words(from)),
        description,
        metric,
        grain: Grain::Day,
        line: Series {
            name: "measured".into(),
            points: data.buckets.iter().zip(&data.values).map(point).collect(),
        },
        band: band.collect(),
        band_name: "expected".into(),
        level,
        marks: reached.filter(|day| utc_midnight(*day) < window.to()).map(mark).into_iter().collect(),
        headline,
        change: reading.fact_of(Measure::ExpectedChange(metric), &filter, window),
    }
}

/// How far such forecasts lay off.
fn trust(reading: &Reading<'_>, asked: &ForecastAsked<'_>, from: Timestamp) -> Option<Block> {
    let window = asked.horizon.window(from);
    let error = reading.fact_of(Measure::ForecastError(asked.metric), &asked.filter(), window)?;
    let words = Prose::plain("Forecasts of this length, made over the past that is known, lay ").fact(error);
    Some(Block::Text(words.and(" off the total on average.")))
}

/// Forecasts that were kept, beside what came.
fn earlier(reading: &Reading<'_>, asked: &ForecastAsked<'_>) -> Option<Table> {
    let (filter, metric) = (asked.filter(), asked.metric);
    let kept: Vec<_> = reading.snapshot.foretold(&filter, metric).collect();
    let row = |one: &&crate::domain::Foretold| {
        let cell = |measure| reading.cell(measure, &filter, one.window);
        let (first, last) = (day_words(one.window.first_day()), day_words(one.window.last_day()));
        vec![
            Cell::Text(instant_words(one.made)),
            Cell::Text(format!("{first} – {last}")),
            cell(Measure::Foretold(metric)),
            cell(Measure::Sum(metric)),
            cell(Measure::ForetoldMiss(metric)),
        ]
    };
    (!kept.is_empty()).then(|| Table {
        title: "Earlier forecasts".into(),
        columns: vec![
            Column::words("Made on data to"),
            Column::words("For"),
            Column::figures("Said"),
            Column::figures("Became"),
            Column::figures("Off by"),
        ],
        rows: kept.iter().take(EARLIER_MAX).map(row).collect(),
        more: kept.len().saturating_sub(EARLIER_MAX),
    })
}

fn actions(asked: &ForecastAsked<'_>) -> Vec<Action> {
    let ahead = Horizon::OFFERED.into_iter().map(|horizon| {
        let question = ForecastAsked { horizon, ..*asked }.question();
        action(&format!("{} days", horizon.days()), &question, horizon == asked.horizon)
    });
    let mut actions: Vec<Action> = ahead.collect();
    match asked.account {
        Some(id) => {
            let account = Some(id.to_string());
            let unusual = Question::Anomalies { account, range: Range::DEFAULT, metric: asked.metric };
            actions.push(action("Anomalies", &unusual, false));
            actions.push(follow_ups::health(id.as_str()));
        }
        None => actions.push(follow_ups::portfolio(Range::DEFAULT)),
    }
    actions
}
