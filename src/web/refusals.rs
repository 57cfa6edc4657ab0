//! What is refused at the doors: counted in memory, and written down now and then.
//!
//! Invariant: who knocks often costs a number in memory and one row an hour, whatever is sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::answers::Desk;
use crate::domain::SecurityKind;
use crate::store::SecurityEvent;

/// How often the counts are written down.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// Addresses that are told apart between two writings; those beyond are counted together.
const ADDRESSES_MAX: usize = 256;

/// Counts since the last writing.
#[derive(Default)]
pub struct Refusals {
    counts: Mutex<HashMap<(SecurityKind, String), (u64, Timestamp)>>,
}

impl Refusals {
    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<(SecurityKind, String), (u64, Timestamp)>> {
        // A panic elsewhere cannot have left a half-written count: it goes in whole.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more.
    pub(super) fn note(&self, kind: SecurityKind, address: &str, now: Timestamp) {
        let mut counts = self.counts();
        let key = (kind, address.to_owned());
        let is_full = counts.len() >= ADDRESSES_MAX && !counts.contains_key(&key);
        let key = if is_full { (kind, String::new()) } else { key };
        let count = counts.entry(key).or_insert((0, now));
        *count = (count.0 + 1, now);
    }

    /// What was counted; the counts begin anew.
    fn take(&self) -> Vec<SecurityEvent> {
        let counts = std::mem::take(&mut *self.counts());
        let event = |((kind, address), (times, last))| SecurityEvent { kind, address, times, last };
        counts.into_iter().map(event).collect()
    }

    /// Writes down what was counted.
    pub(super) async fn write(&self, desk: &Desk) {
        let events = self.take();
        if !events.is_empty()
            && let Err(error) = desk.store().count_refusals(&events).await
        {
            warn!(%error, count = events.len(), "Counts of what was refused could not be written down and are lost");
        }
    }
}

/// Writes the counts down until `stop` fires, and once more then.
pub async fn count_refusals(
    refusals: Arc<Refusals>,
    desk: Desk,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(WRITE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let stopped = tokio::select! {
            () = stop.cancelled() => true,
            _ = ticks.tick() => false,
        };
        refusals.write(&desk).await;
        if stopped {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_addresses_are_counted_together() {
        let refusals = Refusals::default();
        let now = Timestamp::UNIX_EPOCH;
        for number in 0..2 * ADDRESSES_MAX {
            refusals.note(SecurityKind::KeyRefused, &format!("10.0.0.{number}"), now);
        }
        refusals.note(SecurityKind::KeyRefused, "10.0.0.1", now);
        let mut events = refusals.take();
        events.sort_by_key(|one| std::cmp::Reverse(one.times));
        assert_eq!(events.len(), ADDRESSES_MAX + 1);
        assert_eq!((events[0].address.as_str(), events[0].times), ("", ADDRESSES_MAX as u64));
        assert_eq!((events[1].address.as_str(), events[1].times), ("10.0.0.1", 2));
        assert!(refusals.take().is_empty());
    }
}
