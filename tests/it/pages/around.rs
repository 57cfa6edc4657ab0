//! Getting around: the palette, the shortcuts, and keys that lead to pages.

use super::browser::Browser;
use super::site::Site;

/// Group, label and address of what is found.
async fn found(site: &Site, typed: &str) -> Vec<(String, String, String)> {
    let word = |one: &serde_json::Value, name: &str| one[name].as_str().unwrap().to_owned();
    let all = site.json(&format!("/search?q={typed}")).await;
    all.as_array()
        .unwrap()
        .iter()
        .map(|one| (word(one, "group"), word(one, "label"), word(one, "href")))
        .collect()
}

#[tokio::test]
async fn the_search_finds_accounts_initiatives_pages_and_commands() {
    let site = Site::open().await;
    let acme = found(&site, "acm").await;
    assert_eq!((acme[0].0.as_str(), acme[0].2.as_str()), ("Accounts", "/accounts/acme"), "{acme:?}");
    let streaming = found(&site, "streaming").await;
    assert!(streaming.iter().any(|one| one.2 == "/initiatives/ini-1"), "{streaming:?}");
    assert!(found(&site, "board").await.iter().any(|one| one.2 == "/initiatives?view=board"));
    let line = found(&site, "usage+acme+range:7d").await;
    assert!(line.iter().any(|one| one.2 == "/accounts/acme/usage?range=7d"), "{line:?}");
    let note = found(&site, "note+acme").await;
    assert!(note.iter().any(|one| one.2 == "/order?line=note%20acme"), "{note:?}");
    let nothing_typed = found(&site, "").await;
    assert!(nothing_typed.iter().all(|one| one.0 == "Pages") && nothing_typed.len() > 8);
    for (_, label, href) in [acme, line, nothing_typed].concat() {
        assert_eq!(site.get(&href).await.status(), 200, "{label}: {href}");
    }
    site.close().await;
}

#[tokio::test]
async fn one_gets_anywhere_by_keys() {
    let Some(mut browser) = Browser::start(1280, 900).await else { return };
    let site = Site::open().await;
    browser.open(&site.url("/")).await;
    browser.presses("Control+k").await;
    browser
        .until("document.querySelector('.palette')?.open && document.querySelector('.found [role=option]')")
        .await;
    browser.types("boreal").await;
    browser
        .until("document.querySelector('.found [aria-selected=true]').innerText.includes('Borealis')")
        .await;
    browser.presses("Enter").await;
    browser.until("location.pathname === '/accounts/borealis' && !document.querySelector('[data-palette-open]').hidden").await;
    browser.presses("?").await;
    browser.until("document.querySelector('.sheet')?.open").await;
    browser.presses("Escape").await;
    browser.until("!document.querySelector('.sheet').open").await;
    browser.presses("g").await;
    browser.presses("b").await;
    browser
        .until("location.search === '?view=board' && !document.querySelector('[data-palette-open]').hidden")
        .await;
    browser.presses("Control+k").await;
    browser.until("document.querySelector('.palette')?.open").await;
    browser.types("no such thing at all").await;
    browser.until("document.querySelector('.palette .empty').innerText.includes('Nothing is called')").await;
    assert_eq!(browser.complaints(), Vec::<String>::new());
    site.close().await;
}
