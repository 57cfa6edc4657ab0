//! `etsm backup` and `etsm restore`: a proven copy of the database, and putting one back.

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::Environment;
use crate::config::Settings;
use crate::domain::AuditKind;
use crate::domain::Clock;
use crate::domain::SystemClock;
use crate::store::Copied;
use crate::store::Store;
use crate::store::StoreCounts;

use super::super::run::database_url;
use super::super::run::open_store;

/// Copies the database while the service runs.
pub(super) async fn backup(
    settings: Settings,
    environment: &Environment,
    file: PathBuf,
    force: bool,
) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let act = super::terminal_act(environment)?;
    let store = open_store(&settings).await?;
    let copied = if force { Copied::Over } else { Copied::Beside };
    let made = store.back_up(&file, copied).await.context("backing up");
    if made.is_ok() {
        // A copy holds all that etsm knows: who made one is known here, and not in the copy.
        let entered = store.enter(&act, AuditKind::Backup, &name_of(&file), None).await;
        entered.context("entering the backup into the audit log")?;
    }
    store.close().await;
    let counts = made?;
    let bytes = std::fs::metadata(&file).map_or(0, |data| data.len());
    let megabytes = bytes as f64 / 1_000_000.0;
    writeln!(anstream::stdout(), "{}: {megabytes:.1} MB, read back and proven", file.display())?;
    tell(&counts)?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a backup in the place of the database.
pub(super) async fn restore(
    settings: Settings,
    environment: &Environment,
    file: PathBuf,
) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let act = super::terminal_act(environment)?;
    let restored =
        Store::restore(&database_url(&settings)?, &file, SystemClock.now()).await.context("restoring")?;
    // Brings it up to date, and shows that it opens.
    let store = open_store(&settings).await?;
    let entered = store.enter(&act, AuditKind::Restore, &name_of(&file), None).await;
    store.close().await;
    entered.context("entering the restore into the audit log; the database is in place")?;
    let mut out = anstream::stdout();
    writeln!(out, "{} is the database now", file.display())?;
    tell(&restored.counts)?;
    if let Some(replaced) = restored.replaced {
        writeln!(out, "the one before is kept as {}", replaced.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the file is called, without the folders of this machine.
fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn tell(counts: &StoreCounts) -> anyhow::Result<()> {
    let StoreCounts { usage_rows, accounts, initiatives } = counts;
    writeln!(anstream::stdout(), "{usage_rows} usage rows, {accounts} accounts, {initiatives} initiatives")?;
    Ok(())
}
