//! Rises and falls, drawn to both sides of one zero line.

use crate::domain::Fact;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::reply::{Bar, BarsChart, Tone};

use super::font::Weight;
use super::legend;
use super::scene::{Anchor, Label, Scene};
use super::signs;

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &BarsChart) {
    let frame = scene.frame;
    let top = legend::heading(scene, &chart.title, &chart.subtitle, None) + 16.0;
    if chart.bars.is_empty() {
        let (x, y) = (frame.width / 2.0, frame.height / 2.0);
        let label = Label::new(x, y, frame.body, "Nothing moved in this window");
        scene.label(label.anchor(Anchor::Middle).weight(Weight::Medium));
        return;
    }
    let least = if frame.is_wide() { 40.0 } else { frame.body * 3.1 };
    if !frame.is_wide() {
        scene.frame.height = top + least * chart.bars.len() as f64 + 16.0;
    } else if !frame.headed {
        scene.stretch(top + least * chart.bars.len().min(ROWS_MAX_PAGE) as f64 + 24.0);
    }
    let bottom = scene.frame.height - 24.0;
    let fits = ((bottom - top) / least + 0.5).floor().max(1.0) as usize;
    let shown = if chart.bars.len() > fits { fits.max(2) - 1 } else { chart.bars.len() };
    let rows = shown + usize::from(chart.bars.len() > shown);
    let step = ((bottom - top) / rows as f64).min(least * 1.6);
    let kept = kept(&chart.bars, shown);
    let scale = Scale::of(scene, &kept);
    let end = top + step * kept.len() as f64;
    for (index, bar) in kept.iter().enumerate() {
        row(scene, bar, &scale, top + step * (index as f64 + 0.5));
    }
    if frame.is_wide() {
        scene.line((scale.zero, top), (scale.zero, end), "c-axis", 1.5);
    }
    if chart.bars.len() > shown {
        let words = format!("+ {} more", chart.bars.len() - shown);
        let y = end + step / 2.0 + frame.small * 0.36;
        scene.label(Label::new(frame.margin, y, frame.small, &words));
    }
}

/// Rows of a page; the table below has them all.
const ROWS_MAX_PAGE: usize = 12;

/// The longest bars, in their order.
fn kept(bars: &[Bar], count: usize) -> Vec<&Bar> {
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by(|a, b| length(&bars[*b]).abs().total_cmp(&length(&bars[*a]).abs()));
    order.truncate(count);
    order.sort_unstable();
    order.into_iter().map(|index| &bars[index]).collect()
}

fn length(bar: &Bar) -> f64 {
    if bar.length.is_finite() { bar.length } else { 0.0 }
}

/// Where zero is, and how long the lengths of both sides together are drawn.
struct Scale {
    zero: f64,
    whole: f64,
    room: f64,
}

impl Scale {
    fn of(scene: &Scene, bars: &[&Bar]) -> Self {
        let frame = scene.frame;
        let left = if frame.is_wide() { frame.margin + NAME_ROOM + 20.0 } else { frame.margin };
        let most = |sign: f64| bars.iter().map(|bar| length(bar) * sign).fold(0.0, f64::max);
        let (down, up) = (most(-1.0), most(1.0));
        let words = |sign: f64| {
            let side = bars.iter().filter(|bar| (length(bar) < 0.0) == (sign < 0.0));
            // Beside the bar, which is never shorter than can be seen.
            side.map(|bar| value_width(scene, bar) + 14.0).fold(0.0, f64::max)
        };
        let room = frame.right() - left;
        // Wide pictures write values at the ends of the bars; both sides keep room for theirs.
        let (before, after) = if frame.is_wide() { (words(-1.0), words(1.0)) } else { (0.0, 0.0) };
        let scale = Self { zero: left + before, whole: down + up, room: (room - before - after).max(0.0) };
        Self { zero: scale.zero + scale.drawn(down), ..scale }
    }

    /// A length's share of the room: a share is finite where a unit's own length would not be.
    fn drawn(&self, length: f64) -> f64 {
        // Without any length nothing is drawn to scale.
        if self.whole > 0.0 { length.abs() / self.whole * self.room } else { 0.0 }
    }
}

/// Room for names, left of the bars.
const NAME_ROOM: f64 = 270.0;

fn row(scene: &mut Scene, bar: &Bar, scale: &Scale, y: f64) {
    let frame = scene.frame;
    // The sign of the value itself: a short fall must not round to the side of the rises.
    let falls = length(bar) < 0.0;
    let width = scale.drawn(length(bar)).max(2.0);
    let x = if falls { scale.zero - width } else { scale.zero };
    let tone = tone(bar);
    let class = match (bar.band, tone) {
        (Some(band), _) => signs::band_fill(band),
        (None, Tone::Good) => "c-good",
        (None, Tone::Bad) => "c-bad",
        (None, Tone::Neutral) => "c-series-1",
    };
    if frame.is_wide() {
        let base = y + frame.body * 0.36;
        scene.bar(x, y - 10.0, width, 20.0, class);
        scene.label(Label::new(frame.margin, base, frame.body, &bar.name).class("c-text").within(NAME_ROOM));
        let start = if falls { x - 12.0 - value_width(scene, bar) } else { x + width + 12.0 };
        value(scene, bar, tone, start, base);
    } else {
        let base = y - 6.0;
        let taken = value_width(scene, bar);
        value(scene, bar, tone, frame.right() - taken, base);
        let name = Label::new(frame.margin, base, frame.body, &bar.name).class("c-text");
        scene.label(name.within(frame.inner() - taken - 20.0));
        scene.bar(x, base + 14.0, width, 16.0, class);
        scene.line((scale.zero, base + 9.0), (scale.zero, base + 35.0), "c-axis", 2.0);
    }
}

/// The main figure and the one beside it.
fn value(scene: &mut Scene, bar: &Bar, tone: Tone, x: f64, base: f64) {
    let frame = scene.frame;
    let (px, small) = (frame.body, frame.small);
    let width = if is_change(&bar.fact) {
        legend::marked_change(scene, x, base, px, &bar.fact, tone)
    } else {
        let label = plain_value(scene, bar, x, base);
        let width = label.width();
        scene.label(label);
        width
    };
    if let Some(aside) = &bar.aside {
        scene.label(aside_label(scene, bar, aside, x + width + small * 0.6, base));
    }
}

fn value_width(scene: &Scene, bar: &Bar) -> f64 {
    let (px, small) = (scene.frame.body, scene.frame.small);
    let main = if is_change(&bar.fact) {
        legend::marked_change_width(&bar.fact, px)
    } else {
        plain_value(scene, bar, 0.0, 0.0).width()
    };
    let aside = bar
        .aside
        .as_ref()
        .map_or(0.0, |aside| small * 0.6 + aside_label(scene, bar, aside, 0.0, 0.0).width());
    main + aside
}

fn plain_value(scene: &Scene, bar: &Bar, x: f64, base: f64) -> Label {
    let px = scene.frame.body;
    let label = Label::new(x, base, px, &bar.fact.value.short()).class("c-text");
    label.weight(Weight::SemiBold).within(px * legend::FIGURE_EMS_MAX)
}

fn aside_label(scene: &Scene, bar: &Bar, aside: &Fact, x: f64, base: f64) -> Label {
    let small = scene.frame.small;
    Label::new(x, base, small, &aside_words(bar, aside)).within(small * legend::FIGURE_EMS_MAX)
}

/// The sum behind a change reads as where it went: `to 12.4 k`.
fn aside_words(bar: &Bar, aside: &Fact) -> String {
    let words = aside.value.short();
    if is_change(&bar.fact) && matches!(aside.key.measure, Measure::Sum(_)) {
        format!("to {words}")
    } else {
        words
    }
}

fn is_change(fact: &Fact) -> bool {
    matches!(fact.key.measure, Measure::Change(_))
}

/// More calls and tokens are good news, more errors are bad, more cost is neither.
fn tone(bar: &Bar) -> Tone {
    let (Measure::Change(metric) | Measure::Sum(metric)) = bar.fact.key.measure else { return Tone::Neutral };
    let rises = length(bar) > 0.0;
    match metric {
        Metric::Cost => Tone::Neutral,
        Metric::ApiCalls | Metric::Tokens | Metric::Errors if length(bar) == 0.0 => Tone::Neutral,
        Metric::ApiCalls | Metric::Tokens if rises => Tone::Good,
        Metric::Errors if !rises => Tone::Good,
        Metric::ApiCalls | Metric::Tokens | Metric::Errors => Tone::Bad,
    }
}
