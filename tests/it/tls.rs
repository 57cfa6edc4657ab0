//! TLS of our own: a real client, a certificate that is renewed, and what goes wrong with files.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use etsm::config::Environment;
use etsm::config::Settings;
use etsm::domain::SystemClock;
use etsm::outward;
use etsm::web;
use jiff::Timestamp;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::connect_async_tls_with_config;
use tokio_tungstenite::tungstenite;
use tokio_util::sync::CancellationToken;

use crate::harness::Harness;
use crate::harness::certificate::Made;

/// A busy machine is slow; none of these waits is ever long.
const PATIENCE: Duration = Duration::from_secs(20);

fn now() -> Timestamp {
    "2026-03-31T12:00:00Z".parse().unwrap()
}

fn reception(tls: Option<Arc<web::Tls>>) -> web::Reception {
    let settings = Settings::load(None, &Environment::of([])).unwrap();
    web::Reception::of(&settings.server, tls)
}

/// A server with one word to say.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinSet<anyhow::Result<()>>,
}

impl Server {
    async fn start(router: Router, tls: Option<Arc<web::Tls>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        if let Some(tls) = &tls {
            let every = Duration::from_millis(20);
            running.spawn(Arc::clone(tls).watch(Arc::new(SystemClock), every, stop.clone()));
        }
        running.spawn(web::serve(listener, router, reception(tls), stop.clone()));
        Self { address, stop, running }
    }

    async fn close(mut self) {
        self.stop.cancel();
        while let Some(ended) =
            tokio::time::timeout(PATIENCE, self.running.join_next()).await.expect("it stops")
        {
            ended.unwrap().unwrap();
        }
    }

    /// Whether a client that believes this certificate alone is answered.
    async fn answers(&self, to: &Made) -> bool {
        let sent = to.client().get(format!("https://localhost:{}/", self.address.port())).send().await;
        match sent {
            Ok(answer) => answer.text().await.unwrap() == "safe",
            Err(_not_believed) => false,
        }
    }

    async fn comes_to_answer(&self, to: &Made) {
        let begun = Instant::now();
        while !self.answers(to).await {
            assert!(begun.elapsed() < PATIENCE, "the new certificate is never shown");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn safe() -> Router {
    Router::new().route("/", get(async || "safe"))
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_bad_one_never() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Made::new(), Made::new());
    let files = first.put(folder.path());
    let tls = Arc::new(web::Tls::open(&files, now()).unwrap());
    let server = Server::start(safe(), Some(Arc::clone(&tls))).await;
    assert!(server.answers(&first).await);
    assert!(!server.answers(&second).await, "a client believes only whom it knows");

    // Half of a renewal, as between two copies; then nonsense; then one that is over.
    std::fs::write(&files.certificate, &second.certificate).unwrap();
    assert!(matches!(tls.look(now()), Err(web::BadCertificate::OtherKey { .. }) | Ok(web::Looked::Same)));
    assert!(server.answers(&first).await);
    std::fs::write(&files.key, "").unwrap();
    Made::between(2001, 2002).put(folder.path());
    assert!(server.answers(&first).await);

    second.put(folder.path());
    server.comes_to_answer(&second).await;
    assert!(!server.answers(&first).await);
    server.close().await;
}

#[tokio::test]
async fn whoever_speaks_no_tls_hears_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let made = Made::new();
    let tls = Arc::new(web::Tls::open(&made.put(folder.path()), now()).unwrap());
    let server = Server::start(safe(), Some(tls)).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _how = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut said)).await.expect("it is closed");
    assert!(!String::from_utf8_lossy(&said).contains("safe"));
    // One that never finishes its handshake holds nobody up.
    let silent = TcpStream::connect(server.address).await.unwrap();
    assert!(server.answers(&made).await);
    server.close().await;
    drop(silent);
}

/// Why these files are refused.
fn refused(change: impl FnOnce(&etsm::config::TlsSettings)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let files = Made::new().put(folder.path());
    change(&files);
    let error = web::Tls::open(&files, now()).err().expect("it is refused").to_string();
    error.replace(&folder.path().display().to_string(), "…")
}

#[test]
fn what_is_wrong_with_the_files_is_told_with_its_remedy() {
    let write = |path: &std::path::Path, text: &str| std::fs::write(path, text).unwrap();
    insta::assert_snapshot!(refused(|files| std::fs::remove_file(&files.key).unwrap()), @"cannot read …/tls.key: No such file or directory (os error 2)");
    insta::assert_snapshot!(refused(|files| write(&files.certificate, "nonsense")), @"…/tls.crt holds no certificate; it must be PEM and begin with -----BEGIN CERTIFICATE-----");
    insta::assert_snapshot!(refused(|files| write(&files.certificate, &Made::new().key)), @"…/tls.crt holds no certificate; it must be PEM and begin with -----BEGIN CERTIFICATE-----");
    insta::assert_snapshot!(refused(|files| write(&files.key, &Made::new().certificate)), @"…/tls.key holds no private key that can be used; it must be PEM without a passphrase, of RSA, ECDSA or Ed25519");
    insta::assert_snapshot!(refused(|files| write(&files.key, &Made::new().key)), @"the key in …/tls.key is not that of the certificate in …/tls.crt; the server's own certificate must be the first there");
    insta::assert_snapshot!(refused(|files| {
        Made::between(2001, 2002).put(files.key.parent().unwrap());
    }), @"the certificate in …/tls.crt ended on 2002-01-01T00:00:00Z; put a new one there");
    insta::assert_snapshot!(refused(|files| {
        Made::between(2027, 2028).put(files.key.parent().unwrap());
    }), @"the certificate in …/tls.crt holds from 2027-01-01T00:00:00Z on; is the clock of this machine right?");
}

#[test]
fn a_certificate_that_ends_within_two_weeks_should_have_been_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let files = Made::between(2020, 2027).put(folder.path());
    let tls = web::Tls::open(&files, now()).unwrap();
    assert!(!tls.ends_soon(now()));
    assert!(tls.ends_soon("2026-12-20T00:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn the_plain_port_sends_everyone_on_to_the_name_of_the_settings() {
    let server = Server::start(web::redirect("https://etsm.example.com"), None).await;
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    for (path, to) in [
        ("/", "https://etsm.example.com/"),
        ("/usage?account=acme&range=30d", "https://etsm.example.com/usage?account=acme&range=30d"),
        ("//evil.example/", "https://etsm.example.com//evil.example/"),
    ] {
        let sent = client.get(format!("http://{}{path}", server.address)).header("host", "evil.example");
        let answer = sent.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (308, to));
    }
    let alive = client.get(format!("http://{}/healthz", server.address)).send().await.unwrap();
    assert_eq!(alive.status(), 200);
    server.close().await;
}

#[tokio::test]
async fn the_whole_dashboard_is_served_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let made = Made::new();
    let files = made.put(folder.path());
    let app = Harness::start_with(|settings| {
        settings.server.tls = Some(files);
        settings.public_url = "https://localhost".into();
    })
    .await;
    let port = app.address().rsplit_once(':').unwrap().1.to_owned();
    let client = made.client();
    let begun = Instant::now();
    let answer = loop {
        let answer = client.get(format!("https://localhost:{port}/accounts/acme")).send().await.unwrap();
        if answer.status() != 503 || begun.elapsed() > PATIENCE {
            break answer;
        }
    };
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=63072000; includeSubDomains");
    assert!(answer.text().await.unwrap().contains("Acme"));
    app.finish().await;
}

#[tokio::test]
async fn calls_to_outside_trust_an_authority_of_the_house_and_no_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let house = Made::new();
    let files = house.put(folder.path());
    let server = Server::start(safe(), Some(Arc::new(web::Tls::open(&files, now()).unwrap()))).await;
    let trust = |variables: &[(&str, &str)]| {
        let discord = [("ETSM_DISCORD_TOKEN", "a token")];
        let environment = Environment::of(discord.iter().chain(variables).copied());
        Settings::load(None, &environment).unwrap().discord.unwrap().trust
    };
    let file = files.certificate.to_str().unwrap();
    let address = format!("localhost:{}/", server.address.port());
    for (trust, trusted) in [(trust(&[("ETSM_EXTRA_CA_FILE", file)]), true), (trust(&[]), false)] {
        let client = outward::client(&trust).unwrap().no_proxy().build().unwrap();
        let called = client.get(format!("https://{address}")).send().await;
        assert_eq!(called.is_ok(), trusted, "{called:?}");
        // What answers there is no WebSocket, which only whoever finished the handshake of TLS finds out.
        let connector = outward::websocket(&trust).unwrap();
        let request = format!("wss://{address}");
        let refused = connect_async_tls_with_config(request, None, false, Some(connector)).await.unwrap_err();
        assert_eq!(matches!(refused, tungstenite::Error::Http(_)), trusted, "{refused:?}");
    }
    server.close().await;

    let key = files.key.to_str().unwrap();
    for (file, words) in [(key, "holds no certificate"), ("nowhere.pem", "cannot be read")] {
        let mistakes = Settings::load(None, &Environment::of([("ETSM_EXTRA_CA_FILE", file)])).unwrap_err();
        assert!(mistakes[0].to_string().contains(words), "{mistakes:?}");
    }
}
