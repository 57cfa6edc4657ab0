//! Pages in a real browser.

use super::PAGES;
use super::browser::Browser;
use super::site::Site;

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
    // From a reply to the page of the same figures.
    browser
        .value("document.querySelector('.exchange .buttons a.button[href^=\"/accounts/acme\"]').click()")
        .await;
    browser.until("location.pathname.startsWith('/accounts/acme') && document.querySelector('h1')?.innerText.includes('Acme')").await;
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
