//! A column of figures, as narrow as its values allow: most hours fit in four bytes, and memory is what a portfolio
//! of many rows runs out of first.

use std::ops::Range;

use polars::prelude::Int64Chunked;
use polars::prelude::UInt32Chunked;

/// One figure for each hourly row, without gaps, in one contiguous chunk.
#[derive(Debug)]
pub(super) enum Figures {
    /// All values lie between zero and `u32::MAX`.
    Narrow(UInt32Chunked),
    /// Any values.
    Wide(Int64Chunked),
}

/// The column's values.
#[derive(Debug, Clone, Copy)]
pub(super) enum FigureSlice<'a> {
    Narrow(&'a [u32]),
    Wide(&'a [i64]),
}

impl Figures {
    /// A column of these values.
    pub(super) fn new(name: &'static str, values: &[i64]) -> Self {
        // Looked at first: collecting into an option would not know the length and keep room for twice as many.
        if values.iter().any(|value| u32::try_from(*value).is_err()) {
            return Self::wide(name, values.to_vec());
        }
        Self::narrow(name, values.iter().map(|value| *value as u32).collect())
    }

    /// A column of small values.
    pub(super) fn narrow(name: &'static str, values: Vec<u32>) -> Self {
        Self::Narrow(UInt32Chunked::from_vec(name.into(), values))
    }

    /// A column of any values.
    pub(super) fn wide(name: &'static str, values: Vec<i64>) -> Self {
        Self::Wide(Int64Chunked::from_vec(name.into(), values))
    }

    /// The first `count` values, and then those of `tail`.
    pub(super) fn continued(&self, name: &'static str, count: usize, tail: &Self) -> Self {
        match (self.slice(), tail.slice()) {
            (FigureSlice::Narrow(head), FigureSlice::Narrow(tail)) => {
                Self::narrow(name, [&head[..count], tail].concat())
            }
            (head, rest) => {
                let tail = (0..tail.len()).map(|row| rest.get(row));
                let values: Vec<i64> = (0..count).map(|row| head.get(row)).chain(tail).collect();
                Self::new(name, &values)
            }
        }
    }

    /// How many values there are.
    fn len(&self) -> usize {
        match self.slice() {
            FigureSlice::Narrow(values) => values.len(),
            FigureSlice::Wide(values) => values.len(),
        }
    }

    /// All values.
    pub(super) fn slice(&self) -> FigureSlice<'_> {
        const ONE_CHUNK: &str = "a column is built from one vector without nulls";
        match self {
            Self::Narrow(column) => FigureSlice::Narrow(column.cont_slice().expect(ONE_CHUNK)),
            Self::Wide(column) => FigureSlice::Wide(column.cont_slice().expect(ONE_CHUNK)),
        }
    }

    /// The value of one row.
    pub(super) fn get(&self, row: usize) -> i64 {
        self.slice().get(row)
    }

    /// Sum over some rows.
    pub(super) fn sum(&self, rows: Range<usize>) -> i64 {
        match self.slice() {
            FigureSlice::Narrow(values) => {
                let sum: u64 = values[rows].iter().map(|value| u64::from(*value)).sum();
                sum.cast_signed()
            }
            FigureSlice::Wide(values) => {
                values[rows].iter().fold(0_i64, |sum, value| sum.wrapping_add(*value))
            }
        }
    }
}

impl FigureSlice<'_> {
    /// The value of one row.
    #[inline]
    pub(super) fn get(&self, row: usize) -> i64 {
        match self {
            Self::Narrow(values) => i64::from(values[row]),
            Self::Wide(values) => values[row],
        }
    }
}
