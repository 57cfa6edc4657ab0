//! The standing questions over a million and ten million hourly rows, beside a plain polars plan on the same rows.
//!
//! `cargo bench --bench standing_questions`. The polars plans get one frame sorted by account and hour, whole numbers
//! for names, and a ready column for the day: as good as one frame gets without an index of its own.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stderr, reason = "figures that divan does not measure are printed before its own")]

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Instant;

use divan::Bencher;
use etsm::domain::Grain;
use etsm::domain::{
    Account, AccountId, Currency, Endpoint, Metric, Money, Range, TokenSplit, UsageFilter, UsageRow, Used,
    Window,
};
use etsm::engine::{Dimension, HealthRules, Snapshot, SourceMark};
use jiff::{SignedDuration, Timestamp};
use polars::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 2] = [1_000_000, 10_000_000];
const ACCOUNTS: usize = 2_000;
const DAYS: usize = 420;
const ENDPOINTS: usize = 6;
/// 2026-01-01, in hours since 1970.
const FIRST_HOUR: u32 = 490_896;
/// The last day ends at 16:00, so that no window begins at midnight.
const HOURS: usize = DAYS * 24 - 8;

/// The same rows in the engine and in one polars frame.
struct Bed {
    snapshot: Snapshot,
    frame: DataFrame,
}

/// A small, well-mixed sequence (SplitMix64), so that the rows are the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

fn account(n: usize) -> AccountId {
    format!("account-{n:04}").parse().unwrap()
}

fn hour_start(hour: u32) -> Timestamp {
    Timestamp::from_second(i64::from(hour) * 3_600).unwrap()
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) * 1_024
}

fn bed(rows: usize) -> &'static Bed {
    static BEDS: [OnceLock<Bed>; 2] = [OnceLock::new(), OnceLock::new()];
    let at = SIZES.iter().position(|size| *size == rows).unwrap();
    BEDS[at].get_or_init(|| Bed { snapshot: snapshot(rows), frame: frame(rows) })
}

/// One account's rows as hour, endpoint, calls, tokens, cost; rising in time.
fn generated(n: usize, rows: usize) -> impl Iterator<Item = (u32, u32, u32, u32, u32)> {
    let mut dice = Dice(n as u64);
    let own = rows / ACCOUNTS;
    (0..own).map(move |row| {
        let hour = FIRST_HOUR + (row * HOURS / own) as u32;
        let calls = 1 + dice.roll(2_000) as u32;
        (hour, dice.roll(ENDPOINTS as u64) as u32, calls, calls * 900, calls * 1_300)
    })
}

fn usage(n: usize, rows: usize) -> impl Iterator<Item = UsageRow> {
    let names: Vec<Endpoint> = (0..ENDPOINTS).map(|n| format!("/v1/endpoint-{n}").parse().unwrap()).collect();
    let source: etsm::domain::SourceId = "import".parse().unwrap();
    let account = account(n);
    generated(n, rows).map(move |(hour, endpoint, calls, tokens, cost)| UsageRow {
        source: source.clone(),
        at: hour_start(hour),
        account: account.clone(),
        endpoint: names[endpoint as usize].clone(),
        model: None,
        event: None,
        used: Used {
            api_calls: u64::from(calls),
            errors: None,
            tokens: u64::from(tokens),
            cost: Money::from_micros(i64::from(cost)),
        },
        tokens: TokenSplit::default(),
    })
}

fn snapshot(rows: usize) -> Snapshot {
    let before = resident_bytes();
    let began = Instant::now();
    let empty = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD);
    let mut draft = empty.draft();
    draft.accounts((0..ACCOUNTS).map(|n| Account::discovered(account(n), "Account")));
    for n in 0..ACCOUNTS {
        draft.usage(&account(n), usage(n, rows));
    }
    let as_of = hour_start(FIRST_HOUR + HOURS as u32);
    draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark: as_of }]);
    let snapshot = draft.finish(1, as_of);
    let bytes = resident_bytes().saturating_sub(before);
    eprintln!(
        "{} rows: built and judged in {:.2} s, {:.1} resident bytes a row",
        snapshot.rows(),
        began.elapsed().as_secs_f64(),
        bytes as f64 / rows as f64
    );
    snapshot
}

fn frame(rows: usize) -> DataFrame {
    let (mut accounts, mut hours, mut days, mut endpoints) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut calls, mut tokens, mut cost) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..ACCOUNTS {
        for row in generated(n, rows) {
            accounts.push(n as u32);
            hours.push(row.0);
            days.push(row.0 / 24);
            endpoints.push(row.1);
            calls.push(i64::from(row.2));
            tokens.push(i64::from(row.3));
            cost.push(i64::from(row.4));
        }
    }
    let mut accounts = UInt32Chunked::from_vec("account".into(), accounts);
    accounts.set_sorted_flag(polars::series::IsSorted::Ascending);
    let columns = vec![
        accounts.into_column(),
        UInt32Chunked::from_vec("hour".into(), hours).into_column(),
        UInt32Chunked::from_vec("day".into(), days).into_column(),
        UInt32Chunked::from_vec("endpoint".into(), endpoints).into_column(),
        Int64Chunked::from_vec("calls".into(), calls).into_column(),
        Int64Chunked::from_vec("tokens".into(), tokens).into_column(),
        Int64Chunked::from_vec("cost".into(), cost).into_column(),
    ];
    DataFrame::new(rows, columns).unwrap()
}

fn window(days: i64) -> Window {
    Range::Days(days as u16).window(hour_start(FIRST_HOUR + HOURS as u32))
}

fn hours(window: Window) -> (u32, u32) {
    let hour = |at: Timestamp| (at.as_second() / 3_600) as u32;
    (hour(window.from()), hour(window.to()))
}

/// The rows of some hours.
fn between(frame: &DataFrame, (from, to): (u32, u32)) -> LazyFrame {
    frame.clone().lazy().filter(col("hour").gt_eq(lit(from)).and(col("hour").lt(lit(to))))
}

/// The rows of one account in some hours.
fn of_account(frame: &DataFrame, account: u32, (from, to): (u32, u32)) -> LazyFrame {
    let account = col("account").eq(lit(account));
    frame.clone().lazy().filter(account.and(col("hour").gt_eq(lit(from))).and(col("hour").lt(lit(to))))
}

fn sums() -> [Expr; 3] {
    [col("calls").sum(), col("tokens").sum(), col("cost").sum()]
}

/// The sum of a column before and from an hour on.
fn halves(column: &str, middle: u32) -> [Expr; 2] {
    let half = |before: bool, name: String| {
        let inside = if before { col("hour").lt(lit(middle)) } else { col("hour").gt_eq(lit(middle)) };
        when(inside).then(col(column)).otherwise(lit(0_i64)).sum().alias(name)
    };
    [half(true, format!("{column}_before")), half(false, format!("{column}_now"))]
}

const MIDDLE: usize = ACCOUNTS / 2;

#[divan::bench_group(sample_count = 40, max_time = 2)]
mod one_account_30d_by_day {
    use super::*;

    #[divan::bench(args = SIZES, sample_size = 100)]
    fn engine(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        let filter = UsageFilter::of(account(MIDDLE));
        bencher.bench(|| bed.snapshot.series(&filter, Metric::ApiCalls, window(30), Grain::Day));
    }

    #[divan::bench(args = SIZES)]
    fn plain_polars(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let rows = of_account(&bed.frame, MIDDLE as u32, hours(window(30)));
            rows.group_by([col("day")]).agg([col("calls").sum()]).collect().unwrap()
        });
    }
}

#[divan::bench_group(sample_count = 40, max_time = 2)]
mod one_account_90d_by_endpoint {
    use super::*;

    #[divan::bench(args = SIZES, sample_size = 100)]
    fn engine(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        let filter = UsageFilter::of(account(MIDDLE));
        bencher.bench(|| bed.snapshot.breakdown(&filter, Metric::Cost, window(90), Dimension::Endpoint));
    }

    #[divan::bench(args = SIZES)]
    fn plain_polars(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let (from, to) = hours(window(90));
            let rows = of_account(&bed.frame, MIDDLE as u32, (from - 90 * 24, to));
            rows.group_by([col("endpoint")]).agg(halves("cost", from)).collect().unwrap()
        });
    }
}

#[divan::bench_group(sample_count = 40, max_time = 2)]
mod portfolio_30d_against_30d {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn engine(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| bed.snapshot.portfolio(window(30)));
    }

    #[divan::bench(args = SIZES)]
    fn plain_polars(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let (from, to) = hours(window(30));
            let sums: Vec<Expr> =
                ["calls", "tokens", "cost"].iter().flat_map(|name| halves(name, from)).collect();
            between(&bed.frame, (from - 30 * 24, to)).group_by([col("account")]).agg(sums).collect().unwrap()
        });
    }
}

#[divan::bench_group(sample_count = 40, max_time = 2)]
mod top_movers_30d {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn engine(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| bed.snapshot.movers(Metric::ApiCalls, window(30)));
    }

    #[divan::bench(args = SIZES)]
    fn plain_polars(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let (from, to) = hours(window(30));
            let rows = between(&bed.frame, (from - 30 * 24, to)).group_by([col("account")]);
            let difference = (col("calls_now") - col("calls_before")).alias("difference");
            let order = SortMultipleOptions::default().with_order_descending(true);
            rows.agg(halves("calls", from))
                .with_column(difference)
                .sort(["difference"], order)
                .collect()
                .unwrap()
        });
    }
}

#[divan::bench_group(sample_count = 40, max_time = 2)]
mod trends_12_weeks_of_all {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn engine(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let ids = bed.snapshot.accounts().map(|account| &account.id);
            ids.map(|id| bed.snapshot.weekly_calls(id)).collect::<Vec<_>>()
        });
    }

    #[divan::bench(args = SIZES)]
    fn plain_polars(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let (from, to) = hours(window(84));
            let week = ((col("hour") - lit(from)) / lit(168_u32)).cast(DataType::UInt32).alias("week");
            let rows = between(&bed.frame, (from, to)).with_column(week);
            rows.group_by([col("account"), col("week")]).agg([col("calls").sum()]).collect().unwrap()
        });
    }
}

#[divan::bench_group(sample_count = 40, max_time = 2)]
mod totals_400d {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn engine(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| bed.snapshot.totals(&UsageFilter::default(), window(400)));
    }

    #[divan::bench(args = SIZES)]
    fn plain_polars(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| between(&bed.frame, hours(window(400))).select(sums()).collect().unwrap());
    }
}

/// An odd question: one endpoint of all accounts by day.
#[divan::bench_group(sample_count = 40, max_time = 2)]
mod one_endpoint_30d_by_day {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn engine(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        let endpoint = Some("/v1/endpoint-3".parse().unwrap());
        let filter = UsageFilter { endpoint, ..UsageFilter::default() };
        bencher.bench(|| bed.snapshot.series(&filter, Metric::Tokens, window(30), Grain::Day));
    }

    #[divan::bench(args = SIZES)]
    fn plain_polars(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let rows = between(&bed.frame, hours(window(30))).filter(col("endpoint").eq(lit(3_u32)));
            rows.group_by([col("day")]).agg([col("tokens").sum()]).collect().unwrap()
        });
    }
}

#[divan::bench_group(sample_count = 40, max_time = 2)]
mod health_of_all {
    use super::*;

    /// As every answer reads it: judged when the snapshot was published.
    #[divan::bench(args = SIZES)]
    fn read(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| {
            let ids = bed.snapshot.accounts().map(|account| &account.id);
            ids.filter_map(|id| bed.snapshot.health(id)?.score).sum::<f64>()
        });
    }

    /// From the rows, as of the day before.
    #[divan::bench(args = SIZES)]
    fn judged_anew(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        let yesterday = window(1).from();
        bencher.bench(|| {
            let ids = bed.snapshot.accounts().map(|account| &account.id);
            ids.filter_map(|id| bed.snapshot.health_at(id, yesterday)?.score).sum::<f64>()
        });
    }
}

/// A batch of one account: what a publish costs.
#[divan::bench_group(sample_count = 40, max_time = 2)]
mod publish_one_account {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn in_the_same_hour(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| publish(&bed.snapshot, rows, SignedDuration::ZERO));
    }

    #[divan::bench(args = SIZES)]
    fn an_hour_later(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| publish(&bed.snapshot, rows, SignedDuration::from_hours(1)));
    }

    #[divan::bench(args = SIZES)]
    fn a_day_later(bencher: Bencher, rows: usize) {
        let bed = bed(rows);
        bencher.bench(|| publish(&bed.snapshot, rows, SignedDuration::from_hours(24)));
    }

    fn publish(snapshot: &Snapshot, rows: usize, later: SignedDuration) -> Snapshot {
        let mut draft = snapshot.draft();
        draft.usage(&account(MIDDLE), usage(MIDDLE, rows));
        let as_of = snapshot.as_of().unwrap() + later;
        draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark: as_of }]);
        draft.finish(2, as_of)
    }
}

fn main() {
    // Built before anything is measured, the small one first, so that the resident size of each can be told.
    for size in SIZES {
        let bed = bed(size);
        let sums = between(&bed.frame, hours(window(400))).select(sums()).collect().unwrap();
        let calls = sums.column("calls").unwrap().i64().unwrap().get(0).unwrap();
        let used = bed.snapshot.totals(&UsageFilter::default(), window(400));
        assert_eq!(used.api_calls, calls.cast_unsigned(), "both must answer the same");
    }
    divan::main();
}
