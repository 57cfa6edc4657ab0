//! The doors in a real browser: from a reply in chat to its page, and the login with all that may go wrong on its way.
//! Whatever it is, it ends on a page that says what to do, and nobody is inside.

use crate::harness::Harness;
use crate::harness::discord::Fault;
use crate::harness::discord::On;
use crate::logins::{VIEWERS, own_path, started};

use super::browser::Browser;

const WINDOW: (u32, u32) = (1280, 900);

async fn browser() -> Option<Browser> {
    Browser::start(WINDOW.0, WINDOW.1).await
}

async fn text(browser: &mut Browser) -> String {
    browser.value("document.body.innerText").await.as_str().unwrap().to_owned()
}

/// Opens a page of ours that nobody may see without a login, and follows its button to Discord's page.
async fn sets_out(browser: &mut Browser, app: &Harness, to: &str) -> String {
    browser.open(&format!("{}{to}", app.address())).await;
    browser.value("document.querySelector('main a.primary').click()").await;
    browser.until("location.pathname === '/oauth2/authorize' && document.querySelector('h1')").await;
    browser.value("location.href").await.as_str().unwrap().to_owned()
}

/// Where Discord sends the browser of dana back to, once she agreed on that page.
fn agreed(app: &Harness, page: &str) -> String {
    format!("{}/auth/callback?{}", app.address(), app.discord().user("dana").logs_in(page))
}

/// The page says what to do, and nobody is inside.
async fn stays_outside(browser: &mut Browser, app: &Harness, words: &str) {
    let said = text(browser).await;
    assert!(said.contains(words) && !said.contains("Acme"), "{words}: {said}");
    assert_eq!(
        browser.value("document.querySelector('main a.primary').pathname").await,
        "/auth/login",
        "a way on"
    );
    browser.open(&format!("{}/", app.address())).await;
    assert_eq!(browser.value("document.querySelector('h1').innerText").await, "Log in", "after {words}");
}

#[tokio::test]
async fn a_reply_leads_to_its_page_by_one_button_and_once() {
    let Some(mut browser) = browser().await else { return };
    let app = started().await;
    let reply = app.discord().user("dana").with_roles(&[VIEWERS]).types("/usage account:acme").await;
    assert!(reply.ephemeral, "a channel that others read gets no pass: {reply}");
    let link = format!("{}{}", app.address(), own_path(reply.link()));
    browser.open(&link).await;
    let said = text(&mut browser).await;
    assert!(!said.contains("Acme") && !said.contains("dana"), "{said}");
    assert_eq!(browser.value("document.querySelectorAll('main :is(a, button, input)').length").await, 1);
    browser.value("document.querySelector('main button').click()").await;
    browser.until("location.pathname === '/accounts/acme/usage' && document.querySelector('h1')").await;
    browser.until("document.querySelector('figure.chart[data-live] canvas')").await;
    assert!(text(&mut browser).await.contains("Acme — usage"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.forgets().await;
    browser.open(&link).await;
    browser.value("document.querySelector('main button').click()").await;
    browser.until("document.querySelector('h1').innerText === 'Not allowed'").await;
    stays_outside(&mut browser, &app, "used already").await;
    assert_eq!(browser.strangers(&app.address()), Vec::<String>::new(), "no other host is asked");
    app.finish().await;
}

#[tokio::test]
async fn a_login_leads_to_the_page_that_was_wanted_and_its_code_serves_once() {
    let Some(mut browser) = browser().await else { return };
    let app = started().await;
    app.discord().user("dana").with_roles(&[VIEWERS]);
    let page = sets_out(&mut browser, &app, "/accounts/acme/health").await;
    let back = agreed(&app, &page);
    browser.goes(&back).await;
    browser.until("location.pathname === '/accounts/acme/health' && document.querySelector('h1')").await;
    assert!(text(&mut browser).await.contains("Log out"));
    browser.forgets().await;
    browser.open(&back).await;
    stays_outside(&mut browser, &app, "Log in again").await;
    assert_eq!(app.discord().exchanged(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_login_that_was_begun_in_another_browser_lets_nobody_in() {
    let (Some(mut hers), Some(mut other)) = (browser().await, browser().await) else { return };
    let app = started().await;
    app.discord().user("dana").with_roles(&[VIEWERS]);
    let her_page = sets_out(&mut hers, &app, "/").await;
    let other_page = sets_out(&mut other, &app, "/").await;
    // Each gets the way back of the other.
    let (her_back, other_back) = (agreed(&app, &her_page), agreed(&app, &other_page));
    for (browser, back) in [(&mut hers, &other_back), (&mut other, &her_back)] {
        browser.open(back).await;
        stays_outside(browser, &app, "not begun in this browser").await;
    }
    assert_eq!(app.discord().exchanged(), 0);
    app.finish().await;
}

#[tokio::test]
async fn a_login_that_discord_refuses_or_does_not_answer_says_what_to_do() {
    let Some(mut browser) = browser().await else { return };
    let app = started().await;
    app.discord().user("dana").with_roles(&[VIEWERS]);
    let page = sets_out(&mut browser, &app, "/").await;
    let state = page.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let refused = format!("{}/auth/callback?error=access_denied&state={state}", app.address());
    browser.open(&refused).await;
    stays_outside(&mut browser, &app, "Log in again if you like").await;
    for fault in [Fault::Code(500, 0), Fault::Silence] {
        let page = sets_out(&mut browser, &app, "/").await;
        app.discord().fails(On::Login, fault);
        browser.open(&agreed(&app, &page)).await;
        stays_outside(&mut browser, &app, "Try again in a minute").await;
    }
    app.finish().await;
}
