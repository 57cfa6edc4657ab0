//! Pages when there is nothing to show, when the data are old, and when a part of them does not answer.

use reqwest::StatusCode;

use super::browser::Browser;
use super::site::{Site, Start};

/// Pages that stand for themselves, whatever there is to show.
const PAGES: &[&str] = &[
    "/",
    "/accounts",
    "/usage",
    "/movers",
    "/anomalies",
    "/forecast",
    "/churn",
    "/initiatives",
    "/initiatives?view=board",
    "/alerts",
    "/digests",
    "/status",
    "/chat",
    "/admin",
    "/admin/schedules",
    "/admin/rules",
];

#[tokio::test]
async fn an_empty_desk_says_what_to_do_and_fits_every_window() {
    let Some(mut browser) = Browser::start(390, 844).await else { return };
    let site = Site::start(Start { planted: false, ..Start::default() }).await;
    for (width, height, dark) in [(390, 844, false), (1440, 900, true)] {
        browser.resize(width, height).await;
        browser.dark(dark).await;
        for path in PAGES {
            assert_eq!(site.get(path).await.status(), StatusCode::OK, "{path}");
            browser.open(&site.url(path)).await;
            assert_eq!(browser.value("document.documentElement.scrollWidth").await, width, "{path}");
            assert_eq!(
                browser.value("Boolean(document.querySelector('h1')?.innerText)").await,
                true,
                "{path}"
            );
        }
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
    for path in ["/", "/accounts", "/usage", "/forecast"] {
        let html = site.text(path).await;
        assert!(html.contains("etsm import usage"), "{path} says what to do: {html}");
    }
    site.close().await;
}

#[tokio::test]
async fn old_data_are_called_old_on_every_page_of_figures() {
    let site = Site::start(Start { now: "2026-04-09T12:00:00Z", ..Start::default() }).await;
    for path in
        ["/", "/accounts/acme", "/accounts/acme/usage", "/accounts/acme/health", "/usage", "/forecast"]
    {
        let html = site.text(path).await;
        assert!(html.contains("31 Mar 2026"), "{path} names the day");
        assert!(html.contains("what came after is not in yet"), "{path}: {html}");
    }
    // Late data are no decline: the last thirty days are those before the watermark.
    assert!(site.text("/accounts/acme/usage").await.contains("title=\"45,000 API calls\""));
    site.close().await;
}

#[tokio::test]
async fn a_tile_that_does_not_answer_apologises_for_itself_and_the_others_are_shown() {
    let site = Site::start(Start { alerts_hang: true, ..Start::default() }).await;
    let html = site.text("/accounts/acme").await;
    assert_eq!(html.matches("Not to be had just now").count(), 1, "{html}");
    assert!(html.contains("That takes too long just now"), "it says why");
    for figure in ["title=\"45,000 API calls\"", "Move to streaming", "Their new team lead", "Health score"] {
        assert!(html.contains(figure), "{figure}: {html}");
    }
    // A page that is this answer alone cannot do without it; the time that a handler has bounds it.
    site.close().await;
}

#[tokio::test]
async fn a_tile_that_fails_tells_no_cause() {
    let site = Site::open().await;
    site.desk.store().close().await;
    let html = site.text("/accounts/acme").await;
    assert_eq!(html.matches("Not to be had just now").count(), 1, "{html}");
    assert!(html.contains("Something broke on our side") && !html.contains("pool"), "{html}");
    assert!(html.contains("title=\"45,000 API calls\""), "{html}");
    let whole = site.get("/alerts").await;
    assert_eq!(whole.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(whole.text().await.unwrap().contains("href=\"/\""), "a way on");
    site.close().await;
}

#[tokio::test]
async fn a_printed_page_is_light_and_has_the_figures_of_its_chart_and_no_ways_to_go() {
    let Some(mut browser) = Browser::start(1000, 1400).await else { return };
    let site = Site::open().await;
    browser.open(&site.url("/accounts/acme/usage?by=endpoint")).await;
    browser.until("document.querySelector('figure.chart[data-live] canvas')").await;
    browser.value("document.documentElement.dataset.theme = 'dark'").await;
    browser.prints(true).await;
    browser.value("dispatchEvent(new Event('beforeprint'))").await;
    browser.until("!document.querySelector('[data-drawing]').hidden && document.querySelector('.chart-stage').hidden").await;
    for holds in [
        "getComputedStyle(document.querySelector('.side')).display === 'none'",
        "!document.querySelector('.controls').checkVisibility()",
        "document.querySelector('.chart-table tbody tr').checkVisibility()",
        "getComputedStyle(document.documentElement).getPropertyValue('--c-ground').trim() === '#ffffff'",
        "document.querySelector('.c-wide').checkVisibility()",
    ] {
        assert_eq!(browser.value(holds).await, true, "{holds}");
    }
    browser.value("dispatchEvent(new Event('afterprint'))").await;
    browser.prints(false).await;
    browser.until("document.querySelector('.chart-stage').checkVisibility() && !document.querySelector('.chart-table').open").await;
    assert_eq!(browser.complaints(), Vec::<String>::new());
    site.close().await;
}
