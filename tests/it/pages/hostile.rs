//! The whole dashboard with names that try everything, in a real browser.

use etsm::domain::Account;
use etsm::domain::Asker;
use etsm::domain::Initiative;
use etsm::domain::Note;
use etsm::domain::Person;

use crate::harness::seed;

use super::browser::Browser;
use super::layout;
use super::site::{Site, Start, attributes};

/// Markup that runs where it is not escaped, in text, in an attribute and in a script.
const MARKUP: &str =
    "\"'><img src=http://evil.invalid/x onerror=pwned=1><script>pwned=1</script></script>{{7*7}}";
/// The first control turns the rest of a line around.
const BIDI: &str = "\u{202e}\u{2066}drowssap\u{202e} 👩‍👩‍👧‍👦🏴‍☠️ ﷽ Z̷̡a̴l̵g̶o̷";

fn long_word() -> String {
    "W".repeat(200)
}

/// Each kind of name in each place that takes one.
async fn plant(site: &Site) {
    let mut accounts: Vec<Account> = Vec::new();
    for (id, name) in [("markup", MARKUP.to_owned()), ("bidi", BIDI.to_owned()), ("long", long_word())] {
        let mut one = seed::account(id, &name, &name);
        (one.segment, one.plan) = (Some(name.clone()), Some(name.clone()));
        one.tags = vec![name.clone(), "tag".into()];
        accounts.push(one);
    }
    site.desk.record_accounts(&accounts, &seed::act()).await.unwrap();
    let mut rows = Vec::new();
    let mut initiatives: Vec<Initiative> = Vec::new();
    let mut notes = Vec::new();
    for account in &accounts {
        rows.extend(seed::daily(account.id.as_str(), &account.name, |day| {
            900 - 9 * u64::try_from(day).unwrap()
        }));
        let mut one = seed::initiative(&format!("ini-{}", account.id), account.id.as_str(), &account.name);
        (one.owner, one.due) = (account.owner.clone(), Some("2026-03-15".parse().unwrap()));
        initiatives.push(one);
        notes.push(Note {
            account: account.id.clone(),
            at: "2026-03-20T09:00:00Z".parse().unwrap(),
            author: Person::new(&account.name).unwrap(),
            text: account.name.clone(),
        });
    }
    site.desk.record_usage(&rows, &[], None, seed::intake()).await.unwrap();
    site.desk.record_initiatives(&initiatives, &seed::act()).await.unwrap();
    site.desk.record_notes(&notes, &seed::act()).await.unwrap();
    site.alerts.look(&site.desk).await.unwrap();
}

/// Whether a script of a name ran or its markup is live, in words.
const LIVE: &str = "[window.pwned && 'a script ran', document.querySelector('img[src*=evil]') && 'markup is live'] \
     .filter(Boolean).join('; ')";

/// Every place that shows names, with those names in it.
fn pages() -> Vec<String> {
    let mut all: Vec<String> =
        ["/", "/accounts", "/usage?by=account", "/usage?by=endpoint", "/movers", "/churn"]
            .into_iter()
            .chain([
                "/anomalies",
                "/initiatives",
                "/initiatives?view=board",
                "/alerts",
                "/alerts/alert-1",
                "/digests",
            ])
            .chain(["/admin", "/admin/rules", "/order?line=note%20markup", "/share?line=usage%20long"])
            .map(str::to_owned)
            .collect();
    for id in ["markup", "bidi", "long"] {
        for below in ["", "/usage?by=endpoint", "/health", "/why", "/forecast"] {
            all.push(format!("/accounts/{id}{below}"));
        }
        all.push(format!("/initiatives/ini-{id}"));
    }
    all
}

#[tokio::test]
async fn names_that_try_everything_run_nothing_reach_nobody_and_break_no_page() {
    let Some(mut browser) = Browser::start(390, 844).await else { return };
    let site = Site::open().await;
    plant(&site).await;
    let dana: Asker = Start::default().everyone.unwrap();
    for line in ["digest subscribe monday \"0 8 * * MON\"", "digest run monday"] {
        site.desk.ask_line(&dana, line).await.unwrap();
    }
    let mut pages = pages();
    let digests = site.text("/digests").await;
    let digest = attributes(&digests, "href").into_iter().find(|href| href.starts_with("/digests/"));
    pages.push(digest.expect("a digest was made").to_owned());
    let mut wrong = Vec::new();
    for (width, height, dark) in [(390, 844, true), (1440, 900, false)] {
        browser.resize(width, height).await;
        browser.dark(dark).await;
        for path in &pages {
            browser.open(&site.url(path)).await;
            let (live, laid) = (browser.value(LIVE).await, browser.value(layout::WRONG).await);
            let complaints = browser.complaints();
            if live != "" || laid != "" || !complaints.is_empty() {
                wrong.push(format!("{path} at {width}: {live} {laid} {complaints:?}"));
            }
        }
        // The chat, which writes what was asked and answered into the page by script.
        browser.open(&site.url("/chat")).await;
        browser.until("document.activeElement.id === 'line'").await;
        browser.types("health markup").await;
        browser.presses("Enter").await;
        browser.until("document.querySelectorAll('.exchange .embed').length === 1").await;
        // The palette, which lists what is found.
        browser.presses("Control+k").await;
        browser.until("document.querySelector('.palette')?.open").await;
        browser.types("WWW").await;
        browser.until("document.querySelector('.found [role=option]')").await;
        let found = browser.value(LIVE).await;
        if found != "" || !browser.complaints().is_empty() {
            wrong.push(format!("chat and palette at {width}: {found}"));
        }
    }
    assert_eq!(browser.strangers(&site.url("")), Vec::<String>::new(), "nothing is asked of another host");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    site.close().await;
}
