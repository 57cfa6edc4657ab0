//! A measured line against a band of what is expected or usual, in rows of cells.

use std::collections::BTreeMap;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::domain::Grain;
use crate::domain::Quantity;
use crate::render::words;
use crate::reply::ChartMark;
use crate::reply::CorridorChart;
use crate::reply::Tone;

use super::Page;
use super::paint::wrapped_text;
use super::series::{Columns, EIGHTHS, ROWS, axis_label, axis_row, dates, eighths, round_top};

/// Marks that are listed below the chart.
const MARKS_MAX: usize = 6;

/// What is known of one column, as means of its buckets.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    measured: Option<f64>,
    /// Low, middle, high.
    band: Option<(f64, f64, f64)>,
    marked: bool,
    whole: bool,
}

type Bucket = Column;

pub(super) fn lines(chart: &CorridorChart, page: Page) -> Vec<String> {
    let buckets = buckets(chart);
    let Some(like) = like(chart) else { return Vec::new() };
    let instants: Vec<Timestamp> = buckets.keys().copied().collect();
    let buckets: Vec<Bucket> = buckets.into_values().collect();
    let high =
        |bucket: &Bucket| bucket.band.map_or(0.0, |(_, _, high)| high).max(bucket.measured.unwrap_or(0.0));
    let top = round_top(buckets.iter().map(high).fold(0.0, f64::max));
    let labels = [top, top / 2.0, 0.0].map(|at| axis_label(&like, at));
    let left = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let columns = Columns::new(instants.len(), page.width.saturating_sub(left + 2));
    let merged: Vec<Column> = buckets.chunks(columns.points).map(mean).collect();
    let mut lines: Vec<String> = (0..ROWS)
        .map(|row| {
            let marks = merged.iter().map(|column| cell(column, ROWS - 1 - row, top));
            axis_row(row, &labels, left, &columns.cells(marks))
        })
        .collect();
    let axis = merged.iter().map(|column| if column.whole { '─' } else { '╌' });
    lines.push(format!("{} └{}", words::pad(&labels[2], left, true), columns.cells(axis)));
    lines.push(format!("{}  {}", " ".repeat(left), dates(&instants, chart.grain, &columns)));
    let note = notes(chart, &columns, &merged);
    lines.extend(wrapped_text(&note, page.prose_width()).iter().map(|line| page.paint.dim(line)));
    lines.extend(mark_lines(&chart.marks, chart.grain, page));
    lines
}

fn size(value: Quantity) -> f64 {
    value.as_f64().filter(|size| size.is_finite()).unwrap_or(0.0).max(0.0)
}

fn like(chart: &CorridorChart) -> Option<Quantity> {
    let measured = chart.line.points.first().map(|point| point.value);
    measured.or_else(|| chart.band.first().map(|point| point.middle))
}

fn buckets(chart: &CorridorChart) -> BTreeMap<Timestamp, Bucket> {
    let mut buckets: BTreeMap<Timestamp, Bucket> = BTreeMap::new();
    for point in &chart.line.points {
        let bucket = buckets.entry(point.at).or_default();
        (bucket.measured, bucket.whole) = (Some(size(point.value)), point.complete);
    }
    for point in &chart.band {
        let (low, high) = point.outer.or(point.inner).unwrap_or((point.middle, point.middle));
        buckets.entry(point.at).or_default().band = Some((size(low), size(point.middle), size(high)));
    }
    for point in chart.marks.iter().filter_map(|mark| chart.measured_at(mark.at)) {
        buckets.entry(point.at).or_default().marked = true;
    }
    buckets
}

fn mean(buckets: &[Bucket]) -> Column {
    let of = |known: &dyn Fn(&Bucket) -> Option<f64>| {
        let known: Vec<f64> = buckets.iter().filter_map(known).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let low = of(&|bucket| bucket.band.map(|(low, _, _)| low));
    let middle = of(&|bucket| bucket.band.map(|(_, middle, _)| middle));
    let high = of(&|bucket| bucket.band.map(|(_, _, high)| high));
    Column {
        measured: of(&|bucket| bucket.measured),
        band: low.zip(middle).zip(high).map(|((low, middle), high)| (low, middle, high)),
        marked: buckets.iter().any(|bucket| bucket.marked),
        whole: buckets.iter().all(|bucket| bucket.whole),
    }
}

/// One cell: where line and band share a column, the line is a dot in the band; else it stands as a block.
fn cell(column: &Column, row: usize, top: f64) -> char {
    let row_of = |value: f64| (eighths(value, top, ROWS * 8).saturating_sub(1)) / 8;
    let dot = if column.marked { '◆' } else { '●' };
    match (column.measured, column.band) {
        (Some(measured), Some(_)) if row_of(measured) == row => dot,
        (Some(measured), None) => {
            if column.marked && row_of(measured) == row {
                return dot;
            }
            EIGHTHS[eighths(measured, top, ROWS * 8).saturating_sub(row * 8).min(8)]
        }
        (None, Some((_, middle, _))) if row_of(middle) == row => '▒',
        (_, Some((low, _, high))) if (row_of(low)..=row_of(high)).contains(&row) => '░',
        (_, Some(_)) | (None, None) => ' ',
    }
}

/// What must be known to read the cells right.
fn notes(chart: &CorridorChart, columns: &Columns, merged: &[Column]) -> String {
    let mut notes = Vec::new();
    let any = |known: &dyn Fn(&Column) -> bool| merged.iter().any(known);
    if any(&|column| column.measured.is_some() && column.band.is_some()) {
        notes.push("● is measured.".to_owned());
    }
    if any(&|column| column.marked) {
        notes.push("◆ is unusual.".to_owned());
    }
    let name = words::harmless(&chart.band_name);
    if any(&|column| column.band.is_some()) {
        notes.push(format!("░ is the {name} range."));
    }
    if any(&|column| column.measured.is_none() && column.band.is_some()) {
        notes.push(format!("▒ is what is {name}."));
    }
    if any(&|column| !column.whole) {
        notes.push("╌ marks what is not measured yet.".to_owned());
    }
    notes.extend(columns.note(chart.grain));
    notes.join(" ")
}

/// Moments worth pointing at, as lines: `◆ 21 Nov  far above what is usual`.
pub(super) fn mark_lines(marks: &[ChartMark], grain: Grain, page: Page) -> Vec<String> {
    let line = |mark: &ChartMark| {
        let sign = match mark.tone {
            Tone::Good => "▲",
            Tone::Neutral => "•",
            Tone::Bad => "▼",
        };
        let when = words::bucket(mark.at, grain);
        let room = page.width.saturating_sub(when.width() + 4);
        let label = words::isolated(&words::cut(&words::harmless(&mark.label), room));
        format!("{} {when}  {label}", page.paint.tone(sign, mark.tone))
    };
    let mut lines: Vec<String> = marks.iter().take(MARKS_MAX).map(line).collect();
    if marks.len() > MARKS_MAX {
        lines.push(page.paint.dim(&format!("…and {} more", marks.len() - MARKS_MAX)));
    }
    lines
}
