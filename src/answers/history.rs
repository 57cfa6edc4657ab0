//! `history`: the health score of an account day by day.

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Cause;
use crate::domain::Measure;
use crate::domain::Override;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::engine::BandChange;
use crate::engine::DayScore;
use crate::engine::HealthRules;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartMark;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Prose;
use crate::reply::ScoreDay;
use crate::reply::ScoresChart;
use crate::reply::Table;
use crate::reply::Tone;

use super::follow_ups::{self};
use super::question::{Question, Since};
use super::reading::{ROWS_MAX, Reading, capital, day_words, window_words};
use super::usage_chart::band_mark;
use super::why::{override_words, points_cell};

/// More flags than this hide the line; the table has all.
const BAND_FLAGS_MAX: usize = 4;
/// How far back the cause of a new band is looked for.
const CAUSE_DAYS: i64 = 7;

pub(super) fn answer(reading: &Reading<'_>, account: &AccountId, range: Range) -> Result<Answer, Problem> {
    let window = reading.window(range)?;
    let question = Question::History { account: account.to_string(), range };
    let name = reading.name(account);
    let mut answer = reading.answer(format!("{name} — health over time"), &question);
    answer.actions = actions(account, range);
    let days = reading.snapshot.score_history(account, window);
    let filter = UsageFilter::of(account.clone());
    let judged = || days.iter().filter(|day| day.score.is_some());
    let (Some(first), Some(last)) = (judged().next(), judged().next_back()) else {
        let words =
            "The health of this account could not be judged on any day of this range: too little data.";
        answer.blocks.push(Block::Text(Prose::plain(words)));
        answer.blocks.extend(reading.late_caveats(Some(account)));
        return Ok(answer);
    };
    answer.blocks.push(Block::Facts(headlines(reading, &filter, &days, window)));
    let changes = BandChange::among(&days);
    answer.blocks.push(Block::Text(course(first, last, &changes)));
    if !changes.is_empty() {
        answer.blocks.push(Block::Table(band_table(reading, &filter, &changes, window)));
    }
    let chart = scores_chart(reading, account, &days, range, window);
    answer.blocks.push(Block::Chart(ChartSpec::Scores(chart)));
    let shown = |set: &&Override| set.at < window.to() && set.expires > window.from();
    let sets = reading.snapshot.overrides(account).iter().map(AsRef::as_ref).filter(shown);
    answer.blocks.extend(sets.map(|set| Block::Text(override_words(set))));
    answer.blocks.extend(rules_caveat(reading, window));
    answer.blocks.extend(reading.late_caveats(Some(account)));
    Ok(answer)
}

/// The instant a day's score is of.
fn instant(day: Date, window: Window) -> Timestamp {
    if day == utc_date(window.to()) { window.to() } else { utc_midnight(day) }
}

fn headlines(
    reading: &Reading<'_>,
    filter: &UsageFilter,
    days: &[DayScore],
    window: Window,
) -> Vec<FactLine> {
    let judged = || days.iter().filter(|day| day.score.is_some());
    let score = |label: &str, day: Option<&DayScore>| {
        let day = day?;
        let label = if label.is_empty() {
            format!("Score on {}", day_words(day.day))
        } else {
            format!("{label}, {}", day_words(day.day))
        };
        reading.line(&label, Measure::HealthScore, filter, Reading::state_at(instant(day.day, window)))
    };
    let mut lines = Vec::new();
    lines.extend(score("", judged().next_back()));
    let change = judged().next().and_then(|first| Window::new(instant(first.day, window), window.to()));
    let change =
        change.and_then(|window| reading.line("Change over the range", Measure::ScoreChange, filter, window));
    lines.extend(change);
    lines.extend(score("Lowest", judged().min_by_key(|day| (day.score, day.day))));
    lines.extend(score("Highest", judged().max_by_key(|day| (day.score, day.day))));
    lines
}

/// How the band went, in words.
fn course(first: &DayScore, last: &DayScore, changes: &[BandChange]) -> Prose {
    let (Some(begin), Some(end)) = (first.band, last.band) else { return Prose::default() };
    let since = day_words(first.day);
    Prose::plain(match changes {
        [] => format!("{} since {since}: the band never changed.", capital(end.word())),
        [one] => format!("From {begin} to {end} on {}.", day_words(one.day)),
        [.., newest] => format!(
            "{} on {since}, {end} now, with several changes between; the last one was on {}.",
            capital(begin.word()),
            day_words(newest.day)
        ),
    })
}

/// When the band changed and what moved the score most in the week before, newest first.
fn band_table(reading: &Reading<'_>, filter: &UsageFilter, changes: &[BandChange], window: Window) -> Table {
    let row = |change: &BandChange| {
        let at = instant(change.day, window);
        let mut cells = vec![
            Cell::Text(day_words(change.day)),
            Cell::Band(change.from),
            Cell::Band(change.to),
            reading.cell(Measure::HealthScore, filter, Reading::state_at(at)),
        ];
        cells.extend(cause_cells(reading, filter, change, at));
        cells
    };
    Table {
        title: "Changes of the band".into(),
        columns: vec![
            Column::words("When"),
            Column::words("From"),
            Column::words("To"),
            Column::figures("Score"),
            Column::words("Mostly by"),
            Column::figures("Points in the week before"),
        ],
        rows: changes.iter().rev().take(ROWS_MAX).map(row).collect(),
        more: changes.len().saturating_sub(ROWS_MAX),
    }
}

/// The cause that moved the score furthest the way the band went.
fn cause_cells(reading: &Reading<'_>, filter: &UsageFilter, change: &BandChange, at: Timestamp) -> [Cell; 2] {
    let from = at - SignedDuration::from_hours(24 * CAUSE_DAYS);
    let found = || {
        let why = reading.snapshot.why(filter.account.as_ref()?, from, at)?;
        let parts = why.split?.largest_first();
        let rises = change.to > change.from;
        let (cause, _): (Cause, i32) = parts.into_iter().find(|(_, tenths)| (*tenths > 0) == rises)?;
        let cell = points_cell(reading, cause, filter, Window::new(from, at)?);
        Some([Cell::Text(cause.to_string()), cell])
    };
    found().unwrap_or([Cell::Nothing, Cell::Nothing])
}

fn scores_chart(
    reading: &Reading<'_>,
    account: &AccountId,
    days: &[DayScore],
    range: Range,
    window: Window,
) -> ScoresChart {
    let rules = reading.snapshot.rules();
    let title = format!("{} — health over time", reading.name(account));
    let day = |day: &DayScore| ScoreDay {
        day: day.day,
        score: day.score.map(crate::domain::Score::points),
        band: day.band,
        overridden: day.overridden,
    };
    let changes = reading.snapshot.rules_history().changes();
    let rule = |(since, rules): (Timestamp, &HealthRules)| ChartMark {
        at: since,
        label: format!("rules version {}", rules.version),
        tone: Tone::Neutral,
    };
    let mut marks: Vec<ChartMark> = changes.filter(|(since, _)| window.contains(*since)).map(rule).collect();
    let bands = BandChange::among(days);
    marks.extend(bands.iter().rev().take(BAND_FLAGS_MAX).map(band_mark));
    marks.sort_by_key(|mark| mark.at);
    let last = days.iter().rev().find_map(|day| Some((day.score?, day.band?)));
    let words = last.map_or("cannot be judged".into(), |(score, band)| format!("{score} now, {band}"));
    ScoresChart {
        description: format!("{title}: {words}."),
        title,
        subtitle: window_words(range, window),
        days: days.iter().map(day).collect(),
        healthy_from: rules.healthy_from,
        watch_from: rules.watch_from,
        marks,
    }
}

/// Tells that other rules judged a part of the range.
fn rules_caveat(reading: &Reading<'_>, window: Window) -> Option<Block> {
    let changes = reading.snapshot.rules_history().changes();
    let (since, rules) = changes.filter(|(since, _)| window.contains(*since)).last()?;
    Some(Block::Caveat(Prose::plain(format!(
        "The health rules changed on {}: version {} judges from then on, earlier days are judged by the rules of their time.",
        day_words(utc_date(since)),
        rules.version
    ))))
}

fn actions(account: &AccountId, range: Range) -> Vec<Action> {
    let id = account.as_str();
    let mut actions = follow_ups::ranges(range, |range| Question::History { account: id.into(), range });
    actions.push(follow_ups::why(id, Since::DEFAULT));
    actions.push(follow_ups::health(id));
    actions
}
