//! Every page in a real browser, on a phone and on a desk, light and dark: axe, the accessibility engine (committed
//! beside this file with its licence), finds nothing against WCAG 2.2 AA and its best practices, nothing lies on anything
//! else or is cut off, the browser complains of nothing, and no other host is asked.

use etsm::domain::Asker;

use super::PAGES;
use super::browser::Browser;
use super::layout;
use super::site::{Site, Start, attributes};

const AXE: &str = include_str!("axe/axe.min.js");

/// What axe finds in the open page: rule, where, and why.
const FIND: &str = "axe.run(document, { resultTypes: ['violations'], \
     runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) \
     .then((found) => found.violations.map((rule) => \
     `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | ')}`).join('\\n'))";

/// Pages that are no pages of figures: what went wrong.
const SORRY: &[&str] =
    &["/no-such-page", "/accounts/nobody", "/accounts?q=cals%3E1", "/accounts?q=cost%3E1G"];

/// Pages whose address is known once there is something to show: a digest as it was sent, and a receipt.
async fn made(site: &Site) -> Vec<String> {
    let dana: Asker = Start::default().everyone.unwrap();
    for line in ["digest subscribe monday \"0 8 * * MON\"", "digest run monday"] {
        site.desk.ask_line(&dana, line).await.unwrap();
    }
    let mut paths = Vec::new();
    for (page, start) in [("/digests", "/digests/"), ("/", "/facts/")] {
        let html = site.text(page).await;
        let found = attributes(&html, "href").into_iter().find(|href| href.starts_with(start));
        paths.push(found.unwrap_or_else(|| panic!("{page} leads to none")).to_owned());
    }
    paths
}

async fn check(width: u32, height: u32) {
    let Some(mut browser) = Browser::start(width, height).await else { return };
    browser.brings(AXE).await;
    let site = Site::open().await;
    let made = made(&site).await;
    let mut found = Vec::new();
    for dark in [false, true] {
        browser.dark(dark).await;
        for path in PAGES.iter().chain(SORRY).copied().chain(made.iter().map(String::as_str)) {
            browser.open(&site.url(path)).await;
            // Charts and the list of views are there once their scripts ran; they stand in the document by then.
            let mut wrong: Vec<String> = Vec::new();
            for look in [FIND, layout::WRONG] {
                wrong.extend(browser.value(look).await.as_str().map(str::to_owned));
            }
            // The browser itself tells of each answer that is not well.
            let refused = |complaint: &String| !complaint.contains("responded with a status of 4");
            wrong.extend(browser.complaints().into_iter().filter(refused));
            wrong.retain(|words| !words.is_empty());
            if !wrong.is_empty() {
                found.push(format!("{path} at {width}, dark {dark}:\n{}", wrong.join("\n")));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(browser.strangers(&site.url("")), Vec::<String>::new(), "no other host is asked");
    site.close().await;
}

#[tokio::test]
async fn every_page_is_whole_on_a_phone() {
    check(390, 844).await;
}

#[tokio::test]
async fn every_page_is_whole_on_a_desk() {
    check(1440, 900).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_page_would_be_found() {
    let Some(mut browser) = Browser::start(1280, 900).await else { return };
    browser.brings(AXE).await;
    let site = Site::open().await;
    for (script, look, words) in [
        ("document.querySelector('main').append(document.createElement('img'))", FIND, "image-alt"),
        ("document.querySelector('main').style.width = '2000px'", layout::WRONG, "wide"),
        ("document.querySelector('h1').style.marginBottom = '-3rem'", layout::WRONG, "lies on"),
        (
            "Object.assign(document.querySelector('h1').style, { width: '1rem', overflow: 'hidden', whiteSpace: 'nowrap' })",
            layout::WRONG,
            "cuts its words",
        ),
    ] {
        browser.open(&site.url("/help")).await;
        assert_eq!(browser.value(look).await, "");
        browser.value(&format!("{{ {script}; }}")).await;
        let wrong = browser.value(look).await;
        assert!(wrong.as_str().unwrap().contains(words), "{script}: {wrong}");
    }
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
        for path in ["/accounts", "/l/a-link-from-chat", "/s/a-link-that-is-over"] {
            browser.open(&shut.url(path)).await;
            assert_eq!(browser.value(FIND).await, "", "{path}");
            assert_eq!(browser.value(layout::WRONG).await, "", "{path}");
        }
    }
    site.close().await;
    shut.close().await;
}
