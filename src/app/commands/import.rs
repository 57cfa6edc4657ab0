//! `etsm import`: files into the store, with a bar on a terminal and a report at the end.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Environment;
use crate::config::Settings;
use crate::domain::SourceId;
use crate::jobs::import::ImportOptions;
use crate::jobs::import::Progress;
use crate::jobs::import::Records;
use crate::jobs::import::import_files;
use crate::store::Keep;
use crate::store::Store;

use super::super::cli::{Import, ImportKind};
use super::super::run::open_store;

/// Imports the files. Status 0 all accepted, 1 some rejected, 2 a file or the call is wrong.
pub(super) async fn import(
    settings: Settings,
    environment: &Environment,
    import: Import,
) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let source =
        SourceId::new(&import.source).with_context(|| format!("“{}” cannot name a source", import.source))?;
    let keep = if import.dry_run { Keep::DryRun } else { Keep::Yes };
    let store = target(&settings, keep).await?;
    let options = ImportOptions {
        source,
        keep,
        watermark: import.watermark,
        prices: Arc::new(settings.prices.clone()),
        ..ImportOptions::new(super::terminal_act(environment)?, settings.currency)
    };
    let records = match import.kind {
        ImportKind::Usage => Records::Usage,
        ImportKind::Accounts => Records::Accounts,
        ImportKind::Initiatives => Records::Initiatives,
    };
    let bar = Bar::over(&import.files);
    let reports = import_files(&store, records, &import.files, &options, &mut |progress| bar.show(progress))
        .await
        .context(
            "writing to the store; what was written before is kept, and the same call goes on from there",
        )?;
    bar.clear();
    store.close().await;
    let mut out = anstream::stdout();
    if import.json {
        writeln!(out, "{}", reports.json())?;
    } else {
        write!(out, "{}", reports.text())?;
    }
    Ok(ExitCode::from(reports.exit_status()))
}

/// The store of the settings. A dry run over a store that does not exist yet makes none.
async fn target(settings: &Settings, keep: Keep) -> anyhow::Result<Store> {
    let absent = settings.database_url.is_none() && !settings.data_dir.exists();
    match keep {
        Keep::DryRun if absent => Store::in_memory().await.context("making a store for the dry run"),
        Keep::DryRun | Keep::Yes => open_store(settings).await,
    }
}

/// A bar on a terminal's standard error; nothing elsewhere.
struct Bar {
    bar: ProgressBar,
    /// Bytes of all files before each one.
    before: Vec<u64>,
}

impl Bar {
    fn over(files: &[PathBuf]) -> Self {
        let sizes = files.iter().map(|file| fs::metadata(file).map_or(0, |data| data.len()));
        let mut total = 0;
        let before = sizes
            .map(|size| {
                total += size;
                total - size
            })
            .collect();
        let bar =
            if std::io::stderr().is_terminal() { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:32} {percent:>3} %  {msg}  {elapsed} · {eta} left");
        bar.set_style(style.expect("the template is a constant that reads"));
        Self { bar, before }
    }

    fn show(&self, progress: Progress) {
        let before = self.before.get(progress.file).copied().unwrap_or(0);
        self.bar.set_position(before + progress.bytes);
        self.bar.set_message(format!("{} records", progress.records));
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
