//! Values over time: an area for one line, a stack for the parts of a whole, the period before behind them.

use std::fmt::Write as _;
use std::ops::Range;

use jiff::Timestamp;

use crate::domain::Currency;
use crate::domain::DAY_MS;
use crate::domain::Grain;
use crate::domain::HOUR_MS;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::utc_date;
use crate::reply::SeriesChart;

use super::axis;
use super::colours::PART_CLASSES;
use super::font;
use super::font::Weight;
use super::legend;
use super::legend::{Headline, Key, Swatch};
use super::scene::{Anchor, Label, Scene, Short};
use super::values::Values;

/// More hover fields would only weigh a page down.
const HITS_MAX: usize = 400;

/// Where the values are drawn.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    value_top: f64,
    from_ms: i64,
    to_ms: i64,
}

impl Plot {
    fn x(&self, at: Timestamp) -> f64 {
        let span = (self.to_ms - self.from_ms) as f64;
        if span <= 0.0 {
            return f64::midpoint(self.left, self.right);
        }
        self.left + (at.as_millisecond() - self.from_ms) as f64 / span * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - value / self.value_top * (self.bottom - self.top)
    }
}

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &SeriesChart) {
    let frame = scene.frame;
    let values = Values::of(chart);
    let more_is_good = match chart.metric {
        Metric::ApiCalls | Metric::Tokens => Some(true),
        Metric::Errors => Some(false),
        // Spend is neither: the customer's cost is our revenue.
        Metric::Cost => None,
    };
    let headline = Headline { total: chart.total.as_ref(), change: chart.change.as_ref(), more_is_good };
    let top = legend::heading(scene, &chart.title, &chart.subtitle, Some(headline));

    let keys = keys(chart, &values);
    let beside = frame.is_wide() && chart.series.len() > 1;
    let top = if beside { top } else { top + legend::keys_in_rows(scene, &keys, top) };
    let gutter = if beside { column_room(&keys, frame.small) } else { end_room(scene, chart) };

    let ticks = axis::values(values.max(), 4.0, axis::is_counted(chart.metric));
    let value_top = ticks[ticks.len() - 1];
    let labels: Vec<String> =
        ticks.iter().map(|tick| axis::value_label(*tick, ticks[1], currency(chart))).collect();
    let widest =
        labels.iter().map(|label| font::width(label, frame.small, Weight::Regular)).fold(0.0, f64::max);
    let plot = Plot {
        left: frame.margin + widest.min(frame.inner() / 3.0) + frame.small * 0.8,
        right: frame.right() - gutter,
        top: top + frame.small * 1.2,
        bottom: frame.height - frame.margin * 0.6 - frame.small * 1.9,
        value_top,
        from_ms: values.at.first().map_or(0, |at| at.as_millisecond()),
        to_ms: values.at.last().map_or(0, |at| at.as_millisecond()),
    };
    // Without any value there is nothing to measure against but zero.
    let known = if values.max() > 0.0 { ticks.len() } else { 1 };
    for (tick, label) in ticks.iter().zip(&labels).take(known) {
        let y = plot.y(*tick);
        let class = if *tick == 0.0 { "c-axis" } else { "c-grid" };
        scene.line((plot.left, y), (plot.right, y), class, if frame.is_wide() { 1.2 } else { 1.8 });
        let label = Label::new(plot.left - frame.small * 0.7, y + frame.small * 0.36, frame.small, label);
        scene.label(label.anchor(Anchor::End).within(plot.left - frame.small * 0.7));
    }
    date_axis(scene, &plot, chart.grain, &values.at);
    if beside {
        let x = plot.right + frame.small * 1.6;
        legend::keys_in_column(scene, &keys, x, plot.top - frame.small * 0.6, frame.right() - x);
    }
    if values.sums.iter().all(|value| *value == 0.0) {
        nothing(scene, &plot, chart.metric);
    }
    // The line is wider than two units, so finer columns would only cost time.
    let values = values.thinned(((plot.right - plot.left) / 2.0) as usize);
    marks(scene, &plot, &values);
    if !beside {
        end_label(scene, &plot, chart, &values);
    }
    // Last, so that they lie above all that is drawn.
    hits(scene, &plot, chart);
}

fn currency(chart: &SeriesChart) -> Option<Currency> {
    let first = chart.series.iter().find_map(|series| series.points.first())?;
    match first.value {
        Quantity::Money(_, currency) => Some(currency),
        _ => None,
    }
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
    keys
}

fn column_room(keys: &[Key], px: f64) -> f64 {
    let widest = keys
        .iter()
        .map(|key| font::width(&super::scene::clean(&key.words), px, Weight::Regular))
        .fold(0.0, f64::max);
    widest.min(210.0) + px * 3.6
}

/// Room at the right for the last value.
fn end_room(scene: &Scene, chart: &SeriesChart) -> f64 {
    let frame = scene.frame;
    let last =
        chart.series.first().filter(|_| chart.series.len() == 1).and_then(|series| series.points.last());
    let width = last.map_or(0.0, |point| font::width(&point.value.short(), frame.small, Weight::SemiBold));
    (width + frame.small * 1.1).clamp(frame.small * 1.5, frame.inner() / 4.0)
}

fn date_axis(scene: &mut Scene, plot: &Plot, grain: Grain, at: &[Timestamp]) {
    let frame = scene.frame;
    let (Some(first), Some(last)) = (at.first(), at.last()) else { return };
    let finest = match grain {
        Grain::Hour => HOUR_MS,
        Grain::Day => DAY_MS,
        Grain::Week => 7 * DAY_MS,
        Grain::Month => 28 * DAY_MS,
    };
    let most = ((plot.right - plot.left) / (frame.small * 5.6)) as usize;
    let y = plot.bottom + frame.small * 1.7;
    let mut taken = f64::NEG_INFINITY;
    for tick in axis::dates(*first, *last, most, finest) {
        let x = plot.x(tick.at);
        let label = Label::new(x, y, frame.small, &tick.label).anchor(Anchor::Middle);
        let half = label.width() / 2.0;
        let label = label.at(x.clamp(half, frame.width - half));
        let (left, right) = label.extent();
        if left < taken + frame.small * 0.6 {
            continue;
        }
        taken = right;
        scene.line((x, plot.bottom), (x, plot.bottom + frame.small * 0.4), "c-axis", 1.2);
        scene.label(if tick.begins { label.class("c-text").weight(Weight::Medium) } else { label });
    }
}

fn nothing(scene: &mut Scene, plot: &Plot, metric: Metric) {
    let words = match metric {
        Metric::ApiCalls | Metric::Tokens => "No usage in this window",
        Metric::Cost => "No cost in this window",
        Metric::Errors => "No errors in this window",
    };
    let (x, y) = (f64::midpoint(plot.left, plot.right), f64::midpoint(plot.top, plot.bottom));
    let px = scene.frame.body;
    scene.label(
        Label::new(x, y, px, words)
            .anchor(Anchor::Middle)
            .weight(Weight::Medium)
            .within(plot.right - plot.left),
    );
}

fn before_class(values: &Values) -> &'static str {
    if values.parts.len() > 1 { "c-before-over" } else { "c-before" }
}

/// Lines, areas and dots.
fn marks(scene: &mut Scene, plot: &Plot, values: &Values) {
    let stroke = if scene.frame.is_wide() { 2.6 } else { 3.6 };
    let xs: Vec<f64> = values.at.iter().map(|at| plot.x(*at)).collect();
    let line = |range: Range<usize>, heights: &[f64]| {
        let mut d = String::new();
        for index in range {
            let letter = if d.is_empty() { 'M' } else { 'L' };
            let _ = write!(d, "{letter}{} {}", Short(xs[index]), Short(plot.y(heights[index])));
        }
        d
    };
    let stretches = values.stretches();
    if values.parts.len() > 1 {
        stack(scene, plot, values, &xs);
    } else {
        for (range, whole) in &stretches {
            let (from, to) = (xs[range.start], xs[range.end - 1]);
            let floor = Short(plot.bottom);
            let edge = line(range.clone(), &values.sums);
            // What is not complete carries no area: nothing is claimed about it yet.
            if *whole {
                scene.fade(format!("{edge}L{} {floor}L{} {floor}Z", Short(to), Short(from)));
            }
        }
    }
    if values.before.len() > 1 {
        let d = line(0..values.before.len(), &values.before);
        if values.parts.len() > 1 {
            scene.path(d.clone(), "c-seam", stroke * 1.5);
        }
        scene.path(d, before_class(values), stroke * 0.75);
    }
    if values.parts.len() == 1 {
        for (range, whole) in stretches {
            let class = if whole { "c-line" } else { "c-line-partial" };
            scene.path(line(range, &values.sums), class, stroke);
        }
    }
    if let (Some(x), Some(sum), Some(complete)) = (xs.last(), values.sums.last(), values.complete.last())
        && (values.parts.len() == 1 || xs.len() == 1)
    {
        let class = if *complete { "c-dot" } else { "c-dot-partial" };
        scene.circle(*x, plot.y(*sum), stroke * 2.0, class, stroke * 0.8);
        if let (1, Some(before)) = (xs.len(), values.before.first()) {
            scene.circle(*x, plot.y(*before), stroke * 1.8, "c-hollow", stroke * 0.8);
        }
    }
}

/// The parts on top of each other; incomplete stretches are fainter.
fn stack(scene: &mut Scene, plot: &Plot, values: &Values, xs: &[f64]) {
    const FAINT: [&str; 6] = [
        "c-series-1 c-faint",
        "c-series-2 c-faint",
        "c-series-3 c-faint",
        "c-series-4 c-faint",
        "c-series-5 c-faint",
        "c-series-6 c-faint",
    ];
    let stretches = values.stretches();
    let mut floor = vec![0.0; xs.len()];
    for (part, (class, faint)) in values.parts.iter().zip(PART_CLASSES.into_iter().zip(FAINT)) {
        let roof: Vec<f64> = floor.iter().zip(part).map(|(below, own)| below + own).collect();
        for (range, whole) in &stretches {
            let mut d = String::new();
            for index in range.clone() {
                let letter = if d.is_empty() { 'M' } else { 'L' };
                let _ = write!(d, "{letter}{} {}", Short(xs[index]), Short(plot.y(roof[index])));
            }
            let seam = d.clone();
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
    if *sum == 0.0 && values.max() == 0.0 {
        return;
    }
    let px = scene.frame.small;
    let y = (plot.y(*sum) + px * 0.36).min(plot.bottom - px * 0.2);
    let x = plot.x(*at) + px * 0.7;
    let class = if point.complete { "c-text" } else { "c-muted" };
    let label = Label::new(x, y, px, &point.value.short()).class(class).weight(Weight::SemiBold);
    scene.label(label.halo().within(scene.frame.width - x));
}

/// Exact values on hover, for pages.
fn hits(scene: &mut Scene, plot: &Plot, chart: &SeriesChart) {
    let Some(first) = chart.series.first() else { return };
    let count = first.points.len();
    if count > HITS_MAX || count == 0 {
        return;
    }
    let width = (plot.right - plot.left) / (count.saturating_sub(1).max(1)) as f64;
    for (index, point) in first.points.iter().enumerate() {
        let x = plot.x(point.at);
        let (left, right) = ((x - width / 2.0).max(plot.left), (x + width / 2.0).min(plot.right));
        let mut title = match chart.grain {
            Grain::Hour => {
                format!("{} {} UTC", axis::full_day_label(utc_date(point.at)), axis::hour_label(point.at))
            }
            Grain::Day => axis::full_day_label(utc_date(point.at)),
            Grain::Week => format!("week from {}", axis::full_day_label(utc_date(point.at))),
            Grain::Month => utc_date(point.at).strftime("%b %Y").to_string(),
        };
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
        scene.hit(left, plot.top, right - left, plot.bottom - plot.top, &title);
    }
}
