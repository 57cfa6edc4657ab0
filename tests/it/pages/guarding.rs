//! Who and what is refused, and how the server bounds its clients.

use etsm::access::Deed;
use etsm::web;
use reqwest::StatusCode;
use reqwest::header;

use super::site::Site;

#[tokio::test]
async fn other_names_and_other_sites_are_refused() {
    let site = Site::open().await;
    let host = async |name: &str| {
        let sent = site.client.get(site.url("/")).header(header::HOST, name).send();
        sent.await.unwrap().status()
    };
    assert_eq!(host("evil.example").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(host("localhost.evil.example:80").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(host("localhost:1234").await, StatusCode::OK);
    assert_eq!(host("etsm.example.com").await, StatusCode::OK);

    let post = async |name: &'static str, value: &str| {
        let form = [("line", "initiative add acme \"From elsewhere\"")];
        let sent = site.client.post(site.url("/chat/ask")).form(&form).header(name, value).send();
        sent.await.unwrap().status()
    };
    assert_eq!(post("origin", "https://evil.example").await, StatusCode::FORBIDDEN);
    assert_eq!(post("origin", "null").await, StatusCode::FORBIDDEN);
    assert_eq!(post("sec-fetch-site", "cross-site").await, StatusCode::FORBIDDEN);
    assert!(!site.text("/initiatives").await.contains("From elsewhere"), "nothing was written");
    assert_eq!(post("origin", &site.url("")).await, StatusCode::OK);
    assert!(site.text("/initiatives").await.contains("From elsewhere"));
    site.close().await;
}

#[tokio::test]
async fn a_silent_client_is_dropped_and_the_server_stops_in_time() {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    let site = Site::open().await;
    let mut socket = tokio::net::TcpStream::connect(site.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    let closed =
        tokio::time::timeout(std::time::Duration::from_secs(20), socket.read_to_end(&mut rest)).await;
    closed.expect("headers that never end are not waited for").unwrap();
    let _idle = tokio::net::TcpStream::connect(site.address).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(12), site.close()).await.expect("it drains in time");
}

#[tokio::test]
async fn whoever_shows_nothing_gets_nothing_by_any_route() {
    let site = Site::shut().await;
    let ruled = |route: &&web::RuledRoute| matches!(route.rule, web::Rule::May(_) | web::Rule::Ingest);
    let mut tried = 0;
    for route in site.routes.iter().filter(ruled) {
        let path = route.path.replace("{id}", "acme").replace("{file}", "usage.png");
        for method in [reqwest::Method::GET, reqwest::Method::POST] {
            let answer = site.client.request(method, site.url(&path)).send().await.unwrap();
            let status = answer.status();
            let body = answer.text().await.unwrap();
            assert!(
                [StatusCode::UNAUTHORIZED, StatusCode::METHOD_NOT_ALLOWED].contains(&status),
                "{path}: {status}"
            );
            assert!(!body.contains("Acme"), "{path}");
            tried += usize::from(status == StatusCode::UNAUTHORIZED);
        }
    }
    assert!(tried >= site.routes.iter().filter(ruled).count(), "{tried}");
}

/// The table of `admin/access.md` is that of the router.
#[tokio::test]
async fn every_route_stands_in_the_manual_with_its_rule() {
    let site = Site::open().await;
    let rule = |rule: web::Rule| match rule {
        web::Rule::Open => "anyone; it says nothing of accounts".to_owned(),
        web::Rule::Ingest => "keys with the scope ingest, and admins; it shows nothing".to_owned(),
        web::Rule::Own => "whoever shows what it checks itself".to_owned(),
        web::Rule::May(Deed::Write) => "manager and above, to change what is theirs to change".to_owned(),
        web::Rule::May(deed) => format!("{} and above, within their accounts", deed.needs()),
    };
    let lines = site.routes.iter().map(|route| format!("| `{}` | {} |\n", route.path, rule(route.rule)));
    let table = format!("| route | who |\n|---|---|\n{}", lines.collect::<String>());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/admin/access.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (before, rest) = text.split_once("<!-- routes -->\n").unwrap();
    let (written, after) = rest.split_once("<!-- end of routes -->").unwrap();
    if written != table {
        std::fs::write(file, format!("{before}<!-- routes -->\n{table}<!-- end of routes -->{after}"))
            .unwrap();
        panic!(
            "admin/access.md did not list the routes as they are; it is written anew: read it and commit it"
        );
    }
}

#[tokio::test]
async fn a_preview_of_a_link_tells_nothing_but_whose_it_is() {
    let site = Site::shut().await;
    let html = site.get("/accounts/acme/usage?range=7d").await.text().await.unwrap();
    let meta = |name: &str| {
        let start = format!("<meta property=\"og:{name}\" content=\"");
        html.split(start.as_str()).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    };
    assert_eq!(meta("title"), "etsm");
    assert!(!meta("description").contains("acme"));
    let picture = meta("image");
    let path = picture.strip_prefix("https://etsm.example.com").expect("by the public address");
    let answer = site.get(path).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(site.get("/chart/usage.png?account=acme").await.status(), StatusCode::UNAUTHORIZED);
    site.close().await;
}
