//! Every page as any program sees it: whole, escaped, and with no dead end.

use etsm::domain::CommitPeriod;
use etsm::domain::Contract;
use etsm::domain::Money;
use etsm::domain::{Annotation, AnnotationKind};
use etsm::web;
use reqwest::StatusCode;
use reqwest::header;
use serde_json::Value;

use crate::harness::seed;

use super::PAGES;
use super::site::Site;
use super::site::Start;
use super::site::attributes;

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
async fn what_was_begun_meanwhile_stands_in_the_chart_of_the_account() {
    let site = Site::open().await;
    let usage = site.text("/accounts/acme/usage?range=90d").await;
    assert!(usage.contains("Meanwhile: ini-1: Move to streaming."), "in words");
    assert!(usage.contains("\"label\":\"ini-1: Move to streaming\""), "for the script");
    assert!(!site.text("/accounts/acme/usage?range=7d").await.contains("Meanwhile: "), "not in the range");
    assert!(!site.text("/usage?range=90d").await.contains("Meanwhile: "), "not of all accounts");
    site.close().await;
}

#[tokio::test]
async fn incidents_and_releases_stand_in_the_charts_of_those_whom_they_concerned() {
    let happened = |day: &str, kind, title: &str, account: Option<&str>| Annotation {
        day: day.parse().unwrap(),
        kind,
        title: title.to_owned(),
        account: account.map(|id| id.parse().unwrap()),
    };
    let annotations = vec![
        happened("2026-03-20", AnnotationKind::Incident, "Slow answers <b>in</b> Europe", None),
        happened("2026-03-25", AnnotationKind::Release, "Streaming", Some("acme")),
        happened("2025-03-25", AnnotationKind::Release, "Long ago", None),
    ];
    let site = Site::start(Start { annotations, ..Start::default() }).await;
    let (acme, other, all) = (
        site.text("/accounts/acme/usage?range=30d").await,
        site.text("/accounts/hostile/usage?range=30d").await,
        site.text("/usage?range=30d").await,
    );
    let incident = "incident: Slow answers &#60;b&#62;in&#60;/b&#62; Europe";
    for (page, has_release) in [(&acme, true), (&other, false), (&all, false)] {
        assert!(page.contains(incident) && !page.contains("<b>in</b>"), "{page}");
        assert_eq!(page.contains("release: Streaming"), has_release);
        assert!(!page.contains("Long ago"));
    }
    site.close().await;
}

#[tokio::test]
async fn a_chart_is_shown_at_the_grain_that_is_asked_for() {
    let site = Site::open().await;
    let html = site.text("/accounts/acme/usage?range=90d&grain=month").await;
    assert!(html.contains("Acme — API calls per month"), "{html}");
    for (grain, href) in [
        ("day", "/accounts/acme/usage?range=90d"),
        ("week", "/accounts/acme/usage?range=90d&#38;grain=week"),
        // Another range has a grain of its own.
        ("30d", "/accounts/acme/usage"),
    ] {
        let link = format!("href=\"{href}\"");
        assert!(html.contains(&link), "{grain}: {html}");
    }
    let csv = site.text("/chart/usage.csv?account=acme&range=90d&grain=month&compare=none").await;
    assert_eq!(csv.lines().count(), 5, "three months, and the day before them: {csv}");
    let too_fine = site.get("/usage?range=365d&grain=hour").await;
    assert_eq!(too_fine.status(), StatusCode::BAD_REQUEST);
    assert!(too_fine.text().await.unwrap().contains("more than 1000 points of one hour"));
    site.close().await;
}

#[tokio::test]
async fn the_day_on_which_a_commitment_was_reached_is_flagged_where_cost_is_shown() {
    let site = Site::open().await;
    let mut acme = seed::account("acme", "Acme", "dana");
    // Three dollars a day: reached on the tenth of each month.
    acme.contract =
        Some(Contract { commit: Money::from_micros(30_000_000), period: CommitPeriod::Month, renewal: None });
    site.desk.record_accounts(&[acme], &seed::act()).await.unwrap();
    let cost = site.text("/accounts/acme/usage?metric=cost&range=2026-02-01..2026-03-31").await;
    assert_eq!(
        cost.matches("\"label\":\"commitment reached\"").count(),
        2,
        "in February and in March: {cost}"
    );
    let narrow = site.text("/accounts/acme/usage?metric=cost&range=2026-03-11..2026-03-31").await;
    assert!(!narrow.contains("commitment reached"), "not in the range");
    assert!(
        !site.text("/accounts/acme/usage?range=90d").await.contains("commitment reached"),
        "not of calls"
    );
    site.close().await;
}
