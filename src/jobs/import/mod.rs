//! Files into the store: read, recorded batch by batch, and reported.
//!
//! Invariant: what a report counts as accepted or replaced is committed, unless the import was a dry run.

mod accounts;
mod initiatives;
mod pipe;
mod report;
mod target;
mod usage;

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::access;
use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::Currency;
use crate::domain::PriceList;
use crate::domain::SourceId;
use crate::ingest::Context;
use crate::store::Intake;
use crate::store::Keep;
use crate::store::StoreError;

pub(super) use usage::{Written, complete_until, note};

pub use crate::domain::Records;
pub use pipe::Progress;
pub use report::{FileFault, ImportReport, ImportReports, Totals};
pub use target::Target;

/// How an import is done.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Name of the source; `import` unless the person says otherwise.
    pub source: SourceId,
    /// Whether to keep what is read.
    pub keep: Keep,
    /// Up to when the source's data are complete; the end of the newest hour in the files when not given, and never
    /// later than `now`.
    pub watermark: Option<Timestamp>,
    /// Who imports, and when.
    pub act: Act,
    /// The currency of the portfolio.
    pub currency: Currency,
    /// What usage costs that comes without a cost; none, unless told.
    pub prices: Arc<PriceList>,
}

impl ImportOptions {
    /// As `etsm import` without options does it.
    #[must_use]
    pub fn new(act: Act, currency: Currency) -> Self {
        let source = SourceId::new("import").expect("the word is an id");
        Self { source, keep: Keep::Yes, watermark: None, act, currency, prices: Arc::default() }
    }

    /// What a file is entered as: by its name without the folder, and by the digest of what is in it. One that cannot be
    /// read has none; what is wrong with it is told when it is imported.
    async fn intake(&self, kind: AuditKind, file: &Path) -> Intake {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let name = if name == "-" { "standard input".into() } else { name };
        let intake = Intake::new(self.act.clone(), kind, &name).about("source", self.source.as_str());
        let file = file.to_owned();
        let digest = tokio::task::spawn_blocking(move || File::open(file).and_then(access::sha256)).await;
        match digest {
            Ok(Ok(digest)) => intake.about("sha256", digest),
            Ok(Err(_)) | Err(_) => intake,
        }
    }

    fn context(&self) -> Context {
        let (source, prices) = (self.source.clone(), Arc::clone(&self.prices));
        Context { source, now: self.act.at, currency: self.currency, prices }
    }
}

/// Imports files one after the other; `-` is the standard input. A file that cannot be read is in the reports and
/// does not keep the others from being read. An error means that the store failed: batches before it are kept.
pub async fn import_files<'t>(
    into: impl Into<Target<'t>>,
    records: Records,
    files: &[PathBuf],
    options: &ImportOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<ImportReports, StoreError> {
    let target = into.into();
    match records {
        Records::Usage => usage::import(target, files, options, progress).await,
        Records::Accounts => accounts::import(target, files, options, progress).await,
        Records::Initiatives => initiatives::import(target, files, options, progress).await,
    }
}
