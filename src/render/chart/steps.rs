//! A change split into its causes: from one score to another, each cause begins where the one before it ended.

use crate::domain::short_number;
use crate::render::waterfall::{Row, Waterfall};
use crate::render::words;
use crate::reply::{StepsChart, Tone};

use super::font::Weight;
use super::legend;
use super::scene::{Anchor, Label, Scene};

/// Causes that fit; more would be too thin to read.
const STEPS_MAX: usize = 12;
/// Room for names, left of the bars.
const NAME_ROOM: f64 = 270.0;

/// Where the bars lie.
struct Field {
    left: f64,
    right: f64,
    top: f64,
    /// From row to row.
    step: f64,
    height: f64,
}

impl Field {
    fn of(scene: &mut Scene, fall: &Waterfall, top: f64) -> Self {
        let frame = scene.frame;
        let count = fall.rows.len() as f64;
        let axis = frame.small * 2.2;
        if !frame.is_wide() {
            let step = frame.body * 3.0;
            scene.frame.height = top + step * count + axis + 8.0;
            return Self { left: frame.margin, right: frame.right(), top, step, height: 20.0 };
        }
        let step = ((frame.height - 20.0 - axis - top) / count).min(54.0);
        scene.frame.used = top + step * count + axis + 14.0;
        let figures = fall.rows.iter().map(|row| figure_width(scene, row)).fold(0.0, f64::max);
        let right = frame.right() - figures - 14.0;
        Self { left: frame.margin + NAME_ROOM + 20.0, right, top, step, height: (step * 0.62).min(26.0) }
    }

    fn x(&self, part: f64) -> f64 {
        self.left + part * (self.right - self.left)
    }

    /// The bar of a row, as left and upper end and width; even the smallest can be seen.
    fn bar(&self, scene: &Scene, fall: &Waterfall, index: usize) -> (f64, f64, f64) {
        let (from, to) = fall.extent(&fall.rows[index]);
        let top = self.top + self.step * index as f64;
        let y = if scene.frame.is_wide() {
            top + (self.step - self.height) / 2.0
        } else {
            top + scene.frame.body * 1.55
        };
        (self.x(from).min(self.right - 2.0), y, (self.x(to) - self.x(from)).max(2.0))
    }
}

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &StepsChart) {
    let top = legend::heading(scene, &chart.title, &chart.subtitle, None) + 6.0;
    let fall = Waterfall::of(chart, STEPS_MAX);
    let field = Field::of(scene, &fall, top);
    axis(scene, &field, &fall);
    joints(scene, &field, &fall);
    for index in 0..fall.rows.len() {
        row(scene, &field, &fall, index);
    }
}

/// Faint lines at round levels, named below the rows.
fn axis(scene: &mut Scene, field: &Field, fall: &Waterfall) {
    let frame = scene.frame;
    let bottom = field.top + field.step * fall.rows.len() as f64;
    let span = fall.scale_to - fall.scale_from;
    let round = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0, 20_000.0];
    let Some(step) = round.into_iter().find(|step| span / step <= 5.0) else { return };
    let mut tick = (fall.scale_from / step).ceil() * step;
    while tick <= fall.scale_to {
        let x = field.x(fall.part(tick));
        let begins = tick == fall.scale_from;
        // Names stand above the bars of a narrow picture, where lines would run through them.
        let from = if frame.is_wide() { field.top } else { bottom - frame.small * 0.4 };
        scene.line((x, from), (x, bottom), if begins || !frame.is_wide() { "c-axis" } else { "c-grid" }, 1.2);
        let label = Label::new(x, bottom + frame.small * 1.35, frame.small, &short_number(tick));
        let half = label.width() / 2.0;
        scene.label(label.anchor(Anchor::Middle).at(x.clamp(half, frame.width - half)));
        tick += step;
    }
}

/// What ties each bar to the next.
fn joints(scene: &mut Scene, field: &Field, fall: &Waterfall) {
    for index in 1..fall.rows.len() {
        let (_, above, _) = field.bar(scene, fall, index - 1);
        let (_, below, _) = field.bar(scene, fall, index);
        let x = field.x(fall.part(fall.rows[index - 1].to));
        scene.line((x, above + field.height), (x, below), "c-axis", 1.4);
    }
}

fn row(scene: &mut Scene, field: &Field, fall: &Waterfall, index: usize) {
    let frame = scene.frame;
    let row = &fall.rows[index];
    let (x, y, width) = field.bar(scene, fall, index);
    let class = match (row.is_end, row.tone()) {
        (true, _) => "c-series-1",
        (false, Tone::Good) => "c-good",
        (false, Tone::Bad) => "c-bad",
        (false, Tone::Neutral) => "c-quiet",
    };
    if row.is_end && fall.scale_from > 0.0 && width > 2.0 * CUT_WIDTH {
        // Only the scores at both ends begin with the scale.
        scene.dissolve(x, y, field.height, "c-series-1 c-faint");
        scene.bar(x + CUT_WIDTH, y, width - CUT_WIDTH, field.height, class);
    } else {
        scene.bar(x, y, width, field.height, class);
    }
    let px = frame.body;
    let weight = if row.is_end { Weight::SemiBold } else { Weight::Regular };
    if frame.is_wide() {
        let base = y + field.height / 2.0 + px * 0.36;
        let name = Label::new(frame.margin, base, px, &row.name).class("c-text").weight(weight);
        scene.label(name.within(NAME_ROOM));
        figure(scene, row, x + width + 12.0, base);
    } else {
        let base = y - px * 0.5;
        let taken = figure_width(scene, row);
        // Clear of the joint of a bar that ends at the right edge.
        figure(scene, row, frame.right() - taken - px * 0.4, base);
        let name = Label::new(frame.margin, base, px, &row.name).class("c-text").weight(weight).halo();
        scene.label(name.within(frame.inner() - taken - 20.0));
    }
    let told = if row.is_end {
        format!("{} · {}", row.name, row.figure)
    } else {
        let to = words::tenths(row.to);
        format!("{} · {} points, to {to}", row.name, row.figure)
    };
    let top = field.top + field.step * index as f64;
    scene.hit(frame.margin, top, frame.inner(), field.step, &told);
}

/// Room for the begin of a bar that the scale cuts off.
const CUT_WIDTH: f64 = 27.0;

/// The figure of a row; a cause has an arrow too.
fn figure(scene: &mut Scene, row: &Row, x: f64, base: f64) {
    let px = scene.frame.body;
    if row.is_end {
        let label = Label::new(x, base, px, &row.figure).class("c-text").weight(Weight::SemiBold);
        scene.label(label.within(px * legend::FIGURE_EMS_MAX));
    } else {
        legend::marked(scene, (x, base), px, &row.figure, row.to - row.from, row.tone());
    }
}

fn figure_width(scene: &Scene, row: &Row) -> f64 {
    let direction = if row.is_end { 0.0 } else { row.to - row.from };
    legend::marked_width(&row.figure, direction, scene.frame.body)
}
