//! A level across the field that all values are held against.

use crate::reply::ChartLevel;

use super::legend::{Key, Swatch};
use super::plot::Plot;
use super::scene::Scene;
use super::values::drawn;

/// How high it lies, as far as the scale is concerned; zero when there is none.
pub(super) fn height(level: Option<&ChartLevel>) -> f64 {
    level.map_or(0.0, |level| drawn(level.value))
}

/// Its name and how high it lies.
pub(super) fn key(level: &ChartLevel) -> Key {
    Key { swatch: Swatch::Line("c-level"), words: format!("{}, {}", level.name, level.value.short()) }
}

/// The line from side to side.
pub(super) fn draw(scene: &mut Scene, plot: &Plot, level: Option<&ChartLevel>) {
    let y = plot.y(height(level));
    if level.is_some() && (plot.top..=plot.bottom).contains(&y) {
        let stroke = scene.frame.small * 0.12;
        scene.line((plot.left, y), (plot.right, y), "c-level", stroke);
    }
}
