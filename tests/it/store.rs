//! What was committed is there, whatever happened after.

use std::collections::BTreeMap;
use std::path::Path;

use crate::harness::seed;
use etsm::domain::{
    Account, AccountId, AccountStatus, CommitPeriod, Contract, Initiative, InitiativeStatus,
    InitiativeUpdate, Metric, Money, Note, Priority, TokenSplit, UsageRow, Used,
};
use etsm::ingest::simulate::{Simulated, SimulationPlan};
use etsm::store::Entered;
use etsm::store::{Keep, Outcome, Recorded, Store, StoreError};
use jiff::Timestamp;
use proptest::prelude::*;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_millisecond(1_767_225_600_000 + hour * 3_600_000).unwrap()
}

fn row(account: &str, hour: i64, calls: u64) -> UsageRow {
    UsageRow {
        source: "import".parse().unwrap(),
        at: at(hour),
        account: account.parse().unwrap(),
        endpoint: "/v1/messages".parse().unwrap(),
        model: None,
        event: None,
        used: Used { api_calls: calls, errors: None, tokens: calls * 10, cost: Money::from_micros(7) },
        tokens: TokenSplit::default(),
    }
}

fn event(account: &str, hour: i64, id: &str, calls: u64) -> UsageRow {
    UsageRow { event: Some(id.parse().unwrap()), ..row(account, hour, calls) }
}

async fn record(store: &Store, rows: &[UsageRow]) -> Recorded {
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    let recorded = writer.record(rows, &[]).await.unwrap();
    writer.finish(None).await.unwrap();
    recorded
}

async fn usage(store: &Store) -> Vec<UsageRow> {
    let mut all = Vec::new();
    store.each_account_usage(None, |_account, rows| all.extend(rows)).await.unwrap();
    all
}

fn counts(recorded: &Recorded) -> (u64, u64, u64) {
    (recorded.accepted, recorded.duplicates, recorded.replaced)
}

async fn open(folder: &Path) -> Store {
    Store::open_dir(folder).await.unwrap()
}

fn ids(names: &[&str]) -> Vec<AccountId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[tokio::test]
async fn the_same_batch_again_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let rows: Vec<UsageRow> = (0..3_000).map(|hour| row("acme", hour, 5)).collect();
    let first = record(&store, &rows).await;
    assert_eq!(counts(&first), (3_000, 0, 0));
    assert_eq!(first.touched, ids(&["acme"]));
    let again = record(&store, &rows).await;
    assert_eq!(counts(&again), (0, 3_000, 0));
    assert_eq!(again.touched, []);
    assert_eq!(again.version, first.version);
    assert_eq!(usage(&store).await, rows);
    assert_eq!(store.counts().await.unwrap().usage_rows, 3_000);
}

#[tokio::test]
async fn a_restated_row_replaces() {
    let store = Store::in_memory().await.unwrap();
    record(&store, &[row("acme", 1, 5), row("bolt", 1, 5)]).await;
    let mut restated = row("acme", 1, 5);
    restated.used.errors = Some(0);
    let recorded = record(&store, &[restated.clone(), row("bolt", 1, 5)]).await;
    assert_eq!(counts(&recorded), (0, 1, 1));
    assert_eq!(recorded.touched, ids(&["acme"]));
    assert_eq!(recorded.version, store.version().await.unwrap());
    assert_eq!(usage(&store).await, [restated, row("bolt", 1, 5)]);
}

#[tokio::test]
async fn inside_a_batch_the_later_row_wins() {
    let store = Store::in_memory().await.unwrap();
    let rows =
        [row("acme", 1, 5), row("acme", 1, 5), row("acme", 1, 6), row("acme", 1, 5), row("acme", 1, 8)];
    assert_eq!(counts(&record(&store, &rows).await), (1, 1, 3));
    assert_eq!(usage(&store).await, [row("acme", 1, 8)]);
}

#[tokio::test]
async fn two_events_in_one_bucket_add_up() {
    let store = Store::in_memory().await.unwrap();
    let rows = [event("acme", 1, "a,1", 5), event("acme", 1, "a;\n2 “ü”", 5), row("acme", 1, 5)];
    assert_eq!(counts(&record(&store, &rows).await), (3, 0, 0));
    let read = usage(&store).await;
    assert_eq!(read.iter().map(|row| row.used.api_calls).sum::<u64>(), 15);
    assert!(rows.iter().all(|row| read.contains(row)), "{read:#?}");
}

#[tokio::test]
async fn sources_models_and_endpoints_are_kept_apart() {
    let store = Store::in_memory().await.unwrap();
    let mut rows = vec![row("acme", 1, 1); 4];
    rows[1].source = "push".parse().unwrap();
    rows[2].model = Some("swift-2".parse().unwrap());
    rows[3].endpoint = "/v1/files <b>".parse().unwrap();
    rows[3].used = Used { api_calls: 9, errors: Some(2), tokens: 70, cost: Money::from_micros(-3) };
    rows[3].tokens = TokenSplit { input: Some(50), output: Some(20), cached: None };
    assert_eq!(counts(&record(&store, &rows).await), (4, 0, 0));
    let read = usage(&store).await;
    assert_eq!(read.len(), 4);
    assert!(rows.iter().all(|row| read.contains(row)), "{read:#?}");
}

#[tokio::test]
async fn a_file_that_is_opened_again_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let full = Account {
        owner: Some("dana".parse().unwrap()),
        segment: Some("enterprise".into()),
        plan: Some("scale".into()),
        contract: Some(Contract {
            commit: Money::from_micros(5_000_000),
            period: CommitPeriod::Quarter,
            renewal: Some("2026-09-30".parse().unwrap()),
        }),
        tags: vec!["eu".into(), "a \"b\"".into()],
        status: AccountStatus::Paused,
        ..Account::discovered("acme".parse().unwrap(), "Acme & Söhne")
    };
    let initiative = Initiative {
        id: "ini-7".parse().unwrap(),
        account: "acme".parse().unwrap(),
        title: "Move to batch".into(),
        priority: Priority::High,
        status: InitiativeStatus::Blocked,
        owner: Some("mei".parse().unwrap()),
        expected_revenue: Some(Money::from_micros(120_000_000)),
        start: Some("2026-01-05".parse().unwrap()),
        due: None,
        target: Some(Metric::Tokens),
        updates: vec![InitiativeUpdate { at: at(1), author: "mei".parse().unwrap(), text: "Began.".into() }],
    };
    let note = Note {
        account: "acme".parse().unwrap(),
        at: at(3),
        author: "dana".parse().unwrap(),
        text: "'; DROP TABLE note; --".into(),
    };
    let act = seed::act();
    let each = Entered::Each(&act);
    for expected in [(1, 0, 0), (0, 1, 0)] {
        let put = store.put_accounts(std::slice::from_ref(&full), each).await.unwrap();
        assert_eq!(counts(&put), expected);
        let put = store.put_initiatives(std::slice::from_ref(&initiative), each).await.unwrap();
        assert_eq!(counts(&put), expected);
    }
    let later = InitiativeUpdate { at: at(2), author: "dana".parse().unwrap(), text: "Waits.".into() };
    let mut expected = initiative;
    expected.updates.push(later);
    store.put_initiatives(std::slice::from_ref(&expected), each).await.unwrap();
    store.add_notes(std::slice::from_ref(&note), &seed::act()).await.unwrap();
    store.keep("commands", "abc").await.unwrap();
    record(&store, &[row("acme", 1, 5), row("new-one", 2, 5)]).await;
    let version = store.version().await.unwrap();
    store.close().await;

    let store = open(folder.path()).await;
    store.ping().await.unwrap();
    assert_eq!(store.version().await.unwrap(), version);
    let discovered = Account::discovered("new-one".parse().unwrap(), "new-one");
    assert_eq!(store.accounts().await.unwrap(), [full, discovered]);
    assert_eq!(store.initiatives().await.unwrap(), [expected]);
    assert_eq!(store.notes().await.unwrap(), [note]);
    assert_eq!(store.kept("commands").await.unwrap().as_deref(), Some("abc"));
    assert_eq!(store.kept("other").await.unwrap(), None);
    assert_eq!(usage(&store).await, [row("acme", 1, 5), row("new-one", 2, 5)]);
    let counted = store.counts().await.unwrap();
    assert_eq!((counted.usage_rows, counted.accounts, counted.initiatives), (2, 2, 1));
}

#[tokio::test]
async fn a_discovered_account_keeps_the_name_it_was_given() {
    let store = Store::in_memory().await.unwrap();
    let id = AccountId::discovered("Café du Nord").unwrap();
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    let rows = [row(id.as_str(), 1, 1), row("plain", 1, 1)];
    writer.record(&rows, &[(id.clone(), "Café du Nord".into())]).await.unwrap();
    let names: Vec<String> = store.accounts().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["Café du Nord", "plain"]);
}

#[tokio::test]
async fn a_batch_that_is_cut_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    writer.record(&[row("acme", 1, 5)], &[]).await.unwrap();
    // The second batch is dropped as soon as it waits for the database for the n-th time; each place is cut once.
    let batch: Vec<UsageRow> = (0..500).map(|hour| row("other", hour, hour.unsigned_abs())).collect();
    let mut cuts = 0;
    for polls in 1..1_000 {
        let mut work = Box::pin(writer.record(&batch, &[]));
        let mut left = polls;
        let cut = std::future::poll_fn(|context| {
            let state = work.as_mut().poll(context);
            left -= 1;
            if state.is_pending() && left > 0 {
                std::task::Poll::Pending
            } else {
                std::task::Poll::Ready(state)
            }
        });
        let cut = cut.await;
        drop(work);
        let kept = usage(&store).await.len();
        match cut {
            // Cut while it was being committed, it may be there or not, but whole.
            std::task::Poll::Pending if kept == 1 => cuts += 1,
            std::task::Poll::Pending => assert_eq!(kept, 501),
            std::task::Poll::Ready(recorded) => assert!(recorded.is_ok()),
        }
        if kept > 1 {
            break;
        }
    }
    assert!(cuts > 1, "only {cuts} cuts left nothing");
    drop(writer);
    store.close().await;
    let store = open(folder.path()).await;
    let read = usage(&store).await;
    assert_eq!(read.len(), 501, "the batch that was not cut off is whole");
    assert_eq!(store.counts().await.unwrap().usage_rows, 501);
}

#[tokio::test]
async fn a_figure_that_does_not_fit_refuses_its_batch() {
    let store = Store::in_memory().await.unwrap();
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    let refused =
        writer.record(&[row("acme", 1, 1), row("acme", 2, i64::MAX.unsigned_abs() / 10)], &[]).await;
    assert!(refused.is_ok(), "as large as the database can hold");
    let mut large = row("acme", 3, 1);
    large.used.api_calls = u64::MAX;
    let refused = writer.record(&[row("fresh", 1, 1), large], &[]).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { figure: "api_calls", .. }), "{refused}");
    assert_eq!(counts(&writer.record(&[row("fresh", 1, 1)], &[]).await.unwrap()), (1, 0, 0));
    assert_eq!(usage(&store).await.len(), 3);
}

#[tokio::test]
async fn a_dry_run_counts_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let version = record(&store, &[row("acme", 1, 5)]).await.version;
    let mut writer = store.usage_writer(Keep::DryRun, seed::intake()).await.unwrap();
    let first = writer.record(&[row("acme", 1, 5), row("acme", 2, 5)], &[]).await.unwrap();
    assert_eq!(counts(&first), (1, 1, 0));
    let second = writer.record(&[row("acme", 2, 5), row("bolt", 2, 5)], &[]).await.unwrap();
    assert_eq!(counts(&second), (1, 1, 0));
    assert_eq!([first.version, second.version], [version, version]);
    assert_eq!(usage(&store).await, [row("acme", 1, 5)], "readers see nothing of it");
    writer.finish(Some(("import".parse().unwrap(), at(9)))).await.unwrap();
    assert_eq!(usage(&store).await, [row("acme", 1, 5)]);
    assert_eq!(store.accounts().await.unwrap().len(), 1);
    assert_eq!(store.watermarks().await.unwrap(), []);
    assert_eq!(store.version().await.unwrap(), version);
}

#[tokio::test]
async fn a_watermark_never_moves_back() {
    let store = Store::in_memory().await.unwrap();
    let finish = async |source: &str, hour: i64| {
        let writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
        writer.finish(Some((source.parse().unwrap(), at(hour)))).await.unwrap();
        store.version().await.unwrap()
    };
    let first = finish("import", 5).await;
    assert_eq!(finish("import", 3).await, first, "nothing moved");
    assert!(finish("push", 2).await > first);
    finish("import", 6).await;
    let marks = store.watermarks().await.unwrap();
    assert_eq!(marks, [("import".parse().unwrap(), at(6)), ("push".parse().unwrap(), at(2))]);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.close().await;
    let url = format!("sqlite://{}", folder.path().join("etsm.db").display());
    let raw = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .execute(&raw)
    .await
    .unwrap();
    raw.close().await;
    assert!(matches!(Store::open(&url).await, Err(StoreError::TooNew)));
}

#[tokio::test]
async fn a_bad_value_is_named_and_never_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    record(&store, &[row("acme", 1, 5)]).await;
    let url = format!("sqlite://{}", folder.path().join("etsm.db").display());
    let raw = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query("UPDATE account SET status = 'sleepy'").execute(&raw).await.unwrap();
    sqlx::query("UPDATE usage SET endpoint = 77").execute(&raw).await.unwrap();
    raw.close().await;
    let place = |failed: StoreError| match failed {
        StoreError::Corrupt { place, message } => format!("{place}: {message}"),
        other => format!("{other:?}"),
    };
    assert_eq!(
        place(store.accounts().await.unwrap_err()),
        "account.status: “sleepy”: “sleepy” is not an account status; use active, paused, closed"
    );
    let failed = store.each_account_usage(None, |_account, _rows| {}).await.unwrap_err();
    assert_eq!(place(failed), "usage.endpoint: nothing has the number 77");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_whole_batches_while_one_writes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let writing = async {
        let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
        for batch in 0..20 {
            let rows: Vec<UsageRow> = (0..300).map(|hour| row("acme", batch * 300 + hour, 1)).collect();
            writer.record(&rows, &[]).await.unwrap();
        }
    };
    let reading = async {
        let mut seen = 0;
        while seen < 6_000 {
            let now = usage(&store).await.len();
            assert!(now >= seen && now % 300 == 0, "{now} rows after {seen}");
            seen = now;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, reading, reading_accounts(&store));
}

async fn reading_accounts(store: &Store) {
    for _turn in 0..50 {
        assert!(store.accounts().await.unwrap().len() <= 1);
    }
}

#[tokio::test]
async fn only_the_accounts_asked_for_are_read_in_order() {
    let store = Store::in_memory().await.unwrap();
    record(&store, &[row("zeta", 2, 1), row("beta", 2, 1), row("zeta", 1, 1), row("alfa", 1, 1)]).await;
    let mut seen = Vec::new();
    let asked = ids(&["zeta", "unknown", "alfa", "zeta"]);
    store
        .each_account_usage(Some(&asked), |account, rows| {
            seen.push((account.to_string(), rows.iter().map(|row| row.at).collect::<Vec<_>>()));
        })
        .await
        .unwrap();
    assert_eq!(seen, [("alfa".to_owned(), vec![at(1)]), ("zeta".to_owned(), vec![at(1), at(2)])]);
}

#[tokio::test]
async fn an_initiative_id_is_given_once() {
    let store = Store::in_memory().await.unwrap();
    store
        .put_accounts(&[Account::discovered("acme".parse().unwrap(), "Acme")], Entered::Each(&seed::act()))
        .await
        .unwrap();
    let mut initiative = Initiative {
        id: "ini-2".parse().unwrap(),
        account: "acme".parse().unwrap(),
        title: "Imported under an id that would be next".into(),
        priority: Priority::Low,
        status: InitiativeStatus::Planned,
        owner: None,
        expected_revenue: None,
        start: None,
        due: None,
        target: None,
        updates: Vec::new(),
    };
    store.put_initiatives(std::slice::from_ref(&initiative), Entered::Each(&seed::act())).await.unwrap();
    let mut given = Vec::new();
    for _turn in 0..3 {
        given.push(store.next_initiative_id().await.unwrap().to_string());
    }
    assert_eq!(given, ["ini-1", "ini-3", "ini-4"]);
    initiative.account = "nobody".parse().unwrap();
    assert!(
        store.put_initiatives(&[initiative], Entered::Each(&seed::act())).await.is_err(),
        "an unknown account"
    );
}

#[tokio::test]
async fn a_simulated_portfolio_is_kept_whole() {
    let until = "2026-06-17T14:35:12Z".parse().unwrap();
    let plan = SimulationPlan { accounts: 12, days: 30, ..SimulationPlan::ending(until) };
    let simulated = Simulated::new(&plan);
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.put_accounts(&simulated.accounts, Entered::Each(&seed::act())).await.unwrap();
    store.put_initiatives(&simulated.initiatives, Entered::Each(&seed::act())).await.unwrap();
    store.add_notes(&simulated.notes, &seed::act()).await.unwrap();
    let mut expected = BTreeMap::new();
    for (account, rows) in simulated.usage() {
        let recorded = record(&store, &rows).await;
        assert_eq!(counts(&recorded), (rows.len() as u64, 0, 0));
        expected.insert(account.clone(), rows);
    }
    let mut read = BTreeMap::new();
    store.each_account_usage(None, |account, rows| drop(read.insert(account, rows))).await.unwrap();
    expected.retain(|_account, rows| !rows.is_empty());
    let in_key_order = |rows: &mut Vec<UsageRow>| rows.sort_by_key(key);
    read.values_mut().for_each(in_key_order);
    expected.values_mut().for_each(in_key_order);
    assert!(read == expected, "the rows read back differ");
    let mut initiatives = simulated.initiatives;
    initiatives.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(store.initiatives().await.unwrap(), initiatives);
    assert_eq!(store.notes().await.unwrap(), simulated.notes);
}

/// One key of few, so that batches collide often, and figures of few.
fn any_row() -> impl Strategy<Value = UsageRow> {
    (0..3_usize, 0..3_i64, 0..2_usize, 0..3_usize, 0..3_u64, 0..2_u64).prop_map(
        |(account, hour, source, event_or_model, calls, errors)| {
            let mut row = row(["acme", "bolt", "coda"][account], hour, calls);
            row.source = ["import", "push"][source].parse().unwrap();
            match event_or_model {
                0 => {}
                1 => row.event = Some("e1".parse().unwrap()),
                _ => row.model = Some("swift-2".parse().unwrap()),
            }
            row.used.errors = (errors > 0).then_some(errors);
            row
        },
    )
}

type Key = (AccountId, Timestamp, String);

fn key(row: &UsageRow) -> Key {
    (row.account.clone(), row.at, format!("{} {:?} {} {:?}", row.endpoint, row.model, row.source, row.event))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_batches_equal_a_plain_map(batches in prop::collection::vec(prop::collection::vec(any_row(), 0..40), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::in_memory().await.unwrap();
            let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
            let mut model: BTreeMap<Key, UsageRow> = BTreeMap::new();
            let mut version = 0;
            for batch in &batches {
                let mut outcomes = Vec::new();
                let mut touched = Vec::new();
                for row in batch {
                    outcomes.push(match model.insert(key(row), row.clone()) {
                        None => Outcome::Accepted,
                        Some(before) if before == *row => Outcome::Duplicate,
                        Some(before) => Outcome::Replaced { before: before.used },
                    });
                    if outcomes.last() != Some(&Outcome::Duplicate) {
                        touched.push(row.account.clone());
                    }
                }
                let accepted = outcomes.iter().filter(|one| **one == Outcome::Accepted).count() as u64;
                let duplicates = outcomes.iter().filter(|one| **one == Outcome::Duplicate).count() as u64;
                let replaced = batch.len() as u64 - accepted - duplicates;
                touched.sort();
                touched.dedup();
                let recorded = writer.record(batch, &[]).await.unwrap();
                assert_eq!(counts(&recorded), (accepted, duplicates, replaced));
                assert_eq!(recorded.outcomes, outcomes);
                assert_eq!(recorded.touched, touched);
                assert_eq!(recorded.version > version, accepted + replaced > 0);
                version = recorded.version;
            }
            let read = usage(&store).await;
            assert!(read.is_sorted_by_key(|row| (row.account.clone(), row.at)));
            let read: BTreeMap<Key, UsageRow> = read.into_iter().map(|row| (key(&row), row)).collect();
            assert_eq!(read, model);
            assert_eq!(store.counts().await.unwrap().usage_rows, model.len() as u64);
        });
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("etsm.db"), "a letter to a friend, and no database at all").unwrap();
    let opened =
        tokio::time::timeout(std::time::Duration::from_secs(20), Store::open_dir(folder.path())).await;
    let error = opened.expect("it is refused at once").unwrap_err();
    assert!(matches!(error, StoreError::Damaged { doing: "opening it", .. }), "{error}");
    assert!(error.to_string().contains("etsm restore FILE"), "{error}");
    let kept = std::fs::read_to_string(folder.path().join("etsm.db")).unwrap();
    assert!(kept.starts_with("a letter"), "a file that is not ours stays as it was");
}
