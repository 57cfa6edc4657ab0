//! How long the program takes to its first right answer over much usage, with and without a checkpoint.
//!
//! `cargo bench --bench start -- 10 /tmp/etsm-10m` fills a folder with 10 million hourly rows once, which takes minutes,
//! and then starts the program over it. As root it also empties the file cache first.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "its table is its output")]

mod bed;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bed::{ACCOUNTS, account};
use etsm::domain::Act;
use etsm::domain::AuditKind;
use etsm::domain::How;
use etsm::domain::{UsageRow, Window};
use etsm::store::Intake;
use etsm::store::{Keep, Store};
use jiff::Timestamp;
use tokio::runtime::Runtime;

const ETSM: &str = env!("CARGO_BIN_EXE_etsm");
/// Rows in one commit.
const BATCH_ROWS: usize = 10_000;
const TIMES: usize = 3;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let [millions, folder] = &words[..] else {
        println!("usage: cargo bench --bench start -- MILLIONS FOLDER");
        return;
    };
    let (rows, folder) = (millions.parse::<usize>().unwrap() * 1_000_000, PathBuf::from(folder));
    Runtime::new().unwrap().block_on(fill(&folder, rows));
    let answer = expected(rows);
    let checkpoint = folder.join("etsm.db.checkpoint");
    let _none = fs::remove_file(&checkpoint);
    println!("\n{millions} M rows, {ACCOUNTS} accounts; the fastest of {TIMES} where nothing else is said\n");
    println!("| start | first right answer |\n|---|---:|");
    println!("| `etsm ask`, no checkpoint; once, and writes one | {} |", shown(ask(&folder, &answer)));
    let size = fs::metadata(&checkpoint).unwrap().len() as f64;
    println!("| `etsm ask`, with a checkpoint | {} |", fastest(|| ask(&folder, &answer)));
    println!("| `etsm serve`, with a checkpoint | {} |", fastest(|| serve(&folder, &answer)));
    if drop_caches() {
        let cold = |start: fn(&Path, &str) -> Duration| {
            fastest(|| {
                drop_caches();
                start(&folder, &answer)
            })
        };
        println!("| `etsm ask`, with a checkpoint, nothing in the file cache | {} |", cold(ask));
        println!("| `etsm serve`, with a checkpoint, nothing in the file cache | {} |", cold(serve));
    }
    println!("| size of the checkpoint | {:.1} bytes a row |", size / rows as f64);
}

async fn fill(folder: &Path, rows: usize) {
    let store = Store::open_dir(folder).await.unwrap();
    if store.counts().await.unwrap().usage_rows == 0 {
        let mut writer = store
            .usage_writer(
                Keep::Yes,
                Intake::new(
                    Act::of_service(How::Start, jiff::Timestamp::UNIX_EPOCH),
                    AuditKind::ImportUsage,
                    "bench",
                ),
            )
            .await
            .unwrap();
        let all = (0..ACCOUNTS).flat_map(|n| bed::usage(n, rows, ACCOUNTS));
        let mut batch: Vec<UsageRow> = Vec::with_capacity(BATCH_ROWS);
        for row in all {
            batch.push(row);
            if batch.len() == BATCH_ROWS {
                writer.record(&batch, &[]).await.unwrap();
                batch.clear();
            }
        }
        writer.record(&batch, &[]).await.unwrap();
        writer.finish(Some((bed::source(), bed::as_of()))).await.unwrap();
    }
    store.close().await;
}

/// The calls of the asked account in its last 30 days, as JSON says them.
fn expected(rows: usize) -> String {
    let (from, to) = hours(bed::window(30));
    let inside = bed::made(ACCOUNTS / 2, rows, ACCOUNTS).filter(|row| (from..to).contains(&row.hour));
    format!(":{}", inside.map(|row| u64::from(row.calls)).sum::<u64>())
}

fn fastest(mut start: impl FnMut() -> Duration) -> String {
    shown((0..TIMES).map(|_| start()).min().unwrap())
}

fn etsm(folder: &Path) -> Command {
    let mut command = Command::new(ETSM);
    command.arg("--data-dir").arg(folder).stderr(Stdio::inherit());
    command
}

/// Until the answer is printed; the program may tidy up after that.
fn ask(folder: &Path, answer: &str) -> Duration {
    let began = Instant::now();
    let line = format!("usage {} range:30d", account(ACCOUNTS / 2));
    let mut run = etsm(folder).args(["ask", "--json", &line]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = run.stdout.take().unwrap();
    let mut text = String::new();
    let mut piece = [0; 65_536];
    while !text.replace(' ', "").contains(answer) {
        let read = out.read(&mut piece).unwrap();
        assert!(read > 0, "no right answer in {text}");
        text += &String::from_utf8_lossy(&piece[..read]);
    }
    let took = began.elapsed();
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    assert!(run.wait().unwrap().success());
    took
}

/// Until the API answers.
fn serve(folder: &Path, answer: &str) -> Duration {
    let began = Instant::now();
    let bind = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let key = "a-key-that-only-serves-for-a-benchmark-0123456789";
    let settings = [("ETSM_BIND", bind.as_str()), ("ETSM_SECRET_KEY", key), ("ETSM_LOG", "warn")];
    let mut run = etsm(folder).arg("serve").envs(settings).spawn().unwrap();
    let path = format!("/api/v1/usage?account={}&range=30d&metric=calls", account(ACCOUNTS / 2));
    while !get(&bind, &path).unwrap_or_default().replace(' ', "").contains(answer) {
        assert!(began.elapsed() < Duration::from_secs(120), "no right answer");
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = began.elapsed();
    let asked = Command::new("kill").arg(run.id().to_string()).status().unwrap();
    assert!(asked.success() && run.wait().unwrap().success());
    took
}

fn get(bind: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(bind)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {bind}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Empties the file cache, as far as one may.
fn drop_caches() -> bool {
    Command::new("sync").status().is_ok_and(|done| done.success())
        && fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn shown(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// The hours of a window, as first and first after.
fn hours(window: Window) -> (u32, u32) {
    let hour = |at: Timestamp| (at.as_second() / 3_600) as u32;
    (hour(window.from()), hour(window.to()))
}
