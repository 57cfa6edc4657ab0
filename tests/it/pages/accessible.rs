//! Every page before axe, the accessibility engine (committed beside this file with its licence): WCAG 2.2 AA and its
//! best practices, on a phone and on a desk, light and dark.

use super::PAGES;
use super::browser::Browser;
use super::site::Site;

const AXE: &str = include_str!("axe/axe.min.js");

/// What axe finds in the open page: rule, where, and why.
const FIND: &str = "axe.run(document, { resultTypes: ['violations'], \
     runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) \
     .then((found) => found.violations.map((rule) => \
     `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | ')}`).join('\\n'))";

/// Pages that are no pages of figures: what went wrong.
const SORRY: &[&str] =
    &["/no-such-page", "/accounts/nobody", "/accounts?q=cals%3E1", "/accounts?q=cost%3E1G"];

async fn check(width: u32, height: u32) {
    let Some(mut browser) = Browser::start(width, height).await else { return };
    browser.brings(AXE).await;
    let site = Site::open().await;
    let mut found = Vec::new();
    for dark in [false, true] {
        browser.dark(dark).await;
        for path in PAGES.iter().chain(SORRY) {
            browser.open(&site.url(path)).await;
            // Charts and the list of views are there once their scripts ran; they stand in the document by then.
            let wrong = browser.value(FIND).await;
            if wrong != "" {
                found.push(format!("{path} at {width}, dark {dark}:\n{}", wrong.as_str().unwrap()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    site.close().await;
}

#[tokio::test]
async fn axe_finds_nothing_on_a_phone() {
    check(390, 844).await;
}

#[tokio::test]
async fn axe_finds_nothing_on_a_desk() {
    check(1440, 900).await;
}

#[tokio::test]
async fn axe_would_find_something() {
    let Some(mut browser) = Browser::start(1280, 900).await else { return };
    browser.brings(AXE).await;
    let site = Site::open().await;
    browser.open(&site.url("/help")).await;
    browser.value("document.querySelector('main').append(document.createElement('img'))").await;
    let wrong = browser.value(FIND).await;
    assert!(wrong.as_str().unwrap().contains("image-alt"), "{wrong}");
    site.close().await;
}

#[tokio::test]
async fn axe_finds_nothing_in_what_opens_over_a_page_nor_before_the_door() {
    let Some(mut browser) = Browser::start(1280, 900).await else { return };
    browser.brings(AXE).await;
    let (site, shut) = (Site::open().await, Site::shut().await);
    for dark in [false, true] {
        browser.dark(dark).await;
        browser.open(&site.url("/accounts")).await;
        browser.value("document.querySelector('.grid-columns').open = true").await;
        assert_eq!(browser.value(FIND).await, "", "the choice of columns");
        browser.presses("Control+k").await;
        browser.until("document.querySelector('.found [role=option]')").await;
        assert_eq!(browser.value(FIND).await, "", "the palette");
        browser.presses("Escape").await;
        browser.until("!document.querySelector('.palette').open").await;
        browser.presses("?").await;
        browser.until("document.querySelector('.sheet')?.open").await;
        assert_eq!(browser.value(FIND).await, "", "the shortcuts");
        browser.open(&shut.url("/accounts")).await;
        assert_eq!(browser.value(FIND).await, "", "the login");
    }
    site.close().await;
    shut.close().await;
}
