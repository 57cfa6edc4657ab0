//! Removes once a day what was kept for long enough.
//!
//! Invariant: a clock that jumps ahead removes nothing at once. After a gap of more than a week, the next run only notes
//! the time, and the one a day later removes.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::RetentionSettings;
use crate::domain::Act;
use crate::domain::Clock;
use crate::domain::How;
use crate::store::OldestKept;
use crate::store::RetentionRun;
use crate::store::Store;
use crate::store::StoreError;

/// How often it is looked whether a day is over.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const RUN_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// A longer gap may be the clock's fault.
const GAP_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The doors let no session be older.
const SESSIONS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// An import that began before is not under way any more.
const INTAKES: SignedDuration = SignedDuration::from_hours(24);

/// Runs every day until `stop` fires.
pub async fn run(
    store: Store,
    settings: RetentionSettings,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        if let Err(error) = look(&store, &settings, clock.now()).await {
            warn!(%error, "Could not remove what was kept for long enough; trying again");
        }
    }
}

/// Removes what is old if a day is over; tells whether it ran.
pub async fn look(store: &Store, settings: &RetentionSettings, now: Timestamp) -> Result<bool, StoreError> {
    let gap = store.last_retention().await?.map(|last| now.duration_since(last.at));
    match gap {
        Some(gap) if gap.abs() < RUN_EVERY => Ok(false),
        Some(gap) if (RUN_EVERY..=GAP_MAX).contains(&gap) => {
            let removed = remove(store, settings, now).await?;
            store.keep_retention(&RetentionRun { at: now, removed }).await?;
            Ok(true)
        }
        // The first look, a long gap, or a clock that went back.
        _ => {
            let waits = "nothing yet: after a long time without a run, the next one removes".to_owned();
            store.keep_retention(&RetentionRun { at: now, removed: waits }).await?;
            Ok(false)
        }
    }
}

/// Removes what is old; tells in words what that was.
async fn remove(store: &Store, settings: &RetentionSettings, now: Timestamp) -> Result<String, StoreError> {
    let act = Act::of_service(How::Schedule, now);
    let before = |kept: Option<SignedDuration>| kept.and_then(|kept| now.checked_sub(kept).ok());
    store.enter_broken_intakes(now - INTAKES).await?;
    let oldest = OldestKept {
        usage: before(settings.usage),
        digests: before(settings.digests),
        messages: before(settings.messages),
        alerts: before(settings.alerts),
        security: before(settings.security),
        sessions: before(Some(SESSIONS)),
    };
    let removed = store.remove_old(&oldest, &act).await?;
    let mut words: Vec<String> = removed.iter().map(|(kind, rows)| format!("{rows} of {kind}")).collect();
    if let Some(before) = before(settings.audit) {
        let entries = store.cut_audit(before, &act).await?;
        if entries > 0 {
            words.push(format!("{entries} of audit"));
        }
    }
    let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    let head = store.audit_head().await?;
    // Outside of the database, so that a log that was cut or written anew can be told by it.
    info!(removed = words, audit.entry = head.number, audit.head = head.hash, "Removed what is old: {words}");
    Ok(words)
}
