//! What it costs to build, keep, restore and publish pictures, and what readers notice of it.
//!
//! `cargo bench --bench publishing` takes 10 million hourly rows; `-- 1` names other millions.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "its tables are its output")]

mod bed;
mod meter;
mod picture;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bed::{ACCOUNTS, account, window};
use etsm::domain::{AccountId, Currency, Grain, Metric, UsageFilter};
use etsm::engine::{Dimension, Engine, HealthRules, Snapshot, SourceMark, Unpacked};
use jiff::SignedDuration;
use meter::{measure, shown};
use rayon::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Accounts of the sparse portfolio, and rows of each.
const SPARSE: (usize, usize) = (100_000, 20);

fn main() {
    let mut sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10];
    }
    for millions in sizes {
        let rows = millions * 1_000_000;
        println!("\n{millions} M rows, {ACCOUNTS} accounts\n");
        let snapshot = keep_and_restore(rows, ACCOUNTS);
        publish(&snapshot, rows);
        readers(snapshot, rows);
    }
    let (accounts, own) = SPARSE;
    println!("\nSparse: {accounts} accounts of {own} rows\n");
    let snapshot = keep_and_restore(accounts * own, accounts);
    questions(&snapshot);
}

/// From raw rows, to bytes, and back: the start of the program without its files.
fn keep_and_restore(rows: usize, accounts: usize) -> Snapshot {
    let before = resident_bytes();
    let began = Instant::now();
    let first = picture::snapshot(rows, accounts);
    let built = began.elapsed();
    let resident = resident_bytes().saturating_sub(before);
    println!("| what | |\n|---|---:|");
    println!("| built and judged from raw rows | {} |", shown(built));
    println!("| resident | {:.1} bytes a row |", resident as f64 / rows as f64);
    let began = Instant::now();
    let ids: Vec<AccountId> = (0..accounts).map(account).collect();
    let packed: Vec<Vec<u8>> = ids.iter().map(|id| first.packed_usage(id)).collect();
    println!("| packed for the checkpoint | {} |", shown(began.elapsed()));
    let bytes: usize = packed.iter().map(Vec::len).sum();
    println!("| packed size | {:.1} bytes a row |", bytes as f64 / rows as f64);
    let began = Instant::now();
    let unpacked: Vec<Unpacked> = packed.par_iter().map(|bytes| Unpacked::read(bytes).unwrap()).collect();
    println!("| unpacked | {} |", shown(began.elapsed()));
    let mut draft = picture::draft(accounts);
    for (id, usage) in ids.iter().zip(unpacked) {
        draft.restore(id, usage);
    }
    let second = draft.finish(1, bed::as_of());
    println!("| unpacked, summed and judged | {} |", shown(began.elapsed()));
    let all = UsageFilter::default();
    assert_eq!(second.totals(&all, window(400)), first.totals(&all, window(400)));
    second
}

/// The next picture after a batch that touched the first accounts.
fn next(snapshot: &Snapshot, touched: usize, rows: usize, version: u64, later: i64) -> Snapshot {
    let mut draft = snapshot.draft();
    for n in 0..touched {
        draft.usage(&account(n), bed::usage(n, rows, ACCOUNTS));
    }
    let as_of = bed::as_of() + SignedDuration::from_hours(later);
    draft.watermarks(vec![SourceMark { source: bed::source(), watermark: as_of }]);
    draft.finish(version, as_of)
}

fn publish(snapshot: &Snapshot, rows: usize) {
    println!(
        "\n| published accounts | in the same hour | an hour later | a day later |\n|---|---:|---:|---:|"
    );
    for touched in [1, 10, ACCOUNTS] {
        let cells = [0, 1, 24].map(|later| {
            let cost = measure(|| next(snapshot, touched, rows, 2, later));
            format!("{} ({} CPU)", shown(cost.wall), shown(cost.cpu))
        });
        println!("| {touched} | {} |", cells.join(" | "));
    }
}

/// One thread asks without a pause, first alone, then while another publishes without a pause.
fn readers(snapshot: Snapshot, rows: usize) {
    let engine = Engine::new(Arc::new(HealthRules::default_rules()), Currency::USD);
    engine.publish(snapshot);
    println!("\n| reader asks | p50 | p99 | longest |\n|---|---:|---:|---:|");
    for (name, ask) in QUESTIONS {
        for touched in [0, 10, ACCOUNTS] {
            let mut times = ask_while_published(&engine, ask, touched, rows);
            times.sort_unstable();
            let at = |part: f64| shown(times[((times.len() - 1) as f64 * part) as usize]);
            let beside = match touched {
                0 => "alone".to_owned(),
                some => format!("while {some} accounts are published again and again"),
            };
            println!("| {name}, {beside} | {} | {} | {} |", at(0.5), at(0.99), at(1.0));
        }
    }
}

type Ask = fn(&Snapshot) -> i64;

const QUESTIONS: [(&str, Ask); 2] = [
    ("one account, 30 days by day", |snapshot| {
        let filter = UsageFilter::of(account(ACCOUNTS / 2));
        snapshot.series(&filter, Metric::ApiCalls, window(30), Grain::Day).total()
    }),
    ("portfolio, 30 days against 30", |snapshot| snapshot.portfolio(window(30)).accounts.len() as i64),
];

fn ask_while_published(engine: &Engine, ask: Ask, touched: usize, rows: usize) -> Vec<Duration> {
    let over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let asking = threads.spawn(|| {
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                std::hint::black_box(ask(&engine.snapshot()));
                times.push(began.elapsed());
            }
            times
        });
        let (began, mut version) = (Instant::now(), 2);
        while began.elapsed() < Duration::from_secs(4) {
            match touched {
                0 => std::thread::sleep(Duration::from_millis(100)),
                some => engine.publish(next(&engine.snapshot(), some, rows, version, 0)),
            }
            version += 1;
        }
        over.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    })
}

fn questions(snapshot: &Snapshot) {
    let all = UsageFilter::default();
    let endpoint = UsageFilter { endpoint: Some(bed::endpoint(1)), ..UsageFilter::default() };
    println!("\n| question | |\n|---|---:|");
    let cost = measure(|| snapshot.portfolio(window(30)));
    println!("| portfolio, 30 days against 30 | {} |", shown(cost.wall));
    let cost = measure(|| snapshot.movers(Metric::ApiCalls, window(30)));
    println!("| movers | {} |", shown(cost.wall));
    let cost = measure(|| snapshot.series(&endpoint, Metric::Tokens, window(30), Grain::Day));
    println!("| one endpoint of all accounts, 30 days by day | {} |", shown(cost.wall));
    let cost = measure(|| snapshot.breakdown(&all, Metric::Cost, window(90), Dimension::Model));
    println!("| by model, 90 days against 90 | {} |", shown(cost.wall));
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) * 1_024
}
