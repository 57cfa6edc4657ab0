//! The next snapshot in the making.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Currency;
use crate::domain::Foretold;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::ModelLife;
use crate::domain::Note;
use crate::domain::Override;
use crate::domain::UsageRow;
use crate::domain::utc_date;

use super::cube::{Kept, Replaced};
use super::dictionary::Dictionary;
use super::entry::{Entry, Instant};
use super::frame::AccountFrame;
use super::hour::{hour_from, hour_of, hour_start};
use super::memo::Memo;
use super::packed::Unpacked;
use super::results::SourceMark;
use super::rules::RulesHistory;
use super::silence::KeptChurn;
use super::snapshot::Snapshot;

/// Fewer accounts are not worth handing to another thread: most of them were judged before.
const ENTRIES_AT_ONCE: usize = 128;

/// The next snapshot in the making: shares everything that it does not replace.
#[derive(Debug)]
pub struct Draft {
    pub(super) rules: Arc<RulesHistory>,
    pub(super) currency: Currency,
    pub(super) dictionary: Arc<Dictionary>,
    /// By id, but for those that were added, which stand at the end until the draft is closed.
    pub(super) entries: Vec<Entry>,
    pub(super) index: Arc<HashMap<AccountId, usize>>,
    /// Of the frames as they were when the draft was begun.
    pub(super) cube: Kept,
    /// Those of them that were replaced.
    pub(super) replaced: HashMap<AccountId, Arc<AccountFrame>>,
    pub(super) initiatives: Arc<BTreeMap<InitiativeId, Arc<Initiative>>>,
    pub(super) marks: Arc<[SourceMark]>,
    pub(super) foretold: Arc<[Foretold]>,
    pub(super) lives: Arc<[ModelLife]>,
    pub(super) kept_churn: Option<Arc<KeptChurn>>,
    /// Accounts whose initiatives have to be looked up again.
    pub(super) regroup: HashSet<AccountId>,
}

impl Draft {
    /// Adds accounts or replaces those of the same id.
    pub fn accounts(&mut self, accounts: impl IntoIterator<Item = Account>) {
        for account in accounts {
            let entry = self.entry(&account.id);
            entry.account = Arc::new(account);
            entry.forget();
        }
    }

    /// Adds initiatives or replaces those of the same id.
    pub fn initiatives(&mut self, initiatives: impl IntoIterator<Item = Initiative>) {
        let known = Arc::make_mut(&mut self.initiatives);
        for initiative in initiatives {
            self.regroup.insert(initiative.account.clone());
            if let Some(old) = known.insert(initiative.id.clone(), Arc::new(initiative)) {
                self.regroup.insert(old.account.clone());
            }
        }
    }

    /// Replaces all notes of an account, oldest first.
    pub fn notes(&mut self, account: &AccountId, notes: Vec<Note>) {
        self.entry(account).notes = notes.into();
    }

    /// Replaces all overrides of an account, in the order in which they were set.
    pub fn overrides(&mut self, account: &AccountId, overrides: Vec<Override>) {
        self.entry(account).override_with(overrides);
    }

    /// Replaces the rules of all times; everything is judged anew.
    pub fn rules(&mut self, history: RulesHistory) {
        self.rules = Arc::new(history);
        for entry in &mut self.entries {
            entry.verdicts = None;
            entry.forget();
        }
    }

    /// Replaces all usage of one account; the rows may come in any order and are summed to hours. Unknown accounts
    /// become discovered ones.
    pub fn usage(&mut self, account: &AccountId, rows: impl IntoIterator<Item = UsageRow>) {
        let frame = AccountFrame::build(rows, &mut self.dictionary);
        self.replace(account, frame);
    }

    /// Replaces the usage of one account from the hour of `since` on; sources never go, for a row is only ever replaced
    /// by one of the same source.
    pub fn usage_since(
        &mut self,
        account: &AccountId,
        since: Timestamp,
        rows: impl IntoIterator<Item = UsageRow>,
    ) {
        let tail = AccountFrame::build(rows, &mut self.dictionary);
        let head = Arc::clone(&self.entry(account).frame);
        let frame = head.continued(hour_of(since), &tail, &self.dictionary);
        self.replace(account, frame);
    }

    /// Replaces all usage of one account by what was packed. Unknown accounts become discovered ones.
    pub fn restore(&mut self, account: &AccountId, usage: Unpacked) {
        let frame = usage.numbered(&mut self.dictionary);
        self.replace(account, frame);
    }

    fn replace(&mut self, account: &AccountId, frame: AccountFrame) {
        let entry = self.entry(account);
        let old = Arc::clone(&entry.frame);
        entry.replace(frame);
        self.replaced.entry(account.clone()).or_insert(old);
    }

    /// Takes over the usage of accounts of which nothing else is known yet, with what its whole days said.
    pub(super) fn keep_usage<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        for known in entries {
            let entry = self.entry(&known.account.id);
            let nothing = std::mem::replace(&mut entry.frame, Arc::clone(&known.frame));
            entry.verdicts.clone_from(&known.verdicts);
            self.replaced.insert(known.account.id.clone(), nothing);
        }
    }

    /// Replaces the watermarks of all sources.
    pub fn watermarks(&mut self, marks: Vec<SourceMark>) {
        self.marks = marks.into();
    }

    /// Replaces the churn model to judge by; `None` fits one to the data.
    pub fn kept_churn(&mut self, kept: Option<KeptChurn>) {
        self.kept_churn = kept.map(Arc::new);
    }

    /// Replaces all kept forecasts, which come by account and metric, oldest first.
    pub fn foretold(&mut self, kept: Vec<Foretold>) {
        self.foretold = kept.into();
    }

    /// Replaces the models that come to an end, which come by name.
    pub fn model_lives(&mut self, lives: Vec<ModelLife>) {
        self.lives = lives.into();
    }

    /// Judges the touched accounts again and closes the picture. `now` bounds the as-of and is kept as `today`.
    /// `version` is the store's data version.
    ///
    /// Untouched accounts are judged again only when the hour of the as-of or the day has moved on, and then from
    /// what was measured before unless the day of the as-of is another.
    #[must_use]
    pub fn finish(mut self, version: u64, now: Timestamp) -> Snapshot {
        self.sort();
        self.regroup_initiatives();
        let as_of = self.as_of(now);
        let today = utc_date(now);
        let until: HashMap<_, _> = self.marks.iter().map(|mark| (&mark.source, mark.watermark)).collect();
        self.entries.par_iter_mut().with_min_len(ENTRIES_AT_ONCE).for_each(|entry| {
            let complete = entry.frame.sources.iter().filter_map(|source| until.get(source).copied()).max();
            let at = instant(as_of.unwrap_or(now), complete, today);
            entry.derive(&self.rules, at, now);
        });
        let cube = self.next_cube();
        let entries = Arc::new(self.entries);
        Snapshot {
            rules: self.rules,
            currency: self.currency,
            dictionary: self.dictionary,
            learners: Arc::clone(&entries),
            entries,
            index: self.index,
            cube,
            initiatives: self.initiatives,
            marks: self.marks,
            foretold: self.foretold,
            lives: self.lives,
            outlooks: Memo::default(),
            kept_churn: self.kept_churn,
            churn: Arc::default(),
            chances: OnceLock::new(),
            watched: Memo::default(),
            views: Memo::default(),
            version,
            as_of,
            built_at: now,
        }
    }

    /// The cube of the frames as they are now.
    fn next_cube(&mut self) -> Kept {
        let now = |id: &AccountId| Arc::clone(&self.entries[self.index[id]].frame);
        let replaced: Vec<Replaced> =
            self.replaced.iter().map(|(id, old)| (Arc::clone(old), now(id))).collect();
        let rows = self.entries.iter().map(|entry| entry.frame.rows()).sum();
        let frames = self.entries.iter().map(|entry| Arc::clone(&entry.frame));
        std::mem::take(&mut self.cube).after(&replaced, frames, rows)
    }

    /// The latest watermark, or without any the end of the newest hour; never later than `now`.
    fn as_of(&self, now: Timestamp) -> Option<Timestamp> {
        let marked = self.marks.iter().map(|mark| mark.watermark).max();
        let newest = || {
            let hours = self.entries.iter().filter_map(|entry| entry.frame.hour_slice().last());
            hours.max().map(|hour| hour_start(hour + 1))
        };
        marked.or_else(newest).map(|at| at.min(now))
    }

    /// The entry of an account, a discovered one when it is not known.
    fn entry(&mut self, id: &AccountId) -> &mut Entry {
        if let Some(at) = self.index.get(id) {
            return &mut self.entries[*at];
        }
        let at = self.entries.len();
        self.entries.push(Entry::new(Account::discovered(id.clone(), id.as_str())));
        Arc::make_mut(&mut self.index).insert(id.clone(), at);
        self.regroup.insert(id.clone());
        &mut self.entries[at]
    }

    fn sort(&mut self) {
        if self.entries.is_sorted_by(|a, b| a.account.id < b.account.id) {
            return;
        }
        self.entries.sort_unstable_by(|a, b| a.account.id.cmp(&b.account.id));
        let ids = self.entries.iter().enumerate().map(|(at, entry)| (entry.account.id.clone(), at));
        self.index = Arc::new(ids.collect());
    }

    fn regroup_initiatives(&mut self) {
        if self.regroup.is_empty() {
            return;
        }
        let mut groups: HashMap<&AccountId, Vec<Arc<Initiative>>> = HashMap::new();
        for initiative in self.initiatives.values().filter(|one| self.regroup.contains(&one.account)) {
            groups.entry(&initiative.account).or_default().push(Arc::clone(initiative));
        }
        for id in &self.regroup {
            // An initiative may name an account that is not known yet; it is grouped when the account comes.
            let Some(at) = self.index.get(id) else { continue };
            self.entries[*at].initiatives = groups.remove(id).unwrap_or_default().into();
            self.entries[*at].forget();
        }
    }
}

/// The instant at which an account is judged. Its own sources may be complete only up to an earlier time than the
/// snapshot: what is not in yet must not look like silence, and neither must an hour that is not over.
pub(super) fn instant(as_of: Timestamp, complete: Option<Timestamp>, today: Date) -> Instant {
    let until = complete.unwrap_or(as_of).min(as_of);
    Instant { until: hour_of(until), as_of: hour_from(as_of), today }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::*;
    use crate::engine::HealthRules;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn empty() -> Snapshot {
        Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD)
    }

    fn row(at: Timestamp) -> UsageRow {
        UsageRow {
            source: "import".parse().unwrap(),
            at,
            account: "acme".parse().unwrap(),
            endpoint: "/a".parse().unwrap(),
            model: Some("m".parse().unwrap()),
            event: None,
            used: Used { api_calls: 4, errors: None, tokens: 9, cost: Money::from_micros(7) },
            tokens: TokenSplit::default(),
        }
    }

    fn initiative(account: &str, status: InitiativeStatus) -> Initiative {
        Initiative {
            id: "ini-1".parse().unwrap(),
            account: account.parse().unwrap(),
            title: "Roll out".into(),
            priority: Priority::High,
            status,
            owner: None,
            expected_revenue: None,
            start: None,
            due: None,
            target: None,
            updates: Vec::new(),
        }
    }

    fn stuck(snapshot: &Snapshot, account: &str) -> Option<Quantity> {
        let kind = Measure::FactorMeasured(FactorKind::Initiatives);
        let window = Window::ending(snapshot.built_at(), jiff::SignedDuration::from_hours(1));
        snapshot.fact(kind, &UsageFilter::of(account.parse().unwrap()), window).map(|fact| fact.value)
    }

    #[test]
    fn the_as_of_is_the_latest_watermark_and_never_in_the_future() {
        let now = at("2026-03-05T12:00:00Z");
        let as_of = |marks: &[&str], rows: &[&str]| {
            let mut draft = empty().draft();
            let source = |n| format!("s{n}").parse().unwrap();
            let mark = |(n, text): (usize, &&str)| SourceMark { source: source(n), watermark: at(text) };
            draft.watermarks(marks.iter().enumerate().map(mark).collect());
            draft.usage(&"acme".parse().unwrap(), rows.iter().map(|text| row(at(text))));
            draft.finish(1, now).as_of()
        };
        assert_eq!(as_of(&[], &[]), None);
        assert_eq!(as_of(&[], &["2026-03-01T10:59:00Z"]), Some(at("2026-03-01T11:00:00Z")));
        assert_eq!(
            as_of(&["2026-03-02T00:00:00Z", "2026-03-04T00:00:00Z"], &[]),
            Some(at("2026-03-04T00:00:00Z"))
        );
        assert_eq!(as_of(&["2026-03-09T00:00:00Z"], &[]), Some(now));
    }

    #[test]
    fn what_a_draft_does_not_replace_is_shared() {
        let mut draft = empty().draft();
        for id in ["acme", "zeta", "beta"] {
            draft.usage(&id.parse().unwrap(), [row(at("2026-03-01T10:00:00Z"))]);
        }
        let first = draft.finish(1, at("2026-03-05T12:00:00Z"));
        let mut draft = first.draft();
        draft.usage(&"beta".parse().unwrap(), []);
        draft.accounts([Account::discovered("acme".parse().unwrap(), "Acme & Sons")]);
        let second = draft.finish(2, at("2026-03-05T12:10:00Z"));
        let entry = |snapshot: &Snapshot, id: &str| snapshot.entry(&id.parse().unwrap()).unwrap().clone();
        let (old, new) = (entry(&first, "zeta"), entry(&second, "zeta"));
        assert!(Arc::ptr_eq(&old.frame, &new.frame) && Arc::ptr_eq(&first.dictionary, &second.dictionary));
        assert!(Arc::ptr_eq(old.derived.as_ref().unwrap(), new.derived.as_ref().unwrap()));
        assert!(Arc::ptr_eq(&entry(&first, "acme").frame, &entry(&second, "acme").frame));
        assert_eq!(second.account(&"acme".parse().unwrap()).unwrap().name, "Acme & Sons");
        assert_eq!((first.rows(), second.rows()), (3, 2));
        let ids: Vec<_> = second.accounts().map(|account| account.id.as_str()).collect();
        assert_eq!(ids, ["acme", "beta", "zeta"]);
        assert_eq!(
            (second.endpoints(None).len(), second.models(Some(&"beta".parse().unwrap())).len()),
            (1, 0)
        );
    }

    #[test]
    fn an_initiative_follows_its_account() {
        let now = at("2026-03-05T12:00:00Z");
        let mut draft = empty().draft();
        // Known before its account is.
        draft.initiatives([initiative("acme", InitiativeStatus::Blocked)]);
        let snapshot = draft.finish(1, now);
        assert_eq!((snapshot.initiatives().count(), stuck(&snapshot, "acme")), (1, None));
        let mut draft = snapshot.draft();
        draft.accounts(["acme", "beta"].map(|id| Account::discovered(id.parse().unwrap(), id)));
        let snapshot = draft.finish(2, now);
        assert_eq!(stuck(&snapshot, "acme"), Some(Quantity::Share(1.0)));
        let mut draft = snapshot.draft();
        draft.initiatives([initiative("beta", InitiativeStatus::Active)]);
        let snapshot = draft.finish(3, now);
        assert_eq!((stuck(&snapshot, "acme"), stuck(&snapshot, "beta")), (None, Some(Quantity::Share(0.0))));
    }

    #[test]
    fn notes_stay_until_they_are_replaced() {
        let id: AccountId = "acme".parse().unwrap();
        let note = Note {
            account: id.clone(),
            at: at("2026-03-01T10:00:00Z"),
            author: "dana".parse().unwrap(),
            text: "Renewal call".into(),
        };
        let mut draft = empty().draft();
        draft.notes(&id, vec![note.clone()]);
        let snapshot = draft.finish(1, note.at).draft().finish(2, note.at);
        assert_eq!(snapshot.notes(&id), [note]);
    }
}
