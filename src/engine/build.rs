//! Sums raw usage rows to hours and closes them into a frame.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::UInt32Chunked;

use crate::domain::Endpoint;
use crate::domain::Model;
use crate::domain::SourceId;
use crate::domain::UsageRow;

use super::dictionary::Dictionary;
use super::figures::Figures;
use super::frame::{AccountFrame, Columns, DayMark, ErrorColumn, ErrorMark, Part};
use super::hour::{DAY_HOURS, hour_of};
use super::sums::Sums;

/// One row on its way into a frame: the hour in the upper half of the key, the part in the lower.
#[derive(Debug, Clone, Copy)]
struct Hourly {
    key: u64,
    sums: Sums,
}

impl Hourly {
    fn hour(&self) -> u32 {
        (self.key >> 32) as u32
    }

    fn part(&self) -> u32 {
        (self.key & u64::from(u32::MAX)) as u32
    }
}

impl AccountFrame {
    /// A frame without usage.
    pub(super) fn empty() -> Self {
        Self::close(Columns::of(&[]), Vec::new(), Vec::new())
    }

    /// A frame of rows in any order; names that are new go into the dictionary.
    pub(super) fn build(rows: impl IntoIterator<Item = UsageRow>, dictionary: &mut Arc<Dictionary>) -> Self {
        let mut parts = PartsSeen::default();
        let mut sources: Vec<SourceId> = Vec::new();
        let mut hourly: Vec<Hourly> = Vec::new();
        for row in rows {
            if sources.last() != Some(&row.source) && !sources.contains(&row.source) {
                sources.push(row.source.clone());
            }
            let part = parts.number(&row.endpoint, row.model.as_ref());
            let key = u64::from(hour_of(row.at)) << 32 | u64::from(part);
            hourly.push(Hourly { key, sums: sums_of(&row) });
        }
        sources.sort();
        let (parts, rank) = parts.ranked(dictionary);
        for row in &mut hourly {
            row.key = row.key & !u64::from(u32::MAX) | u64::from(rank[row.part() as usize]);
        }
        if !hourly.is_sorted_by_key(|row| row.key) {
            hourly.sort_unstable_by_key(|row| row.key);
        }
        hourly.dedup_by(|next, kept| {
            let same = next.key == kept.key;
            if same {
                kept.sums = kept.sums.plus(&next.sums);
            }
            same
        });
        for row in &mut hourly {
            // An hour tells its errors or it does not, however many raw rows it was summed from.
            row.sums.told_rows = row.sums.told_rows.min(1);
            row.sums.told_calls = if row.sums.told_rows > 0 { row.sums.calls } else { 0 };
        }
        Self::close(Columns::of(&hourly), parts, sources)
    }

    /// A frame of hourly rows that are in order.
    pub(super) fn close(columns: Columns, parts: Vec<Part>, sources: Vec<SourceId>) -> Self {
        let Columns { hours, part_of, calls, tokens, cost, errors } = columns;
        let days = days(&hours);
        let mut frame = Self {
            hours: UInt32Chunked::from_vec("hour".into(), hours),
            part_of: UInt32Chunked::from_vec("part".into(), part_of),
            calls,
            tokens,
            cost,
            errors,
            parts,
            marks: Vec::new(),
            error_marks: Vec::new(),
            last_active: None,
            sources,
        };
        frame.sum_days(&days);
        frame.last_active = frame.last_active_in(0..frame.rows());
        frame
    }

    /// Sums up day by day.
    fn sum_days(&mut self, days: &[(u32, usize)]) {
        let (mut marks, mut error_marks) = (Vec::with_capacity(days.len()), Vec::new());
        let (mut sums, mut row) = (Sums::default(), 0);
        // `days` ends with the end of the rows, which no sums come after.
        for (day, end) in days {
            marks.push(mark(*day, row, &sums));
            if self.errors.is_some() {
                error_marks.push(error_mark(&sums));
            }
            sums = sums.plus(&self.sum_rows(row..*end));
            row = *end;
        }
        (self.marks, self.error_marks) = (marks, error_marks);
    }
}

impl Columns {
    fn of(rows: &[Hourly]) -> Self {
        let column =
            |figure: fn(&Sums) -> i64| rows.iter().map(|row| figure(&row.sums)).collect::<Vec<i64>>();
        let errors = |row: &Hourly| (row.sums.told_rows > 0).then_some(row.sums.errors);
        Self {
            hours: rows.iter().map(Hourly::hour).collect(),
            part_of: rows.iter().map(Hourly::part).collect(),
            calls: Figures::new("calls", &column(|sums| sums.calls)),
            tokens: Figures::new("tokens", &column(|sums| sums.tokens)),
            cost: Figures::new("cost", &column(|sums| sums.cost)),
            errors: ErrorColumn::of(&rows.iter().map(errors).collect::<Vec<_>>()),
        }
    }
}

/// Each day with rows, with the first row after it; at last the day after all, at the end.
fn days(hours: &[u32]) -> Vec<(u32, usize)> {
    let mut days: Vec<(u32, usize)> = Vec::new();
    let mut row = 0;
    for of_day in hours.chunk_by(|one, next| one / DAY_HOURS == next / DAY_HOURS) {
        row += of_day.len();
        days.push((of_day[0] / DAY_HOURS, row));
    }
    days.push((u32::MAX, row));
    days.shrink_to_fit();
    days
}

fn mark(day: u32, row: usize, sums: &Sums) -> DayMark {
    let row = u32::try_from(row).expect("an account has fewer hourly rows than there are hours and parts");
    DayMark { day, row, calls: sums.calls, tokens: sums.tokens, cost: sums.cost }
}

fn error_mark(sums: &Sums) -> ErrorMark {
    ErrorMark { errors: sums.errors, told_rows: sums.told_rows, told_calls: sums.told_calls }
}

fn sums_of(row: &UsageRow) -> Sums {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let calls = count(row.used.api_calls);
    Sums {
        calls,
        tokens: count(row.used.tokens),
        cost: row.used.cost.micros,
        errors: row.used.errors.map_or(0, count),
        told_rows: i64::from(row.used.errors.is_some()),
        told_calls: row.used.errors.map_or(0, |_| calls),
    }
}

/// The parts of one account in the order in which they came.
#[derive(Debug, Default)]
struct PartsSeen {
    seen: Vec<(Endpoint, Option<Model>)>,
    numbers: HashMap<(Endpoint, Option<Model>), u32>,
    last: usize,
}

impl PartsSeen {
    fn number(&mut self, endpoint: &Endpoint, model: Option<&Model>) -> u32 {
        // Rows of one part often follow each other: look there before hashing two names.
        let again = self.seen.get(self.last).is_some_and(|(e, m)| e == endpoint && m.as_ref() == model);
        if !again {
            let part = (endpoint.clone(), model.cloned());
            let next = u32::try_from(self.seen.len()).expect("an account has fewer parts than rows");
            let number = *self.numbers.entry(part.clone()).or_insert(next);
            if number == next {
                self.seen.push(part);
            }
            self.last = number as usize;
        }
        self.last as u32
    }

    /// The parts by name, and the rank of each number, so that equal rows make equal frames in any order.
    fn ranked(self, dictionary: &mut Arc<Dictionary>) -> (Vec<Part>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.seen.len() as u32).collect();
        order.sort_by(|a, b| self.seen[*a as usize].cmp(&self.seen[*b as usize]));
        let mut rank = vec![0; self.seen.len()];
        let mut parts = Vec::with_capacity(self.seen.len());
        for number in order {
            rank[number as usize] = parts.len() as u32;
            let (endpoint, model) = &self.seen[number as usize];
            parts.push(Dictionary::part(dictionary, endpoint, model.as_ref()));
        }
        (parts, rank)
    }
}
