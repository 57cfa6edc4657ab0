//! More usage than can be held: it is refused at once with when to come again, and nothing else stands still for it.

use std::time::Duration;

use etsm::access::Pass;
use etsm::access::PassSeal;
use etsm::domain::Bearer;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinSet;

use crate::pages::site::SECRET;
use crate::pages::site::Site;

/// Room is kept for as many rows as a body has lines, and there is room for three such bodies.
const LINES: usize = 99_000;
const FIT: usize = 3;
const SENT: usize = 7;

/// A body of one row.
fn body(number: usize) -> String {
    let header = "timestamp,account_id,api_calls,tokens_used,cost,endpoint";
    let row = format!("2026-03-31T0{number}:00:00Z,flood,1{number},10,0.5,/v1/chat");
    format!("{header}\n{row}\n{}", "\n".repeat(LINES))
}

/// What became of a body: its number, the status, `Retry-After`, and what was said.
async fn sent(number: usize, request: reqwest::RequestBuilder) -> (usize, StatusCode, String, Value) {
    let answer = request.header("content-type", "text/csv").body(body(number)).send().await.unwrap();
    let (status, again) = (answer.status(), answer.headers().get("retry-after").cloned());
    let again = again.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (number, status, again, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn a_full_queue_refuses_what_it_cannot_hold_and_loses_nothing_that_it_took() {
    let mut site = Site::open().await;
    let request = || site.client.post(site.url("/api/v1/usage"));
    let mut waiting = JoinSet::new();
    for number in 0..SENT {
        waiting.spawn(sent(number, request()));
    }
    let mut refused = Vec::new();
    while refused.len() < SENT - FIT {
        let next = tokio::time::timeout(Duration::from_secs(60), waiting.join_next()).await;
        let (number, status, again, said) = next.expect("a full queue says so").unwrap().unwrap();
        assert_eq!((status, &said["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("busy")), "{said}");
        assert!(again.parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds)), "{again}");
        refused.push(number);
    }
    // Nobody commits, and all else goes on: health, pages, figures, logins, and what people write.
    for path in ["/healthz", "/readyz", "/", "/accounts/acme", "/api/v1/portfolio"] {
        assert_eq!(site.get(path).await.status(), StatusCode::OK, "{path}");
    }
    let reader = Bearer::Reader("mei".parse().unwrap());
    let pass = Pass::new(reader, "/", site.desk.clock().now(), Pass::HOLDS);
    let link = format!("/l/{}", PassSeal::new(SECRET).sign(&pass));
    let entered = site.client.post(site.url(&link)).send().await.unwrap();
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    let new = json!({"account_id": "acme", "title": "Written meanwhile"});
    let written = site.client.post(site.url("/api/v1/initiatives")).json(&new).send().await.unwrap();
    assert!(written.status().is_success(), "{}", written.status());
    assert_eq!(waiting.len(), FIT, "what was taken waits");

    let committer = site.committer.take().unwrap();
    let mut committing = JoinSet::new();
    committing.spawn(committer.run(site.stop.clone()));
    let mut answers = waiting.join_all().await;
    for number in refused {
        answers.push(sent(number, site.client.post(site.url("/api/v1/usage"))).await);
    }
    for (number, status, _, said) in &answers {
        assert_eq!((*status, &said["accepted"]), (StatusCode::OK, &json!(1)), "{number}: {said}");
    }
    let mut calls = Vec::new();
    let take = |account: etsm::domain::AccountId, rows: Vec<etsm::domain::UsageRow>| {
        if account.as_str() == "flood" {
            calls = rows.iter().map(|row| row.used.api_calls).collect();
        }
    };
    site.desk.store().each_account_usage(None, take).await.unwrap();
    assert_eq!(calls, (10..10 + SENT as u64).collect::<Vec<_>>(), "each once");
    site.close().await;
    committing.join_all().await.into_iter().for_each(Result::unwrap);
}
