//! A page that is opened again in a moment is given as it was, and never later than what it shows was changed.

use reqwest::header;

use super::site::{Site, Start};

const PAGE: &str = "/accounts/acme";
const APOLOGY: &str = "Not to be had just now";

#[tokio::test]
async fn a_page_opened_again_in_a_moment_is_not_made_again() {
    let site = Site::open().await;
    let first = site.text(PAGE).await;
    // What is made from now on has a tile that fails.
    site.desk.store().close().await;
    assert_eq!(site.text(PAGE).await, first);
    assert!(site.text("/accounts/hostile").await.contains(APOLOGY), "another page is made");
    let packed = site.client.get(site.url(PAGE)).header(header::ACCEPT_ENCODING, "br").send().await.unwrap();
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "br");
    let unlike = |one: &[u8]| one != first.as_bytes();
    assert!(unlike(&packed.bytes().await.unwrap()), "whoever takes it packed gets it packed");
    site.close().await;
}

#[tokio::test]
async fn what_is_written_shows_on_the_next_page() {
    let site = Site::open().await;
    for number in 0..3 {
        let words = format!("They asked for more, {number}");
        assert!(!site.text(PAGE).await.contains(&words));
        let sent = [("line", "note acme".to_owned()), ("text", words.clone())];
        let written = site.client.post(site.url("/order")).form(&sent).send().await.unwrap();
        assert!(written.status().is_redirection() || written.status().is_success(), "{}", written.status());
        assert!(site.text(PAGE).await.contains(&words));
    }
    site.close().await;
}

#[tokio::test]
async fn a_page_with_a_tile_that_failed_is_made_again() {
    let site = Site::start(Start { alerts_hang: true, ..Start::default() }).await;
    for _ in 0..2 {
        let begun = std::time::Instant::now();
        assert!(site.text(PAGE).await.contains(APOLOGY));
        assert!(begun.elapsed() > std::time::Duration::from_secs(4), "its tile was waited for");
    }
    site.close().await;
}
