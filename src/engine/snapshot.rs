//! The snapshot and how the next one is drafted from it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Currency;
use crate::domain::Endpoint;
use crate::domain::Fact;
use crate::domain::FactKey;
use crate::domain::Grain;
use crate::domain::Health;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Model;
use crate::domain::Note;
use crate::domain::UsageFilter;
use crate::domain::UsageRow;
use crate::domain::Used;
use crate::domain::Window;

use super::results::{Breakdown, Dimension, Mover, Portfolio, Receipt, SeriesData, SourceMark};
use super::rules::HealthRules;

/// Holds the present snapshot; readers take one `Arc` for each question and never wait for a writer.
#[derive(Debug)]
pub struct Engine {
    current: ArcSwap<Snapshot>,
}

impl Engine {
    /// An engine without data.
    #[must_use]
    pub fn new(rules: Arc<HealthRules>, currency: Currency) -> Self {
        Self { current: ArcSwap::from_pointee(Snapshot::empty(rules, currency)) }
    }

    /// The present view.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Replaces the view whole. A build that fails never gets here, so readers keep the old one.
    pub fn publish(&self, next: Snapshot) {
        self.current.store(Arc::new(next));
    }
}

/// An immutable picture of all usage, accounts and initiatives.
#[derive(Debug)]
pub struct Snapshot {
    rules: Arc<HealthRules>,
    currency: Currency,
    version: u64,
}

/// The next snapshot in the making: shares everything that it does not replace.
#[derive(Debug)]
pub struct Draft {
    version: u64,
}

#[expect(clippy::todo, unused_variables, reason = "the engine is being written")]
impl Draft {
    /// Adds accounts or replaces those of the same id.
    pub fn accounts(&mut self, accounts: impl IntoIterator<Item = Account>) {
        todo!()
    }
    /// Adds initiatives or replaces those of the same id.
    pub fn initiatives(&mut self, initiatives: impl IntoIterator<Item = Initiative>) {
        todo!()
    }
    /// Replaces all notes of an account, oldest first.
    pub fn notes(&mut self, account: &AccountId, notes: Vec<Note>) {
        todo!()
    }
    /// Replaces all usage of one account; the rows may come in any order and are summed to hours. Unknown accounts
    /// become discovered ones.
    pub fn usage(&mut self, account: &AccountId, rows: impl IntoIterator<Item = UsageRow>) {
        todo!()
    }
    /// Replaces the watermarks of all sources.
    pub fn watermarks(&mut self, marks: Vec<SourceMark>) {
        todo!()
    }
    /// Judges the touched accounts again and closes the picture. `now` bounds the as-of and is kept as `today`.
    /// `version` is the store's data version.
    #[must_use]
    pub fn finish(self, version: u64, now: Timestamp) -> Snapshot {
        todo!()
    }
}

#[expect(clippy::todo, unused_variables, reason = "the engine is being written")]
impl Snapshot {
    /// A picture of nothing.
    #[must_use]
    pub fn empty(rules: Arc<HealthRules>, currency: Currency) -> Self {
        Self { rules, currency, version: 0 }
    }
    /// Begins the next picture from this one.
    #[must_use]
    pub fn draft(&self) -> Draft {
        todo!()
    }
    /// Version of the data it shows; grows with every commit that changes them.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }
    /// The currency of all costs.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }
    /// The health rules that judged.
    #[must_use]
    pub fn rules(&self) -> &HealthRules {
        &self.rules
    }
    /// End of the data: the latest watermark, never later than `now` at the build. `None` without data.
    #[must_use]
    pub fn as_of(&self) -> Option<Timestamp> {
        todo!()
    }
    /// The instant it was built at.
    #[must_use]
    pub fn built_at(&self) -> Timestamp {
        todo!()
    }
    /// Watermarks of all sources.
    #[must_use]
    pub fn watermarks(&self) -> &[SourceMark] {
        todo!()
    }
    /// Hourly rows held.
    #[must_use]
    pub fn rows(&self) -> usize {
        todo!()
    }

    /// All accounts in the order of their ids.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        std::iter::empty()
    }
    /// One account.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        todo!()
    }
    /// All initiatives in the order of their ids.
    pub fn initiatives(&self) -> impl Iterator<Item = &Initiative> {
        std::iter::empty()
    }
    /// One initiative.
    #[must_use]
    pub fn initiative(&self, id: &InitiativeId) -> Option<&Initiative> {
        todo!()
    }
    /// Notes of an account, oldest first.
    #[must_use]
    pub fn notes(&self, account: &AccountId) -> &[Note] {
        todo!()
    }
    /// Endpoints that occur, by name; of one account when given.
    #[must_use]
    pub fn endpoints(&self, account: Option<&AccountId>) -> Vec<Endpoint> {
        todo!()
    }
    /// Models that occur, by name; of one account when given.
    #[must_use]
    pub fn models(&self, account: Option<&AccountId>) -> Vec<Model> {
        todo!()
    }
    /// First hour with usage of an account.
    #[must_use]
    pub fn first_use(&self, account: &AccountId) -> Option<Timestamp> {
        todo!()
    }
    /// Newest hour with at least one call of an account.
    #[must_use]
    pub fn last_use(&self, account: &AccountId) -> Option<Timestamp> {
        todo!()
    }

    /// Sums of the filtered usage over a window.
    #[must_use]
    pub fn totals(&self, filter: &UsageFilter, window: Window) -> Used {
        todo!()
    }
    /// A metric over time.
    #[must_use]
    pub fn series(&self, filter: &UsageFilter, metric: Metric, window: Window, grain: Grain) -> SeriesData {
        todo!()
    }
    /// A metric split, largest part first, ties by name.
    #[must_use]
    pub fn breakdown(
        &self,
        filter: &UsageFilter,
        metric: Metric,
        window: Window,
        by: Dimension,
    ) -> Vec<Breakdown> {
        todo!()
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
        todo!()
    }
    /// All accounts whose sum differs from the window before, largest absolute difference first, ties by id.
    #[must_use]
    pub fn movers(&self, metric: Metric, window: Window) -> Vec<Mover> {
        todo!()
    }
    /// The whole portfolio over a window.
    #[must_use]
    pub fn portfolio(&self, window: Window) -> Portfolio {
        todo!()
    }
    /// Health of an account as of the snapshot.
    #[must_use]
    pub fn health(&self, account: &AccountId) -> Option<&Health> {
        todo!()
    }
    /// Health of an account as it was at `at`, from the usage and initiatives known now.
    #[must_use]
    pub fn health_at(&self, account: &AccountId, at: Timestamp) -> Option<Health> {
        todo!()
    }
    /// Calls of each of the last 12 weeks that end at the as-of, oldest first.
    #[must_use]
    pub fn weekly_calls(&self, account: &AccountId) -> Vec<i64> {
        todo!()
    }

    /// The only maker of facts: computes the value, so that a fact and its receipt cannot differ. `None` when the
    /// measure does not apply, as a score that cannot be judged or an account that is not known.
    #[must_use]
    pub fn fact(&self, measure: Measure, filter: &UsageFilter, window: Window) -> Option<Fact> {
        todo!()
    }
    /// How a fact was made, computed on this snapshot, with at most `rows_max` rows.
    #[must_use]
    pub fn receipt(&self, key: &FactKey, rows_max: usize) -> Option<Receipt> {
        todo!()
    }
}
