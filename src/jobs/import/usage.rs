//! Usage files: each batch is committed before the next is recorded.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::AuditKind;
use crate::domain::Grain;
use crate::domain::UsageRow;
use crate::ingest;
use crate::store::Keep;
use crate::store::Outcome;
use crate::store::StoreError;
use crate::store::UsageWriter;

use super::ImportOptions;
use super::pipe::Pipe;
use super::pipe::Progress;
use super::report::ImportReport;
use super::report::ImportReports;
use super::target::Target;

/// Keys that are remembered to tell a row restated within the import from one restated since; beyond them, both
/// statements of such a row are in the sums. About 20 MB.
const KEYS_MAX: usize = 1_000_000;

/// Imports usage files through one writer, so that a dry run counts what is in two of them once.
pub(super) async fn import(
    target: Target<'_>,
    files: &[PathBuf],
    options: &ImportOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<ImportReports, StoreError> {
    let Some(first) = files.first() else { return Ok(ImportReports::default()) };
    let first = options.intake(AuditKind::ImportUsage, first).await;
    let mut writer = target.store().usage_writer(options.keep, first).await?;
    let mut reports = ImportReports { files: Vec::new(), dry_run: options.keep == Keep::DryRun };
    let mut written = Written::default();
    for (number, file) in files.iter().enumerate() {
        if number > 0 {
            writer.go_on(options.intake(AuditKind::ImportUsage, file).await).await?;
        }
        let mut tell = |records, bytes| progress(Progress { file: number, records, bytes });
        let report = import_one((target, &mut writer), file, options, &mut written, &mut tell).await?;
        reports.push(file, report);
    }
    let newest = reports.files.iter().filter_map(|(_, report)| report.watermark).max();
    target.finish(writer, newest.map(|watermark| (options.source.clone(), watermark))).await?;
    Ok(reports)
}

async fn import_one(
    (target, writer): (Target<'_>, &mut UsageWriter),
    file: &Path,
    options: &ImportOptions,
    written: &mut Written,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<ImportReport, StoreError> {
    let times = (options.keep == Keep::DryRun).then(Vec::new);
    let mut report = ImportReport { times, ..ImportReport::default() };
    let mut newest = None;
    let mut pipe = Pipe::open(file, options.context(), ingest::read_usage);
    while let Some(batch) = pipe.next().await {
        if !batch.rows.is_empty() {
            let recorded = target.record(writer, &batch.rows, &batch.names).await?;
            note(&mut report, written, &batch.rows, &recorded.outcomes);
            report.priced += batch.priced.len() as u64;
            if options.keep == Keep::Yes {
                // Broken off before this, the same import notes it when it is done again.
                let priced: Vec<&UsageRow> = batch.priced.iter().map(|at| &batch.rows[*at]).collect();
                target.store().note_priced(&priced).await?;
            }
            newest = newest.max(batch.rows.iter().map(|row| row.at).max());
        }
        report.reject(batch.rejections);
        progress(report.records(), batch.bytes);
    }
    pipe.close(&mut report).await;
    report.watermark = newest.map(|newest| complete_until(newest, options.watermark, options.act.at));
    Ok(report)
}

/// The end of the newest hour, or what the sender says; never in the future.
pub(in crate::jobs) fn complete_until(
    newest: Timestamp,
    said: Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    said.unwrap_or_else(|| Grain::Hour.next(Grain::Hour.floor(newest))).min(now)
}

/// Counts what became of rows.
pub(in crate::jobs) fn note(
    report: &mut ImportReport,
    written: &mut Written,
    rows: &[UsageRow],
    outcomes: &[Outcome],
) {
    for (row, outcome) in rows.iter().zip(outcomes) {
        match outcome {
            Outcome::Accepted => {
                report.accepted += 1;
                written.insert(row);
                report.totals.add(row.used);
                report.note_time(row.at);
            }
            Outcome::Duplicate => report.duplicates += 1,
            Outcome::Replaced { before } => {
                report.replaced += 1;
                if !written.insert(row) {
                    report.totals.take_back(*before);
                }
                report.totals.add(row.used);
            }
        }
    }
}

/// Hashes of the keys that this import has written.
#[derive(Debug, Default)]
pub(in crate::jobs) struct Written {
    state: RandomState,
    keys: HashSet<u64>,
}

impl Written {
    /// Whether the row's key was not written before.
    fn insert(&mut self, row: &UsageRow) -> bool {
        let key = self.state.hash_one((&row.account, row.at, &row.endpoint, &row.model, &row.event));
        if self.keys.len() < KEYS_MAX { self.keys.insert(key) } else { !self.keys.contains(&key) }
    }
}
