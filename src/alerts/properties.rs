//! Properties of the way from readings to alerts.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::config::AlertRule;
use crate::domain::AlertState;
use crate::domain::Destination;

use super::episode::{Episode, Place};
use super::judge::{Ledger, advance};
use super::measure::{Reading, Verdict};
use super::subject::Subject;

fn start() -> Timestamp {
    "2026-03-02T00:00:00Z".parse().unwrap()
}

fn at(hours: i64) -> Timestamp {
    start() + SignedDuration::from_hours(hours)
}

fn rule(name: &str, parts: &[(&str, &str)]) -> AlertRule {
    let part =
        |key: &str| parts.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned());
    AlertRule::read(name, part).unwrap()
}

fn reading(account: &str, verdict: Verdict, at: Timestamp) -> Reading {
    let subject = Subject::Account(account.parse().unwrap());
    Reading { subject, verdict, at, level: 0, is_small: false }
}

fn page(_rule: &AlertRule, _subject: &Subject) -> Option<Vec<Place>> {
    Some(vec![Place { to: Destination::Page, refused: None }])
}

/// Looks once an hour, and keeps what ended.
struct Desk {
    rules: Vec<AlertRule>,
    ledger: Ledger,
    over: Vec<Episode>,
}

impl Desk {
    fn new(rules: Vec<AlertRule>) -> Self {
        Self { rules, ledger: Ledger::default(), over: Vec::new() }
    }

    fn look(&mut self, now: Timestamp, readings: impl Fn(&AlertRule) -> Vec<Reading>) {
        let looks: Vec<_> = self.rules.iter().map(|rule| (rule, readings(rule))).collect();
        advance(&mut self.ledger, &looks, &page, now);
        let (over, open) = self.ledger.open.drain(..).partition(Episode::is_over);
        self.ledger.open = open;
        self.over.extend::<Vec<Episode>>(over);
    }

    /// As a program that is started again finds it.
    fn restart(&mut self) {
        let texts: Vec<String> =
            self.ledger.open.iter().map(|one| serde_json::to_string(one).unwrap()).collect();
        self.ledger.open = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let pending = self.ledger.pending.iter();
        let pending = pending.map(|((rule, subject), since)| (rule.clone(), subject.to_string(), *since));
        let pending: Vec<_> = pending.collect();
        self.ledger.pending = pending
            .into_iter()
            .map(|(rule, subject, since)| ((rule, subject.parse().unwrap()), since))
            .collect::<BTreeMap<_, _>>();
    }

    fn all(&self) -> Vec<&Episode> {
        self.over.iter().chain(&self.ledger.open).collect()
    }
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    let verdict = prop_oneof![
        3 => Just(Verdict::Holds), 2 => Just(Verdict::Clear), 1 => Just(Verdict::Between), 1 => Just(Verdict::Unknown)
    ];
    proptest::collection::vec(verdict, 1..40)
}

#[test]
fn a_clock_that_was_ahead_holds_nothing_back() {
    let parts =
        [("when", "score below 50"), ("for", "2h"), ("clear", "2h"), ("remind", "1d"), ("tell", "page")];
    let mut desk = Desk::new(vec![rule("low", &parts)]);
    let ahead = at(24 * 365);
    let look = |desk: &mut Desk, now: Timestamp, verdict| {
        desk.look(now, |_rule| vec![reading("acme", verdict, now)]);
    };
    // Seen first by the clock that is ahead: from the true hour on it has to last, and no longer.
    look(&mut desk, ahead, Verdict::Holds);
    for hour in 0..2 {
        look(&mut desk, at(hour), Verdict::Holds);
        assert!(desk.ledger.open.is_empty(), "{hour}");
    }
    look(&mut desk, at(2), Verdict::Holds);
    assert_eq!(desk.ledger.open.len(), 1);
    // Kept quiet, told and well again by that clock.
    let one = &mut desk.ledger.open[0];
    (one.state, one.snoozed_until, one.told) = (AlertState::Snoozed, Some(ahead), Some(ahead));
    look(&mut desk, at(3), Verdict::Holds);
    assert_eq!((desk.ledger.open[0].state, desk.ledger.open[0].reminders), (AlertState::Open, 1));
    desk.ledger.open[0].members[0].clear_since = Some(ahead);
    look(&mut desk, at(4), Verdict::Clear);
    assert!(desk.over.is_empty());
    look(&mut desk, at(6), Verdict::Clear);
    assert_eq!(desk.over.len(), 1);
}

proptest! {
    #[test]
    fn what_flaps_is_one_alert(seen in verdicts()) {
        // It must be well for longer than any stretch of this test to be over.
        let mut desk = Desk::new(vec![rule("a", &[("when", "score below 50"), ("for", "0h"), ("clear", "7d")])]);
        for (hour, verdict) in (0..).zip(&seen) {
            desk.look(at(hour), |_| vec![reading("acme", *verdict, at(hour))]);
        }
        let held = seen.contains(&Verdict::Holds);
        prop_assert_eq!(desk.all().len(), usize::from(held));
    }

    #[test]
    fn the_order_of_rules_and_readings_does_not_matter(
        seen in proptest::collection::vec((0_u8..8, 0_i64..40), 1..60), turn in 0_usize..7
    ) {
        let rules = || vec![
            rule("a", &[("when", "score below 50"), ("for", "2h"), ("clear", "1h")]),
            rule("b", &[("when", "churn above 60%"), ("for", "0h"), ("clear", "0h"), ("quiet", "20:00-07:00")]),
        ];
        let readings = |hour: i64| -> Vec<Reading> {
            let bad = |account: u8| seen.contains(&(account, hour));
            let one = |account: u8| {
                let verdict = if bad(account) { Verdict::Holds } else { Verdict::Clear };
                reading(&format!("account-{account}"), verdict, at(hour))
            };
            (0..8).map(one).collect()
        };
        let (mut one, mut other) = (Desk::new(rules()), Desk::new(rules().into_iter().rev().collect()));
        for hour in 0..40 {
            one.look(at(hour), |_| readings(hour));
            other.look(at(hour), |_| {
                let mut turned = readings(hour);
                turned.rotate_left(turn);
                turned
            });
        }
        prop_assert_eq!(one.all(), other.all());
    }

    #[test]
    fn a_restart_changes_nothing(seen in verdicts(), stops in proptest::collection::vec(any::<bool>(), 40)) {
        let rules = || vec![rule("a", &[
            ("when", "score below 50"), ("for", "3h"), ("clear", "2h"), ("remind", "4h"), ("quiet", "20:00-07:00"),
        ])];
        let (mut steady, mut restarted) = (Desk::new(rules()), Desk::new(rules()));
        for (hour, verdict) in (0..).zip(&seen) {
            let readings = |_: &AlertRule| vec![reading("acme", *verdict, at(hour))];
            steady.look(at(hour), readings);
            restarted.look(at(hour), readings);
            if stops[hour as usize] {
                restarted.restart();
            }
        }
        prop_assert_eq!(steady.all(), restarted.all());
    }

    #[test]
    fn while_data_do_not_come_no_time_passes(looks in 1_i64..200) {
        // It began to hold with the newest data, and nothing has come since.
        let mut desk = Desk::new(vec![rule("a", &[("when", "score below 50"), ("for", "2h")])]);
        for hour in 0..looks {
            desk.look(at(hour), |_| vec![reading("acme", Verdict::Holds, at(0))]);
        }
        prop_assert!(desk.all().is_empty());
    }
}

#[test]
fn many_at_once_are_one_alert_and_the_next_ones_join_it() {
    let mut desk = Desk::new(vec![rule("a", &[("when", "band at risk"), ("clear", "0h")])]);
    let upto = |count: i64, hour: i64| {
        let one = |account: i64| {
            let verdict = if account < count { Verdict::Holds } else { Verdict::Clear };
            reading(&format!("account-{account:02}"), verdict, at(hour))
        };
        (0..50).map(one).collect::<Vec<_>>()
    };
    desk.look(at(0), |_| upto(40, 0));
    desk.look(at(1), |_| upto(50, 1));
    assert_eq!(desk.all().iter().map(|one| one.members.len()).collect::<Vec<_>>(), [50]);
    desk.look(at(2), |_| upto(1, 2));
    assert_eq!(desk.all()[0].going_on().count(), 1);
    desk.look(at(3), |_| upto(0, 3));
    assert_eq!(desk.all()[0].state, AlertState::Recovered);
}

#[test]
fn quiet_hours_hold_back_and_tell_what_is_still_so() {
    let quiet = [("when", "band at risk"), ("clear", "0h"), ("quiet", "20:00-07:00")];
    let mut desk = Desk::new(vec![rule("a", &quiet)]);
    let both = |first: Verdict, second: Verdict, hour: i64| {
        vec![reading("acme", first, at(hour)), reading("borealis", second, at(hour))]
    };
    desk.look(at(1), |_| both(Verdict::Holds, Verdict::Clear, 1));
    desk.look(at(2), |_| both(Verdict::Clear, Verdict::Clear, 2));
    assert_eq!((desk.over.len(), desk.over[0].told), (1, None));
    desk.look(at(3), |_| both(Verdict::Clear, Verdict::Holds, 3));
    assert_eq!(desk.ledger.open[0].told, None);
    desk.look(at(7), |_| both(Verdict::Clear, Verdict::Holds, 7));
    assert_eq!(desk.ledger.open[0].told, Some(at(7)));
}

#[test]
fn it_is_told_again_until_someone_looks_after_it() {
    let mut desk = Desk::new(vec![rule("a", &[("when", "band at risk"), ("remind", "4h")])]);
    let holds = |hour: i64| vec![reading("acme", Verdict::Holds, at(hour))];
    for hour in 0..9 {
        desk.look(at(hour), |_| holds(hour));
    }
    assert_eq!(desk.ledger.open[0].reminders, 2);
    let dana = "dana".parse().unwrap();
    desk.ledger.open[0].snooze(&dana, at(20), at(9));
    desk.look(at(19), |_| holds(19));
    assert_eq!((desk.ledger.open[0].state, desk.ledger.open[0].reminders), (AlertState::Snoozed, 2));
    desk.look(at(20), |_| holds(20));
    assert_eq!((desk.ledger.open[0].state, desk.ledger.open[0].reminders), (AlertState::Open, 3));
    desk.ledger.open[0].acknowledge(&dana, Some("On it".into()), at(21));
    desk.look(at(60), |_| holds(60));
    assert_eq!((desk.ledger.open[0].state, desk.ledger.open[0].reminders), (AlertState::Acknowledged, 3));
}

#[test]
fn a_further_part_of_a_budget_is_told_in_the_same_alert() {
    let mut desk = Desk::new(vec![rule("a", &[("when", "spend at 50% 80% of 100")])]);
    let level = |level: u16, hour: i64| vec![Reading { level, ..reading("acme", Verdict::Holds, at(hour)) }];
    desk.look(at(0), |_| level(50, 0));
    desk.look(at(1), |_| level(50, 1));
    assert_eq!(desk.ledger.open[0].reminders, 0);
    desk.look(at(2), |_| level(80, 2));
    let one = &desk.ledger.open[0];
    assert_eq!((desk.all().len(), one.members[0].level, one.reminders), (1, 80, 1));
}

#[test]
fn what_is_too_small_begins_nothing_and_what_is_not_looked_at_any_more_is_over() {
    let mut desk = Desk::new(vec![rule("a", &[("when", "band at risk")])]);
    desk.look(at(0), |_| vec![Reading { is_small: true, ..reading("acme", Verdict::Holds, at(0)) }]);
    assert!(desk.all().is_empty());
    desk.look(at(1), |_| vec![reading("acme", Verdict::Holds, at(1))]);
    desk.look(at(2), |_| vec![]);
    assert_eq!(desk.over.len(), 1);
    desk.look(at(3), |_| vec![reading("acme", Verdict::Holds, at(3))]);
    desk.rules = vec![rule("a", &[("when", "band watch")])];
    desk.look(at(4), |_| vec![reading("acme", Verdict::Holds, at(4))]);
    assert_eq!((desk.over.len(), desk.ledger.open.len()), (2, 1), "another condition is another alert");
    desk.rules.clear();
    desk.look(at(5), |_| vec![]);
    assert_eq!(desk.over.len(), 3);
}
