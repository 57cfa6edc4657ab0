//! Takes each slot when it is due, and brings each digest on its way.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use tracing::error;
use tracing::info;
use tracing::info_span;
use tracing::warn;

use crate::answers::Desk;
use crate::domain::OccurrenceState;
use crate::store::Occurrence;
use crate::store::StoreError;

use super::Digests;
use super::outcome;
use super::schedule::{Due, Fate, Schedule};

/// How often it is looked what is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Digests {
    /// Brings digests on their way until `stop` fires.
    pub async fn run(self: Arc<Self>, desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
        let mut tasks: JoinSet<u64> = JoinSet::new();
        let mut at_work = HashSet::new();
        loop {
            // A store that is busy or gone is found well again at a later look; no slot is lost meanwhile.
            match self.look(&desk).await {
                Ok(open) => {
                    for one in open {
                        if at_work.insert(one.id) {
                            let (digests, desk) = (Arc::clone(&self), desk.clone());
                            let span = info_span!("digest", job.id = one.id);
                            let work = async move {
                                let id = one.id;
                                digests.work(&desk, one).await;
                                id
                            };
                            tasks.spawn(work.instrument(span));
                        }
                    }
                }
                Err(error) => warn!(%error, "Could not look which digests are due"),
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            while let Some(ended) = tasks.try_join_next() {
                at_work.remove(&ended.context("making a digest")?);
            }
        }
    }

    /// Takes what is due, and tells about which digests something is to be done.
    async fn look(&self, desk: &Desk) -> Result<Vec<Occurrence>, StoreError> {
        let (store, now) = (desk.store(), desk.clock().now());
        for schedule in self.schedules(store).await? {
            let course = store.digest_course(&schedule.name, &schedule.course_key(), now).await?;
            if course.paused.is_some() {
                continue;
            }
            // A clock that was ahead for a while has taken slots that are still to come; they do not count yet.
            let last = store.last_digest_slot(&schedule.name, now).await?;
            let after = last.map_or(course.since, |last| last.max(course.since)).min(now);
            if let Some(due) = schedule.due(after, now) {
                take(desk, &schedule, &due, now).await?;
            }
        }
        store.open_digests().await
    }

    async fn work(&self, desk: &Desk, one: Occurrence) {
        if let Err(failed) = self.bring_further(desk, &one).await {
            warn!(digest = %one.name, id = one.id, error = %failed, "A digest waits for the store");
        }
    }
}

/// Takes the last slot and notes those that were missed.
async fn take(desk: &Desk, schedule: &Schedule, due: &Due, now: Timestamp) -> Result<(), StoreError> {
    let slot = |slot, state: OccurrenceState, late, why: Option<&str>| Occurrence {
        id: 0,
        name: schedule.name.clone(),
        slot,
        destination: schedule.to.to_string(),
        scope: schedule.scope.to_string(),
        asked_by: None,
        state,
        late,
        claimed: now,
        ended: state.is_over().then_some(now),
        written: None,
        why: why.map(str::to_owned),
    };
    let missed = |at: &Timestamp| {
        slot(*at, OccurrenceState::Skipped, false, Some("it was missed, and a later one took its place"))
    };
    let mut slots: Vec<Occurrence> = due.missed.iter().rev().map(missed).collect();
    slots.push(match due.fate {
        Fate::Send => slot(due.slot, OccurrenceState::Pending, false, None),
        Fate::SendLate => slot(due.slot, OccurrenceState::Pending, true, None),
        Fate::Skip(why) => slot(due.slot, OccurrenceState::Skipped, false, Some(why)),
    });
    let taken = desk.store().claim_digests(&slots).await?;
    for (one, _) in slots.iter().zip(taken).filter(|(_, id)| id.is_some()) {
        info!(digest = %one.name, slot = %one.slot, state = %one.state, "Took the slot {} of {}", one.slot, one.name);
        if one.state == OccurrenceState::Skipped {
            outcome::measure(one, OccurrenceState::Skipped, now);
        }
    }
    Ok(())
}

/// Says in the log what became of a digest, as loudly as someone should act.
pub(super) fn tell(one: &Occurrence, state: OccurrenceState, why: Option<&str>) {
    let (name, why) = (&one.name, why.unwrap_or_default());
    match state {
        OccurrenceState::Failed => {
            error!(digest = %name, id = one.id, "The digest {name} did not go out: {why}")
        }
        OccurrenceState::Uncertain => {
            error!(digest = %name, id = one.id, "Whether the digest {name} was posted is not known: {why}");
        }
        state => info!(digest = %name, id = one.id, %state, "The digest {name} is {state}"),
    }
}
