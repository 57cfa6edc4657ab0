//! What must hold of scores over time, for any usage, rules, overrides and gaps in the data.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use crate::domain::*;

use super::*;

/// A Monday.
const FIRST_DAY: i64 = 20_472;
const DAYS: u32 = 120;

/// An account's past.
#[derive(Debug, Clone)]
struct Past {
    calls: Vec<u64>,
    errors: Option<u64>,
    /// Changes of the rules, with the day from which they held.
    rules: Vec<(u32, HealthRules)>,
    /// Score, hour of setting, hours until it ends, and hours until it is taken back.
    overrides: Vec<(f64, u32, u32, Option<u32>)>,
    blocked: bool,
    /// The newest data, in hours.
    as_of: u32,
}

fn hour_at(hour: u32) -> Timestamp {
    Timestamp::from_second(FIRST_DAY * 86_400 + i64::from(hour) * 3_600).unwrap()
}

fn acme() -> AccountId {
    "acme".parse().unwrap()
}

impl Past {
    fn rows(&self, as_of: u32) -> Vec<UsageRow> {
        let hours =
            (0..).zip(&self.calls).flat_map(|(day, calls)| [9, 16].map(|hour| (day * 24 + hour, calls / 2)));
        let row = |(hour, calls): (u32, u64)| UsageRow {
            source: "import".parse().unwrap(),
            at: hour_at(hour),
            account: acme(),
            endpoint: format!("/v1/{}", hour % 3).parse().unwrap(),
            model: None,
            event: None,
            used: Used {
                api_calls: calls,
                errors: self.errors.map(|percent| calls * percent / 100),
                tokens: 0,
                cost: Money::ZERO,
            },
            tokens: TokenSplit::default(),
        };
        hours.filter(|(hour, calls)| *hour < as_of && *calls > 0).map(row).collect()
    }

    fn history(&self) -> RulesHistory {
        let first = (Timestamp::MIN, Arc::new(HealthRules::default_rules()));
        let mut all: Vec<_> =
            self.rules.iter().map(|(day, rules)| (hour_at(day * 24), Arc::new(rules.clone()))).collect();
        all.sort_by_key(|(at, _)| *at);
        let present = all.pop();
        match present {
            Some(present) => RulesHistory::new([first].into_iter().chain(all), present),
            None => RulesHistory::alone(first.1),
        }
    }

    fn overrides(&self) -> Vec<Override> {
        let by: Person = "dana".parse().unwrap();
        let set = |(score, at, length, cleared): &(f64, u32, u32, Option<u32>)| Override {
            account: acme(),
            score: Score::of(*score),
            reason: "trial".into(),
            by: by.clone(),
            at: hour_at(*at),
            expires: hour_at(at + length),
            cleared: cleared.map(|hours| Cleared { by: by.clone(), at: hour_at(at + hours), reason: None }),
        };
        let mut all: Vec<Override> = self.overrides.iter().map(set).collect();
        all.sort_by_key(|one| one.at);
        all
    }

    fn initiative(&self) -> Initiative {
        Initiative {
            id: "ini-1".parse().unwrap(),
            account: acme(),
            title: "Roll out".into(),
            priority: Priority::High,
            status: if self.blocked { InitiativeStatus::Blocked } else { InitiativeStatus::Active },
            owner: None,
            expected_revenue: None,
            start: None,
            due: Some(utc_date(hour_at(60 * 24))),
            target: None,
            updates: Vec::new(),
        }
    }

    /// The picture at `as_of`, from `base` or from nothing.
    fn snapshot(&self, base: Option<&Snapshot>, as_of: u32) -> Snapshot {
        let empty = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD);
        let mut draft = base.unwrap_or(&empty).draft();
        if base.is_none() {
            draft.rules(self.history());
            draft.initiatives([self.initiative()]);
            draft.overrides(&acme(), self.overrides());
        }
        // Rows come only when there are new ones, so that an untouched account goes on from what was known.
        let rows = self.rows(as_of);
        if base.is_none_or(|base| base.rows() != rows.len()) {
            draft.usage(&acme(), rows);
        }
        draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark: hour_at(as_of) }]);
        draft.finish(1, hour_at(as_of))
    }
}

fn pasts() -> impl Strategy<Value = Past> {
    let part = prop_oneof![6 => 0.5_f64..1.5, 1 => Just(0.0), 1 => 0.0_f64..4.0];
    let day = (part, prop_oneof![20 => Just(1.0), 1 => 0.1_f64..2.0]);
    let calls = prop::collection::vec(day, DAYS as usize).prop_map(|days| {
        let mut level = 400.0_f64;
        let made = days.into_iter().map(|(part, shift)| {
            level = (level * shift).clamp(1.0, 10_000.0);
            (level * part) as u64 * 2
        });
        made.collect::<Vec<u64>>()
    });
    let rules = (
        0..DAYS,
        50.0_f64..90.0,
        0.0_f64..8.0,
        1_usize..4,
        prop::collection::vec(1.0_f64..40.0, 8),
        0_usize..9,
    )
        .prop_map(|(day, healthy_from, hysteresis, dwell_days, weights, without)| {
            let mut rules =
                HealthRules { healthy_from, hysteresis, dwell_days, ..HealthRules::default_rules() };
            for (factor, weight) in rules.factors.iter_mut().zip(weights) {
                factor.weight = weight;
            }
            if without < rules.factors.len() {
                rules.factors.remove(without);
            }
            (day, rules)
        });
    let set = (0.0_f64..100.0, 0..DAYS * 24, 1_u32..900, prop::option::of(1_u32..400));
    (
        calls,
        prop::option::of(0_u64..30),
        prop::collection::vec(rules, 0..3),
        prop::collection::vec(set, 0..4),
        any::<bool>(),
        40 * 24..DAYS * 24,
    )
        .prop_map(|(calls, errors, mut rules, overrides, blocked, as_of)| {
            for (version, (_, rules)) in (3..).zip(&mut rules) {
                rules.version = version;
            }
            Past { calls, errors, rules, overrides, blocked, as_of }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_parts_of_a_change_sum_to_it(past in pasts(), from in 0..DAYS * 24, to in 0..DAYS * 24) {
        let snapshot = past.snapshot(None, past.as_of);
        let (from, to) = (from.min(to), from.max(to) + 1);
        let window = Window::new(hour_at(from), hour_at(to)).unwrap();
        let why = snapshot.why(&acme(), window.from(), window.to()).unwrap();
        let score = |health: &Health| health.score.map(|score| (score * 10.0).round() as i32);
        let difference = score(&why.before).zip(score(&why.after)).map(|(before, after)| after - before);
        prop_assert_eq!(why.split.as_ref().map(|split| split.tenths), difference);
        let filter = UsageFilter::of(acme());
        let points = |measure| snapshot.fact(measure, &filter, window).map(|fact| fact.value.as_f64().unwrap());
        let kinds = FactorKind::ALL.iter().map(|kind| Cause::Factor(*kind));
        let causes: Vec<f64> = kinds.chain(Cause::OTHERS).filter_map(|cause| points(Measure::ScoreCause(cause))).collect();
        prop_assert_eq!(points(Measure::ScoreChange).is_some(), difference.is_some());
        let tenths: i32 = causes.iter().map(|points| (points * 10.0).round() as i32).sum();
        prop_assert_eq!(tenths, difference.unwrap_or(0), "{:?}", why.split);
        if let Some(split) = &why.split {
            prop_assert_eq!(split.parts.iter().map(|(_, tenths)| tenths).sum::<i32>(), split.tenths);
        }
    }

    #[test]
    fn the_history_is_what_each_day_says_by_itself(past in pasts()) {
        let snapshot = past.snapshot(None, past.as_of);
        let window = Window::new(hour_at(20 * 24 + 5), hour_at(past.as_of)).unwrap();
        let days = snapshot.score_history(&acme(), window);
        prop_assert_eq!(days.len() as u32, past.as_of / 24 - 20);
        for (index, day) in days.iter().enumerate() {
            let at = if index + 1 == days.len() { hour_at(past.as_of) } else { utc_midnight(day.day) };
            let health = snapshot.health_at(&acme(), at).unwrap();
            let alone = (health.score.map(Score::of), health.band, health.rules_version, health.overridden.is_some());
            prop_assert_eq!((day.score, day.band, day.rules_version, day.overridden), alone, "{}", day.day);
        }
    }

    #[test]
    fn bands_are_the_same_whether_days_come_one_by_one_or_at_once(past in pasts(), step in 1_u32..60) {
        let mut base = past.snapshot(None, past.as_of - 20 * 24);
        let mut at = past.as_of - 20 * 24;
        while at < past.as_of {
            at = (at + step).min(past.as_of);
            base = past.snapshot(Some(&base), at);
        }
        let at_once = past.snapshot(None, past.as_of);
        prop_assert_eq!(base.health(&acme()), at_once.health(&acme()));
    }
}

#[test]
fn other_rules_are_told_apart_from_other_usage() {
    let mut rules = HealthRules::default_rules();
    rules.version = 3;
    for factor in &mut rules.factors {
        factor.weight = if factor.kind == FactorKind::Recency { 80.0 } else { 5.0 };
    }
    let past = Past {
        calls: (0..u64::from(DAYS)).map(|day| if day < 80 { 1_000 } else { 400 }).collect(),
        errors: None,
        rules: vec![(90, rules)],
        overrides: vec![(12.0, 95 * 24, 24 * 10, None)],
        blocked: false,
        as_of: 100 * 24,
    };
    let snapshot = past.snapshot(None, past.as_of);
    let split = |from: u32, to: u32| {
        snapshot.why(&acme(), hour_at(from * 24), hour_at(to * 24)).unwrap().split.unwrap()
    };
    // Usage alone.
    let fall = split(79, 89);
    assert!(fall.part(Cause::Factor(FactorKind::Growth)) < -50, "{fall:?}");
    assert_eq!((fall.part(Cause::Configuration), fall.part(Cause::Override)), (0, 0));
    // Recency is well, and weighs more by the new rules.
    assert!(split(89, 91).part(Cause::Configuration) > 50);
    // From the day after the override on, nothing but it has moved much.
    let set = split(94, 96);
    assert!(set.part(Cause::Override) < -300 && set.tenths < -300, "{set:?}");
}
