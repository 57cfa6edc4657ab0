//! `etsm serve` and `etsm demo`: the service in the foreground.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::domain::SystemClock;
use crate::telemetry;

use super::super::run::{Outside, run};

/// Runs the service over real data.
pub(super) async fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    if let Err(mistakes) = settings.check_for_serving() {
        return Ok(super::refused(&mistakes));
    }
    telemetry::start_logs(&settings.log).map_err(anyhow::Error::msg)?;
    let outside = outside(&settings).await?;
    run(settings, outside, stop_on_signal()?).await?;
    Ok(ExitCode::SUCCESS)
}

async fn outside(settings: &Settings) -> anyhow::Result<Outside> {
    let listener = TcpListener::bind(settings.bind).await.with_context(|| {
        format!(
            "cannot listen on {}; is another etsm running? choose another port with --bind or ETSM_BIND",
            settings.bind
        )
    })?;
    Ok(Outside { listener, clock: Arc::new(SystemClock) })
}

/// Fires on Ctrl-C and on the signal that container engines send.
#[expect(clippy::disallowed_methods, reason = "the listener for signals lives as long as the process")]
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("listening for signals")?;
    let stop = CancellationToken::new();
    let fire = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        fire.cancel();
    });
    Ok(stop)
}
