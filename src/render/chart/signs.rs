//! Signs of a band and of a status: each meaning has a shape of its own, so that colour is never alone.

use std::f64::consts::FRAC_1_SQRT_2;

use crate::domain::Band;
use crate::domain::InitiativeStatus;

use super::scene::{Scene, track};

/// Fill of a band.
pub(super) fn band_fill(band: Band) -> &'static str {
    match band {
        Band::AtRisk => "c-bad",
        Band::Watch => "c-watch",
        Band::Healthy => "c-good",
    }
}

/// Text in the colour of a band.
pub(super) fn band_text(band: Band) -> &'static str {
    match band {
        Band::AtRisk => "c-bad-text",
        Band::Watch => "c-watch-text",
        Band::Healthy => "c-good-text",
    }
}

/// Stroke in the colour of a band.
pub(super) fn band_line(band: Band) -> &'static str {
    match band {
        Band::AtRisk => "c-bad-line",
        Band::Watch => "c-watch-line",
        Band::Healthy => "c-good-line",
    }
}

/// A disc with a check, a triangle or a diamond with an exclamation mark.
pub(super) fn band(scene: &mut Scene, band: Band, x: f64, y: f64, radius: f64) {
    let fill = band_fill(band);
    match band {
        Band::Healthy => {
            scene.circle(x, y, radius, fill, 0.0);
            check(scene, x, y, radius);
        }
        Band::Watch => {
            scene.path(polygon(&[(0.0, -1.1), (1.15, 0.95), (-1.15, 0.95)], x, y, radius), fill, 0.0);
            exclamation(scene, x, y + radius * 0.22, radius * 0.82);
        }
        Band::AtRisk => {
            scene.path(polygon(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)], x, y, radius), fill, 0.0);
            exclamation(scene, x, y, radius);
        }
    }
}

/// Planned is a ring, active a disc, blocked an octagon with a bar, done has a check, cancelled a cross.
pub(super) fn status(scene: &mut Scene, status: InitiativeStatus, x: f64, y: f64, radius: f64) {
    match status {
        InitiativeStatus::Planned => scene.circle(x, y, radius * 0.82, "c-planned", radius * 0.3),
        InitiativeStatus::Active => scene.circle(x, y, radius, "c-series-1", 0.0),
        InitiativeStatus::Blocked => {
            let (near, far) = (0.414, 1.0);
            let corners = [
                (near, -far),
                (far, -near),
                (far, near),
                (near, far),
                (-near, far),
                (-far, near),
                (-far, -near),
                (-near, -far),
            ];
            scene.path(polygon(&corners, x, y, radius), "c-bad", 0.0);
            scene.line((x - radius * 0.48, y), (x + radius * 0.48, y), "c-sign-line", radius * 0.32);
        }
        InitiativeStatus::Done => {
            scene.circle(x, y, radius, "c-good", 0.0);
            check(scene, x, y, radius);
        }
        InitiativeStatus::Cancelled => {
            scene.circle(x, y, radius, "c-quiet", 0.0);
            let arm = radius * 0.55 * FRAC_1_SQRT_2;
            scene.line((x - arm, y - arm), (x + arm, y + arm), "c-sign-line", radius * 0.26);
            scene.line((x - arm, y + arm), (x + arm, y - arm), "c-sign-line", radius * 0.26);
        }
    }
}

fn check(scene: &mut Scene, x: f64, y: f64, radius: f64) {
    let d = track(
        [(-0.42, 0.02), (-0.1, 0.36), (0.44, -0.34)]
            .map(|(dx, dy)| (x + dx * radius, y + dy * radius))
            .into_iter(),
    );
    scene.path(d, "c-sign-line", radius * 0.26);
}

fn exclamation(scene: &mut Scene, x: f64, y: f64, radius: f64) {
    scene.line((x, y - radius * 0.52), (x, y + radius * 0.1), "c-sign-line", radius * 0.26);
    scene.line((x, y + radius * 0.5), (x, y + radius * 0.52), "c-sign-line", radius * 0.26);
}

fn polygon(corners: &[(f64, f64)], x: f64, y: f64, radius: f64) -> String {
    track(corners.iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius))) + "Z"
}
