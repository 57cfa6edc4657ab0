//! What a person, a script and a pipe read in the terminal.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use crate::harness::seed;
use etsm::answers::Desk;
use etsm::chat::console::Form;
use etsm::chat::console::Outcome;
use etsm::chat::console::ask_once;
use etsm::chat::console::talk;
use etsm::config::HealthRules;
use etsm::domain::Account;
use etsm::domain::AccountId;
use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::Clock;
use etsm::domain::Currency;
use etsm::domain::Initiative;
use etsm::domain::InitiativeStatus;
use etsm::domain::Money;
use etsm::domain::Priority;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::domain::TokenSplit;
use etsm::domain::UsageRow;
use etsm::domain::Used;
use etsm::engine::Engine;
use etsm::render::console::Style;
use etsm::store::Store;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;

/// End of the data: a Monday, 14:00.
const UNTIL: &str = "2026-03-16T14:00:00Z";
const DAYS: i64 = 70;

struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn until() -> Timestamp {
    UNTIL.parse().unwrap()
}

fn id(text: &str) -> AccountId {
    text.parse().unwrap()
}

fn row(account: &str, endpoint: &str, days_ago: i64, calls: u64) -> UsageRow {
    UsageRow {
        source: "import".parse().unwrap(),
        at: until() - SignedDuration::from_hours(24 * days_ago + 4),
        account: id(account),
        endpoint: endpoint.parse().unwrap(),
        model: None,
        event: None,
        // A third of a cent for each call: sums that a float would get wrong in the last digit.
        used: Used {
            api_calls: calls,
            errors: None,
            tokens: calls * 700,
            cost: Money::from_micros(calls as i64 * 3_333),
        },
        tokens: TokenSplit::default(),
    }
}

/// One account grows on two endpoints and rests at weekends, one falls to a tenth, one has a name full of mischief.
fn rows() -> Vec<UsageRow> {
    let mut rows = Vec::new();
    for ago in 0..DAYS {
        let day = (until() - SignedDuration::from_hours(24 * ago)).to_zoned(jiff::tz::TimeZone::UTC).date();
        let rest = if day.weekday().to_monday_zero_offset() >= 5 { 5 } else { 1 };
        let age = (DAYS - ago) as u64;
        rows.push(row("acme", "/v1/chat", ago, (400 + 9 * age) / rest));
        rows.push(row("acme", "/v1/embeddings", ago, (200 + age) / rest));
        rows.push(row("globex", "/v1/chat", ago, if ago < 21 { 20 } else { 300 }));
        rows.push(row("odd", "/v1/`chat`", ago, 40));
    }
    rows
}

fn accounts() -> Vec<Account> {
    let named = |of: &str, name: &str, owner: &str| Account {
        owner: Some(owner.parse().unwrap()),
        ..Account::discovered(id(of), name)
    };
    vec![
        named("acme", "Acme Corp", "dana"),
        named("globex", "Globex", "mei"),
        named("odd", "\u{202e}شركة *[x](y)* @everyone", "mei"),
    ]
}

fn initiative(number: u32, of: &str, title: &str, status: InitiativeStatus, due: &str) -> Initiative {
    Initiative {
        id: format!("ini-{number}").parse().unwrap(),
        account: id(of),
        title: title.into(),
        priority: Priority::High,
        status,
        owner: Some("dana".parse().unwrap()),
        expected_revenue: Some(Money::from_micros(24_000_000_000)),
        start: Some("2026-02-02".parse().unwrap()),
        due: Some(due.parse().unwrap()),
        target: None,
        updates: Vec::new(),
    }
}

async fn empty_desk() -> Desk {
    let engine = Engine::new(Arc::new(HealthRules::default_rules()), Currency::USD);
    let clock = Arc::new(Still(until() + SignedDuration::from_mins(20)));
    let desk = Desk::new(Arc::new(engine), Store::in_memory().await.unwrap(), clock);
    desk.load().await.unwrap();
    desk
}

async fn desk() -> Desk {
    let desk = empty_desk().await;
    desk.record_accounts(&accounts(), &seed::act()).await.unwrap();
    desk.record_usage(&rows(), &[], Some(("import".parse().unwrap(), until())), seed::intake())
        .await
        .unwrap();
    let initiatives = [
        initiative(1, "acme", "Batch endpoint", InitiativeStatus::Active, "2026-04-30"),
        initiative(2, "globex", "Win back the nightly jobs", InitiativeStatus::Blocked, "2026-03-06"),
    ];
    desk.record_initiatives(&initiatives, &seed::act()).await.unwrap();
    desk
}

fn asker() -> Asker {
    Asker {
        person: "dana".parse().unwrap(),
        role: Role::Manager,
        sees: Scope::All,
        changes: Scope::All,
        audience: Audience::AskerOnly,
        way: etsm::domain::How::Terminal.into(),
    }
}

fn style(width: usize) -> Style {
    Style { color: false, width, public_url: Some("http://localhost:8080".into()) }
}

fn form(json: bool, png: Option<&Path>) -> Form {
    Form { json, style: style(80), png: png.map(Path::to_owned) }
}

async fn asked(desk: &Desk, line: &str, form: &Form) -> (Outcome, String) {
    let mut output = Vec::new();
    let outcome = ask_once(desk, &asker(), line, &mut output, form).await.unwrap();
    (outcome, String::from_utf8(output).unwrap())
}

async fn shown(desk: &Desk, line: &str) -> String {
    let (outcome, text) = asked(desk, line, &form(false, None)).await;
    assert_eq!(outcome, Outcome::Answered, "{text}");
    text
}

async fn json(desk: &Desk, line: &str) -> Value {
    let (outcome, text) = asked(desk, line, &form(true, None)).await;
    assert_eq!(outcome, Outcome::Answered, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn each_question_reads_well_on_eighty_columns() {
    let desk = desk().await;
    for (name, line) in [
        ("portfolio", "portfolio"),
        ("health", "health globex"),
        ("usage", "usage acme range:30d by:endpoint"),
        ("movers", "movers"),
        ("initiatives", "initiative list"),
        ("initiative", "initiative show ini-2"),
        ("status", "status"),
        ("help", "help"),
        ("help_usage", "help usage"),
    ] {
        insta::assert_snapshot!(format!("terminal_{name}"), shown(&desk, line).await);
    }
}

#[tokio::test]
async fn no_name_steers_the_terminal() {
    let desk = desk().await;
    for line in ["portfolio", "usage odd by:endpoint", "health odd", "initiative list odd"] {
        let text = shown(&desk, line).await;
        assert!(text.contains("شركة"), "{text}");
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
    }
}

#[tokio::test]
async fn the_json_form_has_the_figures_of_a_plain_sum() {
    let desk = desk().await;
    let answer = json(&desk, "usage acme range:14d by:endpoint").await;
    let from = until() - SignedDuration::from_hours(24 * 14);
    let mut sum = Used::default();
    for row in rows().iter().filter(|row| row.account == id("acme") && row.at >= from) {
        sum += row.used;
    }
    let fact = |unit: &str| {
        let found = answer["facts"].as_array().unwrap().iter().find(|fact| fact["unit"] == unit);
        found.unwrap_or_else(|| panic!("{unit}: {answer:#}")).clone()
    };
    assert_eq!(fact("api_calls")["value"], sum.api_calls);
    assert_eq!(fact("tokens")["value"], sum.tokens);
    assert_eq!(fact("USD")["micros"], sum.cost.micros);
    assert_eq!(fact("USD")["value"].to_string().parse(), Ok(sum.cost));
    assert_eq!(fact("api_calls")["from"], from.to_string());
    assert_eq!(answer["as_of"], UNTIL);

    let rows = answer["tables"][0]["rows"].as_array().unwrap();
    let parts: u64 = rows.iter().map(|row| row[1].as_u64().unwrap()).sum();
    assert_eq!(parts, sum.api_calls, "{:#}", answer["tables"][0]);
    let drawn = answer["chart"]["series"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["points"].as_array().unwrap());
    assert_eq!(drawn.map(|point| point["value"].as_u64().unwrap()).sum::<u64>(), sum.api_calls);
    let id = fact("api_calls")["id"].as_str().unwrap().to_owned();
    let receipt = desk.receipt(&asker(), &id.parse().unwrap()).unwrap();
    assert_eq!(receipt.value.exact(), fact("api_calls")["exact"].as_str().unwrap());
}

#[tokio::test]
async fn the_exit_status_tells_how_it_went() {
    let desk = desk().await;
    let status = async |line: &str, json| asked(&desk, line, &form(json, None)).await;
    assert_eq!(status("usage acme", false).await.0.status(), 0);
    let (outcome, text) = status("health acmee", false).await;
    assert_eq!(outcome.status(), 1);
    assert!(text.starts_with("! ") && text.contains("acme"), "{text}");
    for line in ["usage acme range:soon", "usge acme", ""] {
        let (outcome, text) = status(line, true).await;
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(outcome.status(), 2, "{line}: {text}");
        assert!(value["error"]["message"].as_str().unwrap().ends_with(['.', '”']), "{text}");
        assert!(value["error"]["code"].is_string());
    }
    let (outcome, text) = asked(&empty_desk().await, "portfolio", &form(false, None)).await;
    assert_eq!(outcome.status(), 1, "{text}");
}

#[tokio::test]
async fn a_picture_is_written_when_there_is_one() {
    let desk = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.png");
    let (_, text) = asked(&desk, "usage acme", &form(false, Some(&path))).await;
    assert!(text.ends_with("usage.png.\n"), "{text}");
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));

    let path = folder.path().join("help.png");
    let (outcome, text) = asked(&desk, "help", &form(false, Some(&path))).await;
    assert!(text.contains("This answer has no picture") && outcome == Outcome::Answered, "{text}");
    assert!(!path.exists());
    let (_, text) = asked(&desk, "help", &form(true, Some(&path))).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["picture"], Value::Null);

    let nowhere = folder.path().join("missing").join("usage.png");
    let failed = ask_once(&desk, &asker(), "usage acme", &mut Vec::new(), &form(false, Some(&nowhere))).await;
    assert!(failed.unwrap_err().to_string().starts_with("writing "));
}

#[tokio::test]
async fn a_pipe_gets_an_answer_for_each_line_until_exit() {
    let desk = desk().await;
    let mut input =
        Cursor::new(b"# a comment\n\nstatus\n/help usage\nnonsense \xff\nexit\nportfolio\n".to_vec());
    let mut output = Vec::new();
    talk(&desk, &asker(), &mut input, &mut output, &style(80)).await.unwrap();
    let text = String::from_utf8(output).unwrap();
    let asked: Vec<&str> = text.lines().filter(|line| line.starts_with("> ")).collect();
    assert_eq!(asked, ["> status", "> /help usage", "> nonsense \u{fffd}"], "{text}");
    assert!(text.trim_end().lines().last().unwrap().contains("command"), "{text}");
}
