//! Keeps the alerts: looks after each publication and by the clock, writes down what changed, and hands it to the outbox.
//!
//! Invariant: what is to be told is in the store before it is handed over, and is handed over until that was noted; the
//! outbox posts each message once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::answers::Desk;
use crate::config::AlertRule;
use crate::deliver::Outbox;
use crate::deliver::Readers;
use crate::deliver::Undelivered;
use crate::domain::Act;
use crate::domain::AlertId;
use crate::domain::AlertState;
use crate::domain::AuditKind;
use crate::domain::Clock;
use crate::domain::Destination;
use crate::domain::Person;
use crate::engine::Snapshot;
use crate::store::AlertRecord;
use crate::store::PendingRecord;
use crate::store::Store;
use crate::store::StoreError;

use super::audience;
use super::episode::{Episode, Place};
use super::judge::{Ledger, advance};
use super::measure::{Reading, Verdict, measure};
use super::rules::{self, Begun, RuleAtHand};
use super::subject::Subject;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);
/// By the clock, rules are looked at so often: what depends on the time alone moves in minutes.
const LOOK_EVERY: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
/// After a look, the rules rest so many times as long as it took: while much is published, they leave most of the time to
/// others.
const RESTS: u32 = 4;
/// After a look that failed, the next one waits so long.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// A change that someone else was faster than is made again from the new state; so often in a row is no coincidence.
const TRIES_MAX: usize = 5;
/// How many of those that are over are listed.
pub(super) const PAST_MAX: u32 = 100;
/// Past alerts that are looked through to count how often each rule began one.
const COUNTED_MAX: u32 = 5_000;

/// The alerts, with all that their life needs. One for the whole program.
pub struct Alerts {
    settings: Vec<AlertRule>,
    pub(super) people: BTreeMap<u64, Person>,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) outbox: Outbox,
    /// Something was changed by command and is to be told.
    nudged: Notify,
    /// One look at a time.
    looking: tokio::sync::Mutex<()>,
    /// Those that were open at the last look, for completion.
    known: Mutex<Vec<Episode>>,
}

/// Who reads a destination, or why it cannot be told.
type Heard = Result<Readers, Undelivered>;

impl Alerts {
    /// Over a store; `people` are the ids by which owners can be called.
    #[must_use]
    pub fn new(
        settings: Vec<AlertRule>,
        people: BTreeMap<u64, Person>,
        store: Store,
        clock: Arc<dyn Clock>,
        outbox: Outbox,
    ) -> Self {
        let (nudged, looking, known) = Default::default();
        Self { settings, people, store, clock, outbox, nudged, looking, known }
    }

    /// Looks after each publication and by the clock, until `stop` fires.
    pub async fn watch(&self, desk: &Desk, stop: CancellationToken) -> anyhow::Result<()> {
        let mut versions = desk.versions();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut wanted, mut last, mut rested) = (true, self.clock.now(), Instant::now());
        loop {
            wanted |= tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = self.nudged.notified() => true,
                _ = ticks.tick() => versions.has_changed().context("waiting for the next publication")?,
            };
            let now = self.clock.now();
            wanted |= now.duration_since(last).abs() >= LOOK_EVERY;
            if !wanted || Instant::now() < rested {
                continue;
            }
            (wanted, last) = (false, now);
            versions.mark_unchanged();
            let begun = Instant::now();
            let looked = self.look(desk).await;
            rested = Instant::now() + begun.elapsed() * RESTS;
            // A store that is busy or gone is asked again; nothing was told that is not kept.
            if let Err(error) = looked {
                warn!(error = format!("{error:#}"), "Could not look at the rules of alerts; trying again");
                (wanted, rested) = (true, Instant::now() + AFTER_FAILURE);
            }
        }
    }

    /// Takes one look at all rules, and tells what is to be told.
    pub async fn look(&self, desk: &Desk) -> anyhow::Result<()> {
        let _alone = self.looking.lock().await;
        let snapshot = desk.snapshot();
        if snapshot.version() == 0 {
            return Ok(());
        }
        let begun = Instant::now();
        let rules: Vec<AlertRule> = self.rules().await?.into_iter().map(|one| one.rule).collect();
        let now = self.clock.now();
        let work = {
            let (rules, snapshot) = (rules.clone(), Arc::clone(&snapshot));
            move || -> Vec<Vec<Reading>> { rules.iter().map(|rule| measure(rule, &snapshot, now)).collect() }
        };
        let readings = tokio::task::spawn_blocking(work).await.context("looking at the rules of alerts")?;
        let looks: Vec<(&AlertRule, Vec<Reading>)> = rules.iter().zip(readings).collect();
        for _ in 0..TRIES_MAX {
            if self.take(&snapshot, &looks, now).await? {
                metrics::histogram!("etsm_alert_look_seconds").record(begun.elapsed());
                return self.hand_over(&snapshot, &rules, now).await;
            }
        }
        anyhow::bail!("alerts were changed by someone else at each of {TRIES_MAX} tries")
    }

    /// Makes the next state from the kept one, and keeps it; tells whether nobody else was faster.
    async fn take(
        &self,
        snapshot: &Snapshot,
        looks: &[(&AlertRule, Vec<Reading>)],
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        let before = self.ledger().await?;
        let heard = self.heard(&before, looks).await;
        let places = |rule: &AlertRule, subject: &Subject| places(rule, subject, snapshot, &heard);
        let mut ledger = before.clone();
        advance(&mut ledger, looks, &places, now);
        let changed = ledger.open.iter().filter(|one| !before.open.contains(one));
        let changed: Vec<AlertRecord> = changed.map(record).collect::<anyhow::Result<_>>()?;
        let pending = ledger.pending.iter().map(|((rule, subject), since)| PendingRecord {
            rule: rule.clone(),
            subject: subject.to_string(),
            since: *since,
        });
        let pending: Option<Vec<PendingRecord>> =
            (ledger.pending != before.pending).then(|| pending.collect());
        if (!changed.is_empty() || pending.is_some())
            && !self.store.keep_alerts(&changed, pending.as_deref()).await?
        {
            return Ok(false);
        }
        let is_new = |one: &&Episode| !before.open.iter().any(|was| was.id == one.id);
        for one in ledger.open.iter().filter(is_new) {
            metrics::counter!("etsm_alerts_begun_total", "kind" => one.when.kind()).increment(1);
        }
        ledger.open.retain(|one| !one.is_over());
        self.count(&ledger.open);
        self.known(|known| *known = ledger.open);
        Ok(true)
    }

    /// Who reads the destinations of what may begin now.
    async fn heard(
        &self,
        before: &Ledger,
        looks: &[(&AlertRule, Vec<Reading>)],
    ) -> BTreeMap<Destination, Heard> {
        let is_told = |rule: &AlertRule, subject: &Subject| {
            let mut own = before.open.iter().filter(|one| one.rule == rule.name);
            own.any(|one| one.members.iter().any(|member| member.subject == *subject))
        };
        let begins = |rule: &AlertRule, reading: &Reading| {
            reading.verdict == Verdict::Holds && !reading.is_small && !is_told(rule, &reading.subject)
        };
        let beginning = looks.iter().filter(|(rule, readings)| readings.iter().any(|one| begins(rule, one)));
        let wanted: BTreeSet<&Destination> = beginning.flat_map(|(rule, _)| &rule.tell).collect();
        let mut heard = BTreeMap::new();
        for to in wanted {
            heard.insert(to.clone(), self.outbox.readers(to).await);
        }
        heard
    }

    /// The rules at hand, by name.
    pub async fn rules(&self) -> Result<Vec<RuleAtHand>, StoreError> {
        Ok(rules::at_hand(&self.settings, &self.store.alert_rules().await?))
    }

    /// Sets a rule, or takes one away; the service looks at once.
    pub(super) async fn set_rule(
        &self,
        rule: (&str, Option<&AlertRule>),
        act: &Act,
    ) -> Result<(), StoreError> {
        rules::keep(&self.store, rule, act).await?;
        self.nudged.notify_one();
        Ok(())
    }

    /// Those that are not over, by number.
    pub async fn open(&self) -> anyhow::Result<Vec<Episode>> {
        let open = self.ledger().await?.open;
        self.known(|known| known.clone_from(&open));
        Ok(open)
    }

    /// The newest of those that are over.
    pub async fn past(&self) -> anyhow::Result<Vec<Episode>> {
        self.store.past_alerts(PAST_MAX).await?.iter().map(episode).collect()
    }

    /// How often each rule began an alert since then, and when last, by the rule's name.
    pub async fn begun_since(&self, since: Timestamp) -> anyhow::Result<BTreeMap<String, Begun>> {
        let mut all = self.ledger().await?.open;
        let past = self.store.past_alerts(COUNTED_MAX).await?;
        all.extend(past.iter().map(episode).collect::<anyhow::Result<Vec<_>>>()?);
        let mut begun: BTreeMap<String, Begun> = BTreeMap::new();
        for one in all {
            let own = begun.entry(one.rule.clone()).or_default();
            own.last = own.last.max(Some(one.opened));
            own.open += u32::from(!one.is_over());
            own.times += u32::from(one.opened >= since);
        }
        Ok(begun)
    }

    /// One, whether it is over or not.
    pub async fn one(&self, id: AlertId) -> anyhow::Result<Option<Episode>> {
        self.store.alert(id.0).await?.as_ref().map(episode).transpose()
    }

    /// Changes one durably, and has the service edit its message: what runs in a terminal may know no way to there.
    /// `None` when there is none of this id.
    pub(super) async fn change(
        &self,
        id: AlertId,
        (kind, act): (AuditKind, &Act),
        change: impl Fn(&mut Episode),
    ) -> anyhow::Result<Option<Episode>> {
        for _ in 0..TRIES_MAX {
            let Some(before) = self.one(id).await? else { return Ok(None) };
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(Some(before));
            }
            after.revision += 1;
            if self.store.change_alert(&record(&after)?, kind, act).await? {
                self.nudged.notify_one();
                return Ok(Some(after));
            }
        }
        anyhow::bail!("{id} was changed by someone else at each of {TRIES_MAX} tries")
    }

    /// What was open at the last look.
    pub(super) fn known<T>(&self, with: impl FnOnce(&mut Vec<Episode>) -> T) -> T {
        // A panic elsewhere cannot have left a half-written list: it goes in whole.
        with(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn ledger(&self) -> anyhow::Result<Ledger> {
        let kept = self.store.alerts_kept().await?;
        let pending = kept.pending.into_iter().map(|one| {
            let subject = one.subject.parse().map_err(anyhow::Error::msg)?;
            Ok(((one.rule, subject), one.since))
        });
        Ok(Ledger {
            open: kept.open.iter().map(episode).collect::<anyhow::Result<_>>()?,
            pending: pending.collect::<anyhow::Result<_>>().context("reading what may become an alert")?,
            last_id: kept.last_id,
        })
    }

    fn count(&self, open: &[Episode]) {
        let mut counts: BTreeMap<(&'static str, AlertState), u32> = BTreeMap::new();
        let past = self.known(|known| known.clone());
        // Those that were counted last time and are gone count zero now.
        for one in &past {
            counts.insert((one.when.kind(), one.state), 0);
        }
        for one in open {
            *counts.entry((one.when.kind(), one.state)).or_default() += 1;
        }
        for ((kind, state), count) in counts {
            metrics::gauge!("etsm_alerts", "kind" => kind, "state" => state.word()).set(f64::from(count));
        }
    }
}

/// Where a rule may tell of a subject; `None` while that cannot be found out.
fn places(
    rule: &AlertRule,
    subject: &Subject,
    snapshot: &Snapshot,
    heard: &BTreeMap<Destination, Heard>,
) -> Option<Vec<Place>> {
    let place = |to: &Destination| {
        let refused = match (to, heard.get(to)?) {
            (Destination::Page, _) => None,
            (_, Ok(readers)) => audience::refusal(readers, subject, snapshot),
            (_, Err(Undelivered::Refused { why })) => Some(why.clone()),
            (_, Err(_)) => return None,
        };
        Some(Place { to: to.clone(), refused })
    };
    rule.tell.iter().map(place).collect()
}

fn record(episode: &Episode) -> anyhow::Result<AlertRecord> {
    let body = serde_json::to_string(episode).context("writing an alert down")?;
    Ok(AlertRecord { id: episode.id.0, is_over: episode.is_over(), revision: episode.revision, body })
}

pub(super) fn episode(record: &AlertRecord) -> anyhow::Result<Episode> {
    serde_json::from_str(&record.body).with_context(|| format!("reading {}", AlertId(record.id)))
}
