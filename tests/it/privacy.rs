//! What is erased is gone from every file, and what was kept for long enough is removed.

use std::path::Path;
use std::sync::Arc;

use etsm::answers::Desk;
use etsm::config::Environment;
use etsm::config::RetentionSettings;
use etsm::config::Settings;
use etsm::domain::Account;
use etsm::domain::Clock;
use etsm::domain::Note;
use etsm::domain::Person;
use etsm::engine::Engine;
use etsm::jobs::retention;
use etsm::store::AuditFilter;
use etsm::store::Keep;
use etsm::store::Scrubbed;
use etsm::store::SecurityEvent;
use etsm::store::Store;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::harness::clock::TestClock;
use crate::harness::seed;

const NOW: &str = "2026-03-31T12:00:00Z";
/// A word that stands nowhere else.
const NEEDLE: &str = "zanzibarium";

async fn desk(folder: &Path, clock: &Arc<TestClock>) -> Desk {
    let environment = Environment::of([("ETSM_DATA_DIR", folder.to_str().unwrap())]);
    let settings = Settings::load(None, &environment).unwrap();
    let engine = Engine::new(Arc::clone(&settings.health), settings.currency);
    let store = Store::open_dir(folder).await.unwrap();
    let desk = Desk::new(Arc::new(engine), store, Arc::clone(clock) as Arc<dyn Clock>);
    desk.load().await.unwrap();
    desk
}

/// Files that hold a word, in plain bytes.
fn holding(folder: &Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes())) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

/// Everything of an account that holds the needle, beside the seed.
async fn plant_needle(desk: &Desk) {
    seed::plant(desk).await;
    let account = Account::discovered(NEEDLE.parse().unwrap(), "Zanzibarium & Söhne \"Ltd\"");
    desk.record_accounts(&[account], &seed::act()).await.unwrap();
    let rows = seed::daily(NEEDLE, "/v1/chat", |_| 40);
    desk.record_usage(&rows, &[], None, seed::intake()).await.unwrap();
    let one = seed::initiative("ini-9", NEEDLE, "Teach zanzibarium to stream");
    desk.record_initiatives(&[one], &seed::act()).await.unwrap();
    let note = |account: &str, text: &str| Note {
        account: account.parse().unwrap(),
        at: NOW.parse().unwrap(),
        author: Person::new("dana").unwrap(),
        text: text.into(),
    };
    let notes = [note(NEEDLE, "Secret of zanzibarium"), note("acme", "Nothing to hide")];
    desk.record_notes(&notes, &seed::act()).await.unwrap();
    desk.store()
        .keep_lines(&[("k".into(), format!("usage {NEEDLE} range:30d"))], NOW.parse().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn an_erased_account_is_in_no_file_and_the_log_still_proves_itself() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOW));
    let desk = desk(folder.path(), &clock).await;
    plant_needle(&desk).await;
    let head = desk.store().audit_head().await.unwrap();
    assert!(!holding(folder.path(), NEEDLE).is_empty(), "it is there before");
    std::fs::write(folder.path().join("etsm.db.checkpoint"), NEEDLE).unwrap();

    // Another process erases, as the command does.
    let other = Store::open_dir(folder.path()).await.unwrap();
    let id = NEEDLE.parse().unwrap();
    let trial = other.erase_account(&id, Keep::DryRun, &seed::act()).await.unwrap().unwrap();
    assert_eq!(desk.store().accounts().await.unwrap().len(), 4, "a trial erases nothing");
    let done = other.erase_account(&id, Keep::Yes, &seed::act()).await.unwrap().unwrap();
    assert_eq!(done, trial);
    let touched = |kind: &str| done.touched.get(kind).copied().unwrap_or_default();
    assert_eq!((touched("usage rows"), touched("notes"), touched("lines of chat")), (90, 1, 1), "{done:?}");
    assert!(done.remains.is_empty(), "{done:?}");
    assert_eq!(other.scrub().await.unwrap(), Scrubbed::Gone);
    assert_eq!(holding(folder.path(), NEEDLE), [""; 0]);

    assert!(desk.catch_up().await.unwrap());
    assert!(desk.snapshot().account(&id).is_none());
    assert_eq!(desk.snapshot().rows(), desk.store().counts().await.unwrap().usage_rows as usize);
    assert_eq!(other.erase_account(&id, Keep::Yes, &seed::act()).await.unwrap(), None);
    let check = other.check_audit(Some(&head.hash)).await.unwrap();
    assert_eq!((check.flaw, check.erased), (None, 3), "account, initiative, note");
    let all = other.audit(&AuditFilter::default(), 100).await.unwrap();
    assert!(all.iter().any(|one| one.erased && one.subject == done.pseudonym && one.who == "etsm"));
    other.close().await;
    desk.store().close().await;
    assert_eq!(holding(folder.path(), NEEDLE), [""; 0], "nor after the service stopped");
}

#[tokio::test]
async fn what_an_erasure_replaced_cannot_be_edited_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &Arc::new(TestClock::at(NOW))).await;
    plant_needle(&desk).await;
    desk.store().erase_account(&NEEDLE.parse().unwrap(), Keep::Yes, &seed::act()).await.unwrap();
    // Erased a second time, by the person's erasure.
    let dana = Person::new("dana").unwrap();
    let done = desk.store().erase_person(Some(&dana), Some(77), Keep::Yes, &seed::act()).await.unwrap();
    assert!(done.remains.is_empty() && done.touched.contains_key("notes"), "{done:?}");
    assert_eq!(desk.store().check_audit(None).await.unwrap().flaw, None);
    let number = desk.store().audit(&AuditFilter::default(), 100).await.unwrap();
    let erased = number.iter().find(|one| one.erased).unwrap().number;
    desk.store().close().await;
    for (sql, flaw) in [
        ("UPDATE audit SET subject = 'other' WHERE number = $1", format!("what entry {erased} says")),
        ("DELETE FROM audit_reseal WHERE number = $1", format!("what entry {erased} says")),
    ] {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(folder.path().join("etsm.db"), copy.path().join("etsm.db")).unwrap();
        let url = format!("sqlite://{}", copy.path().join("etsm.db").display());
        let pool = sqlx::AnyPool::connect(&url).await.unwrap();
        sqlx::query(sql).bind(erased as i64).execute(&pool).await.unwrap();
        pool.close().await;
        let store = Store::open_dir(copy.path()).await.unwrap();
        let found = store.check_audit(None).await.unwrap().flaw.unwrap().to_string();
        assert!(found.starts_with(&flaw), "{sql}: {found}");
        store.close().await;
    }
}

#[tokio::test]
async fn an_erased_person_is_in_no_file_and_what_was_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &Arc::new(TestClock::at(NOW))).await;
    seed::plant(&desk).await;
    let store = desk.store();
    let person = Person::new(NEEDLE).unwrap();
    let act = etsm::domain::Act::of_person(&person, etsm::domain::How::Web, NOW.parse().unwrap());
    let note = Note {
        account: "acme".parse().unwrap(),
        at: NOW.parse().unwrap(),
        author: person.clone(),
        text: "They grow, says zanzibarium.".into(),
    };
    desk.record_notes(&[note], &act).await.unwrap();
    let session = etsm::store::Session {
        fingerprint: "abcdefghijkl".into(),
        bearer: etsm::domain::Bearer::Reader(person.clone()),
        agent: "B".into(),
        made: NOW.parse().unwrap(),
        seen: NOW.parse().unwrap(),
    };
    store.begin_session(&session, None, &act).await.unwrap();
    let whole = store.dossier_of_person(Some(&person), None).await.unwrap();
    assert_eq!(whole["notes"][0]["text"], "They grow, says zanzibarium.");
    assert_eq!(
        (whole["audit"].as_array().unwrap().len(), whole["sessions"].as_array().unwrap().len()),
        (2, 1)
    );
    let done = store.erase_person(Some(&person), None, Keep::Yes, &seed::act()).await.unwrap();
    assert_eq!(store.scrub().await.unwrap(), Scrubbed::Gone);
    assert_eq!(holding(folder.path(), NEEDLE), [""; 0], "{done:?}");
    let notes = store.notes().await.unwrap();
    let written = notes.iter().find(|note| note.author.as_str() == done.pseudonym).unwrap();
    assert_eq!(written.text, format!("They grow, says {}.", done.pseudonym));
    assert_eq!(store.sessions().await.unwrap(), []);
    assert_eq!(store.check_audit(None).await.unwrap().flaw, None);
    store.close().await;
}

#[tokio::test]
async fn what_was_kept_for_long_enough_is_removed_once_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOW));
    let desk = desk(folder.path(), &clock).await;
    seed::plant(&desk).await;
    let store = desk.store();
    let days = |days: i64| Some(SignedDuration::from_hours(24 * days));
    let settings =
        RetentionSettings { usage: days(30), security: days(30), audit: days(30), ..Default::default() };
    let refusal = SecurityEvent {
        kind: etsm::domain::SecurityKind::KeyRefused,
        address: "10.0.0.1".into(),
        times: 2,
        last: NOW.parse().unwrap(),
    };
    store.count_refusals(&[refusal]).await.unwrap();
    let rows = store.counts().await.unwrap().usage_rows;
    assert!(
        !retention::look(store, &settings, clock.now()).await.unwrap(),
        "the first look only notes the time"
    );
    clock.advance(SignedDuration::from_hours(25));
    assert!(retention::look(store, &settings, clock.now()).await.unwrap());
    assert!(!retention::look(store, &settings, clock.now()).await.unwrap(), "once a day");
    let before = clock.now() - SignedDuration::from_hours(24 * 30);
    let kept = store.counts().await.unwrap().usage_rows;
    assert!(kept < rows && kept > 0, "{kept} of {rows}");
    let oldest = async || {
        let mut oldest = Timestamp::MAX;
        let mut view = store.usage_view().await.unwrap();
        view.each_account(None, Timestamp::MIN, |_, rows| {
            oldest = rows.iter().map(|row| row.at).fold(oldest, Timestamp::min);
        })
        .await
        .unwrap();
        oldest
    };
    assert!(oldest().await >= before);
    desk.catch_up().await.unwrap();
    assert_eq!(desk.snapshot().rows() as u64, kept, "the figures follow");
    assert_eq!(store.refusals(10).await.unwrap().len(), 1, "not yet");

    // A clock that jumps a year ahead removes nothing at once.
    clock.advance(SignedDuration::from_hours(24 * 365));
    assert!(!retention::look(store, &settings, clock.now()).await.unwrap());
    assert_eq!(store.counts().await.unwrap().usage_rows, kept);
    clock.advance(SignedDuration::from_hours(24));
    assert!(retention::look(store, &settings, clock.now()).await.unwrap());
    assert_eq!(store.counts().await.unwrap().usage_rows, 0);
    assert_eq!(store.refusals(10).await.unwrap(), []);
    let check = store.check_audit(None).await.unwrap();
    assert!(check.flaw.is_none() && check.removed > 0, "{check:?}");
    let last = store.last_retention().await.unwrap().unwrap();
    assert!(last.removed.contains("of usage") && last.removed.contains("of audit"), "{last:?}");
    store.close().await;
}
