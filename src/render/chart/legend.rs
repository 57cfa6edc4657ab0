//! What stands above each picture, heading and headline, and the keys to its lines and colours.

use crate::domain::Fact;
use crate::domain::Metric;
use crate::render::words;
use crate::reply::Tone;

use super::font;
use super::font::Weight;
use super::frame::Frame;
use super::scene::{Anchor, Label, Scene, track};

/// How the key of a line or colour looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swatch {
    /// A filled square of a class.
    Fill(&'static str),
    /// A stretch of line of a class.
    Line(&'static str),
    /// A ring of a class.
    Ring(&'static str),
}

/// One key with its words; they may be hostile text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) swatch: Swatch,
    pub(super) words: String,
}

/// The figures at the top right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Headline<'a> {
    pub(super) total: Option<&'a Fact>,
    pub(super) change: Option<&'a Fact>,
    /// Whether more is good; `None` is neither.
    pub(super) more_is_good: Option<bool>,
}

/// Whether more of a metric is good news.
pub(super) fn more_is_good(metric: Metric) -> Option<bool> {
    match metric {
        Metric::ApiCalls | Metric::Tokens => Some(true),
        Metric::Errors => Some(false),
        // Spend is neither: the customer's cost is our revenue.
        Metric::Cost => None,
    }
}

/// Changes below half a percent are not worth a colour.
const CHANGE_WORTH_SAYING: f64 = 0.005;

/// Draws title, subtitle and headline; gives the height below which the picture may begin.
pub(super) fn heading(scene: &mut Scene, title: &str, subtitle: &str, headline: Option<Headline<'_>>) -> f64 {
    let frame = scene.frame;
    if !frame.headed {
        return frame.margin;
    }
    let title_y = frame.margin + frame.title * 0.55;
    let subtitle_y = title_y + frame.body * 1.85;
    let mut room = (frame.inner(), frame.inner());
    let mut bottom = subtitle_y;
    if let Some(headline) = headline {
        if frame.is_wide() {
            let taken = headline_right(scene, &headline, title_y, subtitle_y);
            room = (room.0 - taken.0, room.1 - taken.1);
        } else {
            bottom += headline_below(scene, &headline, subtitle_y);
        }
    }
    scene.label(
        Label::new(frame.margin, title_y, frame.title, title)
            .class("c-text")
            .weight(Weight::SemiBold)
            .within(room.0),
    );
    scene.label(
        Label::new(frame.margin, subtitle_y, frame.small.max(frame.body - 1.0), subtitle).within(room.1),
    );
    bottom + frame.body * 0.6
}

/// Total over change, ending at the right edge; gives the widths that they take from title and subtitle.
fn headline_right(scene: &mut Scene, headline: &Headline<'_>, total_y: f64, change_y: f64) -> (f64, f64) {
    let frame = scene.frame;
    let right = frame.right();
    let mut taken = (0.0, 0.0);
    // A change without a total takes the total's place.
    let (change_y, change_px) =
        if headline.total.is_some() { (change_y, frame.body) } else { (total_y, frame.title * 0.8) };
    if let Some(total) = headline.total {
        let label = Label::new(right, total_y, frame.title, &total.value.short())
            .class("c-text")
            .weight(Weight::SemiBold)
            .anchor(Anchor::End)
            .within(frame.inner() / 2.0);
        taken.0 = label.width() + 24.0;
        scene.label(label);
    }
    if let Some(change) = headline.change {
        let width = change_width(frame, change, change_px);
        change_at(scene, right - width, change_y, change_px, change, headline.more_is_good);
        let taken = if headline.total.is_some() { &mut taken.1 } else { &mut taken.0 };
        *taken = width + 24.0;
    }
    taken
}

/// Total and change side by side below the subtitle; gives the height they take.
fn headline_below(scene: &mut Scene, headline: &Headline<'_>, subtitle_y: f64) -> f64 {
    let frame = scene.frame;
    if headline.total.is_none() && headline.change.is_none() {
        return 0.0;
    }
    let y = subtitle_y + frame.title * 1.45;
    let mut x = frame.margin;
    if let Some(total) = headline.total {
        let label = Label::new(x, y, frame.title, &total.value.short())
            .class("c-text")
            .weight(Weight::SemiBold)
            .within(frame.inner() * 0.45);
        x += label.width() + 24.0;
        scene.label(label);
    }
    if let Some(change) = headline.change {
        change_at(scene, x, y, frame.small, change, headline.more_is_good);
    }
    y - subtitle_y
}

const VERSUS: &str = "vs period before";

fn change_width(frame: Frame, change: &Fact, px: f64) -> f64 {
    let marked = marked_change_width(change, px);
    marked
        + font::width(" ", frame.small, Weight::Regular)
        + font::width(VERSUS, frame.small, Weight::Regular)
        + 1.0
}

/// A change with its arrow, and what it is measured against.
fn change_at(scene: &mut Scene, x: f64, y: f64, px: f64, change: &Fact, more_is_good: Option<bool>) {
    let small = scene.frame.small;
    let end = x + marked_change(scene, x, y, px, change, tone(change, more_is_good));
    let space = font::width(" ", small, Weight::Regular);
    let room = scene.frame.right() - end - space;
    scene.label(Label::new(end + space, y, small, VERSUS).within(room));
}

/// Whether a change is what one hopes for.
pub(super) fn tone(change: &Fact, more_is_good: Option<bool>) -> Tone {
    match (change.value.as_f64(), more_is_good) {
        (Some(value), Some(good)) if value.abs() >= CHANGE_WORTH_SAYING => {
            if (value > 0.0) == good {
                Tone::Good
            } else {
                Tone::Bad
            }
        }
        _ => Tone::Neutral,
    }
}

pub(super) fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "c-good-text",
        Tone::Neutral => "c-muted",
        Tone::Bad => "c-bad-text",
    }
}

/// Widest figure, in ems: ours are shorter, and whatever else comes is cut.
pub(super) const FIGURE_EMS_MAX: f64 = 8.0;

/// Width of [`marked_change`].
pub(super) fn marked_change_width(change: &Fact, px: f64) -> f64 {
    marked_width(&change.value.short(), direction(change), px)
}

/// A change behind an arrow up or down; gives its width.
pub(super) fn marked_change(scene: &mut Scene, x: f64, y: f64, px: f64, change: &Fact, tone: Tone) -> f64 {
    marked(scene, (x, y), px, &change.value.short(), direction(change), tone)
}

/// Width of [`marked`].
pub(super) fn marked_width(words: &str, direction: f64, px: f64) -> f64 {
    let arrow = if direction == 0.0 { 0.0 } else { px * 1.02 };
    arrow + font::width(words, px, Weight::SemiBold).min(px * FIGURE_EMS_MAX)
}

/// A figure behind an arrow in its direction; gives its width.
pub(super) fn marked(
    scene: &mut Scene,
    (x, y): (f64, f64),
    px: f64,
    words: &str,
    direction: f64,
    tone: Tone,
) -> f64 {
    let class = tone_class(tone);
    let mut start = x;
    if direction != 0.0 {
        let (middle, half, height) = (y - px * 0.36, px * 0.38, px * 0.32 * direction.signum());
        let corners = [(x, middle + height), (x + 2.0 * half, middle + height), (x + half, middle - height)];
        scene.path(track(corners.into_iter()) + "Z", class, 0.0);
        start += px * 1.02;
    }
    let label = Label::new(start, y, px, words).class(class).weight(Weight::SemiBold);
    scene.label(label.within(px * FIGURE_EMS_MAX));
    marked_width(words, direction, px)
}

/// Up is 1, down is −1; what reads as zero has none.
fn direction(change: &Fact) -> f64 {
    f64::from(words::direction(&change.value) as i8)
}

/// Draws keys from left to right, in as many rows as they need; gives the height they take.
pub(super) fn keys_in_rows(scene: &mut Scene, keys: &[Key], top: f64) -> f64 {
    let frame = scene.frame;
    let (row, gap) = (frame.small * 1.6, frame.small * 1.4);
    let (mut x, mut y) = (frame.margin, top + row * 0.85);
    for key in keys {
        let label = Label::new(0.0, 0.0, frame.small, &key.words).within(frame.inner() * 0.6);
        let width = swatch_room(frame) + label.width();
        if x > frame.margin && x + width > frame.right() {
            x = frame.margin;
            y += row;
        }
        key_at(scene, key, x, y, frame.inner() * 0.6);
        x += width + gap;
    }
    if keys.is_empty() { 0.0 } else { y - top + row * 0.5 }
}

/// Draws keys one below the other in a column of `room`.
pub(super) fn keys_in_column(scene: &mut Scene, keys: &[Key], x: f64, top: f64, room: f64) {
    let step = scene.frame.small * 1.75;
    for (index, key) in keys.iter().enumerate() {
        let y = top + step * (index as f64 + 0.7);
        key_at(scene, key, x, y, room - swatch_room(scene.frame));
    }
}

fn swatch_room(frame: Frame) -> f64 {
    frame.small * 1.75
}

fn key_at(scene: &mut Scene, key: &Key, x: f64, y: f64, room: f64) {
    let px = scene.frame.small;
    let middle = y - px * 0.36;
    match key.swatch {
        Swatch::Fill(class) => scene.bar(x + px * 0.3, middle - px * 0.42, px * 0.84, px * 0.84, class),
        Swatch::Line(class) => scene.line((x, middle), (x + px * 1.4, middle), class, px * 0.16),
        Swatch::Ring(class) => scene.circle(x + px * 0.7, middle, px * 0.4, class, px * 0.16),
    }
    scene.label(Label::new(x + swatch_room(scene.frame), y, px, &key.words).class("c-text").within(room));
}
