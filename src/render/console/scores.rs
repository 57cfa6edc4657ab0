//! A score day by day as columns of blocks, with the sign of its band below each.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::domain::Band;
use crate::domain::Grain;
use crate::domain::utc_midnight;
use crate::render::words;
use crate::reply::ScoreDay;
use crate::reply::ScoresChart;

use super::Page;
use super::corridor::mark_lines;
use super::paint::wrapped_text;
use super::series::{Columns, dates, plot};

/// The best score there is.
const SCORE_MAX: f64 = 100.0;

pub(super) fn lines(chart: &ScoresChart, page: Page) -> Vec<String> {
    if chart.days.is_empty() {
        return Vec::new();
    }
    let labels = ["100", "50", "0"].map(String::from);
    let left = "band".width();
    let columns = Columns::new(chart.days.len(), page.width.saturating_sub(left + 2));
    let parts: Vec<&[ScoreDay]> = chart.days.chunks(columns.points).collect();
    let values: Vec<f64> = parts.iter().map(|days| mean(days).unwrap_or(0.0)).collect();
    let mut lines = plot(&values, SCORE_MAX, &labels, left, &columns);
    let ground = |days: &&[ScoreDay]| match mean(days) {
        None => '╌',
        Some(_) if days.iter().any(|day| day.overridden) => '═',
        Some(_) => '─',
    };
    let axis = columns.cells(parts.iter().map(ground));
    lines.push(format!("{} └{axis}", words::pad(&labels[2], left, true)));
    let at: Vec<Timestamp> = chart.days.iter().map(|day| utc_midnight(day.day)).collect();
    lines.push(format!("{}  {}", " ".repeat(left), dates(&at, Grain::Day, &columns)));
    // Of several days the last one speaks for the column.
    let bands: Vec<Option<Band>> = parts.iter().map(|days| days.last().and_then(|day| day.band)).collect();
    if bands.iter().any(Option::is_some) {
        let sign = |band: &Option<Band>| {
            let mark = band.and_then(|band| words::band(band).chars().next()).unwrap_or(' ');
            let cell = columns.cell(mark);
            band.map_or(cell.clone(), |band| page.paint.band(&cell, band))
        };
        let signs: String = bands.iter().map(sign).collect();
        lines.push(format!("{}  {}", words::pad("band", left, true), signs.trim_end()));
    }
    let notes = notes(chart, &columns);
    lines.extend(wrapped_text(&notes, page.prose_width()).iter().map(|line| page.paint.dim(line)));
    lines.extend(mark_lines(&chart.marks, Grain::Day, page));
    lines
}

fn mean(days: &[ScoreDay]) -> Option<f64> {
    let known = days.iter().filter_map(|day| day.score).filter(|score| score.is_finite());
    let known: Vec<f64> = known.map(|score| score.clamp(0.0, SCORE_MAX)).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// What must be known to read the columns right.
fn notes(chart: &ScoresChart, columns: &Columns) -> String {
    let mut notes = Vec::new();
    let bands = [Band::Healthy, Band::Watch, Band::AtRisk].map(words::band).join(", ");
    if chart.days.iter().any(|day| day.band.is_some()) {
        notes.push(format!("{bands}."));
    }
    if chart.days.iter().any(|day| day.overridden) {
        notes.push("═ was set by hand.".into());
    }
    if chart.days.iter().any(|day| day.score.is_none()) {
        notes.push("╌ has no score.".into());
    }
    notes.extend(columns.note(Grain::Day));
    notes.join(" ")
}
