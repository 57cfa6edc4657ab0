//! The server: accepts connections, bounds how long and how many, and drains them on the way out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A client that has not sent its headers by then is dropped; this also bounds how long a kept connection may idle.
const HEADER_READ_SECONDS: u64 = 10;
/// Connections served at once; more wait in the kernel's queue. Each costs a task and a socket; half of them may be pages
/// that wait for newer figures.
const CONNECTIONS_MAX: usize = 8_192;
/// Running requests may finish for so long once `stop` fired.
const DRAIN_SECONDS: u64 = 8;
/// After a failed accept (as when file descriptors ran out) we wait instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `stop` fires, then lets running requests finish within a few seconds.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> anyhow::Result<()> {
    let address = listener.local_addr().context("asking the listener for its address")?;
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEADER_READ_SECONDS))
        .keep_alive(true)
        .half_close(false);
    tracing::info!(%address, "Serving HTTP on {address}");
    loop {
        while connections.try_join_next().is_some() {}
        let slot = tokio::select! {
            () = stop.cancelled() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot.context("taking a connection slot")?,
        };
        let socket = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, _peer)) => socket,
                Err(error) => {
                    tracing::warn!(%error, "Could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        // Small answers must not wait for Nagle's timer; a socket that refuses the option still works.
        let _ = socket.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(socket), service));
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "A connection ended early");
            }
            drop(slot);
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS), graceful.shutdown()).await;
    if drained.is_err() {
        tracing::warn!(left = connections.len(), "Closed connections that were not done in time");
    }
    connections.shutdown().await;
    Ok(())
}
