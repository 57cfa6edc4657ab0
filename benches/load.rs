//! What the server does under load: people on its pages, thousands of idle streams, and clients of every bad manner.
//!
//! `cargo bench --bench load` starts the demo as a process of its own and measures it beside a bare axum server that sends
//! as many bytes. `-- quick` takes seconds instead of minutes; `-- users`, `-- streams` or `-- slow` is one part alone.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "its tables are its output")]

mod wire;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use wire::{Served, Wire};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ETSM: &str = env!("CARGO_BIN_EXE_etsm");
/// What people open; `{id}` is an account.
const PATHS: &[&str] = &[
    "/",
    "/accounts",
    "/accounts/{id}",
    "/accounts/{id}/usage?range=30d",
    "/usage?range=90d",
    "/movers",
    "/api/v1/portfolio",
    "/api/v1/accounts/{id}",
    "/api/v1/usage?account={id}&range=30d",
];

/// How much of everything.
struct Plan {
    users: &'static [usize],
    lasts: Duration,
    streams: usize,
    slow: usize,
}

const WHOLE: Plan =
    Plan { users: &[50, 200, 1_000], lasts: Duration::from_secs(20), streams: 5_000, slow: 1_000 };
const QUICK: Plan = Plan { users: &[20], lasts: Duration::from_secs(3), streams: 200, slow: 40 };

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [bare, address, bytes] = &words[..]
        && bare == "bare"
    {
        return serve_bare(address.parse().unwrap(), bytes.parse().unwrap()).await;
    }
    let has = |word: &str| words.iter().any(|one| one == word);
    let plan = if has("quick") { QUICK } else { WHOLE };
    let all = !["users", "streams", "slow"].iter().any(|part| has(part));
    open_many_files();
    let folder = tempfile::tempdir().unwrap();
    let demo = |address: SocketAddr| {
        let data = folder.path().to_str().unwrap().to_owned();
        ["demo", "--bind", &address.to_string(), "--data-dir", &data].map(str::to_owned).to_vec()
    };
    let served = Served::start(Path::new(ETSM), demo, "/readyz").await;
    let ids = accounts(served.address).await;
    println!("\n{} accounts; resident at rest {}", ids.len(), megabytes(served.resident()));
    if all || has("users") {
        users(&served, &ids, &plan).await;
    }
    if all || has("streams") {
        streams(&served, &ids, &plan).await;
    }
    if all || has("slow") {
        slow(&served, &ids, &plan).await;
    }
}

/// Sockets are files, here as there.
fn open_many_files() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard.min(65_536), hard).unwrap();
}

async fn accounts(address: SocketAddr) -> Vec<String> {
    let got = Wire::to(address).await.unwrap().get_plain("/api/v1/accounts").await.unwrap();
    let found: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    let list = found["accounts"].as_array().expect("the API lists accounts");
    list.iter().map(|one| one["account_id"].as_str().unwrap().to_owned()).collect()
}

async fn serve_bare(address: SocketAddr, bytes: usize) {
    let answer = axum::body::Bytes::from(vec![b'x'; bytes]);
    let router = axum::Router::new().fallback(move || {
        let answer = answer.clone();
        async { answer }
    });
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

/// What came of many requests.
#[derive(Default)]
struct Tally {
    took: Vec<Duration>,
    shed: usize,
    failed: usize,
    bytes: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.took.extend(other.took);
        self.shed += other.shed;
        self.failed += other.failed;
        self.bytes += other.bytes;
    }

    fn quantile(&mut self, share: f64) -> String {
        self.took.sort_unstable();
        let at = (self.took.len() as f64 * share) as usize;
        self.took.get(at.min(self.took.len().saturating_sub(1))).map_or("–".to_owned(), |took| {
            let millis = took.as_secs_f64() * 1e3;
            if millis < 10.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
        })
    }

    fn mean_bytes(&self) -> usize {
        self.bytes / self.took.len().max(1)
    }

    fn row(&mut self, lasts: Duration) -> String {
        let each = self.took.len() as f64 / lasts.as_secs_f64();
        let (p50, p99) = (self.quantile(0.5), self.quantile(0.99));
        format!("{each:.0}/s | {p50} | {p99} | {} | {}", self.shed, self.failed)
    }
}

/// People who open something, look at it, and open something else.
async fn crowd(
    address: SocketAddr,
    ids: &[String],
    people: usize,
    pause: Duration,
    lasts: Duration,
) -> Tally {
    let mut crowd = JoinSet::new();
    for person in 0..people {
        let paths: Vec<String> = {
            let mut dice = ChaCha8Rng::seed_from_u64(person as u64);
            let one = |dice: &mut ChaCha8Rng| {
                let id = &ids[dice.random_range(0..ids.len())];
                PATHS[dice.random_range(0..PATHS.len())].replace("{id}", id)
            };
            (0..64).map(|_| one(&mut dice)).collect()
        };
        crowd.spawn(async move { one_person(address, paths, person as u64, pause, lasts).await });
    }
    let mut all = Tally::default();
    while let Some(tally) = crowd.join_next().await {
        all.add(tally.unwrap());
    }
    all
}

async fn one_person(
    address: SocketAddr,
    paths: Vec<String>,
    seed: u64,
    pause: Duration,
    lasts: Duration,
) -> Tally {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let (begun, mut tally, mut wire) = (Instant::now(), Tally::default(), None);
    tokio::time::sleep(pause.mul_f64(dice.random_range(0.0..1.0))).await;
    for path in paths.iter().cycle() {
        if begun.elapsed() > lasts {
            break;
        }
        let asked = Instant::now();
        let connection = match wire.take() {
            Some(kept) => Ok(kept),
            None => Wire::to(address).await,
        };
        let got = match connection {
            Ok(mut connection) => connection.get(path).await.map(|got| (connection, got)),
            Err(error) => Err(error),
        };
        match got {
            Ok((kept, got)) => {
                match got.status {
                    200 => {
                        tally.took.push(asked.elapsed());
                        tally.bytes += got.bytes;
                    }
                    503 => tally.shed += 1,
                    _ => tally.failed += 1,
                }
                wire = Some(kept);
            }
            Err(_broken) => tally.failed += 1,
        }
        tokio::time::sleep(pause.mul_f64(dice.random_range(0.5..1.5))).await;
    }
    tally
}

const CROWD_HEAD: &str = "answers | p50 | p99 | asked to come back | failed";

async fn users(served: &Served, ids: &[String], plan: &Plan) {
    println!("\n| who | {CROWD_HEAD} | resident |\n|---|---:|---:|---:|---:|---:|---:|");
    let mut mean = 0;
    let second = Duration::from_secs(1);
    let paces = plan.users.iter().map(|people| (*people, second)).chain([(50, Duration::ZERO)]);
    let told = |people: usize, pause: Duration| match pause {
        Duration::ZERO => format!("{people} without a pause"),
        _ => format!("{people} people, one page a second each"),
    };
    for (people, pause) in paces.clone() {
        let mut tally = crowd(served.address, ids, people, pause, plan.lasts).await;
        mean = tally.mean_bytes();
        let row = tally.row(plan.lasts);
        println!("| {} | {row} | {} |", told(people, pause), megabytes(served.resident()));
    }
    let bare = std::env::current_exe().unwrap();
    let words = |address: SocketAddr| vec!["bare".to_owned(), address.to_string(), mean.to_string()];
    let bare = Served::start(&bare, words, "/").await;
    for (people, pause) in paces {
        let row = crowd(bare.address, ids, people, pause, plan.lasts).await.row(plan.lasts);
        let resident = megabytes(bare.resident());
        println!("| {}, bare axum, {mean} bytes | {row} | {resident} |", told(people, pause));
    }
}

async fn streams(served: &Served, ids: &[String], plan: &Plan) {
    // What pages leave behind in the first minute is not the streams'.
    crowd(served.address, ids, 50, Duration::ZERO, Duration::from_secs(2)).await;
    let before = served.resident();
    let mut open = Vec::with_capacity(plan.streams);
    for _ in 0..plan.streams {
        let mut wire = Wire::to(served.address).await.unwrap();
        wire.ask("/events", "accept: text/event-stream\r\n").await.unwrap();
        let status = wire.head().await.unwrap();
        assert_eq!(status, 200, "stream {} is refused; see limits.streams and ulimit -n", open.len());
        open.push(wire);
    }
    let with = served.resident();
    let used = served.cpu();
    tokio::time::sleep(plan.lasts).await;
    let used = (served.cpu() - used).as_secs_f64() / plan.lasts.as_secs_f64();
    let lasts = plan.lasts;
    let row = crowd(served.address, ids, 50, Duration::from_secs(1), lasts).await.row(lasts);
    println!(
        "\n| idle streams | resident before | with them | for each | CPU of a core |\n|---:|---:|---:|---:|---:|"
    );
    let each = with.saturating_sub(before) as f64 / plan.streams as f64 / 1_024.0;
    println!(
        "| {} | {} | {} | {each:.1} kB | {:.1} % |",
        plan.streams,
        megabytes(before),
        megabytes(with),
        used * 100.0
    );
    println!("\n| beside them | {CROWD_HEAD} |\n|---|---:|---:|---:|---:|---:|\n| 50 people | {row} |");
}

/// How a client is slow.
#[derive(Debug, Clone, Copy)]
enum Manner {
    SaysNothing,
    DribblesItsHead,
    DribblesItsBody,
    NeverReads,
}

const MANNERS: [Manner; 4] =
    [Manner::SaysNothing, Manner::DribblesItsHead, Manner::DribblesItsBody, Manner::NeverReads];

/// How long the server bears with a client of a bad manner.
async fn borne(address: SocketAddr, manner: Manner) -> Duration {
    let begun = Instant::now();
    let mut wire = Wire::to(address).await.unwrap();
    let first = match manner {
        Manner::SaysNothing => String::new(),
        Manner::DribblesItsHead => "GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ".to_owned(),
        Manner::DribblesItsBody => "POST /chat/ask HTTP/1.1\r\nhost: localhost\r\ncontent-length: 60000\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\nline="
            .to_owned(),
        Manner::NeverReads => "GET /usage?range=90d HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(200),
    };
    let mut written = wire.socket.write_all(first.as_bytes()).await;
    let mut said = [0; 1_024];
    while written.is_ok() {
        let second = Duration::from_secs(1);
        match manner {
            Manner::NeverReads => tokio::time::sleep(second).await,
            _ => {
                let said = tokio::time::timeout(second, wire.socket.read(&mut said)).await;
                if let Ok(Ok(0) | Err(_)) = said {
                    break;
                }
            }
        }
        if !matches!(manner, Manner::SaysNothing) {
            written = wire.socket.write_all(b"x").await;
        }
    }
    begun.elapsed()
}

async fn slow(served: &Served, ids: &[String], plan: &Plan) {
    let (address, before) = (served.address, served.resident());
    let mut clients = JoinSet::new();
    for number in 0..plan.slow {
        let manner = MANNERS[number % MANNERS.len()];
        clients.spawn(async move { (manner, borne(address, manner).await) });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let lasts = plan.lasts.min(Duration::from_secs(8));
    let row = crowd(address, ids, 50, Duration::from_secs(1), lasts).await.row(lasts);
    let with = served.resident();
    let mut longest = [Duration::ZERO; MANNERS.len()];
    while let Some(ended) = clients.join_next().await {
        let (manner, took) = ended.unwrap();
        longest[manner as usize] = longest[manner as usize].max(took);
    }
    println!(
        "\n| beside {} slow clients | {CROWD_HEAD} |\n|---|---:|---:|---:|---:|---:|\n| 50 people | {row} |",
        plan.slow
    );
    println!(
        "\nResident before {}, with them {}, after {}.",
        megabytes(before),
        megabytes(with),
        megabytes(served.resident())
    );
    println!("\n| a client that | is borne at most |\n|---|---:|");
    for (manner, took) in MANNERS.iter().zip(longest) {
        let words = match manner {
            Manner::SaysNothing => "says nothing",
            Manner::DribblesItsHead => "dribbles its head",
            Manner::DribblesItsBody => "dribbles its body",
            Manner::NeverReads => "never reads",
        };
        println!("| {words} | {:.0} s |", took.as_secs_f64());
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}
