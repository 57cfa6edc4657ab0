//! What a scope hides: an asker is answered as if the accounts out of the scope did not exist.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::Claim;
use crate::domain::Currency;
use crate::domain::Foretold;
use crate::domain::Initiative;
use crate::domain::InitiativeStatus;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Note;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Role;
use crate::domain::Scope;
use crate::domain::TokenSplit;
use crate::domain::UsageRow;
use crate::domain::Used;
use crate::domain::Window;
use crate::engine::HealthRules;
use crate::engine::Snapshot;
use crate::engine::SourceMark;
use crate::reply::Block;

use super::completion;
use super::dispatch;
use super::forms;
use super::invocation::Invocation;
use super::question::Question;
use super::reading::Reading;

const UNTIL: &str = "2026-03-31T00:00:00Z";
const OWNERS: [&str; 3] = ["dana", "mei", "olu"];
const TAGS: [&str; 2] = ["emea", "pilot"];

#[derive(Debug, Clone)]
struct Customer {
    owner: Option<usize>,
    tags: [bool; 2],
    /// Calls on each of the last days, as `base` and a change of it.
    base: u64,
    slope: u64,
    days: u16,
    initiative: bool,
}

fn customer() -> impl Strategy<Value = Customer> {
    let tags = [any::<bool>(), any::<bool>()];
    (proptest::option::of(0..3_usize), tags, 1..5_000_u64, 0..40_u64, 1..120_u16, any::<bool>()).prop_map(
        |(owner, tags, base, slope, days, initiative)| Customer {
            owner,
            tags,
            base,
            slope,
            days,
            initiative,
        },
    )
}

fn scope() -> impl Strategy<Value = Scope> {
    let claim = prop_oneof![
        (0..3_usize).prop_map(|owner| Claim::Owner(OWNERS[owner].into())),
        (0..2_usize).prop_map(|tag| Claim::Tag(TAGS[tag].into())),
    ];
    proptest::collection::btree_set(claim, 0..3).prop_map(Scope::Of)
}

fn id(number: usize) -> AccountId {
    format!("acct-{number:02}").parse().unwrap()
}

fn account(number: usize, customer: &Customer) -> Account {
    let mut account = Account::discovered(id(number), &format!("Name{number:02}"));
    account.owner = customer.owner.map(|owner| OWNERS[owner].parse().unwrap());
    let carried = TAGS.iter().zip(customer.tags).filter(|(_, carried)| *carried);
    account.tags = carried.map(|(tag, _)| (*tag).to_owned()).collect();
    account
}

fn rows(number: usize, customer: &Customer) -> Vec<UsageRow> {
    let end: Timestamp = UNTIL.parse().unwrap();
    let row = |day: u16| {
        let api_calls = customer.base + customer.slope * u64::from(day);
        UsageRow {
            source: "import".parse().unwrap(),
            at: end - SignedDuration::from_hours(24 * i64::from(day) + 12),
            account: id(number),
            endpoint: format!("/v1/{}", number % 2).parse().unwrap(),
            model: None,
            event: None,
            used: Used {
                api_calls,
                errors: Some(api_calls / 50),
                tokens: api_calls * 3,
                cost: Money::from_micros(i64::try_from(api_calls).unwrap() * 10),
            },
            tokens: TokenSplit::default(),
        }
    };
    (0..customer.days).map(row).collect()
}

fn initiative(number: usize) -> Initiative {
    Initiative {
        id: format!("ini-{number:02}").parse().unwrap(),
        account: id(number),
        title: format!("Plan of Name{number:02}"),
        priority: Priority::High,
        status: InitiativeStatus::Active,
        owner: Some("dana".parse().unwrap()),
        expected_revenue: Some(Money::from_micros(7_000_000)),
        start: None,
        due: Some("2026-03-01".parse().unwrap()),
        target: None,
        updates: Vec::new(),
    }
}

/// A forecast of the last week that was kept.
fn foretold(account: Option<AccountId>, middle: i64) -> Foretold {
    let end: Timestamp = UNTIL.parse().unwrap();
    let window = Window::ending(end, SignedDuration::from_hours(7 * 24));
    let (low, high) = (middle / 2, middle * 2);
    Foretold { account, metric: Metric::ApiCalls, made: window.from(), window, middle, low, high }
}

/// The portfolio of those that are kept, with a forecast of them all when one was kept.
fn portfolio(
    customers: &[Customer],
    of_all: Option<Foretold>,
    kept: impl Fn(&Account) -> bool,
) -> Arc<Snapshot> {
    let end: Timestamp = UNTIL.parse().unwrap();
    let rules = Arc::new(HealthRules::default_rules());
    let mut draft = Snapshot::empty(rules, Currency::USD).draft();
    let mut forecasts: Vec<Foretold> = of_all.into_iter().collect();
    for (number, customer) in customers.iter().enumerate() {
        let account = account(number, customer);
        if !kept(&account) {
            continue;
        }
        let author: Person = "dana".parse().unwrap();
        let text = format!("About Name{number:02}");
        draft.accounts([account]);
        draft.usage(&id(number), rows(number, customer));
        draft.notes(&id(number), vec![Note { account: id(number), at: end, author, text }]);
        draft.initiatives(customer.initiative.then(|| initiative(number)));
        forecasts.push(foretold(Some(id(number)), 700));
    }
    draft.foretold(forecasts);
    draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark: end }]);
    Arc::new(draft.finish(1, end))
}

/// Every question of the catalogue, of every account by id, name, a part of it and a slip of the pen.
fn lines(customers: usize) -> Vec<String> {
    let mut lines: Vec<String> = [
        "portfolio",
        "portfolio owner:dana",
        "portfolio owner:nobody",
        "portfolio sort:name range:7d",
        "usage",
        "usage by:account",
        "usage by:endpoint range:7d",
        "movers",
        "movers metric:cost range:7d",
        "anomalies",
        "forecast",
        "initiative list",
        "initiative list owner:dana",
        "status",
        "help",
        "help initiative",
        "health acct",
        "health name",
        "initiative show \"Plan of\"",
        "churn",
        "churn owner:mei",
    ]
    .map(str::to_owned)
    .into();
    for number in 0..customers {
        for given in [format!("acct-{number:02}"), format!("name{number:02}"), format!("acct{number:02}x")] {
            lines.extend(
                ["health", "why", "history", "usage", "anomalies", "forecast", "initiative list"]
                    .map(|command| format!("{command} {given}")),
            );
        }
        lines.push(format!("initiative show ini-{number:02}"));
        lines.push(format!("initiative show \"plan of name{number:02}\""));
    }
    lines
}

/// What is said to a line, in all its parts.
fn said(snapshot: &Snapshot, asker: &Asker, line: &str) -> String {
    let now = UNTIL.parse().unwrap();
    let reading = Reading {
        snapshot,
        now,
        role: asker.role,
        feeds: None,
        has_room: true,
        has_prices: true,
        annotations: &[],
    };
    let question = Question::parse(line).unwrap();
    let answer = match dispatch::answer(&reading, asker, &question) {
        Ok(answer) => answer,
        Err(problem) => return problem.to_string(),
    };
    let facts = answer.blocks.iter().filter_map(|block| match block {
        Block::Facts(lines) => Some(lines),
        _ => None,
    });
    let receipts: Vec<_> = facts.flatten().map(|line| snapshot.receipt(&line.fact.key, 50)).collect();
    format!("{answer:?}\n{receipts:?}")
}

fn completions(snapshot: &Snapshot, asker: &Asker) -> String {
    let known = completion::Known { snapshot, asker, named: &|_kind| Vec::new() };
    let options =
        [("health", "account"), ("usage", "endpoint"), ("initiative show", "id"), ("portfolio", "owner")];
    let typed = ["", "a", "acct-0", "name01", "plan"];
    let besides = [Vec::new(), vec![("account".to_owned(), "name00".to_owned())]];
    let all = options.iter().flat_map(|(command, option)| {
        typed.map(|typed| {
            besides.each_ref().map(|beside| completion::option(known, command, beside, (option, typed)))
        })
    });
    let lines = ["health na", "usage acct-0", "initiative list account:", "initiative show p"];
    let lines = lines.map(|line| completion::line(known, line));
    format!("{:?}{lines:?}", all.collect::<Vec<_>>())
}

/// What the forms for some calls say; a form's title tells of its account.
fn forms_of(snapshot: &Snapshot, asker: &Asker) -> String {
    let lines = [
        "note acct-00",
        "note name01",
        "initiative add name0",
        "initiative update ini-00",
        "initiative close ini-01",
    ];
    let form =
        |line: &str| format!("{:?}\n", forms::form(snapshot, asker, &Invocation::parse(line).unwrap()));
    lines.map(form).concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_out_of_scope_might_as_well_not_exist(
        customers in proptest::collection::vec(customer(), 1..6),
        sees in scope(),
    ) {
        let whole = portfolio(&customers, Some(foretold(None, 123_456)), |_| true);
        let view = whole.seen_by(&sees);
        let alone = portfolio(&customers, None, |account| sees.holds(account));
        let asker = Asker {
            person: "dana".parse().unwrap(),
            role: Role::Manager,
            sees: sees.clone(),
            changes: sees.clone(),
            audience: Audience::AskerOnly,
            way: crate::domain::How::Terminal.into(),
        };
        let hidden: Vec<usize> =
            (0..customers.len()).filter(|number| !sees.holds(&account(*number, &customers[*number]))).collect();
        for line in lines(customers.len()) {
            let text = said(&view, &asker, &line);
            for number in &hidden {
                // Whoever types a name reads it again; nothing else may say it.
                let asked = line.contains(&format!("{number:02}"));
                prop_assert!(asked || !text.contains(&format!("acct-{number:02}")), "{line}: {text}");
                prop_assert!(asked || !text.contains(&format!("Name{number:02}")), "{line}: {text}");
            }
            // The churn model has learned from all accounts, and nobody's data end where there are none.
            if !line.starts_with("churn") && hidden.len() < customers.len() {
                prop_assert_eq!(text, said(&alone, &asker, &line), "{}", line);
            }
        }
        prop_assert_eq!(completions(&view, &asker), completions(&alone, &asker));
        prop_assert_eq!(forms_of(&view, &asker), forms_of(&alone, &asker));
        prop_assert!(Arc::ptr_eq(&view, &whole.seen_by(&sees)), "a view is made once");
    }
}
