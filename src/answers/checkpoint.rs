//! Usage kept between starts: which accounts need not be read from the store, and when to write down what they hold.
//!
//! Invariant: what is taken from a checkpoint equals what the store holds in the same state. A checkpoint that cannot
//! be used costs time and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::domain::AccountId;
use crate::engine::Draft;
use crate::engine::PACKED_FORMAT;
use crate::engine::Snapshot;
use crate::engine::Unpacked;
use crate::store::Block;
use crate::store::Checkpoint;
use crate::store::CheckpointFile;
use crate::store::Stamp;

/// States of accounts' usage.
pub(super) type Stamps = HashMap<AccountId, Stamp>;

/// Takes the usage of these accounts from the checkpoint, as far as it is there in this state, and returns whose was.
/// Reads files and uses all cores.
pub(super) fn restore(
    file: &CheckpointFile,
    database: &str,
    wanted: &Stamps,
    draft: &mut Draft,
) -> Vec<AccountId> {
    let read = || -> anyhow::Result<Vec<(AccountId, Unpacked)>> {
        let Some(checkpoint) = file.open(database, PACKED_FORMAT)? else { return Ok(Vec::new()) };
        // In the order in which the file holds them, so that a cold disk reads ahead.
        let mut wanted: Vec<(&AccountId, &Stamp)> = wanted.iter().collect();
        wanted.sort_unstable_by_key(|(account, _)| *account);
        let restored = wanted.into_par_iter().map(|(account, stamp)| block(&checkpoint, account, *stamp));
        let restored: Vec<_> = restored.collect::<anyhow::Result<_>>()?;
        Ok(restored.into_iter().flatten().collect())
    };
    let restored = read().unwrap_or_else(|error| {
        tracing::warn!(
            path = %file.path().display(),
            error = format!("{error:#}"),
            "The checkpoint is not used, all usage is read from the database"
        );
        Vec::new()
    });
    let accounts = restored.into_iter().map(|(account, usage)| {
        draft.restore(&account, usage);
        account
    });
    accounts.collect()
}

fn block(
    checkpoint: &Checkpoint,
    account: &AccountId,
    stamp: Stamp,
) -> anyhow::Result<Option<(AccountId, Unpacked)>> {
    let Some(bytes) = checkpoint.block(account, stamp)? else { return Ok(None) };
    Ok(Some((account.clone(), Unpacked::read(&bytes)?)))
}

/// The hourly rows that are shown and that a start would have to read from the store.
pub(super) fn stale_rows(snapshot: &Snapshot, shown: &Stamps, saved: &Stamps) -> usize {
    let stale = shown.iter().filter(|(account, stamp)| saved.get(*account) != Some(*stamp));
    stale.map(|(account, _)| snapshot.rows_of(account)).sum()
}

/// Writes down the usage of all accounts whose state is known. Writes files.
pub(super) fn save(
    file: &CheckpointFile,
    database: &str,
    snapshot: &Arc<Snapshot>,
    shown: &Stamps,
) -> anyhow::Result<()> {
    // In the order of the ids, so that equal usage makes equal files.
    let known = snapshot.accounts().filter_map(|account| Some((&account.id, *shown.get(&account.id)?)));
    let blocks = known.map(|(account, stamp)| Block {
        account: account.clone(),
        stamp,
        bytes: snapshot.packed_usage(account),
    });
    Ok(file.write(database, PACKED_FORMAT, blocks)?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use jiff::Timestamp;

    use super::super::desk::Desk;
    use super::super::publisher::Publisher;
    use super::*;
    use crate::config::HealthRules;
    use crate::domain::*;
    use crate::engine::Dimension;
    use crate::engine::Engine;
    use crate::store::Keep;
    use crate::store::Store;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            "2026-03-05T12:00:00Z".parse().unwrap()
        }
    }

    /// Sixty days of an account, each `calls` of the day.
    fn rows(account: &str, calls: impl Fn(i64) -> u64) -> Vec<UsageRow> {
        let row = |hour: i64| UsageRow {
            source: "import".parse().unwrap(),
            at: Noon.now() - jiff::SignedDuration::from_hours(hour),
            account: account.parse().unwrap(),
            endpoint: format!("/v1/{}", hour % 3).parse().unwrap(),
            model: (hour % 2 == 0).then(|| "m".parse().unwrap()),
            event: None,
            used: Used {
                api_calls: calls(hour),
                errors: (hour % 5 == 0).then_some(1),
                tokens: calls(hour) * 9,
                cost: Money::from_micros(hour * 1_000_000_007 % 9_000_000_011 - 9),
            },
            tokens: TokenSplit::default(),
        };
        (1..60 * 24).step_by(5).map(row).collect()
    }

    async fn record(store: &Store, rows: &[UsageRow]) {
        let mut writer = store.usage_writer(Keep::Yes, intake()).await.unwrap();
        writer.record(rows, &[]).await.unwrap();
        writer.finish(Some(("import".parse().unwrap(), Noon.now()))).await.unwrap();
    }

    async fn filled(folder: &Path) -> Store {
        let store = Store::open_dir(folder).await.unwrap();
        for account in ["acme", "borealis", "cirrus"] {
            record(&store, &rows(account, |hour| hour as u64)).await;
        }
        store
            .put_accounts(
                &[Account::discovered("dry".parse().unwrap(), "Dry")],
                crate::store::Entered::Each(&act()),
            )
            .await
            .unwrap();
        store
    }

    struct Start {
        publisher: Publisher,
        engine: Arc<Engine>,
    }

    /// A start of the program over a store.
    async fn start(store: &Store) -> Start {
        let engine = Arc::new(Engine::new(Arc::new(HealthRules::default_rules()), Currency::USD));
        let publisher = Publisher::new(Arc::clone(&engine), store.clone(), Arc::new(Noon));
        let turn = publisher.turn().await.unwrap();
        publisher.publish_whole(&turn).await.unwrap();
        drop(turn);
        Start { publisher, engine }
    }

    impl Start {
        /// All that people can read of it.
        fn shown(&self) -> String {
            let (snapshot, all) = (self.engine.snapshot(), UsageFilter::default());
            let month = Range::Days(30).window(Noon.now());
            let mut shown = format!(
                "{} {:?} {:?} {:?}",
                snapshot.version(),
                snapshot.as_of(),
                snapshot.portfolio(month),
                snapshot.split_series(&all, Metric::Cost, month, Grain::Hour, Dimension::Model),
            );
            for account in snapshot.accounts() {
                let own = UsageFilter::of(account.id.clone());
                let key = snapshot.fact(Measure::Sum(Metric::Errors), &own, month).map(|fact| fact.key);
                let receipt = key.and_then(|key| snapshot.receipt(&key, 50));
                shown += &format!("\n{account:?} {:?} {receipt:?}", snapshot.health(&account.id));
            }
            shown
        }
    }

    fn act() -> crate::domain::Act {
        crate::domain::Act::of_service(crate::domain::How::Start, Noon.now())
    }

    fn intake() -> crate::store::Intake {
        crate::store::Intake::new(act(), crate::domain::AuditKind::ImportUsage, "a file")
    }

    #[tokio::test]
    async fn a_start_from_a_checkpoint_shows_what_a_start_without_shows() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path()).await;
        let plain = start(&store).await;
        assert!(plain.publisher.save(0).await.unwrap(), "nothing was saved before");
        let fast = start(&store).await;
        assert_eq!(fast.shown(), plain.shown());
        assert!(!fast.publisher.save(0).await.unwrap(), "all came from the checkpoint");
    }

    #[tokio::test]
    async fn what_changed_since_the_checkpoint_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path()).await;
        let running = start(&store).await;
        running.publisher.save(0).await.unwrap();
        record(&store, &rows("borealis", |hour| 5 * hour as u64)).await;
        record(&store, &rows("delta", |_| 3)).await;
        let fast = start(&store).await;
        let changed = 2 * rows("acme", |_| 0).len();
        assert!(!fast.publisher.save(changed).await.unwrap(), "the other accounts were not read");
        // A running one takes it over from there too, and reads the same accounts.
        assert!(running.publisher.catch_up().await.unwrap());
        assert_eq!(running.shown(), fast.shown());
        fs::remove_file(store.checkpoint().unwrap().path()).unwrap();
        assert_eq!(start(&store).await.shown(), fast.shown());
    }

    #[tokio::test]
    async fn batches_of_new_and_of_late_rows_show_what_a_start_shows() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path()).await;
        let running = start(&store).await;
        let desk = Desk::new(Arc::clone(&running.engine), store.clone(), Arc::new(Noon));
        desk.load().await.unwrap();
        let newest: Vec<UsageRow> = rows("acme", |_| 8).into_iter().take(9).collect();
        let late: Vec<UsageRow> = rows("acme", |_| 7).into_iter().skip(200).take(3).collect();
        for batch in [newest, late.clone(), late, rows("epsilon", |_| 1)] {
            desk.record_usage(&batch, &[], None, intake()).await.unwrap();
            assert_eq!(running.shown(), start(&store).await.shown());
        }
        // Another process is faster with a row from long before.
        record(&store, &rows("acme", |_| 6)[250..251]).await;
        desk.record_usage(&rows("acme", |_| 5)[..1], &[], None, intake()).await.unwrap();
        assert_eq!(running.shown(), start(&store).await.shown());
    }

    #[tokio::test]
    async fn a_checkpoint_that_does_not_fit_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path()).await;
        let plain = start(&store).await;
        plain.publisher.save(0).await.unwrap();
        let path = store.checkpoint().unwrap().path().to_owned();
        let good = fs::read(&path).unwrap();

        // Of another database with the same accounts.
        let other_folder = tempfile::tempdir().unwrap();
        let other = filled(other_folder.path()).await;
        record(&other, &rows("acme", |_| 1)).await;
        let other_plain = start(&other).await;
        other_plain.publisher.save(0).await.unwrap();
        fs::copy(other.checkpoint().unwrap().path(), &path).unwrap();
        assert_eq!(start(&store).await.shown(), plain.shown());

        for at in (0..good.len()).step_by(good.len() / 40) {
            let mut damaged = good.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, &damaged).unwrap();
            let again = start(&store).await;
            assert_eq!(again.shown(), plain.shown(), "byte {at}");
            fs::write(&path, &good[..at]).unwrap();
            assert_eq!(start(&store).await.shown(), plain.shown(), "cut at {at}");
        }
        assert!(start(&store).await.publisher.save(0).await.unwrap(), "it is replaced by a good one");
        assert!(!start(&store).await.publisher.save(0).await.unwrap());
    }

    #[tokio::test]
    async fn a_backup_that_was_put_back_is_not_taken_for_what_came_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path()).await;
        start(&store).await.publisher.save(0).await.unwrap();
        store.close().await;
        let (path, backup) = (folder.path().join("etsm.db"), folder.path().join("backup.db"));
        fs::copy(&path, &backup).unwrap();
        // Both go on from the backup by one change, and so to the same version.
        let store = Store::open_dir(folder.path()).await.unwrap();
        record(&store, &rows("acme", |_| 1)).await;
        start(&store).await.publisher.save(0).await.unwrap();
        let version = store.version().await.unwrap();
        store.close().await;
        fs::copy(&backup, &path).unwrap();
        let store = Store::open_dir(folder.path()).await.unwrap();
        record(&store, &rows("acme", |_| 2)).await;
        assert_eq!(store.version().await.unwrap(), version);
        let fast = start(&store).await;
        fs::remove_file(store.checkpoint().unwrap().path()).unwrap();
        assert_eq!(fast.shown(), start(&store).await.shown());
    }
}
