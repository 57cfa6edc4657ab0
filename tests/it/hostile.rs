//! Bodies and files that somebody broke on purpose: answered in time, in words, and never kept by half.
//!
//! `ETSM_HOSTILE_BODIES=10000 cargo test --test it hostile` tries more than the suite does.

use std::sync::Arc;
use std::time::Duration;

use etsm::answers::Desk;
use etsm::config::Environment;
use etsm::config::Settings;
use etsm::domain::Act;
use etsm::domain::Currency;
use etsm::domain::How;
use etsm::engine::Engine;
use etsm::ingest::Form;
use etsm::ingest::NotTaken;
use etsm::ingest::Parcel;
use etsm::jobs::import::ImportOptions;
use etsm::jobs::import::Records;
use etsm::jobs::import::import_files;
use etsm::jobs::push::push;
use etsm::store::Keep;
use etsm::store::Store;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness::clock::TestClock;
use crate::harness::damage::mutated;

/// Bodies in the suite.
const BODIES: usize = 2_000;
/// No body may take longer; on a busy machine most take a millisecond.
const BODY_TIME_MAX: Duration = Duration::from_secs(5);
const NOW: &str = "2026-06-01T12:30:00Z";

/// Bodies that are right, in every form.
fn seeds() -> Vec<Vec<u8>> {
    let csv = "timestamp,account_id,api_calls,tokens_used,cost,endpoint,model,errors,event_id\n\
               2026-03-03T10:00:00Z,acme,120,45000,0.90,/v1/chat,large,3,\n\
               2026-03-03,\"Müller, Söhne & Co\",\"1,234\",5,1e2,\"/v1/\"\"odd\"\"\",,,e-1\n";
    let semicolons = "Zeit;Kunde\n";
    let german = "timestamp;account;calls;tokens;cost;endpoint\n03.03.2026;acme;1.234;10;1.234,50;/v1/chat\n";
    let object = r#"{"timestamp":"2026-03-03T11:00:00+02:00","account_id":"acme","api_calls":1,"tokens_used":310,"cost":0.004,"endpoint":"/v1/chat","event_id":"r-1"}"#;
    let event = r#"[{"specversion":"1.0","id":"r-2","source":"/g","type":"usage","time":"2026-03-03T10:00:00Z","subject":"acme","data":{"api_calls":1,"tokens_used":3,"cost":1,"endpoint":"/v1/chat"}}]"#;
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(csv.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let texts = [
        csv.to_owned(),
        semicolons.to_owned(),
        german.to_owned(),
        format!("{object}\n{object}\n"),
        format!("[{object},\n{object}]"),
        event.to_owned(),
        format!("{csv}{csv}"),
    ];
    texts.into_iter().map(String::into_bytes).chain([utf16]).collect()
}

/// What must be the same of a dry run and of what is kept.
fn compared(report: &Value) -> Value {
    let mut report = report.clone();
    for own in ["utc", "watermark"] {
        report.as_object_mut().unwrap().remove(own);
    }
    report
}

#[tokio::test]
async fn broken_bodies_are_answered_in_words_and_kept_as_a_dry_run_says() {
    let bodies = Environment::read().get("ETSM_HOSTILE_BODIES").map_or(BODIES, |text| text.parse().unwrap());
    let settings = Settings::load(None, &Environment::of([])).unwrap();
    let store = Store::in_memory().await.unwrap();
    let engine = Arc::new(Engine::new(Arc::clone(&settings.health), Currency::USD));
    let desk = Desk::new(engine, store.clone(), Arc::new(TestClock::at(NOW)));
    let (inbox, committer) = push(desk, Currency::USD);
    let stop = CancellationToken::new();
    let mut committing = JoinSet::new();
    committing.spawn(committer.run(stop.clone()));
    let act = Act::of_service(How::Start, NOW.parse().unwrap());
    let options = ImportOptions {
        source: "push".parse().unwrap(),
        keep: Keep::DryRun,
        ..ImportOptions::new(act.clone(), Currency::USD)
    };
    let folder = tempfile::tempdir().unwrap();
    let file = [folder.path().join("body")];
    let (mut dice, seeds) = (ChaCha8Rng::seed_from_u64(2_026), seeds());
    let (mut taken, mut refused) = (0, 0);
    for number in 0..bodies {
        let body = mutated(&mut dice, &seeds);
        std::fs::write(&file[0], &body).unwrap();
        let told = |what: &str| format!("body {number}, {what}:\n{}", String::from_utf8_lossy(&body));
        let mut quiet = |_| {};
        let trial = import_files(&store, Records::Usage, &file, &options, &mut quiet);
        let trial = tokio::time::timeout(BODY_TIME_MAX, trial).await;
        let trial = trial.unwrap_or_else(|_late| panic!("{}", told("a dry run hangs"))).unwrap().json();
        let rows = store.counts().await.unwrap().usage_rows;
        let parcel = Parcel {
            act: act.clone(),
            source: "push".parse().unwrap(),
            watermark: None,
            once: None,
            form: Form::AsItLooks,
            body: body.clone(),
        };
        let sent = tokio::time::timeout(BODY_TIME_MAX, inbox.take(parcel)).await;
        match sent.unwrap_or_else(|_late| panic!("{}", told("a push hangs"))) {
            Ok(report) => {
                taken += 1;
                let report: Value = serde_json::from_str(&report.report).unwrap();
                assert_eq!(compared(&report), compared(&trial), "{}", told("kept and tried"));
                for one in report["rejected"].as_array().unwrap() {
                    let words = one["message"].as_str().unwrap();
                    assert!(one["row"].as_u64() > Some(0) && !words.is_empty(), "{}", told("a rejection"));
                    assert!(!words.contains(|c: char| c.is_control()), "{}", told(words));
                }
                let now = store.counts().await.unwrap().usage_rows;
                assert_eq!(now - rows, report["accepted"].as_u64().unwrap(), "{}", told("counted"));
            }
            Err(NotTaken::Unreadable { code, message }) => {
                refused += 1;
                assert!(message.len() > 20, "{message}");
                // What a file would keep up to where it breaks off, a push does not keep at all.
                assert!(trial["file_error"] == code || body.starts_with(b"PAR1"), "{}: {trial}", told(code));
                assert_eq!(store.counts().await.unwrap().usage_rows, rows, "{}", told("nothing is kept"));
            }
            Err(other) => panic!("{}", told(&other.to_string())),
        }
    }
    assert!(taken > bodies / 4 && refused > bodies / 20, "{taken} taken, {refused} refused");
    stop.cancel();
    committing.join_all().await.into_iter().for_each(Result::unwrap);
}

#[tokio::test]
async fn broken_files_of_accounts_and_initiatives_are_read_the_same_twice() {
    let settings_act = Act::of_service(How::Start, NOW.parse().unwrap());
    let seeds: Vec<Vec<u8>> = [
        "account_id,name,owner,tags,commit,commit_period,renewal\nacme,Acme,dana,\"emea;vip\",1200,month,2026-12-31\n",
        "title,account,priority,status,owner,due,expected_revenue\nMove,acme,high,active,dana,2026-05-01,12000\n",
        "[{\"account_id\":\"acme\",\"name\":\"Acme\"},{\"title\":\"Move\",\"account\":\"acme\"}]",
    ]
    .into_iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let store = Store::in_memory().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = [folder.path().join("file")];
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    for number in 0..400 {
        let body = mutated(&mut dice, &seeds);
        std::fs::write(&file[0], &body).unwrap();
        for records in [Records::Accounts, Records::Initiatives] {
            let read = async |keep| {
                let options =
                    ImportOptions { keep, ..ImportOptions::new(settings_act.clone(), Currency::USD) };
                let mut quiet = |_| {};
                let reports = import_files(&store, records, &file, &options, &mut quiet);
                let reports = tokio::time::timeout(BODY_TIME_MAX, reports).await.expect("it does not hang");
                compared(&reports.unwrap().json())
            };
            let (tried, kept) = (read(Keep::DryRun).await, read(Keep::Yes).await);
            assert_eq!(tried, kept, "file {number}:\n{}", String::from_utf8_lossy(&body));
        }
    }
}
