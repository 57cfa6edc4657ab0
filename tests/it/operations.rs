//! What an operator sees: ids and references, the log, the series, how etsm is used, and what the doctor finds.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use etsm::config::LogFormat;
use etsm::domain::Role;
use etsm::store::Store;
use etsm::telemetry;
use serde_json::Value;

use crate::harness::Harness;
use crate::harness::anthropic;
use crate::harness::anthropic::FakeAnthropic;
use crate::harness::certificate::Made;
use crate::harness::discord;

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn admins() -> Harness {
    Harness::start_with(|settings| {
        settings.chat.role = Role::Admin;
        settings.members.others = Some(Role::Admin);
    })
    .await
}

/// Spoils the table of notes behind the service's back, so that writing one down is our own failure.
async fn spoil_notes(app: &Harness) {
    let url = format!("sqlite://{}", app.folder().join("etsm.db").display());
    let raw = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query("ALTER TABLE note RENAME TO notes_elsewhere").execute(&raw).await.unwrap();
    raw.close().await;
}

#[tokio::test]
async fn every_answer_has_an_id_and_a_well_formed_one_from_a_proxy_is_kept() {
    let app = Harness::start().await;
    let ask = async |given: Option<&str>, path: &str| {
        let request = client().get(format!("{}{path}", app.address()));
        let request = given.into_iter().fold(request, |request, id| request.header("x-request-id", id));
        let response = request.send().await.unwrap();
        response.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    let (one, other) = (ask(None, "/").await, ask(None, "/nowhere").await);
    assert!(
        one != other && one.len() == 16 && one.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{one} {other}"
    );
    assert_eq!(
        ask(Some("4bf92f3577b34da6a3ce929d0e0e4736"), "/healthz").await,
        "4bf92f3577b34da6a3ce929d0e0e4736"
    );
    for odd in ["short", "<script>alert(1)</script>", "a b c d e f g h"] {
        assert_ne!(ask(Some(odd), "/").await, odd);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_failure_of_ours_has_one_reference_for_the_person_the_program_and_the_log() {
    let mut app = admins().await;
    app.expect_warning("Could not answer");
    spoil_notes(&app).await;
    let dana = app.discord().user("dana");
    let said = dana.types("/note account:acme text:hello").await;
    let reference = said.text.split_whitespace().find(|word| word.starts_with("E-")).expect("it is quoted");
    let log = app.log();
    let line = log.lines().find(|line| line.contains(reference)).expect("it stands in the log");
    let line: Value = serde_json::from_str(line).unwrap();
    assert!(line["cause"].as_str().unwrap().contains("no such table"), "{line}");
    assert!(line["spans"][0]["interaction.id"].is_number(), "{line}");
    app.forgives(&["Could not answer", "no such table"]);
    drop(app);
}

#[tokio::test]
async fn the_log_is_for_programs_and_knows_request_and_interaction() {
    let app = admins().await;
    app.discord().user("dana").types("/health account:acme").await;
    app.web().get("/accounts/acme").await;
    let lines: Vec<Value> =
        app.log().lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let in_span = |name: &str, field: &str| {
        let of_span = |line: &Value| {
            let spans = line["spans"].as_array().cloned().unwrap_or_default();
            spans.iter().any(|span| span["name"] == name && !span[field].is_null())
        };
        lines.iter().any(of_span)
    };
    assert!(in_span("request", "request.id") && in_span("interaction", "interaction.id"));
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()));
    app.finish().await;
}

/// The series of a text for Prometheus, with the labels of each.
fn series(text: &str) -> BTreeSet<(String, Vec<String>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (name, rest) = line.split_once(['{', ' ']).unwrap();
            let bare =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            let labels =
                rest.split_once('}').map_or("", |(labels, _)| if line.contains('{') { labels } else { "" });
            let names = labels.split(',').filter_map(|one| Some(one.split_once('=')?.0.to_owned()));
            (bare.to_owned(), names.filter(|name| name != "le" && name != "quantile").collect())
        })
        .collect()
}

#[tokio::test]
async fn every_series_is_described_has_only_its_labels_and_says_nothing_of_accounts() {
    let app = admins().await;
    app.discord().user("dana").types("/health account:acme").await;
    for path in ["/", "/accounts/acme", "/status", "/no/such/page", "/api/v1/accounts"] {
        app.web().get(path).await;
    }
    let text = app.web().get("/metrics").await.body;
    for (name, labels) in series(&text) {
        let known = telemetry::METRICS.iter().find(|one| one.name == name);
        let known = known
            .unwrap_or_else(|| panic!("{name} stands in no description: add it to telemetry/catalog.rs"));
        let allowed: Vec<&str> = known.labels.iter().map(|(label, _)| *label).collect();
        assert!(labels.iter().all(|label| allowed.contains(&label.as_str())), "{name} has {labels:?}");
        assert!(text.contains(&format!("# HELP {name} {}", known.help)), "{name} has no help");
    }
    for must in [
        "process_cpu_seconds_total",
        "process_open_fds",
        "etsm_disk_free_bytes",
        "etsm_store_up",
        "etsm_snapshot_rows",
    ] {
        assert!(text.contains(&format!("\n{must}")), "{must} is missing:\n{text}");
    }
    assert!(text.contains(r#"route="/accounts/{id}""#) && text.contains(r#"route="none""#));
    assert!(!text.contains("acme") && !text.contains("dana") && !text.contains("Acme"));
    app.finish().await;
}

/// What the source counts and measures.
fn named_in_source(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named_in_source(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for macro_name in ["counter!(", "gauge!(", "histogram!("] {
            for rest in text.split(&format!("metrics::{macro_name}")).skip(1) {
                found.extend(rest.split('"').nth(1).map(str::to_owned));
            }
        }
    }
}

#[test]
fn the_descriptions_are_those_of_the_source() {
    let mut named = BTreeSet::new();
    named_in_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut named);
    named.retain(|name| name.starts_with("etsm_") || name.starts_with("process_"));
    let described: BTreeSet<String> = telemetry::METRICS.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(named, described, "src/telemetry/catalog.rs describes each series of the source");
}

#[test]
fn the_manual_of_monitoring_has_every_series() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("admin/monitoring.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let (begin, end) = ("<!-- series -->\n", "<!-- end of series -->");
    let (head, rest) = text.split_once(begin).unwrap();
    let (table, tail) = rest.split_once(end).unwrap();
    let manual = telemetry::manual();
    if table != manual {
        std::fs::write(&file, format!("{head}{begin}{manual}{end}{tail}")).unwrap();
        panic!(
            "admin/monitoring.md did not have the series of the program; it is written anew: read it and commit it"
        );
    }
}

#[test]
fn dashboard_and_alert_rules_ask_for_series_that_exist_and_each_alert_has_its_runbook() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("admin");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (board, rules, runbook) =
        (read("monitoring/grafana.json"), read("monitoring/alerts.yaml"), read("runbook.md"));
    let known: BTreeSet<&str> = telemetry::METRICS.iter().map(|one| one.name).collect();
    let board: Value = serde_json::from_str(&board).unwrap();
    let mut asked = Vec::new();
    let panels = board["panels"].as_array().unwrap();
    assert!(panels.len() >= 12, "{} panels", panels.len());
    for panel in panels {
        for target in panel["targets"].as_array().into_iter().flatten() {
            asked.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    asked.extend(rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).map(str::to_owned));
    for expression in &asked {
        let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let names: Vec<&str> =
            words.filter(|word| word.starts_with("etsm_") || word.starts_with("process_")).collect();
        assert!(!names.is_empty() || expression.contains("up{"), "{expression} asks for nothing of etsm");
        for name in names {
            let bare =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(known.contains(bare), "{expression}: there is no series {name}");
        }
    }
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 10, "{alerts:?}");
    for alert in alerts {
        assert!(runbook.contains(&format!("\n## {alert}\n")), "runbook.md has no heading {alert}");
        assert!(
            rules.contains(&format!("admin/runbook.md#{}", alert.to_lowercase())),
            "{alert} names no page"
        );
    }
}

#[tokio::test]
async fn how_etsm_is_used_is_counted_without_names_and_can_be_switched_off() {
    let mut app = admins().await;
    let dana = app.discord().user("dana");
    dana.types("/health account:acme").await;
    app.web().get("/movers").await;
    app.web().get("/movers").await;
    app.stop().await.unwrap();
    let store = Store::open_dir(app.folder()).await.unwrap();
    let rows = store.own_use_since("2026-03-01".parse().unwrap()).await.unwrap();
    store.close().await;
    let count = |surface: &str, operation: &str| {
        rows.iter()
            .filter(|row| row.surface == surface && row.operation == operation)
            .map(|row| row.count)
            .sum::<u64>()
    };
    assert_eq!((count("discord", "health"), count("page", "GET /movers")), (1, 2), "{rows:?}");
    assert!(
        rows.iter().all(|row| !format!("{row:?}").contains("acme") && !format!("{row:?}").contains("dana"))
    );

    app.discord().hangs_up().await;
    app.settings_mut().own_use = false;
    app.run().await;
    app.discord().ready().await;
    app.web().get("/movers").await;
    let page = app.web().get("/admin/use").await.body;
    assert!(page.contains("GET /movers") && page.contains("Own use is not counted"), "{page}");
    app.stop().await.unwrap();
    let store = Store::open_dir(app.folder()).await.unwrap();
    let again = store.own_use_since("2026-03-01".parse().unwrap()).await.unwrap();
    assert_eq!(again, rows, "nothing more is counted");
    store.close().await;
    app.finish().await;
}

#[tokio::test]
async fn a_full_database_is_told_everywhere_and_reading_goes_on() {
    let mut app = Harness::prepare(|settings| {
        settings.chat.role = Role::Admin;
        settings.members.others = Some(Role::Admin);
    })
    .await;
    // No more than what is there already, and some pages for what a start writes.
    let bytes = std::fs::metadata(app.folder().join("etsm.db")).unwrap().len();
    app.settings_mut().size_max = Some(bytes + 100 * 4_096);
    app.run().await;
    app.discord().ready().await;
    let dana = app.discord().user("dana");
    let long = "x".repeat(900);
    let mut said = dana.types(&format!("/note account:acme text:{long}")).await;
    for _ in 0..600 {
        if said.text.contains("no room") {
            break;
        }
        said = dana.types(&format!("/note account:acme text:{long}")).await;
    }
    assert!(said.text.contains("There is no room") && said.text.contains("tell an operator"), "{said}");
    let added = client()
        .post(format!("{}/api/v1/initiatives", app.address()))
        .json(&serde_json::json!({ "account_id": "acme", "title": long.repeat(20)[..180].to_owned() }))
        .send()
        .await
        .unwrap();
    let kind = added.headers()["content-type"].to_str().unwrap().to_owned();
    let (status, body) = (added.status().as_u16(), added.text().await.unwrap());
    assert_eq!((status, kind.as_str()), (507, "application/problem+json"), "{body}");
    assert!(body.contains("storage_full"), "{body}");
    let shown = dana.types("/status").await;
    assert!(shown.text.contains("full"), "{shown}");
    assert_eq!(app.web().get("/accounts/acme").await.status, 200, "reading goes on");
    app.logs("The database is not well").await;
    let ready: Value = serde_json::from_str(&app.web().get("/readyz").await.body).unwrap();
    assert_eq!(
        (&ready["ready"], &ready["parts"]["store"]["state"]),
        (&true.into(), &"down".into()),
        "{ready}"
    );
    app.forgives(&["not well", "could not be kept", "no room", "There is no room"]);
    app.finish().await;
}

/// Spoils the middle of each page but the first, which holds the schema: where rows lie.
fn damage(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    for page in 1..bytes.len() / 4_096 {
        let middle = page * 4_096 + 2_048;
        bytes[middle..middle + 8].fill(0xff);
    }
    std::fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn damage_ends_the_service_with_the_remedy() {
    let mut app = Harness::prepare(|_settings| {}).await;
    damage(&app.folder().join("etsm.db"));
    app.run().await;
    let ended = format!("{:#}", app.ends().await.unwrap_err());
    assert!(ended.contains("etsm restore FILE"), "{ended}");
}

/// The doctor over the harness's folder and its fakes.
fn doctor(app: &Harness, words: &[&str], more: &[(&str, &str)]) -> Output {
    let key = "9f86d081884c7d659a2feaa0c55ad015";
    let mut command = Command::new(env!("CARGO_BIN_EXE_etsm"));
    command.arg("check").args(words).env_clear().current_dir(app.folder()).stdin(Stdio::null());
    command.env("ETSM_DATA_DIR", app.folder()).env("ETSM_SECRET_KEY", key).env("NO_PROXY", "127.0.0.1");
    command.envs(more.iter().copied()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_looks_at_everything_while_the_service_runs_and_shows_no_secret() {
    let app = Harness::start().await;
    let anthropic = FakeAnthropic::start().await;
    let guild = discord::GUILD.to_string();
    let world = [
        ("ETSM_DISCORD_TOKEN", discord::TOKEN),
        ("ETSM_DISCORD_API_BASE", app.discord().base()),
        ("ETSM_DISCORD_GUILD_ID", guild.as_str()),
        ("ETSM_ANTHROPIC_API_KEY", anthropic::KEY),
        ("ETSM_ANTHROPIC_BASE_URL", anthropic.base()),
    ];
    let output = tokio::task::block_in_place(|| doctor(&app, &["--json"], &world));
    let said: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let found: Vec<(&str, &str)> = said["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["part"].as_str().unwrap(), one["verdict"].as_str().unwrap()))
        .collect();
    for part in ["settings", "disk", "store", "zones", "key", "serve", "discord"] {
        assert!(found.contains(&(part, "ok")), "{part}: {said:#}");
    }
    for one in said["findings"].as_array().unwrap() {
        assert!(one["verdict"] == "ok" || one["remedy"].is_string(), "{one} has no remedy");
    }
    let text = tokio::task::block_in_place(|| doctor(&app, &[], &world));
    for output in [&output, &text] {
        let all =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(
            !all.contains(discord::TOKEN) && !all.contains(anthropic::KEY) && !all.contains("9f86d081"),
            "{all}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tells_what_is_wrong_and_what_to_do() {
    let app = Harness::prepare(|_settings| {}).await;
    let nowhere = [
        ("ETSM_DISCORD_TOKEN", "wrong"),
        ("ETSM_DISCORD_API_BASE", "http://127.0.0.1:9"),
        ("ETSM_OTLP_ENDPOINT", "http://127.0.0.1:9"),
    ];
    let output = tokio::task::block_in_place(|| doctor(&app, &[], &nowhere));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("fail  discord") && said.contains("HTTPS_PROXY"), "{said}");
    assert!(said.contains("warn  spans") && said.contains("4318"), "{said}");

    let weak = [("ETSM_SECRET_KEY", "abababababababababababababababababab")];
    let output = tokio::task::block_in_place(|| doctor(&app, &["--offline"], &weak));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "a warning is no failure: {said}");
    assert!(said.contains("warn  key") && !said.contains("abab"), "{said}");

    damage(&app.folder().join("etsm.db"));
    let output = tokio::task::block_in_place(|| doctor(&app, &["--offline"], &[]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("fail  store") && said.contains("etsm restore"), "{said}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_opens_the_certificate_and_its_key() {
    let app = Harness::prepare(|_settings| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let files = Made::new().put(folder.path());
    let said = || {
        let (certificate, key) = (files.certificate.to_str().unwrap(), files.key.to_str().unwrap());
        let tls = [
            ("ETSM_TLS_CERTIFICATE", certificate),
            ("ETSM_TLS_KEY", key),
            ("ETSM_PUBLIC_URL", "https://etsm.example.com"),
        ];
        let output = tokio::task::block_in_place(|| doctor(&app, &["--offline"], &tls));
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, text) = said();
    assert!(status == Some(0) && text.contains("ok    tls"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            |mode| std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o644);
        let (status, text) = said();
        assert!(status == Some(0) && text.contains("warn  tls") && text.contains("chmod"), "{text}");
        mode(0o600);
        assert!(!said().1.contains("warn"), "{}", said().1);
    }
    std::fs::write(&files.key, Made::new().key).unwrap();
    let (status, text) = said();
    assert!(status == Some(1) && text.contains("fail  tls") && text.contains("same renewal"), "{text}");
    Made::between(2001, 2002).put(folder.path());
    let (status, text) = said();
    assert!(status == Some(1) && text.contains("ended on 2002") && text.contains("→ renew"), "{text}");
    app.finish().await;
}

#[test]
fn the_form_of_the_log_is_a_setting() {
    let of = |text: &str| text.parse::<LogFormat>();
    assert_eq!(
        (of("auto"), of("text"), of("json")),
        (Ok(LogFormat::Auto), Ok(LogFormat::Text), Ok(LogFormat::Json))
    );
    assert!(of("xml").unwrap_err().contains("auto, text or json"));
}
