//! The API as a program uses it: what it describes is what it does.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::harness::Harness;

struct Api {
    app: Harness,
    client: reqwest::Client,
}

struct Said {
    status: u16,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Said {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|odd| panic!("{odd}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Api {
    async fn start() -> Self {
        // Admins may call all of it.
        let app = Harness::start_with(|settings| settings.chat.role = etsm::domain::Role::Admin).await;
        Self { app, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Said {
        let method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.app.address()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Said { status, headers, text: answer.text().await.unwrap() }
    }

    async fn get(&self, path: &str) -> Said {
        self.send("GET", path, None, &[]).await
    }
}

fn document() -> Value {
    serde_json::from_str(&etsm::web::openapi()).unwrap()
}

/// Every described operation: path, method, description.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().clone();
        methods.into_iter().map(|(method, what)| (path.clone(), method, what)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn the_description_is_the_one_that_is_committed() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let text = etsm::web::openapi() + "\n";
    if std::fs::read_to_string(file).is_ok_and(|written| written == text) {
        return;
    }
    std::fs::write(file, text).unwrap();
    panic!("docs/openapi.json was not that of the program; it is written anew: read it and commit it");
}

#[test]
fn each_operation_has_a_name_of_its_own() {
    let all = operations(&document());
    let names: BTreeSet<String> = all.iter().map(|(.., what)| what["operationId"].to_string()).collect();
    assert_eq!(names.len(), all.len(), "{names:?}");
}

#[test]
fn the_reference_is_that_of_the_description() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (before, rest) = text.split_once("<!-- reference -->\n").unwrap();
    let (written, after) = rest.split_once("<!-- end of reference -->").unwrap();
    let made = reference(&document());
    if written != made {
        let whole = format!("{before}<!-- reference -->\n{made}<!-- end of reference -->{after}");
        std::fs::write(file, whole).unwrap();
        panic!("docs/api.md was not that of the description; it is written anew: read it and commit it");
    }
}

fn reference(document: &Value) -> String {
    let mut out = String::new();
    for (path, method, what) in operations(document) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        out += &format!("### `{} {path}`\n\n{}.", method.to_uppercase(), text(&what["summary"]));
        let about = text(&what["description"]);
        out += &if about.is_empty() { "\n\n".to_owned() } else { format!(" {about}\n\n") };
        let options = what["parameters"].as_array().cloned().unwrap_or_default();
        if !options.is_empty() {
            out += "| option | what it is |\n|---|---|\n";
            for option in &options {
                out += &format!("| `{}` | {} |\n", text(&option["name"]), text(&option["description"]));
            }
            out.push('\n');
        }
        let body = &what["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        if let Some(name) = body.as_str().and_then(|name| name.rsplit('/').next()) {
            out += "| field of the body | what it is |\n|---|---|\n";
            let schema = &document["components"]["schemas"][name];
            for (field, about) in schema["properties"].as_object().unwrap() {
                let needed = schema["required"].as_array().is_some_and(|all| all.contains(&json!(field)));
                let mark = if needed { " (needed)" } else { "" };
                out += &format!("| `{field}`{mark} | {} |\n", text(&about["description"]));
            }
            out.push('\n');
        }
        let done = ["200", "201"].iter().find(|status| what["responses"].get(**status).is_some()).unwrap();
        out += &format!("Answers {done}: {}.\n\n", text(&what["responses"][*done]["description"]));
    }
    out
}

#[tokio::test]
async fn what_is_described_is_what_is_there() {
    let api = Api::start().await;
    let document = document();
    let described: BTreeSet<String> = operations(&document).into_iter().map(|(path, ..)| path).collect();
    let page = api.client.get(format!("{}/api/v1/openapi.json", api.app.address())).send().await.unwrap();
    assert_eq!(page.text().await.unwrap(), etsm::web::openapi());
    let manual = include_str!("../../admin/access.md");
    let routes = manual.lines().filter_map(|line| line.strip_prefix("| `/api/v1")?.split_once('`'));
    let routes: BTreeSet<String> = routes.map(|(rest, _)| format!("/api/v1{rest}")).collect();
    let own = BTreeSet::from(["/api/v1/openapi.json".to_owned()]);
    assert_eq!(routes.difference(&own).cloned().collect::<BTreeSet<_>>(), described);
    api.app.finish().await;
}

#[tokio::test]
async fn each_option_that_is_described_is_understood_and_no_other() {
    let api = Api::start().await;
    for (path, method, what) in operations(&document()) {
        if method != "get" {
            continue;
        }
        let path = path.strip_prefix("/api/v1").unwrap().replace("{id}", "acme");
        let said = api.get(&format!("{path}?zzz=1")).await;
        assert_eq!(said.status, 400, "{path}: {}", said.text);
        assert_eq!(said.header("content-type"), "application/problem+json");
        let detail = said.json()["detail"].as_str().unwrap().to_owned();
        let known = detail.split("The options are ").nth(1).unwrap_or_default().trim_end_matches('.');
        let known: BTreeSet<&str> = known.split(", ").filter(|name| !name.is_empty()).collect();
        let empty = Vec::new();
        let described = what["parameters"].as_array().unwrap_or(&empty).iter();
        let described = described.filter(|one| one["in"] == "query");
        let described: BTreeSet<&str> = described.map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(known, described, "{path}");
    }
    api.app.finish().await;
}

#[tokio::test]
async fn every_answer_has_the_shape_that_is_described() {
    let api = Api::start().await;
    let document = document();
    let terminal = api.app.terminal();
    terminal.ask("digest subscribe monday \"0 8 * * MON\"").await;
    terminal.ask("digest run monday").await;
    while api.get("/digests").await.json()["digests"][0]["state"] != "sent" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let ids =
        BTreeMap::from([("initiatives", "ini-1"), ("accounts", "acme"), ("digests", "1"), ("facts", "")]);
    let mut checked = 0;
    for (path, method, what) in operations(&document) {
        let schema = &what["responses"]["200"]["content"]["application/json"]["schema"];
        if method != "get" || schema.is_null() {
            continue;
        }
        let kind = path.split('/').nth(3).unwrap();
        let mut id = ids.get(kind).copied().unwrap_or_default().to_owned();
        if kind == "facts" {
            let account = api.get("/accounts/acme").await.json();
            let at = |name: &str| account[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            let (from, to) = (at("from").as_millisecond(), at("to").as_millisecond());
            id = format!("change.calls~acme~~~{from}~{to}~{}", account["data_version"]);
        }
        let path = path.strip_prefix("/api/v1").unwrap().replace("{id}", &id);
        let extra = if path.ends_with("/usage") { "?by=endpoint&compare=previous" } else { "" };
        let said = api.get(&format!("{path}{extra}")).await;
        assert_eq!(said.status, 200, "{path}: {}", said.text);
        let mut whole = schema.clone();
        whole["components"] = document["components"].clone();
        let validator = jsonschema::validator_for(&whole).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&said.json())
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{path}: {wrong:#?}");
        checked += 1;
    }
    assert!(checked >= 11, "{checked}");
    api.app.finish().await;
}

#[tokio::test]
async fn an_initiative_is_written_down_changed_and_ended() {
    let api = Api::start().await;
    let new = json!({"account_id": "acme", "title": "Move to <b>batch</b>", "priority": "high",
        "expected_revenue": 24000.5, "due": "2026-05-01", "text": "Agreed by phone"});
    let made = api.send("POST", "/initiatives", Some(new), &[]).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["initiative_id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/api/v1/initiatives/{id}"));
    let path = format!("/initiatives/{id}");
    let read = api.get(&path).await.json();
    assert_eq!(
        (&read["title"], &read["expected_revenue"]),
        (&json!("Move to <b>batch</b>"), &json!(24000.5))
    );
    assert_eq!(read["updates"][0]["text"], "Agreed by phone");
    let edit = json!({"due": null, "owner": "mei", "status": "active"});
    let changed = api.send("PATCH", &path, Some(edit), &[]).await.json();
    assert_eq!(
        (&changed["due"], &changed["owner"], &changed["status"]),
        (&json!(null), &json!("mei"), &json!("active"))
    );
    assert_eq!(changed["expected_revenue"], 24000.5, "what is left out stays");
    let log = json!({"text": "Kick-off held"});
    let told = api.send("POST", &format!("{path}/updates"), Some(log), &[]).await;
    assert_eq!(
        (told.status, &told.json()["updates"][2]["text"]),
        (201, &json!("Kick-off held")),
        "{}",
        told.text
    );
    let end = json!({"status": "done", "text": "Batch runs every night"});
    let ended = api.send("PATCH", &path, Some(end), &[]).await.json();
    assert_eq!(ended["status"], "done");
    // Chat says the same.
    let dana = api.app.discord().user("dana");
    assert!(dana.types(&format!("/initiative show id:{id}")).await.text.contains("Kick-off held"));
    api.app.finish().await;
}

#[tokio::test]
async fn a_wrong_body_is_told_with_its_place_and_changes_nothing() {
    let api = Api::start().await;
    let before = api.get("/initiatives").await.json()["initiatives"].clone();
    let check = async |method: &str, path: &str, body: Value, status: u16, words: &str| {
        let said = api.send(method, path, Some(body), &[]).await;
        assert!(said.status == status && said.text.contains(words), "{} {}", said.status, said.text);
        assert_eq!(said.header("content-type"), "application/problem+json");
    };
    check("POST", "/initiatives", json!({"account_id": "acme"}), 400, "missing field `title`").await;
    check("POST", "/initiatives", json!({"account_id": "acme", "title": "x", "colour": 1}), 400, "colour")
        .await;
    check("POST", "/initiatives", json!({"account_id": "nowhere", "title": "x"}), 404, "nowhere").await;
    check(
        "POST",
        "/initiatives",
        json!({"account_id": "acme", "title": "x", "due": "soon"}),
        400,
        "2026-01-31",
    )
    .await;
    check(
        "POST",
        "/initiatives",
        json!({"account_id": "acme", "title": "x", "status": "done"}),
        400,
        "status",
    )
    .await;
    check("PATCH", "/initiatives/ini-404", json!({"title": "x"}), 404, "ini-404").await;
    check("PATCH", "/initiatives/ini-1", json!({}), 400, "").await;
    check("POST", "/initiatives/ini-1/updates", json!([1]), 400, "").await;
    let address = format!("{}/api/v1/initiatives", api.app.address());
    let form = api.client.post(&address).form(&[("title", "x")]).send().await.unwrap();
    assert_eq!(form.status(), 400);
    let cut = api.client.post(&address).header("content-type", "application/json").body("{\"title\": ");
    assert!(cut.send().await.unwrap().text().await.unwrap().contains("line 1 column"));
    assert_eq!(api.get("/initiatives").await.json()["initiatives"], before);
    api.app.finish().await;
}

#[tokio::test]
async fn a_list_is_read_by_pages() {
    let api = Api::start().await;
    let whole = api.get("/accounts").await.json();
    let whole: Vec<Value> =
        whole["accounts"].as_array().unwrap().iter().map(|one| one["account_id"].clone()).collect();
    assert!(whole.len() >= 2);
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/accounts?limit=1{cursor}")).await.json();
        read.extend(page["accounts"].as_array().unwrap().iter().map(|one| one["account_id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(read, whole);
    for odd in ["limit=0", "limit=1001", "limit=x", "cursor=%2B%2B"] {
        assert_eq!(api.get(&format!("/accounts?{odd}")).await.status, 400, "{odd}");
    }
    api.app.finish().await;
}

#[tokio::test]
async fn an_answer_keeps_its_tag_as_long_as_its_figures() {
    let api = Api::start().await;
    let first = api.get("/portfolio").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/"), "{tag}");
    let again = api.send("GET", "/portfolio", None, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let new = json!({"account_id": "acme", "title": "Something new"});
    assert_eq!(api.send("POST", "/initiatives", Some(new), &[]).await.status, 201);
    let later = api.send("GET", "/portfolio", None, &[("if-none-match", &tag)]).await;
    assert_eq!(later.status, 200);
    assert_ne!(later.header("etag"), tag);
    api.app.finish().await;
}

#[tokio::test]
async fn rows_stream_out_and_add_up_to_the_totals() {
    let api = Api::start().await;
    let rows = api.get("/usage/rows?account=acme&range=30d").await;
    assert_eq!(rows.header("content-type"), "application/x-ndjson");
    let rows: Vec<Value> = rows.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!rows.is_empty());
    let sum: u64 = rows.iter().map(|row| row["api_calls"].as_u64().unwrap()).sum();
    let total = api.get("/usage?account=acme&range=30d").await.json()["total"].as_u64().unwrap();
    assert_eq!(sum, total);
    assert!(rows.iter().all(|row| row["account_id"] == "acme" && row["source"].is_string()));
    let one = rows[0]["endpoint"].as_str().unwrap();
    let of_one =
        api.get(&format!("/usage/rows?account=acme&range=30d&endpoint={}", one.replace('/', "%2F"))).await;
    assert!(of_one.text.lines().count() <= rows.len() && of_one.text.lines().all(|line| line.contains(one)));
    api.app.finish().await;
}

#[tokio::test]
async fn a_viewer_reads_and_does_not_write() {
    let app = Harness::start_with(|settings| settings.chat.role = etsm::domain::Role::Viewer).await;
    let api = Api { app, client: reqwest::Client::builder().no_proxy().build().unwrap() };
    assert_eq!(api.get("/initiatives/ini-1").await.status, 200);
    let new = json!({"account_id": "acme", "title": "x"});
    let said = api.send("POST", "/initiatives", Some(new), &[]).await;
    assert!(said.status == 403 && said.text.contains("role manager"), "{}", said.text);
    let said = api.send("PATCH", "/initiatives/ini-1", Some(json!({"title": "x"})), &[]).await;
    assert_eq!(said.status, 403);
    api.app.finish().await;
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
    let api = Api::start().await;
    let wrong = api.send("DELETE", "/portfolio", None, &[]).await;
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (405, Some("wrong_method")), "{}", wrong.text);
    assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
    for method in ["GET", "POST", "DELETE"] {
        let nowhere = api.send(method, "/nowhere", None, &[]).await;
        assert_eq!((nowhere.status, nowhere.json()["code"].as_str()), (404, Some("not_found")), "{method}");
    }
    let no_text = api.get("/accounts/%EF%BF").await;
    assert_eq!((no_text.status, no_text.json()["code"].as_str()), (404, Some("not_found")));
    api.app.finish().await;
}
