//! Rows of one file that share a bare date.
//!
//! A full time names a bucket: said again with other figures, it is restated. A bare date does not: two rows of the
//! same day, account and endpoint are two parts of that day, and the day is their sum. Each part after the first gets
//! an event id by its order, so that the same file gives the same rows again.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hash::RandomState;

use crate::domain::EventId;
use crate::domain::UsageRow;

/// Days, accounts and endpoints that are remembered, about 20 MB; rows of later ones restate each other.
const BUCKETS_MAX: usize = 1_000_000;

/// The parts seen so far in a file.
#[derive(Debug, Default)]
pub(super) struct Parts {
    state: RandomState,
    /// For each bucket, what its first row stated.
    first: HashMap<u64, u64>,
    /// What the rows after the first stated, where there are any.
    more: HashMap<u64, Vec<u64>>,
}

impl Parts {
    /// Tells a row apart from other parts of its day; one that states exactly what an earlier one did is the same.
    pub(super) fn tell_apart(&mut self, row: &mut UsageRow) {
        let bucket = self.state.hash_one((&row.account, row.at, &row.endpoint, &row.model));
        let tokens = (row.tokens.input, row.tokens.output, row.tokens.cached);
        let used = (row.used.api_calls, row.used.errors, row.used.tokens, row.used.cost.micros);
        let stated = self.state.hash_one((used, tokens));
        if self.first.len() >= BUCKETS_MAX && !self.first.contains_key(&bucket) {
            return;
        }
        if *self.first.entry(bucket).or_insert(stated) == stated {
            return;
        }
        let more = self.more.entry(bucket).or_default();
        let place = more.iter().position(|earlier| *earlier == stated).unwrap_or_else(|| {
            more.push(stated);
            more.len() - 1
        });
        row.event = EventId::new(&format!("part-{}", place + 2)).ok();
    }
}
