//! The server: accepts connections, bounds how many there are and how long they may keep us waiting, and drains them on
//! the way out.

mod client;
mod patient;
mod turnstile;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::config::ServerSettings;
use crate::config::TrustedProxies;

use super::tls::Tls;

use patient::Patient;
use turnstile::Full;
use turnstile::Ticket;
use turnstile::Turnstile;

/// The first line and the headers of a request. A browser sends 2 kB, and every connection may make us keep so much.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// What a connection keeps of a body or an answer on its way.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// What the system takes of answers that a client has not read, in bytes; it takes up to 4 MB by itself, for which a
/// client that sends requests and reads nothing would have fifty pages made. It is enough for 20 Mbit/s over 100 ms.
const UNREAD_BYTES: u32 = 256 * 1024;
/// Connections that wait to be accepted.
const WAITING_MAX: u32 = 1_024;
/// After a failed accept (as when file descriptors ran out) we wait instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// Whoever is turned away is counted each time, and told in the log so often.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// For those who are turned away before a request of theirs was read.
const NO_PLACE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
    content-type: text/plain\r\ncontent-length: 45\r\n\r\nToo many connections are open. Try again soon";

/// How connections are taken in.
#[derive(Clone)]
pub struct Reception {
    /// Whose word on who asks is believed.
    pub proxies: TrustedProxies,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address.
    pub per_address: usize,
    /// TLS of our own; `None` speaks plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// How long clients may keep us waiting.
    pub patience: Patience,
}

impl Reception {
    /// As the settings say.
    #[must_use]
    pub fn of(settings: &ServerSettings, tls: Option<Arc<Tls>>) -> Self {
        Self {
            proxies: settings.proxies.clone(),
            connections: settings.limits.connections,
            per_address: settings.limits.connections_per_address,
            tls,
            patience: Patience::default(),
        }
    }

    /// The same without TLS.
    #[must_use]
    pub fn plain(self) -> Self {
        Self { tls: None, ..self }
    }
}

/// How long clients may keep us waiting.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the handshake of TLS, for the whole head of a request, and between two requests.
    pub head: Duration,
    /// While a client takes nothing of its answer.
    pub unread: Duration,
    /// For running requests, once the server is to stop.
    pub drain: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            unread: Duration::from_secs(20),
            // Less than the parts of the program have, so that what is closed here is told here.
            drain: Duration::from_secs(6),
        }
    }
}

/// A listener whose connections take little of an answer ahead of their client.
///
/// # Errors
///
/// When the address is taken, is not of this machine, or may not be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of the process before, which the system has not forgotten yet, do not keep the address.
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(UNREAD_BYTES)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

/// What all connections share.
struct House {
    router: Router,
    http: http1::Builder,
    reception: Reception,
    stop: CancellationToken,
}

/// Serves until `stop` fires, then lets running requests finish within a few seconds. Each request carries the address of
/// its client as [`ConnectInfo`].
pub async fn serve(
    listener: TcpListener,
    router: Router,
    reception: Reception,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("asking the listener for its address")?;
    let Reception { connections, per_address, proxies, patience, tls } = reception.clone();
    let turnstile = Turnstile::new(connections, per_address, proxies);
    let house = Arc::new(House { router, http: http(patience), reception, stop: stop.clone() });
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut refusals = Refusals::default();
    let protocol = if tls.is_some() { "HTTPS" } else { "HTTP" };
    tracing::info!(%address, "Serving {protocol} on {address}");
    loop {
        while connections.try_join_next().is_some() {}
        let (socket, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "Could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        match turnstile.admit(peer.ip()) {
            Ok(ticket) => {
                let attended = attend(socket, peer, ticket, Arc::clone(&house), graceful.watcher());
                connections.spawn(attended);
            }
            Err(why) => {
                // A word on the way out, if it goes at once; a client of TLS would not understand it.
                let _told = tls.is_none().then(|| socket.try_write(NO_PLACE));
                refusals.one_more(why);
            }
        }
    }
    drop(listener);
    let drained = tokio::time::timeout(patience.drain, graceful.shutdown()).await;
    if drained.is_err() {
        tracing::warn!(left = connections.len(), "Closed connections that were not done in time");
    }
    connections.shutdown().await;
    Ok(())
}

fn http(patience: Patience) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .keep_alive(true)
        .half_close(false);
    http
}

/// One connection, from its first byte to its last.
async fn attend(socket: TcpStream, peer: SocketAddr, _ticket: Ticket, house: Arc<House>, watcher: Watcher) {
    // Small answers must not wait for Nagle's timer; a socket that refuses the option still works.
    let _ = socket.set_nodelay(true);
    let patience = house.reception.patience;
    let socket = Patient::new(socket, patience.unread);
    let Some(tls) = &house.reception.tls else { return speak(socket, peer, &house, watcher).await };
    let shaken = tokio::select! {
        () = house.stop.cancelled() => return,
        shaken = tokio::time::timeout(patience.head, tls.acceptor().accept(socket)) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => Box::pin(speak(stream, peer, &house, watcher)).await,
        Ok(Err(error)) => tracing::debug!(%error, "A client and this server found no common TLS"),
        Err(_late) => tracing::debug!("A client did not finish its TLS handshake in time"),
    }
}

async fn speak<S>(stream: S, peer: SocketAddr, house: &Arc<House>, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shared = Arc::clone(house);
    let service = house.router.clone().map_request(move |mut request: Request<Incoming>| {
        let address = client::client(peer, request.headers(), &shared.reception.proxies);
        request.extensions_mut().insert(ConnectInfo(address));
        request
    });
    let connection = house.http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "A connection ended early");
    }
}

/// Whoever was turned away since it was told last.
#[derive(Default)]
struct Refusals {
    since_told: u64,
    told: Option<Instant>,
}

impl Refusals {
    fn one_more(&mut self, why: Full) {
        let word = match why {
            Full::All => "all",
            Full::Address => "address",
        };
        metrics::counter!("etsm_connections_refused_total", "why" => word).increment(1);
        self.since_told += 1;
        let now = Instant::now();
        if self.told.is_none_or(|told| now.duration_since(told) >= TELL_EVERY) {
            tracing::warn!(
                why = word,
                connections = self.since_told,
                "Turned connections away; see limits.connections and limits.connections_per_address"
            );
            (self.since_told, self.told) = (0, Some(now));
        }
    }
}
