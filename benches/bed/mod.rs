//! The rows that all benches of the engine are about, and what they cost in memory and time.
//!
//! 2,000 accounts over 420 days, six endpoints and three models; the data end at 16:00, so that no window begins at
//! midnight.

use std::sync::Arc;
use std::time::{Duration, Instant};

use etsm::domain::{
    Account, AccountId, Currency, Endpoint, Model, Money, Range, SourceId, TokenSplit, UsageRow, Used, Window,
};
use etsm::engine::{Draft, HealthRules, Snapshot, SourceMark};
use jiff::Timestamp;

pub(crate) const ACCOUNTS: usize = 2_000;
const DAYS: usize = 420;
const ENDPOINTS: u32 = 6;
/// 2025-01-01, in hours since 1970.
const FIRST_HOUR: u32 = 482_136;
/// The last day ends at 16:00.
const HOURS: usize = DAYS * 24 - 8;

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

/// One row of an account.
#[derive(Clone, Copy)]
pub(crate) struct Made {
    pub(crate) hour: u32,
    pub(crate) endpoint: u32,
    pub(crate) calls: u32,
    pub(crate) tokens: u32,
    pub(crate) cost: u32,
}

impl Made {
    pub(crate) fn model(self) -> u32 {
        self.endpoint / 2
    }
}

/// The rows of the `n`th of `accounts`, rising in time.
pub(crate) fn made(n: usize, rows: usize, accounts: usize) -> impl Iterator<Item = Made> {
    let mut dice = Dice(n as u64);
    let own = rows / accounts;
    (0..own).map(move |row| {
        let hour = FIRST_HOUR + (row * HOURS / own) as u32;
        let calls = 1 + dice.roll(2_000) as u32;
        let endpoint = dice.roll(u64::from(ENDPOINTS)) as u32;
        Made { hour, endpoint, calls, tokens: calls * 900, cost: calls * 1_300 }
    })
}

pub(crate) fn account(n: usize) -> AccountId {
    format!("account-{n:05}").parse().unwrap()
}

pub(crate) fn endpoint(n: u32) -> Endpoint {
    format!("/v1/endpoint-{n}").parse().unwrap()
}

pub(crate) fn model(n: u32) -> Model {
    format!("model-{n}").parse().unwrap()
}

pub(crate) fn source() -> SourceId {
    "import".parse().unwrap()
}

fn hour_start(hour: u32) -> Timestamp {
    Timestamp::from_second(i64::from(hour) * 3_600).unwrap()
}

/// The end of the data.
pub(crate) fn as_of() -> Timestamp {
    hour_start(FIRST_HOUR + HOURS as u32)
}

pub(crate) fn window(days: u16) -> Window {
    Range::Days(days).window(as_of())
}

/// The hours of a window, as first and first after.
pub(crate) fn hours(window: Window) -> (u32, u32) {
    let hour = |at: Timestamp| (at.as_second() / 3_600) as u32;
    (hour(window.from()), hour(window.to()))
}

/// The same rows as a source delivers them.
pub(crate) fn usage(n: usize, rows: usize, accounts: usize) -> impl Iterator<Item = UsageRow> {
    let endpoints: Vec<Endpoint> = (0..ENDPOINTS).map(endpoint).collect();
    let models: Vec<Model> = (0..ENDPOINTS / 2).map(model).collect();
    let (source, account) = (source(), account(n));
    made(n, rows, accounts).map(move |row| UsageRow {
        source: source.clone(),
        at: hour_start(row.hour),
        account: account.clone(),
        endpoint: endpoints[row.endpoint as usize].clone(),
        model: Some(models[row.model() as usize].clone()),
        event: None,
        used: Used {
            api_calls: u64::from(row.calls),
            errors: None,
            tokens: u64::from(row.tokens),
            cost: Money::from_micros(i64::from(row.cost)),
        },
        tokens: TokenSplit::default(),
    })
}

/// A draft with accounts and a watermark, and no usage yet.
pub(crate) fn draft(accounts: usize) -> Draft {
    let empty = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD);
    let mut draft = empty.draft();
    draft.accounts((0..accounts).map(|n| Account::discovered(account(n), "Account")));
    draft.watermarks(vec![SourceMark { source: source(), watermark: as_of() }]);
    draft
}

/// A snapshot of so many rows, from raw rows.
pub(crate) fn snapshot(rows: usize, accounts: usize) -> Snapshot {
    let mut draft = draft(accounts);
    for n in 0..accounts {
        draft.usage(&account(n), usage(n, rows, accounts));
    }
    draft.finish(1, as_of())
}

/// What all threads of this process have used of the cores so far.
pub(crate) fn cpu() -> Duration {
    let mut nanos = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let used = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanos += used.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    }
    Duration::from_nanos(nanos)
}

/// What one run of some work takes.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// The median.
    pub(crate) wall: Duration,
    /// The mean, over all threads.
    pub(crate) cpu: Duration,
}

/// Runs `work` again and again for about a second, at least five times, after one run that is not counted.
pub(crate) fn measure<T>(mut work: impl FnMut() -> T) -> Cost {
    let mut run = |times: u32| {
        let began = Instant::now();
        for _ in 0..times {
            std::hint::black_box(work());
        }
        began.elapsed()
    };
    // Short work is timed in bundles, or the clock would be most of it.
    let bundle = (Duration::from_micros(50).as_nanos() / run(1).as_nanos().max(1)).clamp(1, 200) as u32;
    let (began, used, mut walls) = (Instant::now(), cpu(), Vec::new());
    while walls.len() < 5 || (began.elapsed() < Duration::from_secs(1) && walls.len() < 5_000) {
        walls.push(run(bundle) / bundle);
    }
    let cpu = (cpu() - used) / (walls.len() as u32 * bundle);
    walls.sort_unstable();
    Cost { wall: walls[walls.len() / 2], cpu }
}

/// A duration as a person reads it: `2.7 µs`, `51 ms`.
pub(crate) fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..10.0 => format!("{micros:.2} µs"),
        ..1_000.0 => format!("{micros:.0} µs"),
        ..100_000.0 => format!("{:.1} ms", micros / 1e3),
        ..1_000_000.0 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}
