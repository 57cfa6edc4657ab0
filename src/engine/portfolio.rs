//! All accounts at once.

use std::cmp::Reverse;

use crate::domain::Band;
use crate::domain::Metric;
use crate::domain::Window;

use super::entry::Edge;
use super::hour::hour_from;
use super::results::{BandCounts, Mover, Portfolio, PortfolioAccount};
use super::snapshot::Snapshot;
use super::sums::Sums;

impl Snapshot {
    /// All accounts whose sum differs from the window before, largest absolute difference first, ties by id.
    #[must_use]
    pub fn movers(&self, metric: Metric, window: Window) -> Vec<Mover> {
        let [from, middle, to] = three_edges(window).map(|hour| self.edge(hour));
        let mut moved: Vec<(u64, usize, i64, i64)> = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let upto = |edge| match edge {
                Edge::Kept(_) => entry.upto(edge).of(metric),
                Edge::Hour(hour) => entry.frame.upto_of(hour, metric),
            };
            let start = upto(middle);
            let previous = start.wrapping_sub(upto(from));
            let value = upto(to).wrapping_sub(start);
            if value != previous {
                moved.push((value.abs_diff(previous), at, value, previous));
            }
        }
        // Entries stand in the order of their ids, so the position breaks ties.
        moved.sort_unstable_by_key(|(difference, at, ..)| (Reverse(*difference), *at));
        let mover = |(_, at, value, previous): (u64, usize, i64, i64)| {
            let account = self.entries[at].account.id.clone();
            Mover { account, value, previous }
        };
        moved.into_iter().map(mover).collect()
    }

    /// The whole portfolio over a window.
    #[must_use]
    pub fn portfolio(&self, window: Window) -> Portfolio {
        let [from, middle, to] = three_edges(window).map(|hour| self.edge(hour));
        let mut accounts = Vec::with_capacity(self.entries.len());
        let (mut now, mut before, mut bands) = (Sums::default(), Sums::default(), BandCounts::default());
        for entry in self.entries.iter() {
            let start = entry.upto(middle);
            let (own_now, own_before) = (entry.upto(to).minus(&start), start.minus(&entry.upto(from)));
            now = now.plus(&own_now);
            before = before.plus(&own_before);
            let derived = entry.derived.as_ref();
            let band = derived.and_then(|derived| derived.health.band);
            bands.count(band);
            accounts.push(PortfolioAccount {
                account: entry.account.id.clone(),
                score: derived.and_then(|derived| derived.health.score),
                band,
                now: own_now.used(),
                before: own_before.used(),
                weeks: derived.map(|derived| derived.weeks.to_vec()).unwrap_or_default(),
            });
        }
        Portfolio { now: now.used(), before: before.used(), bands, accounts }
    }
}

impl BandCounts {
    /// One account more.
    pub(super) fn count(&mut self, band: Option<Band>) {
        match band {
            Some(Band::Healthy) => self.healthy += 1,
            Some(Band::Watch) => self.watch += 1,
            Some(Band::AtRisk) => self.at_risk += 1,
            None => self.unknown += 1,
        }
    }
}

/// Begin of the window before, begin of the window, end of the window.
fn three_edges(window: Window) -> [u32; 3] {
    [hour_from(window.previous().from()), hour_from(window.from()), hour_from(window.to())]
}
