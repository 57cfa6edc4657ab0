//! The dashboard and the browser chat: over HTTP as any program sees them, and in a real browser.

mod browser;

use std::net::SocketAddr;
use std::sync::Arc;

use etsm::access::Deed;
use etsm::access::PassSeal;
use etsm::alerts::Alerts;
use etsm::answers::Departments;
use etsm::answers::Desk;
use etsm::config::Environment;
use etsm::config::MemberRules;
use etsm::config::Settings;
use etsm::deliver::Outbox;
use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::Clock;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::engine::Engine;
use etsm::jobs::digests::Digests;
use etsm::store::Store;
use etsm::web;
use etsm::writer::People;
use reqwest::StatusCode;
use reqwest::header;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness::clock::TestClock;
use crate::harness::seed;

use browser::Browser;

const NOW: &str = "2026-03-31T12:00:00Z";

const PAGES: &[&str] = &[
    "/",
    "/?range=7d&band=at_risk&sort=cost",
    "/accounts",
    "/accounts?sort=calls&range=90d&owner=mei",
    "/accounts/acme",
    "/accounts/acme/usage",
    "/accounts/acme/usage?range=7d&by=endpoint&metric=cost&compare=none",
    "/accounts/acme/usage?endpoint=%2Fv1%2Fchat",
    "/accounts/acme/health",
    "/accounts/acme/why",
    "/accounts/acme/why?since=7d&until=2026-03-29",
    "/accounts/acme/history",
    "/accounts/borealis/history?range=30d",
    "/admin/replay",
    "/accounts/hostile",
    "/accounts/hostile/usage?by=endpoint",
    "/usage",
    "/usage?account=&endpoint=&range=90d&by=account&metric=tokens&compare=",
    "/movers?range=7d&metric=cost",
    "/anomalies",
    "/accounts/acme/anomalies?range=90d",
    "/accounts/hostile/anomalies?metric=cost",
    "/forecast?metric=cost",
    "/accounts/acme/forecast?horizon=90d&metric=tokens",
    "/churn",
    "/initiatives",
    "/alerts",
    "/alerts?status=recovered",
    "/initiatives?account=acme",
    "/initiatives/ini-1",
    "/initiatives/ini-2",
    "/status",
    "/help",
    "/chat",
];

/// A dashboard over the seed's data.
struct Site {
    address: SocketAddr,
    client: reqwest::Client,
    ready: web::Readiness,
    stop: CancellationToken,
    server: JoinSet<anyhow::Result<()>>,
    routes: Vec<web::RuledRoute>,
    _folder: tempfile::TempDir,
}

/// Doors that nobody can log in by.
fn entry(desk: &Desk, everyone: Option<Asker>) -> web::Entry {
    let (store, clock) = (desk.store().clone(), Arc::clone(desk.clock()));
    let (members, seal) = (MemberRules::default(), PassSeal::new(b"a secret of the test"));
    let doors = web::Doors::new(store, clock, members, seal, None, "https://etsm.example.com");
    web::Entry { doors: Arc::new(doors), everyone: everyone.map(Arc::new) }
}

impl Site {
    async fn open() -> Self {
        Self::open_with(true).await
    }

    async fn open_with(browser_chat: bool) -> Self {
        let asker = Asker {
            person: "dana".parse().unwrap(),
            role: Role::Admin,
            sees: Scope::All,
            changes: Scope::All,
            audience: Audience::AskerOnly,
        };
        Self::open_to(Some(asker), browser_chat).await
    }

    /// Everyone has to show something, and nobody can.
    async fn shut() -> Self {
        Self::open_to(None, true).await
    }

    async fn open_to(everyone: Option<Asker>, browser_chat: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::of([("ETSM_DATA_DIR", folder.path().to_str().unwrap())]);
        let settings = Settings::load(None, &environment).unwrap();
        let store = Store::open_dir(folder.path()).await.unwrap();
        let engine = Engine::new(Arc::clone(&settings.health), settings.currency);
        let clock = Arc::new(TestClock::at(NOW)) as Arc<dyn Clock>;
        let outbox = Outbox::new(store.clone(), Arc::clone(&clock), None);
        let digests = Digests::new(&settings.digests, outbox.clone(), None, People::Hidden).unwrap();
        let people = std::collections::BTreeMap::new();
        let alerts = Alerts::new(settings.alert_rules, people, store.clone(), Arc::clone(&clock), outbox);
        let alerts = Arc::new(alerts);
        let staff = Departments {
            alerts: Some(Arc::clone(&alerts) as _),
            digests: Some(Arc::new(digests)),
            ask: None,
        };
        let desk = Desk::new(Arc::new(engine), store, clock).staffed(staff);
        seed::plant(&desk).await;
        alerts.look(&desk).await.unwrap();
        let ready = web::Readiness::default();
        ready.needs("engine", web::PartState::Up);
        let state = web::WebState {
            interactions: None,
            entry: entry(&desk, everyone),
            desk,
            alerts,
            public_url: "https://etsm.example.com".into(),
            browser_chat,
            metrics: None,
            ready: ready.clone(),
        };
        let routes = web::routes(&state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let mut server = JoinSet::new();
        server.spawn(web::serve(listener, web::router(state), stop.clone()));
        // Whatever proxy the machine has, it does not lead to this machine.
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { address, client: client.build().unwrap(), ready, stop, server, routes, _folder: folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    async fn close(mut self) {
        self.stop.cancel();
        self.server.join_next().await.unwrap().unwrap().unwrap();
    }
}

/// What stands in `name="…"` anywhere in a page.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn every_page_is_whole_and_holds_nothing_from_elsewhere() {
    let site = Site::open().await;
    for path in PAGES {
        let answer = site.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}: {}", answer.text().await.unwrap());
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        let html = answer.text().await.unwrap();
        assert!(!html.contains("<style") && attributes(&html, "style").is_empty(), "{path}: inline styles");
        for script in html.split("<script").skip(1) {
            let inert = script.starts_with(" type=\"application/json\"");
            assert!(inert || script.contains("src=\"/assets/"), "{path}: <script{script:.80}");
        }
        for handler in ["onclick", "onload", "onerror", "onsubmit"] {
            assert!(attributes(&html, handler).is_empty(), "{path}: {handler}");
        }
        for name in ["href", "src", "action"] {
            let links = attributes(&html, name);
            let outside = links.iter().find(|link| !link.starts_with('/') && !link.starts_with('#'));
            assert_eq!(outside, None, "{path}");
        }
        assert!(
            html.contains("<h1>") && html.contains("id=\"main\"") && html.contains("lang=\"en\""),
            "{path}"
        );
    }
    site.close().await;
}

#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let site = Site::open().await;
    let mut known = std::collections::BTreeSet::new();
    for path in PAGES {
        let html = site.text(path).await;
        known.extend(attributes(&html, "href").into_iter().chain(attributes(&html, "src")).map(|link| {
            link.replace("&amp;", "&").replace("&#38;", "&").split('#').next().unwrap_or_default().to_owned()
        }));
    }
    known.remove("");
    assert!(known.iter().filter(|link| link.starts_with("/facts/")).count() > 20, "{known:?}");
    for link in known {
        let answer = site.get(&link).await;
        assert_eq!(answer.status(), StatusCode::OK, "{link}: {}", answer.text().await.unwrap());
    }
    site.close().await;
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let site = Site::open().await;
    for path in ["/accounts", "/accounts/hostile", "/accounts/hostile/usage", "/initiatives/ini-2"] {
        let html = site.text(path).await;
        assert!(!html.contains("<b>||"), "{path}: the name's markup is live");
        assert!(html.contains("&#60;b&#62;||"), "{path}: the name is not there");
    }
    let reply = site.client.post(site.url("/chat/ask")).form(&[("line", "health <script>alert(1)</script>")]);
    let html = reply.send().await.unwrap().text().await.unwrap();
    assert!(html.contains("I know no account called") && !html.contains("<script>alert"), "{html}");
    site.close().await;
}

#[tokio::test]
async fn what_does_not_exist_or_is_not_understood_says_so_and_leads_on() {
    let site = Site::open().await;
    let check = async |path: &str, status: u16, words: &str| {
        let answer = site.get(path).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let html = answer.text().await.unwrap();
        assert!(html.contains(words) && html.contains("href=\"/help\""), "{path}: {html}");
    };
    check("/nothing", 404, "There is no such page").await;
    check("/accounts/nobody", 404, "I know no account called “nobody”").await;
    check("/accounts/nobody/usage", 404, "I know no account called").await;
    check("/initiatives/ini-99", 404, "ini-99").await;
    check("/facts/sum.calls", 404, "figure").await;
    check("/usage?range=fortnight", 400, "is not a range").await;
    check("/usage?colour=red", 400, "colour").await;
    check("/movers?metric=fame", 400, "fame").await;
    check("/accounts?page=0", 400, "is not a page").await;
    check("/chart/usage.gif", 404, "chart").await;
    check("/chart/nothing.svg", 404, "chart").await;
    check("/chart/usage.svg?theme=pink", 400, "theme").await;
    let answer = site.client.delete(site.url("/accounts")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let answer = site.get("/assets/app.0000000000000000.css").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    site.close().await;
}

#[tokio::test]
async fn a_figure_is_exact_in_its_receipt() {
    let site = Site::open().await;
    // 30 days: 1,000 chats and 500 embeddings each day.
    let html = site.text("/accounts/acme/usage").await;
    let receipt = attributes(&html, "href").into_iter().find(|link| link.starts_with("/facts/sum.calls"));
    assert!(html.contains("title=\"45,000 API calls\""), "{html}");
    let html = site.text(receipt.unwrap()).await;
    for words in ["45,000 API calls", "Data version", "up to 31 Mar 2026", "/v1/embed", "Rows behind it"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("The data have moved on"));
    // The same link from before the newest data.
    let (stem, version) = receipt.unwrap().rsplit_once('~').unwrap();
    let older = version.parse::<u64>().unwrap() - 1;
    let html = site.text(&format!("{stem}~{older}")).await;
    assert!(html.contains("The data have moved on"), "{html}");
    site.close().await;
}

#[tokio::test]
async fn charts_come_as_files_too() {
    let site = Site::open().await;
    let check = async |path: &str, kind: &str, start: &[u8]| {
        let answer = site.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(answer.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind), "{path}");
        assert!(answer.bytes().await.unwrap().starts_with(start), "{path}");
    };
    check("/chart/usage.svg?account=acme&theme=dark", "image/svg+xml", b"<svg").await;
    check("/chart/usage.png?account=acme&range=7d", "image/png", b"\x89PNG").await;
    check("/chart/health.png?account=acme&theme=dark", "image/png", b"\x89PNG").await;
    check("/chart/portfolio.svg?", "image/svg+xml", b"<svg").await;
    check("/chart/movers.svg", "image/svg+xml", b"<svg").await;
    check("/chart/initiatives.svg", "image/svg+xml", b"<svg").await;
    let csv = site.text("/chart/usage.csv?account=acme&range=7d&compare=none").await;
    assert!(csv.lines().count() == 8 && csv.contains(",1500,"), "{csv}");
    let csv = site.text("/chart/initiatives.csv").await;
    assert!(csv.contains("'@everyone"), "a spreadsheet would run it: {csv}");
    site.close().await;
}

#[tokio::test]
async fn the_api_says_the_same_in_json() {
    let site = Site::open().await;
    let usage = site.json("/api/v1/usage?account=acme&range=30d&by=endpoint&compare=previous").await;
    assert_eq!(usage["total"], 45_000);
    assert_eq!(usage["previous"]["total"], 33_000);
    assert_eq!(usage["parts"][0]["name"], "/v1/chat");
    assert_eq!(usage["parts"][1]["total"], 15_000);
    let sum: i64 =
        usage["points"].as_array().unwrap().iter().map(|point| point["value"].as_i64().unwrap()).sum();
    assert_eq!(sum, 45_000);
    let cost =
        site.json("/api/v1/usage?account=acme&from=2026-03-01&to=2026-03-31&metric=cost&grain=week").await;
    assert_eq!(cost["total"], 90.0);
    let csv = site.text("/api/v1/usage?account=acme&range=7d&by=endpoint&format=csv").await;
    assert!(csv.starts_with("at,endpoint,calls\r\n") && csv.lines().count() == 15, "{csv}");

    let accounts = site.json("/api/v1/accounts").await;
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 3);
    let acme = site.json("/api/v1/accounts/acme").await;
    assert_eq!((&acme["name"], &acme["owner"]), (&"Acme".into(), &"dana".into()));
    assert_eq!(acme["usage"]["api_calls"], 45_000);
    let health = site.json("/api/v1/accounts/acme/health").await;
    assert_eq!(health["score"], acme["health_score"]);
    let portfolio = site.json("/api/v1/portfolio?window=30d").await;
    assert_eq!(portfolio["accounts"], 3);
    let initiatives = site.json("/api/v1/initiatives?status=active").await;
    assert_eq!(initiatives["initiatives"].as_array().unwrap().len(), 2);

    for (path, status) in [
        ("/api/v1/accounts/nobody", 404),
        ("/api/v1/usage?range=never", 400),
        ("/api/v1/usage?colour=red", 400),
        ("/api/v1/usage?from=2026-02-02&to=2026-01-01", 400),
        ("/api/v1/usage?from=1000-01-01&grain=hour", 400),
        ("/api/v1/nothing", 404),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
        let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(problem["status"], status, "{path}");
    }
    site.close().await;
}

#[tokio::test]
async fn other_names_and_other_sites_are_refused() {
    let site = Site::open().await;
    let host = async |name: &str| {
        let sent = site.client.get(site.url("/")).header(header::HOST, name).send();
        sent.await.unwrap().status()
    };
    assert_eq!(host("evil.example").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(host("localhost.evil.example:80").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(host("localhost:1234").await, StatusCode::OK);
    assert_eq!(host("etsm.example.com").await, StatusCode::OK);

    let post = async |name: &'static str, value: &str| {
        let form = [("line", "initiative add acme \"From elsewhere\"")];
        let sent = site.client.post(site.url("/chat/ask")).form(&form).header(name, value).send();
        sent.await.unwrap().status()
    };
    assert_eq!(post("origin", "https://evil.example").await, StatusCode::FORBIDDEN);
    assert_eq!(post("origin", "null").await, StatusCode::FORBIDDEN);
    assert_eq!(post("sec-fetch-site", "cross-site").await, StatusCode::FORBIDDEN);
    assert!(!site.text("/initiatives").await.contains("From elsewhere"), "nothing was written");
    assert_eq!(post("origin", &site.url("")).await, StatusCode::OK);
    assert!(site.text("/initiatives").await.contains("From elsewhere"));
    site.close().await;
}

#[tokio::test]
async fn figures_are_served_once_they_are_loaded() {
    let site = Site::open().await;
    site.ready.needs("engine", web::PartState::Starting);
    assert_eq!(site.get("/").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.get("/api/v1/portfolio").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let answer = site.get("/readyz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let parts: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(parts["parts"]["engine"]["state"], "starting");
    assert_eq!(site.text("/healthz").await, "ok\n");
    site.ready.needs("engine", web::PartState::Up);
    assert_eq!(site.json("/readyz").await["ready"], true);
    assert_eq!(site.json("/version").await["name"], "etsm");
    assert_eq!(site.get("/").await.status(), StatusCode::OK);
    site.close().await;
}

#[tokio::test]
async fn the_chat_is_served_only_where_it_is_switched_on() {
    let site = Site::open_with(false).await;
    assert_eq!(site.get("/chat").await.status(), StatusCode::NOT_FOUND);
    let sent = site.client.post(site.url("/chat/ask")).form(&[("line", "help")]).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::NOT_FOUND);
    assert!(!site.text("/help").await.contains("/chat"));
    site.close().await;
}

#[tokio::test]
async fn the_chat_works_without_script() {
    let site = Site::open().await;
    let ask = async |line: &str| {
        let sent = site.client.post(site.url("/chat/ask")).form(&[("line", line)]).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::OK);
        sent.text().await.unwrap()
    };
    let html = ask("usage acme by:endpoint").await;
    assert!(html.contains("title=\"45,000 API calls\""), "{html}");
    assert!(html.contains("href=\"/accounts/acme/usage?by=endpoint\""), "{html}");
    assert!(html.contains("/chart/usage.png?account=acme&#38;by=endpoint&amp;theme=dark"), "{html}");
    let html = ask("usgae acme").await;
    assert!(html.contains("Only you can see this") && html.contains("usage"), "{html}");
    let choices = site.json("/chat/complete?line=health%20ac").await;
    assert!(choices.as_array().unwrap().iter().any(|one| one["value"] == "health acme"), "{choices}");
    site.close().await;
}

#[tokio::test]
async fn a_silent_client_is_dropped_and_the_server_stops_in_time() {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    let site = Site::open().await;
    let mut socket = tokio::net::TcpStream::connect(site.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    let closed =
        tokio::time::timeout(std::time::Duration::from_secs(20), socket.read_to_end(&mut rest)).await;
    closed.expect("headers that never end are not waited for").unwrap();
    let _idle = tokio::net::TcpStream::connect(site.address).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(12), site.close()).await.expect("it drains in time");
}

#[tokio::test]
async fn the_overview_is_light() {
    let site = Site::open().await;
    let html = site.text("/").await;
    let mut wire = 0;
    let assets = attributes(&html, "src").into_iter().chain(attributes(&html, "href"));
    let assets: std::collections::BTreeSet<&str> =
        assets.filter(|link| link.starts_with("/assets/")).collect();
    let fonts = site.text(assets.iter().find(|link| link.ends_with(".css")).unwrap()).await;
    let fonts = fonts.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    let fonts: Vec<String> = fonts.filter(|link| link.starts_with("/assets/")).map(str::to_owned).collect();
    assert_eq!(fonts.len(), 3, "{fonts:?}");
    for path in assets.into_iter().map(str::to_owned).chain(fonts).chain(["/".to_owned()]) {
        let sent = site.client.get(site.url(&path)).header(header::ACCEPT_ENCODING, "br, gzip").send();
        let answer = sent.await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        wire += answer.bytes().await.unwrap().len();
    }
    assert!(wire < 150_000, "{wire} bytes over the wire");
    site.close().await;
}

#[tokio::test]
async fn a_chart_comes_alive_in_place() {
    let Some(mut browser) = Browser::start(1280, 1000).await else { return };
    let site = Site::open().await;
    for path in ["/accounts/acme/usage?by=endpoint", "/usage?metric=cost&range=90d"] {
        browser.open(&site.url(path)).await;
        browser.until("document.querySelector('figure.chart[data-live] canvas')").await;
        let hidden = browser.value("document.querySelector('[data-drawing]').hidden").await;
        assert_eq!(hidden, true, "the picture makes room");
        let label = browser.value("document.querySelector('.chart-stage').getAttribute('aria-label')").await;
        assert!(label.as_str().unwrap().len() > 20, "{label}");
        // The tooltip is a node of ours, so the content policy leaves it its looks.
        browser
            .value(
                "(() => { const box = document.querySelector('.chart-stage canvas').getBoundingClientRect(); \
                 const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true }; \
                 document.querySelector('.chart-stage canvas').dispatchEvent(new MouseEvent('mousemove', at)); })()",
            )
            .await;
        browser.until("document.querySelector('.chart-tip .chart-tip-row b')").await;
        browser.value("document.querySelector('[data-theme-switch]').click()").await;
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{path}");
    }
    site.close().await;
}

#[tokio::test]
async fn one_chats_in_a_browser() {
    let Some(mut browser) = Browser::start(1280, 1000).await else { return };
    let site = Site::open().await;
    browser.open(&site.url("/chat")).await;
    browser.until("document.activeElement.id === 'line'").await;
    browser.types("health ac").await;
    browser.until("document.querySelector('#choices li')").await;
    browser.presses("Tab").await;
    browser.until("document.getElementById('line').value.startsWith('health acme')").await;
    browser.presses("Enter").await;
    browser.until("document.querySelectorAll('.exchange').length === 1").await;
    let said = browser.value("document.querySelector('.exchange .embed').innerText").await;
    assert!(said.as_str().unwrap().contains("Acme"), "{said}");
    browser.until("document.querySelector('.embed img.only-light').naturalWidth > 600").await;
    browser.value("document.querySelector('.exchange .buttons button:not(:disabled)').click()").await;
    browser.until("document.querySelectorAll('.exchange').length === 2").await;
    browser.value("document.getElementById('line').focus()").await;
    browser.types("healht acme").await;
    browser.presses("Enter").await;
    browser.until("document.querySelector('.exchange .ephemeral')").await;
    assert_eq!(browser.complaints(), Vec::<String>::new());
    site.close().await;
}

#[tokio::test]
async fn nothing_overflows_on_a_phone() {
    let Some(mut browser) = Browser::start(360, 780).await else { return };
    let site = Site::open().await;
    for dark in [false, true] {
        browser.dark(dark).await;
        for path in PAGES {
            browser.open(&site.url(path)).await;
            let wide = browser.value("document.documentElement.scrollWidth").await;
            assert_eq!(wide, 360, "{path} is wider than the phone");
        }
    }
    browser.open(&site.url("/")).await;
    let shown = "getComputedStyle(document.getElementById('navigation')).display";
    assert_eq!(browser.value(shown).await, "none", "the navigation is folded");
    browser.value("document.querySelector('[data-menu]').click()").await;
    assert_eq!(browser.value(shown).await, "flex");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    site.close().await;
}

#[tokio::test]
async fn whoever_shows_nothing_gets_nothing_by_any_route() {
    let site = Site::shut().await;
    let ruled = |route: &&web::RuledRoute| matches!(route.rule, web::Rule::May(_));
    let mut tried = 0;
    for route in site.routes.iter().filter(ruled) {
        let path = route.path.replace("{id}", "acme").replace("{file}", "usage.png");
        for method in [reqwest::Method::GET, reqwest::Method::POST] {
            let answer = site.client.request(method, site.url(&path)).send().await.unwrap();
            let status = answer.status();
            let body = answer.text().await.unwrap();
            assert!(
                [StatusCode::UNAUTHORIZED, StatusCode::METHOD_NOT_ALLOWED].contains(&status),
                "{path}: {status}"
            );
            assert!(!body.contains("Acme"), "{path}");
            tried += usize::from(status == StatusCode::UNAUTHORIZED);
        }
    }
    assert!(tried >= site.routes.iter().filter(ruled).count(), "{tried}");
}

/// The table of `admin/access.md` is that of the router.
#[tokio::test]
async fn every_route_stands_in_the_manual_with_its_rule() {
    let site = Site::open().await;
    let rule = |rule: web::Rule| match rule {
        web::Rule::Open => "anyone; it says nothing of accounts".to_owned(),
        web::Rule::Own => "whoever shows what it checks itself".to_owned(),
        web::Rule::May(Deed::Write) => "manager and above, to change what is theirs to change".to_owned(),
        web::Rule::May(deed) => format!("{} and above, within their accounts", deed.needs()),
    };
    let lines = site.routes.iter().map(|route| format!("| `{}` | {} |\n", route.path, rule(route.rule)));
    let table = format!("| route | who |\n|---|---|\n{}", lines.collect::<String>());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/admin/access.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (before, rest) = text.split_once("<!-- routes -->\n").unwrap();
    let (written, after) = rest.split_once("<!-- end of routes -->").unwrap();
    if written != table {
        std::fs::write(file, format!("{before}<!-- routes -->\n{table}<!-- end of routes -->{after}"))
            .unwrap();
        panic!(
            "admin/access.md did not list the routes as they are; it is written anew: read it and commit it"
        );
    }
}
