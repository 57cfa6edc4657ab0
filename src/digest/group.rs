//! Findings by account, ranked by what one would act on first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::AccountId;
use crate::domain::Measure;
use crate::domain::Metric;

use super::finding::{Finding, Kind};
use super::remembered::Remembered;
use super::survey::Survey;

/// What further findings of an account add to its rank.
const MORE: f64 = 0.15;
/// What an account that is the whole portfolio would add to its rank by its size.
const SIZE: f64 = 40.0;

/// All that is told of an account.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) account: AccountId,
    /// The most urgent first.
    pub(super) findings: Vec<Told>,
}

/// A finding and whether it was told before.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) finding: Finding,
    /// Since when it is told, where it was told before.
    pub(super) since: Option<Timestamp>,
}

impl Group {
    /// Whether there is anything in it that was not told before.
    pub(super) fn is_new(&self) -> bool {
        self.findings.iter().any(|one| one.since.is_none())
    }

    /// The finding that comes first.
    pub(super) fn first(&self) -> Option<&Told> {
        self.findings.first()
    }
}

/// What was open and is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Over {
    pub(super) account: AccountId,
    /// `at risk`.
    pub(super) what: &'static str,
}

/// What is told, sorted.
#[derive(Debug, Clone)]
pub(super) struct Sorted {
    /// The most urgent first: those with news before the others.
    pub(super) groups: Vec<Group>,
    pub(super) over: Vec<Over>,
    pub(super) remembers: Remembered,
}

/// Sorts findings by account and urgency, and holds them against what was told before.
pub(super) fn sorted(survey: &Survey<'_>, findings: Vec<Finding>, before: Option<&Remembered>) -> Sorted {
    let mut open: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut groups: BTreeMap<AccountId, Group> = BTreeMap::new();
    for finding in findings {
        let key = finding.key();
        let told = before.filter(|_| finding.kind.lasts()).and_then(|before| before.since(&key));
        // A move of another week than the one that was told is another move.
        let is_move = matches!(finding.kind, Kind::Fall | Kind::Rise);
        let since = told.filter(|told| !is_move || *told > survey.window.from());
        if finding.kind.lasts() {
            open.insert(key, since.unwrap_or(survey.as_of));
        }
        let group = groups.entry(finding.account.clone());
        let account = finding.account.clone();
        let group = group.or_insert_with(|| Group { account, findings: Vec::new() });
        group.findings.push(Told { finding, since });
    }
    let over = over(survey, before, &mut open);
    let mut groups: Vec<(f64, Group)> = groups
        .into_values()
        .map(|mut group| {
            group.findings.sort_by(|one, two| {
                let rank = |told: &Told| (told.since.is_some(), Reverse(told.finding.kind.urgency() as i64));
                rank(one).cmp(&rank(two)).then_with(|| one.finding.key().cmp(&two.finding.key()))
            });
            (rank(survey, &group), group)
        })
        .collect();
    groups.sort_by(|(one, a), (two, b)| {
        (!a.is_new()).cmp(&!b.is_new()).then(two.total_cmp(one)).then_with(|| a.account.cmp(&b.account))
    });
    let groups = groups.into_iter().map(|(_, group)| group).collect();
    Sorted { groups, over, remembers: Remembered::new(survey.as_of, open) }
}

/// The urgency of its findings, and a little for its size.
fn rank(survey: &Survey<'_>, group: &Group) -> f64 {
    let mut urgencies: Vec<f64> = group.findings.iter().map(|one| one.finding.kind.urgency()).collect();
    urgencies.sort_by(|one, two| two.total_cmp(one));
    let more: f64 = urgencies.iter().skip(1).sum();
    let share = survey.fact(Measure::PortfolioShare(Metric::Cost), &group.account, survey.window);
    let share = share.and_then(|fact| fact.value.as_f64()).unwrap_or(0.0);
    urgencies.first().copied().unwrap_or(0.0) + MORE * more + SIZE * share.sqrt()
}

/// What was open before and is not now. Of an account whose data are late nobody knows: it stays open, and is not told.
fn over(
    survey: &Survey<'_>,
    before: Option<&Remembered>,
    open: &mut BTreeMap<String, Timestamp>,
) -> Vec<Over> {
    let mut over = Vec::new();
    let gone = before.into_iter().flat_map(Remembered::open);
    let gone: Vec<_> = gone.filter(|(key, _)| !open.contains_key(*key)).collect();
    for (key, since) in gone {
        let mut parts = key.split('~');
        let (Some(word), Some(id)) = (parts.next(), parts.next()) else { continue };
        let (Some(what), Ok(account)) = (Finding::listed(word), AccountId::new(id)) else { continue };
        // An account that left the scope is not spoken of.
        if !survey.holds(&account) {
            continue;
        }
        if survey.is_late(&account) {
            open.insert(key.to_owned(), since);
        } else {
            over.push(Over { account, what });
        }
    }
    over
}
