//! The browser chat without script.

use reqwest::StatusCode;

use super::site::Site;

#[tokio::test]
async fn the_chat_is_served_only_where_it_is_switched_on() {
    let site = Site::open_with(false).await;
    assert_eq!(site.get("/chat").await.status(), StatusCode::NOT_FOUND);
    let sent = site.client.post(site.url("/chat/ask")).form(&[("line", "help")]).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::NOT_FOUND);
    assert!(!site.text("/help").await.contains("/chat"));
    site.close().await;
}

#[tokio::test]
async fn the_chat_works_without_script() {
    let site = Site::open().await;
    let ask = async |line: &str| {
        let sent = site.client.post(site.url("/chat/ask")).form(&[("line", line)]).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::OK);
        sent.text().await.unwrap()
    };
    let html = ask("usage acme by:endpoint").await;
    assert!(html.contains("title=\"45,000 API calls\""), "{html}");
    assert!(html.contains("href=\"/accounts/acme/usage?by=endpoint\""), "{html}");
    assert!(html.contains("/chart/usage.png?account=acme&#38;by=endpoint&amp;theme=dark"), "{html}");
    let html = ask("usgae acme").await;
    assert!(html.contains("Only you can see this") && html.contains("usage"), "{html}");
    let choices = site.json("/chat/complete?line=health%20ac").await;
    assert!(choices.as_array().unwrap().iter().any(|one| one["value"] == "health acme"), "{choices}");
    site.close().await;
}
