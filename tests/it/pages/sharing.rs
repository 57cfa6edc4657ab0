//! Links that show a chart in previews, and that show nothing without a signature.

use etsm::access::Pass;
use etsm::access::PassSeal;
use etsm::access::Share;
use etsm::access::ShareSeal;
use etsm::domain::Bearer;
use jiff::SignedDuration;
use reqwest::StatusCode;
use reqwest::header;

use super::site::{SECRET, Site};

const LINE: &str = "usage acme range:7d";

fn share(site: &Site, line: &str, holds: SignedDuration) -> String {
    let ends = site.desk.clock().now() + holds;
    let share = Share { bearer: Bearer::Reader("dana".parse().unwrap()), line: line.into(), ends };
    format!("/s/{}", ShareSeal::new(SECRET).sign(&share))
}

/// What a chat program takes from a page.
fn meta(html: &str, name: &str) -> String {
    let start = format!("<meta property=\"og:{name}\" content=\"");
    html.split(start.as_str()).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// The picture's path; it stands by the public address.
fn picture_of(html: &str) -> String {
    meta(html, "image").strip_prefix("https://etsm.example.com").expect("by the public address").to_owned()
}

#[tokio::test]
async fn a_share_shows_its_chart_to_whoever_holds_it_and_lets_nobody_in() {
    let site = Site::shut().await;
    let path = share(&site, LINE, Share::SHOWS);
    let answer = site.get(&path).await;
    assert_eq!(answer.status(), StatusCode::OK, "previews are made of pages that are well");
    assert!(!answer.headers().contains_key(header::SET_COOKIE));
    let html = answer.text().await.unwrap();
    assert_eq!(meta(&html, "title"), "Acme — usage, last 7 days");
    assert!(meta(&html, "description").contains("API calls per day"), "{html}");
    assert!(html.contains("/auth/login?to=%2Faccounts%2Facme%2Fusage%3Frange%3D7d"), "{html}");
    let picture = site.get(&picture_of(&html)).await;
    assert_eq!(picture.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(picture.headers()["cross-origin-resource-policy"], "cross-origin");
    let shown = picture.bytes().await.unwrap();
    let open = Site::open().await;
    let whole = open.get("/chart/usage.png?account=acme&range=7d&theme=dark").await.bytes().await.unwrap();
    assert_eq!(shown, whole, "the very chart of the page");
    assert_eq!(site.get("/accounts/acme/usage?range=7d").await.status(), StatusCode::UNAUTHORIZED);
    site.close().await;
    open.close().await;
}

#[tokio::test]
async fn nothing_is_shown_of_a_share_that_is_over_changed_or_of_no_chart() {
    let site = Site::shut().await;
    let over = share(&site, LINE, SignedDuration::ZERO);
    let html = site.text(&over).await;
    assert_eq!(meta(&html, "title"), "etsm");
    assert!(!html.contains("Acme") && html.contains("does not show its chart any more"), "{html}");
    let neutral = site.get(&format!("{over}/chart.png")).await;
    assert_eq!(neutral.status(), StatusCode::SEE_OTHER);
    assert!(neutral.headers()[header::LOCATION].to_str().unwrap().contains("/preview."));
    for line in ["help", "login", "note acme hello", "status", "usage nobody-at-all"] {
        let path = share(&site, line, Share::SHOWS);
        let answer = site.get(&path).await;
        if answer.status() == StatusCode::OK {
            assert_eq!(meta(&answer.text().await.unwrap(), "title"), "etsm", "{line}");
        }
        let picture = site.get(&format!("{path}/chart.png")).await;
        assert_eq!(picture.status(), StatusCode::SEE_OTHER, "{line}");
    }
    let good = share(&site, LINE, Share::SHOWS);
    let changed = format!("{}A{}", &good[..20], &good[21..]);
    for odd in [changed.as_str(), &good[..good.len() - 3], "/s/x", "/s/a.b"] {
        assert_eq!(site.get(odd).await.status(), StatusCode::FORBIDDEN, "{odd}");
        assert_eq!(site.get(&format!("{odd}/chart.png")).await.status(), StatusCode::FORBIDDEN, "{odd}");
    }
    site.close().await;
}

#[tokio::test]
async fn a_pass_shows_its_chart_only_where_its_maker_said_so_and_is_not_spent_by_looking() {
    let site = Site::shut().await;
    let now = site.desk.clock().now();
    let mut pass =
        Pass::new(Bearer::Reader("dana".parse().unwrap()), "/accounts/acme/usage", now, Pass::HOLDS);
    let path = |pass: &Pass| format!("/l/{}", PassSeal::new(SECRET).sign(pass));
    let quiet = site.text(&path(&pass)).await;
    assert_eq!(meta(&quiet, "title"), "etsm");
    assert!(!quiet.contains("Acme"));
    pass.pictured = Some(LINE.into());
    let link = path(&pass);
    for _look in 0..3 {
        let html = site.text(&link).await;
        assert_eq!(meta(&html, "title"), "Acme — usage, last 7 days");
        assert_eq!(site.get(&picture_of(&html)).await.headers()[header::CONTENT_TYPE], "image/png");
    }
    let spent = site.client.post(site.url(&link)).send().await.unwrap();
    assert_eq!(spent.status(), StatusCode::SEE_OTHER, "it still opens");
    assert!(spent.headers().contains_key(header::SET_COOKIE));
    site.close().await;
}

#[tokio::test]
async fn each_chart_has_links_to_pass_it_on() {
    let site = Site::open().await;
    let page = site.text("/accounts/acme/usage?range=7d&grain=hour").await;
    assert!(page.contains("href=\"/share?line=usage%20acme%20range:7d%20grain:hour\""), "{page}");
    let html = site.text("/share?line=usage%20acme%20range:7d%20grain:hour").await;
    assert!(
        html.contains("value=\"https://etsm.example.com/accounts/acme/usage?range=7d&#38;grain=hour\""),
        "{html}"
    );
    let link = html.split("value=\"https://etsm.example.com").find(|rest| rest.starts_with("/s/")).unwrap();
    let link = link.split('"').next().unwrap();
    // Whoever may look goes on to the page.
    let to = site.get(link).await;
    assert_eq!(to.headers()[header::LOCATION], "/accounts/acme/usage?range=7d&grain=hour");
    assert_eq!(site.get(&format!("{link}/chart.png")).await.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(site.get("/share?line=help").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.get("/share").await.status(), StatusCode::BAD_REQUEST);
    site.close().await;
}
