//! What rules say of made-up accounts whose state is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::config::AlertRule;
use crate::domain::*;
use crate::engine::HealthRules;
use crate::engine::Snapshot;
use crate::engine::SourceMark;

use super::measure::{Reading, Verdict, measure};

/// End of the data, a Tuesday.
const UNTIL: &str = "2026-03-31T00:00:00Z";
const DAYS: i64 = 120;

fn until() -> Timestamp {
    UNTIL.parse().unwrap()
}

fn rule(when: &str) -> AlertRule {
    let parts: BTreeMap<&str, &str> = [("when", when), ("volume", "0")].into();
    AlertRule::read("mine", |key| parts.get(key).map(|text| (*text).to_owned())).unwrap()
}

/// Every hour of a day, counted back from the end; 1 is the last.
fn hours(account: &str, source: &str, back: i64, calls: u64) -> Vec<UsageRow> {
    let row = |hour: i64| UsageRow {
        source: source.parse().unwrap(),
        at: until() - SignedDuration::from_hours(24 * back - hour),
        account: account.parse().unwrap(),
        endpoint: "/a".parse().unwrap(),
        model: None,
        event: None,
        used: Used {
            api_calls: calls + (hour as u64 * 7 + back as u64 * 13) % 9,
            errors: None,
            tokens: calls,
            cost: Money::from_micros(10_000 * calls as i64),
        },
        tokens: TokenSplit::default(),
    };
    (0..24).map(row).collect()
}

/// A steady account, one that broke down three days ago, and one whose source is ten days behind.
fn snapshot(late: &[UsageRow], mark_of_late: Timestamp) -> Snapshot {
    let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
    let mut account = |id: &str, rows: Vec<UsageRow>| {
        let id: AccountId = id.parse().unwrap();
        let contract =
            Contract { commit: Money::from_micros(900_000_000), period: CommitPeriod::Month, renewal: None };
        draft
            .accounts([Account { contract: Some(contract), ..Account::discovered(id.clone(), id.as_str()) }]);
        draft.usage(&id, rows);
    };
    account("steady", (1..=DAYS).flat_map(|back| hours("steady", "on-time", back, 100)).collect());
    let broken = |back: i64| hours("broken", "on-time", back, if back <= 3 { 5 } else { 400 });
    account("broken", (1..=DAYS).flat_map(broken).collect());
    let before = (11..=DAYS).flat_map(|back| hours("late", "slow", back, 100));
    account("late", before.chain(late.iter().cloned()).collect());
    let initiative = |id: &str, due: &str| Initiative {
        id: id.parse().unwrap(),
        account: "late".parse().unwrap(),
        title: id.into(),
        priority: Priority::High,
        status: InitiativeStatus::Active,
        owner: None,
        expected_revenue: None,
        start: Some("2026-03-01".parse().unwrap()),
        due: Some(due.parse().unwrap()),
        target: None,
        updates: Vec::new(),
    };
    draft.initiatives([initiative("ini-1", "2026-03-20"), initiative("ini-2", "2026-05-01")]);
    let mark = |source: &str, watermark| SourceMark { source: source.parse().unwrap(), watermark };
    draft.watermarks(vec![mark("on-time", until()), mark("slow", mark_of_late)]);
    draft.finish(1, until())
}

fn said(when: &str, snapshot: &Snapshot) -> BTreeMap<String, (Verdict, u16)> {
    let now = until() + SignedDuration::from_hours(2);
    let all: Vec<Reading> = measure(&rule(when), snapshot, now);
    all.into_iter().map(|one| (one.subject.to_string(), (one.verdict, one.level))).collect()
}

fn ten_days_behind() -> Timestamp {
    until() - SignedDuration::from_hours(240)
}

#[test]
fn each_kind_of_rule_tells_the_broken_from_the_steady() {
    let snapshot = snapshot(&[], ten_days_behind());
    let check = |when: &str, steady: Verdict, broken: Verdict| {
        let said = said(when, &snapshot);
        assert_eq!(said["account steady"].0, steady, "{when}: {said:?}");
        assert_eq!(said["account broken"].0, broken, "{when}: {said:?}");
        assert_eq!(said["account late"].0, Verdict::Unknown, "{when}: {said:?}");
    };
    use Verdict::{Between, Clear, Holds};
    check("calls below usual by 50%", Clear, Holds);
    check("calls above usual by 50%", Clear, Clear);
    check("calls off usual by 100%", Clear, Between);
    check("score below 80", Clear, Clear);
    check("score below 85", Between, Holds);
    check("score drops 3 within 7d", Clear, Holds);
    check("score drops 99 within 7d", Clear, Clear);
    check("band watch", Clear, Clear);
    // 24 hours of 100 calls at a cent each: 24 a day, 720 in thirty days; four times as much before it broke down.
    check("spend at 50% 75% 90% of commitment", Holds, Holds);
    check("spend at 90% of commitment", Clear, Holds);
    check("spend at 80% of 910", Between, Holds);
    check("forecast above commitment", Clear, Holds);
    check("forecast below commitment", Holds, Clear);
    check("churn above 99%", Clear, Clear);
    let levels = said("spend at 50% 75% 90% of commitment", &snapshot);
    assert_eq!((levels["account steady"].1, levels["account broken"].1), (75, 90));
}

#[test]
fn initiatives_and_sources_are_held_against_the_clock() {
    let snapshot = snapshot(&[], ten_days_behind());
    let holding = |when: &str| -> Vec<String> {
        let said = said(when, &snapshot);
        said.into_iter().filter(|(_, (verdict, _))| *verdict == Verdict::Holds).map(|(who, _)| who).collect()
    };
    assert_eq!(holding("initiative overdue"), ["initiative late ini-1"]);
    assert_eq!(holding("initiative idle 29d"), ["initiative late ini-1", "initiative late ini-2"]);
    assert_eq!(holding("initiative idle 31d"), [""; 0]);
    assert_eq!(holding("source silent 24h"), ["source slow"]);
    assert_eq!(holding("source silent 1h"), ["source on-time", "source slow"]);
}

#[test]
fn an_account_that_is_paused_or_out_of_scope_is_not_watched() {
    let snapshot = snapshot(&[], ten_days_behind());
    let only = AlertRule { scope: "account:broken".parse().unwrap(), ..rule("score below 99") };
    let seen: Vec<String> =
        measure(&only, &snapshot, until()).iter().map(|one| one.subject.to_string()).collect();
    assert_eq!(seen, ["account broken"]);
    let mut draft = snapshot.draft();
    let paused = Account {
        status: AccountStatus::Paused,
        ..snapshot.account(&"broken".parse().unwrap()).unwrap().clone()
    };
    draft.accounts([paused]);
    assert_eq!(measure(&only, &draft.finish(2, until()), until()), []);
    let small = AlertRule { volume: 1_000_000, ..rule("score below 99") };
    assert!(measure(&small, &snapshot, until()).iter().all(|one| one.is_small));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_comes_after_the_end_of_an_accounts_data_changes_no_reading(
        days in proptest::collection::vec((0_i64..3, 0_u64..4_000), 0..4), behind in 12_i64..26,
    ) {
        // Less than a day behind, so that the account is judged; its data after that are not complete.
        let mark = until() - SignedDuration::from_hours(behind);
        let on_time: Vec<UsageRow> = (1..=10).flat_map(|back| hours("late", "slow", back, 100)).collect();
        let known: Vec<UsageRow> = on_time.into_iter().filter(|row| row.at < mark).collect();
        let after = days.iter().flat_map(|(hour, calls)| {
            let row = UsageRow { at: mark + SignedDuration::from_hours(*hour), ..hours("late", "slow", 1, *calls)[0].clone() };
            (row.at < until()).then_some(row)
        });
        let more: Vec<UsageRow> = known.iter().cloned().chain(after).collect();
        let (without, with) = (snapshot(&known, mark), snapshot(&more, mark));
        for when in [
            "band watch", "score below 99", "score drops 3 within 7d", "calls off usual by 20%", "cost off usual by 20%",
            "spend at 10% 50% 80% of commitment", "forecast above commitment", "churn above 1%",
        ] {
            prop_assert_eq!(&said(when, &without)["account late"], &said(when, &with)["account late"], "{}", when);
        }
    }
}
