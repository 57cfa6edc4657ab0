//! The doors, walked one by one: what other sites send, what every answer carries, what a thief brings, and what the log
//! never tells.

use std::collections::BTreeMap;

use etsm::access::Token;
use etsm::store::ApiKey;
use etsm::store::KeyScope;
use reqwest::Method;
use reqwest::StatusCode;
use reqwest::header;

use crate::harness::seed;
use crate::logins;
use crate::pages::site::Site;

const CHANGING: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A path of a route that leads to something.
fn path_of(route: &str) -> String {
    let path = route.replace("/initiatives/{id}", "/initiatives/ini-1").replace("{id}", "acme");
    path.replace("{token}", "none").replace("{file}", "usage.png").replace("{name}", "none.css")
}

#[tokio::test]
async fn no_route_takes_a_change_from_another_site() {
    let site = Site::open().await;
    let before = site.desk.store().audit_head().await.unwrap();
    let form =
        [("line", "note acme \"From elsewhere\""), ("status", "blocked"), ("text", "x"), ("name", "x")];
    let mut tried = 0;
    for route in &site.routes {
        for method in CHANGING {
            for (name, value) in [
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let request = site.client.request(method.clone(), site.url(&path_of(route.path)));
                let answer = request.form(&form).header(name, value).send().await.unwrap();
                assert_eq!(
                    answer.status(),
                    StatusCode::FORBIDDEN,
                    "{method} {} with {name}: {value}",
                    route.path
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 800, "{tried}");
    assert_eq!(site.desk.store().audit_head().await.unwrap(), before, "nothing was done");
    site.close().await;
}

/// What every answer carries, whatever it says.
const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", "frame-ancestors 'none'"),
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=()"),
    ("x-frame-options", "DENY"),
];

#[track_caller]
fn carries_all(answer: &reqwest::Response, what: &str) {
    for (name, part) in HEADERS {
        let value = answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert!(value.contains(part), "{what} ({}) has {name}: {value:?}", answer.status());
    }
    assert!(answer.headers().contains_key("cache-control"), "{what} may be kept by anyone");
    assert!(answer.headers().contains_key("x-request-id"), "{what} cannot be found in the log");
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert!(!answer.headers().contains_key("server") && !answer.headers().contains_key("x-powered-by"));
    assert!(!answer.headers().contains_key("access-control-allow-origin"), "{what} is for other sites");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_browsers_honest() {
    let (open, shut) = (Site::open().await, Site::shut().await);
    let mut seen: BTreeMap<StatusCode, usize> = BTreeMap::new();
    for site in [&open, &shut] {
        for route in &site.routes {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::DELETE] {
                let request = site.client.request(method.clone(), site.url(&path_of(route.path)));
                let answer = request.send().await.unwrap();
                carries_all(&answer, &format!("{method} {}", route.path));
                *seen.entry(answer.status()).or_default() += 1;
            }
        }
    }
    let get = |path: &str| open.client.get(open.url(path));
    let odd = [
        ("no page", get("/nowhere")),
        ("no call", get("/api/v1/nowhere")),
        ("no account", get("/accounts/nobody")),
        ("a mistake", get("/usage?range=soon")),
        ("another host", get("/").header(header::HOST, "evil.example")),
        ("another site", open.client.post(open.url("/order")).header("origin", "null")),
        ("too long", open.client.post(open.url("/order")).form(&[("line", "x".repeat(100_000))])),
        ("a path that is none", get("/%ff%00//..%2f")),
    ];
    for (what, request) in odd {
        let answer = request.send().await.unwrap();
        carries_all(&answer, what);
        assert!(answer.status().is_client_error(), "{what}: {}", answer.status());
        *seen.entry(answer.status()).or_default() += 1;
    }
    // While the figures are loaded, too.
    open.ready.tells("engine", etsm::web::PartState::Starting);
    let loading = get("/").send().await.unwrap();
    carries_all(&loading, "a page before its figures");
    for status in [200, 400, 401, 403, 404, 405, 413, 421] {
        assert!(seen.contains_key(&StatusCode::from_u16(status).unwrap()), "no {status} among {seen:?}");
    }
    open.close().await;
    shut.close().await;
}

#[tokio::test]
async fn a_session_that_someone_else_chose_does_not_become_that_of_who_logs_in() {
    let app = logins::started().await;
    app.discord().user("mei").with_roles(&[logins::VIEWERS]);
    // A token of the right form that a thief planted, and the thief's own session.
    let planted = Token::random().reveal().to_owned();
    let thief = logins::logged_in(&app, "thief", &[logins::VIEWERS]).await;
    let own = thief.jar()["__Host-etsm"].clone();
    for cookie in [planted, own] {
        let visitor = app.visitor();
        visitor.takes([("__Host-etsm".to_owned(), cookie.clone())].into());
        let back = logins::agreed(&app, &visitor, "mei", "/").await;
        assert_eq!(visitor.get(&back).await.status, 303);
        let mine = visitor.jar()["__Host-etsm"].clone();
        assert_ne!(mine, cookie, "each login has a new secret");
        assert_eq!(visitor.get("/").await.status, 200);
        let other = app.visitor();
        other.takes([("__Host-etsm".to_owned(), cookie)].into());
        assert_eq!(other.get("/").await.status, 401, "what was there before is over");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_host_that_is_asked_for_stands_in_no_link() {
    let app = logins::started().await;
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for host in ["localhost:1", "127.0.0.1:9", "[::1]:7"] {
        for path in ["/auth/login?to=/", "/", "/nowhere", "/help", "/api/v1/openapi.json"] {
            let request = client.get(format!("{}{path}", app.address())).header(header::HOST, host);
            let request =
                request.header("x-forwarded-host", "evil.example").header("forwarded", "host=evil.example");
            let answer = request.send().await.unwrap();
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            if path.starts_with("/auth") {
                let to = to.as_ref().expect("it leads to Discord");
                assert!(to.contains("redirect_uri=https%3A%2F%2Fetsm.example.com%2Fauth%2Fcallback"), "{to}");
            }
            let said = to.unwrap_or_default() + &answer.text().await.unwrap();
            assert!(!said.contains(host) && !said.contains("evil.example"), "{path} names {host}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn nothing_that_is_sent_leads_elsewhere() {
    let site = Site::open().await;
    for to in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
    ] {
        let form = [("status", "blocked"), ("back", to), ("to", to), ("line", "note acme"), ("text", "x")];
        for route in site.routes.iter().filter(|route| !route.path.starts_with("/api/")) {
            let request = site.client.post(site.url(&path_of(route.path))).form(&form);
            let answer = request.send().await.unwrap();
            let place = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let own =
                place.as_deref().is_none_or(|to| to.starts_with('/') && !to[1..].starts_with(['/', '\\']));
            assert!(own, "{} leads to {place:?}", route.path);
        }
    }
    site.close().await;
}

/// Secrets and words of a whole day: none of them may stand in the log, which tells everything from debug on.
#[tokio::test]
async fn the_log_of_a_whole_day_tells_no_secret_and_nobody_s_words() {
    const MARK: &str = "marker-7f3a9c";
    let app = logins::started().await;
    let visitor = logins::logged_in(&app, "dana", &[logins::ADMINS]).await;
    let session = visitor.jar()["__Host-etsm"].clone();
    let dana = app.discord().user("dana");
    let link = dana.types("/login").await.link().to_owned();
    let pass = link.rsplit('/').next().unwrap().to_owned();
    let beside = app.beside().await;
    let token = Token::random();
    let key = ApiKey {
        name: "shop".into(),
        scopes: [KeyScope::Ingest].into(),
        source: None,
        made_by: "dana".into(),
        made: seed::act().at,
        used: None,
        revoked: None,
    };
    assert!(beside.store().add_api_key(&key, token.fingerprint().as_str(), &seed::act()).await.unwrap());
    beside.store().close().await;

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let push = |body: String| {
        let request = client.post(format!("{}/api/v1/usage", app.address())).body(body);
        request.bearer_auth(format!("etsm_{}", token.reveal())).header("idempotency-key", MARK)
    };
    let row = format!("2026-03-31T09:00:00Z,{MARK},1,2,0.5,/v1/{MARK}");
    let body = format!("timestamp,account_id,api_calls,tokens_used,cost,endpoint\n{row}\n{MARK},,,\n");
    assert_eq!(push(body).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(push(format!("{MARK}\n")).send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
    for wrong in [format!("Bearer etsm_{MARK}"), MARK.to_owned(), format!("Basic {MARK}")] {
        let request =
            client.get(format!("{}/api/v1/portfolio", app.address())).header("authorization", wrong);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    for path in [
        format!("/search?q={MARK}"),
        format!("/accounts/{MARK}"),
        format!("/usage?range={MARK}"),
        format!("/l/{MARK}.{MARK}"),
        format!("/s/{MARK}"),
        format!("/auth/callback?code={MARK}&state={MARK}"),
        format!("/chart/usage.png?account={MARK}"),
        "/".to_owned(),
    ] {
        visitor.get(&path).await;
    }
    assert_eq!(app.visitor().post(&format!("/l/{pass}")).await.status, 303);
    dana.types(&format!("/note account:acme text:{MARK}")).await;
    dana.types(&format!("/health account:{MARK}")).await;
    dana.types(&format!("/initiative add account:acme title:{MARK}")).await;
    assert_eq!(visitor.post("/auth/logout").await.status, 303);
    let log = app.log();
    assert!(log.lines().count() > 20, "hardly anything was logged");
    let secrets = [MARK, session.as_str(), pass.as_str(), token.reveal(), "interaction-token-"];
    for secret in secrets {
        let told = log.lines().find(|line| line.contains(secret));
        assert_eq!(told, None, "the log tells {secret}");
    }
    app.finish().await;
}
