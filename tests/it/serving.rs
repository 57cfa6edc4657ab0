//! Clients of every bad manner meet the server: over real sockets, none holds it up.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::routing::get;
use axum::routing::post;
use etsm::config::ClientHeader;
use etsm::config::Environment;
use etsm::config::Settings;
use etsm::config::TrustedProxies;
use etsm::web;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A busy machine is slow; none of these waits is ever long.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than sockets on both sides take of an answer.
const BIG: usize = 64 * 1024 * 1024;
/// A page as people open it, not packed.
const PAGE: usize = 100 * 1024;
/// Places that are kept for this machine, where all tests come from.
const KEPT_FREE: usize = 64;

const ASK: &[u8] = b"GET /small HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A server that gives small answers, big ones and endless ones.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinSet<anyhow::Result<()>>,
    /// Hears when a big answer or a page was let go.
    let_go: mpsc::UnboundedReceiver<()>,
}

/// A big answer.
struct Big(Vec<u8>, mpsc::UnboundedSender<()>);

impl AsRef<[u8]> for Big {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Big {
    fn drop(&mut self) {
        let _nobody_waits = self.1.send(());
    }
}

fn reception() -> web::Reception {
    let settings = Settings::load(None, &Environment::of([])).unwrap();
    web::Reception::of(&settings.server, None)
}

fn patience(head_ms: u64) -> web::Patience {
    web::Patience {
        head: Duration::from_millis(head_ms),
        unread: Duration::from_millis(300),
        drain: Duration::from_millis(500),
    }
}

impl Server {
    async fn start(reception: web::Reception) -> Self {
        let (tell, let_go) = mpsc::unbounded_channel();
        let of = |bytes: usize| {
            let tell = tell.clone();
            move || {
                let answer = Bytes::from_owner(Big(vec![b'x'; bytes], tell.clone()));
                async { answer }
            }
        };
        let endless =
            async || Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let router = Router::new()
            .route("/small", get(async || "small"))
            .route("/big", get(of(BIG)))
            .route("/page", get(of(PAGE)))
            .route("/endless", get(endless))
            .route("/echo", post(async |body: String| body))
            .route("/who", get(async |ConnectInfo(who): ConnectInfo<SocketAddr>| who.ip().to_string()));
        let listener = web::listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        running.spawn(web::serve(listener, router, reception, stop.clone()));
        Self { address, stop, running, let_go }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What the server says to these bytes until it closes the connection.
    async fn said_until_the_end(&self, bytes: &[u8]) -> String {
        let mut socket = self.connect().await;
        socket.write_all(bytes).await.unwrap();
        until_the_end(&mut socket).await
    }

    async fn close(mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.running.join_next()).await.expect("it stops");
        ended.unwrap().unwrap().unwrap();
    }
}

/// A connection may end by a reset as well.
async fn until_the_end(socket: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut said)).await;
    let _how = read.expect("the server closes the connection");
    String::from_utf8_lossy(&said).into_owned()
}

/// One answer that ends with these words.
async fn answer(socket: &mut TcpStream, last: &str) -> String {
    let mut said = Vec::new();
    let mut buffer = [0; 4_096];
    while !String::from_utf8_lossy(&said).ends_with(last) {
        let read = tokio::time::timeout(PATIENCE, socket.read(&mut buffer)).await;
        let read = read.expect("an answer comes").unwrap();
        assert!(read > 0, "it ends with {:?}", String::from_utf8_lossy(&said));
        said.extend(&buffer[..read]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_client_that_dribbles_its_headers_is_dropped() {
    let server = Server::start(web::Reception { patience: patience(400), ..reception() }).await;
    let mut socket = server.connect().await;
    let dribble = async {
        let mut bytes = ASK[..ASK.len() - 4].iter().copied().chain(std::iter::repeat(b'x'));
        while socket.write_all(&[bytes.next().unwrap()]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, dribble).await.expect("it is dropped while it writes");
    server.close().await;
}

#[tokio::test]
async fn a_client_that_says_nothing_is_dropped() {
    let server = Server::start(web::Reception { patience: patience(300), ..reception() }).await;
    assert!(!server.said_until_the_end(b"").await.contains("200 OK"));
    server.close().await;
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request_and_closed_when_none_comes() {
    let server = Server::start(web::Reception { patience: patience(1_500), ..reception() }).await;
    let mut socket = server.connect().await;
    for _ in 0..3 {
        socket.write_all(ASK).await.unwrap();
        assert!(answer(&mut socket, "small").await.starts_with("HTTP/1.1 200 OK"));
    }
    assert_eq!(until_the_end(&mut socket).await, "");
    server.close().await;
}

#[tokio::test]
async fn a_client_that_never_reads_loses_its_answer() {
    let mut server = Server::start(web::Reception { patience: patience(5_000), ..reception() }).await;
    let mut socket = server.connect().await;
    socket.write_all(&[b"GET /big HTTP/1.1\r\nhost: localhost\r\n\r\n", ASK].concat()).await.unwrap();
    tokio::time::timeout(PATIENCE, server.let_go.recv()).await.expect("the answer is let go").unwrap();
    drop(socket);
    server.close().await;
}

#[tokio::test]
async fn few_pages_are_made_for_a_client_that_asks_for_many_and_reads_none() {
    let mut server = Server::start(web::Reception { patience: patience(5_000), ..reception() }).await;
    let mut socket = server.connect().await;
    socket.write_all(&b"GET /page HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(200)).await.unwrap();
    let mut made = 0;
    // The server closes the connection, and with it goes the last page.
    while let Ok(Some(())) = tokio::time::timeout(Duration::from_secs(1), server.let_go.recv()).await {
        made += 1;
    }
    assert!((1..20).contains(&made), "{made} pages were made");
    server.close().await;
}

#[tokio::test]
async fn a_client_that_reads_gets_all_of_a_big_answer() {
    let server = Server::start(web::Reception { patience: patience(5_000), ..reception() }).await;
    let ask = b"GET /big HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let said = server.said_until_the_end(ask).await;
    assert!(said.len() > BIG, "{} bytes", said.len());
    server.close().await;
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = Server::start(reception()).await;
    let long = format!("GET /small HTTP/1.1\r\nhost: localhost\r\nx-long: {}", "x".repeat(40_000));
    let said = server.said_until_the_end(long.as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
    let many = "x: y\r\n".repeat(200);
    let many = format!("GET /small HTTP/1.1\r\nhost: localhost\r\n{many}\r\n");
    assert!(server.said_until_the_end(many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    server.close().await;
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let server = Server::start(reception()).await;
    for nonsense in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..], b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n"]
    {
        let said = server.said_until_the_end(nonsense).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{said}");
    }
    let smuggled =
        b"POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n\
        0\r\n\r\nGET /small HTTP/1.1\r\n\r\n";
    let said = server.said_until_the_end(smuggled).await;
    assert!(!said.contains("small"), "{said}");
    server.close().await;
}

#[tokio::test]
async fn whoever_finds_no_place_is_told_and_gets_one_when_one_is_free() {
    let full = web::Reception { connections: 2, ..reception() };
    let server = Server::start(full).await;
    let mut inside = Vec::new();
    for _ in 0..2 + KEPT_FREE {
        let mut socket = server.connect().await;
        socket.write_all(ASK).await.unwrap();
        answer(&mut socket, "small").await;
        inside.push(socket);
    }
    let said = server.said_until_the_end(b"").await;
    let expected = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n";
    assert!(said.starts_with(expected), "{said}");
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{said}");
    drop(inside.pop());
    let begun = Instant::now();
    loop {
        let mut socket = server.connect().await;
        let _refused =
            socket.write_all(&[&ASK[..ASK.len() - 2], b"connection: close\r\n\r\n"].concat()).await;
        if until_the_end(&mut socket).await.starts_with("HTTP/1.1 200 OK") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the place of one who left is free again");
    }
    server.close().await;
}

#[tokio::test]
async fn open_answers_and_idle_connections_do_not_hold_back_the_end() {
    let server = Server::start(web::Reception { patience: patience(60_000), ..reception() }).await;
    let mut waiting = server.connect().await;
    waiting.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    answer(&mut waiting, "\r\n\r\n").await;
    let mut stuck = server.connect().await;
    stuck.write_all(b"GET /big HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut dribbling = server.connect().await;
    dribbling.write_all(b"GET /sm").await.unwrap();
    let silent = server.connect().await;
    let mut kept = server.connect().await;
    kept.write_all(ASK).await.unwrap();
    answer(&mut kept, "small").await;
    let begun = Instant::now();
    server.close().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop((waiting, stuck, dribbling, silent, kept));
}

/// Whom the server takes a client for that sends these headers.
async fn taken_for(proxies: &[&str], sent: &[(&str, &str)]) -> String {
    let proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
    let proxies = TrustedProxies::of(proxies, ClientHeader::XForwardedFor);
    let server = Server::start(web::Reception { proxies, ..reception() }).await;
    let headers: String = sent.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let ask = format!("GET /who HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    let said = server.said_until_the_end(ask.as_bytes()).await;
    server.close().await;
    said.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn only_a_trusted_proxy_says_who_asks() {
    let spoofed = [("x-forwarded-for", "203.0.113.7")];
    assert_eq!(taken_for(&[], &spoofed).await, "127.0.0.1");
    assert_eq!(taken_for(&["10.0.0.0/8"], &spoofed).await, "127.0.0.1");
    assert_eq!(taken_for(&["127.0.0.1/32"], &spoofed).await, "203.0.113.7");
    let behind = [("x-forwarded-for", "10.0.0.1, 198.51.100.1"), ("forwarded", "for=203.0.113.9")];
    assert_eq!(taken_for(&["127.0.0.1/32"], &behind).await, "198.51.100.1");
}
