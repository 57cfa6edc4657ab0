//! All usage of one account: hourly rows sorted by time, and running sums by day.
//!
//! Invariant: a frame never changes; a snapshot shares the frames that a batch did not touch. A question reads the
//! running sums of the days at its edges and the rows of at most two days, unless it asks for single endpoints,
//! models or hours.

use std::ops::Range;

use polars::prelude::UInt32Chunked;

use crate::domain::Metric;
use crate::domain::SourceId;

use super::figures::{FigureSlice, Figures};
use super::hour::DAY_HOURS;
use super::sums::Sums;

/// Which endpoint and model a row belongs to, as numbers of the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Part {
    pub(super) endpoint: u32,
    pub(super) model: Option<u32>,
}

impl Part {
    /// Whether it has this endpoint and model; `None` stands for any.
    pub(super) fn fits(&self, endpoint: Option<u32>, model: Option<u32>) -> bool {
        endpoint.is_none_or(|id| self.endpoint == id) && model.is_none_or(|id| self.model == Some(id))
    }
}

/// Which rows of a frame are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keep {
    /// All.
    All,
    /// None.
    Nothing,
    /// Those whose part is marked.
    Parts(Vec<bool>),
}

/// An account's usage.
#[derive(Debug)]
pub(super) struct AccountFrame {
    /// Hours since 1970, rising.
    pub(super) hours: UInt32Chunked,
    /// Index into `parts`; within an hour rising and unique.
    pub(super) part_of: UInt32Chunked,
    pub(super) calls: Figures,
    pub(super) tokens: Figures,
    pub(super) cost: Figures,
    /// `None` when no row tells errors.
    pub(super) errors: Option<ErrorColumn>,
    /// What occurs, in the order of endpoint and model names.
    pub(super) parts: Vec<Part>,
    /// One for each day with rows, rising, and one after the last.
    pub(super) marks: Vec<DayMark>,
    /// Beside `marks`; empty when no row tells errors.
    pub(super) error_marks: Vec<ErrorMark>,
    /// Newest hour with at least one call.
    pub(super) last_active: Option<u32>,
    /// Where the rows came from, by name.
    pub(super) sources: Vec<SourceId>,
}

/// The hourly rows of an account, column by column.
#[derive(Debug)]
pub(super) struct Columns {
    /// As [`AccountFrame::hours`].
    pub(super) hours: Vec<u32>,
    /// As [`AccountFrame::part_of`].
    pub(super) part_of: Vec<u32>,
    pub(super) calls: Figures,
    pub(super) tokens: Figures,
    pub(super) cost: Figures,
    pub(super) errors: Option<ErrorColumn>,
}

/// Errors of each row, and which rows tell them.
#[derive(Debug)]
pub(super) struct ErrorColumn {
    /// Zero where not told.
    pub(super) figures: Figures,
    /// Empty when all rows tell.
    pub(super) told: Vec<bool>,
}

/// The columns of a frame, looked up once for many rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowReader<'a> {
    calls: FigureSlice<'a>,
    tokens: FigureSlice<'a>,
    cost: FigureSlice<'a>,
    errors: Option<&'a ErrorColumn>,
}

impl RowReader<'_> {
    /// The figures of one row.
    #[inline]
    pub(super) fn row(&self, row: usize) -> Sums {
        let calls = self.calls.get(row);
        let errors = self.errors.and_then(|column| column.get(row));
        Sums {
            calls,
            tokens: self.tokens.get(row),
            cost: self.cost.get(row),
            errors: errors.unwrap_or(0),
            told_rows: i64::from(errors.is_some()),
            told_calls: errors.map_or(0, |_| calls),
        }
    }
}

impl ErrorColumn {
    /// The errors of each row, as far as they are told; `None` when none are.
    pub(super) fn of(errors: &[Option<i64>]) -> Option<Self> {
        if errors.iter().all(Option::is_none) {
            return None;
        }
        let figures: Vec<i64> = errors.iter().map(|errors| errors.unwrap_or(0)).collect();
        let all = errors.iter().all(Option::is_some);
        let told = if all { Vec::new() } else { errors.iter().map(Option::is_some).collect() };
        Some(Self { figures: Figures::new("errors", &figures), told })
    }

    /// The errors of a row, when it tells them.
    pub(super) fn get(&self, row: usize) -> Option<i64> {
        self.told.get(row).is_none_or(|told| *told).then(|| self.figures.get(row))
    }
}

/// Where a day begins, and what was summed before it. One mark fills half a cache line.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayMark {
    /// Days since 1970; `u32::MAX` after the last.
    pub(super) day: u32,
    pub(super) row: u32,
    pub(super) calls: i64,
    pub(super) tokens: i64,
    pub(super) cost: i64,
}

/// What was told of errors before a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorMark {
    pub(super) errors: i64,
    pub(super) told_rows: i64,
    pub(super) told_calls: i64,
}

impl AccountFrame {
    /// How many hourly rows there are.
    pub(super) fn rows(&self) -> usize {
        self.marks.last().map_or(0, |mark| mark.row as usize)
    }

    /// The hours of all rows.
    pub(super) fn hour_slice(&self) -> &[u32] {
        self.hours.cont_slice().expect("the column is built from one vector without nulls")
    }

    /// The parts of all rows.
    pub(super) fn part_slice(&self) -> &[u32] {
        self.part_of.cont_slice().expect("the column is built from one vector without nulls")
    }

    /// First hour with a row.
    pub(super) fn first_hour(&self) -> Option<u32> {
        self.hour_slice().first().copied()
    }

    /// First day with a row.
    pub(super) fn first_day(&self) -> Option<u32> {
        self.first_hour().map(|hour| hour / DAY_HOURS)
    }

    /// The column behind a metric; `None` when errors are never told.
    pub(super) fn figures(&self, metric: Metric) -> Option<&Figures> {
        match metric {
            Metric::ApiCalls => Some(&self.calls),
            Metric::Tokens => Some(&self.tokens),
            Metric::Cost => Some(&self.cost),
            Metric::Errors => self.errors.as_ref().map(|column| &column.figures),
        }
    }

    /// Index of the first mark that does not lie before `day`.
    fn mark(&self, day: u32) -> usize {
        let days = self.marks.len() - 1;
        let Some(first) = self.marks[..days].first() else { return 0 };
        let Some(ahead) = day.checked_sub(first.day) else { return 0 };
        // Days are distinct, so the mark lies at `ahead` or before; exactly there when no day was silent.
        let ahead = (ahead as usize).min(days);
        if self.marks[ahead].day == day || (ahead == days && self.marks[days - 1].day < day) {
            return ahead;
        }
        self.marks[..ahead].partition_point(|mark| mark.day < day)
    }

    /// The rows of the mark's own day that lie before `hour`.
    fn edge(&self, mark: usize, hour: u32) -> Range<usize> {
        let start = self.marks[mark].row as usize;
        if hour.is_multiple_of(DAY_HOURS) || self.marks[mark].day != hour / DAY_HOURS {
            return start..start;
        }
        let day = &self.hour_slice()[start..self.marks[mark + 1].row as usize];
        start..start + day.partition_point(|at| *at < hour)
    }

    /// First row that does not lie before `hour`.
    pub(super) fn row_at(&self, hour: u32) -> usize {
        self.edge(self.mark(hour / DAY_HOURS), hour).end
    }

    /// The rows of some hours.
    pub(super) fn rows_between(&self, (from, to): (u32, u32)) -> Range<usize> {
        self.row_at(from)..self.row_at(to)
    }

    /// Everything before `hour`.
    pub(super) fn upto(&self, hour: u32) -> Sums {
        let index = self.mark(hour / DAY_HOURS);
        let mark = &self.marks[index];
        let told = self.error_marks.get(index);
        let before = Sums {
            calls: mark.calls,
            tokens: mark.tokens,
            cost: mark.cost,
            errors: told.map_or(0, |told| told.errors),
            told_rows: told.map_or(0, |told| told.told_rows),
            told_calls: told.map_or(0, |told| told.told_calls),
        };
        let edge = self.edge(index, hour);
        if edge.is_empty() { before } else { before.plus(&self.sum_rows(edge)) }
    }

    /// One figure of everything before `hour`.
    pub(super) fn upto_of(&self, hour: u32, metric: Metric) -> i64 {
        let index = self.mark(hour / DAY_HOURS);
        let mark = &self.marks[index];
        let before = match metric {
            Metric::ApiCalls => mark.calls,
            Metric::Tokens => mark.tokens,
            Metric::Cost => mark.cost,
            Metric::Errors => self.error_marks.get(index).map_or(0, |told| told.errors),
        };
        let edge = self.edge(index, hour);
        if edge.is_empty() {
            return before;
        }
        self.figures(metric).map_or(before, |figures| before.wrapping_add(figures.sum(edge)))
    }

    /// Sums of the kept rows of some hours.
    pub(super) fn between(&self, hours: (u32, u32), keep: &Keep) -> Sums {
        match keep {
            Keep::Nothing => Sums::default(),
            Keep::All => self.upto(hours.1).minus(&self.upto(hours.0)),
            Keep::Parts(marked) => {
                let (part_of, reader) = (self.part_slice(), self.reader());
                let mut sums = Sums::default();
                for row in self.rows_between(hours).filter(|row| marked[part_of[*row] as usize]) {
                    sums = sums.plus(&reader.row(row));
                }
                sums
            }
        }
    }

    /// The figures of one row.
    pub(super) fn row(&self, row: usize) -> Sums {
        self.reader().row(row)
    }

    /// Reads the figures of many rows.
    pub(super) fn reader(&self) -> RowReader<'_> {
        let [calls, tokens, cost] = [&self.calls, &self.tokens, &self.cost].map(Figures::slice);
        RowReader { calls, tokens, cost, errors: self.errors.as_ref() }
    }

    /// How many rows both begin with, equal in all that a row says.
    pub(super) fn same_rows(&self, other: &Self) -> usize {
        if self.parts != other.parts {
            return 0;
        }
        let own = self.hour_slice().iter().zip(self.part_slice());
        let theirs = other.hour_slice().iter().zip(other.part_slice());
        let alike = own.zip(theirs).take_while(|(own, theirs)| own == theirs).count();
        let (own, theirs) = (self.reader(), other.reader());
        (0..alike).find(|row| own.row(*row) != theirs.row(*row)).unwrap_or(alike)
    }

    /// Sums of neighbouring rows.
    pub(super) fn sum_rows(&self, rows: Range<usize>) -> Sums {
        let mut sums = Sums {
            calls: self.calls.sum(rows.clone()),
            tokens: self.tokens.sum(rows.clone()),
            cost: self.cost.sum(rows.clone()),
            ..Sums::default()
        };
        if let Some(column) = &self.errors {
            for row in rows {
                if let Some(errors) = column.get(row) {
                    sums.errors = sums.errors.wrapping_add(errors);
                    sums.told_rows += 1;
                    sums.told_calls = sums.told_calls.wrapping_add(self.calls.get(row));
                }
            }
        }
        sums
    }

    /// Adds the sums between neighbouring `edges` to `values`, which is one shorter.
    pub(super) fn add_series(&self, metric: Metric, edges: &[u32], keep: &Keep, values: &mut [i64]) {
        // Fine buckets: reading each row once is less than looking up each edge.
        let span = edges.last().map_or(0, |last| (last - edges[0]) as usize);
        let hourly = span < values.len() * DAY_HOURS as usize / 2;
        match keep {
            Keep::Nothing => {}
            Keep::All if !hourly => {
                let mut before = self.upto_of(edges[0], metric);
                for (value, edge) in values.iter_mut().zip(&edges[1..]) {
                    let upto = self.upto_of(*edge, metric);
                    *value = value.wrapping_add(upto.wrapping_sub(before));
                    before = upto;
                }
            }
            Keep::All => self.each_value(metric, edges, |bucket, _, figure| {
                values[bucket] = values[bucket].wrapping_add(figure);
            }),
            Keep::Parts(marked) => {
                // Whether a row is kept is a matter of chance: a mask costs less than a branch that is mispredicted.
                let masks: Vec<i64> = marked.iter().map(|kept| -i64::from(*kept)).collect();
                self.each_value(metric, edges, |bucket, part, figure| {
                    values[bucket] = values[bucket].wrapping_add(figure & masks[part]);
                });
            }
        }
    }

    /// Calls `visit(bucket, part, figure)` for each row between the edges.
    pub(super) fn each_value(&self, metric: Metric, edges: &[u32], mut visit: impl FnMut(usize, usize, i64)) {
        let Some(figures) = self.figures(metric) else { return };
        let mut row = self.row_at(edges[0]);
        for (bucket, edge) in edges[1..].iter().enumerate() {
            let end = self.row_at(*edge);
            let parts = self.part_slice()[row..end].iter().map(|part| *part as usize);
            match figures.slice() {
                FigureSlice::Narrow(values) => {
                    parts
                        .zip(&values[row..end])
                        .for_each(|(part, value)| visit(bucket, part, i64::from(*value)));
                }
                FigureSlice::Wide(values) => {
                    parts.zip(&values[row..end]).for_each(|(part, value)| visit(bucket, part, *value));
                }
            }
            row = end;
        }
    }

    /// Which rows have this endpoint and model; `None` stands for any.
    pub(super) fn keep(&self, endpoint: Option<u32>, model: Option<u32>) -> Keep {
        if endpoint.is_none() && model.is_none() {
            return Keep::All;
        }
        let marked: Vec<bool> = self.parts.iter().map(|part| part.fits(endpoint, model)).collect();
        if marked.contains(&true) { Keep::Parts(marked) } else { Keep::Nothing }
    }

    /// Newest hour before `hour` with at least one call.
    pub(super) fn last_active_before(&self, hour: u32) -> Option<u32> {
        if let Some(last) = self.last_active.filter(|last| *last < hour) {
            return Some(last);
        }
        self.last_active_in(0..self.row_at(hour))
    }

    /// Newest hour of some rows with at least one call.
    pub(super) fn last_active_in(&self, mut rows: Range<usize>) -> Option<u32> {
        let calls = self.calls.slice();
        rows.rfind(|row| calls.get(*row) > 0).map(|row| self.hour_slice()[row])
    }

    /// Calls of each whole day from `first`, zero where nothing happened; at most `count` days.
    pub(super) fn daily_calls(&self, first: u32, count: u32) -> Vec<i64> {
        let mut days = vec![0; count as usize];
        let start = self.mark(first);
        for pair in self.marks[start..].windows(2) {
            let Some(day) = days.get_mut((pair[0].day - first) as usize) else { break };
            *day = pair[1].calls.wrapping_sub(pair[0].calls);
        }
        days
    }
}
