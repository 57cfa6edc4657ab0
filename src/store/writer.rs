//! Recording usage: one transaction for each batch, exact counts of what was new, known and replaced.

use std::collections::HashMap;
use std::mem;

use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::domain::AccountId;
use crate::domain::Endpoint;
use crate::domain::EventId;
use crate::domain::Model;
use crate::domain::SourceId;
use crate::domain::UsageRow;

use super::audit::Intake;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::numbering::ACCOUNTS;
use super::numbering::ENDPOINTS;
use super::numbering::MODELS;
use super::numbering::Numbering;
use super::numbering::SOURCES;
use super::open::Store;
use super::pushed::Committed;
use super::recorded::Outcome;
use super::recorded::Recorded;
use super::stated::Figures;
use super::stated::Key;
use super::statements::Statements;
use super::sums::Adding;
use super::view;
use super::watermarks;
use super::writing::Writing;

/// Whether an import is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Commit.
    Yes,
    /// Count, then roll back.
    DryRun,
}

/// Usage rows being recorded: one transaction for each batch, or one for all on a dry run.
///
/// A dry run holds the only writing connection until it ends: others that write wait.
#[derive(Debug)]
pub struct UsageWriter {
    store: Store,
    intake: Intake,
    dry_run: Option<DryRun>,
    known: Known,
}

/// The one transaction of a dry run, and the data version before it.
#[derive(Debug)]
struct DryRun {
    all: Writing,
    version: u64,
}

impl Store {
    /// Begins to record usage, which is entered into the audit log as `intake` when it ends.
    pub async fn usage_writer(&self, keep: Keep, intake: Intake) -> Result<UsageWriter, StoreError> {
        let dry_run = match keep {
            Keep::Yes => None,
            Keep::DryRun => {
                let mut all = self.write().await?;
                let version = counters::value(&mut all, "version").await?;
                Some(DryRun { all, version })
            }
        };
        Ok(UsageWriter { store: self.clone(), intake, dry_run, known: Known::default() })
    }
}

impl UsageWriter {
    /// Records a batch as if its rows came one after the other: of equal keys the later row wins and counts as
    /// replaced, or as a duplicate when equal. `names` gives the display name of accounts whose id was derived from
    /// another text. On `Keep::Yes` the batch is committed when this returns; on an error none of it is.
    pub async fn record(
        &mut self,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
    ) -> Result<Recorded, StoreError> {
        if let Some(DryRun { all, version }) = &mut self.dry_run {
            let mut recorded = record(all, self.store.statements(), &mut self.known, rows, names).await?;
            recorded.version = *version;
            return Ok(recorded);
        }
        let mut writing = self.store.write().await?;
        // Taken out: if this batch is rolled back, numbers that it gave away must be forgotten.
        let mut known = mem::take(&mut self.known);
        let recorded = record(&mut writing, self.store.statements(), &mut known, rows, names).await?;
        self.intake.note(&mut writing, &recorded).await?;
        writing.commit().await.doing("committing usage")?;
        self.known = known;
        for (outcome, count) in [
            ("accepted", recorded.accepted),
            ("replaced", recorded.replaced),
            ("duplicate", recorded.duplicates),
        ] {
            metrics::counter!("etsm_ingest_rows_total", "outcome" => outcome).increment(count);
        }
        Ok(recorded)
    }

    /// Ends what came in so far and goes on with another file.
    pub async fn go_on(&mut self, intake: Intake) -> Result<(), StoreError> {
        let ended = mem::replace(&mut self.intake, intake);
        if self.dry_run.is_some() { Ok(()) } else { self.store.end_intake(&ended).await }
    }

    /// Says that the source's data are complete up to `watermark` (it never moves back) and ends; a dry run rolls back.
    pub async fn finish(self, watermark: Option<(SourceId, Timestamp)>) -> Result<Committed, StoreError> {
        let mut committed = Committed::default();
        if let Some(DryRun { all, .. }) = self.dry_run {
            all.rollback().await.doing("ending a dry run")?;
            return Ok(committed);
        }
        let mut writing = self.store.write().await?;
        if let Some((source, watermark)) = watermark {
            let moved = watermarks::advance(&mut writing, &source, watermark, self.intake.at()).await?;
            committed.versions = u64::from(moved);
        }
        self.intake.end(&mut writing).await?;
        writing.commit().await.doing("moving a watermark")?;
        Ok(committed)
    }
}

/// Numbers of texts, as far as they were needed.
#[derive(Debug)]
pub(super) struct Known {
    sources: Numbering<SourceId>,
    accounts: Numbering<AccountId>,
    endpoints: Numbering<Endpoint>,
    models: Numbering<Model>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            sources: Numbering::new(&SOURCES),
            accounts: Numbering::new(&ACCOUNTS),
            endpoints: Numbering::new(&ENDPOINTS),
            models: Numbering::new(&MODELS),
        }
    }
}

impl Known {
    pub(super) async fn learn(
        &mut self,
        connection: &mut AnyConnection,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
    ) -> Result<(), StoreError> {
        let plain = |text: &str| text.to_owned();
        let names: HashMap<&AccountId, &str> = names.iter().map(|(id, name)| (id, name.as_str())).collect();
        let named = |account: &AccountId| plain(names.get(account).copied().unwrap_or(account.as_str()));
        self.sources.learn(connection, rows.iter().map(|row| &row.source), |one| plain(one.as_str())).await?;
        self.accounts.learn(connection, rows.iter().map(|row| &row.account), named).await?;
        self.endpoints
            .learn(connection, rows.iter().map(|row| &row.endpoint), |one| plain(one.as_str()))
            .await?;
        self.models
            .learn(connection, rows.iter().filter_map(|row| row.model.as_ref()), |one| plain(one.as_str()))
            .await
    }

    pub(super) fn key<'a>(&self, row: &'a UsageRow) -> Key<'a> {
        Key {
            account: self.accounts.number(&row.account),
            at_ms: row.at.as_millisecond(),
            endpoint: self.endpoints.number(&row.endpoint),
            model: row.model.as_ref().map_or(0, |model| self.models.number(model)),
            source: self.sources.number(&row.source),
            event: row.event.as_ref().map_or("", EventId::as_str),
        }
    }
}

/// An account whose usage is changed.
struct Touched {
    adding: Adding,
    /// By how much the sum of its rows changes.
    by: i64,
}

/// Records rows inside a transaction, as if they came one after the other.
pub(super) async fn record(
    connection: &mut AnyConnection,
    statements: &Statements,
    known: &mut Known,
    rows: &[UsageRow],
    names: &[(AccountId, String)],
) -> Result<Recorded, StoreError> {
    known.learn(connection, rows, names).await?;
    let mut stated = Vec::with_capacity(rows.len());
    for row in rows {
        stated.push((known.key(row), Figures::of(row)?));
    }
    // Each key once, in the order of the tree, so that neighbours are read and written together.
    let mut keys: Vec<Key<'_>> = stated.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    let stored = statements.find(connection, &keys).await?;
    let places: HashMap<Key<'_>, usize> = keys.iter().copied().zip(0..).collect();
    let mut latest = stored.clone();
    let mut recorded = Recorded { outcomes: Vec::with_capacity(rows.len()), ..Recorded::default() };
    let mut touched: HashMap<i64, Touched> = HashMap::new();
    for (row, (key, figures)) in rows.iter().zip(&stated) {
        let before = latest[places[key]].replace(*figures);
        let outcome = match before {
            None => Outcome::Accepted,
            Some(before) if before == *figures => Outcome::Duplicate,
            Some(before) => Outcome::Replaced { before: before.used() },
        };
        match outcome {
            Outcome::Accepted => recorded.accepted += 1,
            Outcome::Duplicate => recorded.duplicates += 1,
            Outcome::Replaced { .. } => recorded.replaced += 1,
        }
        if outcome != Outcome::Duplicate {
            recorded.changed_since = Some(recorded.changed_since.map_or(row.at, |since| since.min(row.at)));
            touched.entry(key.account).or_insert_with(|| {
                recorded.touched.push(row.account.clone());
                Touched { adding: Adding::of(&row.account), by: 0 }
            });
        }
        recorded.outcomes.push(outcome);
    }
    let mut changed: Vec<(Key<'_>, Figures)> = Vec::with_capacity(touched.len());
    for (key, (before, after)) in keys.into_iter().zip(stored.into_iter().zip(latest)) {
        let Some(after) = after.filter(|after| before != Some(*after)) else { continue };
        if let Some(Touched { adding, by }) = touched.get_mut(&key.account) {
            *by += adding.stated(&key, &after) - before.map_or(0, |before| adding.stated(&key, &before));
        }
        changed.push((key, after));
    }
    statements.put(connection, &changed).await?;
    if recorded.accepted > 0 {
        counters::advance(connection, "usage", recorded.accepted).await?;
    }
    view::stamp(connection, touched.into_iter().map(|(account, touched)| (account, touched.by))).await?;
    recorded.close(connection).await?;
    Ok(recorded)
}
