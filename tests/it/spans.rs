//! Spans as a collector gets them: of requests, interactions and what is asked in them, with ids and no names.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::routing::post;
use etsm::config::OtlpSettings;
use etsm::config::Trust;
use etsm::telemetry::TOLD;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::harness::Harness;

/// A collector that listens on this machine.
#[derive(Clone, Default)]
struct Collector {
    taken: Arc<Mutex<Vec<Value>>>,
    is_full: Arc<Mutex<bool>>,
}

async fn take(State(collector): State<Collector>, headers: HeaderMap, body: String) -> StatusCode {
    assert_eq!(headers["content-type"], "application/json");
    if *collector.is_full.lock().unwrap() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    collector.taken.lock().unwrap().push(serde_json::from_str(&body).unwrap());
    StatusCode::OK
}

impl Collector {
    async fn start(serving: &mut JoinSet<()>) -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/v1/traces", post(take)).with_state(collector.clone());
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        (collector, format!("http://{address}"))
    }

    /// All spans so far.
    fn spans(&self) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        let all = taken.iter().flat_map(|one| one["resourceSpans"].as_array().unwrap());
        let all = all.flat_map(|one| one["scopeSpans"].as_array().unwrap());
        all.flat_map(|one| one["spans"].as_array().unwrap()).cloned().collect()
    }

    /// Waits for a span.
    async fn comes(&self, what: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            if let Some(found) = self.spans().into_iter().find(|one| what(one)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no such span comes among {:#?}", self.spans());
    }
}

fn fact<'a>(span: &'a Value, key: &str) -> &'a str {
    let facts = span["attributes"].as_array().unwrap();
    let found = facts.iter().find(|one| one["key"] == key);
    found.map_or("", |one| one["value"]["stringValue"].as_str().unwrap())
}

#[tokio::test]
async fn a_collector_gets_requests_interactions_and_what_was_asked_in_them() {
    let mut serving = JoinSet::new();
    let (collector, endpoint) = Collector::start(&mut serving).await;
    let to = OtlpSettings { endpoint, trust: Trust::default() };
    let mut app = Harness::start_with(|settings| settings.otlp = Some(to)).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request =
        client.get(format!("{}/accounts/acme/usage?range=7d", app.address())).header("x-request-id", id);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let dana = app.discord().user("dana");
    dana.types("/note account:acme text:Their lead left").await;

    let span = collector.comes(|one| one["traceId"] == id && one["name"] == "request").await;
    assert_eq!((fact(&span, "request.route"), fact(&span, "request.id")), ("/accounts/{id}/usage", id));
    assert_eq!((&span["kind"], &span["parentSpanId"]), (&2.into(), &Value::Null));
    let nanos = |key: &str| span[key].as_str().unwrap().parse::<u128>().unwrap();
    assert!(nanos("startTimeUnixNano") <= nanos("endTimeUnixNano"));
    let asked = collector.comes(|one| one["traceId"] == id && one["name"] == "ask").await;
    assert!(!asked["parentSpanId"].is_null() && !fact(&asked, "command").is_empty(), "{asked}");
    let heard = collector
        .comes(|one| one["name"] == "interaction" && fact(one, "interaction.kind") == "command")
        .await;
    let number: u128 = fact(&heard, "interaction.id").parse().unwrap();
    assert_eq!(heard["traceId"], format!("{number:032x}"), "the log and the trace have one id");

    // A collector that is full costs spans, and nothing else; it is told once.
    *collector.is_full.lock().unwrap() = true;
    app.expect_warning("The collector of spans does not take them");
    app.web().get("/help").await;
    app.logs("The collector of spans does not take them").await;
    *collector.is_full.lock().unwrap() = false;
    app.web().get("/status").await;
    collector.comes(|one| fact(one, "request.route") == "/status").await;
    assert!(!collector.spans().iter().any(|one| fact(one, "request.route") == "/help"));

    let keys: BTreeSet<String> = collector
        .spans()
        .iter()
        .flat_map(|one| one["attributes"].as_array().unwrap().clone())
        .map(|one| one["key"].as_str().unwrap().to_owned())
        .collect();
    assert!(keys.iter().all(|key| TOLD.contains(&key.as_str())), "{keys:?}");
    let all = format!("{:?}", collector.taken.lock().unwrap());
    for word in ["acme", "Acme", "dana", "Their lead", "range"] {
        assert!(!all.contains(word), "a span tells {word}");
    }
    app.finish().await;
    serving.abort_all();
}
