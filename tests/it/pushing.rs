//! Usage that programs send: taken whole or not at all, once, and shown a moment later.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

use etsm::access::Token;
use etsm::store::ApiKey;
use etsm::store::KeyScope;
use jiff::SignedDuration;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::Harness;
use crate::harness::seed;

const HEADER: &str = "timestamp,account_id,api_calls,tokens_used,cost,endpoint,event_id";
type Headers<'a> = Vec<(&'a str, &'a str)>;

pub const CSV: (&str, &str) = ("content-type", "text/csv");
const JSON: (&str, &str) = ("content-type", "application/json");

/// A program with keys for each scope.
pub struct Program {
    pub app: Harness,
    client: reqwest::Client,
    ingest: String,
    read: String,
}

#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub replayed: bool,
    text: String,
}

impl Said {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|odd| panic!("{odd}: {self:?}"))
    }

    #[track_caller]
    pub fn taken(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    /// Status and code of a problem.
    #[track_caller]
    fn problem(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

async fn key(app: &Harness, name: &str, scope: KeyScope) -> String {
    let beside = app.beside().await;
    let token = Token::random();
    let key = ApiKey {
        name: name.into(),
        scopes: BTreeSet::from([scope]),
        source: None,
        made_by: "dana".into(),
        made: app.clock_of_all().now(),
        used: None,
        revoked: None,
    };
    let added = beside.store().add_api_key(&key, token.fingerprint().as_str(), &seed::act()).await;
    assert!(added.unwrap());
    beside.store().close().await;
    format!("Bearer etsm_{}", token.reveal())
}

impl Program {
    pub async fn start() -> Self {
        let app = Harness::start().await;
        let ingest = key(&app, "shop", KeyScope::Ingest).await;
        let read = key(&app, "bi", KeyScope::Read).await;
        Self { app, client: reqwest::Client::builder().no_proxy().build().unwrap(), ingest, read }
    }

    pub fn request(
        &self,
        query: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1/usage{query}", self.app.address());
        let request = self.client.post(url).header("authorization", &self.ingest).body(body.into());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    pub async fn push(&self, query: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Said {
        said(self.request(query, headers, body)).await
    }

    /// The calls of an account in the whole of the data, once they are what is expected.
    pub async fn shows(&self, account: &str, calls: u64) {
        let url = format!(
            "{}/api/v1/usage?account={account}&metric=calls&from=2026-03-01&to=2026-04-01",
            self.app.address()
        );
        let look = async {
            loop {
                let answer = self.client.get(&url).header("authorization", &self.read).send().await.unwrap();
                let found: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
                if found["total"] == calls {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), look).await;
        found.unwrap_or_else(|_late| panic!("{account} never shows {calls} calls"));
    }
}

async fn said(request: reqwest::RequestBuilder) -> Said {
    let answer = request.send().await.unwrap();
    let replayed = answer.headers().contains_key("idempotent-replayed");
    Said { status: answer.status().as_u16(), replayed, text: answer.text().await.unwrap() }
}

pub fn row(account: &str, hour: u32, calls: u64, event: &str) -> String {
    format!("2026-03-31T{hour:02}:00:00Z,{account},{calls},10,0.5,/v1/chat,{event}")
}

pub fn csv(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

#[tokio::test]
async fn good_rows_are_kept_bad_ones_are_listed_and_the_figures_follow() {
    let program = Program::start().await;
    let rows =
        [row("shop-1", 9, 5, ""), row("shop-1", 10, 7, ""), row("shop-1", 11, 1, "").replace("0.5", "-1")];
    let report = program.push("", &[CSV], csv(&rows)).await.taken();
    assert_eq!((&report["accepted"], &report["totals"]["api_calls"]), (&json!(2), &json!(12)));
    assert_eq!(report["rejected"][0]["row"], 3);
    assert_eq!(report["rejected"][0]["reason"], "negative_value");
    assert_eq!(report["watermark"], "2026-03-31T11:00:00Z");
    assert_eq!(report["file_error"], Value::Null);
    program.shows("shop-1", 12).await;
    let again = program.push("", &[CSV], csv(&rows[..2])).await.taken();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(2)));
    let restated = program.push("", &[CSV], csv(&[row("shop-1", 9, 50, "")])).await.taken();
    assert_eq!(restated["replaced"], 1);
    program.shows("shop-1", 57).await;
    program.app.finish().await;
}

#[tokio::test]
async fn every_form_of_a_body_is_read_whether_or_not_it_is_announced() {
    let program = Program::start().await;
    let object = |event: &str| {
        json!({"timestamp": "2026-03-31T09:00:00Z", "account_id": "forms", "api_calls": 1,
        "tokens_used": 10, "cost": 0.004, "endpoint": "/v1/chat", "event_id": event})
    };
    let event = json!([
        {"specversion": "1.0", "id": "e-6", "source": "/gateway", "type": "usage", "time": "2026-03-31T09:00:00Z",
         "subject": "forms", "data": {"api_calls": 1, "tokens_used": 10, "cost": 0.004, "endpoint": "/v1/chat"}},
        {"specversion": "0.3", "id": "e-7", "source": "/gateway", "type": "usage", "data": {}},
        {"specversion": "1.0", "source": "/gateway", "type": "usage", "data": {}},
    ]);
    let gzip = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let ndjson = |event: &str| format!("{}\n", object(event));
    let all: Vec<(Headers<'_>, Vec<u8>)> = vec![
        (vec![CSV], csv(&[row("forms", 9, 1, "e-1")]).into()),
        (vec![("content-type", "application/x-ndjson")], ndjson("e-2").into()),
        (vec![JSON], json!([object("e-3")]).to_string().into()),
        (vec![JSON, ("content-encoding", "gzip")], gzip(&object("e-4").to_string())),
        (vec![("content-encoding", "zstd")], zstd::stream::encode_all(ndjson("e-5").as_bytes(), 3).unwrap()),
        (vec![("content-type", "application/cloudevents-batch+json")], event.to_string().into()),
        (vec![("content-type", "application/x-www-form-urlencoded")], ndjson("e-8").into()),
    ];
    for (headers, body) in all {
        let report = program.push("", &headers, body).await.taken();
        assert_eq!(report["accepted"], 1, "{headers:?}: {report}");
        if headers[0].1.contains("cloudevents") {
            assert_eq!(report["rejected"].as_array().unwrap().len(), 2, "{report}");
        }
    }
    program.shows("forms", 7).await;
    program.app.finish().await;
}

#[tokio::test]
async fn a_body_that_is_wrong_as_a_whole_is_a_problem_that_names_it() {
    let program = Program::start().await;
    let good = csv(&[row("never", 9, 1, "")]);
    let long = "x".repeat(256);
    let zeros = zstd::stream::encode_all(vec![b'\n'; 40 * 1024 * 1024].as_slice(), 3).unwrap();
    let rows: Vec<String> = (0..100_001).map(|n| row("never", 9, 1, &format!("e-{n}"))).collect();
    let cases: Vec<(&str, Headers<'_>, Vec<u8>, u16, &str)> = vec![
        ("", vec![CSV], b"a,b\n1,2\n".into(), 422, "missing_column"),
        ("", vec![CSV], Vec::new(), 422, "empty_file"),
        ("", vec![JSON], good.clone().into(), 422, "not_text"),
        ("", vec![CSV], b"[{}]".into(), 422, "not_text"),
        ("", vec![], b"PAR1\0\0\0\0PAR1".into(), 422, "not_text"),
        ("", vec![("content-type", "image/png")], good.clone().into(), 415, "unknown_content_type"),
        ("", vec![("content-encoding", "br")], good.clone().into(), 415, "unknown_encoding"),
        ("", vec![("content-encoding", "gzip")], good.clone().into(), 400, "bad_option"),
        ("", vec![("content-encoding", "zstd")], zeros, 413, "too_long"),
        ("", vec![CSV], vec![b'x'; 33 * 1024 * 1024], 413, "too_long"),
        ("", vec![CSV], csv(&rows).into(), 413, "too_many_rows"),
        ("", vec![CSV, ("idempotency-key", &long)], good.clone().into(), 400, "bad_option"),
        ("", vec![CSV, ("idempotency-key", " ")], good.clone().into(), 400, "bad_option"),
        ("?source=a/b", vec![CSV], good.clone().into(), 400, "bad_option"),
        ("?watermark=soon", vec![CSV], good.clone().into(), 400, "bad_option"),
        ("?sauce=x", vec![CSV], good.clone().into(), 400, "bad_option"),
    ];
    for (query, headers, body, status, code) in cases {
        // The server need not read a body that is too long, so it may have closed the connection by then.
        let Ok(answer) = program.request(query, &headers, body).send().await else {
            assert_eq!(status, 413, "{query} {headers:?}");
            continue;
        };
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let found = answer.status().as_u16();
        let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(kind, "application/problem+json", "{problem}");
        assert_eq!(
            (found, problem["code"].as_str().unwrap()),
            (status, code),
            "{query} {headers:?} {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().ends_with('.'), "{problem}");
    }
    let beside = program.app.beside().await;
    let known = beside.store().accounts().await.unwrap();
    assert!(known.iter().all(|account| account.id.as_str() != "never"), "nothing was kept");
    beside.store().close().await;
    program.app.finish().await;
}

#[tokio::test]
async fn one_key_has_one_answer_for_seven_days() {
    let mut program = Program::start().await;
    let named = |key: &'static str| [CSV, ("idempotency-key", key)];
    let body = csv(&[row("once", 9, 3, "")]);
    let first = program.push("", &named("a"), body.clone()).await;
    assert!(!first.replayed && first.taken()["accepted"] == 1);
    let second = program.push("", &named("a"), body.clone()).await;
    assert!(second.replayed && second.status == 200);
    assert_eq!(second.text, first.text);
    let other = program.push("", &named("a"), csv(&[row("once", 9, 4, "")])).await;
    assert_eq!(other.problem(), (409, "other_body".into()));
    let elsewhere = program.push("?source=other", &named("a"), body.clone()).await;
    assert_eq!(elsewhere.status, 409, "another source is another push");
    // Many at once, as a client that is impatient sends them.
    let mut sending = JoinSet::new();
    for _ in 0..20 {
        sending.spawn(said(program.request("", &named("b"), csv(&[row("once", 10, 2, "")]))));
    }
    let many = sending.join_all().await;
    assert_eq!(many.iter().filter(|one| !one.replayed).count(), 1);
    assert!(many.iter().all(|one| one.text == many[0].text), "{many:?}");
    program.shows("once", 5).await;
    // A key of another program is another key.
    let own = std::mem::replace(&mut program.ingest, key(&program.app, "second", KeyScope::Ingest).await);
    assert_eq!(program.push("", &named("a"), body.clone()).await.taken()["accepted"], 1);
    program.ingest = own;
    program.app.clock().advance(SignedDuration::from_hours(24 * 7 - 1));
    assert!(program.push("", &named("a"), body.clone()).await.replayed);
    program.app.restart().await;
    assert!(program.push("", &named("a"), body.clone()).await.replayed);
    program.app.clock().advance(SignedDuration::from_hours(2));
    let anew = program.push("", &named("a"), body).await;
    assert!(!anew.replayed);
    assert_eq!(anew.taken()["duplicates"], 1, "the rows are still known");
    program.app.finish().await;
}

#[tokio::test]
async fn only_who_may_send_sends_and_a_key_for_sending_reads_nothing() {
    let mut program = Program::start().await;
    let body = csv(&[row("doors", 9, 1, "")]);
    let status = async |program: &Program, authorization: &str| {
        let url = format!("{}/api/v1/usage", program.app.address());
        let request = program.client.post(url).body(body.clone());
        let request =
            if authorization.is_empty() { request } else { request.header("authorization", authorization) };
        said(request).await.status
    };
    assert_eq!(status(&program, "").await, 403, "whoever is here is a manager");
    assert_eq!(status(&program, "Bearer etsm_guess").await, 401);
    assert_eq!(status(&program, &program.read).await, 403);
    assert_eq!(status(&program, &program.ingest).await, 200);
    assert_eq!(status(&program, &key(&program.app, "root", KeyScope::Admin).await).await, 200);
    for path in ["/usage", "/portfolio", "/accounts", "/usage/rows"] {
        let url = format!("{}/api/v1{path}", program.app.address());
        let answer = program.client.get(url).header("authorization", &program.ingest).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
    // Its own source by default, another one by name.
    program.ingest = key(&program.app, "not an id", KeyScope::Ingest).await;
    program.push("", &[CSV], csv(&[row("doors", 10, 1, "")])).await.taken();
    program
        .push("?source=eu&watermark=2026-03-31T10:30:00Z", &[CSV], csv(&[row("doors", 10, 1, "")]))
        .await
        .taken();
    let beside = program.app.beside().await;
    let courses = beside.store().source_courses().await.unwrap();
    let known: Vec<String> = courses
        .iter()
        .map(|course| {
            format!(
                "{} {} {} {:?}",
                course.source,
                course.kind,
                course.rows,
                course.watermark.map(|at| at.to_string())
            )
        })
        .collect();
    assert_eq!(
        known,
        [
            r#"eu push 1 Some("2026-03-31T10:30:00Z")"#,
            r#"push push 1 Some("2026-03-31T11:00:00Z")"#,
            r#"root push 1 Some("2026-03-31T10:00:00Z")"#,
            r#"shop push 1 Some("2026-03-31T10:00:00Z")"#,
        ]
    );
    let entered = beside.store().audit(&etsm::store::AuditFilter::default(), 100).await;
    let pushes =
        entered.unwrap().into_iter().filter(|entry| entry.kind == etsm::domain::AuditKind::Push.to_string());
    assert_eq!(pushes.count(), 4, "one entry for each push that changed something");
    beside.store().close().await;
    program.app.finish().await;
}

#[tokio::test]
async fn many_senders_at_once_lose_nothing_to_a_bad_one_among_them() {
    let program = Program::start().await;
    let mut sending = JoinSet::new();
    for number in 0..300_u32 {
        let body = if number % 10 == 3 {
            "no,columns\n1,2\n".to_owned()
        } else {
            csv(&[row("crowd", 9, 1, &format!("e-{number}"))])
        };
        sending.spawn(said(program.request("", &[CSV], body)));
    }
    let statuses: Vec<u16> = sending.join_all().await.into_iter().map(|one| one.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 270);
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 30);
    program.shows("crowd", 270).await;
    program.app.finish().await;
}

#[tokio::test]
async fn what_was_accepted_before_a_stop_is_there_after_it() {
    let mut program = Program::start().await;
    let mut sending = JoinSet::new();
    for number in 0..100 {
        let body = csv(&[row("stop", 9, 1, &format!("e-{number}"))]);
        let request = program.request("", &[CSV], body);
        sending.spawn(async move {
            let answer = request.send().await.ok()?;
            Some((answer.status().as_u16(), answer.headers().contains_key("retry-after")))
        });
    }
    program.app.stop().await.unwrap();
    let mut taken = 0;
    for answer in sending.join_all().await.into_iter().flatten() {
        match answer {
            (200, _) => taken += 1,
            other => assert_eq!(other, (503, true), "refused with a word when to come again"),
        }
    }
    let beside = program.app.beside().await;
    let mut kept = 0;
    let stop = ["stop".parse().unwrap()];
    beside.store().each_account_usage(Some(&stop), |_, rows| kept += rows.len()).await.unwrap();
    assert!(kept >= taken, "{taken} were acknowledged and {kept} are there");
    beside.store().close().await;
    program.app.finish().await;
}
