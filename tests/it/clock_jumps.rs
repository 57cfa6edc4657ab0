//! A clock that jumps, both ways: nobody stays for longer, nothing freezes, and nothing is done twice.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;

use crate::logins;
use crate::pushing;

/// What the tests begin at.
const NOW: &str = "2026-03-31T12:00:00Z";
const IN_A_YEAR: &str = "2027-03-31T12:00:00Z";

#[tokio::test]
async fn a_session_outlives_a_clock_that_is_behind_and_none_that_was_ahead() {
    let app = logins::started().await;
    let visitor = logins::logged_in(&app, "dana", &[logins::VIEWERS]).await;
    // Back by a little, as when a machine is set right: nobody has to log in again, and idle time counts from there.
    app.clock().set("2026-03-31T09:00:00Z");
    assert_eq!(visitor.get("/").await.status, 200);
    app.clock().set("2026-03-31T20:59:00Z");
    assert_eq!(visitor.get("/").await.status, 200);
    app.clock().set("2026-04-01T09:00:00Z");
    assert_eq!(visitor.get("/").await.status, 401, "idle for twelve hours");

    app.clock().set(IN_A_YEAR);
    let ahead = logins::logged_in(&app, "dana", &[logins::VIEWERS]).await;
    assert_eq!(ahead.get("/").await.status, 200);
    app.clock().set(NOW);
    assert_eq!(ahead.get("/").await.status, 401, "it would last for a year");
    let anew = logins::logged_in(&app, "dana", &[logins::VIEWERS]).await;
    assert_eq!(anew.get("/").await.status, 200);
    // Far back and forward again: whoever was inside is inside still.
    app.clock().set("2026-03-01T12:00:00Z");
    assert_eq!(anew.get("/").await.status, 401);
    app.clock().set(NOW);
    app.clock().advance(SignedDuration::from_mins(5));
    assert_eq!(anew.get("/").await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn a_link_is_used_once_and_holds_no_longer_whatever_the_clock_does() {
    let app = logins::started().await;
    let dana = app.discord().user("dana").with_roles(&[logins::VIEWERS]);
    let path = logins::own_path(dana.types("/login").await.link());
    assert_eq!(app.visitor().post(&path).await.status, 303);
    // Ahead for a moment, in which what is over would be forgotten, and right again while the link still holds.
    app.clock().set("2026-04-01T12:00:00Z");
    let other = logins::own_path(dana.types("/login").await.link());
    assert_eq!(app.visitor().post(&other).await.status, 303);
    app.clock().set("2026-03-31T12:01:00Z");
    let again = app.visitor().post(&path).await;
    assert!(again.status == 403 && again.body.contains("used already"), "{}", again.body);
    // Made while the clock was a year ahead.
    app.clock().set(IN_A_YEAR);
    let ahead = logins::own_path(dana.types("/login").await.link());
    app.clock().set(NOW);
    let late = app.visitor().post(&ahead).await;
    assert!(late.status == 403 && late.body.contains("has run out"), "{}", late.body);
    app.finish().await;
}

#[tokio::test]
async fn a_push_is_taken_once_and_its_answer_remembered_whatever_the_clock_does() {
    let program = pushing::Program::start().await;
    let named = [pushing::CSV, ("idempotency-key", "jump")];
    let body = pushing::csv(&[pushing::row("jump", 9, 3, "")]);
    assert_eq!(program.push("", &named, body.clone()).await.taken()["accepted"], 1);
    for when in ["2026-03-28T12:00:00Z", "2026-04-06T12:00:00Z", "2020-01-01T00:00:00Z", NOW] {
        program.app.clock().set(when);
        let again = program.push("", &named, body.clone()).await;
        assert!(again.replayed && again.status == 200, "at {when}: {again:?}");
    }
    program.app.clock().set(IN_A_YEAR);
    let forgotten = program.push("", &named, body.clone()).await;
    assert!(!forgotten.replayed && forgotten.taken()["duplicates"] == 1, "the rows are known: {forgotten:?}");
    program.app.clock().set(NOW);
    program.shows("jump", 3).await;
    program.app.finish().await;
}

/// Up to when the data of a source are complete, and all data.
async fn complete_until(program: &pushing::Program, source: &str) -> (String, Timestamp) {
    let beside = program.app.beside().await;
    let marks = beside.store().watermarks().await.unwrap();
    let own = marks.into_iter().find(|(name, _)| name.as_str() == source);
    beside.load().await.unwrap();
    let as_of = beside.snapshot().as_of().unwrap();
    beside.store().close().await;
    (own.map(|(_, at)| at.to_string()).unwrap_or_default(), as_of)
}

#[tokio::test]
async fn a_watermark_that_was_set_by_a_clock_ahead_is_put_right_by_the_next_delivery() {
    let program = pushing::Program::start().await;
    let send = async |hour, watermark: &str| -> Value {
        let query = format!("?source=gateway&watermark={watermark}");
        let body = pushing::csv(&[pushing::row("ahead", hour, 1, "")]);
        program.push(&query, &[pushing::CSV], body).await.taken()
    };
    program.app.clock().set(IN_A_YEAR);
    assert_eq!(send(8, "2030-01-01T00:00:00Z").await["watermark"], IN_A_YEAR, "never later than now");
    program.app.clock().set(NOW);
    let (mark, as_of) = complete_until(&program, "gateway").await;
    assert_eq!((mark.as_str(), as_of), (IN_A_YEAR, NOW.parse().unwrap()), "what is shown ends now");
    assert_eq!(send(9, "2026-03-31T10:00:00Z").await["watermark"], "2026-03-31T10:00:00Z");
    assert_eq!(complete_until(&program, "gateway").await.0, "2026-03-31T10:00:00Z");
    assert_eq!(
        send(9, "2026-03-31T09:00:00Z").await["watermark"],
        "2026-03-31T10:00:00Z",
        "it never moves back"
    );
    // A clock that is behind takes nothing for complete that it does not know yet.
    program.app.clock().set("2026-03-31T10:30:00Z");
    assert_eq!(send(10, "2026-03-31T12:00:00Z").await["watermark"], "2026-03-31T10:30:00Z");
    program.app.finish().await;
}
