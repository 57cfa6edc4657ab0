//! Telling: what changed is given to the outbox, where all who read there may know of it.
//!
//! Invariant: an alert is one message of the outbox in each place, sent once and revised; telling again is another one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tracing::warn;

use crate::config::AlertRule;
use crate::deliver::Undelivered;
use crate::domain::AlertState;
use crate::domain::Destination;
use crate::domain::Person;
use crate::engine::Snapshot;
use crate::store::StoreError;

use super::audience;
use super::episode::{Episode, Place};
use super::keeper::{Alerts, episode};
use super::message;

impl Alerts {
    /// Gives the outbox what changed since it was last given something.
    pub(super) async fn hand_over(
        &self,
        snapshot: &Snapshot,
        rules: &[AlertRule],
        now: Timestamp,
    ) -> anyhow::Result<()> {
        for record in self.store.alerts_to_hand().await? {
            let episode = episode(&record)?;
            let rule = rules.iter().find(|rule| rule.name == episode.rule);
            let calls = rule.filter(|rule| rule.mention).map(|_| &self.people);
            if episode.told.is_some() && !self.tell(snapshot, &episode, calls, now).await? {
                // It cannot be found out who reads there; the next look asks again.
                continue;
            }
            self.store.alert_handed(record.id, record.revision).await?;
        }
        Ok(())
    }

    /// Tells an alert where it is to be told; whether that could be found out everywhere.
    async fn tell(
        &self,
        snapshot: &Snapshot,
        episode: &Episode,
        calls: Option<&BTreeMap<u64, Person>>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut is_done = true;
        let told = episode.places.iter().filter(|place| place.refused.is_none());
        for place in told.filter(|place| place.to != Destination::Page) {
            let readers = match self.outbox.readers(&place.to).await {
                Ok(readers) => readers,
                Err(Undelivered::Refused { why }) => {
                    warn!(alert = %episode.id, to = %place.to, "An alert cannot be told: {why}");
                    continue;
                }
                Err(why) => {
                    warn!(alert = %episode.id, to = %place.to, "Could not find out who reads there: {why}");
                    is_done = false;
                    continue;
                }
            };
            let subjects = episode.members.iter().map(|member| &member.subject);
            if !subjects.into_iter().all(|subject| audience::may_hear(&readers, subject, snapshot)) {
                warn!(alert = %episode.id, to = %place.to, "Not all who read there may know of an alert any more");
                continue;
            }
            self.post(snapshot, episode, &place.to, calls, now).await?;
        }
        Ok(is_done)
    }

    /// Posts an alert's one message or edits it, and tells it again where that is due.
    async fn post(
        &self,
        snapshot: &Snapshot,
        episode: &Episode,
        to: &Destination,
        calls: Option<&BTreeMap<u64, Person>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = format!("{} {to}", episode.id);
        let answer = message::posted(snapshot, episode, calls, now);
        if self.outbox.delivery(&key).await?.is_none() {
            self.outbox.send(&key, to, &answer).await?;
        } else {
            self.outbox.revise(&key, &answer).await?;
        }
        if episode.reminders > 0 && episode.state == AlertState::Open {
            let again = message::again(snapshot, episode, calls, now);
            self.outbox.send(&format!("{key} again {}", episode.reminders), to, &again).await?;
        }
        Ok(())
    }

    /// How far an alert has come to where it is told, in a word; `None` where nothing was posted.
    pub(super) async fn delivery(&self, episode: &Episode, place: &Place) -> Option<String> {
        let key = format!("{} {}", episode.id, place.to);
        let delivery = self.outbox.delivery(&key).await.ok().flatten()?;
        Some(match delivery.why {
            Some(why) => format!("{}: {why}", delivery.state),
            None => delivery.state.to_string(),
        })
    }
}
