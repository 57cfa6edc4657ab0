//! One digest on its way: written, kept, handed to the outbox, and over.
//!
//! Invariant: a digest is written again only while the outbox does not hold it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use tracing::warn;

use crate::answers::Desk;
use crate::deliver::Delivery;
use crate::digest;
use crate::digest::Commission;
use crate::digest::Composed;
use crate::digest::DigestScope;
use crate::domain::DIGEST_ON_TIME;
use crate::domain::DeliveryState;
use crate::domain::Destination;
use crate::domain::OccurrenceState;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Block;
use crate::reply::Prose;
use crate::store::ComposedRow;
use crate::store::Occurrence;
use crate::store::StoreError;
use crate::writer::Writer;

use super::Digests;
use super::audience::Barred;
use super::audience::may_be_told;
use super::outcome;
use super::runner::tell;

/// Longest time for a writer; a plain digest is better than a late one.
const WRITE_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Least time for a writer, however late it is.
const WRITE_MIN: SignedDuration = SignedDuration::from_secs(5);
/// What is kept of the time on schedule for posting.
const POST_TIME: SignedDuration = SignedDuration::from_secs(30);
/// How much longer than its deadline a writer may take before it is dropped.
const OVERTIME: Duration = Duration::from_secs(5);
/// How long it is tried again what fails just now.
const PATIENCE: SignedDuration = SignedDuration::from_secs(90);
/// Wait before it is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// What the outbox knows a digest by.
pub(super) fn key(id: u64) -> String {
    format!("digest:{id}")
}

/// What a digest is made of.
pub(super) struct Order<'a> {
    pub(super) name: &'a str,
    pub(super) scope: &'a DigestScope,
    pub(super) to: &'a str,
    pub(super) now: Timestamp,
    pub(super) deadline: SignedDuration,
}

impl Digests {
    /// Brings a digest as far as it goes now.
    pub(super) async fn bring_further(&self, desk: &Desk, one: &Occurrence) -> Result<(), StoreError> {
        match self.outbox.delivery(&key(one.id)).await? {
            Some(delivery) => self.settle(desk, one, &delivery).await,
            None => self.make(desk, one).await,
        }
    }

    /// The outbox holds it: how it stands there is how it stands.
    async fn settle(&self, desk: &Desk, one: &Occurrence, delivery: &Delivery) -> Result<(), StoreError> {
        let state = match delivery.state {
            DeliveryState::Waiting if one.state == OccurrenceState::Sending => {
                // It is looked at again soon, and not all the time.
                tokio::time::sleep(AGAIN_AFTER / 4).await;
                return Ok(());
            }
            DeliveryState::Waiting => OccurrenceState::Sending,
            // What someone deleted was sent.
            DeliveryState::Sent | DeliveryState::Deleted => OccurrenceState::Sent,
            DeliveryState::Uncertain => OccurrenceState::Uncertain,
            DeliveryState::Failed => OccurrenceState::Failed,
        };
        self.ends(desk, one, state, delivery.why.as_deref()).await
    }

    async fn ends(
        &self,
        desk: &Desk,
        one: &Occurrence,
        state: OccurrenceState,
        why: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = desk.clock().now();
        desk.store().move_digest(one.id, state, why, now).await?;
        if state.is_over() {
            outcome::measure(one, state, now);
            tell(one, state, why);
        }
        Ok(())
    }

    async fn make(&self, desk: &Desk, one: &Occurrence) -> Result<(), StoreError> {
        let (scope, to) = match (one.scope.parse::<DigestScope>(), one.destination.parse::<Destination>()) {
            (Ok(scope), Ok(to)) => (scope, to),
            (Err(why), _) => return self.ends(desk, one, OccurrenceState::Failed, Some(&why)).await,
            (_, Err(bad)) => {
                return self.ends(desk, one, OccurrenceState::Failed, Some(&bad.to_string())).await;
            }
        };
        let snapshot = desk.snapshot();
        match may_be_told(&self.outbox, &to, &scope, &snapshot).await {
            Ok(()) => {}
            Err(Barred::Refused(why)) => {
                return self.ends(desk, one, OccurrenceState::Failed, Some(&why)).await;
            }
            Err(Barred::NotNow(why)) => return self.tries_again(desk, one, &why).await,
        }
        let now = desk.clock().now();
        let left = (DIGEST_ON_TIME - POST_TIME).saturating_sub(now.duration_since(one.slot));
        let order = Order {
            name: one.name.as_str(),
            scope: &scope,
            to: &one.destination,
            // What was asked for at an instant is told as of then.
            now: if one.asked_by.is_some() { one.slot } else { now },
            deadline: if one.late || one.asked_by.is_some() {
                WRITE_MAX
            } else {
                left.clamp(WRITE_MIN, WRITE_MAX)
            },
        };
        let mut composed = match self.compose(desk, &order, scope.cut(&snapshot)).await {
            Ok(composed) => composed,
            Err(Problem::NoData) => {
                let why = Problem::NoData.to_string();
                return self.ends(desk, one, OccurrenceState::Failed, Some(&why)).await;
            }
            Err(problem) => return self.tries_again(desk, one, &problem.to_string()).await,
        };
        let json = |value: Result<String, serde_json::Error>| value.expect("our own types are JSON");
        let row = ComposedRow {
            written: json(serde_json::to_string(&composed.written)),
            kept: json(serde_json::to_string(&composed.kept)),
            remembers: json(serde_json::to_string(&composed.remembers)),
        };
        desk.store().keep_digest(one.id, &row).await?;
        composed.answer.path = Some(format!("/digests/{}", one.id));
        if one.late {
            composed.answer.blocks.push(Block::Caveat(Prose::plain(format!(
                "This digest is late: it was due at {}.",
                one.slot.strftime("%-d %b %Y %H:%M UTC")
            ))));
        }
        self.outbox.send(&key(one.id), &to, &composed.answer).await?;
        let written = Occurrence { written: Some(row.written), ..one.clone() };
        match self.outbox.delivery(&key(one.id)).await? {
            Some(delivery) => self.settle(desk, &written, &delivery).await,
            None => Ok(()),
        }
    }

    /// Waits a little; what fails for long fails for good.
    async fn tries_again(&self, desk: &Desk, one: &Occurrence, why: &str) -> Result<(), StoreError> {
        let now = desk.clock().now();
        if now.duration_since(one.claimed).abs() > PATIENCE {
            return self.ends(desk, one, OccurrenceState::Failed, Some(why)).await;
        }
        warn!(digest = %one.name, id = one.id, why, "A digest cannot be made just now and is tried again: {why}");
        tokio::time::sleep(AGAIN_AFTER).await;
        Ok(())
    }

    /// Writes a digest. A writer that hangs is dropped, and the digest is a plain one.
    pub(super) async fn compose(
        &self,
        desk: &Desk,
        order: &Order<'_>,
        snapshot: Arc<Snapshot>,
    ) -> Result<Composed, Problem> {
        let name = order.name.parse().map_err(|_odd| super::told::unknown(order.name))?;
        let remembered = desk.store().digest_memory(&name, order.to).await.map_err(super::broken)?;
        // What a newer program remembered is left out: everything is told as new then.
        let since = remembered.and_then(|text| serde_json::from_str(&text).ok());
        let deadline = Duration::try_from(order.deadline).unwrap_or(OVERTIME);
        let asked = |writer| {
            digest::compose(Commission {
                name: order.name,
                scope: order.scope,
                since: since.as_ref(),
                now: order.now,
                snapshot: Arc::clone(&snapshot),
                writer,
                people: self.people,
                deadline,
            })
        };
        let writer: Option<&dyn Writer> = self.writer.as_deref();
        let Some(writer) = writer else { return asked(None).await };
        match tokio::time::timeout(deadline + OVERTIME, asked(Some(writer))).await {
            Ok(composed) => composed,
            Err(_late) => {
                warn!(digest = order.name, "The writer did not keep its time; the digest is a plain one");
                asked(None).await
            }
        }
    }
}
