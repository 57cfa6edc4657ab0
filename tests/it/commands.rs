//! The binary itself, as a shell runs it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use etsm::store::{AuditFilter, Store};
use serde_json::Value;

/// A folder of its own, and the binary with no environment but what is given here.
struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etsm"));
        command.args(words).current_dir(self.folder.path()).env_clear().env("USER", "dana");
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).stdin(Stdio::null()).output().unwrap()
    }

    fn json(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{words:?}: {error}\n{output:?}"))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// 200 accounts, one row an hour: `rows` rows whose sums are known without reading them back.
fn usage_file(shell: &Shell, name: &str, rows: u64) -> (PathBuf, u64) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(shell.path(name)).unwrap());
    writeln!(file, "timestamp,account_id,api_calls,tokens_used,cost,endpoint").unwrap();
    let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for row in 0..rows {
        let at = start + jiff::SignedDuration::from_hours(i64::try_from(row / 200).unwrap());
        writeln!(file, "{at},account-{:03},{},{},0.000001,/v1/messages", row % 200, row % 97, row).unwrap();
    }
    file.flush().unwrap();
    (shell.path(name), (0..rows).map(|row| row % 97).sum())
}

#[test]
fn the_same_file_again_adds_nothing() {
    let shell = Shell::new();
    let (file, calls) = usage_file(&shell, "usage.csv", 5_000);
    let file = file.to_str().unwrap();
    let first = shell.json(&["import", "usage", file, "--json"]);
    assert_eq!(first["accepted"], 5_000);
    assert_eq!(first["totals"]["api_calls"], calls);
    let again = shell.json(&["import", "usage", file, "--json"]);
    assert_eq!((&again["accepted"], &again["duplicates"]), (&0.into(), &5_000.into()));
}

#[test]
fn the_exit_status_tells_how_it_went() {
    let shell = Shell::new();
    let head = "timestamp,account_id,api_calls,tokens_used,cost,endpoint\n";
    shell.write("good.csv", &format!("{head}2026-01-01T00:00:00Z,acme,1,2,0.5,/v1/chat\n"));
    shell.write(
        "half.csv",
        &format!("{head}2026-01-01T01:00:00Z,acme,1,2,0.5,/v1/chat\nnever,acme,1,2,0.5,/v1/chat\n"),
    );
    shell.write("none.csv", "");
    assert_eq!(shell.run(&["import", "usage", "good.csv"]).status.code(), Some(0));
    assert_eq!(shell.run(&["import", "usage", "half.csv"]).status.code(), Some(1));
    assert_eq!(shell.run(&["import", "usage", "none.csv"]).status.code(), Some(2));
    assert_eq!(shell.run(&["import", "usage", "missing.csv"]).status.code(), Some(2));
    assert_eq!(shell.run(&["ask", "health acme"]).status.code(), Some(0));
    assert_eq!(shell.run(&["ask", "health nobody-of-that-name"]).status.code(), Some(1));
}

#[test]
fn an_import_killed_half_way_ends_with_the_same_sums_when_run_again() {
    let shell = Shell::new();
    let (file, calls) = usage_file(&shell, "usage.csv", 120_000);
    let file = file.to_str().unwrap();
    let mut child = shell
        .command(&["import", "usage", file])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Killed as soon as something is durable, which is long before the end.
    let begun = Instant::now();
    let written = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
    while written(&shell.path("data/etsm.db-wal")) < 2_000_000 && begun.elapsed() < Duration::from_secs(60) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let again = shell.json(&["import", "usage", file, "--json"]);
    let count = |key: &str| again[key].as_u64().unwrap();
    assert!(count("duplicates") > 0 && count("accepted") > 0, "{again}");
    assert_eq!(count("accepted") + count("duplicates"), 120_000);
    let answer = shell.json(&["ask", "usage range:2026-01-01..2026-03-31", "--json"]);
    let facts = answer["facts"].as_array().unwrap();
    let total = facts.iter().find(|fact| fact["unit"] == "api_calls").unwrap();
    assert_eq!(total["value"], calls, "{answer}");
}

#[test]
fn check_reports_every_mistake_with_its_place() {
    let shell = Shell::new();
    shell.write("etsm.toml", "[server]\nbind = \"x\"\n[discord]\ngild_id = \"1\"\n");
    let output = shell.run(&["check", "--config", "etsm.toml"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output));
}

#[test]
fn serving_without_a_key_or_beyond_loopback_is_refused() {
    let shell = Shell::new();
    let output = shell.command(&["serve"]).env("ETSM_BIND", "0.0.0.0:0").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(stderr(&output));
}

#[test]
fn a_file_that_is_no_database_is_named_once_with_its_cause() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("data")).unwrap();
    shell.write("data/etsm.db", "a letter to a friend, and no database at all");
    let output = shell.run(&["ask", "status"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(stderr(&output), @"etsm: opening the database in data: the database file is damaged (error returned from database: (code: 26) file is not a database, found while opening it); stop etsm, put back a backup with `etsm restore FILE`");
}

/// A running demo, killed when the test ends however it ends.
struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    fn start(shell: &Shell) -> Self {
        let words =
            ["demo", "--bind", "127.0.0.1:0", "--accounts", "12", "--days", "60", "--data-dir", "data"];
        let mut child = shell.command(&words).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.trim_start().starts_with("dashboard")).expect("it greets");
        let url = line.split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Asks until `well` holds; a page that is not there within two minutes never will be.
async fn until(url: &str, status: u16) {
    let begun = Instant::now();
    while reqwest::get(url).await.unwrap().status() != status {
        assert!(begun.elapsed() < Duration::from_secs(120), "{url} did not come to {status} in two minutes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_beside_a_running_service_is_shown() {
    let shell = Shell::new();
    let demo = Demo::start(&shell);
    until(&format!("{}/readyz", demo.url), 200).await;
    let account = format!("{}/api/v1/accounts/late-arrival", demo.url);
    assert_eq!(reqwest::get(&account).await.unwrap().status(), 404);
    let row = "2026-01-01T00:00:00Z,late-arrival,1,2,0.5,/v1/chat";
    shell.write("more.csv", &format!("timestamp,account_id,api_calls,tokens_used,cost,endpoint\n{row}\n"));
    let import = shell.run(&["import", "usage", "more.csv", "--data-dir", "data"]);
    assert!(import.status.success(), "{import:?}");
    until(&account, 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_opens_with_nothing_configured_and_stops_cleanly() {
    let shell = Shell::new();
    let mut demo = Demo::start(&shell);
    let get = |path: &str| {
        let url = format!("{}{path}", demo.url);
        async move { reqwest::get(url).await.unwrap() }
    };
    until(&format!("{}/readyz", demo.url), 200).await;
    for path in
        ["/", "/accounts", "/usage", "/movers", "/initiatives", "/status", "/chat", "/chart/usage.png"]
    {
        let answer = get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
    }
    let pid = demo.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || demo.child.wait().unwrap()).await.unwrap();
    assert!(ended.success(), "{ended}");
}

#[test]
fn the_audit_log_is_proven_and_an_account_is_exported_and_erased_in_the_terminal() {
    let shell = Shell::new();
    let usage = shell.write(
        "u.csv",
        "timestamp,account_id,api_calls,tokens_used,cost,endpoint\n2026-01-01T00:00:00Z,zanzibarium,5,50,0.01,=1+1\n\
         2026-01-01T00:00:00Z,acme,7,70,0.02,/v1/chat\n",
    );
    let told = |words: &[&str]| {
        let output = shell.run(words);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(shell.run(&["import", "usage", usage.to_str().unwrap()]).status.code(), Some(0));
    let (status, listed) = told(&["audit", "list"]);
    assert!(status == Some(0) && listed.contains("dana by terminal: import.usage u.csv"), "{listed}");
    let (_, json) = told(&["audit", "list", "--json", "--kind", "import.usage"]);
    let entry: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&entry["after"]["accepted"], entry["after"]["sha256"].as_str().unwrap().len()),
        (&2.into(), 64)
    );

    let (status, csv) = told(&["export", "rows", "--format", "csv"]);
    assert!(status == Some(0) && csv.contains(",'=1+1,"), "{csv}");
    let (_, whole) = told(&["export", "account", "zanzibarium"]);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["usage"][0]["endpoint"], "=1+1");
    let (_, table) = told(&["export", "account", "zanzibarium", "--format", "csv"]);
    assert!(table.contains("usage,1,endpoint,'=1+1"), "{table}");
    assert_eq!(told(&["export", "account", "nobody"]).0, Some(2));

    let (status, refused) = told(&["erase", "account", "zanzibarium"]);
    assert!(
        status == Some(1) && refused.contains("usage rows") && refused.contains("Nothing was erased"),
        "{refused}"
    );
    let (status, done) = told(&["erase", "account", "zanzibarium", "--yes"]);
    assert!(status == Some(0) && done.contains("Erased."), "{done}");
    for entry in std::fs::read_dir(shell.path("data")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"zanzibarium"), "{}", path.display());
    }
    let (status, proven) = told(&["audit", "verify"]);
    assert!(status == Some(0) && proven.contains("whole"), "{proven}");
    let head = proven.split_whitespace().last().unwrap();
    assert_eq!(told(&["audit", "verify", "--head", head]).0, Some(0));
    let (status, broken) = told(&["audit", "verify", "--head", &"0".repeat(63)]);
    assert!(status == Some(1) && broken.contains("broken"), "{broken}");
}

#[test]
fn a_backup_is_made_and_put_back_and_both_are_known() {
    let shell = Shell::new();
    let (file, calls) = usage_file(&shell, "usage.csv", 2_000);
    shell.json(&["import", "usage", file.to_str().unwrap(), "--json"]);
    let made = shell.run(&["backup", "monday.db"]);
    assert!(made.status.success(), "{made:?}");
    assert!(String::from_utf8_lossy(&made.stdout).contains("2000 usage rows"), "{made:?}");
    let again = shell.run(&["backup", "monday.db"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--force"), "{again:?}");

    shell.write("more.csv", "timestamp,account_id,api_calls,tokens_used,cost,endpoint\n2026-03-01T00:00:00Z,acme,1,2,0.5,/v1/chat\n");
    shell.json(&["import", "usage", "more.csv", "--json"]);
    let restored = shell.run(&["restore", "monday.db"]);
    assert!(restored.status.success(), "{restored:?}");
    assert!(String::from_utf8_lossy(&restored.stdout).contains("etsm.db.replaced-"), "{restored:?}");
    let answer = shell.json(&["ask", "usage range:2026-01-01..2026-03-31", "--json"]);
    let facts = answer["facts"].as_array().unwrap();
    assert_eq!(facts.iter().find(|fact| fact["unit"] == "api_calls").unwrap()["value"], calls);
    // The copy was made before it was entered that it was made; that stands in the database that was replaced.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let kinds: Vec<String> = runtime.block_on(async {
        let store = Store::open_dir(&shell.path("data")).await.unwrap();
        let entries = store.audit(&AuditFilter::default(), 5).await.unwrap();
        store.close().await;
        entries.into_iter().map(|entry| entry.kind).collect()
    });
    assert!(kinds.contains(&"database.restore".to_owned()), "{kinds:?}");
    assert!(!kinds.contains(&"database.backup".to_owned()), "{kinds:?}");
}

#[test]
fn output_that_nobody_reads_to_its_end_is_no_failure() {
    let shell = Shell::new();
    let (file, _) = usage_file(&shell, "usage.csv", 5_000);
    shell.json(&["import", "usage", file.to_str().unwrap(), "--json"]);
    let mut export = shell.command(&["export", "rows", "--format", "csv"]);
    let mut export = export.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(export.stdout.take());
    let ended = export.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}
