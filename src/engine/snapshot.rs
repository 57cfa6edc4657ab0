//! The snapshot, and the engine that holds the present one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::OnceLock;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Currency;
use crate::domain::Endpoint;
use crate::domain::Foretold;
use crate::domain::Grain;
use crate::domain::Health;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::Metric;
use crate::domain::Model;
use crate::domain::ModelLife;
use crate::domain::Note;
use crate::domain::Override;
use crate::domain::Scope;
use crate::domain::UsageFilter;
use crate::domain::utc_date;

use super::churn;
use super::cube::Kept;
use super::dictionary::Dictionary;
use super::draft::Draft;
use super::entry::{Edge, Entry};
use super::frame::{AccountFrame, Part};
use super::hour::{hour_from, hour_start};
use super::memo::Memo;
use super::outlook::Outlook;
use super::results::{SourceMark, Watched};
use super::rules::{HealthRules, RulesHistory};
use super::silence::{Chances, KeptChurn};

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
    pub(super) rules: Arc<RulesHistory>,
    pub(super) currency: Currency,
    pub(super) dictionary: Arc<Dictionary>,
    /// By id.
    pub(super) entries: Arc<Vec<Entry>>,
    /// Where in `entries` an account stands.
    pub(super) index: Arc<HashMap<AccountId, usize>>,
    pub(super) cube: Kept,
    pub(super) initiatives: Arc<BTreeMap<InitiativeId, Arc<Initiative>>>,
    pub(super) marks: Arc<[SourceMark]>,
    /// Forecasts that were kept, by account and metric, oldest first.
    pub(super) foretold: Arc<[Foretold]>,
    /// Models that come to an end, by name.
    pub(super) lives: Arc<[ModelLife]>,
    pub(super) outlooks: Memo<(UsageFilter, Metric), Outlook>,
    /// The churn model to judge by; fitted anew for each snapshot when `None`.
    pub(super) kept_churn: Option<Arc<KeptChurn>>,
    /// The accounts that the churn model is fitted to: all, whatever this picture shows.
    pub(super) learners: Arc<Vec<Entry>>,
    pub(super) churn: Arc<OnceLock<churn::Fit>>,
    pub(super) chances: OnceLock<Chances>,
    pub(super) watched: Memo<(AccountId, Metric, Grain), Watched>,
    /// What was cut to a scope; goes with the snapshot.
    pub(super) views: Memo<Scope, Self>,
    pub(super) version: u64,
    pub(super) as_of: Option<Timestamp>,
    pub(super) built_at: Timestamp,
}

impl Snapshot {
    /// A picture of nothing.
    #[must_use]
    pub fn empty(rules: Arc<HealthRules>, currency: Currency) -> Self {
        Self {
            rules: Arc::new(RulesHistory::alone(rules)),
            currency,
            dictionary: Arc::default(),
            entries: Arc::default(),
            index: Arc::default(),
            cube: Kept::default(),
            initiatives: Arc::default(),
            marks: Arc::from([]),
            foretold: Arc::from([]),
            lives: Arc::from([]),
            outlooks: Memo::default(),
            kept_churn: None,
            learners: Arc::default(),
            churn: Arc::default(),
            chances: OnceLock::new(),
            watched: Memo::default(),
            views: Memo::default(),
            version: 0,
            as_of: None,
            built_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Begins the next picture from this one.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft {
            rules: Arc::clone(&self.rules),
            currency: self.currency,
            dictionary: Arc::clone(&self.dictionary),
            entries: self.entries.to_vec(),
            index: Arc::clone(&self.index),
            cube: self.cube.clone(),
            replaced: HashMap::new(),
            initiatives: Arc::clone(&self.initiatives),
            marks: Arc::clone(&self.marks),
            foretold: Arc::clone(&self.foretold),
            lives: Arc::clone(&self.lives),
            kept_churn: self.kept_churn.clone(),
            regroup: HashSet::new(),
        }
    }

    /// Begins a picture anew, from nothing but the usage of the accounts that `keeps` names.
    #[must_use]
    pub fn draft_of_usage(&self, keeps: impl Fn(&AccountId) -> bool) -> Draft {
        let mut draft = Self::empty(Arc::clone(self.rules()), self.currency).draft();
        draft.dictionary = Arc::clone(&self.dictionary);
        draft.keep_usage(self.entries.iter().filter(|entry| keeps(&entry.account.id)));
        draft
    }

    /// All usage of an account as bytes, which [`Unpacked`](super::packed::Unpacked) reads back; of none for an account
    /// that is not known.
    #[must_use]
    pub fn packed_usage(&self, account: &AccountId) -> Vec<u8> {
        let frame = self.entry(account).map(|entry| Arc::clone(&entry.frame));
        frame.unwrap_or_else(|| Arc::new(AccountFrame::empty())).packed(&self.dictionary)
    }

    /// Hourly rows held of an account.
    #[must_use]
    pub fn rows_of(&self, account: &AccountId) -> usize {
        self.entry(account).map_or(0, |entry| entry.frame.rows())
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

    /// The health rules that judged the present.
    #[must_use]
    pub fn rules(&self) -> &Arc<HealthRules> {
        self.rules.present()
    }

    /// The health rules of all times.
    #[must_use]
    pub fn rules_history(&self) -> &RulesHistory {
        &self.rules
    }

    /// All overrides of an account that were ever set, in their order.
    #[must_use]
    pub fn overrides(&self, account: &AccountId) -> &[Arc<Override>] {
        self.entry(account).map_or(&[], |entry| &entry.overrides)
    }

    /// End of the data: the latest watermark, never later than `now` at the build. Without watermarks the end of the
    /// newest hour; `None` without either.
    #[must_use]
    pub fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// The instant it was built at.
    #[must_use]
    pub fn built_at(&self) -> Timestamp {
        self.built_at
    }

    /// Watermarks of all sources.
    #[must_use]
    pub fn watermarks(&self) -> &[SourceMark] {
        &self.marks
    }

    /// Watermarks of the sources that usage of an account came from; of none for an account without usage.
    pub fn watermarks_of(&self, account: &AccountId) -> impl Iterator<Item = &SourceMark> {
        let sources = self.entry(account).map_or(&[][..], |entry| &entry.frame.sources);
        self.marks.iter().filter(|mark| sources.contains(&mark.source))
    }

    /// Models that come to an end, by name.
    #[must_use]
    pub fn model_lives(&self) -> &[ModelLife] {
        &self.lives
    }

    /// Hourly rows held.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.entries.iter().map(|entry| entry.frame.rows()).sum()
    }

    /// All accounts in the order of their ids.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.entries.iter().map(|entry| entry.account.as_ref())
    }

    /// One account.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.entry(id).map(|entry| entry.account.as_ref())
    }

    /// All initiatives in the order of their ids.
    pub fn initiatives(&self) -> impl Iterator<Item = &Initiative> {
        self.initiatives.values().map(Arc::as_ref)
    }

    /// One initiative.
    #[must_use]
    pub fn initiative(&self, id: &InitiativeId) -> Option<&Initiative> {
        self.initiatives.get(id).map(Arc::as_ref)
    }

    /// Notes of an account, oldest first.
    #[must_use]
    pub fn notes(&self, account: &AccountId) -> &[Note] {
        self.entry(account).map_or(&[], |entry| &entry.notes)
    }

    /// Endpoints that occur, by name; of one account when given.
    #[must_use]
    pub fn endpoints(&self, account: Option<&AccountId>) -> Vec<Endpoint> {
        self.occurring(account, self.dictionary.endpoints.len(), |part| Some(part.endpoint))
            .map(|id| self.dictionary.endpoints.name(id).clone())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// Models that occur, by name; of one account when given.
    #[must_use]
    pub fn models(&self, account: Option<&AccountId>) -> Vec<Model> {
        self.occurring(account, self.dictionary.models.len(), |part| part.model)
            .map(|id| self.dictionary.models.name(id).clone())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// The numbers that occur, of `count` in all.
    fn occurring(
        &self,
        account: Option<&AccountId>,
        count: usize,
        number: impl Fn(&Part) -> Option<u32>,
    ) -> impl Iterator<Item = u32> {
        let mut seen = vec![false; count];
        for entry in self.scope(account) {
            for id in entry.frame.parts.iter().filter_map(&number) {
                seen[id as usize] = true;
            }
        }
        (0..).zip(seen).filter_map(|(id, seen)| seen.then_some(id))
    }

    /// First hour with usage of an account.
    #[must_use]
    pub fn first_use(&self, account: &AccountId) -> Option<Timestamp> {
        self.entry(account)?.frame.first_hour().map(hour_start)
    }

    /// Newest hour with at least one call of an account.
    #[must_use]
    pub fn last_use(&self, account: &AccountId) -> Option<Timestamp> {
        self.entry(account)?.frame.last_active.map(hour_start)
    }

    /// Health of an account as of the snapshot.
    #[must_use]
    pub fn health(&self, account: &AccountId) -> Option<&Health> {
        self.entry(account)?.health()
    }

    /// Health of an account as it was at `at`, from the usage and initiatives known now.
    #[must_use]
    pub fn health_at(&self, account: &AccountId, at: Timestamp) -> Option<Health> {
        self.entry(account).and_then(|entry| self.health_of(entry, at)).map(Cow::into_owned)
    }

    /// Health of an entry at an instant; from the as-of on, that of the snapshot.
    pub(super) fn health_of<'a>(&self, entry: &'a Entry, at: Timestamp) -> Option<Cow<'a, Health>> {
        if self.as_of.is_none_or(|as_of| at >= as_of) {
            return entry.health().map(Cow::Borrowed);
        }
        let (until, today) = self.judged_at(entry, at)?;
        Some(Cow::Owned(entry.health_at(&self.rules, until, today, at)))
    }

    /// Before which hour the data of an entry were complete at an instant, and the day that was today. What is not in
    /// yet is left out then as it is now.
    pub(super) fn judged_at(&self, entry: &Entry, at: Timestamp) -> Option<(u32, Date)> {
        let known = entry.derived.as_ref()?.at.until;
        Some((hour_from(at).min(known), self.today_at(at)))
    }

    /// The day that initiatives are due against at an instant: today from the as-of on, else the day of the instant.
    pub(super) fn today_at(&self, at: Timestamp) -> Date {
        if self.as_of.is_none_or(|as_of| at >= as_of) { utc_date(self.built_at) } else { utc_date(at) }
    }

    /// Calls of each of the last 12 weeks that end at the as-of, oldest first.
    #[must_use]
    pub fn weekly_calls(&self, account: &AccountId) -> Vec<i64> {
        let derived = self.entry(account).and_then(|entry| entry.derived.as_ref());
        derived.map(|derived| derived.weeks.to_vec()).unwrap_or_default()
    }

    /// The edge of a window as the sums of accounts are looked up by.
    pub(super) fn edge(&self, hour: u32) -> Edge {
        Edge::new(hour, self.as_of.map(hour_from))
    }

    /// One account's entry.
    pub(super) fn entry(&self, id: &AccountId) -> Option<&Entry> {
        self.index.get(id).map(|at| &self.entries[*at])
    }

    /// All entries, or the one of an account; none when it is not known.
    pub(super) fn scope(&self, account: Option<&AccountId>) -> &[Entry] {
        match account {
            None => &self.entries,
            Some(id) => self.index.get(id).map_or(&[], |at| std::slice::from_ref(&self.entries[*at])),
        }
    }
}
