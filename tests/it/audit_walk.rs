//! Every surface that changes something leaves exactly one entry, with who, how and the id of the request.
//!
//! The tables are held against the router, the catalogue and the command line, so that what is added there and not here
//! fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use etsm::config::Settings;
use etsm::domain::Bearer;
use etsm::domain::Role;
use etsm::store::ApiKey;
use etsm::store::AuditFilter;
use etsm::store::KeyScope;
use etsm::store::Session;
use etsm::store::Store;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::audit::head;
use crate::audit::open_alert;
use crate::harness::Harness;
use crate::harness::discord::CLIENT_SECRET;
use crate::harness::discord::FakeUser;
use crate::harness::discord::Shown;
use crate::harness::seed;
use crate::pages::site::Site;

/// The entries since a number, the oldest first, as `kind subject by who through how`; those that name the request they
/// came with end with a mark.
async fn since(store: &Store, number: u64) -> Vec<String> {
    let mut all = store.audit(&AuditFilter::default(), 1_000).await.unwrap();
    all.retain(|one| one.number > number);
    all.reverse();
    all.into_iter()
        .map(|one| {
            let mark = if one.request.is_some_and(|id| !id.is_empty()) { " #" } else { "" };
            format!("{} {} by {} through {}{mark}", one.kind, one.subject, one.who, one.how)
        })
        .collect()
}

/// Routes that change something: method, path, what is sent, and what is entered of it.
fn routes(alert: &str) -> Vec<(Method, String, Value, String)> {
    let post = |path: String, sent, entered: String| (Method::POST, path, sent, entered);
    let new = json!({"account_id": "acme", "title": "By the API"});
    let change = || "initiative.change ini-1".to_owned();
    let (acknowledged, snoozed) = (format!("alert.acknowledge {alert}"), format!("alert.snooze {alert}"));
    let chat = json!({"line": "note acme \"By chat\""});
    let order = json!({"line": "note acme", "text": "By a form"});
    vec![
        post("/api/v1/initiatives".into(), new, "initiative.add ini-3".into()),
        (Method::PATCH, "/api/v1/initiatives/ini-1".into(), json!({"priority": "low"}), change()),
        post("/api/v1/initiatives/ini-1/updates".into(), json!({"text": "Begun"}), change()),
        post(format!("/api/v1/alerts/{alert}/ack"), json!({}), acknowledged.clone()),
        post(format!("/api/v1/alerts/{alert}/snooze"), json!({"until": "4h"}), snoozed.clone()),
        post(format!("/alerts/{alert}/ack"), json!({"text": "Mine"}), acknowledged),
        post(format!("/alerts/{alert}/snooze"), json!({"until": "6h"}), snoozed),
        post("/initiatives/ini-1/move".into(), json!({"status": "blocked"}), change()),
        post("/order".into(), order, "note.add note 2".into()),
        post("/chat/ask".into(), chat.clone(), "note.add note 3".into()),
        post("/chat".into(), chat, "note.add note 4".into()),
        post("/admin/keys/revoke".into(), json!({"name": "bi"}), "key.revoke bi".into()),
        post(
            "/admin/sessions/end".into(),
            json!({"fingerprint": "abcdefghijkl"}),
            "session.end abcdefgh".into(),
        ),
    ]
}

/// What is posted and changes nothing.
const ONLY_ASKED: &[(Method, &str)] = &[(Method::POST, "/admin/replay")];

/// What is tried with the whole program, further below.
const WITH_THE_WHOLE: &[(Method, &str)] = &[
    (Method::POST, "/api/v1/usage"),
    (Method::POST, "/auth/logout"),
    (Method::POST, "/l/{token}"),
    (Method::POST, "/discord/interactions"),
];

async fn plant_a_key_and_a_session(store: &Store) {
    let key = ApiKey {
        name: "bi".into(),
        scopes: [KeyScope::Read].into(),
        source: None,
        made_by: "dana".into(),
        made: seed::act().at,
        used: None,
        revoked: None,
    };
    store.add_api_key(&key, "f", &seed::act()).await.unwrap();
    let session = Session {
        fingerprint: "abcdefghijkl".into(),
        bearer: Bearer::Member(7),
        agent: "B".into(),
        made: seed::act().at,
        seen: seed::act().at,
    };
    store.begin_session(&session, None, &seed::act()).await.unwrap();
}

#[tokio::test]
async fn every_route_that_changes_something_leaves_one_entry() {
    let site = Site::open().await;
    let store = site.desk.store();
    plant_a_key_and_a_session(store).await;
    let alert = open_alert(&site).await;
    let routes = routes(&alert);
    for (method, path, sent, entered) in &routes {
        let before = head(&site).await;
        let request = site.client.request(method.clone(), site.url(path));
        let is_api = path.starts_with("/api/");
        let request = if is_api { request.json(sent) } else { request.form(sent) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let words = answer.text().await.unwrap();
        assert!(status.is_success() || status.is_redirection(), "{path}: {status} {words}");
        let how = if is_api { "api" } else { "web" };
        let expected = [format!("{entered} by dana through {how} #")];
        assert_eq!(since(store, before).await, expected, "{path}");
    }
    // Whatever else the router takes changes nothing, or is tried elsewhere.
    let before = head(&site).await;
    let concrete = |path: &str| path.replace("ini-1", "{id}").replace(&alert, "{id}");
    let mut known: BTreeSet<(String, String)> =
        routes.iter().map(|(method, path, ..)| (method.to_string(), concrete(path))).collect();
    let others = ONLY_ASKED.iter().chain(WITH_THE_WHOLE);
    known.extend(others.map(|(method, path)| (method.to_string(), (*path).to_owned())));
    let mut taken = BTreeSet::new();
    for route in &site.routes {
        let path = route.path.replace("{id}", "none").replace("{token}", "none").replace("{file}", "none");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = site.client.request(method.clone(), site.url(&path)).send().await.unwrap();
            // The door for Discord is there only where it has a key.
            let is_taken = match route.path {
                "/discord/interactions" => method == Method::POST,
                _ => answer.status() != StatusCode::METHOD_NOT_ALLOWED,
            };
            taken.extend(is_taken.then(|| (method.to_string(), route.path.to_owned())));
        }
    }
    let (new, gone) = (taken.difference(&known), known.difference(&taken));
    let none: [&(String, String); 0] = [];
    assert_eq!(new.collect::<Vec<_>>(), none, "in the router, and not in a table here");
    assert_eq!(gone.collect::<Vec<_>>(), none, "in a table here, and not in the router");
    assert_eq!(since(store, before).await, [""; 0], "nothing is entered of what was refused");
    site.close().await;
}

/// Everyone who logs in is an admin, and so is whoever types in Discord.
fn of_admins(settings: &mut Settings) {
    settings.chat.role = Role::Admin;
    settings.members.others = Some(Role::Admin);
    settings.discord.as_mut().unwrap().client_secret = Some(CLIENT_SECRET.to_owned().into());
    let part = |key: &str| (key == "when").then(|| "initiative overdue".to_owned());
    settings.alert_rules = vec![etsm::config::AlertRule::read("late", part).unwrap()];
}

/// An alert that is open, of an initiative that is late.
async fn alert(app: &Harness) {
    let beside = app.beside().await;
    beside.load().await.unwrap();
    let mut late = seed::initiative("ini-7", "acme", "Late already");
    late.due = Some("2026-03-01".parse().unwrap());
    beside.record_initiatives(&[late], &seed::act()).await.unwrap();
    for _ in 0..400 {
        if !beside.store().alerts_kept().await.unwrap().open.is_empty() {
            return beside.store().close().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no alert begins");
}

/// Commands that change something, as they are typed in Discord, each with what is entered of it.
const TYPED: &[(&str, &str)] = &[
    ("/initiative add account:acme title:Move to batch", "initiative.add ini-3"),
    ("/initiative update id:ini-1 text:They wait for legal", "initiative.change ini-1"),
    ("/note account:acme text:Their lead left", "note.add note 2"),
    ("/override set account:acme score:40 until:2026-05-01 reason:They told us", "override.set acme"),
    ("/override clear account:acme", "override.clear acme"),
    ("/alert ack id:alert-1 text:Mine", "alert.acknowledge alert-1"),
    ("/alert snooze id:alert-1 until:4h", "alert.snooze alert-1"),
    ("/alert rule do:set name:mine when:churn above 60%", "alert_rule.set mine"),
    ("/alert rule do:remove name:mine", "alert_rule.remove mine"),
    ("/digest subscribe name:weekly cron:0 8 * * MON", "digest.subscribe weekly"),
    ("/digest pause name:weekly", "digest.pause weekly"),
    ("/digest resume name:weekly", "digest.resume weekly"),
    ("/digest run name:weekly", "digest.run weekly"),
    ("/initiative close id:ini-1 text:Signed", "initiative.close ini-1"),
];

/// What is written in forms that commands and buttons open, and chosen in selects.
async fn by_hand(dana: &FakeUser<'_>, which: &str) -> Shown {
    match which {
        "note.add note 3" => {
            let form = dana.types_for_form("/note account:acme").await;
            dana.submits(&form.write("Note", "In a form")).await
        }
        "note.add note 4" => {
            let form = dana.uses_menu("Note to account…", "mei", "They want weekly numbers").await;
            dana.submits(&form.write("Account", "acme")).await
        }
        "initiative.add ini-4" => {
            let list = dana.types("/initiative list account:acme").await;
            let form = dana.presses_for_form(&list, "New initiative…").await;
            dana.submits(&form.write("Title", "From a button")).await
        }
        "alert.acknowledge alert-1" => {
            let shown = dana.types("/alert show id:alert-1").await;
            let form = dana.presses_for_form(&shown, "Acknowledge…").await;
            dana.submits(&form.write("What is being done", "Calling them")).await
        }
        _ => {
            let shown = dana.types("/alert show id:alert-1").await;
            dana.chooses(&shown, "Keep quiet for …", "1 week").await
        }
    }
}

#[tokio::test]
async fn whatever_is_typed_pressed_or_written_in_discord_leaves_one_entry() {
    let app = Harness::start_with(of_admins).await;
    alert(&app).await;
    let beside = app.beside().await;
    let (store, dana) = (beside.store(), app.discord().user("dana"));
    let last = async || store.audit_head().await.unwrap().number;
    let by_hand_of = [
        "note.add note 3",
        "note.add note 4",
        "initiative.add ini-4",
        "alert.acknowledge alert-1",
        "alert.snooze alert-1",
    ];
    let typed = TYPED.iter().copied().map(|(line, entered)| (Some(line), entered));
    for (line, entered) in typed.chain(by_hand_of.map(|entered| (None, entered))) {
        let before = last().await;
        let shown = match line {
            Some(line) => dana.types(line).await,
            None => by_hand(&dana, entered).await,
        };
        let expected = [format!("{entered} by dana through discord #")];
        assert_eq!(since(store, before).await, expected, "{line:?}: {shown}");
    }
    for command in etsm::answers::CATALOG {
        let parts = command.subcommands.iter().filter(|part| part.writes);
        let writing = parts.map(|part| format!("/{} {} ", command.name, part.name));
        for name in writing.chain(command.writes.then(|| format!("/{} ", command.name))) {
            assert!(TYPED.iter().any(|(line, _)| line.starts_with(&name)), "{name}is not in the table");
        }
    }
    let check = store.check_audit(None).await.unwrap();
    assert_eq!((check.entries, check.flaw), (check.head.number, None));
    store.close().await;
    app.finish().await;
}

#[tokio::test]
async fn logins_links_and_pushes_leave_one_entry() {
    let app = Harness::start_with(of_admins).await;
    let beside = app.beside().await;
    let store = beside.store();
    let last = async || store.audit_head().await.unwrap().number;
    let dana = app.discord().user("dana").with_roles(&[]);

    let visitor = app.visitor();
    let before = last().await;
    let begun = visitor.get("/auth/login?to=/").await;
    assert_eq!(since(store, before).await, [""; 0], "nobody is in yet");
    let back = format!("/auth/callback?{}", dana.logs_in(&begun.to));
    assert_eq!(visitor.get(&back).await.status, 303);
    let entered = since(store, before).await;
    assert!(
        entered.len() == 1
            && entered[0].starts_with("session.open ")
            && entered[0].ends_with(" through web #"),
        "{entered:?}"
    );
    let before = last().await;
    assert_eq!(visitor.post("/auth/logout").await.status, 303);
    let entered = since(store, before).await;
    assert!(
        entered.len() == 1
            && entered[0].starts_with("session.end ")
            && entered[0].ends_with(" through web #"),
        "{entered:?}"
    );

    let login = dana.types("/login").await;
    let before = last().await;
    let path = login.link().strip_prefix("https://etsm.example.com").unwrap().to_owned();
    for status in [303, 403] {
        assert_eq!(app.visitor().post(&path).await.status, status);
    }
    let entered = since(store, before).await;
    assert!(entered.len() == 1 && entered[0].starts_with("session.open "), "{entered:?}");
    assert!(entered[0].ends_with(" through web #"), "{entered:?}");

    let token = etsm::access::Token::random();
    let key = ApiKey {
        name: "shop".into(),
        scopes: [KeyScope::Ingest].into(),
        source: None,
        made_by: "dana".into(),
        made: seed::act().at,
        used: None,
        revoked: None,
    };
    assert!(store.add_api_key(&key, token.fingerprint().as_str(), &seed::act()).await.unwrap());
    let before = last().await;
    let body = "timestamp,account_id,api_calls,tokens_used,cost,endpoint\n2026-03-31T09:00:00Z,acme,1,2,0.5,/v1/chat\n";
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..2 {
        let request = client.post(format!("{}/api/v1/usage", app.address())).body(body);
        let answer = request.bearer_auth(format!("etsm_{}", token.reveal())).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let expected = ["push.usage shop by shop through key #"];
    assert_eq!(since(store, before).await, expected, "the second one changes nothing");
    store.close().await;
    app.finish().await;
}

/// The binary over a folder.
fn run(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_etsm"));
    command.args(words).current_dir(folder).env_clear().env("USER", "dana");
    command.stdin(Stdio::null()).output().unwrap()
}

/// Words of the command line that change something, each with what is entered of it; nothing where it is entered by what
/// it leads to.
const VERBS: &[(&str, &[&str])] = &[
    ("import accounts accounts.csv", &["import.accounts accounts.csv"]),
    ("import initiatives initiatives.csv", &["import.initiatives initiatives.csv"]),
    ("import usage usage.csv", &["import.usage usage.csv"]),
    ("import usage usage.csv", &[]),
    ("import usage usage.csv --dry-run --source other", &[]),
    ("ask note acme Hello", &["note.add note 1"]),
    ("ask digest subscribe weekly \"0 8 * * MON\"", &["digest.subscribe weekly"]),
    ("digest run weekly", &["digest.run weekly"]),
    ("key add looker --scope read", &["key.add looker"]),
    ("key revoke looker", &["key.revoke looker"]),
    ("session end abcdefgh", &["session.end abcdefgh"]),
    ("session end all", &[]),
    ("link health acme --as dana", &[]),
    ("analyze churn --fit", &["churn_model.keep churn model"]),
    ("analyze churn --forget", &["churn_model.keep churn model"]),
    ("export rows", &["export "]),
    ("export account acme", &["export "]),
    ("export person mei", &["export "]),
    ("backup monday.db", &["database.backup monday.db"]),
    ("erase person mei --yes", &["erase.person"]),
    ("erase account acme --yes", &["erase.account"]),
    ("restore monday.db", &["database.restore monday.db"]),
];

/// Those that change nothing, and those that serve, whose changes come by other surfaces.
const ONLY_SHOWING: &[&str] = &[
    "demo",
    "serve",
    "chat",
    "audit",
    "eval",
    "replay",
    "check",
    "probe",
    "openapi",
    "completions",
    "man",
    "help",
];

#[test]
fn whatever_is_changed_in_the_terminal_leaves_one_entry() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("accounts.csv", "account_id,name,owner\nacme,Acme,mei\n");
    write(
        "initiatives.csv",
        "title,account,priority,status,owner,due\nMove,acme,high,active,mei,2026-05-01\n",
    );
    let rows: String =
        (1..28).map(|day| format!("2026-02-{day:02}T10:00:00Z,acme,12{day},45,0.9,/v1/chat\n")).collect();
    write("usage.csv", &format!("timestamp,account_id,api_calls,tokens_used,cost,endpoint\n{rows}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let data = folder.path().join("data");
    runtime.block_on(async {
        std::fs::create_dir_all(&data).unwrap();
        let store = Store::open_dir(&data).await.unwrap();
        plant_a_key_and_a_session(&store).await;
        assert!(store.revoke_api_key("bi", &seed::act()).await.unwrap());
        store.close().await;
    });
    // The rules of health come into force when they are asked for first.
    assert!(run(folder.path(), &["ask", "status"]).status.success());
    for (line, expected) in VERBS {
        let read = async |after: u64| {
            let store = Store::open_dir(&data).await.unwrap();
            let (entries, head) = (since(&store, after).await, store.audit_head().await.unwrap().number);
            store.close().await;
            (entries, head)
        };
        let (_, before) = runtime.block_on(read(0));
        let words: Vec<&str> = match line.strip_prefix("ask ") {
            Some(asked) => vec!["ask", asked],
            None => line.split(' ').collect(),
        };
        let output = run(folder.path(), &words);
        assert!(output.status.success(), "{line}: {output:?}");
        // A backup that is put back has a log of its own.
        let before = if line.starts_with("restore") { 0 } else { before };
        let (mut entries, _) = runtime.block_on(read(before));
        if line.starts_with("restore") {
            entries.drain(..entries.len() - 1);
        }
        assert_eq!(entries.len(), expected.len(), "{line}: {entries:?}");
        for (entry, start) in entries.iter().zip(*expected) {
            assert!(
                entry.starts_with(start) && entry.ends_with(" by dana through terminal"),
                "{line}: {entry}"
            );
        }
    }
    let help = String::from_utf8(run(folder.path(), &["--help"]).stdout).unwrap();
    let commands = help.split_once("Commands:\n").unwrap().1.split_once("\n\nOptions:").unwrap().0;
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        let known = ONLY_SHOWING.contains(&name)
            || VERBS.iter().any(|(line, _)| line.starts_with(&format!("{name} ")));
        assert!(known, "`etsm {name}` is in no table here");
    }
}
