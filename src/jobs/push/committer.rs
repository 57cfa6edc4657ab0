//! Writes down what senders hand in: all that wait go into one transaction, and each sender is answered once it is
//! durable. Readers see it a moment later.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::answers::Desk;
use crate::domain::AccountId;
use crate::domain::SourceId;
use crate::domain::SourceKind;
use crate::domain::UsageRow;
use crate::ingest::NotTaken;
use crate::ingest::Taken;
use crate::jobs::import::ImportReport;
use crate::jobs::import::Written;
use crate::jobs::import::complete_until;
use crate::jobs::import::note;
use crate::store::Committed;
use crate::store::Outcome;
use crate::store::PushAnswer;
use crate::store::PushEntry;
use crate::store::PushGroup;
use crate::store::PushWriter;
use crate::store::SourceTry;
use crate::store::StoreError;

use super::inbox::Order;
use super::inbox::ReadParcel;

/// A group is closed when it has so many rows: those who wait should not wait for long.
const GROUP_ROWS: usize = 20_000;
/// Readers see new usage at most this much later; each publication is work for all accounts that it touches.
const SHOW_EVERY: Duration = Duration::from_millis(250);
/// How long the answer to a parcel can be had again.
const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often older answers are removed.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// Writes parcels down, until it is told to stop and the last one is answered.
pub struct Committer {
    desk: Desk,
    orders: mpsc::Receiver<Order>,
    committed: Arc<Notify>,
}

/// What is to be answered to a parcel.
enum Verdict {
    /// It is written down in this group.
    New,
    /// It was written down before, with this answer.
    Again(String),
    /// It is the same as another one of this group.
    AsIn(usize),
    /// Something else was written down under its name.
    Other,
}

impl Committer {
    pub(super) fn new(desk: Desk, orders: mpsc::Receiver<Order>, committed: Arc<Notify>) -> Self {
        Self { desk, orders, committed }
    }

    /// What shows readers the usage that was committed; it runs beside the committer.
    pub fn showing(&self, stop: CancellationToken) -> impl Future<Output = anyhow::Result<()>> + use<> {
        show(self.desk.clone(), Arc::clone(&self.committed), stop)
    }

    /// Commits until `stop` fires, and then what was handed in before.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut writer = self.desk.store().push_writer();
        loop {
            let first = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                first = self.orders.recv() => first,
            };
            let Some(first) = first else { return Ok(()) };
            let group = self.group(first);
            self.settle(&mut writer, group).await;
        }
        self.orders.close();
        while let Some(first) = self.orders.recv().await {
            let group = self.group(first);
            self.settle(&mut writer, group).await;
        }
        Ok(())
    }

    /// The first parcel and those that wait behind it.
    fn group(&mut self, first: Order) -> Vec<Order> {
        let mut rows = first.read.rows.len();
        let mut group = vec![first];
        while rows < GROUP_ROWS
            && let Ok(next) = self.orders.try_recv()
        {
            rows += next.read.rows.len();
            group.push(next);
        }
        group
    }

    /// Commits a group and answers all its senders.
    async fn settle(&self, writer: &mut PushWriter, group: Vec<Order>) {
        let (parcels, replies): (Vec<_>, Vec<_>) =
            group.into_iter().map(|Order { read, reply, .. }| (read, reply)).unzip();
        let answers = self.commit(writer, &parcels).await;
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A sender that has gone learns it from the next try.
            let _gone = reply.send(answer);
        }
    }

    async fn commit(&self, writer: &mut PushWriter, parcels: &[ReadParcel]) -> Vec<Result<Taken, NotTaken>> {
        let begun = Instant::now();
        let mut outcome = self.try_commit(writer, parcels).await;
        if let Err(StoreError::Database { .. }) = outcome {
            // Another process may have erased an account, whose number was remembered; the writer has forgotten it now.
            outcome = self.try_commit(writer, parcels).await;
        }
        metrics::histogram!("etsm_push_commit_seconds").record(begun.elapsed());
        metrics::counter!("etsm_push_parcels_total").increment(parcels.len() as u64);
        match outcome {
            Ok(answers) => {
                self.committed.notify_one();
                answers
            }
            Err(StoreError::TooLarge { .. }) if parcels.len() > 1 => {
                // One of them is at fault, and the others must not be taken down by it.
                let mut answers = Vec::with_capacity(parcels.len());
                for alone in parcels.chunks(1) {
                    answers.extend(Box::pin(self.commit(writer, alone)).await);
                }
                answers
            }
            Err(failed) => {
                tracing::error!(error = %failed, parcels = parcels.len(), "Pushed usage could not be written down");
                let failed = Arc::new(failed);
                let told = |_parcel| Err(NotTaken::Failed(anyhow::Error::new(Arc::clone(&failed))));
                parcels.iter().map(told).collect()
            }
        }
    }

    async fn try_commit(
        &self,
        writer: &mut PushWriter,
        parcels: &[ReadParcel],
    ) -> Result<Vec<Result<Taken, NotTaken>>, StoreError> {
        let now = self.desk.clock().now();
        let commit = async {
            let mut group = writer.begin().await?;
            let verdicts = verdicts(&mut group, parcels, now).await?;
            let new: Vec<&ReadParcel> = parcels
                .iter()
                .zip(&verdicts)
                .filter_map(|(parcel, verdict)| matches!(verdict, Verdict::New).then_some(parcel))
                .collect();
            if new.is_empty() {
                return Ok((answered(verdicts, Vec::new()), Committed::default()));
            }
            let reports = write(&mut group, &new, now).await?;
            let committed = group.commit().await?;
            Ok((answered(verdicts, reports), committed))
        };
        self.desk.commit_usage(commit).await
    }
}

/// What becomes of each parcel.
async fn verdicts(
    group: &mut PushGroup<'_>,
    parcels: &[ReadParcel],
    now: Timestamp,
) -> Result<Vec<Verdict>, StoreError> {
    let ids: Vec<&str> =
        parcels.iter().filter_map(|parcel| parcel.claim.as_ref()).map(|claim| claim.id.as_str()).collect();
    let given = if ids.is_empty() { HashMap::new() } else { group.answers(&ids, now - ANSWERS_KEPT).await? };
    let mut claimed: HashMap<&str, usize> = HashMap::new();
    let mut verdicts = Vec::with_capacity(parcels.len());
    for (place, parcel) in parcels.iter().enumerate() {
        let Some(claim) = &parcel.claim else {
            verdicts.push(Verdict::New);
            continue;
        };
        let verdict = if let Some(before) = given.get(&claim.id) {
            let same = before.fingerprint == claim.fingerprint;
            if same { Verdict::Again(before.answer.clone()) } else { Verdict::Other }
        } else {
            match *claimed.entry(claim.id.as_str()).or_insert(place) {
                first if first == place => Verdict::New,
                first if parcels[first].claim.as_ref() == Some(claim) => Verdict::AsIn(first),
                _ => Verdict::Other,
            }
        };
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// Writes the rows of new parcels, how far their sources are, and the answers that may be asked for again; all answers.
async fn write(
    group: &mut PushGroup<'_>,
    new: &[&ReadParcel],
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let (rows, names) = joined(new);
    let recorded = group.record(&rows, &names).await?;
    let priced: Vec<&UsageRow> =
        new.iter().flat_map(|parcel| parcel.priced.iter().map(|at| &parcel.rows[*at])).collect();
    group.note_priced(&priced).await?;
    let mut left = recorded.outcomes.as_slice();
    let mut sources: BTreeMap<&SourceId, (Option<Timestamp>, u64)> = BTreeMap::new();
    let mut reports = Vec::with_capacity(new.len());
    for parcel in new {
        let (outcomes, rest) = left.split_at(parcel.rows.len());
        left = rest;
        let mut report = parcel.report.clone();
        note(&mut report, &mut Written::default(), &parcel.rows, outcomes);
        count(outcomes, report.rejected);
        let newest = parcel.rows.iter().map(|row| row.at).max();
        let until = match (newest, parcel.watermark) {
            (Some(newest), said) => Some(complete_until(newest, said, now)),
            (None, said) => said.map(|said| said.min(now)),
        };
        let (watermark, changed) = sources.entry(&parcel.source).or_default();
        *watermark = (*watermark).max(until);
        *changed += report.accepted + report.replaced;
        reports.push(report);
    }
    enter(group, new, &reports).await?;
    let mut complete = HashMap::new();
    for (source, (until, changed)) in sources {
        complete.insert(source, group.advance(source, until, now).await?);
        let kind = SourceKind::Push;
        group
            .note(&SourceTry {
                source: source.clone(),
                kind,
                at: now,
                came: Ok(changed),
                next: None,
                note: None,
            })
            .await?;
    }
    let mut answers = Vec::with_capacity(new.len());
    for (parcel, report) in new.iter().zip(reports) {
        let mut object = report.json();
        object["watermark"] = complete[&parcel.source].map(|at| at.to_string()).into();
        let answer = object.to_string();
        if let Some(claim) = parcel.claim.clone() {
            let answer = answer.clone();
            group.keep(&PushAnswer { id: claim.id, fingerprint: claim.fingerprint, answer, at: now }).await?;
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// Enters those parcels into the audit log that changed something.
async fn enter(
    group: &mut PushGroup<'_>,
    new: &[&ReadParcel],
    reports: &[ImportReport],
) -> Result<(), StoreError> {
    let mut entries = Vec::with_capacity(new.len());
    for (parcel, report) in new.iter().zip(reports) {
        if report.accepted + report.replaced == 0 {
            continue;
        }
        entries.push(PushEntry {
            act: &parcel.act,
            source: &parcel.source,
            accepted: report.accepted,
            replaced: report.replaced,
        });
    }
    group.enter(&entries).await
}

/// Display names of accounts that were found in usage.
type Names = [(AccountId, String)];

/// The rows and names of all parcels; those of one alone are not copied.
fn joined<'p>(parcels: &[&'p ReadParcel]) -> (Cow<'p, [UsageRow]>, Cow<'p, Names>) {
    if let [only] = parcels {
        return (Cow::Borrowed(&only.rows), Cow::Borrowed(&only.names));
    }
    let rows = parcels.iter().flat_map(|parcel| parcel.rows.iter().cloned()).collect();
    let names = parcels.iter().flat_map(|parcel| parcel.names.iter().cloned()).collect();
    (Cow::Owned(rows), Cow::Owned(names))
}

/// The answers of all parcels, from those of the new ones.
fn answered(verdicts: Vec<Verdict>, new: Vec<String>) -> Vec<Result<Taken, NotTaken>> {
    let mut new = new.into_iter();
    let mut answers: Vec<Result<Taken, NotTaken>> = Vec::with_capacity(verdicts.len());
    for verdict in verdicts {
        let answer = match verdict {
            Verdict::New => Ok(Taken { report: new.next().unwrap_or_default(), again: false }),
            Verdict::Again(report) => Ok(Taken { report, again: true }),
            Verdict::AsIn(first) => match &answers[first] {
                Ok(taken) => Ok(Taken { report: taken.report.clone(), again: true }),
                Err(_other) => Err(NotTaken::OtherBody),
            },
            Verdict::Other => Err(NotTaken::OtherBody),
        };
        answers.push(answer);
    }
    answers
}

fn count(outcomes: &[Outcome], rejected: u64) {
    let (mut accepted, mut duplicates, mut replaced) = (0, 0, 0);
    for outcome in outcomes {
        match outcome {
            Outcome::Accepted => accepted += 1,
            Outcome::Duplicate => duplicates += 1,
            Outcome::Replaced { .. } => replaced += 1,
        }
    }
    for (word, rows) in
        [("accepted", accepted), ("replaced", replaced), ("duplicate", duplicates), ("rejected", rejected)]
    {
        metrics::counter!("etsm_ingest_rows_total", "outcome" => word).increment(rows);
    }
}

/// Publishes what was committed, not more often than [`SHOW_EVERY`] and at most half of the time; and forgets old
/// answers.
async fn show(desk: Desk, committed: Arc<Notify>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut forget = tokio::time::interval(FORGET_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = forget.tick() => {
                if let Err(failed) = desk.store().forget_push_answers(desk.clock().now() - ANSWERS_KEPT).await {
                    tracing::warn!(error = %failed, "Old answers to pushes could not be removed; they are next time");
                }
                continue;
            }
            () = committed.notified() => {}
        }
        let begun = Instant::now();
        if let Err(failed) = desk.show_committed().await {
            tracing::warn!(error = %failed, "Pushed usage is kept, and cannot be shown yet");
        }
        let pause = begun.elapsed().max(SHOW_EVERY);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}
