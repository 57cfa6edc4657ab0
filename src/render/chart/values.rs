//! The values of a chart over time as plain numbers, no more of them than can be seen.

use std::ops::Range;

use jiff::Timestamp;

use crate::domain::Quantity;
use crate::reply::{SeriesChart, SeriesPoint};

use super::colours::PART_CLASSES;

/// The values of a chart, made plain for drawing.
pub(super) struct Values {
    pub(super) at: Vec<Timestamp>,
    /// Parts from the bottom up, each as long as `at`.
    pub(super) parts: Vec<Vec<f64>>,
    /// Sums of the parts.
    pub(super) sums: Vec<f64>,
    /// The period before; may be shorter.
    pub(super) before: Vec<f64>,
    pub(super) complete: Vec<bool>,
}

/// A value as it is drawn: never below zero, and zero when it is no number.
pub(super) fn drawn(value: Quantity) -> f64 {
    value.as_f64().filter(|value| value.is_finite()).map_or(0.0, |value| value.max(0.0))
}

/// The first `count` values; what is missing is zero.
fn numbers(points: &[SeriesPoint], count: usize) -> Vec<f64> {
    let mut numbers: Vec<f64> = points.iter().take(count).map(|point| drawn(point.value)).collect();
    numbers.resize(count, 0.0);
    numbers
}

/// Which of `count` points are worth drawing on `columns` pixels: all, or the lowest and highest of each column and
/// both ends.
pub(super) fn worth_drawing(count: usize, columns: usize, height: impl Fn(usize) -> f64) -> Vec<usize> {
    if count <= columns * 2 {
        return (0..count).collect();
    }
    let mut kept = vec![0];
    for column in 0..columns {
        let range = column * count / columns..(column + 1) * count / columns;
        let by_height = |a: &usize, b: &usize| height(*a).total_cmp(&height(*b));
        let (low, high) = (range.clone().min_by(by_height), range.max_by(by_height));
        kept.extend(low.into_iter().chain(high));
    }
    kept.push(count - 1);
    kept.sort_unstable();
    kept.dedup();
    kept
}

impl Values {
    /// The values of one line.
    pub(super) fn line(points: &[SeriesPoint]) -> Self {
        let all = points.iter().map(|point| (point.at, drawn(point.value), point.complete));
        Self::alone(all)
    }

    /// One line from its times, heights, and whether it is complete there.
    pub(super) fn alone(points: impl Iterator<Item = (Timestamp, f64, bool)>) -> Self {
        let (mut at, mut sums, mut complete) = (Vec::new(), Vec::new(), Vec::new());
        for point in points {
            at.push(point.0);
            sums.push(point.1);
            complete.push(point.2);
        }
        Self { at, parts: vec![sums.clone()], sums, before: Vec::new(), complete }
    }

    pub(super) fn of(chart: &SeriesChart) -> Self {
        let longest = chart.series.iter().max_by_key(|series| series.points.len());
        let points: &[SeriesPoint] = longest.map_or(&[], |series| &series.points);
        let count = points.len();
        let mut parts: Vec<Vec<f64>> =
            chart.series.iter().map(|series| numbers(&series.points, count)).collect();
        // Colours end where the eye does: all parts beyond are one.
        if parts.len() > PART_CLASSES.len() {
            let rest = parts.split_off(PART_CLASSES.len() - 1);
            parts.push((0..count).map(|index| rest.iter().map(|part| part[index]).sum()).collect());
        }
        let sums = (0..count).map(|index| parts.iter().map(|part| part[index]).sum()).collect();
        let before = chart
            .previous
            .as_ref()
            .map_or_else(Vec::new, |previous| numbers(&previous.points, previous.points.len().min(count)));
        let complete = (0..count)
            .map(|index| {
                chart.series.iter().all(|series| series.points.get(index).is_none_or(|point| point.complete))
            })
            .collect();
        Self { at: points.iter().map(|point| point.at).collect(), parts, sums, before, complete }
    }

    pub(super) fn max(&self) -> f64 {
        self.sums.iter().chain(&self.before).copied().fold(0.0, f64::max)
    }

    /// The points worth drawing on `columns` pixels.
    pub(super) fn thinned(self, columns: usize) -> Self {
        let kept = worth_drawing(self.at.len(), columns, |index| self.sums[index]);
        if kept.len() == self.at.len() {
            return self;
        }
        let pick = |values: &Vec<f64>| kept.iter().filter_map(|index| values.get(*index).copied()).collect();
        Self {
            at: kept.iter().map(|index| self.at[*index]).collect(),
            parts: self.parts.iter().map(pick).collect(),
            sums: pick(&self.sums),
            before: pick(&self.before),
            complete: kept.iter().map(|index| self.complete[*index]).collect(),
        }
    }

    /// Stretches of points whose segments are all complete, or all not, each sharing its end with the next.
    pub(super) fn stretches(&self) -> Vec<(Range<usize>, bool)> {
        let mut stretches: Vec<(Range<usize>, bool)> = Vec::new();
        for index in 1..self.complete.len() {
            let whole = self.complete[index - 1] && self.complete[index];
            match stretches.last_mut() {
                Some((range, same)) if *same == whole => range.end = index + 1,
                _ => stretches.push((index - 1..index + 1, whole)),
            }
        }
        stretches
    }
}
