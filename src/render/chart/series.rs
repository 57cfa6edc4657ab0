//! Values over time: an area for one line, a stack for the parts of a whole, the period before behind them.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::domain::Currency;
use crate::reply::{ChartMark, SeriesChart, SeriesPoint};

use super::colours::PART_CLASSES;
use super::font;
use super::font::Weight;
use super::legend;
use super::legend::{Headline, Key, Swatch};
use super::level;
use super::marks as flags;
use super::marks::Mark;
use super::plot;
use super::plot::Plot;
use super::scene::{Scene, Short, track};
use super::values::Values;

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &SeriesChart) {
    let frame = scene.frame;
    let values = Values::of(chart);
    let headline = Headline {
        total: chart.total.as_ref(),
        change: chart.change.as_ref(),
        more_is_good: legend::more_is_good(chart.metric),
    };
    let top = legend::heading(scene, &chart.title, &chart.subtitle, Some(headline));

    let keys = keys(chart, &values);
    let beside = frame.is_wide() && chart.series.len() > 1;
    let top = if beside { top } else { top + legend::keys_in_rows(scene, &keys, top) };
    let top = if chart.marks.is_empty() { top } else { top + flags::flag_room(scene) - frame.small };
    let gutter = if beside { column_room(&keys, frame.small) } else { end_room(scene, chart) };
    let ends = |at: Option<&Timestamp>| at.map_or(0, |at| at.as_millisecond());
    let span = (ends(values.at.first()), ends(values.at.last()));
    let max = values.max().max(level::height(chart.level.as_ref()));
    let plot = Plot::ruled(scene, (top, gutter), max, (chart.metric, currency(chart)), span);
    if !values.at.is_empty() {
        plot.dates(scene, chart.grain);
    }
    if beside {
        let x = plot.right + frame.small * 1.6;
        legend::keys_in_column(scene, &keys, x, plot.top - frame.small * 0.6, frame.right() - x);
    }
    if values.sums.iter().all(|value| *value == 0.0) {
        plot.says(scene, plot::nothing_words(chart.metric));
    }
    let values = values.thinned(plot.columns());
    marks(scene, &plot, &values);
    level::draw(scene, &plot, chart.level.as_ref());
    let shown = |mark: &&ChartMark| (plot.from_ms..=plot.to_ms).contains(&mark.at.as_millisecond());
    let flagged: Vec<Mark<'_>> = chart
        .marks
        .iter()
        .filter(shown)
        .map(|mark| Mark { x: plot.x(mark.at), words: &mark.label, tone: mark.tone })
        .collect();
    flags::flags(scene, &plot, &flagged);
    if !beside {
        end_label(scene, &plot, chart, &values);
    }
    // Last, so that they lie above all that is drawn.
    plot.hits(scene, &told(chart));
}

fn currency(chart: &SeriesChart) -> Option<Currency> {
    chart.series.iter().find_map(|series| series.points.first()).and_then(|point| plot::currency(point.value))
}

/// The key of a chart: parts top down as they are stacked, the period before, the dashed end.
fn keys(chart: &SeriesChart, values: &Values) -> Vec<Key> {
    let mut keys = Vec::new();
    if chart.series.len() > 1 {
        let shown = values.parts.len();
        let merged = chart.series.len() - shown;
        for (index, (series, class)) in chart.series.iter().take(shown).zip(PART_CLASSES).enumerate() {
            let words = if merged > 0 && index + 1 == shown {
                format!("{} others", merged + 1)
            } else {
                series.name.clone()
            };
            keys.push(Key { swatch: Swatch::Fill(class), words });
        }
        keys.reverse();
    } else if !values.before.is_empty() {
        keys.push(Key { swatch: Swatch::Line("c-line"), words: "this period".into() });
    }
    if !values.before.is_empty() {
        keys.push(Key { swatch: Swatch::Line(before_class(values)), words: "period before".into() });
    }
    if values.complete.contains(&false) && values.at.len() > 1 {
        let swatch = if chart.series.len() > 1 {
            Swatch::Fill("c-quiet c-faint")
        } else {
            Swatch::Line("c-line-partial")
        };
        keys.push(Key { swatch, words: "not complete yet".into() });
    }
    keys.extend(chart.level.as_ref().map(level::key));
    keys
}

fn column_room(keys: &[Key], px: f64) -> f64 {
    let widest = keys
        .iter()
        .map(|key| font::width(&super::scene::clean(&key.words), px, Weight::Regular))
        .fold(0.0, f64::max);
    widest.min(260.0) + px * 3.6
}

/// Room at the right for the last value.
fn end_room(scene: &Scene, chart: &SeriesChart) -> f64 {
    let last =
        chart.series.first().filter(|_| chart.series.len() == 1).and_then(|series| series.points.last());
    plot::end_room(scene, &last.map(|point| point.value.short()).unwrap_or_default())
}

fn before_class(values: &Values) -> &'static str {
    if values.parts.len() > 1 { "c-before-over" } else { "c-before" }
}

/// Lines, areas and dots.
fn marks(scene: &mut Scene, plot: &Plot, values: &Values) {
    let stroke = plot::line_stroke(scene);
    let alone = values.parts.len() == 1;
    if values.parts.len() > 1 {
        stack(scene, plot, values);
    } else {
        plot.area(scene, values);
    }
    if values.before.len() > 1 {
        let d =
            track(values.at.iter().zip(&values.before).map(|(at, before)| (plot.x(*at), plot.y(*before))));
        if values.parts.len() > 1 {
            scene.path(d.clone(), "c-seam", stroke * 1.5);
        }
        scene.path(d, before_class(values), stroke * 0.75);
    }
    if alone {
        plot.line(scene, values, "c-line-partial");
    }
    if alone || values.at.len() == 1 {
        plot.end_dot(scene, values);
        if let ([at], Some(before)) = (&values.at[..], values.before.first()) {
            scene.circle(plot.x(*at), plot.y(*before), stroke * 1.8, "c-hollow", stroke * 0.8);
        }
    }
}

/// The parts on top of each other; incomplete stretches are fainter.
fn stack(scene: &mut Scene, plot: &Plot, values: &Values) {
    const FAINT: [&str; 6] = [
        "c-series-1 c-faint",
        "c-series-2 c-faint",
        "c-series-3 c-faint",
        "c-series-4 c-faint",
        "c-series-5 c-faint",
        "c-series-6 c-faint",
    ];
    let xs: Vec<f64> = values.at.iter().map(|at| plot.x(*at)).collect();
    let stretches = values.stretches();
    let mut floor = vec![0.0; xs.len()];
    for (part, (class, faint)) in values.parts.iter().zip(PART_CLASSES.into_iter().zip(FAINT)) {
        let roof: Vec<f64> = floor.iter().zip(part).map(|(below, own)| below + own).collect();
        for (range, whole) in &stretches {
            let seam = track(range.clone().map(|index| (xs[index], plot.y(roof[index]))));
            let mut d = seam.clone();
            for index in range.clone().rev() {
                let _ = write!(d, "L{} {}", Short(xs[index]), Short(plot.y(floor[index])));
            }
            d.push('Z');
            scene.path(d, if *whole { class } else { faint }, 0.0);
            scene.path(seam, "c-seam", 1.2);
        }
        floor = roof;
    }
}

/// The last value, beside its point.
fn end_label(scene: &mut Scene, plot: &Plot, chart: &SeriesChart, values: &Values) {
    let [series] = &chart.series[..] else { return };
    let (Some(point), Some(sum), Some(at)) = (series.points.last(), values.sums.last(), values.at.last())
    else {
        return;
    };
    if *sum != 0.0 || values.max() != 0.0 {
        let class = if point.complete { "c-text" } else { "c-muted" };
        plot.end_label(scene, *at, *sum, &point.value.short(), class);
    }
}

/// All digits of each bucket, for hovering.
fn told(chart: &SeriesChart) -> Vec<(Timestamp, String)> {
    let points = chart.series.first().map(|first| first.points.as_slice()).unwrap_or_default();
    let told = |(index, point): (usize, &SeriesPoint)| {
        let mut title = plot::bucket_title(point.at, chart.grain);
        for series in &chart.series {
            let Some(point) = series.points.get(index) else { continue };
            let name = if chart.series.len() > 1 { format!("{} ", series.name) } else { String::new() };
            let _ = write!(title, " · {name}{}", point.value.exact());
        }
        if let Some(before) = chart.previous.as_ref().and_then(|previous| previous.points.get(index)) {
            let _ = write!(title, " · before {}", before.value.exact());
        }
        if !point.complete {
            title.push_str(" · not complete yet");
        }
        (point.at, title)
    };
    points.iter().enumerate().map(told).collect()
}
