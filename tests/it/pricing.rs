//! Usage that comes without a cost, and keys that are bound to a source.

use std::fs;
use std::process::Command;
use std::process::Output;

use etsm::config::Environment;
use etsm::config::Settings;
use etsm::domain::PriceList;
use serde_json::Value;
use serde_json::json;

use crate::harness::Harness;

const PRICES: &str = "[[prices]]\nmodel = \"sonnet\"\nfrom = \"2026-03-01\"\ninput = \"3\"\noutput = \"15\"\n\
    [[prices]]\nendpoint = \"/v1/rank\"\nfrom = \"2026-03-01\"\ncall = \"0.002\"\n";

fn prices() -> PriceList {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("etsm.toml");
    fs::write(&path, PRICES).unwrap();
    Settings::load(Some(&path), &Environment::of([] as [(&str, &str); 0])).unwrap().prices
}

/// The program with prices, and a key made on its command line.
struct World {
    app: Harness,
    client: reqwest::Client,
    key: String,
}

impl World {
    async fn start(words: &[&str]) -> Self {
        let app = Harness::start_with(|settings| settings.prices = prices()).await;
        let words = [&["key", "add", "shop", "--scope", "ingest,read"], words].concat();
        let key = app.terminal().run(&words).await.trim().to_owned();
        Self { app, client: reqwest::Client::builder().no_proxy().build().unwrap(), key }
    }

    async fn push(&self, query: &str, rows: &Value) -> (u16, Value) {
        let url = format!("{}/api/v1/usage{query}", self.app.address());
        let sent = self.client.post(url).bearer_auth(&self.key).json(rows).send().await.unwrap();
        let status = sent.status().as_u16();
        (status, serde_json::from_str(&sent.text().await.unwrap()).unwrap())
    }

    async fn bill(&self, account: &str) -> Value {
        let page =
            self.app.web().get(&format!("/api/v1/accounts/{account}/reconciliation?month=2026-03")).await;
        serde_json::from_str(&page.body).unwrap()
    }

    /// Waits until an account has so much cost, in whole units.
    async fn costs(&self, account: &str, cost: f64) {
        let path = format!("/api/v1/usage?account={account}&from=2026-03-01&grain=week&metric=cost");
        for _ in 0..600 {
            let page = self.app.web().get(&path).await.body;
            if serde_json::from_str::<Value>(&page).unwrap()["total"] == cost {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{account} never costs {cost}: {}", self.app.web().get(&path).await.body);
    }
}

fn row(time: &str, more: &Value) -> Value {
    let mut row = json!({
        "timestamp": time, "account_id": "orbit", "endpoint": "/v1/chat", "api_calls": 100,
        "tokens_used": 1_100_000, "input_tokens": 1_000_000, "output_tokens": 100_000
    });
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

#[tokio::test]
async fn what_comes_without_a_cost_has_that_of_its_price_until_its_source_tells_one() {
    let world = World::start(&[]).await;
    let rows = json!([
        row("2026-03-10T08:00:00Z", &json!({"model": "sonnet", "cost": 5.0})),
        row("2026-03-10T09:00:00Z", &json!({"model": "sonnet"})),
        row("2026-03-10T10:00:00Z", &json!({"model": "sonnet", "cost": ""})),
        row("2026-03-10T10:00:00Z", &json!({"endpoint": "/v1/rank"})),
        row("2026-03-10T11:00:00Z", &json!({"model": "other"})),
        row("2026-02-28T23:00:00Z", &json!({"model": "sonnet"})),
    ]);
    let (status, report) = world.push("", &rows).await;
    assert_eq!((status, &report["accepted"], &report["priced"]), (200, &4.into(), &3.into()), "{report:#}");
    // Three for what was read and one and a half for what was written, twice; a hundred calls of ranking.
    assert_eq!(report["totals"]["cost"], 14.2);
    let refused: Vec<(&Value, &str)> = report["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["reason"], one["message"].as_str().unwrap()))
        .collect();
    let missing = Value::from("missing_field");
    let remedy = "fill it in, or add a price under [[prices]] in the configuration";
    let told = [
        (
            &missing,
            format!("cost is empty, and no price holds for the model “other” on 2026-03-10; {remedy}"),
        ),
        (
            &missing,
            format!("cost is empty, and no price holds for the model “sonnet” on 2026-02-28; {remedy}"),
        ),
    ];
    assert_eq!(refused, told.each_ref().map(|(reason, words)| (*reason, words.as_str())));
    world.costs("orbit", 14.2).await;

    let total = &world.bill("orbit").await["total"];
    assert_eq!((&total["billed"], &total["computed"]), (&5_000_000.into(), &9_200_000.into()), "{total}");
    assert_eq!((&total["metered"], &total["unexplained"]), (&4_500_000.into(), &500_000.into()), "{total}");
    let page = world.app.web().get("/accounts/orbit/cost?month=2026-03").await.body;
    assert!(page.contains("$9.20 of it was not billed") && page.contains("Cost of March 2026"), "{page}");

    // Whoever looks at the cost finds the way there, in the browser and in chat.
    for page in
        ["/accounts/orbit/usage?metric=cost&range=30d", "/accounts/orbit/usage?metric=calls&range=30d"]
    {
        let body = world.app.web().get(page).await.body;
        let linked = body.contains("href=\"/accounts/orbit/cost?month=2026-03\"");
        assert_eq!(linked, page.contains("cost&"), "{body}");
    }
    let said = world.app.web().chat("usage orbit metric:cost range:30d").await.body;
    assert!(said.contains("/accounts/orbit/cost?month=2026-03"), "{said}");

    // The source tells a cost for one of them after all; sent again, the other is what it was.
    let rows = json!([
        row("2026-03-10T09:00:00Z", &json!({"model": "sonnet", "cost": 4.0})),
        row("2026-03-10T10:00:00Z", &json!({"model": "sonnet"})),
    ]);
    let (_, report) = world.push("", &rows).await;
    assert_eq!((&report["replaced"], &report["duplicates"]), (&1.into(), &1.into()));
    world.costs("orbit", 13.7).await;
    let total = &world.bill("orbit").await["total"];
    assert_eq!((&total["billed"], &total["computed"]), (&9_000_000.into(), &4_700_000.into()), "{total}");
    world.app.finish().await;
}

#[test]
fn a_file_needs_no_column_of_costs_where_there_are_prices() {
    let place = tempfile::tempdir().unwrap();
    let file = "timestamp,account_id,api_calls,tokens_used,endpoint\n2026-03-10T08:00:00Z,orbit,40,0,/v1/rank\n\
                2026-03-10T09:00:00Z,orbit,60,0,/v1/chat\n";
    fs::write(place.path().join("usage.csv"), file).unwrap();
    fs::write(place.path().join("etsm.toml"), PRICES).unwrap();
    let import = |words: &[&str]| -> (Option<i32>, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etsm"));
        command.args(words).args(["import", "usage", "usage.csv", "--json"]);
        let Output { status, stdout, .. } = command.env_clear().current_dir(place.path()).output().unwrap();
        (status.code(), serde_json::from_slice(&stdout).unwrap())
    };
    let (code, report) = import(&[]);
    assert_eq!((code, &report["file_error"]), (Some(2), &"missing_column".into()));
    let (code, report) = import(&["--config", "etsm.toml"]);
    assert_eq!((code, &report["accepted"], &report["priced"]), (Some(1), &1.into(), &1.into()), "{report:#}");
    assert_eq!(report["totals"]["cost"], 0.08);
    assert_eq!(
        (&report["rejected"][0]["row"], &report["rejected"][0]["column"]),
        (&2.into(), &"cost".into())
    );
    let message = report["rejected"][0]["message"].as_str().unwrap();
    assert!(message.contains("no price holds for the endpoint “/v1/chat”, without a model, on"), "{message}");
    let (_, again) = import(&["--config", "etsm.toml"]);
    assert_eq!((&again["accepted"], &again["duplicates"]), (&0.into(), &1.into()));
}

#[tokio::test]
async fn a_key_that_is_bound_to_a_source_sends_that_alone() {
    let world = World::start(&["--source", "gateway"]).await;
    let rows = json!([row("2026-03-10T08:00:00Z", &json!({"cost": 5.0}))]);
    let (status, problem) = world.push("?source=billing", &rows).await;
    assert_eq!((status, &problem["code"]), (403, &"other_source".into()), "{problem:#}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("the source gateway alone") && detail.contains("etsm key add"), "{detail}");
    assert_eq!(world.push("?source=gateway", &rows).await.1["accepted"], 1);
    // Naming none takes it: the same row of the same source.
    assert_eq!(world.push("", &rows).await.1["duplicates"], 1);
    let listed = world.app.terminal().run(&["key", "list"]).await;
    assert!(listed.contains("shop  ingest,read of gateway alone"), "{listed}");
    let page = world.app.web().get("/admin").await;
    assert!(page.status == 403 || page.body.contains("of the source gateway alone"), "{}", page.body);
    world.app.finish().await;
}

/// The one example in Python of a manual, over a server and with a key of a test.
fn example(manual: &str, address: &str) -> String {
    let text = fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(manual)).unwrap();
    let (_, rest) = text.split_once("```python\n").expect("the manual has an example");
    let (code, _) = rest.split_once("```").expect("the example ends");
    assert!(code.contains("https://etsm.example.com/"), "{code}");
    code.replace("https://etsm.example.com", address)
}

#[tokio::test]
async fn the_example_in_python_works_as_it_is_printed() {
    if Command::new("python3").arg("--version").output().is_err() {
        // Nothing to run it with.
        return;
    }
    let world = World::start(&[]).await;
    let code = example("docs/import.md", &world.app.address());
    let run = async || {
        let (code, key) = (code.clone(), world.key.clone());
        let run = move || {
            let mut command = Command::new("python3");
            command.args(["-I", "-c", &code]).env("NO_PROXY", "127.0.0.1").env("ETSM_KEY", key).output()
        };
        let Output { status, stdout, stderr } = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    };
    assert_eq!(run().await, "1 new, 0 refused\n");
    assert_eq!(run().await, "0 new, 0 refused\n", "the same event again adds nothing");
    world.app.finish().await;
}
