//! The read API.

use reqwest::header;
use serde_json::Value;

use super::site::Site;

#[tokio::test]
async fn the_api_says_the_same_in_json() {
    let site = Site::open().await;
    let usage = site.json("/api/v1/usage?account=acme&range=30d&by=endpoint&compare=previous").await;
    assert_eq!(usage["total"], 45_000);
    assert_eq!(usage["previous"]["total"], 33_000);
    assert_eq!(usage["parts"][0]["name"], "/v1/chat");
    assert_eq!(usage["parts"][1]["total"], 15_000);
    let sum: i64 =
        usage["points"].as_array().unwrap().iter().map(|point| point["value"].as_i64().unwrap()).sum();
    assert_eq!(sum, 45_000);
    let cost =
        site.json("/api/v1/usage?account=acme&from=2026-03-01&to=2026-03-31&metric=cost&grain=week").await;
    assert_eq!(cost["total"], 90.0);
    let csv = site.text("/api/v1/usage?account=acme&range=7d&by=endpoint&format=csv").await;
    assert!(csv.starts_with("at,endpoint,calls\r\n") && csv.lines().count() == 15, "{csv}");

    let accounts = site.json("/api/v1/accounts").await;
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 3);
    let acme = site.json("/api/v1/accounts/acme").await;
    assert_eq!((&acme["name"], &acme["owner"]), (&"Acme".into(), &"dana".into()));
    assert_eq!(acme["usage"]["api_calls"], 45_000);
    let health = site.json("/api/v1/accounts/acme/health").await;
    assert_eq!(health["score"], acme["health_score"]);
    let portfolio = site.json("/api/v1/portfolio?window=30d").await;
    assert_eq!(portfolio["accounts"], 3);
    let initiatives = site.json("/api/v1/initiatives?status=active").await;
    assert_eq!(initiatives["initiatives"].as_array().unwrap().len(), 2);

    for (path, status) in [
        ("/api/v1/accounts/nobody", 404),
        ("/api/v1/usage?range=never", 400),
        ("/api/v1/usage?colour=red", 400),
        ("/api/v1/usage?from=2026-02-02&to=2026-01-01", 400),
        ("/api/v1/usage?from=1000-01-01&grain=hour", 400),
        ("/api/v1/nothing", 404),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
        let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(problem["status"], status, "{path}");
    }
    site.close().await;
}
