//! A picture before it is text: shapes with classes, printed by one template.

use std::fmt;
use std::fmt::Write as _;

use askama::Template;

use super::colours;
use super::colours::Palette;
use super::font;
use super::font::Weight;
use super::frame::Frame;

/// What is drawn, back to front.
#[derive(Debug)]
pub(super) enum Shape {
    Rect {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        round: f64,
        class: &'static str,
        stroke: f64,
    },
    Path {
        d: String,
        class: &'static str,
        stroke: f64,
    },
    /// A path that fades from the accent to nothing.
    Fade {
        d: String,
    },
    Circle {
        x: f64,
        y: f64,
        radius: f64,
        class: &'static str,
        stroke: f64,
    },
    Label(Label),
    /// An invisible field that tells its title on hover; printed for pages only.
    Hit {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        title: String,
    },
}

/// Which point of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A line of text at its place; `y` is the base line.
#[derive(Debug, Clone)]
pub(super) struct Label {
    x: f64,
    y: f64,
    px: f64,
    weight: Weight,
    anchor: Anchor,
    class: &'static str,
    room: f64,
    halo: bool,
    text: String,
}

impl Label {
    /// Clean text at a place; muted, regular, from its start on, until told otherwise.
    pub(super) fn new(x: f64, y: f64, px: f64, text: &str) -> Self {
        let (weight, anchor) = (Weight::Regular, Anchor::Start);
        Self {
            x,
            y,
            px,
            weight,
            anchor,
            class: "c-muted",
            room: f64::INFINITY,
            halo: false,
            text: clean(text),
        }
    }

    /// Moved to another `x`.
    pub(super) fn at(self, x: f64) -> Self {
        Self { x, ..self }
    }

    pub(super) fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    pub(super) fn weight(self, weight: Weight) -> Self {
        Self { weight, ..self }
    }

    pub(super) fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// Stands out from the lines behind it.
    pub(super) fn halo(self) -> Self {
        Self { halo: true, ..self }
    }

    /// Ends in an ellipsis where it would be wider than `room`.
    pub(super) fn within(self, room: f64) -> Self {
        Self { room, ..self }
    }

    /// How wide it is when drawn.
    pub(super) fn width(&self) -> f64 {
        font::width(&self.text, self.px, self.weight).min(self.room)
    }

    /// Left and right end when drawn.
    pub(super) fn extent(&self) -> (f64, f64) {
        let width = self.width();
        match self.anchor {
            Anchor::Start => (self.x, self.x + width),
            Anchor::Middle => (self.x - width / 2.0, self.x + width / 2.0),
            Anchor::End => (self.x - width, self.x),
        }
    }

    /// Left, top, right and lower edge when drawn.
    pub(super) fn bounds(&self) -> [f64; 4] {
        let (left, right) = self.extent();
        [left, self.y - 0.75 * self.px, right, self.y + 0.2 * self.px]
    }

    fn halo_class(&self) -> &'static str {
        if self.halo { " c-halo" } else { "" }
    }

    /// For the template: x, y and size.
    fn place(&self) -> (Short, Short, Short) {
        (Short(self.x), Short(self.y), Short(self.px))
    }

    fn weight_class(&self) -> &'static str {
        match self.weight {
            Weight::Regular => "",
            Weight::Medium => " c-medium",
            Weight::SemiBold => " c-semibold",
        }
    }
}

/// A picture: its measures, its words for those who do not see it, and its shapes.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) frame: Frame,
    title: String,
    description: String,
    shapes: Vec<Shape>,
}

impl Scene {
    pub(super) fn new(frame: Frame, title: &str, description: &str) -> Self {
        Self { frame, title: clean(title), description: clean(description), shapes: Vec::new() }
    }

    /// Makes a picture that may be as high as it needs so high.
    pub(super) fn stretch(&mut self, height: f64) {
        (self.frame.height, self.frame.used) = (height, height);
    }

    /// Draws a text, cut to its room; an empty one is left out.
    pub(super) fn label(&mut self, label: Label) {
        let text = font::fit(&label.text, label.px, label.weight, label.room);
        if !text.is_empty() {
            self.shapes.push(Shape::Label(Label { text, ..label }));
        }
    }

    pub(super) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, class: &'static str) {
        let round = (height / 2.0).min(width / 2.0).min(7.0);
        self.shapes.push(Shape::Rect { x, y, width, height, round, class, stroke: 0.0 });
    }

    /// A plain ground, with sharp corners.
    pub(super) fn ground(&mut self, x: f64, y: f64, width: f64, height: f64, class: &'static str) {
        self.shapes.push(Shape::Rect { x, y, width, height, round: 0.0, class, stroke: 0.0 });
    }

    pub(super) fn outline(&mut self, x: f64, y: f64, width: f64, height: f64, class: &'static str) {
        let round = (height / 2.0).min(width / 2.0).min(7.0);
        self.shapes.push(Shape::Rect { x, y, width, height, round, class, stroke: 1.5 });
    }

    /// An end that dissolves, 27 wide: there is more, nobody said or the scale does not show how much.
    pub(super) fn dissolve(&mut self, x: f64, y: f64, height: f64, class: &'static str) {
        for step in 0..3 {
            self.bar(x + 9.0 * f64::from(step), y, 4.0, height, class);
        }
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &'static str, stroke: f64) {
        let d = format!("M{} {}L{} {}", Short(from.0), Short(from.1), Short(to.0), Short(to.1));
        self.path(d, class, stroke);
    }

    /// A path; a `stroke` of zero means that it is filled only.
    pub(super) fn path(&mut self, d: String, class: &'static str, stroke: f64) {
        self.shapes.push(Shape::Path { d, class, stroke });
    }

    pub(super) fn fade(&mut self, d: String) {
        self.shapes.push(Shape::Fade { d });
    }

    pub(super) fn circle(&mut self, x: f64, y: f64, radius: f64, class: &'static str, stroke: f64) {
        self.shapes.push(Shape::Circle { x, y, radius, class, stroke });
    }

    pub(super) fn hit(&mut self, x: f64, y: f64, width: f64, height: f64, title: &str) {
        self.shapes.push(Shape::Hit { x, y, width, height, title: clean(title) });
    }

    /// The picture as SVG text.
    pub(super) fn print(&self, palette: Palette) -> String {
        let size = self.frame.class;
        let apart = size.split(' ').next().unwrap_or_default();
        let fade = format!("{apart}-{:08x}", fingerprint(&[&self.title, &self.description]));
        let style = colours::style_block(palette);
        let (width, height) = (Short(self.frame.width), Short(self.frame.height));
        let faded = self.shapes.iter().any(|shape| matches!(shape, Shape::Fade { .. }));
        Picture { scene: self, style, size, width, height, fade, faded }
            .render()
            .expect("a template of shapes has nothing that could fail")
    }
}

#[derive(Template)]
#[template(path = "charts/chart.svg", escape = "html")]
struct Picture<'a> {
    scene: &'a Scene,
    style: Option<String>,
    size: &'static str,
    width: Short,
    height: Short,
    /// Id of the gradient, apart for each picture: several stand on one page.
    fade: String,
    faded: bool,
}

impl Picture<'_> {
    /// A number of a shape; by reference, for the template hands out references.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the template hands out references")]
    fn n(&self, value: &f64) -> Short {
        Short(*value)
    }
}

/// A coordinate with at most two decimals; what is not a number is zero, so that the markup stays whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Short(pub(super) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Adding zero turns a minus zero into zero.
        write!(f, "{}", if rounded.is_finite() { rounded + 0.0 } else { 0.0 })
    }
}

/// The path from point to point.
pub(super) fn track(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut d = String::new();
    for (x, y) in points {
        let letter = if d.is_empty() { 'M' } else { 'L' };
        let _ = write!(d, "{letter}{} {}", Short(x), Short(y));
    }
    d
}

/// Text that may stand in XML and in one line: without controls, without marks that turn the reading direction or
/// join what does not belong together, with single blanks.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let invisible = matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}');
        let illegal = matches!(u32::from(c) & 0xffff, 0xfffe | 0xffff);
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !invisible && !illegal {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// FNV-1a, 32 bits: stable across versions, so that snapshots are.
fn fingerprint(texts: &[&str]) -> u32 {
    let bytes = texts.iter().flat_map(|text| text.bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
fn text_box(shape: &Shape) -> Option<([f64; 4], String)> {
    let Shape::Label(label) = shape else { return None };
    Some((label.bounds(), label.text.clone()))
}

#[cfg(test)]
impl Scene {
    /// The boxes around all texts, as left, top, right, bottom, with the text.
    pub(super) fn text_boxes(&self) -> Vec<([f64; 4], String)> {
        self.shapes.iter().filter_map(text_box).collect()
    }

    /// The texts that lie over a bar, without those made to stand on one.
    pub(super) fn texts_over_bars(&self) -> Vec<String> {
        let bar = |shape: &Shape| match shape {
            Shape::Rect { x, y, width, height, .. } => Some([*x, *y, x + width, y + height]),
            _ => None,
        };
        let bars: Vec<[f64; 4]> = self.shapes.iter().filter_map(bar).collect();
        let beside = |shape: &&Shape| matches!(shape, Shape::Label(label) if label.class != "c-on-ink");
        let boxes = self.shapes.iter().filter(beside).filter_map(text_box);
        let over = boxes.filter(|([left, top, right, bottom], _)| {
            bars.iter().any(|[l, t, r, b]| left < r && l < right && top < b && t < bottom)
        });
        over.map(|(_, text)| text).collect()
    }
}
