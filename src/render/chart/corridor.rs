//! A measured line against a band: what is expected after it, or what is usual along it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::domain::Currency;
use crate::domain::Quantity;
use crate::reply::{ChartMark, CorridorChart, CorridorPoint, Tone};

use super::legend;
use super::legend::{Headline, Key, Swatch};
use super::level;
use super::marks;
use super::marks::Mark;
use super::plot;
use super::plot::Plot;
use super::scene::{Scene, track};
use super::values::{Values, drawn, worth_drawing};

/// Low and high.
type Range = (f64, f64);

/// One point of the band, made plain for drawing.
#[derive(Debug, Clone, Copy)]
struct Slice {
    at: Timestamp,
    middle: f64,
    inner: Option<Range>,
    outer: Option<Range>,
}

impl Slice {
    fn of(point: &CorridorPoint) -> Self {
        let range = |range: Option<(Quantity, Quantity)>| {
            range
                .map(|(low, high)| (drawn(low), drawn(high)))
                .map(|(low, high)| (low.min(high), low.max(high)))
        };
        Self {
            at: point.at,
            middle: drawn(point.middle),
            inner: range(point.inner),
            outer: range(point.outer),
        }
    }

    fn top(&self) -> f64 {
        [self.inner, self.outer].into_iter().flatten().map(|(_, high)| high).fold(self.middle, f64::max)
    }
}

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &CorridorChart) {
    let values = Values::line(&chart.line.points);
    let band: Vec<Slice> = chart.band.iter().map(Slice::of).collect();
    let ahead = chart.is_ahead();
    let measured = values.max().max(level::height(chart.level.as_ref()));
    let max = band.iter().map(Slice::top).fold(measured, f64::max);
    let headline = Headline {
        total: chart.headline.as_ref(),
        change: chart.change.as_ref(),
        more_is_good: legend::more_is_good(chart.metric),
    };
    let top = legend::heading(scene, &chart.title, &chart.subtitle, Some(headline));
    let ringed = |mark: &&ChartMark| chart.measured_at(mark.at).is_some();
    let (rings, dates): (Vec<&ChartMark>, Vec<&ChartMark>) = chart.marks.iter().partition(ringed);
    let top = top + legend::keys_in_rows(scene, &keys(chart, &band, ahead, &rings), top);
    let now = now(&values, &band).filter(|_| max > 0.0);
    let flagged = now.is_some() || !dates.is_empty();
    let top = if flagged { top + marks::flag_room(scene) - scene.frame.small } else { top };

    let instants =
        || values.at.iter().chain(band.iter().map(|slice| &slice.at)).map(|at| at.as_millisecond());
    let span = (instants().min().unwrap_or(0), instants().max().unwrap_or(0));
    let dates = dates.iter().filter(|mark| (span.0..=span.1).contains(&mark.at.as_millisecond()));
    let (end_label, end_class) = end_words(chart, ahead);
    let gutter = plot::end_room(scene, &end_label);
    let plot = Plot::ruled(scene, (top, gutter), max, (chart.metric, currency(chart)), span);
    if values.at.is_empty() && band.is_empty() {
        plot.says(scene, "Nothing to show in this window");
        return;
    }
    plot.dates(scene, chart.grain);
    if max == 0.0 {
        plot.says(scene, plot::nothing_words(chart.metric));
    }
    let values = values.thinned(plot.columns());
    // Along a band the area would only hide it.
    if ahead || band.is_empty() {
        plot.area(scene, &values);
    }
    corridor(scene, &plot, &with_fan(&values, band, chart), ahead);
    plot.line(scene, &values, "c-line-partial");
    level::draw(scene, &plot, chart.level.as_ref());
    plot.end_dot(scene, &values);
    let mut flags: Vec<Mark<'_>> =
        now.map(|at| Mark { x: plot.x(at), words: "now", tone: Tone::Neutral }).into_iter().collect();
    flags.extend(dates.map(|mark| Mark { x: plot.x(mark.at), words: &mark.label, tone: mark.tone }));
    marks::flags(scene, &plot, &flags);
    let rings: Vec<(Mark<'_>, f64)> = rings
        .iter()
        .filter_map(|mark| chart.measured_at(mark.at).map(|point| (mark, point)))
        .map(|(mark, point)| {
            let place = Mark { x: plot.x(point.at), words: &mark.label, tone: mark.tone };
            (place, plot.y(drawn(point.value)))
        })
        .collect();
    let end = last(chart, ahead).filter(|_| max > 0.0);
    let taken = end.map(|(at, value)| plot.end_label(scene, at, drawn(value), &end_label, end_class));
    marks::rings(scene, &plot, &values, &rings, taken.into_iter().collect());
    // Last, so that they lie above all that is drawn.
    plot.hits(scene, &told(chart));
}

/// Where the measured line ends, when the band goes on.
fn now(values: &Values, band: &[Slice]) -> Option<Timestamp> {
    values.at.last().copied().filter(|last| band.last().is_some_and(|slice| slice.at > *last))
}

/// The last point of the picture.
fn last(chart: &CorridorChart, ahead: bool) -> Option<(Timestamp, Quantity)> {
    let measured = || chart.line.points.last().map(|point| (point.at, point.value));
    let expected = || chart.band.last().map(|point| (point.at, point.middle));
    if ahead { expected().or_else(measured) } else { measured().or_else(expected) }
}

fn end_words(chart: &CorridorChart, ahead: bool) -> (String, &'static str) {
    let words = last(chart, ahead).map(|(_, value)| value.short()).unwrap_or_default();
    (words, if ahead { "c-accent-text" } else { "c-text" })
}

fn currency(chart: &CorridorChart) -> Option<Currency> {
    let measured = chart.line.points.first().map(|point| point.value);
    measured.or_else(|| chart.band.first().map(|point| point.middle)).and_then(plot::currency)
}

/// What the lines and bands are.
fn keys(chart: &CorridorChart, band: &[Slice], ahead: bool, rings: &[&ChartMark]) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut key = |swatch, words: &str| keys.push(Key { swatch, words: words.to_owned() });
    if !chart.line.points.is_empty() {
        key(Swatch::Line("c-line"), "measured");
    }
    if chart.line.points.len() > 1 && chart.line.points.iter().any(|point| !point.complete) {
        key(Swatch::Line("c-line-partial"), "not complete yet");
    }
    let (inner, outer) =
        (band.iter().any(|slice| slice.inner.is_some()), band.iter().any(|slice| slice.outer.is_some()));
    if ahead {
        key(Swatch::Line("c-expected"), &chart.band_name);
        if inner {
            key(Swatch::Fill("c-band-inner"), "80 %");
        }
        if outer {
            key(Swatch::Fill("c-band-outer"), "95 %");
        }
    } else if inner || outer {
        key(Swatch::Fill("c-usual"), &format!("{} range", chart.band_name));
    } else if !band.is_empty() {
        key(Swatch::Line("c-before"), &chart.band_name);
    }
    if let Some(first) = rings.first() {
        let alike = rings.iter().all(|mark| mark.tone == first.tone);
        let tone = if alike { first.tone } else { Tone::Neutral };
        key(Swatch::Ring(marks::ring_class(tone)), "unusual");
    }
    keys.extend(chart.level.as_ref().map(level::key));
    keys
}

/// The expected path sets out from the last measured point that is complete, when it begins right after it.
fn with_fan(values: &Values, mut band: Vec<Slice>, chart: &CorridorChart) -> Vec<Slice> {
    let Some(first) = band.first().copied() else { return band };
    let Some(index) = values.complete.iter().rposition(|complete| *complete) else { return band };
    let (at, value) = (values.at[index], values.sums[index]);
    let gap = first.at.as_millisecond() - at.as_millisecond();
    // A month is up to three days longer than its least width.
    if gap > 0 && gap * 10 <= plot::width_ms(chart.grain) * 12 {
        let point = Some((value, value));
        let outer = first.outer.and(point);
        band.insert(0, Slice { at, middle: value, inner: first.inner.and(point), outer });
    }
    band
}

/// The band, the fainter part first, and its middle.
fn corridor(scene: &mut Scene, plot: &Plot, band: &[Slice], ahead: bool) {
    let kept = worth_drawing(band.len(), plot.columns(), |index| band[index].top());
    let band: Vec<Slice> = kept.into_iter().map(|index| band[index]).collect();
    let stroke = plot::line_stroke(scene);
    let middle = || track(band.iter().map(|slice| (plot.x(slice.at), plot.y(slice.middle))));
    let ranged = band.iter().any(|slice| slice.inner.is_some() || slice.outer.is_some());
    if ahead {
        ribbon(scene, plot, &band, |slice| slice.outer, "c-band-outer");
        ribbon(scene, plot, &band, |slice| slice.inner, "c-band-inner");
        scene.path(middle(), "c-expected", stroke * 0.9);
        if let [only] = &band[..] {
            scene.circle(plot.x(only.at), plot.y(only.middle), stroke * 1.8, "c-dot-partial", stroke * 0.8);
        }
    } else {
        ribbon(scene, plot, &band, |slice| slice.outer.or(slice.inner), "c-usual");
        if !ranged && band.len() > 1 {
            scene.path(middle(), "c-before", stroke * 0.75);
        }
    }
}

/// A range over time, whole where neighbours have one.
fn ribbon(
    scene: &mut Scene,
    plot: &Plot,
    band: &[Slice],
    range: impl Fn(&Slice) -> Option<Range>,
    class: &'static str,
) {
    let known: Vec<Option<(f64, Range)>> =
        band.iter().map(|slice| range(slice).map(|range| (plot.x(slice.at), range))).collect();
    for run in known.split(Option::is_none) {
        let run: Vec<(f64, Range)> = run.iter().copied().flatten().collect();
        let floor = run.iter().rev().map(|(x, (low, _))| (*x, plot.y(*low)));
        match run[..] {
            [] => {}
            [(x, (low, high))] => {
                let (top, bottom) = (plot.y(high), plot.y(low));
                let width = scene.frame.small * 0.8;
                scene.bar(x - width / 2.0, top, width, bottom - top, class);
            }
            _ => {
                let roof = run.iter().map(|(x, (_, high))| (*x, plot.y(*high)));
                scene.path(track(roof.chain(floor)) + "Z", class, 0.0);
            }
        }
    }
}

/// All digits of each bucket, for hovering.
fn told(chart: &CorridorChart) -> Vec<(Timestamp, String)> {
    let mut told: BTreeMap<Timestamp, String> = BTreeMap::new();
    let mut about = |at: Timestamp, words: String| {
        let title = told.entry(at).or_insert_with(|| plot::bucket_title(at, chart.grain));
        let _ = write!(title, " · {words}");
    };
    for point in &chart.line.points {
        let rest = if point.complete { "" } else { ", not complete yet" };
        about(point.at, format!("measured {}{rest}", point.value.exact()));
    }
    for point in &chart.band {
        about(point.at, format!("{} {}", chart.band_name, point.middle.exact()));
        for (name, range) in [("80 %", point.inner), ("95 %", point.outer)] {
            let Some((low, high)) = range else { continue };
            let name = if point.inner.is_some() { name } else { "range" };
            about(point.at, format!("{name} {} to {}", low.short(), high.short()));
        }
    }
    for mark in &chart.marks {
        let at = chart.measured_at(mark.at).map_or(mark.at, |point| point.at);
        about(at, mark.label.clone());
    }
    told.into_iter().collect()
}
