//! The standing questions to the engine, beside tuned polars plans over the same rows; both must give the same sums.
//!
//! `cargo bench --bench standing_questions` asks over 1 and 10 million hourly rows; `-- 1 10 50` names other millions.
//! `-- 10 --keep rows.parquet` also writes the rows and what was measured, for `benches/compare_duckdb.py`.
//!
//! polars gets whole numbers for names, a ready column for the day, and the rows twice, sorted by account and by hour:
//! a plan cuts out its account or its window by binary search before it reads a row.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "its table is its output")]

mod bed;
mod meter;
mod picture;

use std::path::{Path, PathBuf};

use bed::{ACCOUNTS, window};
use etsm::domain::{Grain, Metric, UsageFilter, Window};
use etsm::engine::{Dimension, Snapshot};
use jiff::Timestamp;
use meter::{Cost, measure, shown};
use polars::prelude::*;
use polars_io::parquet::write::ParquetWriter;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MIDDLE: usize = ACCOUNTS / 2;
const ENDPOINT: u32 = 3;

/// The same rows in the engine and in polars.
struct Bed {
    snapshot: Snapshot,
    by_account: DataFrame,
    by_hour: DataFrame,
}

/// A question, as both are asked. The sum that comes out is compared.
struct Standing {
    name: &'static str,
    /// What design asks of the engine, in microseconds.
    reach: Option<f64>,
    engine: fn(&Bed) -> i64,
    polars: fn(&Bed) -> i64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let mut sizes: Vec<usize> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1, 10];
    }
    let keep = arguments.iter().position(|word| word == "--keep").map(|at| PathBuf::from(&arguments[at + 1]));
    for millions in sizes {
        let bed = Bed::of(millions * 1_000_000);
        ask_all(&bed, millions, keep.as_deref());
    }
}

fn ask_all(bed: &Bed, millions: usize, keep: Option<&Path>) {
    println!("\n{millions} M rows, {ACCOUNTS} accounts\n");
    println!("| question | engine | CPU | to reach | polars | CPU | polars CPU / engine CPU |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let mut measured = Vec::new();
    for one in QUESTIONS {
        let sum = (one.engine)(bed);
        assert_eq!(sum, (one.polars)(bed), "{}: both must answer the same", one.name);
        let (engine, polars) = (measure(|| (one.engine)(bed)), measure(|| (one.polars)(bed)));
        let reach = one.reach.map(|micros| shown(std::time::Duration::from_secs_f64(micros / 1e6)));
        let ratio = polars.cpu.as_secs_f64() / engine.cpu.as_secs_f64();
        let digits = usize::from(ratio < 10.0);
        println!(
            "| {} | {} | {} | {} | {} | {} | {ratio:.digits$} |",
            one.name,
            shown(engine.wall),
            shown(engine.cpu),
            reach.unwrap_or_default(),
            shown(polars.wall),
            shown(polars.cpu),
        );
        measured.push(told(one.name, sum, engine));
    }
    if let Some(path) = keep {
        let mut frame = bed.by_account.clone();
        ParquetWriter::new(std::fs::File::create(path).unwrap()).finish(&mut frame).unwrap();
        let (_, end) = hours(window(1));
        let told = json!({ "end_hour": end, "account": MIDDLE, "endpoint": ENDPOINT, "questions": measured });
        std::fs::write(path.with_extension("json"), told.to_string()).unwrap();
    }
}

fn told(name: &str, sum: i64, engine: Cost) -> serde_json::Value {
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6;
    json!({ "name": name, "sum": sum, "wall_us": micros(engine.wall), "cpu_us": micros(engine.cpu) })
}

const QUESTIONS: [Standing; 11] = [
    Standing {
        name: "one account, 30 days by day",
        reach: Some(10.0),
        engine: |bed| {
            let filter = UsageFilter::of(bed::account(MIDDLE));
            bed.snapshot.series(&filter, Metric::ApiCalls, window(30), Grain::Day).total()
        },
        polars: |bed| {
            let (from, to) = hours(window(30));
            let plan = bed.of_account(MIDDLE, from, to).group_by([col("day")]).agg([col("calls").sum()]);
            sum(plan, &[("calls", 1)])
        },
    },
    Standing {
        name: "one account, 90 days by endpoint, against the 90 before",
        reach: Some(10.0),
        engine: |bed| {
            let filter = UsageFilter::of(bed::account(MIDDLE));
            let parts = bed.snapshot.breakdown(&filter, Metric::Cost, window(90), Dimension::Endpoint);
            parts.iter().map(|part| part.value + 3 * part.previous).sum()
        },
        polars: |bed| {
            let (from, to) = hours(window(90));
            let rows = bed.of_account(MIDDLE, from - 90 * 24, to);
            sum(rows.group_by([col("endpoint")]).agg(halves("cost", from)), &HALVES_OF_COST)
        },
    },
    Standing {
        name: "portfolio, 30 days against 30",
        reach: Some(350.0),
        engine: |bed| {
            let portfolio = bed.snapshot.portfolio(window(30));
            let accounts = portfolio.accounts.iter();
            accounts.map(|one| one.now.cost.micros + 3 * one.before.cost.micros).sum()
        },
        polars: |bed| {
            let (from, to) = hours(window(30));
            let all = ["calls", "tokens", "cost"].iter().flat_map(|name| halves(name, from));
            let rows = bed.between(from - 30 * 24, to).group_by([col("account")]);
            sum(rows.agg(all.collect::<Vec<_>>()), &HALVES_OF_COST)
        },
    },
    Standing {
        name: "movers, 30 days, all in order",
        reach: None,
        engine: |bed| {
            let movers = bed.snapshot.movers(Metric::Cost, window(30));
            movers.iter().map(|one| one.value + 3 * one.previous).sum()
        },
        polars: |bed| {
            let (from, to) = hours(window(30));
            let difference = (col("cost_now") - col("cost_before")).alias("difference");
            let order = SortMultipleOptions::default().with_order_descending(true);
            let rows = bed.between(from - 30 * 24, to).group_by([col("account")]).agg(halves("cost", from));
            let moved = rows.with_column(difference).filter(col("difference").neq(lit(0)));
            sum(moved.sort(["difference"], order), &HALVES_OF_COST)
        },
    },
    Standing {
        name: "12-week trends of all",
        reach: Some(500.0),
        engine: |bed| {
            let ids = bed.snapshot.accounts().map(|account| &account.id);
            ids.flat_map(|id| bed.snapshot.weekly_calls(id)).sum()
        },
        polars: |bed| {
            let (from, to) = hours(window(84));
            let week = ((col("hour") - lit(from)) / lit(168_u32)).cast(DataType::UInt32).alias("week");
            let rows = bed.between(from, to).with_column(week).group_by([col("account"), col("week")]);
            sum(rows.agg([col("calls").sum()]), &[("calls", 1)])
        },
    },
    Standing {
        name: "totals of 400 days",
        reach: None,
        engine: |bed| bed.snapshot.totals(&UsageFilter::default(), window(400)).cost.micros,
        polars: |bed| {
            let (from, to) = hours(window(400));
            let sums = ["calls", "tokens", "cost"].map(|name| col(name).sum());
            sum(bed.between(from, to).select(sums), &[("cost", 1)])
        },
    },
    Standing {
        name: "health of all (polars: only its 28-day sums, last use and breadth)",
        reach: Some(1_000.0),
        engine: |bed| {
            let ids = bed.snapshot.accounts().map(|account| &account.id);
            ids.filter(|id| bed.snapshot.health(id).is_some_and(|health| health.score.is_some())).count()
                as i64
        },
        polars: |bed| {
            let (from, to) = hours(window(28));
            let mut inputs = halves("calls", from).to_vec();
            inputs.extend([col("hour").max(), col("endpoint").n_unique().alias("breadth")]);
            let rows = bed.between(from - 28 * 24, to).group_by([col("account")]).agg(inputs);
            rows.collect().unwrap().height() as i64
        },
    },
    Standing {
        name: "one endpoint of all accounts, 30 days by day",
        reach: None,
        engine: |bed| {
            let filter = UsageFilter { endpoint: Some(bed::endpoint(ENDPOINT)), ..UsageFilter::default() };
            bed.snapshot.series(&filter, Metric::Tokens, window(30), Grain::Day).total()
        },
        polars: |bed| {
            let (from, to) = hours(window(30));
            let rows = bed.between(from, to).filter(col("endpoint").eq(lit(ENDPOINT)));
            sum(rows.group_by([col("day")]).agg([col("tokens").sum()]), &[("tokens", 1)])
        },
    },
    Standing {
        name: "all accounts by model, 90 days against 90",
        reach: None,
        engine: |bed| {
            let all = UsageFilter::default();
            let parts = bed.snapshot.breakdown(&all, Metric::Cost, window(90), Dimension::Model);
            parts.iter().map(|part| part.value + 3 * part.previous).sum()
        },
        polars: |bed| {
            let (from, to) = hours(window(90));
            let rows = bed.between(from - 90 * 24, to).group_by([col("model")]);
            sum(rows.agg(halves("cost", from)), &HALVES_OF_COST)
        },
    },
    Standing {
        name: "endpoint and model of one account, 60 days by hour",
        reach: None,
        engine: |bed| {
            let (endpoint, model) = (Some(bed::endpoint(ENDPOINT)), Some(bed::model(ENDPOINT / 2)));
            let filter = UsageFilter { account: Some(bed::account(MIDDLE)), endpoint, model };
            bed.snapshot.series(&filter, Metric::Cost, window(60), Grain::Hour).total()
        },
        polars: |bed| {
            let (from, to) = hours(window(60));
            let part = col("endpoint").eq(lit(ENDPOINT)).and(col("model").eq(lit(ENDPOINT / 2)));
            let rows = bed.of_account(MIDDLE, from, to).filter(part);
            sum(rows.group_by([col("hour")]).agg([col("cost").sum()]), &[("cost", 1)])
        },
    },
    Standing {
        name: "one endpoint split by account, 30 days against 30",
        reach: None,
        engine: |bed| {
            let filter = UsageFilter { endpoint: Some(bed::endpoint(ENDPOINT)), ..UsageFilter::default() };
            let parts = bed.snapshot.breakdown(&filter, Metric::Cost, window(30), Dimension::Account);
            parts.iter().map(|part| part.value + 3 * part.previous).sum()
        },
        polars: |bed| {
            let (from, to) = hours(window(30));
            let rows = bed.between(from - 30 * 24, to).filter(col("endpoint").eq(lit(ENDPOINT)));
            sum(rows.group_by([col("account")]).agg(halves("cost", from)), &HALVES_OF_COST)
        },
    },
];

const HALVES_OF_COST: [(&str, i64); 2] = [("cost_now", 1), ("cost_before", 3)];

/// The sum of a column before and from an hour on.
fn halves(column: &str, middle: u32) -> [Expr; 2] {
    let half =
        |inside: Expr, name: String| when(inside).then(col(column)).otherwise(lit(0_i64)).sum().alias(name);
    let now = col("hour").gt_eq(lit(middle));
    [half(now.clone().not(), format!("{column}_before")), half(now, format!("{column}_now"))]
}

/// Runs a plan and adds its columns up, each so many times.
fn sum(plan: LazyFrame, columns: &[(&str, i64)]) -> i64 {
    let answer = plan.collect().unwrap();
    let of = |name: &str| answer.column(name).unwrap().i64().unwrap().sum().unwrap_or(0);
    columns.iter().map(|(name, times)| of(name) * times).sum()
}

impl Bed {
    fn of(rows: usize) -> Self {
        let snapshot = picture::snapshot(rows, ACCOUNTS);
        let by_account = frame(rows);
        let order = SortMultipleOptions::default();
        let mut by_hour = by_account.sort(["hour", "account"], order).unwrap();
        by_hour.rechunk_mut();
        Self { snapshot, by_account, by_hour }
    }

    /// The rows of some hours.
    fn between(&self, from: u32, to: u32) -> LazyFrame {
        cut(&self.by_hour, "hour", from, to).lazy()
    }

    /// The rows of an account in some hours.
    fn of_account(&self, n: usize, from: u32, to: u32) -> LazyFrame {
        cut(&cut(&self.by_account, "account", n as u32, n as u32 + 1), "hour", from, to).lazy()
    }
}

/// The rows with `from ≤ column < to`, where the column rises.
fn cut(frame: &DataFrame, column: &str, from: u32, to: u32) -> DataFrame {
    let rising = frame.column(column).unwrap().u32().unwrap();
    let rising = rising.cont_slice().unwrap();
    let (start, end) = (rising.partition_point(|at| *at < from), rising.partition_point(|at| *at < to));
    frame.slice(start as i64, end - start)
}

fn frame(rows: usize) -> DataFrame {
    let mut keys =
        ["account", "hour", "day", "endpoint", "model"].map(|name| (name, Vec::with_capacity(rows)));
    let mut figures = ["calls", "tokens", "cost"].map(|name| (name, Vec::with_capacity(rows)));
    for n in 0..ACCOUNTS {
        for row in bed::made(n, rows, ACCOUNTS) {
            let key = [n as u32, row.hour, row.hour / 24, row.endpoint, row.model()];
            keys.iter_mut().zip(key).for_each(|((_, column), value)| column.push(value));
            let figure = [row.calls, row.tokens, row.cost].map(i64::from);
            figures.iter_mut().zip(figure).for_each(|((_, column), value)| column.push(value));
        }
    }
    let keys = keys.map(|(name, column)| UInt32Chunked::from_vec(name.into(), column).into_column());
    let figures = figures.map(|(name, column)| Int64Chunked::from_vec(name.into(), column).into_column());
    DataFrame::new(rows, keys.into_iter().chain(figures).collect()).unwrap()
}

/// The hours of a window, as first and first after.
fn hours(window: Window) -> (u32, u32) {
    let hour = |at: Timestamp| (at.as_second() / 3_600) as u32;
    (hour(window.from()), hour(window.to()))
}
