//! The chart of `usage`: a metric over time, split in parts, beside the period before.

use jiff::SignedDuration;

use crate::domain::AccountId;
use crate::domain::Annotation;
use crate::domain::AnnotationKind;
use crate::domain::Grain;
use crate::domain::Initiative;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Used;
use crate::domain::Window;
use crate::domain::utc_midnight;
use crate::engine::BandChange;
use crate::engine::Dimension;
use crate::engine::SeriesData;
use crate::reply::ChartLevel;
use crate::reply::ChartMark;
use crate::reply::Series;
use crate::reply::SeriesChart;
use crate::reply::SeriesPoint;
use crate::reply::Tone;

use super::reading::{Reading, is_in_sight, is_whole, window_words};
use super::usage::UsageAsked;

/// Parts drawn on their own; more colours than this cannot be told apart, so the rest is drawn as one.
const PARTS_MAX: usize = 5;

/// More flags than this hide what they stand on.
const MARKS_MAX: usize = 4;

pub(super) fn chart(reading: &Reading<'_>, asked: &UsageAsked, whose: &str, window: Window) -> SeriesChart {
    let filter = asked.filter();
    let grain = asked.grain();
    let series = match asked.by {
        None => {
            let data = reading.snapshot.series(&filter, asked.metric, window, grain);
            vec![line(reading, asked.metric.title(), asked.metric, grain, &data)]
        }
        Some(by) => parts(reading, asked, &filter, window, by),
    };
    let headline = reading.sum_line(asked.metric, &filter, window, asked.compare);
    let (total, change) = headline.map_or((None, None), |line| (Some(line.fact), line.change));
    // Nothing at all before is no line worth drawing.
    let previous = asked.compare.then(|| before(reading, asked, &filter, window));
    let previous = previous.filter(|one| one.points.iter().any(|point| point.value.as_f64() != Some(0.0)));
    let title = match &asked.endpoint {
        Some(endpoint) => format!("{whose} — {} of {endpoint} per {}", asked.metric.title(), grain.word()),
        None => format!("{whose} — {} per {}", asked.metric.title(), grain.word()),
    };
    let level = commitment_level(reading, asked, window, &series);
    let mut description = format!("{title}, {}", window_words(asked.range, window));
    if let Some(total) = &total {
        description.push_str(&format!("; {} in all", total.value.short()));
    }
    if let Some(change) = &change {
        description.push_str(&format!(", {} against the period before", change.value.short()));
    }
    if let Some(by) = asked.by {
        description.push_str(&format!(". Split by {}", by.word()));
    }
    if let Some(level) = &level {
        description.push_str(&format!("; the {} is {}", level.name, level.value.short()));
    }
    description.push('.');
    let marks = meanwhile(reading, asked, window);
    if !marks.is_empty() {
        let labels: Vec<&str> = marks.iter().map(|mark| mark.label.as_str()).collect();
        description.push_str(&format!(" Meanwhile: {}.", labels.join("; ")));
    }
    SeriesChart {
        title,
        subtitle: window_words(asked.range, window),
        description,
        metric: asked.metric,
        grain,
        series,
        previous,
        change,
        total,
        level,
        marks,
    }
}

/// What happened within the window, the latest: incidents and releases; and to an account, initiatives that began, bands
/// that it came into, and commitments that it reached.
fn meanwhile(reading: &Reading<'_>, asked: &UsageAsked, window: Window) -> Vec<ChartMark> {
    let mut marks: Vec<ChartMark> =
        reading.annotations.iter().filter_map(|one| annotation(one, asked, window)).collect();
    if let Some(account) = &asked.account {
        marks.extend(of_account(reading, account, window));
        marks.extend(commitments(reading, asked, window));
    }
    marks.sort_by(|one, other| other.at.cmp(&one.at).then_with(|| one.label.cmp(&other.label)));
    marks.truncate(MARKS_MAX);
    marks
}

fn annotation(one: &Annotation, asked: &UsageAsked, window: Window) -> Option<ChartMark> {
    let at = utc_midnight(one.day);
    if !window.contains(at) || !one.concerns(asked.account.as_ref()) {
        return None;
    }
    let tone = match one.kind {
        AnnotationKind::Incident => Tone::Bad,
        AnnotationKind::Release => Tone::Neutral,
    };
    Some(ChartMark { at, label: format!("{}: {}", one.kind, one.title), tone })
}

fn of_account(reading: &Reading<'_>, account: &AccountId, window: Window) -> Vec<ChartMark> {
    let days = reading.snapshot.score_history(account, window);
    let bands = BandChange::among(&days).iter().map(band_mark).collect::<Vec<_>>();
    let of_account = reading.snapshot.initiatives().filter(|one| one.account == *account);
    let mark = |one: &Initiative| {
        let at = utc_midnight(one.start?);
        let label = format!("{}: {}", one.id, one.title);
        window.contains(at).then_some(ChartMark { at, label, tone: Tone::Neutral })
    };
    of_account.filter_map(mark).chain(bands).collect()
}

/// What the commitment comes to in each bucket, beside what was used in them.
fn commitment_level(
    reading: &Reading<'_>,
    asked: &UsageAsked,
    window: Window,
    series: &[Series],
) -> Option<ChartLevel> {
    if asked.metric != Metric::Cost || asked.endpoint.is_some() {
        return None;
    }
    let at = utc_midnight(window.last_day());
    let level = reading.commitment_level(asked.account.as_ref()?, asked.grain(), at)?;
    let value =
        |series: &Series, index: usize| series.points.get(index).and_then(|point| point.value.as_f64());
    let sum = |index: usize| series.iter().filter_map(|one| value(one, index)).sum::<f64>();
    let highest = (0..series.first()?.points.len()).map(sum).fold(0.0, f64::max);
    is_in_sight(&level, highest).then_some(level)
}

/// When the cost of a period of the contract reached what was committed for it.
fn commitments(reading: &Reading<'_>, asked: &UsageAsked, window: Window) -> Vec<ChartMark> {
    let contract = asked.account.as_ref().and_then(|id| reading.snapshot.account(id)?.contract);
    let Some(contract) = contract.filter(|_| asked.metric == Metric::Cost && asked.endpoint.is_none()) else {
        return Vec::new();
    };
    let mut marks = Vec::new();
    let mut day = window.first_day();
    while day <= window.last_day() {
        let (start, end) = contract.period.around(day);
        let Some(period) = Window::new(utc_midnight(start), utc_midnight(end)) else { break };
        let spent = reading.snapshot.series(&asked.filter(), Metric::Cost, period, Grain::Day);
        let mut sum = 0;
        let reached = spent.buckets.iter().zip(&spent.values).find(|(_, value)| {
            sum += **value;
            sum >= contract.commit.micros
        });
        marks.extend(reached.filter(|(bucket, _)| window.contains(bucket.from())).map(|(bucket, _)| {
            ChartMark { at: bucket.from(), label: "commitment reached".into(), tone: Tone::Neutral }
        }));
        day = end;
    }
    marks
}

/// The flag where an account came into another band.
pub(super) fn band_mark(change: &BandChange) -> ChartMark {
    // Bands are in the order from the worst to the best.
    let tone = if change.to > change.from { Tone::Good } else { Tone::Bad };
    ChartMark { at: utc_midnight(change.day), label: format!("health: {}", change.to), tone }
}

fn line(reading: &Reading<'_>, name: &str, metric: Metric, grain: Grain, data: &SeriesData) -> Series {
    let currency = reading.snapshot.currency();
    let point = |(bucket, value): (&Window, &i64)| SeriesPoint {
        at: bucket.from(),
        value: Quantity::of(metric, *value, currency),
        complete: is_whole(grain, *bucket),
    };
    Series { name: name.into(), points: data.buckets.iter().zip(&data.values).map(point).collect() }
}

/// The largest parts, each a line, and the rest as one.
fn parts(
    reading: &Reading<'_>,
    asked: &UsageAsked,
    filter: &UsageFilter,
    window: Window,
    by: Dimension,
) -> Vec<Series> {
    let grain = asked.grain();
    let split = reading.snapshot.split_series(filter, asked.metric, window, grain, by);
    let used: Vec<_> = split.into_iter().filter(|(_, data)| data.total() != 0).collect();
    if used.is_empty() {
        let data = reading.snapshot.series(filter, asked.metric, window, grain);
        return vec![line(reading, asked.metric.title(), asked.metric, grain, &data)];
    }
    // A rest of one part would hide a name and save nothing.
    let shown = if used.len() == PARTS_MAX + 1 { used.len() } else { PARTS_MAX };
    let named = used.iter().take(shown).map(|(part, data)| {
        let name = match (by, part.as_deref()) {
            (_, None) => format!("no {} stated", by.word()),
            (Dimension::Account, Some(id)) => {
                let account = id.parse().ok().and_then(|id| reading.snapshot.account(&id));
                account.map_or_else(|| id.to_owned(), |account| account.name.clone())
            }
            (Dimension::Endpoint | Dimension::Model, Some(name)) => name.to_owned(),
        };
        line(reading, &name, asked.metric, grain, data)
    });
    let mut series: Vec<Series> = named.collect();
    let mut rest = used.into_iter().skip(shown).map(|(_, data)| data);
    if let Some(mut sum) = rest.next() {
        for data in rest {
            for (one, more) in sum.values.iter_mut().zip(data.values) {
                *one += more;
            }
        }
        series.push(line(reading, "other", asked.metric, grain, &sum));
    }
    series
}

/// The period before, bucket by bucket as long as those of the window, so that the two lie on each other.
fn before(reading: &Reading<'_>, asked: &UsageAsked, filter: &UsageFilter, window: Window) -> Series {
    let grain = asked.grain();
    let buckets = grain.buckets(window);
    let earlier = reading.snapshot.series(filter, asked.metric, window.previous(), grain);
    let shift = window.length();
    let moved = |bucket: &Window| shifted(*bucket, shift);
    let aligned = earlier.buckets.len() == buckets.len()
        && earlier.buckets.iter().zip(&buckets).all(|(then, now)| Some(*then) == moved(now));
    let data = if aligned {
        earlier
    } else {
        let buckets: Vec<Window> = buckets.iter().filter_map(moved).collect();
        let sum = |bucket: &Window| raw(&reading.snapshot.totals(filter, *bucket), asked.metric);
        SeriesData { values: buckets.iter().map(sum).collect(), buckets }
    };
    line(reading, "period before", asked.metric, grain, &data)
}

fn shifted(bucket: Window, back: SignedDuration) -> Option<Window> {
    Window::new(bucket.from().checked_sub(back).ok()?, bucket.to().checked_sub(back).ok()?)
}

fn raw(used: &Used, metric: Metric) -> i64 {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    match metric {
        Metric::ApiCalls => count(used.api_calls),
        Metric::Tokens => count(used.tokens),
        Metric::Cost => used.cost.micros,
        Metric::Errors => count(used.errors.unwrap_or(0)),
    }
}
