//! Reads on a thread of its own while the store writes; a short queue between them keeps memory flat.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::ingest::Batch;
use crate::ingest::Context;
use crate::ingest::FileError;
use crate::ingest::Input;
use crate::ingest::Summary;
use crate::ingest::Take;

use super::report::FileFault;
use super::report::ImportReport;

/// Batches that may wait for the store.
const WAITING_MAX: usize = 2;

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Which file, from 0.
    pub file: usize,
    /// Records of this file that were read and, when good, recorded.
    pub records: u64,
    /// Bytes of this file read so far.
    pub bytes: u64,
}

/// One of the functions of `ingest` that read a kind of record.
pub(super) type Reader<R> = fn(Input<'_>, &Context, &mut Take<'_, R>) -> Result<Summary, FileError>;

/// A file that is being read.
pub(super) struct Pipe<R> {
    batches: mpsc::Receiver<Batch<R>>,
    reading: JoinHandle<Result<Summary, FileError>>,
}

impl<R: Send + 'static> Pipe<R> {
    /// Begins to read; `-` is the standard input.
    pub(super) fn open(path: &Path, context: Context, reader: Reader<R>) -> Self {
        let (sender, batches) = mpsc::channel(WAITING_MAX);
        let path = path.to_owned();
        let reading = tokio::task::spawn_blocking(move || {
            let input = if path.as_os_str() == "-" {
                Input::Stream(Box::new(std::io::stdin()))
            } else {
                Input::File(File::open(&path)?)
            };
            reader(input, &context, &mut |batch| match sender.blocking_send(batch) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_gone) => ControlFlow::Break(()),
            })
        });
        Self { batches, reading }
    }

    /// The next piece; `None` at the end of the file or where it breaks off.
    pub(super) async fn next(&mut self) -> Option<Batch<R>> {
        self.batches.recv().await
    }

    /// Notes why the file was refused or broke off, if it was.
    pub(super) async fn close(self, report: &mut ImportReport) {
        report.file_error = match self.reading.await {
            Ok(Ok(_summary)) => None,
            Ok(Err(problem)) => Some(FileFault { code: problem.code(), message: problem.to_string() }),
            Err(_panicked) => Some(FileFault {
                code: "unreadable",
                message: "the file could not be read to its end; the rows before are counted".to_owned(),
            }),
        };
    }
}
