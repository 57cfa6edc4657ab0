//! What must hold for any rows: the engine against a naive model, and against itself.

mod ahead;
mod frames;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use crate::domain::*;

use super::*;

/// Begin of the generated rows: Monday 2026-01-26, so that weeks, a month and its end are crossed.
const START: i64 = 1_769_990_400 - 7 * 86_400;

/// The watermark, in minutes after the begin: within an hour, so that its rows are cut.
const AS_OF: u32 = 40 * 1_440 + 90;

#[derive(Debug, Clone)]
struct Row {
    account: u8,
    endpoint: u8,
    model: u8,
    minute: u32,
    calls: u64,
    cost: i64,
    errors: Option<u64>,
}

fn instant(minute: u32) -> Timestamp {
    Timestamp::from_second(START + i64::from(minute) * 60).unwrap()
}

impl Row {
    fn usage(&self) -> UsageRow {
        UsageRow {
            source: "import".parse().unwrap(),
            at: instant(self.minute),
            account: account(self.account),
            endpoint: endpoint(self.endpoint),
            model: model(self.model),
            event: None,
            used: Used {
                api_calls: self.calls,
                errors: self.errors,
                tokens: self.calls * 7,
                cost: Money::from_micros(self.cost),
            },
            tokens: TokenSplit::default(),
        }
    }

    fn raw(&self, metric: Metric) -> i64 {
        match metric {
            Metric::ApiCalls => self.calls as i64,
            Metric::Tokens => self.calls as i64 * 7,
            Metric::Cost => self.cost,
            Metric::Errors => self.errors.unwrap_or(0) as i64,
        }
    }

    fn fits(&self, filter: &UsageFilter, window: Window) -> bool {
        // Rows are held by the hour: the hour's begin decides.
        let hour = Grain::Hour.floor(instant(self.minute));
        window.contains(hour)
            && filter.account.as_ref().is_none_or(|id| *id == account(self.account))
            && filter.endpoint.as_ref().is_none_or(|name| *name == endpoint(self.endpoint))
            && filter.model.as_ref().is_none_or(|name| Some(name) == model(self.model).as_ref())
    }
}

fn account(n: u8) -> AccountId {
    format!("acc-{n}").parse().unwrap()
}

fn endpoint(n: u8) -> Endpoint {
    format!("/v1/{n}").parse().unwrap()
}

fn model(n: u8) -> Option<Model> {
    (n > 0).then(|| format!("m-{n}").parse().unwrap())
}

/// Forty days of rows, some hours negative in cost (a credit) and some too large for a narrow column.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let cost = prop_oneof![8 => 0_i64..5_000_000, 1 => -50_i64..0, 1 => Just(9_000_000_000)];
    let errors = prop_oneof![Just(None), (0_u64..5).prop_map(Some)];
    let row = (0_u8..4, 0_u8..3, 0_u8..3, 0_u32..40 * 1_440, 0_u64..900, cost, errors).prop_map(
        |(account, endpoint, model, minute, calls, cost, errors)| Row {
            account,
            endpoint,
            model,
            minute,
            calls,
            cost,
            errors,
        },
    );
    prop::collection::vec(row, 0..300)
}

fn windows() -> impl Strategy<Value = Window> {
    // Any minute, midnights, and whole days before the as-of, whose sums are kept.
    let edge = prop_oneof![
        0_u32..45 * 1_440,
        (0_u32..45).prop_map(|day| day * 1_440),
        prop::sample::select(vec![0, 1, 2, 7, 14, 30]).prop_map(|days| AS_OF - days * 1_440),
    ];
    (edge.clone(), edge).prop_filter_map("empty", |(a, b)| Window::new(instant(a.min(b)), instant(a.max(b))))
}

fn filters() -> impl Strategy<Value = UsageFilter> {
    let one = |max: u8| prop_oneof![Just(None), (0..max).prop_map(Some)];
    (one(5), one(4), one(4)).prop_map(|(a, e, m)| UsageFilter {
        account: a.map(account),
        endpoint: e.map(endpoint),
        model: m.and_then(model),
    })
}

fn metrics() -> impl Strategy<Value = Metric> {
    prop::sample::select(Metric::ALL.to_vec())
}

fn by_account(rows: &[Row]) -> BTreeMap<u8, Vec<UsageRow>> {
    let mut groups: BTreeMap<u8, Vec<UsageRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.account).or_default().push(row.usage());
    }
    groups
}

fn marks(minute: u32) -> Vec<SourceMark> {
    vec![SourceMark { source: "import".parse().unwrap(), watermark: instant(minute) }]
}

fn empty() -> Snapshot {
    Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD)
}

fn built(rows: &[Row]) -> Snapshot {
    let mut draft = empty().draft();
    for (n, rows) in by_account(rows) {
        draft.usage(&account(n), rows);
    }
    draft.watermarks(marks(AS_OF));
    draft.finish(7, instant(50 * 1_440))
}

/// All that people can read of a snapshot, to compare two of them.
fn read(snapshot: &Snapshot, window: Window) -> String {
    let all = UsageFilter::default();
    let healths: Vec<_> = snapshot.accounts().map(|account| snapshot.health(&account.id)).collect();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        snapshot.as_of(),
        snapshot.rows(),
        snapshot.portfolio(window),
        snapshot.split_series(&all, Metric::Cost, window, Grain::Day, Dimension::Model),
        snapshot.breakdown(&all, Metric::Tokens, window, Dimension::Endpoint),
        healths,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn sums_are_those_of_a_plain_loop(rows in rows(), window in windows(), filter in filters(), metric in metrics()) {
        let snapshot = built(&rows);
        let plain = |window| rows.iter().filter(|row| row.fits(&filter, window)).map(|row| row.raw(metric)).sum::<i64>();
        let used = snapshot.totals(&filter, window);
        let sum = match metric {
            Metric::ApiCalls => used.api_calls as i64,
            Metric::Tokens => used.tokens as i64,
            Metric::Cost => used.cost.micros,
            Metric::Errors => used.errors.unwrap_or(0) as i64,
        };
        prop_assert_eq!(sum, plain(window));
        let told = rows.iter().any(|row| row.fits(&filter, window) && row.errors.is_some());
        prop_assert_eq!(used.errors.is_some(), told);
        for grain in Grain::ALL {
            let series = snapshot.series(&filter, metric, window, grain);
            for (bucket, value) in series.buckets.iter().zip(&series.values) {
                prop_assert_eq!(*value, plain(*bucket), "{:?} {:?}", grain, bucket);
            }
            prop_assert_eq!(series.total(), sum);
        }
    }

    #[test]
    fn parts_add_up_to_the_whole(rows in rows(), window in windows(), filter in filters(), metric in metrics()) {
        let snapshot = built(&rows);
        let whole = snapshot.series(&filter, metric, window, Grain::Day);
        for by in [Dimension::Endpoint, Dimension::Model, Dimension::Account] {
            let parts = snapshot.breakdown(&filter, metric, window, by);
            prop_assert_eq!(parts.iter().map(|part| part.value).sum::<i64>(), whole.total());
            let previous = snapshot.series(&filter, metric, window.previous(), Grain::Week).total();
            prop_assert_eq!(parts.iter().map(|part| part.previous).sum::<i64>(), previous);
            prop_assert!(parts.is_sorted_by(|a, b| (b.value, &a.part) <= (a.value, &b.part)));
            let split = snapshot.split_series(&filter, metric, window, Grain::Day, by);
            let mut values = vec![0; whole.values.len()];
            for (part, series) in &split {
                values.iter_mut().zip(&series.values).for_each(|(sum, value)| *sum += value);
                let known = parts.iter().find(|one| one.part == *part).map_or(0, |one| one.value);
                prop_assert_eq!(series.total(), known);
            }
            prop_assert_eq!(&values, &whole.values);
        }
    }

    #[test]
    fn the_portfolio_is_the_sum_of_its_accounts(rows in rows(), window in windows(), metric in metrics()) {
        let snapshot = built(&rows);
        let portfolio = snapshot.portfolio(window);
        prop_assert_eq!(portfolio.now, snapshot.totals(&UsageFilter::default(), window));
        prop_assert_eq!(portfolio.before, snapshot.totals(&UsageFilter::default(), window.previous()));
        for row in &portfolio.accounts {
            let own = UsageFilter::of(row.account.clone());
            prop_assert_eq!(row.now, snapshot.totals(&own, window));
            prop_assert_eq!(&row.weeks, &snapshot.weekly_calls(&row.account));
            prop_assert_eq!(row.score, snapshot.health(&row.account).unwrap().score);
        }
        let movers = snapshot.movers(metric, window);
        prop_assert!(movers.is_sorted_by_key(|one| std::cmp::Reverse(one.value.abs_diff(one.previous))));
        let parts = snapshot.breakdown(&UsageFilter::default(), metric, window, Dimension::Account);
        let moved: BTreeMap<_, _> = movers.iter().map(|one| (one.account.to_string(), (one.value, one.previous))).collect();
        for part in parts {
            let moved = moved.get(part.part.as_deref().unwrap()).copied();
            prop_assert_eq!(moved, (part.value != part.previous).then_some((part.value, part.previous)));
        }
    }

    #[test]
    fn small_steps_lead_to_the_same_picture(rows in rows(), window in windows(), order in prop::collection::vec(0_u8..4, 4)) {
        let at_once = built(&rows);
        let groups = by_account(&rows);
        let mut snapshot = empty();
        // Accounts come one by one, first with half of their rows, while the clock and the watermark move on.
        for (step, n) in order.iter().chain(&[0, 1, 2, 3]).enumerate() {
            let Some(rows) = groups.get(n) else { continue };
            let mut draft = snapshot.draft();
            let mut rows = rows.clone();
            rows.reverse();
            if step < order.len() {
                rows.truncate(rows.len() / 2);
            }
            draft.usage(&account(*n), rows);
            draft.watermarks(marks(30 * 1_440 + step as u32 * 600));
            snapshot = draft.finish(step as u64, instant(45 * 1_440));
        }
        let mut draft = snapshot.draft();
        draft.watermarks(marks(AS_OF));
        let snapshot = draft.finish(7, instant(50 * 1_440));
        prop_assert_eq!(read(&snapshot, window), read(&at_once, window));
    }

    #[test]
    fn a_fact_is_its_receipt(rows in rows(), window in windows(), filter in filters(), metric in metrics()) {
        let snapshot = built(&rows);
        let kinds = FactorKind::ALL.iter().flat_map(|kind| {
            [Measure::FactorScore(*kind), Measure::FactorWeight(*kind), Measure::FactorMeasured(*kind)]
        });
        let measures = [
            Measure::Sum(metric),
            Measure::Change(metric),
            Measure::Share(metric),
            Measure::PortfolioShare(metric),
            Measure::ActiveAccounts,
            Measure::Accounts,
            Measure::InBand(Band::Watch),
            Measure::HealthScore,
            Measure::InitiativesOpen,
            Measure::RevenueExpected,
        ];
        for measure in measures.into_iter().chain(kinds) {
            let fact = snapshot.fact(measure, &filter, window);
            let Some(fact) = fact else { continue };
            prop_assert_eq!(fact.key.version, 7);
            let again: FactKey = fact.key.to_string().parse().unwrap();
            let receipt = snapshot.receipt(&again, 5).unwrap();
            prop_assert_eq!(receipt.value, fact.value, "{}", measure);
            prop_assert!(receipt.rows.len() == receipt.rows_total.min(5));
            prop_assert!(receipt.rows.is_sorted_by(|a, b| a.hour >= b.hour));
            let all = snapshot.receipt(&again, usize::MAX / 8).unwrap();
            prop_assert_eq!(&all.rows[..receipt.rows.len()], &receipt.rows[..]);
            if let Measure::Sum(metric) = measure {
                let mut used = Used::default();
                all.rows.iter().for_each(|row| used += row.used);
                prop_assert_eq!(used, snapshot.totals(&filter, window));
                let sum = match metric {
                    Metric::ApiCalls => Quantity::Calls(used.api_calls),
                    Metric::Tokens => Quantity::Tokens(used.tokens),
                    Metric::Cost => Quantity::Money(used.cost, Currency::USD),
                    Metric::Errors => Quantity::Errors(used.errors.unwrap_or(0)),
                };
                prop_assert_eq!(sum, fact.value);
            }
        }
    }
}
