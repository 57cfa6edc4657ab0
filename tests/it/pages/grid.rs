//! The grid of accounts: filtered, ordered, as a file, page by page, and by keys.

use reqwest::StatusCode;
use reqwest::header;

use crate::harness::seed;

use super::browser::Browser;
use super::site::Site;

/// Ids of the listed accounts, in their order.
fn listed(html: &str) -> Vec<&str> {
    html.split("<th scope=\"row\"><a href=\"/accounts/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

async fn ids(site: &Site, query: &str) -> Vec<String> {
    let html = site.text(&format!("/accounts?{query}")).await;
    listed(&html).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_column_orders_the_rows_both_ways() {
    let site = Site::open().await;
    assert_eq!(ids(&site, "sort=calls").await, ["acme", "borealis", "hostile"]);
    assert_eq!(ids(&site, "sort=-calls").await, ["hostile", "borealis", "acme"]);
    assert_eq!(ids(&site, "sort=-name").await, ["borealis", "acme", "hostile"]);
    assert_eq!(ids(&site, "sort=change").await[0], "borealis");
    assert_eq!(ids(&site, "sort=initiatives").await[2], "borealis");
    let html = site
        .text("/accounts?col=segment&col=plan&col=tag&col=status&col=errors&col=tokens&col=renewal")
        .await;
    let sorts: Vec<&str> =
        html.split("class=\"sort\" href=\"").skip(1).filter_map(|one| one.split('"').next()).collect();
    assert_eq!(sorts.len(), 8, "{sorts:?}");
    for sort in sorts {
        assert_eq!(
            listed(&site.text(&sort.replace("&amp;", "&").replace("&#38;", "&")).await).len(),
            3,
            "{sort}"
        );
    }
    let wrong = site.get("/accounts?sort=shoe").await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    site.close().await;
}

#[tokio::test]
async fn the_filter_narrows_and_names_the_place_of_a_mistake() {
    let site = Site::open().await;
    assert_eq!(ids(&site, "q=owner%3Ame").await, ["acme"]);
    assert_eq!(ids(&site, "q=calls%3C20k+-%22acme%22&sort=name").await, ["hostile", "borealis"]);
    assert_eq!(ids(&site, "owner=mei&sort=name&band=&page=").await.len(), 2, "as older links say it");
    let none = site.text("/accounts?q=cost%3E1G").await;
    assert!(
        none.contains("No account passes this filter") && none.contains("href=\"/accounts\">Clear"),
        "{none}"
    );
    let answer = site.get("/accounts?q=owner%3Ame+cals%3E%3Cb%3E&sort=calls").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let html = answer.text().await.unwrap();
    assert!(html.contains("Character 10:") && html.contains("<mark>cals</mark>&#62;&#60;b&#62;"), "{html}");
    assert!(html.contains("value=\"owner:me cals&#62;&#60;b&#62;\""), "what was typed stays");
    site.close().await;
}

#[tokio::test]
async fn the_filtered_grid_is_a_file_that_no_spreadsheet_runs() {
    let site = Site::open().await;
    let evil = seed::account("evil", "=HYPERLINK(\"https://evil.invalid\";\"x\")", "mei");
    site.desk.record_accounts(&[evil], &seed::act()).await.unwrap();
    let answer = site.get("/accounts.csv?q=owner%3Amei&sort=change&col=calls&col=change").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().contains("etsm-accounts.csv"));
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "account_id,name,api_calls,api_calls_change_percent");
    let fields: Vec<&str> = lines[1].split(',').collect();
    assert_eq!(fields[..2], ["borealis", "Borealis"]);
    assert!(fields[3].parse::<f64>().unwrap() < -10.0, "a negative number stays one: {}", lines[1]);
    assert!(text.contains("\"'=HYPERLINK(\"\"https"), "{text}");
    assert!(!text.contains("acme"), "{text}");
    site.close().await;
}

#[tokio::test]
async fn many_accounts_come_page_by_page_and_whole_in_the_file() {
    let site = Site::open().await;
    let many: Vec<_> =
        (0..1_050).map(|n| seed::account(&format!("many-{n:04}"), &format!("Many {n:04}"), "mei")).collect();
    site.desk.record_accounts(&many, &seed::act()).await.unwrap();
    let first = site.text("/accounts?q=many&sort=name").await;
    assert!(first.contains("1050 accounts"), "{}", &first[..2_000]);
    assert_eq!((listed(&first).len(), listed(&first)[0]), (100, "many-0000"));
    let last = site.text("/accounts?q=many&sort=name&page=11").await;
    assert_eq!((listed(&last).len(), *listed(&last).last().unwrap()), (50, "many-1049"));
    assert!(last.contains("rel=\"prev\"") && !last.contains("rel=\"next\""));
    assert_eq!(site.text("/accounts.csv?q=many").await.lines().count(), 1_051);
    site.close().await;
}

#[tokio::test]
async fn one_walks_the_rows_by_keys_and_keeps_a_view() {
    let Some(mut browser) = Browser::start(1280, 900).await else { return };
    let site = Site::open().await;
    browser.open(&site.url("/accounts?sort=name")).await;
    browser.until("document.querySelector('.own-views button')").await;
    browser.presses("j").await;
    browser.presses("j").await;
    assert_eq!(browser.value("document.activeElement.innerText").await, "Acme");
    browser.presses("k").await;
    browser.presses("ArrowDown").await;
    browser.presses("ArrowDown").await;
    assert_eq!(browser.value("document.activeElement.innerText").await, "Borealis");
    browser.presses("/").await;
    assert_eq!(browser.value("document.activeElement.name").await, "q");
    browser.types("owner:me").await;
    browser.presses("Enter").await;
    browser.until("location.search === '?sort=name&q=owner%3Ame'").await;
    browser.until("document.querySelector('.own-views button')").await;
    browser.value("document.querySelector('.own-views button').click()").await;
    browser.types("Mine by name").await;
    browser.presses("Enter").await;
    browser.until("document.querySelector('.own-views a[aria-current]')").await;
    browser.open(&site.url("/accounts")).await;
    browser.until("document.querySelector('.own-views a')").await;
    browser.value("document.querySelector('.own-views a').click()").await;
    browser.until("location.search === '?sort=name&q=owner%3Ame'").await;
    browser.until("document.querySelector('.own-views .quiet')").await;
    browser.value("document.querySelector('.own-views .quiet').click()").await;
    assert_eq!(browser.value("localStorage.getItem('etsm-views')").await, "[]");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    site.close().await;
}
