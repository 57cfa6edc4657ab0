//! One question, the same figures everywhere: answers from a small real store, and every figure against its receipt.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::Mutex;

use crate::harness::seed;
use etsm::answers::Desk;
use etsm::answers::Invocation;
use etsm::answers::Question;
use etsm::config::HealthRules;
use etsm::domain::Account;
use etsm::domain::AccountId;
use etsm::domain::AccountStatus;
use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::Clock;
use etsm::domain::Currency;
use etsm::domain::Fact;
use etsm::domain::Initiative;
use etsm::domain::InitiativeStatus;
use etsm::domain::InitiativeUpdate;
use etsm::domain::Money;
use etsm::domain::Priority;
use etsm::domain::Quantity;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::domain::SourceId;
use etsm::domain::TokenSplit;
use etsm::domain::UsageRow;
use etsm::domain::Used;
use etsm::engine::Engine;
use etsm::reply::Answer;
use etsm::reply::Block;
use etsm::reply::Cell;
use etsm::reply::ChartSpec;
use etsm::reply::FactLine;
use etsm::reply::Prose;
use etsm::reply::Series;
use etsm::reply::Span;
use etsm::store::Store;
use jiff::Timestamp;

const USAGE: &str = include_str!("../data/usage/two-weeks.csv");

struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rows() -> Vec<UsageRow> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let [when, account, calls, tokens, cost, endpoint] = fields[..] else { panic!("{line}") };
        UsageRow {
            source: "import".parse().unwrap(),
            at: at(when),
            account: account.parse().unwrap(),
            endpoint: endpoint.parse().unwrap(),
            model: None,
            event: None,
            used: Used {
                api_calls: calls.parse().unwrap(),
                errors: None,
                tokens: tokens.parse().unwrap(),
                cost: cost.parse().unwrap(),
            },
            tokens: TokenSplit::default(),
        }
    };
    USAGE.lines().skip(1).map(row).collect()
}

fn id(text: &str) -> AccountId {
    text.parse().unwrap()
}

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

fn accounts() -> Vec<Account> {
    let account = |of: &str, name: &str, owner: Option<&str>| Account {
        id: id(of),
        name: name.into(),
        owner: owner.map(|owner| owner.parse().unwrap()),
        segment: None,
        plan: None,
        contract: None,
        tags: Vec::new(),
        status: AccountStatus::Active,
    };
    vec![
        account("m-large-000", "Acme Corp", Some("dana")),
        account("pair-016", "Acme Labs", Some("mei")),
        account("quiet", "Quiet Ltd", Some("mei")),
        account("m-small-009", "<b>@everyone</b> “Bolt”", Some("mei")),
    ]
}

fn initiatives() -> Vec<Initiative> {
    let one = |number: u32, of: &str, title: &str, status, due: &str| Initiative {
        id: format!("ini-{number}").parse().unwrap(),
        account: id(of),
        title: title.into(),
        priority: Priority::High,
        status,
        owner: Some("dana".parse().unwrap()),
        expected_revenue: Some(Money::from_micros(24_000_000_000)),
        start: Some("2025-02-01".parse().unwrap()),
        due: Some(due.parse().unwrap()),
        target: None,
        updates: vec![InitiativeUpdate {
            at: at("2025-03-01T09:00:00Z"),
            author: "mei".parse().unwrap(),
            text: "Kick-off held".into(),
        }],
    };
    vec![
        one(1, "m-large-000", "Pilot of the batch endpoint", InitiativeStatus::Active, "2025-05-30"),
        one(2, "m-large-000", "Move to the small model", InitiativeStatus::Active, "2025-03-10"),
        one(3, "pair-016", "Second region", InitiativeStatus::Blocked, "2025-04-30"),
        one(4, "pair-023", "Training for the team", InitiativeStatus::Done, "2025-03-01"),
    ]
}

/// A desk over an empty store, at half past one after the last hour of the file.
async fn empty_desk() -> Desk {
    empty_desk_at(Arc::new(Hands(Mutex::new(at("2025-03-17T01:30:00Z"))))).await
}

async fn empty_desk_at(clock: Arc<Hands>) -> Desk {
    let engine = Engine::new(Arc::new(HealthRules::default_rules()), Currency::USD);
    let store = Store::in_memory().await.unwrap();
    let desk = Desk::new(Arc::new(engine), store, clock);
    desk.load().await.unwrap();
    desk
}

async fn desk() -> Desk {
    let desk = empty_desk().await;
    let source: SourceId = "import".parse().unwrap();
    desk.record_accounts(&accounts(), &seed::act()).await.unwrap();
    desk.record_usage(&rows(), &[], Some((source, at("2025-03-17T00:00:00Z"))), seed::intake())
        .await
        .unwrap();
    desk.record_initiatives(&initiatives(), &seed::act()).await.unwrap();
    desk
}

/// Asks, and holds every figure of the answer against its receipt.
async fn ask(desk: &Desk, line: &str) -> Answer {
    let answer = match desk.ask_line(&asker(Role::Manager), line).await {
        Ok(answer) => answer,
        Err(problem) => panic!("{line}: {problem}"),
    };
    let snapshot = desk.snapshot();
    let facts = facts(&answer);
    for fact in facts {
        let receipt = snapshot.receipt(&fact.key, 10).unwrap_or_else(|| panic!("{line}: {}", fact.key));
        assert_eq!(receipt.value, fact.value, "{line}: {}", fact.key);
        assert_eq!(fact.key.to_string().parse(), Ok(fact.key.clone()));
    }
    for block in &answer.blocks {
        if let Block::Table(table) = block {
            assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{line}: {}", table.title);
        }
    }
    for action in answer.actions.iter().chain(answer.picks.iter().flat_map(|pick| &pick.options)) {
        let call = Invocation::parse(&action.line).unwrap();
        let asks = Question::understand(&call).is_ok_and(|question| !question.writes());
        assert!(asks != action.form, "{line}: {}", action.line);
    }
    answer
}

async fn said(desk: &Desk, line: &str) -> String {
    told(&ask(desk, line).await)
}

async fn refused(desk: &Desk, line: &str) -> String {
    desk.ask_line(&asker(Role::Manager), line).await.unwrap_err().to_string()
}

fn facts(answer: &Answer) -> Vec<&Fact> {
    let mut facts = Vec::new();
    for block in &answer.blocks {
        match block {
            Block::Text(prose) | Block::Caveat(prose) => {
                facts.extend(prose.0.iter().filter_map(|span| match span {
                    Span::Fact(fact) => Some(fact),
                    Span::Plain(_) | Span::Outside(_) | Span::Code(_) | Span::Person { .. } => None,
                }));
            }
            Block::Facts(lines) => {
                facts.extend(lines.iter().flat_map(|line| std::iter::once(&line.fact).chain(&line.change)));
            }
            Block::Table(table) => facts.extend(table.rows.iter().flatten().filter_map(|cell| match cell {
                Cell::Fact(fact) | Cell::Change(fact, _) => Some(fact),
                _ => None,
            })),
            Block::Chart(chart) => facts.extend(chart_facts(chart)),
        }
    }
    facts
}

fn chart_facts(chart: &ChartSpec) -> Vec<&Fact> {
    match chart {
        ChartSpec::Series(chart) => chart.total.iter().chain(&chart.change).collect(),
        ChartSpec::Health(card) => card.score.iter().chain(card.factors.iter().flat_map(bar_facts)).collect(),
        ChartSpec::Bands(chart) => {
            let worst = chart.worst.iter().flat_map(|bar| std::iter::once(&bar.fact).chain(&bar.aside));
            chart.bands.iter().map(|slice| &slice.accounts).chain(worst).collect()
        }
        ChartSpec::Bars(chart) => {
            chart.bars.iter().flat_map(|bar| std::iter::once(&bar.fact).chain(&bar.aside)).collect()
        }
        ChartSpec::Corridor(chart) => chart.headline.iter().chain(&chart.change).collect(),
        ChartSpec::Steps(chart) => {
            [&chart.from, &chart.to].into_iter().chain(&chart.steps).map(|step| &step.fact).collect()
        }
        ChartSpec::Timeline(_) | ChartSpec::Scores(_) => Vec::new(),
    }
}

fn bar_facts(bar: &etsm::reply::FactorBar) -> Vec<&Fact> {
    bar.weight.iter().chain(&bar.score).chain(&bar.measured).collect()
}

/// An answer as plain text, without any platform.
fn told(answer: &Answer) -> String {
    let mut text = format!("# {}\n", answer.title);
    for block in &answer.blocks {
        match block {
            Block::Text(words) => writeln!(text, "{}", prose(words)).unwrap(),
            Block::Caveat(words) => writeln!(text, "! {}", prose(words)).unwrap(),
            Block::Facts(lines) => {
                for line in lines {
                    writeln!(text, "{}", fact_line(line)).unwrap();
                }
            }
            Block::Table(table) => {
                let titles: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
                writeln!(text, "[{}] {}", table.title, titles.join(" | ")).unwrap();
                for row in &table.rows {
                    let cells: Vec<String> = row.iter().map(cell).collect();
                    writeln!(text, "  {}", cells.join(" | ")).unwrap();
                }
                if table.more > 0 {
                    writeln!(text, "  and {} more", table.more).unwrap();
                }
            }
            Block::Chart(chart) => text.push_str(&drawn(chart)),
        }
    }
    let until = answer.as_of.data_until.map_or("no data".into(), |at| at.to_string());
    writeln!(text, "as of {until}; {}", answer.path.as_deref().unwrap_or("no page")).unwrap();
    for action in answer.actions.iter().chain(answer.picks.iter().flat_map(|pick| &pick.options)) {
        let sign = if action.form {
            " …"
        } else if action.current {
            " *"
        } else {
            ""
        };
        writeln!(text, "({}) {}{sign}", action.label, action.line).unwrap();
    }
    text
}

fn prose(words: &Prose) -> String {
    let span = |span: &Span| match span {
        Span::Plain(words) => words.clone(),
        Span::Outside(words) | Span::Person { name: words, .. } => format!("‹{words}›"),
        Span::Code(words) => format!("`{words}`"),
        Span::Fact(fact) => fact.value.short(),
    };
    words.0.iter().map(span).collect()
}

fn fact_line(line: &FactLine) -> String {
    let change = line.change.as_ref().map(|fact| format!(" ({})", fact.value.short())).unwrap_or_default();
    format!("- {}: {} = {}{change}", line.label, line.fact.value.short(), line.fact.value.exact())
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => "–".into(),
        Cell::Text(text) => text.clone(),
        Cell::Link { text, path } => format!("{text} <{path}>"),
        Cell::Fact(fact) => fact.value.short(),
        Cell::Change(fact, tone) => format!("{} {tone:?}", fact.value.short()),
        Cell::Band(band) => band.to_string(),
        Cell::Status(status) => status.to_string(),
        Cell::Spark(values) => format!("~{}", values.len()),
    }
}

fn drawn(chart: &ChartSpec) -> String {
    let mut text = format!("<chart> {} / {}\n", chart.title(), chart.description());
    let mut add = |line: String| writeln!(text, "  {line}").unwrap();
    match chart {
        ChartSpec::Series(chart) => {
            let one = |series: &Series| {
                let sum: f64 = series.points.iter().filter_map(|point| point.value.as_f64()).sum();
                format!("{}: {} points, {sum:.2}", series.name, series.points.len())
            };
            chart.series.iter().for_each(|series| add(one(series)));
            chart.previous.iter().for_each(|series| add(format!("before: {}", one(series))));
        }
        ChartSpec::Health(card) => card.factors.iter().for_each(|bar| {
            let score = bar.score.as_ref().map_or("–".into(), |fact| fact.value.short());
            add(format!("{}: {score}", bar.kind));
        }),
        ChartSpec::Bands(chart) => {
            chart.bands.iter().for_each(|one| add(format!("{}: {}", one.band, one.accounts.value.short())));
            chart.worst.iter().for_each(|bar| add(format!("{}: {}", bar.name, bar.fact.value.short())));
        }
        ChartSpec::Bars(chart) => {
            chart.bars.iter().for_each(|bar| add(format!("{}: {}", bar.name, bar.fact.value.short())));
        }
        ChartSpec::Timeline(chart) => chart.rows.iter().for_each(|row| {
            let overdue = if row.overdue { ", overdue" } else { "" };
            add(format!("{}: {}{overdue}", row.title, row.note));
        }),
        ChartSpec::Corridor(chart) => {
            add(format!("{}: {} points", chart.line.name, chart.line.points.len()));
            add(format!("{}: {} points, {} marks", chart.band_name, chart.band.len(), chart.marks.len()));
        }
        ChartSpec::Steps(chart) => {
            let steps = std::iter::once(&chart.from).chain(&chart.steps).chain([&chart.to]);
            steps.for_each(|step| add(format!("{}: {}", step.name, step.fact.value.short())));
        }
        ChartSpec::Scores(chart) => {
            let judged = chart.days.iter().filter(|day| day.score.is_some()).count();
            add(format!("{judged} of {} days, {} marks", chart.days.len(), chart.marks.len()));
        }
    }
    text
}

#[tokio::test]
async fn figures_equal_a_plain_sum_over_the_file() {
    let desk = desk().await;
    let answer = ask(&desk, "usage m-large-000 range:14d by:endpoint").await;
    let mut sum = Used::default();
    for row in rows().into_iter().filter(|row| row.account == id("m-large-000")) {
        sum += row.used;
    }
    let Some(Block::Facts(lines)) = answer.blocks.first() else { panic!("{answer:?}") };
    let values: Vec<Quantity> = lines.iter().take(3).map(|line| line.fact.value).collect();
    assert_eq!(
        values,
        [
            Quantity::Calls(sum.api_calls),
            Quantity::Tokens(sum.tokens),
            Quantity::Money(sum.cost, Currency::USD),
        ]
    );
    let charts = answer.blocks.iter().find_map(|block| match block {
        Block::Chart(ChartSpec::Series(chart)) => Some(chart),
        _ => None,
    });
    let points = charts.unwrap().series.iter().flat_map(|series| &series.points);
    let drawn: f64 = points.filter_map(|point| point.value.as_f64()).sum();
    assert_eq!(drawn, sum.api_calls as f64);
}

#[tokio::test]
async fn usage_of_an_account() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "usage pair-016 range:7d by:endpoint metric:cost").await);
}

#[tokio::test]
async fn usage_of_the_portfolio() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "usage range:7d by:account").await);
}

#[tokio::test]
async fn health_of_an_account() {
    let desk = desk().await;
    let told = said(&desk, "health \"Acme Corp\" since:2025-03-10").await;
    assert_eq!(said(&desk, "health \"Acme Corp\" since:7d").await, told);
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn what_there_is_none_of_is_no_lack_of_data() {
    let desk = desk().await;
    let told = said(&desk, "health m-large-132").await;
    let none = "! No initiative is open and no commitment is agreed, so these are left out; their weight went to the other factors.";
    assert!(told.contains(none), "{told}");
    let lack = told.lines().find(|line| line.starts_with("! Not judged")).unwrap();
    assert!(!lack.contains("initiatives") && !lack.contains("commitment"), "{lack}");
}

#[tokio::test]
async fn the_portfolio() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "portfolio range:7d").await);
}

#[tokio::test]
async fn movers() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "movers range:7d metric:tokens").await);
}

#[tokio::test]
async fn initiatives_that_need_something_come_first() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "initiative list").await);
}

#[tokio::test]
async fn an_initiative_with_its_log() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "initiative show ini-2").await);
}

#[tokio::test]
async fn the_status() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "status").await);
}

#[tokio::test]
async fn help_for_one_command() {
    let desk = desk().await;
    insta::assert_snapshot!(said(&desk, "help usage").await);
}

#[tokio::test]
async fn every_kind_of_question_has_exact_figures() {
    let desk = desk().await;
    for line in [
        "portfolio",
        "portfolio band:healthy",
        "portfolio band:at_risk owner:mei sort:cost range:mtd",
        "portfolio owner:me sort:change",
        "portfolio sort:name range:2025-03-05..2025-03-08",
        "health m-large-132",
        "health quiet",
        "health pair-023 since:2025-03-05",
        "health m-large-001 since:2025-01-01",
        "usage",
        "usage by:model",
        "usage by:endpoint metric:tokens range:mtd",
        "usage endpoint:/v1/chat/large by:account range:48h",
        "usage pair-016 endpoint:/v1/chat/small compare:none",
        "usage pair-016 by:model metric:errors",
        "usage quiet",
        "usage m-large-132 range:2025-03-03..2025-03-03",
        "usage range:12w",
        "usage range:ytd",
        "movers metric:cost range:14d",
        "movers metric:errors",
        "initiative list owner:me",
        "initiative list quiet",
        "initiative list status:done",
        "initiative show ini-3",
        "status",
        "help",
        "help initiative",
        "help initiative add",
    ] {
        ask(&desk, line).await;
    }
}

#[tokio::test]
async fn an_account_is_found_by_what_people_call_it() {
    let desk = desk().await;
    let title = async |line: &str| ask(&desk, line).await.title;
    assert_eq!(title("health M-LARGE-000").await, "Acme Corp — health");
    assert_eq!(title("health \"acme corp\"").await, "Acme Corp — health");
    assert_eq!(title("health quie").await, "Quiet Ltd — health");
    assert_eq!(title("health labs").await, "Acme Labs — health");
    let acme = refused(&desk, "health acme").await;
    assert_eq!(acme, "“acme” could be m-large-000, pair-016. Write one of these ids.");
    let wrong = refused(&desk, "health \"Quiat Ltd\"").await;
    assert_eq!(wrong, "I know no account called “Quiat Ltd”. The closest one is “Quiet Ltd”.");
    assert_eq!(
        refused(&desk, "health zzz").await,
        "I know no account called “zzz”. Write its id or a part of its name."
    );
}

#[tokio::test]
async fn an_initiative_is_found_by_its_title() {
    let desk = desk().await;
    for given in ["INI-3", "\"second REGION\"", "second", "region"] {
        let title = ask(&desk, &format!("initiative show {given}")).await.title;
        assert_eq!(title, "ini-3 — Second region", "{given}");
    }
    let told = said(&desk, "initiative update region text:\"Asked again\"").await;
    assert!(told.starts_with("# ini-3") && told.contains("Asked again"), "{told}");
    for order in ["show the", "update the text:x", "close the"] {
        let several = refused(&desk, &format!("initiative {order}")).await;
        assert_eq!(several, "“the” could be ini-1, ini-2, ini-4. Write one of these ids.", "{order}");
    }
    let near = refused(&desk, "initiative close \"Secnd regoin\"").await;
    assert_eq!(near, "I know no initiative called “Secnd regoin”. The closest one is ini-3.");
    let told = said(&desk, "initiative close region").await;
    assert!(told.contains("Status | done"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_answered_says_what_to_do() {
    let desk = desk().await;
    let row = async |line: &str, expected: &str| assert_eq!(refused(&desk, line).await, expected, "{line}");
    row(
        "usage range:2025-04-01..2025-04-30",
        "2025-04-01..2025-04-30 begins after the newest data, which are of 17 Mar 2025 00:00 UTC. Ask for an earlier range.",
    )
    .await;
    row(
        "health pair-016 since:2025-03-20",
        "2025-03-20 is after the newest data, which are of 17 Mar 2025 00:00 UTC. Give an earlier day.",
    )
    .await;
    row("portfolio owner:daan", "No account belongs to “daan”. The closest owner is “dana”.").await;
    row(
        "initiative show ini-99",
        "I know no initiative called “ini-99”. Write initiative list to see them with their ids.",
    )
    .await;
    row(
        "initiative add quiet Pilot due:2025-03-01",
        "2025-03-01 has passed already; today is 2025-03-17. Give a day to come.",
    )
    .await;
    row("initiative update ini-2 status:active", "ini-2 stands like that already; nothing was changed.")
        .await;
    let told = said(&desk, "usage endpoint:/v1/chat/larg").await;
    let hint =
        "No usage of the endpoint ‹/v1/chat/larg› has arrived yet. The closest one is ‹/v1/chat/large›.";
    assert!(told.contains(hint), "{told}");
    // Errors that nobody tells are not drawn as none.
    let told = ask(&desk, "usage pair-016 by:endpoint metric:errors").await;
    assert!(!told.blocks.iter().any(|block| matches!(block, Block::Chart(_))), "{told:?}");
    let told = said(&desk, "movers metric:errors").await;
    assert!(told.contains("No source tells errors, so it is not known"), "{told}");
    row("help usge", "I know no command called “usge”. The closest one is “usage”.").await;
}

#[tokio::test]
async fn without_data_an_answer_says_what_to_do() {
    let desk = empty_desk().await;
    let no_data =
        "There are no data yet. Import some with `etsm import usage FILE`, or look around with `etsm demo`.";
    for line in ["portfolio", "usage", "movers"] {
        assert_eq!(refused(&desk, line).await, no_data, "{line}");
    }
    for line in ["status", "help", "initiative list"] {
        ask(&desk, line).await;
    }
}

#[tokio::test]
async fn an_initiative_lives_from_idea_to_outcome() {
    let desk = desk().await;
    let added = said(&desk, "initiative add quiet \"Wake up\" due:2025-06-01 revenue:12k").await;
    assert!(added.starts_with("# ini-5 — Wake up\nWritten down as ini-5.\n"), "{added}");
    assert!(added.contains("$12,000.00") && added.contains("Owner | dana"), "{added}");
    let row = async |line: &str, expected: &str| {
        let text = said(&desk, line).await;
        assert!(text.contains(expected), "{line}: {text}");
    };
    row(
        "initiative update ini-5 status:active text:\"Called them\"",
        "dana | Called them\nStatus: planned → active.",
    )
    .await;
    row("initiative update ini-5 priority:critical owner:mei", "Owner: dana → mei.").await;
    row(
        "initiative update ini-5 due:none owner:none revenue:none",
        "Owner: mei → nobody.\nDue: 2025-06-01 → open.\nExpected revenue: 12000 → not stated.",
    )
    .await;
    row("initiative list quiet", "Wake up").await;
    row("initiative close ini-5 text:\"They call us daily\"", "Done: They call us daily").await;
    row("initiative list quiet", "There are no open initiatives.").await;
    // It is in the store, not only in the engine.
    desk.load().await.unwrap();
    row("initiative show ini-5", "Status | done").await;
}

#[tokio::test]
async fn without_days_there_is_no_timeline() {
    let desk = desk().await;
    ask(&desk, "initiative add quiet \"Wake up\"").await;
    for (line, is_drawn) in [
        ("initiative show ini-5", false),
        ("initiative list quiet", false),
        ("initiative list", true),
        ("initiative show ini-3", true),
    ] {
        let answer = ask(&desk, line).await;
        let has_chart = answer.blocks.iter().any(|block| matches!(block, Block::Chart(_)));
        assert_eq!(has_chart, is_drawn, "{line}");
    }
}

#[tokio::test]
async fn a_viewer_reads_and_is_not_offered_to_write() {
    let desk = desk().await;
    let viewer = asker(Role::Viewer);
    let refused = desk.ask_line(&viewer, "initiative close ini-1").await.unwrap_err();
    assert_eq!(refused.code(), "not_allowed");
    let help = told(&desk.ask_line(&viewer, "help").await.unwrap());
    assert!(help.contains("initiative list") && !help.contains("initiative add"), "{help}");
    let show = told(&desk.ask_line(&viewer, "initiative show ini-1").await.unwrap());
    assert!(!show.contains("initiative close"), "{show}");
    assert!(desk.complete_line(&viewer, "initiative a").iter().all(|one| one.value != "initiative add"));
}

#[tokio::test]
async fn a_batch_publishes_the_same_as_a_whole_load() {
    let desk = desk().await;
    let mut more = rows();
    more.retain(|row| row.account == id("m-large-013"));
    for row in &mut more {
        row.used.api_calls += 1;
    }
    let names = [(id("new-one"), "New & “odd” one".to_owned())];
    let fresh = UsageRow { account: id("new-one"), ..more[0].clone() };
    more.push(fresh);
    let recorded = desk.record_usage(&more, &names, None, seed::intake()).await.unwrap();
    assert_eq!((recorded.accepted, recorded.replaced), (1, 45));
    let all = async |desk: &Desk| {
        let mut text = String::new();
        for line in [
            "portfolio range:14d",
            "usage m-large-013 range:14d",
            "usage new-one range:14d",
            "movers range:7d",
        ] {
            text.push_str(&said(desk, line).await);
        }
        text
    };
    let step = all(&desk).await;
    assert!(step.contains("New & “odd” one"), "{step}");
    let version = desk.snapshot().version();
    desk.load().await.unwrap();
    assert_eq!(desk.snapshot().version(), version);
    assert_eq!(all(&desk).await, step);
    // The same again changes nothing and publishes nothing.
    let seen = desk.versions();
    desk.record_usage(&more, &names, None, seed::intake()).await.unwrap();
    assert!(!seen.has_changed().unwrap());
}

#[tokio::test]
async fn a_write_by_another_process_is_noticed() {
    let desk = desk().await;
    let other = UsageRow { at: at("2025-03-16T22:00:00Z"), account: id("quiet"), ..rows()[0].clone() };
    let mut writer = desk.store().usage_writer(etsm::store::Keep::Yes, seed::intake()).await.unwrap();
    writer.record(&[other], &[]).await.unwrap();
    writer.finish(None).await.unwrap();
    assert!(desk.snapshot().last_use(&id("quiet")).is_none());
    // A write of our own, to another account, brings theirs along.
    let own = UsageRow { account: id("m-large-001"), at: at("2025-03-16T23:00:00Z"), ..rows()[0].clone() };
    desk.record_usage(&[own], &[], None, seed::intake()).await.unwrap();
    assert!(desk.snapshot().last_use(&id("quiet")).is_some());
    assert!(!desk.catch_up().await.unwrap());
}

#[tokio::test]
async fn late_data_are_told_and_never_a_decline() {
    let desk = desk().await;
    let slow: SourceId = "push".parse().unwrap();
    let row = UsageRow { source: slow.clone(), account: id("quiet"), ..rows()[0].clone() };
    desk.record_usage(&[row], &[], Some((slow, at("2025-03-16T12:00:00Z"))), seed::intake()).await.unwrap();
    let told = said(&desk, "usage range:7d").await;
    let caveat = "! The source ‹push› has delivered only up to 16 Mar 2025 12:00 UTC; figures after that are not complete.";
    assert!(told.contains(caveat), "{told}");
    // An account is told of the sources it has usage from, and of no others.
    for (line, concerned) in [
        ("portfolio", true),
        ("movers", true),
        ("usage quiet", true),
        ("health quiet", true),
        ("usage pair-016", false),
        ("health pair-016", false),
    ] {
        let told = said(&desk, line).await;
        assert_eq!(told.contains(caveat), concerned, "{line}: {told}");
    }
}

#[tokio::test]
async fn a_new_day_begins_without_new_data() {
    let clock = Arc::new(Hands(Mutex::new(at("2025-03-17T01:30:00Z"))));
    let desk = empty_desk_at(Arc::clone(&clock)).await;
    desk.record_accounts(&accounts(), &seed::act()).await.unwrap();
    desk.record_usage(
        &rows(),
        &[],
        Some(("import".parse().unwrap(), at("2025-03-17T00:00:00Z"))),
        seed::intake(),
    )
    .await
    .unwrap();
    desk.record_initiatives(&initiatives(), &seed::act()).await.unwrap();
    let list = said(&desk, "initiative list pair-016").await;
    assert!(list.contains("- Overdue: 0"), "{list}");
    *clock.0.lock().unwrap() = at("2025-05-01T09:00:00Z");
    let list = said(&desk, "initiative list pair-016").await;
    assert!(list.contains("- Overdue: 1") && list.contains("today is 1 May 2025"), "{list}");
    let usage = said(&desk, "usage pair-016").await;
    let caveat = "! The newest data are of 17 Mar 2025 00:00 UTC; what came after is not in yet.";
    assert!(usage.contains(caveat), "{usage}");
}

#[tokio::test]
async fn completion_offers_what_fits_best_first() {
    let desk = desk().await;
    let who = asker(Role::Manager);
    let values = |command: &str, option: &str, typed: &str| -> Vec<String> {
        desk.complete(&who, command, &[], (option, typed)).into_iter().map(|one| one.value).collect()
    };
    assert_eq!(values("health", "account", "acme"), ["m-large-000", "pair-016"]);
    assert_eq!(desk.complete(&who, "health", &[], ("account", "acme"))[0].label, "Acme Corp (m-large-000)");
    assert_eq!(values("health", "account", "labs"), ["pair-016"]);
    assert_eq!(values("usage", "endpoint", "small"), ["/v1/chat/small"]);
    assert_eq!(values("initiative show", "id", "region"), ["ini-3"]);
    assert_eq!(values("portfolio", "owner", ""), ["me", "dana", "mei"]);
    assert_eq!(values("usage", "range", "5"), Vec::<String>::new());
    assert_eq!(values("usage", "range", "5d"), ["5d"]);
    assert_eq!(values("help", "command", "initiative s"), ["initiative show"]);

    let lines = |line: &str| -> Vec<String> {
        desk.complete_line(&who, line).into_iter().map(|one| one.value).collect()
    };
    assert_eq!(lines("usa"), ["usage"]);
    assert_eq!(lines("/usa"), ["/usage"]);
    assert_eq!(lines("initiative s"), ["initiative show"]);
    assert_eq!(lines("health acm"), ["health m-large-000", "health pair-016"]);
    assert_eq!(lines("usage m-large-000 by:e"), ["usage m-large-000 by:endpoint"]);
    assert_eq!(lines("usage m-large-000 ra"), ["usage m-large-000 range:"]);
    assert_eq!(
        lines("initiative show "),
        ["initiative show ini-1", "initiative show ini-2", "initiative show ini-3", "initiative show ini-4"]
    );
    for start in ["", "p", "portfolio ", "usage \"Acme C", "initiative add "] {
        assert!(!lines(start).is_empty(), "{start}");
    }
}

#[test]
fn the_manual_is_that_of_the_catalogue() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
    let manual = etsm::answers::manual();
    if std::fs::read_to_string(file).is_ok_and(|text| text == manual) {
        return;
    }
    std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
    std::fs::write(file, manual).unwrap();
    panic!("docs/commands.md was not that of the catalogue; it is written anew: read it and commit it");
}
