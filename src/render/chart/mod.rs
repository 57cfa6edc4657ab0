//! Pictures: a [`ChartSpec`] becomes SVG text for pages and a PNG for chat.
//!
//! Invariant: colours are named by CSS classes only, and every text from outside is cleaned, measured and escaped
//! before it is drawn, so a hostile name can neither break the markup nor leave the canvas.

mod alt;
mod axis;
mod bands;
mod bars;
mod colours;
mod corridor;
mod font;
mod frame;
mod health;
mod legend;
mod level;
mod marks;
mod plot;
#[cfg(test)]
mod property;
mod raster;
#[cfg(test)]
pub(crate) mod samples;
mod scene;
mod scores;
mod series;
mod signs;
mod spark;
mod steps;
mod timeline;
mod values;

use crate::reply::ChartSpec;

use frame::Frame;
use scene::Scene;

pub use alt::{ALT_CHARS_MAX, alt};
pub use colours::{Palette, page_css};
pub use raster::{PictureFailed, png, png_sized};
pub use spark::spark;

/// The shape of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// 1200 × 630, for chat, link previews and wide pages.
    Wide,
    /// 720 wide and as high as needed, with text that reads on a phone.
    Compact,
}

/// The chart as SVG text, 1200 × 630.
///
/// With [`Palette::Page`] it carries neither colours nor styles: `assets/css/charts.css` has them.
#[must_use]
pub fn svg(spec: &ChartSpec, palette: Palette) -> String {
    svg_sized(spec, palette, Size::Wide)
}

/// The chart as SVG text in the shape of `size`.
#[must_use]
pub fn svg_sized(spec: &ChartSpec, palette: Palette, size: Size) -> String {
    lay_out(spec, Frame::of(size)).print(palette)
}

/// The chart for a page in each shape that it may need there; the style sheet shows the one that fits its place. The
/// heading is the page's.
#[must_use]
pub fn page(spec: &ChartSpec) -> String {
    let mut wide = lay_out(spec, Frame::of_page());
    wide.frame.height = wide.frame.height.min(wide.frame.used);
    let mut all = wide.print(Palette::Page);
    let mut phone = Frame::of_phone();
    if is_over_time(spec) {
        // Script draws it anew in its place, so one more shape would only be carried along.
        phone.class = "c-compact c-tile";
    } else {
        all.push_str(&lay_out(spec, Frame::of_tile()).print(Palette::Page));
    }
    all.push_str(&lay_out(spec, phone).print(Palette::Page));
    all
}

/// Whether it is a line along the calendar, as script draws them.
fn is_over_time(spec: &ChartSpec) -> bool {
    match spec {
        ChartSpec::Series(_) | ChartSpec::Corridor(_) | ChartSpec::Scores(_) => true,
        ChartSpec::Health(_)
        | ChartSpec::Bands(_)
        | ChartSpec::Bars(_)
        | ChartSpec::Timeline(_)
        | ChartSpec::Steps(_) => false,
    }
}

fn lay_out(spec: &ChartSpec, frame: Frame) -> Scene {
    let mut scene = Scene::new(frame, spec.title(), spec.description());
    match spec {
        ChartSpec::Series(chart) => series::draw(&mut scene, chart),
        ChartSpec::Health(card) => health::draw(&mut scene, card),
        ChartSpec::Bands(chart) => bands::draw(&mut scene, chart),
        ChartSpec::Bars(chart) => bars::draw(&mut scene, chart),
        ChartSpec::Timeline(chart) => timeline::draw(&mut scene, chart),
        ChartSpec::Corridor(chart) => corridor::draw(&mut scene, chart),
        ChartSpec::Steps(chart) => steps::draw(&mut scene, chart),
        ChartSpec::Scores(chart) => scores::draw(&mut scene, chart),
    }
    scene
}

#[cfg(test)]
mod tests;
