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
    for path in PAGES {
        browser.open(&site.url(path)).await;
        let wide = browser.value("document.documentElement.scrollWidth").await;
        assert_eq!(wide, 360, "{path} is wider than the phone");
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
async fn the_overview_is_light_with_all_that_a_browser_loads_for_it() {
    let Some(mut browser) = Browser::start(1440, 900).await else { return };
    let site = Site::open().await;
    for dark in [false, true] {
        browser.dark(dark).await;
        browser.open(&site.url("/")).await;
        browser.until("document.fonts.status === 'loaded' && performance.getEntriesByType('resource').every((one) => one.responseEnd > 0)").await;
    }
    let wire = browser.received();
    // Fonts and styles are never fetched twice, so the second look costs its page alone.
    assert!((80_000.0..150_000.0).contains(&wire), "{wire} bytes over the wire");
    assert_eq!(browser.strangers(&site.url("")), Vec::<String>::new(), "no other host is asked");
    site.close().await;
}

#[tokio::test]
async fn who_wants_no_motion_gets_none() {
    let Some(mut browser) = Browser::start(1280, 900).await else { return };
    let site = Site::open().await;
    browser.stills(true).await;
    for path in ["/", "/accounts/acme/usage", "/initiatives?view=board", "/chat"] {
        browser.open(&site.url(path)).await;
        browser.until("[...document.querySelectorAll('script[data-chart]')].every((one) => one.closest('[data-live]'))").await;
        let moves = "[...document.querySelectorAll('*')].filter((node) => { const style = getComputedStyle(node); \
             return style.animationName !== 'none' || style.transitionDuration.split(', ').some((time) => parseFloat(time) > 0 && style.transitionProperty !== 'none') \
             || style.scrollBehavior === 'smooth'; }).map((node) => node.className || node.tagName).slice(0, 5).join()";
        assert_eq!(browser.value(moves).await, "", "{path}");
        assert_eq!(browser.value("document.getAnimations().length").await, 0, "{path}");
    }
    site.close().await;
}

#[tokio::test]
async fn at_twice_the_size_nothing_is_lost() {
    // Half the pixels of a window of 1280 × 1024, each twice as large.
    let Some(mut browser) = Browser::start(640, 512).await else { return };
    let site = Site::open().await;
    for path in PAGES {
        browser.open(&site.url(path)).await;
        let wrong = browser.value(super::layout::WRONG).await;
        assert_eq!(wrong, "", "{path}");
    }
    site.close().await;
}

#[tokio::test]
async fn the_tab_key_walks_what_can_be_pressed_and_shows_where_it_is() {
    let Some(mut browser) = Browser::start(1280, 900).await else { return };
    let site = Site::open().await;
    for dark in [false, true] {
        browser.dark(dark).await;
        for path in ["/", "/accounts", "/accounts/acme/usage", "/initiatives?view=board", "/alerts"] {
            browser.open(&site.url(path)).await;
            let mut seen = Vec::new();
            for _ in 0..40 {
                browser.presses("Tab").await;
                let place = browser
                    .value(
                        "(() => { const node = document.activeElement; const style = getComputedStyle(node); \
                         const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none'; \
                         const box = node.getBoundingClientRect(); const visible = box.width > 0 && box.bottom > 0 && box.top < innerHeight; \
                         return `${shown && visible ? '' : 'unseen '}${node.tagName} ${node.textContent.trim().slice(0, 30)} ${Math.round(box.x)},${Math.round(box.y + scrollY)}`; })()",
                    )
                    .await;
                let place = place.as_str().unwrap().to_owned();
                if place.contains("BODY") {
                    break;
                }
                seen.push(place);
            }
            let unseen: Vec<&String> = seen.iter().filter(|place| place.starts_with("unseen")).collect();
            assert!(unseen.is_empty(), "{path}, dark {dark}: {unseen:?}");
            assert_eq!(
                seen[0].split(' ').nth(1),
                Some("Skip"),
                "{path} begins with the way past the navigation"
            );
            seen.sort_unstable();
            seen.dedup();
            assert!(seen.len() >= 20, "{path}: the focus is caught: {seen:?}");
        }
    }
    site.close().await;
}
