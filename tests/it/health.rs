//! Health over time: overrides, rules that change, the split of a change, and rules that are tried on the past.

use std::sync::Arc;

use etsm::answers::Desk;
use etsm::config::HealthRules;
use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::Clock;
use etsm::domain::Currency;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::engine::Engine;
use etsm::render::console;
use etsm::store::Store;
use serde_json::Value;

use crate::harness::Harness;
use crate::harness::clock::TestClock;
use crate::harness::seed;

fn asker(role: Role) -> Asker {
    Asker {
        person: "dana".parse().unwrap(),
        role,
        sees: Scope::All,
        changes: Scope::All,
        audience: Audience::AskerOnly,
        way: etsm::domain::How::Terminal.into(),
    }
}

/// The rules of the house with one text in their file replaced.
fn rules_file(version: u32, from: &str, to: &str) -> String {
    assert!(HealthRules::DEFAULT_TEXT.contains(from), "{from}");
    HealthRules::DEFAULT_TEXT
        .replacen("version = 2", &format!("version = {version}"), 1)
        .replacen(from, to, 1)
}

fn desk_with(store: &Store, clock: &Arc<TestClock>, text: &str) -> Desk {
    let rules = Arc::new(HealthRules::parse(text).unwrap());
    let engine = Engine::new(rules, Currency::USD);
    Desk::new(Arc::new(engine), store.clone(), Arc::clone(clock) as Arc<dyn Clock>)
}

async fn said(desk: &Desk, line: &str) -> String {
    let style = console::Style { color: false, width: 120, public_url: None };
    match desk.ask_line(&asker(Role::Manager), line).await {
        Ok(answer) => console::answer(&answer, &style),
        Err(problem) => console::problem(&problem, &style),
    }
}

fn score(value: &Value) -> f64 {
    value["score"].as_f64().unwrap()
}

fn json(page: &str) -> Value {
    serde_json::from_str(page).unwrap_or_else(|odd| panic!("{odd}: {page}"))
}

#[tokio::test]
async fn a_score_set_by_hand_is_shown_with_its_reason_until_its_end() {
    let mut app = Harness::start().await;
    let computed = score(&json(&app.web().get("/api/v1/accounts/acme/health").await.body));
    let reply = app.web().chat("override set acme 31 \"<b>Sponsor left</b>\" 2026-04-02").await;
    assert!(reply.body.contains("The score is set by hand."), "{}", reply.body);
    assert!(
        reply.body.contains("&#60;b&#62;Sponsor left") && !reply.body.contains("<b>Sponsor"),
        "{}",
        reply.body
    );
    let check = async |app: &Harness, expected: f64, overridden: bool| {
        let health = json(&app.web().get("/api/v1/accounts/acme/health").await.body);
        assert_eq!((score(&health), health["override"].is_object()), (expected, overridden), "{health}");
        assert_eq!(health["computed_score"].as_f64(), Some(computed));
        let account = json(&app.web().get("/api/v1/accounts/acme").await.body);
        assert_eq!(account["health_score"].as_f64(), Some(expected));
    };
    check(&app, 31.0, true).await;
    let health = json(&app.web().get("/api/v1/accounts/acme/health").await.body);
    assert_eq!(health["band"], "at_risk");
    assert_eq!(health["override"]["reason"], "<b>Sponsor left</b>");
    assert_eq!(health["override"]["expires"], "2026-04-03T00:00:00Z");
    let split = json(&app.web().get("/api/v1/accounts/acme/why?since=7d").await.body);
    let cause = |name: &str| {
        let causes = split["causes"].as_array().unwrap();
        causes.iter().find(|one| one["cause"] == name).map(|one| one["points"].as_f64().unwrap())
    };
    assert_eq!(
        cause("override").map(|points| (points * 10.0).round()),
        Some(((31.0 - computed) * 10.0).round())
    );
    app.restart().await;
    check(&app, 31.0, true).await;
    // The last day passes; the next question finds it over.
    app.clock().set("2026-04-03T00:30:00Z");
    app.web().chat("status").await;
    check(&app, computed, false).await;
    app.finish().await;
}

#[tokio::test]
async fn an_override_can_be_taken_back_and_needs_the_role() {
    let clock = Arc::new(TestClock::at("2026-03-31T12:00:00Z"));
    let store = Store::in_memory().await.unwrap();
    let desk = desk_with(&store, &clock, HealthRules::DEFAULT_TEXT);
    seed::plant(&desk).await;
    let set = "override set acme 31 \"Sponsor left\" 2026-04-02";
    let refused = desk.ask_line(&asker(Role::Viewer), set).await.unwrap_err();
    assert_eq!(refused.code(), "not_allowed");
    let version = store.version().await.unwrap();
    assert!(
        said(&desk, set).await.contains("Set by hand by dana on 31 Mar 2026, until 2 Apr 2026: Sponsor left")
    );
    assert_eq!(store.version().await.unwrap(), version + 1);
    assert_eq!(desk.snapshot().version(), version + 1);
    let back = said(&desk, "override clear acme reason:\"They stay\"").await;
    assert!(back.contains("The computed score is shown again.") && !back.contains("Set by hand"), "{back}");
    assert!(said(&desk, "override clear acme").await.contains("nothing to take back"));
    assert!(said(&desk, "override set acme 31 x 2026-03-30").await.contains("has passed already"));
    assert!(said(&desk, "override set acme 31 x 2027-03-30").await.contains("180 days at most"));
    // What another process reads is the same.
    let other = desk_with(&store, &clock, HealthRules::DEFAULT_TEXT);
    other.load().await.unwrap();
    let id = "acme".parse().unwrap();
    assert_eq!(other.snapshot().overrides(&id), desk.snapshot().overrides(&id));
    assert_eq!(
        other.snapshot().overrides(&id)[0].cleared.as_ref().unwrap().reason.as_deref(),
        Some("They stay")
    );
}

#[tokio::test]
async fn changed_rules_need_a_new_version_and_leave_the_past_as_it_was() {
    let clock = Arc::new(TestClock::at("2026-03-10T09:00:00Z"));
    let store = Store::in_memory().await.unwrap();
    let first = desk_with(&store, &clock, HealthRules::DEFAULT_TEXT);
    first.adopt_rules(HealthRules::DEFAULT_TEXT, etsm::domain::How::Start).await.unwrap();
    seed::plant(&first).await;
    first.adopt_rules(HealthRules::DEFAULT_TEXT, etsm::domain::How::Start).await.unwrap();
    assert_eq!(store.health_rules().await.unwrap().len(), 1);
    clock.set("2026-03-20T09:00:00Z");
    let slip = rules_file(2, "weight = 28", "weight = 80");
    let refused = desk_with(&store, &clock, &slip)
        .adopt_rules(&slip, etsm::domain::How::Start)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("raise `version` in health.toml to 3"), "{refused}");
    let raised = rules_file(3, "weight = 28", "weight = 80");
    clock.set("2026-03-31T12:00:00Z");
    first.load().await.unwrap();
    let id = "borealis".parse().unwrap();
    let window = etsm::domain::Range::Days(30).window(seed::UNTIL.parse().unwrap());
    let before = first.snapshot().score_history(&id, window);
    clock.set("2026-03-20T09:00:00Z");
    let second = desk_with(&store, &clock, &raised);
    second.adopt_rules(&raised, etsm::domain::How::Start).await.unwrap();
    clock.set("2026-03-31T12:00:00Z");
    second.load().await.unwrap();
    let after = second.snapshot().score_history(&id, window);
    for (old, new) in before.iter().zip(&after) {
        let is_old = new.day <= "2026-03-20".parse().unwrap();
        assert_eq!(new.rules_version, if is_old { 2 } else { 3 }, "{}", new.day);
        assert_eq!(new.score == old.score, is_old, "{}", new.day);
    }
    let why = said(&second, "why borealis 2026-03-18 until:2026-03-24").await;
    assert!(why.contains("the health rules changed from version 2 to 3"), "{why}");
    let history = said(&second, "history borealis").await;
    assert!(history.contains("The health rules changed on 20 Mar 2026"), "{history}");
}

#[tokio::test]
async fn the_split_of_a_change_reads_the_same_everywhere() {
    let app = Harness::start().await;
    insta::assert_snapshot!("why", app.terminal().ask("why borealis 30d").await);
    insta::assert_snapshot!("history", app.terminal().ask("history borealis range:60d").await);
    let split = json(&app.web().get("/api/v1/accounts/borealis/why?since=30d").await.body);
    let tenths = |value: &Value| (value.as_f64().unwrap() * 10.0).round() as i64;
    let causes = split["causes"].as_array().unwrap();
    assert_eq!(causes.iter().map(|one| tenths(&one["points"])).sum::<i64>(), tenths(&split["change"]));
    assert_eq!(
        tenths(&split["after"]["score"]) - tenths(&split["before"]["score"]),
        tenths(&split["change"])
    );
    let told = app.terminal().ask_json("why borealis 30d").await;
    assert_eq!(tenths(&told["facts"][0]["value"]), tenths(&split["change"]));
    let page = app.web().get("/accounts/borealis/why?since=30d").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("All together"), "{}", page.body);
    for one in causes {
        let id = one["fact_id"].as_str().unwrap();
        assert_eq!(app.web().get(&format!("/facts/{id}")).await.status, 200, "{id}");
    }
    let health = json(&app.web().get("/api/v1/accounts/borealis/health?history=60d").await.body);
    let days = health["history"].as_array().unwrap();
    assert_eq!(days.len(), 61);
    assert_eq!(days.last().unwrap()["score"], health["score"]);
    assert_eq!(app.web().get("/chart/why.png?account=borealis&since=30d").await.status, 200);
    assert_eq!(app.web().get("/chart/history.svg?account=borealis").await.status, 200);
    for (path, status) in [
        ("/api/v1/accounts/borealis/why?since=soon", 400),
        ("/api/v1/accounts/borealis/why?since=2026-03-20&until=2026-03-10", 400),
        ("/api/v1/accounts/nobody/why", 404),
        ("/api/v1/accounts/borealis/health?history=x", 400),
    ] {
        assert_eq!(app.web().get(path).await.status, status, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn risks_are_sentences_with_figures() {
    let app = Harness::start().await;
    let account = json(&app.web().get("/api/v1/accounts/borealis").await.body);
    assert_eq!(account["usage_direction"], "falling");
    assert_eq!(account["usage_trends"].as_array().unwrap().len(), 12);
    let risk = &account["risk_factors"][0];
    let short = risk["facts"][0]["short"].as_str().unwrap();
    assert!(risk["text"].as_str().unwrap().contains(short), "{risk}");
    let calm = json(&app.web().get("/api/v1/accounts/acme").await.body);
    assert_eq!(calm["usage_direction"], "rising");
    app.finish().await;
}

#[tokio::test]
async fn rules_are_tried_on_the_past_and_nothing_changes() {
    let app = Harness::start_with(|settings| settings.chat.role = etsm::domain::Role::Admin).await;
    let file = app.folder().join("tried.toml");
    std::fs::write(&file, rules_file(3, "healthy_from = 70", "healthy_from = 95")).unwrap();
    let path = file.to_str().unwrap();
    let told = json(&app.terminal().run(&["replay", "health", path, "--json"]).await);
    assert_eq!(told["accounts"].as_array().unwrap().len(), 3);
    assert!(told["flips"]["after"].is_u64() && told["to"] == "2026-03-31", "{told}");
    let text = app.terminal().run(&["replay", "health", path, "--from", "2026-02-01"]).await;
    assert!(text.contains("Nothing was changed."), "{text}");
    let form = app.web().get("/admin/replay").await;
    assert!(form.body.contains("healthy_from = 70"), "{}", form.body);
    let tried = rules_file(3, "healthy_from = 70", "healthy_from = 95");
    let report =
        app.web().post("/admin/replay", &[("text", &tried), ("from", "2026-02-01"), ("to", "")]).await;
    assert!(report.status == 200 && report.body.contains("Nothing was changed."), "{}", report.body);
    let slip = rules_file(3, "healthy_from = 70", "healthy_from = </textarea>");
    let mistakes = app.web().post("/admin/replay", &[("text", &slip)]).await;
    assert!(
        mistakes.body.contains("health.toml:") && !mistakes.body.contains("= </textarea>"),
        "{}",
        mistakes.body
    );
    let health = json(&app.web().get("/api/v1/accounts/acme/health").await.body);
    assert_eq!(health["rules_version"], 2);
    app.finish().await;
}
