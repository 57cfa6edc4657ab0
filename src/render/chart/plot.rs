//! The field of a chart over time: where an instant and a value lie, its axes, and the line drawn in it.

use jiff::Timestamp;

use crate::domain::Currency;
use crate::domain::DAY_MS;
use crate::domain::Grain;
use crate::domain::HOUR_MS;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::utc_date;

use super::axis;
use super::font;
use super::font::Weight;
use super::scene::{Anchor, Label, Scene, Short, track};
use super::values::Values;

/// More hover fields would only weigh a page down.
const HITS_MAX: usize = 400;

/// Where the values are drawn.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) value_top: f64,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

impl Plot {
    /// The field below `top`, with `gutter` kept free at the right and lines at round values up to `max`.
    pub(super) fn ruled(
        scene: &mut Scene,
        (top, gutter): (f64, f64),
        max: f64,
        (metric, currency): (Metric, Option<Currency>),
        (from_ms, to_ms): (i64, i64),
    ) -> Self {
        let frame = scene.frame;
        let ticks = axis::values(max, 4.0, axis::is_counted(metric));
        let labels: Vec<String> =
            ticks.iter().map(|tick| axis::value_label(*tick, ticks[1], currency)).collect();
        let widest =
            labels.iter().map(|label| font::width(label, frame.small, Weight::Regular)).fold(0.0, f64::max);
        let plot = Self {
            left: frame.margin + widest.min(frame.inner() / 3.0) + frame.small * 0.8,
            right: frame.right() - gutter,
            top: top + frame.small * 1.2,
            bottom: Self::bottom_of(scene),
            value_top: ticks[ticks.len() - 1],
            from_ms,
            to_ms,
        };
        // Without any value there is nothing to measure against but zero.
        let known = if max > 0.0 { ticks.len() } else { 1 };
        for (tick, label) in ticks.iter().zip(&labels).take(known) {
            let y = plot.y(*tick);
            let class = if *tick == 0.0 { "c-axis" } else { "c-grid" };
            scene.line((plot.left, y), (plot.right, y), class, if frame.is_wide() { 1.2 } else { 1.8 });
            plot.beside(scene, y, label, "c-muted");
        }
        plot
    }

    /// Where a field ends that has dates below it.
    pub(super) fn bottom_of(scene: &Scene) -> f64 {
        let frame = scene.frame;
        frame.height - frame.margin * 0.6 - frame.small * 1.9
    }

    pub(super) fn x(&self, at: Timestamp) -> f64 {
        let span = (self.to_ms - self.from_ms) as f64;
        if span <= 0.0 {
            return f64::midpoint(self.left, self.right);
        }
        self.left + (at.as_millisecond() - self.from_ms) as f64 / span * (self.right - self.left)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - value / self.value_top * (self.bottom - self.top)
    }

    /// Pixels that can tell two points apart: the line is wider than two units, so finer ones would only cost time.
    pub(super) fn columns(&self) -> usize {
        ((self.right - self.left) / 2.0) as usize
    }

    /// Words at the left edge, at the height of a value.
    pub(super) fn beside(&self, scene: &mut Scene, y: f64, words: &str, class: &'static str) {
        let px = scene.frame.small;
        let label = Label::new(self.left - px * 0.7, y + px * 0.36, px, words).class(class);
        scene.label(label.anchor(Anchor::End).within(self.left - px * 0.7));
    }

    /// Days, weeks or months along the lower edge.
    pub(super) fn dates(&self, scene: &mut Scene, grain: Grain) {
        let frame = scene.frame;
        let ends = (Timestamp::from_millisecond(self.from_ms), Timestamp::from_millisecond(self.to_ms));
        let (Ok(first), Ok(last)) = ends else { return };
        // Few dates say little on a narrow picture, so they stand closer there.
        let ems = if frame.is_wide() { 5.6 } else { 4.2 };
        let most = ((self.right - self.left) / (frame.small * ems)) as usize;
        let y = self.bottom + frame.small * 1.7;
        let mut taken = f64::NEG_INFINITY;
        for tick in axis::dates(first, last, most, width_ms(grain)) {
            let x = self.x(tick.at);
            let label = Label::new(x, y, frame.small, &tick.label).anchor(Anchor::Middle);
            let half = label.width() / 2.0;
            let label = label.at(x.clamp(half, frame.width - half));
            let (left, right) = label.extent();
            if left < taken + frame.small * 0.6 {
                continue;
            }
            taken = right;
            scene.line((x, self.bottom), (x, self.bottom + frame.small * 0.4), "c-axis", 1.2);
            scene.label(if tick.begins { label.class("c-text").weight(Weight::Medium) } else { label });
        }
    }

    /// Words in the middle, where there is nothing to draw.
    pub(super) fn says(&self, scene: &mut Scene, words: &str) {
        let (x, y) = (f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom));
        let label = Label::new(x, y, scene.frame.body, words).anchor(Anchor::Middle);
        scene.label(label.weight(Weight::Medium).within(self.right - self.left));
    }

    /// The area below the complete stretches of a line; about the rest nothing is claimed yet.
    pub(super) fn area(&self, scene: &mut Scene, values: &Values) {
        for (range, whole) in values.stretches() {
            if whole {
                let (from, to) = (self.x(values.at[range.start]), self.x(values.at[range.end - 1]));
                let edge = track(range.map(|index| self.point(values, index)));
                let floor = Short(self.bottom);
                scene.fade(format!("{edge}L{} {floor}L{} {floor}Z", Short(to), Short(from)));
            }
        }
    }

    /// A line, in another class where it is not complete.
    pub(super) fn line(&self, scene: &mut Scene, values: &Values, partial: &'static str) {
        for (range, whole) in values.stretches() {
            let class = if whole { "c-line" } else { partial };
            let d = track(range.map(|index| self.point(values, index)));
            scene.path(d, class, line_stroke(scene));
        }
    }

    /// The last point of a line.
    pub(super) fn end_dot(&self, scene: &mut Scene, values: &Values) {
        let Some(complete) = values.complete.last() else { return };
        let (x, y) = self.point(values, values.at.len() - 1);
        let class = if *complete { "c-dot" } else { "c-dot-partial" };
        let stroke = line_stroke(scene);
        scene.circle(x, y, stroke * 2.0, class, stroke * 0.8);
    }

    fn point(&self, values: &Values, index: usize) -> (f64, f64) {
        (self.x(values.at[index]), self.y(values.sums[index]))
    }

    /// The last value, beside its point; gives where it stands.
    pub(super) fn end_label(
        &self,
        scene: &mut Scene,
        at: Timestamp,
        value: f64,
        words: &str,
        class: &'static str,
    ) -> [f64; 4] {
        let px = scene.frame.small;
        let y = (self.y(value) + px * 0.36).min(self.bottom - px * 0.2);
        let x = self.x(at) + px * 0.7;
        let label = Label::new(x, y, px, words).class(class).weight(Weight::SemiBold);
        let label = label.halo().within(scene.frame.width - x);
        let bounds = label.bounds();
        scene.label(label);
        bounds
    }

    /// Exact values on hover, for pages; each time with what is told of it, oldest first.
    pub(super) fn hits(&self, scene: &mut Scene, told: &[(Timestamp, String)]) {
        if told.len() > HITS_MAX {
            return;
        }
        let xs: Vec<f64> = told.iter().map(|(at, _)| self.x(*at)).collect();
        for (index, (_, title)) in told.iter().enumerate() {
            let middle = |a: usize, b: usize| f64::midpoint(xs[a], xs[b]);
            let left = if index > 0 { middle(index - 1, index) } else { self.left };
            let right = if index + 1 < xs.len() { middle(index, index + 1) } else { self.right };
            scene.hit(left, self.top, right - left, self.bottom - self.top, title);
        }
    }
}

/// Room at the right for the last value.
pub(super) fn end_room(scene: &Scene, words: &str) -> f64 {
    let frame = scene.frame;
    let width = font::width(words, frame.small, Weight::SemiBold);
    (width + frame.small * 1.1).clamp(frame.small * 1.5, frame.inner() / 4.0)
}

pub(super) fn line_stroke(scene: &Scene) -> f64 {
    if scene.frame.is_wide() { 2.6 } else { 3.6 }
}

/// Least width of a bucket.
pub(super) fn width_ms(grain: Grain) -> i64 {
    match grain {
        Grain::Hour => HOUR_MS,
        Grain::Day => DAY_MS,
        Grain::Week => 7 * DAY_MS,
        Grain::Month => 28 * DAY_MS,
    }
}

/// A bucket with all that its grain leaves open: `22 Nov 2026 14:00 UTC`, `week from 16 Nov 2026`.
pub(super) fn bucket_title(at: Timestamp, grain: Grain) -> String {
    let day = axis::full_day_label(utc_date(at));
    match grain {
        Grain::Hour => format!("{day} {} UTC", axis::hour_label(at)),
        Grain::Day => day,
        Grain::Week => format!("week from {day}"),
        Grain::Month => utc_date(at).strftime("%b %Y").to_string(),
    }
}

/// What to say where all values are zero.
pub(super) fn nothing_words(metric: Metric) -> &'static str {
    match metric {
        Metric::ApiCalls | Metric::Tokens => "No usage in this window",
        Metric::Cost => "No cost in this window",
        Metric::Errors => "No errors in this window",
    }
}

/// The currency of a value, when it is an amount.
pub(super) fn currency(value: Quantity) -> Option<Currency> {
    match value {
        Quantity::Money(_, currency) => Some(currency),
        _ => None,
    }
}
