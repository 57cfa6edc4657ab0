//! What a running service keeps an eye on in itself: its database, its disk, how far its data have come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use tracing::info;
use tracing::warn;

use crate::answers::Desk;
use crate::domain::SourceId;
use crate::domain::utc_date;
use crate::store::Store;
use crate::telemetry;
use crate::telemetry::OwnUse;
use crate::web;

/// How often it is looked whether the database answers and has room.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often the process, its disk and its data are measured.
const MEASURE_EVERY: Duration = Duration::from_secs(10);
/// How often counts of own use go into the store; what a crash takes is at most this.
const KEEP_USE_EVERY: Duration = Duration::from_secs(60);
/// Kinds of sources that have a series of their own.
const SOURCE_KINDS: [&str; 5] = ["import", "push", "drop", "anthropic", "simulated"];

/// Checks the whole file once, beside all else, and then tells the board how the database is. Damage ends the service:
/// figures from a damaged file would be wrong without saying so.
pub(super) async fn keep_store(
    store: Store,
    ready: web::Readiness,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    ready.tells("store", web::PartState::Up);
    let begun = Instant::now();
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        sound = store.check_pages() => sound.context("checking the database")?,
    }
    info!(took_ms = begun.elapsed().as_millis() as u64, "The database's pages are sound");
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = web::PartState::Up;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let now = state_of(&store).await;
        if now != before {
            match &now {
                web::PartState::Down(why) => warn!("The database is not well: {why}"),
                _ => info!("The database is well again"),
            }
            ready.tells("store", now.clone());
            before = now;
        }
    }
}

async fn state_of(store: &Store) -> web::PartState {
    let answers = store.ping().await.is_ok();
    let has_room = !answers || store.has_room().await;
    metrics::gauge!("etsm_store_up").set(f64::from(u8::from(answers)));
    metrics::gauge!("etsm_store_room").set(f64::from(u8::from(has_room)));
    match (answers, has_room) {
        (true, true) => web::PartState::Up,
        (true, false) => {
            web::PartState::Down("no room: the disk is full, or data.size_max is reached".into())
        }
        (false, _) => web::PartState::Down("it does not answer".into()),
    }
}

/// Measures what nobody else measures.
pub(super) async fn keep_measures(
    desk: Desk,
    folder: std::path::PathBuf,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    metrics::gauge!("etsm_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let mut ticks = tokio::time::interval(MEASURE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        metrics::gauge!("etsm_uptime_seconds").set(begun.elapsed().as_secs_f64());
        telemetry::measure_process();
        let beside = desk.store().file().and_then(std::path::Path::parent).unwrap_or(&folder);
        telemetry::measure_disk(beside, desk.store().file());
        measure_freshness(&desk);
        match desk.store().sessions().await {
            Ok(sessions) => metrics::gauge!("etsm_sessions").set(sessions.len() as f64),
            // A database that does not answer is told of by its own series.
            Err(_silent) => {}
        }
    }
}

fn measure_freshness(desk: &Desk) {
    let now = desk.clock().now();
    let snapshot = desk.snapshot();
    let mut behind: BTreeMap<&str, f64> = BTreeMap::new();
    for mark in snapshot.watermarks() {
        // A clock that is behind the data has nothing to wait for.
        let seconds = now.duration_since(mark.watermark).as_secs_f64().max(0.0);
        let worst = behind.entry(kind_of(&mark.source)).or_default();
        *worst = worst.max(seconds);
    }
    for (kind, seconds) in behind {
        metrics::gauge!("etsm_freshness_seconds", "kind" => kind.to_owned()).set(seconds);
    }
}

/// The kind of a source by the first word of its id; ids that others chose are one kind.
fn kind_of(source: &SourceId) -> &'static str {
    let first = source.as_str().split([':', '-', '.', '_']).next().unwrap_or_default();
    SOURCE_KINDS.iter().find(|kind| **kind == first).copied().unwrap_or("other")
}

/// Brings counts of own use into the store from time to time, and at the end.
pub(super) async fn keep_own_use(
    desk: Desk,
    own_use: Arc<OwnUse>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(KEEP_USE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let stopping = tokio::select! {
            () = stop.cancelled() => true,
            _ = ticks.tick() => false,
        };
        save_own_use(&desk, &own_use).await;
        if stopping {
            return Ok(());
        }
    }
}

/// Adds what was counted to the counts of today.
pub(super) async fn save_own_use(desk: &Desk, own_use: &OwnUse) {
    let uses = own_use.take();
    if uses.is_empty() {
        return;
    }
    if let Err(error) = desk.store().add_own_use(utc_date(desk.clock().now()), &uses).await {
        warn!(%error, "Counts of own use wait for the store");
        own_use.put_back(uses);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_any_name_are_of_few_kinds() {
        let kind = |id: &str| kind_of(&id.parse().unwrap());
        assert_eq!(kind("import"), "import");
        assert_eq!(kind("anthropic:usage"), "anthropic");
        assert_eq!(kind("acme-billing"), "other");
    }
}
