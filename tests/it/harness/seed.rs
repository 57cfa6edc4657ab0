//! Small hand-made data: three accounts, ninety days, figures that can be added up in the head.

use etsm::answers::Desk;
use etsm::domain::Account;
use etsm::domain::AccountId;
use etsm::domain::Act;
use etsm::domain::AuditKind;
use etsm::domain::How;
use etsm::domain::Initiative;
use etsm::domain::InitiativeStatus;
use etsm::domain::Money;
use etsm::domain::Note;
use etsm::domain::Person;
use etsm::domain::Priority;
use etsm::domain::TokenSplit;
use etsm::domain::UsageRow;
use etsm::domain::Used;
use etsm::store::Intake;
use jiff::SignedDuration;
use jiff::Timestamp;

/// End of the data.
pub const UNTIL: &str = "2026-03-31T00:00:00Z";
/// Days of data.
pub const DAYS: i64 = 90;
/// A name that tries everything: pings, links, markdown, markup, a right-to-left override.
pub const HOSTILE_NAME: &str = "@everyone <@1> **[win](https://evil.invalid)** `x` <b>||\u{202e}";

/// Who writes it all down.
pub fn act() -> Act {
    Act::of_service(How::Start, UNTIL.parse().unwrap())
}

/// As what usage comes in.
pub fn intake() -> Intake {
    Intake::new(act(), AuditKind::ImportUsage, "seed")
}

pub fn account(id: &str, name: &str, owner: &str) -> Account {
    let mut account = Account::discovered(id.parse().unwrap(), name);
    account.owner = Some(Person::new(owner).unwrap());
    account.segment = Some("enterprise".into());
    account
}

/// One row for each day at noon; `calls` says how many on the nth day.
pub fn daily(account: &str, endpoint: &str, calls: impl Fn(i64) -> u64) -> Vec<UsageRow> {
    let end: Timestamp = UNTIL.parse().unwrap();
    let row = |day: i64| {
        let api_calls = calls(day);
        UsageRow {
            source: "test".parse().unwrap(),
            at: end - SignedDuration::from_hours(24 * (DAYS - day) - 12),
            account: account.parse().unwrap(),
            endpoint: endpoint.parse().unwrap(),
            model: None,
            event: None,
            used: Used {
                api_calls,
                errors: Some(api_calls / 100),
                tokens: api_calls * 50,
                cost: Money::from_micros(i64::try_from(api_calls).unwrap() * 2_000),
            },
            tokens: TokenSplit::default(),
        }
    };
    (0..DAYS).map(row).collect()
}

pub fn initiative(id: &str, account: &str, title: &str) -> Initiative {
    Initiative {
        id: id.parse().unwrap(),
        account: account.parse().unwrap(),
        title: title.to_owned(),
        priority: Priority::High,
        status: InitiativeStatus::Active,
        owner: Some(Person::new("dana").unwrap()),
        expected_revenue: Some(Money::from_micros(12_000_000_000)),
        start: Some("2026-03-01".parse().unwrap()),
        due: Some("2026-05-01".parse().unwrap()),
        target: None,
        updates: Vec::new(),
    }
}

/// Writes it all down.
pub async fn plant(desk: &Desk) {
    let accounts = [
        account("acme", "Acme", "dana"),
        account("borealis", "Borealis", "mei"),
        account("hostile", HOSTILE_NAME, "mei"),
    ];
    desk.record_accounts(&accounts, &act()).await.unwrap();
    let mut rows = daily("acme", "/v1/chat", |_| 1_000);
    rows.extend(daily("acme", "/v1/embed", |day| if day < DAYS - 30 { 100 } else { 500 }));
    rows.extend(daily("borealis", "/v1/chat", |day| u64::try_from(2_000 - 20 * day).unwrap()));
    rows.extend(daily("hostile", "/v1/chat", |_| 300));
    let watermark = ("test".parse().unwrap(), UNTIL.parse().unwrap());
    let names: [(AccountId, String); 0] = [];
    desk.record_usage(&rows, &names, Some(watermark), intake()).await.unwrap();
    let initiatives =
        [initiative("ini-1", "acme", "Move to streaming"), initiative("ini-2", "hostile", HOSTILE_NAME)];
    desk.record_initiatives(&initiatives, &act()).await.unwrap();
    let note = Note {
        account: "acme".parse().unwrap(),
        at: "2026-03-20T09:00:00Z".parse().unwrap(),
        author: Person::new("dana").unwrap(),
        text: "Their new team lead wants weekly numbers.".into(),
    };
    desk.record_notes(&[note], &act()).await.unwrap();
}
