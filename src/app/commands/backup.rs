//! `etsm backup` and `etsm restore`: a proven copy of the database, and putting one back.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::Settings;
use crate::domain::Clock;
use crate::domain::SystemClock;
use crate::store::Copied;
use crate::store::Store;
use crate::store::StoreCounts;

use super::super::run::database_url;
use super::super::run::open_store;

/// Copies the database while the service runs.
pub(super) async fn backup(settings: Settings, file: PathBuf, force: bool) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let store = open_store(&settings).await?;
    let copied = if force { Copied::Over } else { Copied::Beside };
    let made = store.back_up(&file, copied).await.context("backing up");
    store.close().await;
    let counts = made?;
    let bytes = std::fs::metadata(&file).map_or(0, |data| data.len());
    let megabytes = bytes as f64 / 1_000_000.0;
    writeln!(anstream::stdout(), "{}: {megabytes:.1} MB, read back and proven", file.display())?;
    tell(&counts)?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a backup in the place of the database.
pub(super) async fn restore(settings: Settings, file: PathBuf) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let restored =
        Store::restore(&database_url(&settings)?, &file, SystemClock.now()).await.context("restoring")?;
    // Brings it up to date, and shows that it opens.
    open_store(&settings).await?.close().await;
    let mut out = anstream::stdout();
    writeln!(out, "{} is the database now", file.display())?;
    tell(&restored.counts)?;
    if let Some(replaced) = restored.replaced {
        writeln!(out, "the one before is kept as {}", replaced.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(counts: &StoreCounts) -> anyhow::Result<()> {
    let StoreCounts { usage_rows, accounts, initiatives } = counts;
    writeln!(anstream::stdout(), "{usage_rows} usage rows, {accounts} accounts, {initiatives} initiatives")?;
    Ok(())
}
