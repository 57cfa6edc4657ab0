//! Moments worth pointing at: a ring around a point, or a flag across the field, with words where they fit.
//!
//! Invariant: no word of a mark covers another text; words without room are left out, the ring or flag stays.

use crate::reply::Tone;

use super::font::Weight;
use super::legend;
use super::plot::Plot;
use super::scene::{Anchor, Label, Scene};
use super::values::Values;

/// Widest words beside a mark, in ems.
const WORDS_EMS_MAX: f64 = 13.0;

/// A moment with its place in the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<'a> {
    pub(super) x: f64,
    /// Hostile text may be in it.
    pub(super) words: &'a str,
    pub(super) tone: Tone,
}

/// Room above the field that the words of flags need.
pub(super) fn flag_room(scene: &Scene) -> f64 {
    scene.frame.small * 1.7
}

/// Lines across the field with their words above it; the first ones get their words first.
pub(super) fn flags(scene: &mut Scene, plot: &Plot, flags: &[Mark<'_>]) {
    let px = scene.frame.small;
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for flag in flags {
        let foot = plot.top - px * 0.2;
        scene.line((flag.x, foot), (flag.x, plot.bottom), "c-flag", px * 0.08);
        scene.circle(flag.x, foot, px * 0.22, flag_class(flag.tone), 0.0);
        let y = foot - px * 0.65;
        let label = |x: f64, anchor| {
            let label = Label::new(x, y, px, flag.words).class(legend::tone_class(flag.tone));
            label.weight(Weight::Medium).anchor(anchor).within(px * WORDS_EMS_MAX)
        };
        let candidates = [
            label(flag.x, Anchor::Middle),
            label(flag.x - px * 0.2, Anchor::Start),
            label(flag.x + px * 0.2, Anchor::End),
        ];
        let (low, high) = (scene.frame.margin, scene.frame.right());
        let free = |label: &Label| {
            let (left, right) = label.extent();
            let clear = |(from, to): &(f64, f64)| right + px * 0.8 < *from || *to + px * 0.8 < left;
            left >= low && right <= high && taken.iter().all(clear)
        };
        if let Some(label) = candidates.into_iter().find(free) {
            taken.push(label.extent());
            scene.label(label);
        }
    }
}

fn flag_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "c-good",
        Tone::Neutral => "c-quiet",
        Tone::Bad => "c-bad",
    }
}

pub(super) fn ring_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "c-ring-good",
        Tone::Neutral => "c-ring",
        Tone::Bad => "c-ring-bad",
    }
}

/// Rings around points of a line, each at a height, and their words beside them; the first ones get their words first.
pub(super) fn rings(scene: &mut Scene, plot: &Plot, values: &Values, rings: &[(Mark<'_>, f64)]) {
    let px = scene.frame.small;
    let radius = px * 0.42;
    let mut taken: Vec<[f64; 4]> = Vec::new();
    for (mark, y) in rings {
        scene.circle(mark.x, *y, radius, ring_class(mark.tone), px * 0.16);
        taken.push([mark.x - radius, y - radius, mark.x + radius, y + radius]);
    }
    let line: Vec<(f64, f64)> =
        values.at.iter().zip(&values.sums).map(|(at, sum)| (plot.x(*at), plot.y(*sum))).collect();
    for (mark, y) in rings {
        let label = |dx: f64, dy: f64, anchor| {
            let label = Label::new(mark.x + dx, y + dy, px, mark.words).class(legend::tone_class(mark.tone));
            label.weight(Weight::Medium).halo().anchor(anchor).within(px * WORDS_EMS_MAX)
        };
        let gap = radius + px * 0.45;
        let candidates = [
            label(0.0, -gap, Anchor::Middle),
            label(0.0, gap + px * 0.75, Anchor::Middle),
            label(gap, px * 0.3, Anchor::Start),
            label(-gap, px * 0.3, Anchor::End),
            label(-radius, -gap, Anchor::Start),
            label(radius, -gap, Anchor::End),
            label(-radius, gap + px * 0.75, Anchor::Start),
            label(radius, gap + px * 0.75, Anchor::End),
        ];
        let free = |label: &&Label| {
            let [left, top, right, bottom] = label.bounds();
            let inside = left >= plot.left && right <= scene.frame.right() && top >= plot.top - px * 0.4;
            inside && bottom <= plot.bottom && !taken.iter().any(|other| touch(label.bounds(), *other))
        };
        // Best beside the line; else over it, where the halo clears it.
        let clear = |label: &&Label| !crosses(&line, label.bounds());
        let best = candidates.iter().filter(free).find(clear).or_else(|| candidates.iter().find(free));
        if let Some(label) = best {
            let [left, top, right, bottom] = label.bounds();
            taken.push([left - px * 0.3, top - px * 0.1, right + px * 0.3, bottom + px * 0.1]);
            scene.label(label.clone());
        }
    }
}

fn touch([left, top, right, bottom]: [f64; 4], [l, t, r, b]: [f64; 4]) -> bool {
    left < r && l < right && top < b && t < bottom
}

/// Whether a line runs through a box: a segment whose ends are on no common side of it.
fn crosses(line: &[(f64, f64)], [left, top, right, bottom]: [f64; 4]) -> bool {
    line.windows(2).any(|ends| {
        let ((x, y), (to_x, to_y)) = (ends[0], ends[1]);
        x.max(to_x) > left && x.min(to_x) < right && y.max(to_y) > top && y.min(to_y) < bottom
    })
}
