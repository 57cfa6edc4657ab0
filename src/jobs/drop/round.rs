//! One look at the folder: takes what has not changed since the look before, imports it, and moves it on.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use crate::answers::Desk;
use crate::domain::Act;
use crate::domain::Currency;
use crate::domain::How;
use crate::domain::Records;
use crate::domain::SourceId;
use crate::jobs::import::FileFault;
use crate::jobs::import::ImportOptions;
use crate::jobs::import::ImportReport;
use crate::jobs::import::import_files;
use crate::store::StoreError;

use super::folder::{Folder, FolderFault, Look, Taken, Verdict, Waiting};

/// Why a look ended early. What was moved on before is done; a file that was taken is done again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error(transparent)]
    Folder(#[from] FolderFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0:#}")]
    Broken(#[from] anyhow::Error),
}

/// A file that was imported and moved on.
pub(super) struct Settled {
    pub(super) records: Records,
    pub(super) verdict: Verdict,
    pub(super) report: ImportReport,
}

/// What is looked at, and how it looked the last time.
pub(super) struct Round {
    pub(super) folder: Folder,
    pub(super) source: SourceId,
    pub(super) currency: Currency,
    pub(super) seen: HashMap<PathBuf, Look>,
}

impl Round {
    /// Makes sure that the folder can be used.
    pub(super) async fn prepare(&self) -> Result<(), Cut> {
        let folder = self.folder.clone();
        Ok(aside(move || folder.prepare()).await??)
    }

    /// What is to be done: files that a look before left half done, and those that lie still.
    pub(super) async fn due(&mut self) -> Result<(Vec<Taken>, Vec<Waiting>), Cut> {
        let folder = self.folder.clone();
        let (left, waiting) =
            aside(move || Ok::<_, FolderFault>((folder.left()?, folder.waiting()?))).await??;
        metrics::gauge!("etsm_drop_waiting").set((left.len() + waiting.len()) as f64);
        let still = |one: &&Waiting| self.seen.get(&one.path) == Some(&one.look);
        let steady = waiting.iter().filter(still).cloned().collect();
        self.seen = waiting.into_iter().map(|one| (one.path, one.look)).collect();
        Ok((left, steady))
    }

    pub(super) async fn take(&self, waiting: Waiting) -> Result<Option<Taken>, Cut> {
        let folder = self.folder.clone();
        Ok(aside(move || folder.take(&waiting)).await??)
    }

    /// Imports a file that was taken, and moves it on.
    pub(super) async fn settle(&self, desk: &Desk, taken: Taken) -> Result<Settled, Cut> {
        let report = if taken.is_plain { self.import(desk, &taken).await? } else { no_plain_file() };
        let (verdict, records) = (Verdict::of(&report), taken.records);
        let (folder, told) = (self.folder.clone(), report.clone());
        aside(move || folder.put_away(&taken, verdict, &told)).await??;
        Ok(Settled { records, verdict, report })
    }

    async fn import(&self, desk: &Desk, taken: &Taken) -> Result<ImportReport, Cut> {
        let act = Act::of_service(How::Source, desk.clock().now());
        let (source, prices) = (self.source.clone(), Arc::clone(desk.prices()));
        let options = ImportOptions { source, prices, ..ImportOptions::new(act, self.currency) };
        let files = [taken.path.clone()];
        let imported = import_files(desk, taken.records, &files, &options, &mut |_progress| {}).await;
        if let Err(failed) = desk.show_committed().await {
            tracing::warn!(error = %failed, "Usage from a file is kept, and cannot be shown yet");
        }
        let one = imported?.files.pop();
        Ok(one.map(|(_name, report)| report).context("a file has a report")?)
    }
}

fn no_plain_file() -> ImportReport {
    let message = "it is a link or a folder, and not a plain file; lay in the file itself".to_owned();
    ImportReport { file_error: Some(FileFault { code: "unreadable", message }), ..ImportReport::default() }
}

/// Away from the threads that serve the network.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("looking at the drop folder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn a_file_is_due_once_two_looks_found_it_the_same() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned(), Records::Usage);
        let source = SourceId::new("drop").unwrap();
        let mut round = Round { folder, source, currency: Currency::USD, seen: HashMap::new() };
        round.prepare().await.unwrap();
        let path = place.path().join("usage/u.csv");
        let mut due = Vec::new();
        for text in [Some("a"), Some("ab"), None, Some("abc"), None] {
            if let Some(text) = text {
                fs::write(&path, text).unwrap();
            }
            due.push(round.due().await.unwrap().1.len());
        }
        assert_eq!(due, [0, 0, 1, 0, 1]);
        // Exchanged for another of the same size, as by a sender that renames.
        fs::write(place.path().join("usage/v.csv.part"), "xyz").unwrap();
        fs::rename(place.path().join("usage/v.csv.part"), &path).unwrap();
        assert_eq!(round.due().await.unwrap().1, []);
        assert_eq!(round.due().await.unwrap().1.len(), 1);
    }
}
