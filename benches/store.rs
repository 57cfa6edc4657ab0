//! How fast usage becomes durable, and how fast all of it is read back.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use divan::Bencher;
use divan::counter::ItemsCount;
use etsm::domain::Act;
use etsm::domain::AuditKind;
use etsm::domain::How;
use etsm::domain::{AccountId, Endpoint, Money, TokenSplit, UsageRow, Used};
use etsm::store::Intake;
use etsm::store::{Keep, Store};
use jiff::Timestamp;
use tokio::runtime::Runtime;

const ROWS: usize = 200_000;
const ACCOUNTS: usize = 200;

fn main() {
    divan::main();
}

/// Hour by hour over all accounts, as a source delivers them.
fn rows() -> Vec<UsageRow> {
    let accounts: Vec<AccountId> =
        (0..ACCOUNTS).map(|n| format!("account-{n:04}").parse().unwrap()).collect();
    let endpoints: [Endpoint; 2] = ["/v1/messages", "/v1/batch"].map(|text| text.parse().unwrap());
    let source: etsm::domain::SourceId = "bench".parse().unwrap();
    let model: etsm::domain::Model = "large".parse().unwrap();
    (0..ROWS)
        .map(|n| UsageRow {
            source: source.clone(),
            at: Timestamp::from_second(1_750_000_000 / 3_600 * 3_600 + (n / ACCOUNTS / 2) as i64 * 3_600)
                .unwrap(),
            account: accounts[n / 2 % ACCOUNTS].clone(),
            endpoint: endpoints[n % 2].clone(),
            model: Some(model.clone()),
            event: None,
            used: Used {
                api_calls: n as u64 % 977,
                errors: Some(n as u64 % 7),
                tokens: n as u64 * 37 % 1_000_003,
                cost: Money::from_micros(n as i64 * 91 % 5_000_011),
            },
            tokens: TokenSplit {
                input: Some(n as u64 * 31 % 700_001),
                output: Some(n as u64 % 300_007),
                cached: None,
            },
        })
        .collect()
}

async fn record(store: &Store, rows: &[UsageRow], batch: usize) -> u64 {
    let mut writer = store
        .usage_writer(
            Keep::Yes,
            Intake::new(
                Act::of_service(How::Start, jiff::Timestamp::UNIX_EPOCH),
                AuditKind::ImportUsage,
                "bench",
            ),
        )
        .await
        .unwrap();
    let mut accepted = 0;
    for batch in rows.chunks(batch) {
        accepted += writer.record(batch, &[]).await.unwrap().accepted;
    }
    accepted
}

#[divan::bench(args = [10_000, 100], sample_count = 3, sample_size = 1)]
fn new_rows_durable(bencher: Bencher, batch: usize) {
    let runtime = Runtime::new().unwrap();
    let rows = rows();
    let some = &rows[..if batch < 1_000 { ROWS / 10 } else { ROWS }];
    bencher
        .counter(ItemsCount::new(some.len()))
        .with_inputs(|| {
            let folder = tempfile::tempdir().unwrap();
            let store = runtime.block_on(Store::open_dir(folder.path())).unwrap();
            (folder, store)
        })
        .bench_local_values(|(folder, store)| {
            assert_eq!(runtime.block_on(record(&store, some, batch)), some.len() as u64);
            folder
        });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn the_same_rows_again(bencher: Bencher) {
    let runtime = Runtime::new().unwrap();
    let rows = rows();
    let folder = tempfile::tempdir().unwrap();
    let store = runtime.block_on(Store::open_dir(folder.path())).unwrap();
    runtime.block_on(record(&store, &rows, 10_000));
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench_local(|| assert_eq!(runtime.block_on(record(&store, &rows, 10_000)), 0));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn everything_read_back(bencher: Bencher) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = runtime.block_on(Store::open_dir(folder.path())).unwrap();
    runtime.block_on(record(&store, &rows(), 10_000));
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let mut read = 0;
        runtime.block_on(store.each_account_usage(None, |_account, rows| read += rows.len())).unwrap();
        assert_eq!(read, ROWS);
    });
}
