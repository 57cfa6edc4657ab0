//! What is unusual, what comes next, and who may fall silent: asked at the desk, over usage whose answers are known.

use std::sync::Arc;

use etsm::answers::Desk;
use etsm::config::HealthRules;
use etsm::domain::Account;
use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::Clock;
use etsm::domain::CommitPeriod;
use etsm::domain::Contract;
use etsm::domain::Currency;
use etsm::domain::Fact;
use etsm::domain::Money;
use etsm::domain::Quantity;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::domain::SourceId;
use etsm::domain::TokenSplit;
use etsm::domain::UsageRow;
use etsm::domain::Used;
use etsm::engine::Engine;
use etsm::render::console;
use etsm::reply::Answer;
use etsm::reply::Block;
use etsm::reply::Cell;
use etsm::reply::Span;
use etsm::store::Store;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::harness::clock::TestClock;
use crate::harness::seed;

/// A Wednesday, at midnight: the end of the data.
const UNTIL: &str = "2026-04-01T00:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One row at noon of each of the `days` before the end; `calls` is asked with the day counted back from it, 1 is the last.
fn daily(account: &str, source: &str, days: i64, calls: impl Fn(i64) -> u64) -> Vec<UsageRow> {
    let row = |back: i64| {
        let api_calls = calls(back);
        UsageRow {
            source: source.parse().unwrap(),
            at: at(UNTIL) - SignedDuration::from_hours(24 * back - 12),
            account: account.parse().unwrap(),
            endpoint: "/v1/chat".parse().unwrap(),
            model: None,
            event: None,
            used: Used {
                api_calls,
                errors: None,
                tokens: api_calls * 100,
                cost: Money::from_micros(i64::try_from(api_calls).unwrap() * 1_000),
            },
            tokens: TokenSplit::default(),
        }
    };
    (1..=days).rev().map(row).filter(|row| row.used.api_calls > 0).collect()
}

/// A little more or less from day to day, the same each time.
fn wobble(day: i64, percent: i64) -> i64 {
    (day * 7_919 % 101 - 50) * percent / 50
}

/// Busy on workdays, half as busy at weekends, with some noise. Day 1 is a Tuesday.
fn weekly(level: u64) -> impl Fn(i64) -> u64 {
    move |back| {
        let weekend = matches!(back.rem_euclid(7), 3 | 4);
        let base = if weekend { level / 2 } else { level };
        base * u64::try_from(100 + wobble(back, 6)).unwrap() / 100
    }
}

struct Bench {
    desk: Desk,
    clock: Arc<TestClock>,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn with(rows: &[UsageRow]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_dir(folder.path()).await.unwrap();
        let engine = Engine::new(Arc::new(HealthRules::default_rules()), Currency::USD);
        let clock = Arc::new(TestClock::at("2026-04-01T01:00:00Z"));
        let desk = Desk::new(Arc::new(engine), store, Arc::clone(&clock) as Arc<dyn Clock>);
        let bench = Self { desk, clock, _folder: folder };
        bench.record(rows, "test", UNTIL).await;
        bench
    }

    async fn record(&self, rows: &[UsageRow], source: &str, watermark: &str) {
        let mark: (SourceId, Timestamp) = (source.parse().unwrap(), at(watermark));
        self.desk.record_usage(rows, &[], Some(mark), seed::intake()).await.unwrap();
    }

    async fn ask(&self, line: &str) -> Answer {
        let asker = Asker {
            person: "dana".parse().unwrap(),
            role: Role::Manager,
            sees: Scope::All,
            changes: Scope::All,
            audience: Audience::AskerOnly,
            way: etsm::domain::How::Terminal.into(),
        };
        let answer =
            self.desk.ask_line(&asker, line).await.unwrap_or_else(|problem| panic!("{line}: {problem}"));
        for fact in facts(&answer) {
            let receipt = self.desk.receipt(&asker, &fact.key).unwrap_or_else(|no| panic!("{line}: {no}"));
            let same =
                receipt.value == fact.value || format!("{:?}", receipt.value) == format!("{:?}", fact.value);
            assert!(same, "{line}: {} says {:?}, its receipt {:?}", fact.key, fact.value, receipt.value);
        }
        answer
    }

    async fn reads(&self, line: &str) -> String {
        console::answer(&self.ask(line).await, &console::Style { color: false, width: 100, public_url: None })
    }
}

/// Every figure of an answer, those of its tables included.
fn facts(answer: &Answer) -> Vec<Fact> {
    let mut all = Vec::new();
    for block in &answer.blocks {
        match block {
            Block::Text(prose) | Block::Caveat(prose) => {
                all.extend(prose.0.iter().filter_map(|span| match span {
                    Span::Fact(fact) => Some(fact.clone()),
                    Span::Plain(_) | Span::Person { .. } | Span::Outside(_) | Span::Code(_) => None,
                }));
            }
            Block::Facts(lines) => {
                all.extend(lines.iter().map(|line| line.fact.clone()));
                all.extend(lines.iter().filter_map(|line| line.change.clone()));
            }
            Block::Table(table) => all.extend(table.rows.iter().flatten().filter_map(|cell| match cell {
                Cell::Fact(fact) | Cell::Change(fact, _) => Some(fact.clone()),
                _ => None,
            })),
            Block::Chart(_) => {}
        }
    }
    all
}

fn first_fact(answer: &Answer) -> Quantity {
    facts(answer)[0].value
}

#[tokio::test]
async fn a_steady_account_is_expected_to_go_on() {
    let bench = Bench::with(&daily("acme", "test", 120, |_| 1_000)).await;
    let answer = bench.ask("forecast acme horizon:7d").await;
    assert_eq!(first_fact(&answer), Quantity::Calls(7_000));
    let portfolio = bench.ask("forecast horizon:7d").await;
    assert_eq!(first_fact(&portfolio), Quantity::Calls(7_000));
}

#[tokio::test]
async fn a_month_that_has_begun_is_what_came_and_what_is_expected() {
    let bench = Bench::with(&daily("acme", "test", 120, |_| 1_000)).await;
    // Two days and a half into April, of which the half is not whole.
    let mut more = daily("acme", "test", 3, |_| 1_000);
    for row in &mut more {
        row.at += SignedDuration::from_hours(72);
    }
    more.pop();
    bench.clock.set("2026-04-03T13:00:00Z");
    bench.record(&more, "test", "2026-04-03T12:00:00Z").await;
    let answer = bench.ask("forecast acme").await;
    let Block::Facts(lines) = &answer.blocks[0] else { panic!("{:?}", answer.blocks) };
    let april = lines.iter().find(|line| line.label == "April in all").unwrap();
    // 2,000 measured, half of the third day and 27 days expected.
    assert_eq!(april.fact.value, Quantity::Calls(29_500));
}

#[tokio::test]
async fn a_forecast_reads_as_number_then_commitment_then_weeks() {
    let bench = Bench::with(&daily("acme", "test", 200, weekly(40_000))).await;
    let mut acme = Account::discovered("acme".parse().unwrap(), "Acme");
    let commit = Money::from_micros(1_500_000_000);
    acme.contract = Some(Contract { commit, period: CommitPeriod::Quarter, renewal: None });
    bench.desk.record_accounts(&[acme], &seed::act()).await.unwrap();
    insta::assert_snapshot!("forecast", bench.reads("forecast acme metric:cost").await);
}

#[tokio::test]
async fn too_little_data_is_said_and_not_guessed() {
    let bench = Bench::with(&daily("acme", "test", 3, |_| 1_000)).await;
    let told = bench.reads("forecast acme").await;
    assert!(told.contains("Too little data for a forecast: 2 d of the 21 days that it needs."), "{told}");
    let told = bench.reads("anomalies acme").await;
    assert!(told.contains("Too little data: 2 d of the 14"), "{told}");
    let told = bench.reads("anomalies acme metric:errors").await;
    assert!(told.contains("do not tell its errors"), "{told}");
    let told = bench.reads("forecast acme metric:errors").await;
    assert!(told.contains("No source of this usage tells its errors"), "{told}");
    let told = bench.reads("churn").await;
    assert!(told.contains("assumed"), "{told}");
}

#[tokio::test]
async fn a_spike_is_told_with_its_size_and_a_rhythm_is_not() {
    let usual = weekly(20_000);
    let rows = daily("acme", "test", 120, |back| if back == 5 { 90_000 } else { usual(back) });
    let mut rows = rows;
    rows.extend(daily("calm", "test", 120, weekly(20_000)));
    let bench = Bench::with(&rows).await;
    insta::assert_snapshot!("anomalies_of_an_account", bench.reads("anomalies acme").await);
    let calm = bench.reads("anomalies calm").await;
    assert!(calm.contains("Nothing unusual in the last 30 days."), "{calm}");
    insta::assert_snapshot!("anomalies_of_all", bench.reads("anomalies").await);
}

#[tokio::test]
async fn an_account_that_stops_is_unusual_and_one_whose_data_lag_is_not() {
    let usual = weekly(20_000);
    let mut rows = daily("gone", "test", 120, |back| if back <= 2 { 0 } else { usual(back) });
    rows.extend(daily("calm", "test", 120, weekly(20_000)));
    let bench = Bench::with(&rows).await;
    // The same silence, but its source says itself that it has not delivered.
    let late = daily("late", "slow", 120, |back| if back <= 2 { 0 } else { usual(back) });
    bench.record(&late, "slow", "2026-03-30T00:00:00Z").await;
    let gone = bench.reads("anomalies gone").await;
    assert!(gone.contains("Unusual: silent."), "{gone}");
    let late = bench.reads("anomalies late").await;
    assert!(late.contains("Data not in yet") && !late.contains("silent"), "{late}");
    let all = bench.ask("anomalies").await;
    assert_eq!(first_fact(&all), Quantity::Accounts(1));
}

#[tokio::test]
async fn a_forecast_is_kept_and_held_against_what_came() {
    let bench = Bench::with(&daily("acme", "test", 120, |_| 1_000)).await;
    bench.ask("forecast acme horizon:7d").await;
    // Asked again later on more data, the first one of the window stands.
    bench.ask("forecast acme horizon:7d").await;
    let mut week = daily("acme", "test", 7, |_| 1_250);
    for row in &mut week {
        row.at += SignedDuration::from_hours(24 * 7);
    }
    bench.record(&week, "test", "2026-04-08T00:00:00Z").await;
    bench.clock.set("2026-04-08T01:00:00Z");
    let told = bench.reads("forecast acme horizon:7d").await;
    let earlier = told.split("Earlier forecasts").nth(1).unwrap_or_else(|| panic!("{told}"));
    assert!(earlier.contains("1 Apr 2026 00:00 UTC") && earlier.contains("−20 %"), "{told}");
    // It survives a start.
    let engine = Engine::new(Arc::new(HealthRules::default_rules()), Currency::USD);
    let again =
        Desk::new(Arc::new(engine), bench.desk.store().clone(), Arc::clone(&bench.clock) as Arc<dyn Clock>);
    again.load().await.unwrap();
    assert_eq!(again.snapshot().all_foretold().len(), bench.desk.snapshot().all_foretold().len());
}

#[tokio::test]
async fn the_longer_the_silence_the_likelier_it_lasts() {
    let mut rows = Vec::new();
    for (account, silent) in [("awake", 0), ("dozing", 12), ("asleep", 60)] {
        rows.extend(daily(account, "test", 120, |back| if back <= silent { 0 } else { 500 }));
    }
    for number in 0..40 {
        let name = format!("other-{number:02}");
        rows.extend(daily(&name, "test", 120, |back| u64::from(back % (number % 5 + 1) == 0) * 100));
    }
    let bench = Bench::with(&rows).await;
    let order = bench.desk.snapshot().churn_order();
    let chance = |name: &str| order.iter().find(|(id, _)| id.as_str() == name).unwrap().1;
    assert!(chance("asleep") > chance("dozing") && chance("dozing") > chance("awake"), "{order:?}");
    let told = bench.reads("churn").await;
    assert!(told.contains("dropout.alpha") && told.contains("Asleep") | told.contains("asleep"), "{told}");
    // A model that is kept judges on, and reads back as it was written.
    let kept = bench.desk.snapshot().kept_churn();
    assert_eq!(kept.to_string().parse(), Ok(kept.clone()));
    bench.desk.keep_churn(Some(kept.clone()), &seed::act()).await.unwrap();
    assert_eq!(bench.desk.snapshot().kept_churn(), kept);
    assert_eq!(bench.desk.snapshot().churn_order(), order);
}

#[tokio::test]
async fn health_and_the_chance_of_silence_agree() {
    let mut rows = Vec::new();
    for number in 0..60_i64 {
        // From steady to fading: the later accounts have lost more of their days.
        let lost = (number / 10) * 12;
        let level = 2_000 + u64::try_from(number).unwrap() * 10;
        let usual = weekly(level);
        rows.extend(daily(&format!("a-{number:02}"), "test", 150, |back| {
            if back <= lost && (lost >= 36 || back % 3 != 0) { 0 } else { usual(back) }
        }));
    }
    let bench = Bench::with(&rows).await;
    let snapshot = bench.desk.snapshot();
    let order = snapshot.churn_order();
    assert_eq!(order.len(), 60);
    let score = |id: &etsm::domain::AccountId| snapshot.health(id).and_then(|health| health.score);
    for (id, chance) in &order {
        let band = snapshot.health(id).and_then(|health| health.band);
        assert!(*chance < 0.5 || band != Some(etsm::domain::Band::Healthy), "{id}: {chance} and {band:?}");
    }
    for pair in order.windows(2) {
        let same = (pair[0].1 * 1_000.0).round() == (pair[1].1 * 1_000.0).round();
        assert!(pair[0].1 >= pair[1].1 || same, "{pair:?}");
        if let (true, Some(first), Some(second)) = (same, score(&pair[0].0), score(&pair[1].0)) {
            assert!(first <= second, "{pair:?}: {first} and {second}");
        }
    }
}
