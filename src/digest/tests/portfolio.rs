//! Portfolios to tell of: that of the demo, and small ones made by hand.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::*;
use crate::engine::HealthRules;
use crate::engine::Snapshot;
use crate::engine::SourceMark;
use crate::ingest::simulate::Simulated;
use crate::ingest::simulate::SimulationPlan;

/// The portfolio of `etsm demo`, smaller, as it was at `until`.
pub(super) fn demo(until: &str) -> Arc<Snapshot> {
    let until: Timestamp = until.parse().unwrap();
    let plan = SimulationPlan { accounts: 24, days: 160, seed: 7, until };
    let made = Simulated::new(&plan);
    let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
    draft.accounts(made.accounts.clone());
    for (account, rows) in made.usage() {
        draft.usage(account, rows);
    }
    draft.initiatives(made.initiatives.clone());
    let marks = made.watermarks.iter();
    draft.watermarks(
        marks
            .map(|(source, watermark)| SourceMark { source: source.clone(), watermark: *watermark })
            .collect(),
    );
    Arc::new(draft.finish(1, until))
}

/// A portfolio by hand: the same calls in each hour of a day, from 1 March 2026 on.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    days: BTreeMap<String, BTreeMap<usize, u64>>,
    sources: BTreeMap<String, String>,
    late: BTreeMap<String, usize>,
}

impl Made {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// So many calls an hour on each of the first days.
    pub(super) fn steady(self, account: &str, days: usize, calls: u64) -> Self {
        self.days(account, 0..days, calls)
    }

    /// So many calls an hour on these days.
    pub(super) fn days(mut self, account: &str, days: Range<usize>, calls: u64) -> Self {
        self.days.entry(account.into()).or_default().extend(days.map(|day| (day, calls)));
        self
    }

    /// An account's usage comes from this source, not from `import`.
    pub(super) fn from(mut self, account: &str, source: &str) -> Self {
        self.sources.insert(account.into(), source.into());
        self
    }

    /// A source has delivered up to this day only.
    pub(super) fn late(mut self, source: &str, day: usize) -> Self {
        self.late.insert(source.into(), day);
        self
    }

    /// As it was at the begin of a day; of days that have not been yet nothing is known.
    pub(super) fn until(&self, day: usize) -> Arc<Snapshot> {
        let start = |day: usize| -> Timestamp {
            "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day as i64)
        };
        let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
        let mut sources = BTreeMap::new();
        for (account, days) in &self.days {
            let source = self.sources.get(account).map_or("import", String::as_str);
            sources.insert(source.to_owned(), self.late.get(source).copied().unwrap_or(day).min(day));
            let id: AccountId = account.parse().unwrap();
            let known = days.iter().filter(|(at, _)| **at < sources[source]);
            let rows = known.flat_map(|(at, calls)| {
                (0..24).map(|hour| row(source, start(*at) + SignedDuration::from_hours(hour), &id, *calls))
            });
            draft.usage(&id, rows.collect::<Vec<_>>());
            let name = account[..1].to_uppercase() + &account[1..];
            draft.accounts([Account::discovered(id.clone(), &name)]);
        }
        let mark = |(source, until): (&String, &usize)| SourceMark {
            source: source.parse().unwrap(),
            watermark: start(*until),
        };
        draft.watermarks(sources.iter().map(mark).collect());
        Arc::new(draft.finish(day as u64 + 1, start(day)))
    }
}

fn row(source: &str, at: Timestamp, account: &AccountId, calls: u64) -> UsageRow {
    UsageRow {
        source: source.parse().unwrap(),
        at,
        account: account.clone(),
        endpoint: "/v1/chat".parse().unwrap(),
        model: None,
        event: None,
        used: Used {
            api_calls: calls,
            errors: None,
            tokens: calls * 100,
            cost: Money::from_micros(calls as i64 * 1_000),
        },
        tokens: TokenSplit::default(),
    }
}
