//! A frame whose end was replaced: most batches bring the newest hours, and all before them stands.
//!
//! Invariant: the frame equals the one that all of its rows would build.

use std::ops::Range;

use super::dictionary::Dictionary;
use super::frame::{AccountFrame, Columns, ErrorColumn, Part};

impl AccountFrame {
    /// The rows before `hour`, and then those of `tail`, which begins no earlier.
    pub(super) fn continued(&self, hour: u32, tail: &Self, dictionary: &Dictionary) -> Self {
        let head = self.row_at(hour);
        let (parts, [own, theirs]) = merged(
            [(&self.parts, self.occurring(0..head)), (&tail.parts, tail.occurring(0..tail.rows()))],
            dictionary,
        );
        let own = self.part_slice()[..head].iter().map(|part| own[*part as usize]);
        let theirs = tail.part_slice().iter().map(|part| theirs[*part as usize]);
        let columns = Columns {
            hours: [&self.hour_slice()[..head], tail.hour_slice()].concat(),
            part_of: own.chain(theirs).collect(),
            calls: self.calls.continued("calls", head, &tail.calls),
            tokens: self.tokens.continued("tokens", head, &tail.tokens),
            cost: self.cost.continued("cost", head, &tail.cost),
            errors: self.continued_errors(head, tail),
        };
        let mut sources = [&self.sources[..], &tail.sources].concat();
        sources.sort();
        sources.dedup();
        Self::close(columns, parts, sources)
    }

    /// Which parts some rows have.
    fn occurring(&self, rows: Range<usize>) -> Vec<bool> {
        let mut occurs = vec![false; self.parts.len()];
        for part in &self.part_slice()[rows] {
            occurs[*part as usize] = true;
        }
        occurs
    }

    fn continued_errors(&self, head: usize, tail: &Self) -> Option<ErrorColumn> {
        let told = |frame: &Self, rows: Range<usize>| -> Vec<Option<i64>> {
            let errors = frame.errors.as_ref();
            rows.map(|row| errors.and_then(|column| column.get(row))).collect()
        };
        if self.errors.is_none() && tail.errors.is_none() {
            return None;
        }
        ErrorColumn::of(&[told(self, 0..head), told(tail, 0..tail.rows())].concat())
    }
}

/// The parts that occur in any of the frames in the order of their names, and the place among them of each old one.
fn merged(frames: [(&Vec<Part>, Vec<bool>); 2], dictionary: &Dictionary) -> (Vec<Part>, [Vec<u32>; 2]) {
    let name = |part: &Part| {
        let model = part.model.map(|model| dictionary.models.name(model));
        (dictionary.endpoints.name(part.endpoint), model)
    };
    let occurring = frames.iter().flat_map(|(parts, occurs)| parts.iter().zip(occurs));
    let mut all: Vec<Part> = occurring.filter_map(|(part, occurs)| occurs.then_some(*part)).collect();
    all.sort_by(|one, other| name(one).cmp(&name(other)));
    all.dedup();
    // A part that does not occur has no row to look it up.
    let place = |part: &Part| all.iter().position(|one| one == part).unwrap_or(0) as u32;
    let places = frames.map(|(parts, _)| parts.iter().map(place).collect());
    (all, places)
}
