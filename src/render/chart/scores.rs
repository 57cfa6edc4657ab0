//! A score day by day.

use crate::reply::ScoresChart;

use super::legend;
use super::scene::Scene;

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &ScoresChart) {
    legend::heading(scene, &chart.title, &chart.subtitle, None);
}
