//! How fast usage that is sent becomes durable: the whole way over HTTP, beside plain SQLite that inserts the same rows.
//!
//! `cargo bench --bench push` starts the program over an empty folder and sends from clients on the same machine, so that
//! their work counts, too. `-- 2` sends twice as much.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "its table is its output")]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use etsm::access::Token;
use etsm::domain::{Act, How};
use etsm::store::{ApiKey, KeyScope, Store};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

const ETSM: &str = env!("CARGO_BIN_EXE_etsm");
const ACCOUNTS: usize = 200;
/// Rows in a push, pushes, clients at once.
const COURSES: [(usize, usize, usize); 3] = [(10_000, 60, 4), (100, 3_000, 8), (1, 40_000, 50)];

#[tokio::main]
async fn main() {
    let times = std::env::args().skip(1).find_map(|word| word.parse::<usize>().ok()).unwrap_or(1);
    println!(
        "\n| rows in a push | clients | rows | etsm, rows/s | plain SQLite, rows/s |\n|---:|---:|---:|---:|---:|"
    );
    for (rows, pushes, clients) in COURSES {
        let pushes = pushes * times;
        let ours = etsm(rows, pushes, clients).await;
        let plain = sqlite(rows, pushes).await;
        let rate = |took: Duration| (rows * pushes) as f64 / took.as_secs_f64();
        println!("| {rows} | {clients} | {} | {:.0} | {:.0} |", rows * pushes, rate(ours), rate(plain));
    }
}

/// One row, new to every store: its number decides all that is in it.
fn values(number: usize) -> (String, String, usize, usize, String, String) {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let at = start + SignedDuration::from_secs((number / ACCOUNTS % 5_000_000) as i64);
    let (account, endpoint) = (format!("account-{:04}", number % ACCOUNTS), "/v1/messages".to_owned());
    (at.to_string(), account, number % 977, number * 37 % 1_000_003, endpoint, format!("event-{number}"))
}

fn body(push: usize, rows: usize) -> String {
    let mut text = "timestamp,account_id,api_calls,tokens_used,cost,endpoint,event_id\n".to_owned();
    for number in push * rows..(push + 1) * rows {
        let (at, account, calls, tokens, endpoint, event) = values(number);
        writeln!(text, "{at},{account},{calls},{tokens},0.0123,{endpoint},{event}").unwrap();
    }
    text
}

async fn etsm(rows: usize, pushes: usize, clients: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path()).await;
    let server = Server::start(folder.path()).await;
    let bodies: Arc<Vec<String>> = Arc::new((0..pushes).map(|push| body(push, rows)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut sending = JoinSet::new();
    for _ in 0..clients {
        let (bodies, next) = (Arc::clone(&bodies), Arc::clone(&next));
        let (url, key) = (format!("{}/api/v1/usage", server.url), key.clone());
        sending.spawn(async move {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let request =
                    http.post(&url).header("authorization", &key).header("content-type", "text/csv");
                let answer = request.body(body.clone()).send().await.unwrap();
                let (status, text) = (answer.status(), answer.text().await.unwrap());
                assert!(status == 200 && text.contains(&format!("\"accepted\":{rows},")), "{status}: {text}");
            }
        });
    }
    sending.join_all().await;
    begun.elapsed()
}

/// The same rows into a table of one's own making: one transaction for each push, nothing looked up but the key.
async fn sqlite(rows: usize, pushes: usize) -> Duration {
    use sqlx::{Connection as _, Executor as _};
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("plain.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let made = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
        CREATE TABLE usage (at TEXT, account TEXT, endpoint TEXT, event TEXT, calls BIGINT, tokens BIGINT, cost BIGINT, \
        PRIMARY KEY (account, at, endpoint, event)) WITHOUT ROWID;";
    connection.execute(made).await.unwrap();
    let begun = Instant::now();
    for push in 0..pushes {
        let mut writing = connection.begin().await.unwrap();
        for number in push * rows..(push + 1) * rows {
            let (at, account, calls, tokens, endpoint, event) = values(number);
            sqlx::query("INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(at)
                .bind(account)
                .bind(endpoint)
                .bind(event)
                .bind(calls as i64)
                .bind(tokens as i64)
                .bind(12_300_i64)
                .execute(&mut *writing)
                .await
                .unwrap();
        }
        writing.commit().await.unwrap();
    }
    begun.elapsed()
}

async fn key(folder: &Path) -> String {
    let store = Store::open_dir(folder).await.unwrap();
    let token = Token::random();
    let key = ApiKey {
        name: "bench".into(),
        scopes: [KeyScope::Ingest].into(),
        source: None,
        made_by: "bench".into(),
        made: Timestamp::UNIX_EPOCH,
        used: None,
        revoked: None,
    };
    let act = Act::of_service(How::Start, Timestamp::UNIX_EPOCH);
    assert!(store.add_api_key(&key, token.fingerprint().as_str(), &act).await.unwrap());
    store.close().await;
    format!("Bearer etsm_{}", token.reveal())
}

/// The program, killed when it is dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    async fn start(folder: &Path) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(ETSM)
            .arg("serve")
            .env_clear()
            .env("ETSM_DATA_DIR", folder)
            .env("ETSM_BIND", address.to_string())
            .env("ETSM_SECRET_KEY", "a secret of the bench, and of nobody else at all")
            .env("ETSM_LOG", "error")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, url: format!("http://{address}") };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        while !http
            .get(format!("{}/readyz", server.url))
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
