//! One round: asks for what is new and for the last days again, and keeps it.

use std::collections::HashSet;

use anyhow::Context;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::answers::Desk;
use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::How;
use crate::domain::TokenSplit;
use crate::domain::UsageRow;
use crate::domain::Used;
use crate::domain::Window;
use crate::ingest::Pulled;
use crate::ingest::Source;
use crate::ingest::SourceFault;
use crate::store::BucketKey;
use crate::store::Intake;

use super::memory::Memory;
use super::runner::Pace;

/// Rows in one commit; a commit costs one sync of the disk, and one publication.
const BATCH_ROWS: usize = 10_000;

/// What a round came to.
#[derive(Debug, Default)]
pub(super) struct Took {
    /// Rows that are new or restated.
    pub(super) rows: u64,
    /// Calls to the far side.
    pub(super) calls: u32,
    /// What must be known about the figures.
    pub(super) note: Option<&'static str>,
}

/// Why a round ended early; what it took before is kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error(transparent)]
    Fault(#[from] SourceFault),
    #[error("{0:#}")]
    Store(#[from] anyhow::Error),
}

/// Asks for all that is due.
pub(super) async fn go(desk: &Desk, source: &dyn Source, pace: Pace, took: &mut Took) -> Result<(), Cut> {
    let now = desk.clock().now();
    let mut memory = Memory::of(desk.store(), source.id()).await.context("looking how far it was read")?;
    let days = |count: u32| SignedDuration::from_hours(24 * i64::from(count));
    let first = now - days(pace.history_days);
    let mut from = match &memory {
        Some(known) if known.fingerprint.starts_with(&source.fingerprint()) => {
            known.until.min(now) - days(pace.overlap_days)
        }
        Some(known) => known.since.min(first),
        None => first,
    };
    let mut pieces = due(source, from, now);
    while !pieces.is_empty() {
        let piece = pieces.remove(0);
        let pulled = source.pull(piece).await.inspect_err(|fault| took.calls += fault.calls)?;
        took.calls += pulled.calls;
        took.note = pulled.note;
        let fingerprint = format!("{} {}", source.fingerprint(), pulled.note.unwrap_or_default());
        let since = memory.as_ref().map_or(from, |known| known.since.min(from));
        if memory.as_ref().is_some_and(|known| known.fingerprint != fingerprint) && from > since {
            // Other reports than before tell all of the past in another way.
            from = since;
            pieces = due(source, from, now);
            continue;
        }
        keep(desk, source, piece, pulled, took).await?;
        let known = Memory { since, until: piece.to(), fingerprint };
        known.keep(desk.store(), source.id()).await.context("keeping how far it was read")?;
        memory = Some(known);
    }
    Ok(())
}

fn due(source: &dyn Source, from: Timestamp, now: Timestamp) -> Vec<Window> {
    Window::new(from, now).map(|window| source.pieces(window, now)).unwrap_or_default()
}

/// Puts what was told of a piece in the place of all that was told of it before.
async fn keep(
    desk: &Desk,
    source: &dyn Source,
    piece: Window,
    pulled: Pulled,
    took: &mut Took,
) -> anyhow::Result<()> {
    let store = desk.store();
    let (mut rows, metered): (Vec<UsageRow>, Vec<_>) = pulled.rows.into_iter().unzip();
    let told: HashSet<BucketKey> = rows.iter().map(BucketKey::of).collect();
    let before = store.buckets_of(source.id(), piece).await.context("looking what it told before")?;
    let of_rows = rows.len();
    rows.extend(before.into_iter().filter(|key| !told.contains(key)).map(|key| nothing(source, key)));
    let watermark = (source.id().clone(), pulled.complete_until);
    let act = Act::of_service(How::Source, desk.clock().now());
    let intake = Intake::new(act, AuditKind::ImportUsage, source.id().as_str());
    let mut batches = rows.chunks(BATCH_ROWS).peekable();
    if batches.peek().is_none() {
        desk.record_usage(&[], &[], Some(watermark.clone()), intake.clone())
            .await
            .context("moving its watermark")?;
    }
    while let Some(batch) = batches.next() {
        let is_last = batches.peek().is_none();
        let recorded =
            desk.record_usage(batch, &pulled.names, is_last.then(|| watermark.clone()), intake.clone()).await;
        let recorded = recorded.context("recording its usage")?;
        took.rows += recorded.accepted + recorded.replaced;
    }
    let kept = store.put_metered(source.id(), piece, &rows[..of_rows], &metered).await;
    kept.context("keeping how its usage is charged")?;
    store.put_unmapped(source.id(), &pulled.unmapped).await.context("keeping what is not mapped")
}

/// A bucket that was restated to nothing.
fn nothing(source: &dyn Source, key: BucketKey) -> UsageRow {
    UsageRow {
        source: source.id().clone(),
        at: key.at,
        account: key.account,
        endpoint: key.endpoint,
        model: key.model,
        event: None,
        used: Used::default(),
        tokens: TokenSplit::default(),
    }
}
