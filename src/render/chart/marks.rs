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
/// Widest ones where there is little room.
const WORDS_EMS_SHORT: f64 = 6.0;
/// Stretches of the line that words may cover at most.
const CROSSINGS_MAX: usize = 2;

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
    let foot = plot.top - px * 0.2;
    for flag in flags {
        scene.line((flag.x, foot), (flag.x, plot.bottom), "c-flag", px * 0.08);
        scene.circle(flag.x, foot, px * 0.22, flag_class(flag.tone), 0.0);
    }
    let label = |flag: &Mark<'_>| {
        let label = Label::new(0.0, foot - px * 0.65, px, flag.words).class(legend::tone_class(flag.tone));
        label.weight(Weight::Medium).within(px * WORDS_EMS_MAX)
    };
    let labels: Vec<Label> = flags.iter().map(label).collect();
    let wanted: Vec<(f64, f64)> =
        flags.iter().zip(&labels).map(|(flag, label)| (flag.x, label.width())).collect();
    let starts = side_by_side(&wanted, (scene.frame.margin, scene.frame.width - px * 0.4), px * 0.8);
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for (label, start) in labels.into_iter().zip(starts) {
        let (left, right) = (start, start + label.width());
        if taken.iter().all(|(from, to)| right + px * 0.7 < *from || *to + px * 0.7 < left) {
            taken.push((left, right));
            scene.label(label.at(start));
        }
    }
}

/// Where words begin that stand above places `x` and are so wide: centred, but pushed aside by their neighbours as far
/// as they still stand above their own place.
fn side_by_side(wanted: &[(f64, f64)], (low, high): (f64, f64), gap: f64) -> Vec<f64> {
    let mut starts: Vec<f64> =
        wanted.iter().map(|(x, width)| (x - width / 2.0).min(high - width).max(low)).collect();
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].0.total_cmp(&wanted[*b].0));
    let mut floor = low;
    for pair in order.windows(2) {
        let ((left_x, left_width), (right_x, right_width)) = (wanted[pair[0]], wanted[pair[1]]);
        let overlap = starts[pair[0]] + left_width + gap - starts[pair[1]];
        if overlap > 0.0 {
            let back = overlap.min(starts[pair[0]] - (left_x - left_width).max(floor)).max(0.0);
            starts[pair[0]] -= back;
            let on = (overlap - back).min(right_x - starts[pair[1]]).max(0.0);
            starts[pair[1]] = (starts[pair[1]] + on).min(high - right_width).max(low);
        }
        floor = starts[pair[0]] + left_width + gap;
    }
    starts
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

/// Rings around points of a line, each at a height, and their words beside them; the first ones get their words first,
/// and none covers what is `taken`.
pub(super) fn rings(
    scene: &mut Scene,
    plot: &Plot,
    values: &Values,
    rings: &[(Mark<'_>, f64)],
    mut taken: Vec<[f64; 4]>,
) {
    let px = scene.frame.small;
    let radius = px * 0.42;
    for (mark, y) in rings {
        scene.circle(mark.x, *y, radius, ring_class(mark.tone), px * 0.16);
        taken.push([mark.x - radius, y - radius, mark.x + radius, y + radius]);
    }
    let line: Vec<(f64, f64)> =
        values.at.iter().zip(&values.sums).map(|(at, sum)| (plot.x(*at), plot.y(*sum))).collect();
    for (mark, y) in rings {
        let label = |dx: f64, dy: f64, anchor| {
            let label = Label::new(mark.x + dx, y + dy, px, mark.words).class(legend::tone_class(mark.tone));
            label.weight(Weight::Medium).halo().anchor(anchor)
        };
        let gap = radius + px * 0.45;
        let (above, below) = (-gap, gap + px * 0.75);
        let places = [
            label(0.0, above, Anchor::Middle),
            label(0.0, below, Anchor::Middle),
            label(gap, px * 0.3, Anchor::Start),
            label(-gap, px * 0.3, Anchor::End),
            label(-radius, above, Anchor::Start),
            label(radius, above, Anchor::End),
            label(-radius, below, Anchor::Start),
            label(radius, below, Anchor::End),
        ];
        let free = |label: &Label| {
            let [left, top, right, bottom] = label.bounds();
            let inside = left >= plot.left && right <= scene.frame.right() && top >= plot.top - px * 0.4;
            inside && bottom <= plot.bottom && !taken.iter().any(|other| touch(label.bounds(), *other))
        };
        let clear = |label: &Label| free(label) && crossings(&line, label.bounds()) == 0;
        let bearable = |label: &Label| free(label) && crossings(&line, label.bounds()) <= CROSSINGS_MAX;
        // Best beside the line, if need be shorter; else short over it, where the halo clears it.
        let of = |ems: f64| places.iter().map(move |label| label.clone().within(px * ems));
        let best = of(WORDS_EMS_MAX).chain(of(WORDS_EMS_SHORT)).find(clear);
        if let Some(label) = best.or_else(|| of(WORDS_EMS_SHORT).find(bearable)) {
            let [left, top, right, bottom] = label.bounds();
            taken.push([left - px * 0.3, top - px * 0.1, right + px * 0.3, bottom + px * 0.1]);
            scene.label(label);
        }
    }
}

fn touch([left, top, right, bottom]: [f64; 4], [l, t, r, b]: [f64; 4]) -> bool {
    left < r && l < right && top < b && t < bottom
}

/// How many stretches of a line run through a box.
fn crossings(line: &[(f64, f64)], [left, top, right, bottom]: [f64; 4]) -> usize {
    let crosses = |ends: &&[(f64, f64)]| {
        let ((x, y), (to_x, to_y)) = (ends[0], ends[1]);
        if x.max(to_x) <= left || x.min(to_x) >= right {
            return false;
        }
        // Heights where the segment enters and leaves the box from side to side.
        let at = |edge: f64| if to_x == x { y } else { y + (edge - x) / (to_x - x) * (to_y - y) };
        let (enters, leaves) = (at(left.max(x.min(to_x))), at(right.min(x.max(to_x))));
        enters.max(leaves) > top && enters.min(leaves) < bottom
    };
    line.windows(2).filter(crosses).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_push_each_other_aside_but_stay_above_their_place() {
        assert_eq!(side_by_side(&[(100.0, 40.0), (500.0, 60.0)], (0.0, 600.0), 10.0), [80.0, 470.0]);
        // The narrow one gives way to the left, the wide one makes up the rest.
        assert_eq!(side_by_side(&[(200.0, 40.0), (260.0, 160.0)], (0.0, 600.0), 10.0), [160.0, 210.0]);
        assert_eq!(side_by_side(&[(5.0, 40.0), (595.0, 60.0)], (0.0, 600.0), 10.0), [0.0, 540.0]);
    }

    #[test]
    fn a_steep_line_beside_a_box_does_not_cross_it() {
        let line = [(0.0, 100.0), (10.0, 0.0), (20.0, 100.0)];
        assert_eq!(crossings(&line, [0.0, 40.0, 10.0, 60.0]), 1);
        assert_eq!(crossings(&line, [14.0, 0.0, 30.0, 20.0]), 0);
        assert_eq!(crossings(&line, [21.0, 0.0, 30.0, 200.0]), 0);
    }
}
