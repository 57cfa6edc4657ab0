//! Pages that stay up to date while they are open.

use std::time::Duration;

use etsm::domain::InitiativeStatus;
use reqwest::StatusCode;
use reqwest::header;

use crate::harness::seed;

use super::browser::Browser;
use super::site::{STREAMS_MAX, Site};

/// A busy build machine is slow; none of these waits is ever long.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream of events.
struct Listener(reqwest::Response);

impl Listener {
    async fn open(site: &Site) -> Self {
        let answer = site.get("/events").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache");
        Self(answer)
    }

    /// The data of the next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<serde_json::Value> {
        let chunk = tokio::time::timeout(PATIENCE, self.0.chunk()).await.expect("an event comes in time");
        let text = String::from_utf8(chunk.unwrap()?.to_vec()).unwrap();
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("an event has data");
        Some(serde_json::from_str(data).unwrap())
    }
}

async fn change_something(site: &Site, title: &str) {
    let mut one = seed::initiative("ini-1", "acme", title);
    one.status = InitiativeStatus::Blocked;
    site.desk.record_initiatives(&[one], &seed::act()).await.unwrap();
}

#[tokio::test]
async fn a_page_hears_of_newer_figures_and_of_no_more() {
    let site = Site::open().await;
    let mut listener = Listener::open(&site).await;
    let first = listener.next().await.unwrap();
    assert_eq!(first["version"], site.desk.snapshot().version());
    assert_eq!(first["data_until"], "2026-03-31T00:00:00Z");
    change_something(&site, "Roll out to all regions").await;
    let second = listener.next().await.unwrap();
    assert_eq!(second["version"], site.desk.snapshot().version());
    assert!(second["version"].as_u64() > first["version"].as_u64());
    assert_eq!(second.as_object().unwrap().len(), 2, "no figure is in it: {second}");
    drop(listener);
    site.close().await;
}

#[tokio::test]
async fn streams_have_a_bound_give_back_their_place_and_end_with_the_program() {
    let site = Site::open().await;
    let mut open = Vec::new();
    for _ in 0..STREAMS_MAX {
        open.push(Listener::open(&site).await);
    }
    let full = site.get("/events").await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(full.headers()[header::RETRY_AFTER], "30");
    drop(open.pop());
    let freed = async {
        while site.get("/events").await.status() != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, freed).await.expect("the place of a page that was closed is free again");
    let mut last = open.pop().unwrap();
    assert!(last.next().await.is_some());
    // Well within the time that running requests have: nothing waits for those who only listen.
    tokio::time::timeout(Duration::from_secs(5), site.close()).await.expect("streams end on stop");
    assert_eq!(last.next().await, None);
}

#[tokio::test]
async fn a_page_changes_in_place_and_keeps_what_one_did_to_it() {
    let Some(mut browser) = Browser::start(1280, 500).await else { return };
    let site = Site::open().await;
    browser.open(&site.url("/accounts/acme/usage")).await;
    browser.until("document.querySelector('figure.chart[data-live] canvas')").await;
    browser.until("document.documentElement.dataset.live === 'on'").await;
    browser
        .value(
            "(() => { document.querySelector('.chart-table').open = true; scrollTo(0, 300); \
             const field = document.querySelector('input[name=endpoint]'); field.focus({ preventScroll: true }); \
             field.value = '/v1/ch'; field.setSelectionRange(2, 2); window.kept = field; \
             window.canvas = document.querySelector('canvas'); window.sum = document.querySelector('.figure .fact').textContent; })()",
        )
        .await;
    let rows = seed::daily("acme", "/v1/brand-new", |_| 1_000_000);
    site.desk.record_usage(&rows, &[], None, seed::intake()).await.unwrap();
    browser.until("document.querySelector('.figure .fact').textContent !== window.sum").await;
    for holds in [
        "document.querySelector('.chart-table').open",
        "Math.abs(scrollY - 300) < 2",
        "document.activeElement === window.kept && window.kept.value === '/v1/ch'",
        "window.kept.selectionStart === 2",
        "document.querySelector('canvas') === window.canvas",
        "document.querySelectorAll('.chart-stage').length === 1",
        "document.querySelector('[data-live-when]').textContent.startsWith('Updated')",
        "document.querySelector('[data-live-state]').hidden",
    ] {
        assert_eq!(browser.value(holds).await, true, "{holds}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
    site.close().await;
}

#[tokio::test]
async fn a_page_says_that_it_is_cut_off_and_since_when() {
    let Some(mut browser) = Browser::start(390, 800).await else { return };
    let site = Site::open().await;
    browser.open(&site.url("/")).await;
    browser.until("document.documentElement.dataset.live === 'on'").await;
    site.close().await;
    browser.until("document.documentElement.dataset.live === 'lost'").await;
    let told = browser.value("document.querySelector('[role=status]').innerText").await;
    assert!(told.as_str().unwrap().contains("You see the figures of"), "{told}");
    assert_eq!(browser.value("document.querySelector('[data-live-retry]').hidden").await, false);
    assert_eq!(browser.value("document.documentElement.scrollWidth").await, 390);
}
