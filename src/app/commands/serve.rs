//! `etsm serve` and `etsm demo`: the service in the foreground.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::chat::discord::Patience;
use crate::config::Settings;
use crate::domain::Role;
use crate::domain::SystemClock;
use crate::telemetry;
use crate::web;

use super::super::cli::Demo;
use super::super::demo::{DemoPlan, demo_digests};
use super::super::descriptors::make_room_for;
use super::super::run::{Outside, log_form, run, run_with};

/// Runs the service over real data.
pub(super) async fn serve(mut settings: Settings) -> anyhow::Result<ExitCode> {
    if let Err(mistakes) = settings.check_for_serving() {
        return Ok(super::refused(&mistakes));
    }
    telemetry::start_logs(&settings.log, log_form(&settings)).map_err(anyhow::Error::msg)?;
    make_room_for(&mut settings.server.limits);
    let outside = outside(&settings)?;
    run(settings, outside, stop_on_signal()?).await?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the service over a simulated portfolio, on this machine only.
pub(super) async fn demo(mut settings: Settings, own_folder: bool, demo: Demo) -> anyhow::Result<ExitCode> {
    if !demo.bind.ip().is_loopback() {
        bail!("the demo has no login, so it stays on this machine; use 127.0.0.1:{}", demo.bind.port());
    }
    let filter = if settings.log == "info" { "warn" } else { &settings.log };
    telemetry::start_logs(filter, log_form(&settings)).map_err(anyhow::Error::msg)?;
    let fresh = if own_folder { None } else { Some(FreshFolder::make()?) };
    if let Some(folder) = &fresh {
        settings.data_dir.clone_from(&folder.0);
    }
    settings.bind = demo.bind;
    settings.database_url = None;
    settings.server.tls = None;
    settings.discord = None;
    settings.chat.browser = true;
    settings.digests = demo_digests();
    // Whoever looks around may try everything.
    settings.chat.role = Role::Admin;
    make_room_for(&mut settings.server.limits);
    let outside = outside(&settings)?;
    // Port 0 asks for any free one.
    settings.bind = outside.listener.local_addr().context("asking for the port")?;
    settings.public_url = format!("http://{}", settings.bind);
    let plan = DemoPlan { accounts: demo.accounts, days: demo.days, seed: demo.seed };
    greet(&settings, plan)?;
    run_with(settings, outside, stop_on_signal()?, Some(plan)).await?;
    Ok(ExitCode::SUCCESS)
}

fn greet(settings: &Settings, plan: DemoPlan) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "A simulated portfolio: {} accounts over {} days, seed {}.",
        plan.accounts, plan.days, plan.seed
    )?;
    writeln!(out, "  dashboard  {}/", settings.public_url)?;
    writeln!(out, "  chat       {}/chat", settings.public_url)?;
    writeln!(out, "Stop with Ctrl-C.")?;
    Ok(out.flush()?)
}

fn outside(settings: &Settings) -> anyhow::Result<Outside> {
    let listener = listen(settings.bind, "--bind or ETSM_BIND")?;
    let redirect = match settings.server.tls.as_ref().and_then(|tls| tls.redirect) {
        Some(address) => Some(listen(address, "server.tls.redirect or ETSM_TLS_REDIRECT")?),
        None => None,
    };
    Ok(Outside { listener, redirect, clock: Arc::new(SystemClock), patience: Patience::default() })
}

fn listen(address: SocketAddr, by: &str) -> anyhow::Result<TcpListener> {
    web::listen(address).with_context(|| {
        format!("cannot listen on {address}; is another etsm running? choose another port with {by}")
    })
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

/// A folder that goes with the demo.
struct FreshFolder(PathBuf);

impl FreshFolder {
    fn make() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("etsm-demo-{:08x}", rand::random::<u32>()));
        std::fs::create_dir(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, which empties its temporary folder.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
