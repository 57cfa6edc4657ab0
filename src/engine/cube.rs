//! All accounts together: the sums of each part by hour, so that a question about the whole portfolio reads no account.
//!
//! Invariant: a cube equals the sums over the rows of all frames. It follows them by what a draft replaced, and shares
//! the days that did not change with the cube before it.
//!
//! Dense inside a day of a part (25 sums), sparse between them: parts and days that do not occur take nothing. Where even
//! that is more than the rows justify, there is no cube, and questions read rows.

use std::collections::BTreeMap;
use std::mem::size_of;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::frame::{AccountFrame, Part};
use super::hour::DAY_HOURS;
use super::sums::Sums;

/// Memory of one day of a part.
const PART_DAY_BYTES: usize = size_of::<Part>() + size_of::<Sums>() + size_of::<Hours>();
/// What a cube may take for each hourly row, of the 32 bytes that all may take.
const ROW_BYTES: usize = 4;
/// What it may take however few rows there are.
const BYTES_ALWAYS: usize = 16 << 20;

/// The sums of each hour of a day.
type Hours = [Sums; DAY_HOURS as usize];

/// A frame, and the one that takes its place.
pub(super) type Replaced = (Arc<AccountFrame>, Arc<AccountFrame>);

/// The cube of a snapshot.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// It is small enough.
    Cube(Cube),
    /// It was not, with so many rows; tried again when there are twice as many.
    TooLarge { rows: usize },
}

impl Default for Kept {
    fn default() -> Self {
        Self::Cube(Cube::default())
    }
}

impl Kept {
    /// The cube, if there is one.
    pub(super) fn cube(&self) -> Option<&Cube> {
        match self {
            Self::Cube(cube) => Some(cube),
            Self::TooLarge { .. } => None,
        }
    }

    /// The cube after frames were replaced, with `rows` in all; `frames` are all there are now.
    pub(super) fn after(
        self,
        replaced: &[Replaced],
        frames: impl Iterator<Item = Arc<AccountFrame>>,
        rows: usize,
    ) -> Self {
        let part_days_max = (rows * ROW_BYTES).max(BYTES_ALWAYS) / PART_DAY_BYTES;
        let cube = match self {
            Self::Cube(cube) => cube.plus(&Cube::of_changes(replaced, part_days_max)),
            Self::TooLarge { rows: then } if rows / 2 < then => return self,
            Self::TooLarge { .. } => {
                let nothing = Arc::new(AccountFrame::empty());
                let all: Vec<Replaced> = frames.map(|frame| (Arc::clone(&nothing), frame)).collect();
                Cube::of_changes(&all, part_days_max)
            }
        };
        if cube.part_days <= part_days_max { Self::Cube(cube) } else { Self::TooLarge { rows } }
    }
}

/// Sums by part and hour.
#[derive(Debug, Clone, Default)]
pub(super) struct Cube {
    days: BTreeMap<u32, Arc<Day>>,
    /// How many parts all days have together.
    part_days: usize,
}

/// What happened on a day: three columns of equal length.
#[derive(Debug, Clone, Default)]
struct Day {
    /// Rising.
    parts: Vec<Part>,
    totals: Vec<Sums>,
    hours: Vec<Hours>,
}

impl Day {
    /// Where a part stands; it is added when it is new.
    fn place(&mut self, part: Part) -> usize {
        self.parts.binary_search(&part).unwrap_or_else(|place| {
            self.parts.insert(place, part);
            self.totals.insert(place, Sums::default());
            self.hours.insert(place, Hours::default());
            place
        })
    }
}

impl Cube {
    /// What came in by replacements and what went. Stops growing soon above `part_days_max`.
    fn of_changes(replaced: &[Replaced], part_days_max: usize) -> Self {
        let share = replaced.len().div_ceil(rayon::current_num_threads()).max(1);
        let of_some = |some: &[Replaced]| {
            let mut cube = Self::default();
            for (old, new) in some {
                if cube.part_days > part_days_max {
                    break;
                }
                let same = old.same_rows(new);
                cube.add(old, same..old.rows(), i64::wrapping_sub);
                cube.add(new, same..new.rows(), i64::wrapping_add);
            }
            cube
        };
        replaced.par_chunks(share).map(of_some).reduce(Self::default, |one, other| one.plus(&other))
    }

    /// Adds the rows of a frame, or takes them away.
    fn add(&mut self, frame: &AccountFrame, rows: Range<usize>, change: impl Fn(i64, i64) -> i64 + Copy) {
        let (hours, part_of, reader) = (frame.hour_slice(), frame.part_slice(), frame.reader());
        let mut row = rows.start;
        for of_day in hours[rows].chunk_by(|one, next| one / DAY_HOURS == next / DAY_HOURS) {
            let day = Arc::make_mut(self.days.entry(of_day[0] / DAY_HOURS).or_default());
            let before = day.parts.len();
            for hour in of_day {
                let (place, sums) = (day.place(frame.parts[part_of[row] as usize]), reader.row(row));
                for cell in [&mut day.totals[place], &mut day.hours[place][(hour % DAY_HOURS) as usize]] {
                    *cell = cell.zip(&sums, change);
                }
                row += 1;
            }
            self.part_days += day.parts.len() - before;
        }
    }

    /// Both together.
    fn plus(mut self, other: &Self) -> Self {
        for (number, from) in &other.days {
            let Some(day) = self.days.get_mut(number) else {
                self.days.insert(*number, Arc::clone(from));
                self.part_days += from.parts.len();
                continue;
            };
            let day = Arc::make_mut(day);
            let before = day.parts.len();
            for (index, part) in from.parts.iter().enumerate() {
                let place = day.place(*part);
                day.totals[place] = day.totals[place].plus(&from.totals[index]);
                for (cell, more) in day.hours[place].iter_mut().zip(&from.hours[index]) {
                    *cell = cell.plus(more);
                }
            }
            self.part_days += day.parts.len() - before;
        }
        self
    }

    /// Calls `visit(bucket, part, sums)` for what happened between neighbouring edges, perhaps several times for a part.
    pub(super) fn each(&self, edges: &[u32], mut visit: impl FnMut(usize, Part, &Sums)) {
        for (bucket, pair) in edges.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            for (number, day) in self.days.range(from / DAY_HOURS..to.div_ceil(DAY_HOURS)) {
                let begin = number * DAY_HOURS;
                let inside = from.max(begin) - begin..(to - begin).min(DAY_HOURS);
                let whole = inside.len() == DAY_HOURS as usize;
                for (index, part) in day.parts.iter().enumerate() {
                    if whole {
                        visit(bucket, *part, &day.totals[index]);
                    } else {
                        let hours = &day.hours[index][inside.start as usize..inside.end as usize];
                        let sums = hours.iter().fold(Sums::default(), |sum, hour| sum.plus(hour));
                        visit(bucket, *part, &sums);
                    }
                }
            }
        }
    }
}
