//! The real program is killed again and again, while clients send, while it starts and while it copies: what was
//! acknowledged is there, once, and nothing half.
//!
//! `ETSM_TORTURE_ROUNDS=2000 cargo test --test it torture` goes on for longer than the suite does.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use etsm::access::Token;
use etsm::config::Environment;
use etsm::store::ApiKey;
use etsm::store::Keep;
use etsm::store::KeyScope;
use etsm::store::Store;
use jiff::SignedDuration;
use jiff::Timestamp;
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::seed;

/// Rounds in the suite.
const ROUNDS: usize = 50;
/// Longest time from the first acknowledgement of a round to the kill.
const LIFE_MAX_MS: u64 = 120;
const BATCH_ROWS: u64 = 20;
/// One start in so many is killed before it is ready, within this time.
const STARTS_KILLED: u32 = 4;
const START_MAX_MS: u64 = 400;
/// One in so many rounds is spent on what takes longer: a new database, a backup.
const SELDOM: usize = 10;

/// How a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Rows of one push.
    Events { rows: u64, named: bool },
    /// Buckets of one push, each its own.
    Buckets { named: bool },
    /// The same bucket, restated again and again.
    Restated,
}

const MANNERS: [Manner; 6] = [
    Manner::Events { rows: 1, named: true },
    Manner::Events { rows: 1, named: false },
    Manner::Events { rows: BATCH_ROWS, named: true },
    Manner::Events { rows: BATCH_ROWS, named: false },
    Manner::Buckets { named: true },
    Manner::Restated,
];

/// A client, with what it knows of its pushes.
#[derive(Debug, Clone)]
struct Client {
    number: usize,
    manner: Manner,
    /// Pushes that were acknowledged: all before this one.
    acknowledged: u64,
    /// Whether the next one was sent, and nobody knows what became of it.
    in_doubt: bool,
}

impl Client {
    fn rows(&self) -> u64 {
        match self.manner {
            Manner::Events { rows, .. } => rows,
            Manner::Buckets { .. } => BATCH_ROWS,
            Manner::Restated => 1,
        }
    }

    /// The calls of a row: no two rows of a client have the same.
    fn calls(&self, push: u64, row: u64) -> u64 {
        push * BATCH_ROWS + row + 1
    }

    fn body(&self, push: u64) -> String {
        let start: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        let row = |row: u64| {
            let minute = match self.manner {
                Manner::Events { .. } => push / 50,
                Manner::Buckets { .. } => push * BATCH_ROWS + row,
                Manner::Restated => 0,
            };
            let at = start + SignedDuration::from_mins(i64::try_from(minute).unwrap());
            let mut object = json!({"timestamp": at.to_string(), "account_id": format!("client-{}", self.number),
                "api_calls": self.calls(push, row), "tokens_used": 1, "cost": 0, "endpoint": "/v1/chat"});
            if let Manner::Events { .. } = self.manner {
                object["event_id"] = format!("{push}-{row}").into();
            }
            object.to_string()
        };
        (0..self.rows()).map(row).collect::<Vec<_>>().join("\n")
    }

    fn name(&self, push: u64) -> Option<String> {
        match self.manner {
            Manner::Events { named: true, .. } | Manner::Buckets { named: true } => {
                Some(format!("{}-{push}", self.number))
            }
            Manner::Events { named: false, .. } | Manner::Buckets { named: false } | Manner::Restated => None,
        }
    }

    /// Sends one push after the other until the server is gone.
    async fn send(mut self, http: reqwest::Client, url: String, key: String) -> Self {
        loop {
            let push = self.acknowledged;
            let mut request = http
                .post(&url)
                .header("authorization", &key)
                .header("content-type", "application/x-ndjson")
                .body(self.body(push));
            let name = self.name(push);
            if let Some(name) = &name {
                request = request.header("idempotency-key", name);
            }
            let was_in_doubt = std::mem::replace(&mut self.in_doubt, true);
            let Ok(answer) = request.send().await else { return self };
            let status = answer.status().as_u16();
            let Ok(text) = answer.text().await else { return self };
            assert_eq!(status, 200, "{text}");
            let report: Value = serde_json::from_str(&text).unwrap();
            let count = |what: &str| report[what].as_u64().unwrap();
            assert_eq!(count("accepted") + count("duplicates") + count("replaced"), self.rows(), "{text}");
            if name.is_some() || !was_in_doubt {
                assert_eq!(count("duplicates"), 0, "the first answer, whenever it is given: {text}");
            }
            self.acknowledged += 1;
            self.in_doubt = false;
        }
    }

    /// What is wrong with the calls that the store holds for this client.
    fn wrong_with(&self, mut found: Vec<u64>) -> Option<String> {
        found.sort_unstable();
        let of_pushes = |pushes: u64| {
            let calls = |push| (0..self.rows()).map(move |row| self.calls(push, row));
            match self.manner {
                Manner::Restated => pushes.checked_sub(1).into_iter().flat_map(calls).collect::<Vec<_>>(),
                Manner::Events { .. } | Manner::Buckets { .. } => (0..pushes).flat_map(calls).collect(),
            }
        };
        let sure = of_pushes(self.acknowledged);
        if found == sure || (self.in_doubt && found == of_pushes(self.acknowledged + 1)) {
            return None;
        }
        let (found, sure) = (found.len(), sure.len());
        Some(format!("{self:?}: {sure} rows were acknowledged and {found} are there, or other ones"))
    }
}

/// The program over a folder, killed without warning.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn start(folder: &Path) -> Self {
        // Free a moment ago; nobody else asks for it in between.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_etsm"))
            .arg("serve")
            .current_dir(folder)
            .env_clear()
            .env("ETSM_DATA_DIR", folder)
            .env("ETSM_BIND", address.to_string())
            .env("ETSM_SECRET_KEY", "a secret of the test, and of nobody else at all")
            .env("ETSM_LOG", "error")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, url: format!("http://{address}") }
    }

    async fn ready(&mut self, http: &reqwest::Client) {
        for _ in 0..4_000 {
            let answer = http.get(format!("{}/readyz", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended by itself");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never gets ready");
    }

    fn kill(&mut self) {
        // On Unix this is SIGKILL.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

async fn made_key(folder: &Path) -> String {
    let store = Store::open_dir(folder).await.unwrap();
    let token = Token::random();
    let key = ApiKey {
        name: "torture".into(),
        scopes: [KeyScope::Ingest].into(),
        source: None,
        made_by: "dana".into(),
        made: Timestamp::UNIX_EPOCH,
        used: None,
        revoked: None,
    };
    assert!(store.add_api_key(&key, token.fingerprint().as_str(), &seed::act()).await.unwrap());
    store.close().await;
    format!("Bearer etsm_{}", token.reveal())
}

/// What is wrong with the store, by what the clients know.
async fn look(folder: &Path, clients: &[Client]) -> Vec<String> {
    let store = Store::open_dir(folder).await.unwrap();
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let take = |account: etsm::domain::AccountId, rows: Vec<etsm::domain::UsageRow>| {
        let calls = rows.iter().map(|row| row.used.api_calls).collect();
        found.insert(account.to_string(), calls);
    };
    store.each_account_usage(None, take).await.unwrap();
    let rows: usize = found.values().map(Vec::len).sum();
    let counted = store.counts().await.unwrap().usage_rows;
    store.close().await;
    let mut wrong: Vec<String> = clients
        .iter()
        .filter_map(|client| {
            let calls = found.remove(&format!("client-{}", client.number)).unwrap_or_default();
            client.wrong_with(calls)
        })
        .collect();
    wrong.extend(found.keys().map(|other| format!("{other} was sent by nobody")));
    if counted != rows as u64 {
        wrong.push(format!("{counted} rows are counted and {rows} are there"));
    }
    wrong
}

fn rounds() -> usize {
    Environment::read().get("ETSM_TORTURE_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_it_keeps_what_it_acknowledged_once_and_nothing_half() {
    let rounds = rounds();
    let folder = tempfile::tempdir().unwrap();
    let key = made_key(folder.path()).await;
    let mut dice = ChaCha8Rng::seed_from_u64(10);
    let mut clients: Vec<Client> = MANNERS
        .into_iter()
        .enumerate()
        .map(|(number, manner)| Client { number, manner, acknowledged: 0, in_doubt: false })
        .collect();
    for round in 0..rounds {
        if dice.random_ratio(1, STARTS_KILLED) {
            let mut program = Program::start(folder.path());
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..START_MAX_MS))).await;
            program.kill();
        }
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut program = Program::start(folder.path());
        program.ready(&http).await;
        let url = format!("{}/api/v1/usage", program.url);
        let mut sending = JoinSet::new();
        for client in clients.drain(..) {
            sending.spawn(client.send(http.clone(), url.clone(), key.clone()));
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..LIFE_MAX_MS))).await;
        program.kill();
        clients = sending.join_all().await;
        clients.sort_by_key(|client| client.number);
        let wrong = look(folder.path(), &clients).await;
        assert!(wrong.is_empty(), "after {} rounds:\n{}", round + 1, wrong.join("\n"));
    }
    let sent: u64 = clients.iter().map(|client| client.acknowledged).sum();
    assert!(sent > rounds as u64, "hardly anything was sent: {clients:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_makes_its_database_it_makes_it_at_the_next_start() {
    let mut dice = ChaCha8Rng::seed_from_u64(11);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for round in 0..rounds().div_ceil(SELDOM) {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let mut program = Program::start(folder.path());
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..START_MAX_MS))).await;
            program.kill();
        }
        let mut program = Program::start(folder.path());
        program.ready(&http).await;
        program.kill();
        let counts = Store::examine(&folder.path().join("etsm.db")).await;
        assert_eq!(counts.unwrap_or_else(|wrong| panic!("round {round}: {wrong}")).usage_rows, 0);
        let store = Store::open_dir(folder.path()).await.unwrap();
        assert_eq!(store.check_audit(None).await.unwrap().flaw, None);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_killed_is_whole_or_not_there() {
    const ROWS: u64 = 30_000;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_dir(folder.path()).await.unwrap();
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    for account in 0..ROWS / 90 + 1 {
        writer.record(&seed::daily(&format!("account-{account}"), "/v1/chat", |_| 7), &[]).await.unwrap();
    }
    writer.finish(None).await.unwrap();
    let rows = store.counts().await.unwrap().usage_rows;
    store.close().await;
    let copy = folder.path().join("copy.db");
    let backup = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etsm"));
        command.args(["backup", "copy.db", "--force"]).current_dir(folder.path()).env_clear();
        command.env("ETSM_DATA_DIR", folder.path()).env("USER", "dana").env("ETSM_LOG", "error");
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
    };
    let mut dice = ChaCha8Rng::seed_from_u64(12);
    for round in 0..rounds().div_ceil(SELDOM) {
        let mut running = backup();
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..START_MAX_MS))).await;
        running.kill().unwrap();
        running.wait().unwrap();
        if copy.exists() {
            let counts = Store::examine(&copy).await.unwrap_or_else(|wrong| panic!("round {round}: {wrong}"));
            assert_eq!(counts.usage_rows, rows, "round {round}");
        }
        let counts = Store::examine(&folder.path().join("etsm.db")).await.unwrap();
        assert_eq!(counts.usage_rows, rows, "round {round}");
    }
    assert!(backup().wait().unwrap().success(), "what was left over is in nobody's way");
    assert_eq!(Store::examine(&copy).await.unwrap().usage_rows, rows);
    let left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("copy.db"))
        .collect();
    assert_eq!(left, ["copy.db"], "nothing half is left");
}
