//! Sums, series and splits over the rows that a question asks for.

use crate::domain::Grain;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Used;
use crate::domain::Window;

use super::cube::Cube;
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
    /// The sums of all accounts, when all are left and nothing has to be read of each.
    cube: Option<&'a Cube>,
    endpoint: Option<u32>,
    model: Option<u32>,
}

impl<'a> Selection<'a> {
    /// The accounts with their kept rows.
    pub(super) fn kept(self) -> impl Iterator<Item = (&'a Entry, Keep)> {
        self.entries.iter().map(move |entry| (entry, entry.frame.keep(self.endpoint, self.model)))
    }

    /// Whether rows of a part are left.
    fn keeps(self, part: Part) -> bool {
        part.fits(self.endpoint, self.model)
    }
}

impl Snapshot {
    /// What a filter leaves; nothing when it names something that never occurred.
    pub(super) fn select(&self, filter: &UsageFilter) -> Selection<'_> {
        let endpoint = filter.endpoint.as_ref().map(|name| self.dictionary.endpoints.id(name));
        let model = filter.model.as_ref().map(|name| self.dictionary.models.id(name));
        let known = endpoint != Some(None) && model != Some(None);
        let entries = if known { self.scope(filter.account.as_ref()) } else { &[] };
        let cube = self.cube.cube().filter(|_| known && filter.account.is_none());
        Selection { entries, cube, endpoint: endpoint.flatten(), model: model.flatten() }
    }

    /// Sums of the filtered usage over a window.
    #[must_use]
    pub fn totals(&self, filter: &UsageFilter, window: Window) -> Used {
        self.sums(filter, window).used()
    }

    /// Raw sums of the filtered usage over a window.
    pub(super) fn sums(&self, filter: &UsageFilter, window: Window) -> Sums {
        let (hours, selection) = (hours(window), self.select(filter));
        if let Some(cube) = selection.cube {
            let mut sum = Sums::default();
            cube.each(&[hours.0, hours.1], |_, part, sums| {
                if selection.keeps(part) {
                    sum = sum.plus(sums);
                }
            });
            return sum;
        }
        let (from, to) = (self.edge(hours.0), self.edge(hours.1));
        let each = selection.kept().map(|(entry, keep)| match keep {
            Keep::All => entry.upto(to).minus(&entry.upto(from)),
            Keep::Nothing | Keep::Parts(_) => entry.frame.between(hours, &keep),
        });
        each.fold(Sums::default(), |sum, one| sum.plus(&one))
    }

    /// A metric over time.
    #[must_use]
    pub fn series(&self, filter: &UsageFilter, metric: Metric, window: Window, grain: Grain) -> SeriesData {
        let (buckets, edges) = edges(window, grain);
        let mut values = vec![0_i64; buckets.len()];
        let selection = self.select(filter);
        match selection.cube {
            Some(cube) => cube.each(&edges, |bucket, part, sums| {
                if selection.keeps(part) {
                    values[bucket] = values[bucket].wrapping_add(sums.of(metric));
                }
            }),
            None => {
                for (entry, keep) in selection.kept() {
                    entry.frame.add_series(metric, &edges, &keep, &mut values);
                }
            }
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
    let mut table = Table::new(keys, edges.len() - 1);
    match selection.cube {
        Some(cube) => cube.each(edges, |bucket, part, sums| {
            if selection.keeps(part) {
                let line = table.line(key(&part));
                table.add(line, bucket, sums.of(metric));
            }
        }),
        None => {
            for entry in selection.entries {
                let line = |part: &Part| selection.keeps(*part).then(|| table.line(key(part)));
                let lines: Vec<Option<usize>> = entry.frame.parts.iter().map(line).collect();
                if lines.iter().all(Option::is_none) {
                    continue;
                }
                entry.frame.each_value(metric, edges, |bucket, part, figure| {
                    if let Some(line) = lines[part] {
                        table.add(line, bucket, figure);
                    }
                });
            }
        }
    }
    table.lines().map(|(key, values)| (name(key), values.to_vec())).collect()
}

/// Sums by key and bucket; a key gets a line when it first occurs.
struct Table {
    width: usize,
    line_of: Vec<Option<usize>>,
    keys: Vec<usize>,
    values: Vec<i64>,
}

impl Table {
    fn new(keys: usize, width: usize) -> Self {
        Self { width, line_of: vec![None; keys], keys: Vec::new(), values: Vec::new() }
    }

    fn line(&mut self, key: usize) -> usize {
        *self.line_of[key].get_or_insert_with(|| {
            self.keys.push(key);
            self.values.resize(self.values.len() + self.width, 0);
            self.keys.len() - 1
        })
    }

    fn add(&mut self, line: usize, bucket: usize, value: i64) {
        let cell = &mut self.values[line * self.width + bucket];
        *cell = cell.wrapping_add(value);
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &[i64])> {
        self.keys.iter().copied().zip(self.values.chunks(self.width.max(1)))
    }
}
