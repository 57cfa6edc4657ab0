//! The audit log: every change has one entry, and whatever is done to the entries is found.

use std::path::Path;

use etsm::domain::Act;
use etsm::domain::AuditKind;
use etsm::domain::How;
use etsm::store::AuditFilter;
use etsm::store::AuditFlaw;
use etsm::store::Store;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::Connection;

use crate::harness::seed;
use crate::pages::site::Site;

const ENTRIES: u64 = 9;

/// A database with entries about nothing, closed.
async fn written(folder: &Path) -> String {
    let store = Store::open_dir(folder).await.unwrap();
    for number in 1..=ENTRIES {
        let act = Act::of_service(How::Terminal, jiff::Timestamp::from_second(number as i64).unwrap());
        let told = serde_json::json!({"rows": number});
        store.enter(&act, AuditKind::Export, &format!("rows {number}"), Some(told)).await.unwrap();
    }
    let check = store.check_audit(None).await.unwrap();
    assert_eq!((check.entries, check.head.number, check.flaw), (ENTRIES, ENTRIES, None));
    assert_eq!(check.head, store.audit_head().await.unwrap());
    store.close().await;
    check.head.hash
}

/// Whoever has the file in hand.
async fn by_hand(folder: &Path, sql: &str) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", folder.join("etsm.db").display());
    let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
    for statement in sql.split(';').filter(|one| !one.trim().is_empty()) {
        let sql = sqlx::AssertSqlSafe(statement.to_owned());
        let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement} changed nothing");
    }
    connection.close().await.unwrap();
}

async fn found(sql: &str, with_head: bool) -> Option<AuditFlaw> {
    let folder = tempfile::tempdir().unwrap();
    let head = written(folder.path()).await;
    by_hand(folder.path(), sql).await;
    let store = Store::open_dir(folder.path()).await.unwrap();
    let check = store.check_audit(with_head.then_some(head.as_str())).await.unwrap();
    store.close().await;
    check.flaw
}

#[tokio::test]
async fn an_edit_of_any_column_is_found() {
    for (column, value) in [("at_ms", "5"), ("kind", "'note.add'"), ("how", "'web'"), ("request", "'r'")]
        .into_iter()
        .chain([("who_kind", "'person'"), ("facts", "'{}'"), ("seal", "'00'"), ("hash", "'00'")])
    {
        let sql = format!("UPDATE audit SET {column} = {value} WHERE number = 4");
        assert_eq!(found(&sql, false).await, Some(AuditFlaw::Changed(4)), "{column}");
    }
    for (column, value) in
        [("who", "'mallory'"), ("subject", "''"), ("account", "'acme'"), ("before", "'{}'")]
            .into_iter()
            .chain([("after", "NULL"), ("salt", "''")])
    {
        let sql = format!("UPDATE audit SET {column} = {value} WHERE number = 4");
        assert_eq!(found(&sql, false).await, Some(AuditFlaw::Told(4)), "{column}");
    }
}

#[tokio::test]
async fn a_deletion_a_swap_and_an_entry_put_in_are_found() {
    let delete = "DELETE FROM audit WHERE number = 4";
    assert_eq!(found(delete, false).await, Some(AuditFlaw::Missing(4)));
    let renumbered = "DELETE FROM audit WHERE number = 4; UPDATE audit SET number = number - 1 WHERE number > 4; \
                      UPDATE counter SET value = 8 WHERE name = 'audit'";
    assert_eq!(found(renumbered, false).await, Some(AuditFlaw::Changed(4)));
    let swap = "UPDATE audit SET number = 99 WHERE number = 4; UPDATE audit SET number = 4 WHERE number = 5; \
                UPDATE audit SET number = 5 WHERE number = 99";
    assert_eq!(found(swap, false).await, Some(AuditFlaw::Changed(4)));
    let beginning = "DELETE FROM audit WHERE number <= 2";
    assert_eq!(found(beginning, false).await, Some(AuditFlaw::Missing(1)));
    let put_in = "INSERT INTO audit SELECT 10, at_ms, kind, how, request, who_kind, facts, who, subject, account, \
                  before, after, salt, seal, hash FROM audit WHERE number = 9";
    assert_eq!(found(put_in, false).await, Some(AuditFlaw::Changed(10)));
}

#[tokio::test]
async fn a_cut_of_the_tail_is_found_and_with_the_head_also_one_that_covers_its_traces() {
    let cut = "DELETE FROM audit WHERE number > 7";
    assert_eq!(found(cut, false).await, Some(AuditFlaw::Cut { last: 7, written: ENTRIES }));
    let covered = "DELETE FROM audit WHERE number > 7; UPDATE counter SET value = 7 WHERE name = 'audit'";
    assert_eq!(found(covered, false).await, None);
    assert_eq!(found(covered, true).await, Some(AuditFlaw::HeadUnknown));
    let all = "DELETE FROM audit";
    assert_eq!(found(all, false).await, Some(AuditFlaw::Cut { last: 0, written: ENTRIES }));
}

#[tokio::test]
async fn an_erasure_that_no_entry_tells_of_is_found() {
    let replaced = "INSERT INTO audit_reseal (erasure, number, seal) \
                    VALUES (9, 4, (SELECT seal FROM audit WHERE number = 4))";
    assert_eq!(found(replaced, false).await, Some(AuditFlaw::Erasure(9)));
    let later = "INSERT INTO audit_reseal (erasure, number, seal) \
                 VALUES (12, 4, (SELECT seal FROM audit WHERE number = 4))";
    assert_eq!(found(later, false).await, Some(AuditFlaw::Erasure(12)));
}

#[tokio::test]
async fn a_log_that_grew_on_still_has_its_earlier_head() {
    let folder = tempfile::tempdir().unwrap();
    let head = written(folder.path()).await;
    let store = Store::open_dir(folder.path()).await.unwrap();
    let act = Act::of_service(How::Web, jiff::Timestamp::UNIX_EPOCH);
    store.enter(&act, AuditKind::Export, "rows", None).await.unwrap();
    let check = store.check_audit(Some(&head.to_uppercase())).await.unwrap();
    assert_eq!((check.head.number, check.flaw), (ENTRIES + 1, None));
    let page = store.audit(&AuditFilter { below: Some(10), ..AuditFilter::default() }, 3).await.unwrap();
    assert_eq!(page.iter().map(|one| one.number).collect::<Vec<_>>(), [9, 8, 7]);
    store.close().await;
}

#[tokio::test]
async fn old_entries_are_removed_and_the_log_still_proves_itself() {
    let folder = tempfile::tempdir().unwrap();
    let head = written(folder.path()).await;
    let second = |second| jiff::Timestamp::from_second(second).unwrap();
    let store = Store::open_dir(folder.path()).await.unwrap();
    let act = Act::of_service(How::Schedule, second(100));
    assert_eq!(store.cut_audit(second(1), &act).await.unwrap(), 0, "nothing is older");
    assert_eq!(store.cut_audit(second(5), &act).await.unwrap(), 4);
    let check = store.check_audit(Some(&head)).await.unwrap();
    assert_eq!((check.entries, check.removed, check.head.number, check.flaw), (6, 4, 10, None));
    assert_eq!(store.cut_audit(second(99), &act).await.unwrap(), 5, "all but the cut itself");
    assert_eq!(store.cut_audit(second(200), &act).await.unwrap(), 2, "all that there is");
    let check = store.check_audit(None).await.unwrap();
    assert_eq!((check.entries, check.removed, check.head.number, check.flaw), (1, 11, 12, None));
    store.close().await;
    by_hand(folder.path(), "UPDATE audit SET facts = '{\"through\":11,\"hash\":\"00\"}'").await;
    let store = Store::open_dir(folder.path()).await.unwrap();
    assert_eq!(store.check_audit(None).await.unwrap().flaw, Some(AuditFlaw::Changed(12)));
    store.close().await;
}

/// The entries since a number, the oldest first, as `kind subject by who through how`.
async fn since(site: &Site, number: u64) -> Vec<String> {
    let mut all = site.desk.store().audit(&AuditFilter::default(), 1_000).await.unwrap();
    all.retain(|one| one.number > number);
    all.reverse();
    all.into_iter()
        .map(|one| format!("{} {} by {} through {}", one.kind, one.subject, one.who, one.how))
        .collect()
}

async fn head(site: &Site) -> u64 {
    site.desk.store().audit_head().await.unwrap().number
}

/// An alert that is sure to be open.
async fn open_alert(site: &Site) -> String {
    let mut late = seed::initiative("ini-7", "acme", "Late already");
    late.due = Some("2026-03-01".parse().unwrap());
    site.desk.record_initiatives(&[late], &seed::act()).await.unwrap();
    let rule = "alert rule set name:sure when:\"initiative overdue\"";
    site.desk.ask_line(&site.asker(), rule).await.unwrap();
    site.alerts.look(&site.desk).await.unwrap();
    format!("alert-{}", site.desk.store().alerts_kept().await.unwrap().open[0].id)
}

/// Commands that change something, each with what is entered of it; `ALERT` is an alert that is open.
const ORDERS: &[(&str, &str)] = &[
    ("initiative add acme \"Move to batch\"", "initiative.add ini-3"),
    ("initiative update ini-1 text:\"They wait for legal\"", "initiative.change ini-1"),
    ("initiative close ini-1", "initiative.close ini-1"),
    ("note acme \"Their lead left\"", "note.add note 2"),
    ("override set acme 40 until:2026-05-01 reason:\"They told us\"", "override.set acme"),
    ("override clear acme", "override.clear acme"),
    ("alert ack ALERT", "alert.acknowledge ALERT"),
    ("alert snooze ALERT 4h", "alert.snooze ALERT"),
    ("alert rule set name:mine when:\"churn above 60%\"", "alert_rule.set mine"),
    ("alert rule remove name:mine", "alert_rule.remove mine"),
    ("digest subscribe weekly \"0 8 * * MON\"", "digest.subscribe weekly"),
    ("digest pause weekly", "digest.pause weekly"),
    ("digest resume weekly", "digest.resume weekly"),
    ("digest run weekly", "digest.run weekly"),
];

#[tokio::test]
async fn every_command_that_changes_something_leaves_one_entry() {
    let site = Site::open().await;
    let asker = site.asker();
    let alert = open_alert(&site).await;
    for (line, entered) in ORDERS {
        let before = head(&site).await;
        site.desk.ask_line(&asker, &line.replace("ALERT", &alert)).await.unwrap();
        let expected = format!("{} by dana through terminal", entered.replace("ALERT", &alert));
        assert_eq!(since(&site, before).await, [expected], "{line}");
    }
    // Those that only read, or that are refused, leave none.
    let before = head(&site).await;
    for line in [
        "health acme",
        "alert list",
        "digest preview weekly",
        "alert rule test name:mine when:\"band at risk\"",
    ] {
        site.desk.ask_line(&asker, line).await.unwrap();
    }
    for line in
        ["note nobody \"x\"", "override clear acme", "initiative update ini-1 status:done status:done"]
    {
        assert!(site.desk.ask_line(&asker, line).await.is_err(), "{line}");
    }
    assert_eq!(since(&site, before).await, [""; 0]);
    let check = site.desk.store().check_audit(None).await.unwrap();
    assert_eq!((check.entries, check.flaw), (check.head.number, None));
    site.close().await;
}

#[tokio::test]
async fn every_writing_command_of_the_catalogue_stands_in_the_table() {
    let mut writing = Vec::new();
    for command in etsm::answers::CATALOG {
        if command.writes {
            writing.push(command.name.to_owned());
        }
        let parts = command.subcommands.iter().filter(|part| part.writes);
        writing.extend(parts.map(|part| format!("{} {}", command.name, part.name)));
    }
    assert!(writing.len() >= 12, "{writing:?}");
    for name in writing {
        assert!(ORDERS.iter().any(|(line, _)| line.starts_with(name.as_str())), "{name} is not in the table");
    }
}

/// Routes that change something: method, path, what is sent, and what is entered of it.
fn routes(alert: &str) -> Vec<(Method, String, serde_json::Value, String)> {
    let new = json!({"account_id": "acme", "title": "By the API"});
    vec![
        (Method::POST, "/api/v1/initiatives".into(), new, "initiative.add ini-3".into()),
        (
            Method::PATCH,
            "/api/v1/initiatives/ini-1".into(),
            json!({"priority": "low"}),
            "initiative.change ini-1".into(),
        ),
        (
            Method::POST,
            "/api/v1/initiatives/ini-1/updates".into(),
            json!({"text": "Begun"}),
            "initiative.change ini-1".into(),
        ),
        (
            Method::POST,
            format!("/api/v1/alerts/{alert}/ack"),
            json!({}),
            format!("alert.acknowledge {alert}"),
        ),
        (
            Method::POST,
            format!("/api/v1/alerts/{alert}/snooze"),
            json!({"until": "4h"}),
            format!("alert.snooze {alert}"),
        ),
        (
            Method::POST,
            format!("/alerts/{alert}/ack"),
            json!({"text": "Mine"}),
            format!("alert.acknowledge {alert}"),
        ),
        (
            Method::POST,
            format!("/alerts/{alert}/snooze"),
            json!({"until": "6h"}),
            format!("alert.snooze {alert}"),
        ),
        (
            Method::POST,
            "/initiatives/ini-1/move".into(),
            json!({"status": "blocked"}),
            "initiative.change ini-1".into(),
        ),
        (
            Method::POST,
            "/order".into(),
            json!({"line": "note acme", "text": "By a form"}),
            "note.add note 2".into(),
        ),
        (
            Method::POST,
            "/chat/ask".into(),
            json!({"line": "note acme \"By chat\""}),
            "note.add note 3".into(),
        ),
        (Method::POST, "/chat".into(), json!({"line": "note acme \"By chat\""}), "note.add note 4".into()),
        (Method::POST, "/admin/keys/revoke".into(), json!({"name": "bi"}), "key.revoke bi".into()),
        (
            Method::POST,
            "/admin/sessions/end".into(),
            json!({"fingerprint": "abcdefghijkl"}),
            "session.end abcdefgh".into(),
        ),
    ]
}

/// Those that may only be called by who may write, and change nothing.
const ONLY_READING: &[&str] = &[
    "/admin",
    "/admin/audit",
    "/admin/privacy",
    "/admin/replay",
    "/admin/rules",
    "/admin/schedules",
    "/admin/use",
    "/api/v1/audit",
    "/order",
];

#[tokio::test]
async fn every_route_that_changes_something_leaves_one_entry() {
    let site = Site::open().await;
    let store = site.desk.store();
    let key = etsm::store::ApiKey {
        name: "bi".into(),
        scopes: [etsm::store::KeyScope::Read].into(),
        source: None,
        made_by: "dana".into(),
        made: seed::act().at,
        used: None,
        revoked: None,
    };
    store.add_api_key(&key, "f", &seed::act()).await.unwrap();
    let session = etsm::store::Session {
        fingerprint: "abcdefghijkl".into(),
        bearer: etsm::domain::Bearer::Member(7),
        agent: "B".into(),
        made: seed::act().at,
        seen: seed::act().at,
    };
    store.begin_session(&session, None, &seed::act()).await.unwrap();
    let alert = open_alert(&site).await;
    let routes = routes(&alert);
    for (method, path, sent, entered) in &routes {
        let before = head(&site).await;
        let request = site.client.request(method.clone(), site.url(path));
        let is_api = path.starts_with("/api/");
        let request = if is_api { request.json(sent) } else { request.form(sent) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(
            status.is_success() || status.is_redirection(),
            "{path}: {status} {}",
            answer.text().await.unwrap()
        );
        let how = if is_api { "api" } else { "web" };
        assert_eq!(since(&site, before).await, [format!("{entered} by dana through {how}")], "{path}");
    }
    let concrete = |path: &str| path.replace("ini-1", "{id}").replace(&alert, "{id}");
    let tried: Vec<String> = routes.iter().map(|(_, path, ..)| concrete(path)).collect();
    for route in &site.routes {
        let writes = matches!(
            route.rule,
            etsm::web::Rule::May(etsm::access::Deed::Write | etsm::access::Deed::Administer)
        );
        let known = tried.iter().any(|path| path == route.path) || ONLY_READING.contains(&route.path);
        assert!(!writes || known, "{} changes something and is not in the table", route.path);
    }
    site.close().await;
}

#[tokio::test]
async fn the_page_shows_before_and_after_and_runs_nothing_of_it() {
    let site = Site::open().await;
    let asker = site.asker();
    site.desk.ask_line(&asker, "initiative update ini-1 priority:low").await.unwrap();
    site.desk.ask_line(&asker, "note acme \"<script>alert(1)</script>\"").await.unwrap();
    let html = site.text("/admin/audit").await;
    assert!(
        html.contains("<del><bdi class=\"long\">high</bdi></del>") && html.contains(">low</bdi></ins>"),
        "{html}"
    );
    assert!(html.contains("&#60;script&#62;alert(1)") && !html.contains("<script>alert"), "{html}");
    let only = site.text("/admin/audit?kind=note.add&who=DANA&account=acme").await;
    assert!(only.contains("Earlier entries").eq(&false) && !only.contains("initiative.change</b>"), "{only}");
    assert_eq!(site.get("/admin/audit?kind=nonsense").await.status(), StatusCode::BAD_REQUEST);
    let privacy = site.text("/admin/privacy").await;
    assert!(privacy.contains("Audit log") && privacy.contains("400 days"), "{privacy}");
    site.close().await;
}

#[tokio::test]
async fn programs_read_the_log_page_by_page() {
    let site = Site::open().await;
    for number in 0..5 {
        site.desk.ask_line(&site.asker(), &format!("note acme \"{number}\"")).await.unwrap();
    }
    let first = site.json("/api/v1/audit?kind=note.add&limit=4").await;
    let texts = |page: &serde_json::Value| -> Vec<String> {
        let entries = page["entries"].as_array().unwrap();
        entries.iter().map(|one| one["after"]["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&first), ["4", "3", "2", "1"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = site.json(&format!("/api/v1/audit?kind=note.add&limit=4&cursor={cursor}")).await;
    assert_eq!(texts(&second).first().map(String::as_str), Some("0"));
    assert!(second["next_cursor"].is_null());
    assert_eq!(site.get("/api/v1/audit?kind=odd").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(site.get("/api/v1/audit?cursor=odd").await.status(), StatusCode::BAD_REQUEST);
    site.close().await;
}

#[tokio::test]
async fn refused_keys_and_links_are_counted() {
    let site = Site::shut().await;
    for _ in 0..3 {
        let sent = site.client.get(site.url("/api/v1/portfolio")).bearer_auth("etsm_wrong").send();
        assert_eq!(sent.await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(site.get("/l/none").await.status(), StatusCode::FORBIDDEN);
    site.write_refusals().await;
    let refusals = site.desk.store().refusals(10).await.unwrap();
    let mut told: Vec<(&str, u64)> = refusals.iter().map(|one| (one.kind.word(), one.times)).collect();
    told.sort_unstable();
    assert_eq!(told, [("key_refused", 3), ("link_refused", 1)]);
    assert_eq!(site.desk.store().check_audit(None).await.unwrap().flaw, None);
    site.close().await;
}

#[tokio::test]
async fn a_file_is_entered_once_also_when_it_broke_off() {
    use etsm::store::{Intake, Keep};
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_dir(folder.path()).await.unwrap();
    let rows = seed::daily("acme", "/v1/chat", |_| 5);
    let entries = async || store.audit(&AuditFilter::default(), 10).await.unwrap();
    let mut writer = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    writer.record(&rows[..10], &[]).await.unwrap();
    writer.record(&rows[10..30], &[]).await.unwrap();
    writer
        .go_on(Intake::new(seed::act(), AuditKind::ImportUsage, "second").about("sha256", "00"))
        .await
        .unwrap();
    writer.record(&rows[30..40], &[]).await.unwrap();
    assert_eq!(entries().await.len(), 1);
    writer.finish(None).await.unwrap();
    let all = entries().await;
    assert_eq!(all[0].after.as_deref(), Some(r#"{"sha256":"00","accepted":10,"replaced":0}"#));
    assert_eq!(all[1].after.as_deref(), Some(r#"{"accepted":30,"replaced":0}"#));
    let mut broken = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    broken.record(&rows[35..50], &[]).await.unwrap();
    drop(broken);
    assert_eq!(entries().await.len(), 2);
    assert_eq!(store.enter_broken_intakes(seed::act().at).await.unwrap(), 0, "it may still go on");
    let later = seed::act().at + jiff::SignedDuration::from_secs(1);
    assert_eq!(store.enter_broken_intakes(later).await.unwrap(), 1);
    assert_eq!(entries().await[0].after.as_deref(), Some(r#"{"broke_off":true,"accepted":10,"replaced":0}"#));
    let mut same = store.usage_writer(Keep::Yes, seed::intake()).await.unwrap();
    same.record(&rows[..10], &[]).await.unwrap();
    same.finish(None).await.unwrap();
    assert_eq!(entries().await.len(), 3, "nothing changed");
    store.close().await;
}
