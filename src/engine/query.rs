//! Sums, series and splits over the rows that a question asks for.

use crate::domain::Grain;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Used;
use crate::domain::Window;

use super::entry::Entry;
use super::frame::{Keep, Part};
use super::hour::{edges, hour_from, hours};
use super::results::{Breakdown, Dimension, SeriesData};
use super::snapshot::Snapshot;
use super::sums::Sums;

/// The accounts and parts that a filter leaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection<'a> {
    pub(super) entries: &'a [Entry],
    endpoint: Option<u32>,
    model: Option<u32>,
}

impl<'a> Selection<'a> {
    /// The accounts with their kept rows.
    pub(super) fn kept(self) -> impl Iterator<Item = (&'a Entry, Keep)> {
        self.entries.iter().map(move |entry| (entry, entry.frame.keep(self.endpoint, self.model)))
    }
}

impl Snapshot {
    /// What a filter leaves; nothing when it names something that never occurred.
    pub(super) fn select(&self, filter: &UsageFilter) -> Selection<'_> {
        let endpoint = filter.endpoint.as_ref().map(|name| self.dictionary.endpoints.id(name));
        let model = filter.model.as_ref().map(|name| self.dictionary.models.id(name));
        let known = endpoint != Some(None) && model != Some(None);
        let entries = if known { self.scope(filter.account.as_ref()) } else { &[] };
        Selection { entries, endpoint: endpoint.flatten(), model: model.flatten() }
    }

    /// Sums of the filtered usage over a window.
    #[must_use]
    pub fn totals(&self, filter: &UsageFilter, window: Window) -> Used {
        self.sums(filter, window).used()
    }

    /// Raw sums of the filtered usage over a window.
    pub(super) fn sums(&self, filter: &UsageFilter, window: Window) -> Sums {
        let hours = hours(window);
        let (from, to) = (self.edge(hours.0), self.edge(hours.1));
        let each = self.select(filter).kept().map(|(entry, keep)| match keep {
            Keep::All => entry.upto(to).minus(&entry.upto(from)),
            Keep::Nothing | Keep::Parts(_) => entry.frame.between(hours, &keep),
        });
        each.fold(Sums::default(), |sum, one| sum.plus(&one))
    }

    /// A metric over time.
    #[must_use]
    pub fn series(&self, filter: &UsageFilter, metric: Metric, window: Window, grain: Grain) -> SeriesData {
        let (buckets, edges) = edges(window, grain);
        let mut values = vec![0; buckets.len()];
        for (entry, keep) in self.select(filter).kept() {
            entry.frame.add_series(metric, &edges, &keep, &mut values);
        }
        SeriesData { buckets, values }
    }

    /// A metric split, largest part first, ties by name. Parts without any in both windows are left out.
    #[must_use]
    pub fn breakdown(
        &self,
        filter: &UsageFilter,
        metric: Metric,
        window: Window,
        by: Dimension,
    ) -> Vec<Breakdown> {
        let edges = [hour_from(window.previous().from()), hour_from(window.from()), hour_from(window.to())];
        let parts = self.split(filter, metric, &edges, by);
        parts
            .into_iter()
            .map(|(part, values)| Breakdown { part, value: values[1], previous: values[0] })
            .collect()
    }

    /// A metric over time for each part of a split, largest part first.
    #[must_use]
    pub fn split_series(
        &self,
        filter: &UsageFilter,
        metric: Metric,
        window: Window,
        grain: Grain,
        by: Dimension,
    ) -> Vec<(Option<String>, SeriesData)> {
        let (buckets, edges) = edges(window, grain);
        let mut parts: Vec<_> = self
            .split(filter, metric, &edges, by)
            .into_iter()
            .map(|(part, values)| (part, SeriesData { buckets: buckets.clone(), values }))
            .collect();
        parts.sort_by_cached_key(|(part, data)| (std::cmp::Reverse(data.total()), part.clone()));
        parts
    }

    /// The sums between neighbouring edges for each part that has any, largest last sum first, ties by name.
    fn split(
        &self,
        filter: &UsageFilter,
        metric: Metric,
        edges: &[u32],
        by: Dimension,
    ) -> Vec<(Option<String>, Vec<i64>)> {
        let selection = self.select(filter);
        let mut parts = match by {
            Dimension::Account => by_account(selection, metric, edges),
            Dimension::Endpoint => {
                let names = &self.dictionary.endpoints;
                let name = |key: usize| Some(names.name(key as u32).to_string());
                by_part(selection, metric, edges, names.len(), |part| part.endpoint as usize, name)
            }
            Dimension::Model => {
                let names = &self.dictionary.models;
                // Key zero stands for rows without a model.
                let name = |key: usize| key.checked_sub(1).map(|id| names.name(id as u32).to_string());
                let key = |part: &Part| part.model.map_or(0, |id| id as usize + 1);
                by_part(selection, metric, edges, names.len() + 1, key, name)
            }
        };
        parts.retain(|(_, values)| values.iter().any(|value| *value != 0));
        parts.sort_unstable_by(|(a, one), (b, two)| two.last().cmp(&one.last()).then_with(|| a.cmp(b)));
        parts
    }
}

fn by_account(selection: Selection<'_>, metric: Metric, edges: &[u32]) -> Vec<(Option<String>, Vec<i64>)> {
    let one = |(entry, keep): (&Entry, Keep)| {
        let mut values = vec![0; edges.len() - 1];
        entry.frame.add_series(metric, edges, &keep, &mut values);
        (Some(entry.account.id.to_string()), values)
    };
    selection.kept().map(one).collect()
}

/// Sums by a key of the parts, of which there are `keys` in all.
fn by_part(
    selection: Selection<'_>,
    metric: Metric,
    edges: &[u32],
    keys: usize,
    key: impl Fn(&Part) -> usize,
    name: impl Fn(usize) -> Option<String>,
) -> Vec<(Option<String>, Vec<i64>)> {
    const UNSEEN: usize = usize::MAX;
    let width = edges.len() - 1;
    let mut slot_of = vec![UNSEEN; keys];
    let mut seen = Vec::new();
    let mut values: Vec<i64> = Vec::new();
    for (entry, keep) in selection.kept().filter(|(_, keep)| *keep != Keep::Nothing) {
        let mut slots = Vec::with_capacity(entry.frame.parts.len());
        for (index, part) in entry.frame.parts.iter().enumerate() {
            let kept = if let Keep::Parts(marked) = &keep { marked[index] } else { true };
            if !kept {
                slots.push(UNSEEN);
                continue;
            }
            let slot = &mut slot_of[key(part)];
            if *slot == UNSEEN {
                *slot = seen.len();
                seen.push(key(part));
                values.resize(values.len() + width, 0);
            }
            slots.push(*slot);
        }
        entry.frame.each_value(metric, edges, |bucket, part, figure| {
            if slots[part] != UNSEEN {
                let cell = &mut values[slots[part] * width + bucket];
                *cell = cell.wrapping_add(figure);
            }
        });
    }
    seen.into_iter()
        .zip(values.chunks(width.max(1)))
        .map(|(key, values)| (name(key), values.to_vec()))
        .collect()
}
