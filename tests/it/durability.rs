//! A database that is damaged, full, copied or put back: what was acknowledged is there, or it is said that it is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use etsm::domain::UsageRow;
use etsm::ingest::simulate::{Simulated, SimulationPlan};
use etsm::store::{Copied, Entered, Keep, Store, StoreError};
use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use sqlx::AnyPool;

use crate::harness::seed;

/// Sums of calls, tokens and cost by account and day: what figures are made of.
type Sums = BTreeMap<(String, i64), (u64, u64, i64)>;

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

fn database(folder: &Path) -> PathBuf {
    folder.join("etsm.db")
}

/// A database with usage in this folder, a backup of it, and what its figures are made of.
async fn copied(folder: &Path, accounts: usize, days: u16) -> (Store, PathBuf, Sums) {
    let store = Store::open_dir(folder).await.unwrap();
    fill(&store, accounts, days).await;
    let then = sums(&store).await.unwrap();
    let backup = folder.join("backup.db");
    store.back_up(&backup, Copied::Beside).await.unwrap();
    (store, backup, then)
}

async fn fill(store: &Store, accounts: usize, days: u16) {
    let until: Timestamp = "2026-06-17T14:35:12Z".parse().unwrap();
    let plan =
        SimulationPlan { accounts: accounts.try_into().unwrap(), days, ..SimulationPlan::ending(until) };
    let simulated = Simulated::new(&plan);
    store.put_accounts(&simulated.accounts, Entered::Each(&seed::act())).await.unwrap();
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    for (_account, rows) in simulated.usage() {
        writer.record(&rows, &[]).await.unwrap();
    }
}

async fn sums(store: &Store) -> Result<Sums, StoreError> {
    let mut all = Sums::new();
    store
        .each_account_usage(None, |account, rows| {
            for row in rows {
                let day = row.at.as_second().div_euclid(86_400);
                let sum = all.entry((account.to_string(), day)).or_default();
                sum.0 += row.used.api_calls;
                sum.1 += row.used.tokens;
                sum.2 += row.used.cost.micros;
            }
        })
        .await?;
    Ok(all)
}

/// Opens a file as the service does: the schema, the pages, and all usage.
async fn served(file: &Path) -> Result<Sums, StoreError> {
    let store = Store::open(&url(file)).await?;
    let read = async {
        store.check_pages().await?;
        sums(&store).await
    };
    let read = read.await;
    store.close().await;
    read
}

fn row(hour: i64, event: &str) -> UsageRow {
    let at = Timestamp::from_second(1_767_225_600 + hour * 3_600).unwrap();
    UsageRow {
        source: "push".parse().unwrap(),
        at,
        account: "acme".parse().unwrap(),
        endpoint: "/v1/messages".parse().unwrap(),
        model: None,
        event: Some(event.parse().unwrap()),
        used: etsm::domain::Used {
            api_calls: 1,
            errors: None,
            tokens: 10,
            cost: etsm::domain::Money::from_micros(7),
        },
        tokens: etsm::domain::TokenSplit::default(),
    }
}

#[tokio::test]
async fn a_damaged_file_gives_the_right_sums_or_none() {
    const TRIALS: u64 = 150;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_dir(folder.path()).await.unwrap();
    fill(&store, 8, 16).await;
    store.close().await;
    let whole = std::fs::read(database(folder.path())).unwrap();
    let right = served(&database(folder.path())).await.unwrap();
    assert!(right.len() > 50 && whole.len() / 4_096 > 30, "{} sums, {} bytes", right.len(), whole.len());

    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    let (mut opened, mut refused) = (0, 0);
    for trial in 0..TRIALS {
        let mut bytes = whole.clone();
        // Any page is as likely as any other, and within it any byte; now and then a page is cut off, or one stands twice.
        let page = random.random_range(0..bytes.len() / 4_096);
        let at = page * 4_096 + random.random_range(0..4_096);
        match trial % 10 {
            8 => bytes.truncate(at),
            9 => bytes.copy_within(page * 4_096..(page + 1) * 4_096, (page / 2) * 4_096),
            _ => bytes[at] ^= random.random_range(1..=255_u8),
        }
        let damaged = tempfile::tempdir().unwrap();
        let file = database(damaged.path());
        std::fs::write(&file, &bytes).unwrap();
        match served(&file).await {
            Ok(sums) => {
                assert!(sums == right, "trial {trial}: byte {at} of page {page} changed the sums");
                opened += 1;
            }
            Err(error) => {
                let said = error.to_string();
                assert!(
                    said.contains("etsm restore") || said.contains("schema") || said.contains("newer etsm"),
                    "{said}"
                );
                refused += 1;
            }
        }
    }
    assert!(opened > 0 && refused > TRIALS / 4, "{opened} opened, {refused} refused");
}

#[tokio::test]
async fn rows_that_were_changed_or_lost_behind_its_back_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_dir(folder.path()).await.unwrap();
    fill(&store, 2, 3).await;
    assert!(sums(&store).await.is_ok());
    let raw = AnyPool::connect(&url(&database(folder.path()))).await.unwrap();
    for meddling in [
        "UPDATE usage SET tokens = tokens + 1 WHERE at_ms = (SELECT MIN(at_ms) FROM usage)",
        "DELETE FROM usage WHERE account = 1",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(meddling)).execute(&raw).await.unwrap();
        let said = sums(&store).await.unwrap_err().to_string();
        assert!(said.contains("not those that were written") && said.contains("etsm restore"), "{said}");
    }
    // Usage that is older than the sums cannot be held against them.
    sqlx::query("UPDATE account SET usage_sum = NULL").execute(&raw).await.unwrap();
    assert!(sums(&store).await.is_ok());
    raw.close().await;
}

#[tokio::test]
async fn a_migration_is_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    Store::open_dir(folder.path()).await.unwrap().close().await;
    let raw = AnyPool::connect(&url(&database(folder.path()))).await.unwrap();
    // As before one migration, but for a table in its way.
    for step in [
        "DELETE FROM _sqlx_migrations WHERE version = 13",
        "ALTER TABLE account DROP COLUMN usage_sum",
        "DROP TABLE own_use",
        "CREATE TABLE own_use (other TEXT)",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(step)).execute(&raw).await.unwrap();
    }
    let failed = Store::open_dir(folder.path()).await.unwrap_err().to_string();
    assert!(failed.contains("bringing the schema up to date"), "{failed}");
    let columns: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM pragma_table_info('account') WHERE name = 'usage_sum'")
            .fetch_one(&raw)
            .await
            .unwrap();
    assert_eq!(columns, 0, "its first step was taken back");
    sqlx::query("DROP TABLE own_use").execute(&raw).await.unwrap();
    raw.close().await;
    Store::open_dir(folder.path()).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_others_write_is_a_whole_earlier_state() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_dir(folder.path()).await.unwrap();
    fill(&store, 3, 4).await;
    let before = store.counts().await.unwrap().usage_rows;
    let backup = folder.path().join("backups.db");
    let writing = async {
        let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
        for batch in 0..40 {
            let rows: Vec<UsageRow> = (0..50).map(|one| row(batch, &format!("e-{batch}-{one}"))).collect();
            writer.record(&rows, &[]).await.unwrap();
        }
    };
    let (made, ()) = tokio::join!(store.back_up(&backup, Copied::Beside), writing);
    let made = made.unwrap().usage_rows;
    assert!(made >= before && (made - before) % 50 == 0, "{made} rows after {before}: batches are whole");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&backup).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let again = store.back_up(&backup, Copied::Beside).await.unwrap_err().to_string();
    assert!(again.contains("--force"), "{again}");
    assert_eq!(store.back_up(&backup, Copied::Over).await.unwrap().usage_rows, before + 2_000);
    store.close().await;
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".making")), "{left:?}");
}

#[tokio::test]
async fn a_backup_is_put_back_when_nobody_uses_the_database_and_the_old_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (store, backup, then) = copied(folder.path(), 3, 4).await;
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    writer.record(&[row(1, "later")], &[]).await.unwrap();
    drop(writer);
    let later = sums(&store).await.unwrap();
    let (own, now) = (url(&database(folder.path())), "2026-06-18T08:00:00Z".parse().unwrap());

    let held = Store::restore(&own, &backup, now).await.unwrap_err().to_string();
    assert!(held.contains("stop the service"), "{held}");
    store.close().await;
    drop(store);

    let restored = Store::restore(&own, &backup, now).await.unwrap();
    let kept = restored.replaced.unwrap();
    assert!(kept.ends_with("etsm.db.replaced-20260618T080000Z"), "{}", kept.display());
    assert_eq!(served(&database(folder.path())).await.unwrap(), then);
    assert_eq!(served(&kept).await.unwrap(), later);
}

#[tokio::test]
async fn what_a_killed_service_had_committed_is_in_the_database_that_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (_open, backup, then) = copied(folder.path(), 2, 2).await;
    // The files as a process leaves them that is killed: its last commits lie in the log alone.
    let killed = tempfile::tempdir().unwrap();
    for ending in ["", "-wal"] {
        std::fs::copy(
            folder.path().join(format!("etsm.db{ending}")),
            killed.path().join(format!("etsm.db{ending}")),
        )
        .unwrap();
    }
    let now = "2026-06-18T08:00:00Z".parse().unwrap();
    let restored = Store::restore(&url(&database(killed.path())), &backup, now).await.unwrap();
    assert_eq!(served(&restored.replaced.unwrap()).await.unwrap(), then);
    assert_eq!(served(&database(killed.path())).await.unwrap(), then);
}

#[tokio::test]
async fn a_damaged_backup_and_other_files_are_never_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, backup, then) = copied(folder.path(), 3, 4).await;
    store.close().await;
    drop(store);
    let mut bytes = std::fs::read(&backup).unwrap();
    // The kind of a page in the middle: no part of the file is read without it.
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle] ^= 0x55;
    let (damaged, letter, other) =
        (folder.path().join("damaged.db"), folder.path().join("letter.db"), folder.path().join("other.db"));
    std::fs::write(&damaged, &bytes).unwrap();
    std::fs::write(&letter, "a letter to a friend").unwrap();
    let raw = AnyPool::connect(&format!("{}?mode=rwc", url(&other))).await.unwrap();
    sqlx::query("CREATE TABLE book (title TEXT)").execute(&raw).await.unwrap();
    raw.close().await;
    let now = "2026-06-18T08:00:00Z".parse().unwrap();
    for (file, words) in [
        (damaged, ""),
        (letter, "damaged"),
        (other, "not one of etsm"),
        (folder.path().join("none.db"), "reading"),
    ] {
        let refused =
            Store::restore(&url(&database(folder.path())), &file, now).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{}: {refused}", file.display());
    }
    assert_eq!(served(&database(folder.path())).await.unwrap(), then, "the database stands as it stood");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    let odd = |name: &&std::ffi::OsString| {
        let name = name.to_string_lossy();
        name.contains("restoring") || name.contains("replaced")
    };
    assert!(!left.iter().any(|name| odd(&name)), "{left:?}");
}

#[tokio::test]
async fn a_full_database_keeps_what_it_acknowledged_answers_and_recovers_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let file = database(folder.path());
    let store = Store::open_within(&url(&file), Some(3_000_000)).await.unwrap();
    assert!(store.has_room().await);
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    let mut acknowledged = 0;
    let refused = loop {
        let rows: Vec<UsageRow> =
            (0..500).map(|one| row(acknowledged / 500, &format!("event-{acknowledged}-{one}"))).collect();
        match writer.record(&rows, &[]).await {
            Ok(recorded) => acknowledged += i64::try_from(recorded.accepted).unwrap(),
            Err(refused) => break refused,
        }
        assert!(acknowledged < 1_000_000, "it fills up");
    };
    assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
    assert!(!store.has_room().await);
    // Reading goes on, and shows all that was acknowledged and nothing of the batch that was refused.
    let read = sums(&store).await.unwrap().values().map(|sum| sum.0).sum::<u64>();
    assert_eq!((i64::try_from(read).unwrap(), acknowledged > 1_000), (acknowledged, true));

    // Someone makes room, as a retention job does.
    let raw = AnyPool::connect(&url(&file)).await.unwrap();
    sqlx::query("UPDATE account SET usage_sum = NULL").execute(&raw).await.unwrap();
    sqlx::query("DELETE FROM usage WHERE at_ms < (SELECT MAX(at_ms) FROM usage)")
        .execute(&raw)
        .await
        .unwrap();
    raw.close().await;
    assert!(store.has_room().await, "no restart is needed");
    writer.record(&[row(9_999, "after")], &[]).await.unwrap();
}
