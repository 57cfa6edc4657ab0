//! A change split into its causes.

use crate::reply::StepsChart;

use super::legend;
use super::scene::Scene;

/// Draws the whole picture.
pub(super) fn draw(scene: &mut Scene, chart: &StepsChart) {
    legend::heading(scene, &chart.title, &chart.subtitle, None);
}
