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
    lay_out(spec, size).print(palette)
}

/// The chart for a page in both shapes; the style sheet shows the one that fits the screen.
#[must_use]
pub fn page(spec: &ChartSpec) -> String {
    let mut wide = lay_out(spec, Size::Wide);
    wide.frame.height = wide.frame.height.min(wide.frame.used);
    let mut both = wide.print(Palette::Page);
    both.push_str(&svg_sized(spec, Palette::Page, Size::Compact));
    both
}

fn lay_out(spec: &ChartSpec, size: Size) -> Scene {
    let mut scene = Scene::new(Frame::of(size), spec.title(), spec.description());
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
