//! The pages of admins.

use std::collections::BTreeSet;

use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::Bearer;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::domain::SourceKind;
use etsm::store::ApiKey;
use etsm::store::KeyScope;
use etsm::store::Session;
use etsm::store::SourceTry;
use jiff::SignedDuration;
use reqwest::StatusCode;

use super::site::Site;
use crate::harness::seed;

async fn post(site: &Site, path: &str, field: (&str, &str)) -> StatusCode {
    site.client.post(site.url(path)).form(&[field]).send().await.unwrap().status()
}

#[tokio::test]
async fn an_admin_sees_who_is_inside_and_shows_them_out() {
    let site = Site::open().await;
    let now = site.desk.clock().now();
    let session = Session {
        fingerprint: "abc".into(),
        bearer: Bearer::Reader("vera".parse().unwrap()),
        agent: "Browser <b>9</b>".into(),
        made: now,
        seen: now,
    };
    site.desk.store().begin_session(&session, None, &seed::act()).await.unwrap();
    let key = ApiKey {
        name: "nightly import".into(),
        scopes: BTreeSet::from([KeyScope::Read]),
        source: None,
        made_by: "dana".into(),
        made: now,
        used: None,
        revoked: None,
    };
    site.desk.store().add_api_key(&key, "finger-of-a-key", &seed::act()).await.unwrap();
    let html = site.text("/admin").await;
    assert!(html.contains("vera") && html.contains("Browser &#60;b&#62;9"), "{html}");
    assert!(html.contains("nightly import") && html.contains("Revoke<span"), "{html}");
    assert!(!html.contains("finger-of-a-key"), "no fingerprint of a key");
    assert_eq!(post(&site, "/admin/sessions/end", ("fingerprint", "abc")).await, StatusCode::SEE_OTHER);
    assert_eq!(site.desk.store().session("abc").await.unwrap(), None);
    assert_eq!(post(&site, "/admin/keys/revoke", ("name", "nightly import")).await, StatusCode::SEE_OTHER);
    assert_eq!(post(&site, "/admin/keys/revoke", ("name", "no such key")).await, StatusCode::NOT_FOUND);
    let html = site.text("/admin").await;
    assert!(html.contains("Nobody is logged in") && html.contains("revoked 31 Mar 2026"), "{html}");
    site.close().await;
}

#[tokio::test]
async fn others_are_not_even_offered_the_way() {
    let manager = Asker {
        person: "mei".parse().unwrap(),
        role: Role::Manager,
        sees: Scope::All,
        changes: Scope::All,
        audience: Audience::AskerOnly,
        way: etsm::domain::How::Terminal.into(),
    };
    let site = Site::open_to(Some(manager), true).await;
    assert!(!site.text("/").await.contains("/admin"));
    for path in ["/admin", "/admin/schedules", "/admin/rules", "/admin/replay"] {
        assert_eq!(site.get(path).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(post(&site, "/admin/keys/revoke", ("name", "x")).await, StatusCode::FORBIDDEN);
    assert_eq!(site.json("/search?q=admin").await.as_array().unwrap().len(), 0);
    site.close().await;
}

#[tokio::test]
async fn a_source_in_trouble_is_told_wherever_its_operator_looks() {
    let site = Site::open().await;
    assert!(site.text("/admin").await.contains("Nothing comes by itself yet"));
    let now = site.desk.clock().now();
    let tried = |name: &str, came| SourceTry {
        source: name.parse().unwrap(),
        kind: SourceKind::Pull,
        at: now,
        came,
        next: Some(now + SignedDuration::from_mins(20)),
        note: None,
    };
    let store = site.desk.store();
    store.note_source(&tried("import", Ok(1_234))).await.unwrap();
    store.note_source(&tried("anthropic", Err("the key is <b>refused".into()))).await.unwrap();
    for path in ["/admin", "/status"] {
        let html = site.text(path).await;
        assert!(html.contains("failed once") && html.contains("1,234"), "{path}: {html}");
        assert!(html.contains("the key is &#60;b&#62;refused"), "{path}: {html}");
    }
    let status = site.text("/status").await;
    assert!(
        status.contains("fails, and has not come yet: ") && status.contains("tried again at 31 Mar"),
        "{status}"
    );
    site.close().await;
}

#[tokio::test]
async fn an_admin_sees_what_comes_next_and_how_often_each_rule_began_an_alert() {
    let site = Site::open().await;
    let dana = super::site::Start::default().everyone.unwrap();
    site.desk.ask_line(&dana, "digest subscribe monday \"0 8 * * MON\"").await.unwrap();
    let mut late = seed::initiative("ini-1", "acme", "Move to streaming");
    late.due = Some("2026-03-15".parse().unwrap());
    site.desk.record_initiatives(&[late], &seed::act()).await.unwrap();
    site.alerts.look(&site.desk).await.unwrap();
    let schedules = site.text("/admin/schedules").await;
    assert!(schedules.contains("monday") && schedules.contains("Mon 6 Apr 2026"), "{schedules}");
    assert!(
        schedules.contains("href=\"/admin/rules\"") && schedules.contains("aria-current=\"page\">Schedules")
    );
    let rules = site.text("/admin/rules").await;
    let row = |name: &str| {
        let row =
            rules.split("<tr><th scope=\"row\">").find(|row| row.contains(&format!("<bdi>{name}</bdi>")));
        row.unwrap_or_else(|| panic!("{name}: {rules}")).to_owned()
    };
    let count = |row: &str| row.matches("<td class=\"num\">1</td>").count();
    assert_eq!(count(&row("overdue")), 2, "not over, and begun lately: {rules}");
    assert!(row("silent-source").contains("never"), "{rules}");
    site.close().await;
}
