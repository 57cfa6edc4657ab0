//! Values over time as columns of blocks, with the period before as a line below.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::domain::Grain;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::short_number;
use crate::render::words;
use crate::reply::Series;
use crate::reply::SeriesChart;

use super::Page;

/// Height of the chart; even, so that half of the top value falls between two rows.
pub(super) const ROWS: usize = 8;
/// Widest column; wider ones look like slabs.
const COLUMN_WIDTH_MAX: usize = 5;
/// Lines of parts below the chart.
const PARTS_MAX: usize = 6;
/// Widest name of a part.
const NAME_WIDTH_MAX: usize = 18;

pub(super) const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How points become columns of the screen.
pub(super) struct Columns {
    /// Points in one column; above one, a column is their mean.
    pub(super) points: usize,
    /// Cells of one column, with its gap.
    width: usize,
    count: usize,
}

impl Columns {
    pub(super) fn new(points: usize, room: usize) -> Self {
        let each = points.div_ceil(room.max(1)).max(1);
        let count = points.div_ceil(each);
        Self { points: each, width: (room / count.max(1)).clamp(1, COLUMN_WIDTH_MAX), count }
    }

    /// The mean of the points in each column.
    fn values(&self, points: &[f64]) -> Vec<f64> {
        points.chunks(self.points).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect()
    }

    /// One column `width` cells wide: `mark`, then a gap where there is room for one.
    pub(super) fn cell(&self, mark: char) -> String {
        if self.width == 1 {
            return mark.to_string();
        }
        format!(
            "{}{}",
            mark.to_string().repeat(self.width - 1),
            if matches!(mark, '─' | '╌' | '═') { mark } else { ' ' }
        )
    }

    pub(super) fn cells(&self, marks: impl Iterator<Item = char>) -> String {
        marks.map(|mark| self.cell(mark)).collect::<String>().trim_end().to_owned()
    }

    /// That columns are means, where they are.
    pub(super) fn note(&self, grain: Grain) -> Option<String> {
        (self.points > 1).then(|| format!("Each column is the mean of {} {}s.", self.points, grain.word()))
    }
}

pub(super) fn lines(chart: &SeriesChart, page: Page) -> Vec<String> {
    let Some(first) = chart.series.first().filter(|line| !line.points.is_empty()) else { return Vec::new() };
    let count = first.points.len();
    let summed: Vec<f64> =
        (0..count).map(|at| chart.series.iter().map(|line| value(line, at)).sum()).collect();
    let before: Option<Vec<f64>> =
        chart.previous.as_ref().map(|line| (0..count).map(|at| value(line, at)).collect());
    let highest = summed.iter().chain(before.iter().flatten()).copied().fold(0.0, f64::max);
    let top = round_top(highest);
    let labels = [top, top / 2.0, 0.0].map(|at| axis_label(&first.points[0].value, at));
    let named = chart.series.len() > 1;
    let names = if named { part_names(&chart.series) } else { Vec::new() };
    let left = names.iter().chain(&labels).map(|label| label.width()).max().unwrap_or(0);
    let left = left.max(if before.is_some() { "before".len() } else { 0 });
    let columns = Columns::new(count, page.width.saturating_sub(left + 2));

    let values = columns.values(&summed);
    let mut lines = plot(&values, top, &labels, left, &columns);
    let complete: Vec<bool> =
        first.points.chunks(columns.points).map(|part| part.iter().all(|p| p.complete)).collect();
    let axis = columns.cells(complete.iter().map(|whole| if *whole { '─' } else { '╌' }));
    lines.push(format!("{} └{axis}", words::pad(&labels[2], left, true)));
    let instants: Vec<Timestamp> = first.points.iter().map(|point| point.at).collect();
    lines.push(format!("{}  {}", " ".repeat(left), dates(&instants, chart.grain, &columns)));
    if let Some(before) = &before {
        let marks = columns.values(before).into_iter().map(|value| level(value, top));
        lines.push(page.paint.dim(&format!(
            "{}  {}",
            words::pad("before", left, true),
            columns.cells(marks)
        )));
    }
    for (name, part) in names.iter().zip(&chart.series) {
        let own: Vec<f64> = columns.values(&(0..count).map(|at| value(part, at)).collect::<Vec<_>>());
        let most = own.iter().copied().fold(0.0, f64::max);
        let marks = own.iter().map(|value| level(*value, most));
        lines.push(format!("{}  {}", words::pad(name, left, true), columns.cells(marks)));
    }
    lines.extend(notes(chart, &columns, &complete, page));
    lines
}

/// What must be known to read the columns right.
fn notes(chart: &SeriesChart, columns: &Columns, complete: &[bool], page: Page) -> Vec<String> {
    let mut notes: Vec<String> = columns.note(chart.grain).into_iter().collect();
    if complete.contains(&false) {
        notes.push(format!("╌ marks a {} that is not complete.", chart.grain.word()));
    }
    if let Some(previous) = &chart.previous {
        notes.push(format!("before: {}, on the same scale.", words::harmless(&previous.name)));
    }
    if chart.series.len() > 1 {
        let missing = chart.series.len().saturating_sub(PARTS_MAX);
        let rest = if missing > 0 { format!(" {missing} more parts are not drawn.") } else { String::new() };
        notes.push(format!("The columns are the sum; each part below has a scale of its own.{rest}"));
    }
    let text = notes.join(" ");
    super::paint::wrapped_text(&text, page.prose_width()).iter().map(|line| page.paint.dim(line)).collect()
}

fn part_names(series: &[Series]) -> Vec<String> {
    series
        .iter()
        .take(PARTS_MAX)
        .map(|line| words::cut(&words::harmless(&line.name), NAME_WIDTH_MAX))
        .collect()
}

fn value(line: &Series, at: usize) -> f64 {
    line.points.get(at).and_then(|point| point.value.as_f64()).unwrap_or(0.0).max(0.0)
}

/// The rows of the plot, the highest first.
pub(super) fn plot(
    values: &[f64],
    top: f64,
    labels: &[String; 3],
    left: usize,
    columns: &Columns,
) -> Vec<String> {
    let row = |row: usize| {
        let below = (ROWS - 1 - row) * 8;
        let marks = values.iter().map(|value| {
            let eighths = eighths(*value, top, ROWS * 8);
            EIGHTHS[eighths.saturating_sub(below).min(8)]
        });
        axis_row(row, labels, left, &columns.cells(marks))
    };
    (0..ROWS).map(row).collect()
}

/// A row of cells behind the axis, which names the top value and its half.
pub(super) fn axis_row(row: usize, labels: &[String; 3], left: usize, cells: &str) -> String {
    let (label, tick) = match row {
        0 => (labels[0].as_str(), '┤'),
        half if half == ROWS / 2 => (labels[1].as_str(), '┤'),
        _ => ("", '│'),
    };
    format!("{} {tick}{cells}", words::pad(label, left, true))
}

/// A value as so many eighths of a row; at least one when there is anything at all.
pub(super) fn eighths(value: f64, top: f64, full: usize) -> usize {
    let size = (value / top * full as f64).round() as usize;
    size.clamp(usize::from(value > 0.0), full)
}

fn level(value: f64, top: f64) -> char {
    if top > 0.0 { EIGHTHS[eighths(value, top, 8)] } else { ' ' }
}

/// The next round number at or above the highest value, so that the axis has labels that can be read.
pub(super) fn round_top(highest: f64) -> f64 {
    if highest.is_nan() || highest <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(highest.log10().floor());
    let steps = [1.0, 1.2, 1.4, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.iter().map(|step| step * power).find(|top| *top >= highest).unwrap_or(highest)
}

/// The axis value in the unit of the points.
pub(super) fn axis_label(like: &Quantity, at: f64) -> String {
    match like {
        Quantity::Money(_, currency) => {
            Quantity::Money(Money::from_micros((at * 1e6).round() as i64), *currency).short()
        }
        Quantity::Share(_) => Quantity::Share(at).short(),
        Quantity::Calls(_)
        | Quantity::Errors(_)
        | Quantity::Tokens(_)
        | Quantity::Accounts(_)
        | Quantity::Initiatives(_)
        | Quantity::Change(_)
        | Quantity::Score(_)
        | Quantity::Points(_)
        | Quantity::Days(_)
        | Quantity::Number(_) => short_number(at),
    }
}

/// First, middle and last date, each below its column, as far as there is room.
pub(super) fn dates(instants: &[Timestamp], grain: Grain, columns: &Columns) -> String {
    let label = |column: usize| words::bucket(instants[column * columns.points], grain);
    let mut text = label(0);
    let last = columns.count - 1;
    for column in [columns.count / 2, last] {
        let (label, width) = (label(column), columns.count * columns.width);
        let at = (column * columns.width).min(width.saturating_sub(label.width()));
        if column > 0 && at >= text.width() + 2 {
            text = format!("{text:<at$}{label}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (highest, top) in
            [(0.0, 1.0), (1.0, 1.0), (683.0, 800.0), (1_050.0, 1_200.0), (0.03, 0.03), (99.0, 100.0)]
        {
            assert!((round_top(highest) - top).abs() < 1e-9, "{highest}: {}", round_top(highest));
        }
    }

    #[test]
    fn many_points_share_a_column() {
        let columns = Columns::new(100, 60);
        assert_eq!((columns.points, columns.count, columns.width), (2, 50, 1));
        assert_eq!(columns.values(&[1.0, 3.0, 5.0]), [2.0, 5.0]);
        let few = Columns::new(7, 60);
        assert_eq!((few.points, few.count, few.width), (1, 7, 5));
        assert_eq!(few.cells("██".chars()), "████ ████");
    }
}
