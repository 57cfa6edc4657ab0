//! The outbox: what was given to it is posted once, however often the program is killed meanwhile.
//!
//! Invariant: a message is in the store before the first attempt to post it, and each attempt is noted before it begins.
//! A message that a person deleted is never posted anew.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use jiff::Timestamp;
use ring::digest;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::domain::Clock;
use crate::domain::DeliveryState;
use crate::domain::Destination;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Prose;
use crate::store::OutboxMessage;
use crate::store::OutboxPart;
use crate::store::PartContent;
use crate::store::PartProgress;
use crate::store::Store;
use crate::store::StoreError;

use super::attempt;
use super::messenger::{Messenger, Parcel, Posted, Readers, Undelivered};

/// How often the store is asked for what is due: another process may have given something, or a pause is over.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Longest nonce that Discord takes.
const NONCE_CHARS: usize = 25;
/// Letters of a marker: enough to tell apart the messages of one channel.
const MARKER_CHARS: usize = 10;
/// What is told where no platform is set up.
const NO_MESSENGER: &str = "no connection to Discord is set up here; set ETSM_DISCORD_TOKEN";

/// Gets messages to where they are read. All parts hold a clone.
#[derive(Clone)]
pub struct Outbox {
    store: Store,
    clock: Arc<dyn Clock>,
    messenger: Option<Arc<dyn Messenger>>,
    wake: Arc<Notify>,
    doubts: Arc<Mutex<HashMap<PartName, Instant>>>,
}

/// A part of a message: its key and its position.
type PartName = (String, u32);

/// How far a message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it goes.
    pub to: Destination,
    /// The worst state of its parts.
    pub state: DeliveryState,
    /// Where its parts stand, as far as they do.
    pub posted: Vec<Posted>,
    /// What is in the way, for a reader.
    pub why: Option<String>,
    /// When it is tried again, while it waits.
    pub next_try: Option<Timestamp>,
}

impl Outbox {
    /// Over a store; without a messenger everything but the page is out of reach.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, messenger: Option<Arc<dyn Messenger>>) -> Self {
        Self { store, clock, messenger, wake: Arc::default(), doubts: Arc::default() }
    }

    /// Takes a message in; when this returns, it is durable. A second one with the same key changes nothing.
    pub async fn send(&self, key: &str, to: &Destination, answer: &Answer) -> Result<(), StoreError> {
        let now = self.clock.now();
        let parts = match (to, &self.messenger) {
            // What is read on a page stands there already.
            (Destination::Page, _) => Vec::new(),
            (Destination::Discord(_), None) => {
                let content = content(key, now, 0, Parcel::default());
                let failed = DeliveryState::Failed;
                let why = Some(NO_MESSENGER.to_owned());
                vec![(content, PartProgress { state: failed, why, ..PartProgress::new(now) })]
            }
            (Destination::Discord(_), Some(messenger)) => {
                let packed = self.pack(messenger, key, now, answer).await?;
                packed.into_iter().map(|content| (content, PartProgress::new(now))).collect()
            }
        };
        if self.store.post_message(key, &to.to_string(), &parts, now).await? {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Puts other content in the place of a message's, where it stands or before it is posted; the newest wins. It is
    /// durable when this returns. One that is not there, was refused or was deleted by a person stays so.
    pub async fn revise(&self, key: &str, answer: &Answer) -> Result<(), StoreError> {
        let (Some(messenger), Some(message)) = (&self.messenger, self.store.message(key).await?) else {
            return Ok(());
        };
        if message.parts.is_empty() {
            return Ok(());
        }
        let mut contents = self.pack(messenger, key, message.made, answer).await?;
        // A message is never taken away; what has become too much of it says where to read on.
        if contents.len() < message.parts.len() {
            let above = self.pack(messenger, key, message.made, &told_above(answer)).await?;
            let Some(first) = above.into_iter().next() else { return Ok(()) };
            for position in contents.len()..message.parts.len() {
                let names = content(key, message.made, position, Parcel::default());
                contents.push(PartContent { body: first.body.clone(), files: first.files.clone(), ..names });
            }
        }
        self.store.revise_message(key, &contents, self.clock.now()).await?;
        self.wake.notify_one();
        Ok(())
    }

    /// How far a message has come; `None` when none of this key was sent.
    pub async fn delivery(&self, key: &str) -> Result<Option<Delivery>, StoreError> {
        Ok(self.store.message(key).await?.and_then(|message| Delivery::of(&message)))
    }

    /// Who can read what is posted there. Whoever reads a page is asked for by the page.
    pub async fn readers(&self, to: &Destination) -> Result<Readers, Undelivered> {
        match (to, &self.messenger) {
            (Destination::Page, _) => Ok(Readers::Scopes(Vec::new())),
            (Destination::Discord(_), None) => Err(Undelivered::Refused { why: NO_MESSENGER.into() }),
            (Destination::Discord(_), Some(messenger)) => messenger.readers(to).await,
        }
    }

    /// For how long this process has been in doubt about a part.
    fn doubted_for(&self, part: &OutboxPart) -> Option<Duration> {
        let doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        doubts.get(&(part.key.clone(), part.position)).map(Instant::elapsed)
    }

    fn note_doubt(&self, part: &OutboxPart, in_doubt: bool) {
        let mut doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (part.key.clone(), part.position);
        if !in_doubt {
            doubts.remove(&name);
        } else if part.progress.doubt_since.is_none() {
            // What an earlier process was in doubt about stays unknown to this one.
            doubts.entry(name).or_insert_with(Instant::now);
        }
    }

    /// Posts what is there to post, until `stop` fires. Each channel has a queue of its own.
    pub async fn run(&self, stop: CancellationToken) -> anyhow::Result<()> {
        let Some(messenger) = &self.messenger else {
            stop.cancelled().await;
            return Ok(());
        };
        let mut queues: JoinSet<String> = JoinSet::new();
        let mut busy = HashSet::new();
        while !stop.is_cancelled() {
            for (destination, parts) in self.due().await {
                if busy.insert(destination.clone()) {
                    let queue =
                        Queue { outbox: self.clone(), messenger: Arc::clone(messenger), stop: stop.clone() };
                    queues.spawn(async move {
                        queue.work(&destination, parts).await;
                        destination
                    });
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                Some(ended) = queues.join_next() => {
                    busy.remove(&ended.context("posting messages")?);
                }
            }
        }
        // An attempt that has begun is waited for; what ends in doubt all the same is looked up after the next start.
        while queues.join_next().await.is_some() {}
        Ok(())
    }

    /// What is due, by destination.
    async fn due(&self) -> BTreeMap<String, Vec<OutboxPart>> {
        let now = self.clock.now();
        let latest = now.checked_add(attempt::PAUSE_MAX).unwrap_or(now);
        let mut queues: BTreeMap<String, Vec<OutboxPart>> = BTreeMap::new();
        match self.store.due_parts(now, latest).await {
            Ok(parts) => {
                parts
                    .into_iter()
                    .for_each(|part| queues.entry(part.destination.clone()).or_default().push(part));
            }
            // The next look may find it well again; what waits is safe.
            Err(error) => warn!(%error, "Could not look for messages to post"),
        }
        queues
    }

    /// The parts of a message, packed; their lines are kept first.
    async fn pack(
        &self,
        messenger: &Arc<dyn Messenger>,
        key: &str,
        made: Timestamp,
        answer: &Answer,
    ) -> Result<Vec<PartContent>, StoreError> {
        let (messenger, answer, own) = (Arc::clone(messenger), answer.clone(), key.to_owned());
        let work = move || messenger.pack(&answer, &|position| marker(&own, made, position));
        let parcels = match tokio::task::spawn_blocking(work).await {
            Ok(parcels) => parcels,
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        };
        let lines: Vec<(String, String)> = parcels.iter().flat_map(|parcel| parcel.lines.clone()).collect();
        if !lines.is_empty() {
            self.store.keep_lines(&lines, self.clock.now()).await?;
        }
        Ok((0..).zip(parcels).map(|(position, parcel)| content(key, made, position, parcel)).collect())
    }

    async fn measure(&self) {
        let Ok(counts) = self.store.count_parts().await else { return };
        for state in DeliveryState::ALL {
            let count = counts.iter().find(|(one, _)| one == state).map_or(0, |(_, count)| *count);
            metrics::gauge!("etsm_messages", "state" => state.word()).set(count as f64);
        }
    }
}

/// The queue of one destination.
struct Queue {
    outbox: Outbox,
    messenger: Arc<dyn Messenger>,
    stop: CancellationToken,
}

impl Queue {
    async fn work(&self, destination: &str, parts: Vec<OutboxPart>) {
        let Ok(to) = destination.parse::<Destination>() else { return };
        // Parts of a message stand in their order, so one that waits holds up those after it.
        let mut held = HashSet::new();
        for part in parts {
            if self.stop.is_cancelled() {
                break;
            }
            if held.contains(&part.key) {
                continue;
            }
            match self.bring_further(&part, &to).await {
                Ok(progress) if progress.state == DeliveryState::Sent => {}
                Ok(_) => _ = held.insert(part.key.clone()),
                Err(error) => {
                    warn!(%error, "Could not keep how far a message came; it is looked up before it is posted again");
                    break;
                }
            }
        }
        self.outbox.measure().await;
    }

    async fn bring_further(&self, part: &OutboxPart, to: &Destination) -> Result<PartProgress, StoreError> {
        let (store, now) = (&self.outbox.store, self.outbox.clock.now());
        let step = attempt::step(&part.progress, now, self.outbox.doubted_for(part));
        let begun = attempt::begun(part, &step, now);
        self.outbox.note_doubt(part, begun.doubt_since.is_some());
        store.keep_progress(&part.key, part.position, &begun).await?;
        let ended = attempt::take(&*self.messenger, (part, to), step, begun, self.outbox.clock.now()).await;
        store.keep_progress(&part.key, part.position, &ended).await?;
        self.outbox.note_doubt(part, ended.doubt_since.is_some());
        metrics::counter!("etsm_message_attempts_total", "state" => ended.state.word()).increment(1);
        let (key, why) = (&part.key, ended.why.as_deref().unwrap_or_default());
        match ended.state {
            DeliveryState::Sent | DeliveryState::Waiting => {}
            DeliveryState::Deleted => warn!(message = key, "A message was deleted by someone and is left so"),
            DeliveryState::Uncertain => {
                warn!(
                    message = key,
                    why, "Whether a message was posted is not known; someone has to look: {why}"
                );
            }
            DeliveryState::Failed => warn!(message = key, why, "A message could not be posted: {why}"),
        }
        Ok(ended)
    }
}

impl Delivery {
    /// As kept; `None` when its destination is of a newer program.
    fn of(message: &OutboxMessage) -> Option<Self> {
        let worst = message.parts.iter().max_by_key(|part| part.state);
        let waiting = message.parts.iter().filter(|part| part.state == DeliveryState::Waiting);
        Some(Self {
            to: message.destination.parse().ok()?,
            state: worst.map_or(DeliveryState::Sent, |part| part.state),
            posted: message
                .parts
                .iter()
                .filter_map(|part| part.posted.clone())
                .map(|id| Posted { id })
                .collect(),
            why: worst.and_then(|part| part.why.clone()),
            next_try: waiting.map(|part| part.next_try).min(),
        })
    }
}

fn content(key: &str, made: Timestamp, position: usize, parcel: Parcel) -> PartContent {
    PartContent {
        body: parcel.json,
        files: parcel.files,
        nonce: name("nonce", key, made, position, NONCE_CHARS),
        marker: marker(key, made, position),
    }
}

fn marker(key: &str, made: Timestamp, position: usize) -> String {
    name("marker", key, made, position, MARKER_CHARS)
}

/// A name that is the same each time it is made for the same part of the same message.
fn name(what: &str, key: &str, made: Timestamp, position: usize, chars: usize) -> String {
    let text = format!("etsm {what} of {key} made {} part {position}", made.as_millisecond());
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    hex[..chars].to_owned()
}

fn told_above(answer: &Answer) -> Answer {
    Answer {
        title: answer.title.clone(),
        blocks: vec![Block::Text(Prose::plain("This is told in the message above now."))],
        as_of: AsOf { ..answer.as_of },
        path: answer.path.clone(),
        actions: Vec::new(),
        picks: Vec::new(),
        private: false,
    }
}
