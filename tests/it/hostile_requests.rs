//! Requests that somebody broke on purpose, to every route: answered in time, never by a failure of ours.
//!
//! `ETSM_HOSTILE_REQUESTS=10000 cargo test --test it hostile_requests` tries more than the suite does.

use std::time::Duration;

use etsm::config::Environment;
use etsm::web::RuledRoute;
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use reqwest::RequestBuilder;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::harness::Harness;
use crate::harness::damage::mutated;
use crate::harness::discord::http::public_key;
use crate::harness::discord::http::signature;
use crate::pages::site::Site;

/// Requests of each kind in the suite.
const REQUESTS: usize = 300;
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// Words that queries, forms and bodies hold.
const WORDS: &[&str] = &[
    "acme",
    "borealis",
    "ini-1",
    "alert-1",
    "7d",
    "30d",
    "2026-01-01..2026-01-31",
    "2026-03-31",
    "endpoint",
    "calls",
    "cost",
    "week",
    "none",
    "previous",
    "open",
    "blocked",
    "usage acme range:30d by:endpoint",
    "note acme \"a word\"",
    "initiative add acme \"Move\" due:2026-05-01",
    "alert rule set name:x when:\"churn above 60%\"",
    "calls>1000 cost<=50 owner:me -tag:trial \"acme\"",
    "aW5pLTE",
    "500",
    "sum.calls~acme~~~1767225600000~1769904000000~1",
    "[score]\nhealthy = 70",
    "/usage?range=7d",
    "note.add",
    "dana",
    "{\"title\":\"Move\"}",
    "4h",
    "png",
    "true",
];
/// Names of options, fields and keys.
const NAMES: &[&str] = &[
    "range",
    "account",
    "account_id",
    "endpoint",
    "metric",
    "by",
    "grain",
    "compare",
    "since",
    "until",
    "cursor",
    "limit",
    "from",
    "to",
    "window",
    "format",
    "filter",
    "sort",
    "page",
    "order",
    "line",
    "text",
    "title",
    "status",
    "priority",
    "owner",
    "due",
    "expected_revenue",
    "rules",
    "name",
    "fingerprint",
    "q",
    "kind",
    "who",
    "horizon",
    "version",
    "as_of",
    "account",
    "model",
    "view",
    "columns",
    "day",
];

fn how_many() -> usize {
    Environment::read().get("ETSM_HOSTILE_REQUESTS").map_or(REQUESTS, |text| text.parse().unwrap())
}

fn one<'a>(dice: &mut ChaCha8Rng, of: &[&'a str]) -> &'a str {
    of[dice.random_range(0..of.len())]
}

/// A word as it is or broken.
fn word(dice: &mut ChaCha8Rng) -> String {
    if dice.random() {
        one(dice, WORDS).to_owned()
    } else {
        String::from_utf8_lossy(&mutated(dice, WORDS)).into_owned()
    }
}

fn pairs(dice: &mut ChaCha8Rng) -> Vec<(String, String)> {
    let count = dice.random_range(0..5);
    (0..count).map(|_| (one(dice, NAMES).to_owned(), word(dice))).collect()
}

/// A path of the route, with odd names in it.
fn path(dice: &mut ChaCha8Rng, route: &RuledRoute) -> String {
    let parts = route.path.split('/').map(|part| match part {
        "{file}" => one(dice, &["usage.png", "health.svg", "nothing.png", "usage.gif", "%00.svg"]).to_owned(),
        part if part.starts_with('{') => {
            let odd = word(dice);
            let bytes = percent_encoding::utf8_percent_encode(&odd, percent_encoding::NON_ALPHANUMERIC);
            bytes.to_string().chars().take(900).collect()
        }
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Sends it; what it was, if the answer is none that a client may get for its own mistake.
async fn answer(request: RequestBuilder, told: impl FnOnce() -> String) -> (StatusCode, String) {
    let sent = tokio::time::timeout(ANSWER_TIME_MAX, async {
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    });
    let Ok((status, body)) = sent.await else { panic!("no answer in time to {}", told()) };
    assert!(!status.is_server_error(), "{status} to {}: {body}", told());
    (status, body)
}

#[tokio::test]
async fn any_query_of_any_route_is_answered_or_refused_in_words() {
    let site = Site::open().await;
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let endless = ["/events", "/metrics"];
    let routes: Vec<&RuledRoute> =
        site.routes.iter().filter(|route| !endless.contains(&route.path)).collect();
    let mut answered = 0;
    for _ in 0..how_many() {
        let route = routes[dice.random_range(0..routes.len())];
        let (path, query) = (path(&mut dice, route), pairs(&mut dice));
        let request = site.client.get(site.url(&path)).query(&query);
        let (status, body) = answer(request, || format!("GET {path} {query:?}")).await;
        answered += usize::from(status.is_success());
        // A head that is too long is refused without a word, before anyone reads it.
        if status.is_client_error() && !body.is_empty() && path.starts_with("/api/v1") {
            let problem: Value = serde_json::from_str(&body)
                .unwrap_or_else(|odd| panic!("{status} to {path} {query:?} is no problem document: {odd}"));
            let words = problem["detail"].as_str().unwrap();
            assert!(words.len() > 10 && words.len() < 5_000, "{path} {query:?}: {words}");
        }
    }
    assert!(answered > how_many() / 10, "hardly anything was answered: {answered}");
    site.close().await;
}

/// Something of any type.
fn odd_value(dice: &mut ChaCha8Rng) -> Value {
    match dice.random_range(0..10) {
        0 => Value::Null,
        1 => json!(dice.random::<bool>()),
        2 => json!(dice.random::<i64>()),
        3 => json!(u64::MAX),
        4 => json!(0),
        5 => json!(-1.5e300),
        6 => json!([word(dice)]),
        7 => json!({one(dice, NAMES): word(dice)}),
        8 => (0..100).fold(Value::Null, |inner, _| json!([inner])),
        _ => json!(word(dice)),
    }
}

/// A body of some form, and what it says that it is.
fn body(dice: &mut ChaCha8Rng) -> (&'static str, Vec<u8>) {
    let pairs = pairs(dice);
    let form: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        })
        .collect();
    let form = form.join("&").into_bytes();
    let object: serde_json::Map<String, Value> = pairs
        .into_iter()
        .map(|(name, value)| (name, if dice.random() { json!(value) } else { odd_value(dice) }))
        .collect();
    let object = Value::Object(object).to_string().into_bytes();
    let (kind, body) = match dice.random_range(0..3) {
        0 => ("application/x-www-form-urlencoded", form),
        1 => ("application/json", object),
        _ => (
            one(dice, &["text/plain", "application/json; charset=utf-16", "multipart/form-data", "x"]),
            object,
        ),
    };
    if dice.random_range(0..3) == 0 {
        (kind, mutated(dice, &[body.as_slice(), b"a=b"]))
    } else {
        (kind, body)
    }
}

#[tokio::test]
async fn any_body_to_any_route_is_taken_or_refused_and_the_audit_log_stays_whole() {
    let site = Site::open().await;
    let mut dice = ChaCha8Rng::seed_from_u64(2);
    // What is sent there is tried with the whole program, in `hostile` and `pushing`.
    let routes = site.routes.iter().filter(|route| route.path != "/api/v1/usage");
    let mut taking = Vec::new();
    for route in routes {
        for method in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
            let path = route.path.replace("{id}", "none").replace("{token}", "none");
            let answer = site.client.request(method.clone(), site.url(&path)).send().await.unwrap();
            let is_taken = answer.status() != StatusCode::METHOD_NOT_ALLOWED;
            taking.extend(is_taken.then_some((method, route)));
        }
    }
    assert!(taking.len() > 14, "{}", taking.len());
    let mut tried = 0;
    for _ in 0..how_many() {
        let (method, route) = taking[dice.random_range(0..taking.len())].clone();
        let path = match dice.random_range(0..3) {
            0 => path(&mut dice, route),
            _ => {
                let path = route.path.replace("/initiatives/{id}", "/initiatives/ini-1");
                path.replace("{id}", "alert-1").replace("{token}", "none")
            }
        };
        let (kind, body) = body(&mut dice);
        let request = site
            .client
            .request(method.clone(), site.url(&path))
            .header("content-type", kind)
            .body(body.clone());
        let told = || format!("{method} {path} {kind} {}", String::from_utf8_lossy(&body));
        let (status, _) = answer(request, told).await;
        tried += usize::from(status != StatusCode::METHOD_NOT_ALLOWED);
    }
    assert!(tried > how_many() / 10, "hardly anything was tried: {tried}");
    assert_eq!(site.desk.store().check_audit(None).await.unwrap().flaw, None);
    site.close().await;
}

#[tokio::test]
async fn whatever_is_shown_at_a_door_opens_none_unless_it_was_made_here() {
    let site = Site::shut().await;
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let seeds = [
        "etsm_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
        "Bearer etsm_",
        "eyJ1c2VyIjoxfQ.AAAA",
        "Basic ZGFuYTp4",
    ];
    for _ in 0..how_many() / 2 {
        let shown = mutated(&mut dice, &seeds);
        let Ok(header) = reqwest::header::HeaderValue::from_bytes(&shown) else { continue };
        let cookie = [b"__Host-etsm=".as_slice(), &shown].concat();
        let cookie = reqwest::header::HeaderValue::from_bytes(&cookie).unwrap();
        for (name, value) in [("authorization", header), ("cookie", cookie)] {
            let request = site.client.get(site.url("/api/v1/portfolio")).header(name, value.clone());
            let (status, _) = answer(request, || format!("{name}: {value:?}")).await;
            assert!([401, 429].contains(&status.as_u16()), "{name}: {value:?} is answered with {status}");
        }
        let text = String::from_utf8_lossy(&shown);
        let token = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        for door in ["l", "s"] {
            let path = format!("/{door}/{token}");
            let (status, body) = answer(site.client.get(site.url(&path)), || path.clone()).await;
            assert!(
                !body.contains("Acme") && status != StatusCode::SEE_OTHER,
                "{path} is answered with {status}"
            );
        }
    }
    site.close().await;
}

/// Something somewhere in it becomes something else, or is gone.
fn twist(dice: &mut ChaCha8Rng, value: &mut Value) {
    let deeper = dice.random_range(0..8) > 0;
    match value {
        Value::Object(object) if deeper && !object.is_empty() => {
            let key = object.keys().nth(dice.random_range(0..object.len())).unwrap().clone();
            match dice.random_range(0..8) {
                0 => drop(object.remove(&key)),
                1 => drop(object.insert(key, odd_value(dice))),
                2 => {
                    let copy = object[&key].clone();
                    object.insert(
                        one(dice, &["data", "message", "member", "user", "options", "type"]).to_owned(),
                        copy,
                    );
                }
                _ => twist(dice, &mut object[&key]),
            }
        }
        Value::Array(list) if deeper && !list.is_empty() => {
            let at = dice.random_range(0..list.len());
            match dice.random_range(0..4) {
                0 => drop(list.remove(at)),
                1 => list.push(list[at].clone()),
                _ => twist(dice, &mut list[at]),
            }
        }
        Value::String(text) if deeper => {
            *text = String::from_utf8_lossy(&mutated(dice, &[text.as_bytes(), b"1"])).into_owned();
        }
        Value::Number(number) if deeper => *number = dice.random_range(0..20).into(),
        other => *other = odd_value(dice),
    }
}

#[tokio::test]
async fn interactions_that_discord_would_never_send_harm_nothing() {
    let mut app = Harness::prepare(|settings| {
        let discord = settings.discord.as_mut().unwrap();
        discord.public_key = Some(public_key());
        discord.gateway = false;
    })
    .await;
    app.run().await;
    app.discord().introduced().await;
    let url = format!("{}/discord/interactions", app.address());
    app.discord().posts_to(&url, app.clock_of_all());
    let dana = app.discord().user("dana");
    let shown = dana.types("/usage account:acme range:30d").await;
    dana.presses(&shown, "7 days").await;
    dana.chooses(&shown, "Metric", "Cost").await;
    dana.completes("/health account:ac").await;
    let form = dana.types_for_form("/note account:acme").await;
    dana.submits(&form.write("Note", "Through the door")).await;
    dana.uses_menu("Note to account…", "mei", "They want weekly numbers").await;
    let seeds = app.discord().sent_over_http();
    assert!(seeds.len() >= 7, "{}", seeds.len());

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let timestamp = app.clock_of_all().now().as_second().to_string();
    let mut dice = ChaCha8Rng::seed_from_u64(4);
    let (mut taken, mut refused) = (0, 0);
    for number in 0..how_many() / 2 {
        let mut event: Value = serde_json::from_str(&seeds[dice.random_range(0..seeds.len())]).unwrap();
        event["id"] = json!((1_400_000_000_000_000_000 + number as u64).to_string());
        for _ in 0..dice.random_range(1..3) {
            let is_inside = dice.random_range(0..3) > 0 && event.get("data").is_some();
            twist(&mut dice, if is_inside { &mut event["data"] } else { &mut event });
        }
        let text = event.to_string();
        let text = if dice.random_range(0..20) == 0 {
            String::from_utf8_lossy(&mutated(&mut dice, &[text.as_bytes()])).into_owned()
        } else {
            text
        };
        let request = client
            .post(&url)
            .header("x-signature-ed25519", signature(&timestamp, &text))
            .header("x-signature-timestamp", &timestamp)
            .body(text.clone());
        match answer(request, || text.clone()).await.0.as_u16() {
            200 => taken += 1,
            400 => refused += 1,
            // Its id was twisted into one that came before.
            409 => {}
            other => panic!("{other} to {text}"),
        }
    }
    assert!(taken > how_many() / 20 && refused > how_many() / 20, "{taken} taken, {refused} refused");
    assert!(!app.log().contains("panicked"), "{}", app.log());
    let shown = dana.types("/usage account:acme range:30d").await;
    assert!(shown.text.contains("45 k"), "{shown}");
    app.stop().await.unwrap();
}
