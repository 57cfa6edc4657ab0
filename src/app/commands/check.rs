//! `etsm check`: all mistakes in the settings at once, and whether the store opens.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::Environment;
use crate::config::Mistake;
use crate::config::Settings;

use super::super::run::open_store;

/// Reports on the settings; status 2 when something must be mended.
pub(super) async fn check(
    loaded: Result<Settings, Vec<Mistake>>,
    data_dir: Option<PathBuf>,
    environment: &Environment,
    _words: &super::super::cli::Check,
) -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout();
    for hint in Settings::hints(environment) {
        writeln!(out, "hint: {hint}")?;
    }
    let mut settings = match loaded {
        Ok(settings) => settings,
        Err(mistakes) => return Ok(super::refused(&mistakes)),
    };
    if let Some(folder) = data_dir {
        settings.data_dir = folder;
    }
    writeln!(out, "settings   fine")?;
    let store = open_store(&settings).await?;
    let counts = store.counts().await?;
    writeln!(
        out,
        "store      fine: {} usage rows, {} accounts, {} initiatives",
        counts.usage_rows, counts.accounts, counts.initiatives
    )?;
    store.close().await;
    writeln!(
        out,
        "discord    {}",
        if settings.discord.is_some() { "on" } else { "off (no ETSM_DISCORD_TOKEN)" }
    )?;
    match &settings.ai {
        Some(ai) => writeln!(out, "ai         on: {}", ai.model)?,
        None => writeln!(out, "ai         off (no ETSM_ANTHROPIC_API_KEY)")?,
    }
    match settings.check_for_serving() {
        Ok(()) => writeln!(out, "serve      ready, at {}", settings.public_url)?,
        Err(mistakes) => {
            writeln!(out, "serve      not yet")?;
            for mistake in mistakes {
                writeln!(out, "  {mistake}")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
