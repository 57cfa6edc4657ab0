//! Looks at the folder again and again, and tells how it goes.

use std::collections::HashMap;
use std::time::Duration;
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use tracing::info;
use tracing::warn;

use crate::answers::Desk;
use crate::domain::Currency;
use crate::domain::Records;
use crate::domain::SourceId;
use crate::domain::SourceKind;
use crate::store::SourceTry;

use super::folder::{Folder, Verdict};
use super::round::{Cut, Round, Settled};

/// Longest pause after looks that failed one after the other.
const AFTER_FAILURES_MAX: Duration = Duration::from_secs(60);

/// A folder that is watched.
pub struct Watch {
    round: Round,
    every: Duration,
    /// Whether the last look went well, so that the folder need not be tried again.
    is_well: bool,
    /// Looks that failed one after the other.
    failures: u32,
}

impl Watch {
    /// Over a folder, whose usage is called `source`.
    #[must_use]
    pub fn new(folder: Folder, source: SourceId, every: Duration, currency: Currency) -> Self {
        let round = Round { folder, source, currency, seen: HashMap::new() };
        Self { round, every, is_well: false, failures: 0 }
    }

    /// Looks until `stop` fires. A file that is being imported then is done again at the next start.
    pub async fn run(mut self, desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            let looked = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                looked = self.look(&desk) => looked,
            };
            if let Err(cut) = looked {
                self.fails(&desk, &cut).await;
            } else {
                self.failures = 0;
            }
            let doubled = self.every.saturating_mul(2_u32.saturating_pow(self.failures.min(16)));
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(doubled.min(AFTER_FAILURES_MAX.max(self.every))) => {}
            }
        }
    }

    async fn look(&mut self, desk: &Desk) -> Result<(), Cut> {
        if !self.is_well {
            self.round.prepare().await?;
            self.is_well = true;
            // From here on it is known as a source, and what was in the way of the folder is over.
            self.note(desk, Ok(0)).await;
        }
        let (left, steady) = self.round.due().await?;
        for taken in left {
            let begun = Instant::now();
            let settled = self.round.settle(desk, taken).await?;
            self.tell(desk, &settled, begun).await;
        }
        for waiting in steady {
            let begun = Instant::now();
            let Some(taken) = self.round.take(waiting).await? else { continue };
            let settled = self.round.settle(desk, taken).await?;
            self.tell(desk, &settled, begun).await;
        }
        Ok(())
    }

    /// Tells what came of a file. Its name stays in the folder: it may name a customer.
    async fn tell(&self, desk: &Desk, settled: &Settled, begun: Instant) {
        let Settled { records, verdict, report } = settled;
        metrics::counter!("etsm_drop_files_total", "outcome" => verdict.word()).increment(1);
        if *records == Records::Usage {
            metrics::counter!("etsm_ingest_rows_total", "outcome" => "rejected").increment(report.rejected);
        }
        let (rows, took_ms) = (report.accepted + report.replaced, begun.elapsed().as_millis() as u64);
        info!(%records, rows, rejected = report.rejected, took_ms, "Took a file of {records} from the drop folder");
        if rows > 0 || *verdict == Verdict::Done {
            self.note(desk, Ok(rows)).await;
        }
        if *verdict == Verdict::Rejected {
            self.note(desk, Err(refused(settled))).await;
        }
    }

    async fn fails(&mut self, desk: &Desk, cut: &Cut) {
        self.is_well = false;
        self.failures = self.failures.saturating_add(1);
        metrics::counter!("etsm_drop_files_total", "outcome" => "failed").increment(1);
        // Our own words alone.
        warn!(error = %cut, "Could not take files from the drop folder; it is tried again");
        let words = match cut {
            Cut::Folder(fault) => fault.to_string(),
            Cut::Store(_) => "what came could not be kept; see the database, and the log".to_owned(),
            Cut::Broken(_) => "the folder could not be looked at; see the log".to_owned(),
        };
        self.note(desk, Err(words)).await;
    }

    async fn note(&self, desk: &Desk, came: Result<u64, String>) {
        let (source, at) = (self.round.source.clone(), desk.clock().now());
        let tried = SourceTry { source, kind: SourceKind::Folder, at, came, next: None, note: None };
        if let Err(error) = desk.store().note_source(&tried).await {
            warn!(%error, "Could not note how it goes with the drop folder");
        }
    }
}

fn refused(Settled { records, report, .. }: &Settled) -> String {
    let what = match &report.file_error {
        Some(fault) if report.records() == 0 => format!("a file of {records} was refused ({})", fault.code),
        Some(fault) => format!("a file of {records} broke off ({})", fault.code),
        None => {
            let (bad, all) = (report.rejected, report.records());
            format!("{bad} of {all} records in a file of {records} were refused, and the others kept")
        }
    };
    format!("{what}; it lies in rejected/ with its report")
}
