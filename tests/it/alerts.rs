//! Alerts from the figures to the channel and back: told once, edited in place, looked after from there.

use std::time::Duration;

use etsm::answers::Desk;
use etsm::config::AlertRule;
use etsm::config::MemberRole;
use etsm::config::MemberRules;
use etsm::config::Settings;
use etsm::domain::Account;
use etsm::domain::AccountId;
use etsm::domain::Money;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::domain::TokenSplit;
use etsm::domain::UsageRow;
use etsm::domain::Used;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::harness::Harness;
use crate::harness::discord::CHANNEL;
use crate::harness::discord::Posted;
use crate::harness::discord::Shown;
use crate::harness::seed;

const MANAGERS: u64 = 1_100_000_000_000_000_011;

fn rule(name: &str, parts: &[(&str, &str)]) -> AlertRule {
    let here = format!("discord:{CHANNEL}");
    let part = |key: &str| {
        let given = parts.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned());
        given.or_else(|| (key == "tell").then(|| here.clone()))
    };
    AlertRule::read(name, part).unwrap()
}

async fn watching(rules: &[AlertRule]) -> Harness {
    Harness::start_with(|settings| settings.alert_rules = rules.to_vec()).await
}

/// Usage of an account at noon of one day.
fn row(account: &str, day: &str, calls: u64, micros_each: i64) -> UsageRow {
    let at: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
    UsageRow {
        source: "test".parse().unwrap(),
        at,
        account: account.parse().unwrap(),
        endpoint: "/v1/chat".parse().unwrap(),
        model: None,
        event: None,
        used: Used {
            api_calls: calls,
            errors: None,
            tokens: calls * 50,
            cost: Money::from_micros(i64::try_from(calls).unwrap() * micros_each),
        },
        tokens: TokenSplit::default(),
    }
}

/// Another process writes usage that is complete up to a day's begin.
async fn delivers(app: &Harness, rows: &[UsageRow], until: &str) {
    let desk = app.beside().await;
    desk.load().await.unwrap();
    let names: [(AccountId, String); 0] = [];
    let until = format!("{until}T00:00:00Z").parse().unwrap();
    desk.record_usage(rows, &names, Some(("test".parse().unwrap(), until)), seed::intake()).await.unwrap();
    desk.store().close().await;
}

async fn enters(app: &Harness, accounts: &[Account]) {
    let desk: Desk = app.beside().await;
    desk.load().await.unwrap();
    desk.record_accounts(accounts, &seed::act()).await.unwrap();
    desk.store().close().await;
}

fn text(posted: &Posted) -> String {
    Shown::posted(posted).text
}

/// Waits until the only alert of the channel says something.
async fn says(app: &Harness, words: &str) -> Posted {
    for _ in 0..400 {
        let posted = app.discord().stands_in(CHANNEL);
        if let Some(one) = posted.iter().find(|one| text(one).contains(words)) {
            return one.clone();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let said: Vec<String> = app.discord().stands_in(CHANNEL).iter().map(text).collect();
    panic!("nothing says “{words}”:\n{}", said.join("\n---\n"));
}

/// So long that the next looks would have told something.
async fn looks_pass(app: &Harness) {
    for _ in 0..3 {
        app.clock().advance(SignedDuration::from_secs(61));
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
}

/// `acme` has spent 90 of the 100 that it may in March when the data end, the day before the last.
const SPEND: &[(&str, &str)] = &[("when", "spend at 50% 90% 100% of 100"), ("scope", "account:acme")];

#[tokio::test]
async fn an_alert_is_one_message_from_its_first_moment_to_its_last() {
    let mut app = watching(&[rule("budget", SPEND)]).await;
    let opened = says(&app, "90% of the month's budget spent").await;
    insta::assert_snapshot!("opened", text(&opened));
    assert_eq!(opened.body["allowed_mentions"]["parse"].as_array().unwrap().len(), 0);
    looks_pass(&app).await;
    assert_eq!(app.discord().stands_in(CHANNEL).len(), 1, "it is told once");

    // From the message itself, by someone else than who set it up; and after a restart.
    app.restart().await;
    let mei = app.discord().user("mei");
    let form = mei.presses_for_form(&Shown::posted(&opened), "Acknowledge…").await;
    assert_eq!(form.title, "Look after alert-1");
    let done = mei.submits(&form.write("What is being done", "Calling them")).await;
    assert!(done.ephemeral && done.text.contains("You look after it now."), "{done}");
    let seen = says(&app, "Acknowledged: Acme").await;
    assert!(seen.id == opened.id && text(&seen).contains("“Calling them”"), "{}", text(&seen));

    let quiet = mei.chooses(&Shown::posted(&seen), "Keep quiet for …", "1 week").await;
    assert!(quiet.ephemeral && quiet.text.contains("It is kept quiet until"), "{quiet}");
    assert_eq!(says(&app, "Snoozed: Acme").await.id, opened.id);

    // A new month begins, and with it a new budget.
    app.clock().set("2026-04-02T12:00:00Z");
    delivers(&app, &[row("acme", "2026-04-01", 100, 2_000)], "2026-04-02").await;
    let over = says(&app, "Recovered: Acme").await;
    assert_eq!(over.id, opened.id);
    insta::assert_snapshot!("recovered", text(&over));
    assert_eq!(app.discord().stands_in(CHANNEL).len(), 1);
    let page = app.web().get("/alerts?status=recovered").await;
    assert!(page.status == 200 && page.body.contains("alert-1"), "{}", page.body);
    app.finish().await;
}

#[tokio::test]
async fn a_further_part_of_a_budget_is_told_again_in_short() {
    let app = watching(&[rule("budget", SPEND)]).await;
    let opened = says(&app, "90% of the month's budget spent").await;
    app.clock().set("2026-04-01T00:30:00Z");
    delivers(&app, &[row("acme", "2026-03-31", 6_000, 2_000)], "2026-04-01").await;
    let again = says(&app, "Still so").await;
    assert_ne!(again.id, opened.id);
    assert_eq!(says(&app, "Reached 100 percent").await.id, opened.id);
    looks_pass(&app).await;
    assert_eq!(app.discord().stands_in(CHANNEL).len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn fifty_accounts_at_once_are_one_message() {
    let app = watching(&[rule("many", &[("when", "spend at 50% of 30"), ("scope", "tag:many")])]).await;
    let account = |at: i32| {
        let one = seed::account(&format!("many-{at:02}"), &format!("Many {at:02}"), "dana");
        Account { tags: vec!["many".into()], ..one }
    };
    let accounts: Vec<Account> = (0..50).map(account).collect();
    enters(&app, &accounts).await;
    let spends = |one: &Account| row(one.id.as_str(), "2026-03-31", 10_000, 2_000);
    app.clock().set("2026-04-01T00:30:00Z");
    delivers(&app, &accounts.iter().map(spends).collect::<Vec<_>>(), "2026-04-01").await;
    let posted = says(&app, "Several accounts").await;
    insta::assert_snapshot!("many", text(&posted));
    looks_pass(&app).await;
    assert_eq!(app.discord().stands_in(CHANNEL).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn quiet_hours_hold_an_alert_back_until_they_end() {
    let quiet = [SPEND, &[("quiet", "13:00-15:00 Europe/Zurich")]].concat();
    let app = watching(&[rule("budget", &quiet)]).await;
    // It is noon in UTC and two in the afternoon in Zurich.
    looks_pass(&app).await;
    assert!(app.discord().stands_in(CHANNEL).is_empty());
    let page = app.web().get("/alerts/alert-1").await;
    assert!(page.body.contains("It is told when its quiet hours end."), "{}", page.body);
    app.clock().set("2026-03-31T13:00:30Z");
    says(&app, "90% of the month's budget spent").await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_in_yet_is_told_by_nobody() {
    let silent = [("when", "score below 90"), ("for", "0h"), ("volume", "0"), ("scope", "account:late")];
    let app = watching(&[rule("score", &silent)]).await;
    enters(&app, &[seed::account("late", "Late", "dana")]).await;
    let known =
        seed::daily("late", "/v1/chat", |_| 1_000).into_iter().filter(|row| row.at < at("2026-03-21"));
    let rows: Vec<UsageRow> = known.map(|row| UsageRow { source: "slow".parse().unwrap(), ..row }).collect();
    for (until, is_told) in [("2026-03-21", false), ("2026-03-31", true)] {
        let desk = app.beside().await;
        desk.load().await.unwrap();
        let names: [(AccountId, String); 0] = [];
        desk.record_usage(&rows, &names, Some(("slow".parse().unwrap(), at(until))), seed::intake())
            .await
            .unwrap();
        desk.store().close().await;
        if is_told {
            says(&app, "health score below 90").await;
        } else {
            // Ten days of it are missing, and nobody knows yet whether there was anything.
            tokio::time::sleep(Duration::from_secs(3)).await;
            looks_pass(&app).await;
            assert!(app.discord().stands_in(CHANNEL).is_empty());
        }
    }
    app.finish().await;
}

fn at(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

#[tokio::test]
async fn an_alert_is_not_posted_where_not_all_may_know_of_it() {
    let members = MemberRules { others: None, ..MemberRules::default() };
    let app = Harness::start_with(|settings: &mut Settings| {
        settings.members = members;
        settings.alert_rules = vec![rule("budget", SPEND)];
    })
    .await;
    looks_pass(&app).await;
    assert!(app.discord().stands_in(CHANNEL).is_empty());
    let page = app.web().get("/alerts/alert-1").await;
    assert!(page.body.contains("not everyone who reads there may know of it"), "{}", page.body);
    app.finish().await;
}

#[tokio::test]
async fn a_press_counts_with_the_rights_of_whoever_presses() {
    let managers = MemberRole { id: MANAGERS, role: Role::Manager, accounts: Scope::All, own: false };
    let others = Some(Role::Viewer);
    let members = MemberRules { roles: vec![managers], others, ..MemberRules::default() };
    let app = Harness::start_with(|settings: &mut Settings| {
        settings.members = members;
        settings.alert_rules = vec![rule("budget", SPEND)];
    })
    .await;
    app.discord().adds_role(MANAGERS, 0);
    let opened = Shown::posted(&says(&app, "Open: Acme").await);
    let eve = app.discord().user("eve");
    let refused = eve.presses(&opened, "Acknowledge…").await;
    assert!(refused.ephemeral && refused.text.contains("needs the role manager"), "{refused}");
    let refused = eve.chooses(&opened, "Keep quiet for …", "4 hours").await;
    assert!(refused.ephemeral && refused.text.contains("needs the role manager"), "{refused}");
    let dana = app.discord().user("dana").with_roles(&[MANAGERS]);
    let done = dana.chooses(&opened, "Keep quiet for …", "4 hours").await;
    assert!(done.text.contains("It is kept quiet until"), "{done}");
    says(&app, "dana: Kept quiet for 4 hours.").await;
    app.finish().await;
}

#[tokio::test]
async fn the_owner_is_called_only_where_the_rule_says_so() {
    for (mention, calls) in [("yes", true), ("no", false)] {
        let mut app = Harness::prepare(|settings| {
            settings.alert_rules = vec![rule("budget", &[SPEND, &[("mention", mention)]].concat())];
        })
        .await;
        let dana = app.discord().user("dana").id();
        let id = dana.to_string();
        app.settings_mut().members.people.insert(dana, "Dana".parse().unwrap());
        app.run().await;
        app.discord().ready().await;
        let posted = says(&app, "Open: Acme").await;
        let users = posted.body["allowed_mentions"]["users"].as_array().cloned().unwrap_or_default();
        assert_eq!(users.iter().any(|one| one.as_str() == Some(&id)), calls, "{}", posted.body);
        assert_eq!(posted.body["content"] == format!("<@{dana}>"), calls, "{}", posted.body);
        app.finish().await;
    }
}

#[tokio::test]
async fn rules_are_set_tested_and_removed_by_command() {
    let app = Harness::start_with(|settings: &mut Settings| {
        settings.members.others = Some(Role::Admin);
        settings.alert_rules = Vec::new();
    })
    .await;
    let dana = app.discord().user("dana");
    let wrong = dana.types("/alert rule do:set name:mine when:sometimes").await;
    assert!(wrong.ephemeral && wrong.text.contains("is no condition"), "{wrong}");
    let tested = dana.types("/alert rule do:test name:mine when:score below 90 for:0h days:60").await;
    insta::assert_snapshot!("tested", tested);
    let set = format!(
        "/alert rule do:set name:mine when:spend at 50% of 100 scope:owner:dana tell:discord:{CHANNEL}"
    );
    let shown = dana.types(&set).await;
    insta::assert_snapshot!("rule", shown);
    says(&app, "50% of the month's budget spent").await;
    let listed = dana.types("/alert list").await;
    insta::assert_snapshot!("listed", listed);
    let offered = dana.completes("/alert show id:al").await;
    assert_eq!(offered[0].1, "alert-1", "{offered:?}");
    dana.types("/alert rule do:remove name:mine").await;
    let over = says(&app, "Recovered: Acme").await;
    assert!(text(&over).contains("its rule was taken away"), "{}", text(&over));
    let metrics = app.web().get("/metrics").await.body;
    assert!(metrics.contains("etsm_alerts_begun_total{kind=\"spend\"}"), "{metrics}");
    app.finish().await;
}

#[tokio::test]
async fn the_api_lists_acknowledges_and_keeps_quiet() {
    let app = watching(&[rule("budget", &[SPEND, &[("tell", "page")]].concat())]).await;
    looks_pass(&app).await;
    let get = |path: &'static str| async { app.web().get(path).await };
    let alerts = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["alerts"].clone();
    let listed = alerts(&get("/api/v1/alerts").await.body);
    assert_eq!(
        (&listed[0]["alert_id"], &listed[0]["state"]),
        (&"alert-1".into(), &"open".into()),
        "{listed}"
    );
    assert_eq!(alerts(&get("/api/v1/alerts?account=borealis").await.body), serde_json::json!([]));
    let page = app.web().post("/alerts/alert-1/ack", &[("text", "On it\r\nnow")]).await;
    assert!(page.status == 200 && page.body.contains("On it\nnow"), "{}", page.body);
    let listed = alerts(&get("/api/v1/alerts?status=acknowledged").await.body);
    assert_eq!(listed[0]["log"][0]["said"], "On it\nnow", "{listed}");
    let page = app.web().post("/alerts/alert-1/snooze", &[("until", "1w")]).await;
    assert!(page.body.contains("It is kept quiet until"), "{}", page.body);
    let odd = app.web().post("/alerts/alert-1/snooze", &[("until", "2020-01-01")]).await;
    assert!(odd.status == 400 && odd.body.contains("That has passed already"), "{}", odd.body);
    assert_eq!(get("/alerts/alert-9").await.status, 404);
    app.finish().await;
}
