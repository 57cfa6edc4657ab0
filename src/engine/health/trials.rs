//! What a score must say about accounts of a known kind.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;

use crate::domain::*;
use crate::engine::{HealthRules, Snapshot, SourceMark};

/// A Monday.
const FIRST_DAY: i64 = 20_472;
const DAYS: u32 = 140;

/// An account under trial.
#[derive(Debug, Clone)]
struct Trial {
    /// Calls of each day, made at 9, 12 and 15 o'clock.
    calls: Vec<u64>,
    errors: Option<u64>,
    endpoints: fn(u32) -> u32,
    account: Account,
    initiatives: Vec<Initiative>,
    /// Instant of judgement: days after the first, and the hour.
    at: (u32, u32),
}

fn day_at(day: u32, hour: u32) -> Timestamp {
    Timestamp::from_second((FIRST_DAY + i64::from(day)) * 86_400 + i64::from(hour) * 3_600).unwrap()
}

fn date(day: u32) -> Date {
    utc_date(day_at(day, 0))
}

/// Less at weekends, and some harmless noise.
fn rhythm(day: u32) -> f64 {
    let weekend = matches!(day % 7, 5 | 6);
    let noise = f64::from((day * 7_919) % 13) / 13.0 - 0.5;
    1_200.0 * if weekend { 0.4 } else { 1.0 } * (1.0 + 0.2 * noise)
}

fn with(shape: impl Fn(u32) -> f64) -> Trial {
    Trial {
        calls: (0..DAYS).map(|day| (rhythm(day) * shape(day)) as u64).collect(),
        errors: None,
        endpoints: |_| 3,
        account: Account::discovered("acme".parse().unwrap(), "Acme"),
        initiatives: Vec::new(),
        at: (DAYS, 8),
    }
}

fn steady() -> Trial {
    with(|_| 1.0)
}

impl Trial {
    fn usage(&self) -> Vec<UsageRow> {
        let mut rows = Vec::new();
        for (day, calls) in (0..).zip(&self.calls) {
            for (index, hour) in [9, 12, 15].into_iter().enumerate() {
                let endpoint = (day + index as u32) % (self.endpoints)(day);
                rows.push(UsageRow {
                    source: "import".parse().unwrap(),
                    at: day_at(day, hour),
                    account: self.account.id.clone(),
                    endpoint: format!("/v1/{endpoint}").parse().unwrap(),
                    model: None,
                    event: None,
                    used: Used {
                        api_calls: calls / 3,
                        errors: self.errors.map(|percent| calls / 3 * percent / 100),
                        tokens: 0,
                        cost: Money::from_micros((calls / 3 * 1_000_000).cast_signed()),
                    },
                    tokens: TokenSplit::default(),
                });
            }
        }
        rows
    }

    fn snapshot(&self) -> Snapshot {
        let at = day_at(self.at.0, self.at.1);
        let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
        draft.accounts([self.account.clone()]);
        draft.initiatives(self.initiatives.clone());
        draft.usage(&self.account.id, self.usage().into_iter().filter(|row| row.at < at));
        draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark: at }]);
        draft.finish(1, at)
    }

    fn health(&self) -> Health {
        let health = self.snapshot().health(&self.account.id).unwrap().clone();
        let weights: f64 = health.factors.iter().map(|factor| factor.weight).sum();
        let judged = health.factors.iter().filter(|factor| factor.judged.is_some()).count();
        assert!(judged == 0 || (weights - 1.0).abs() < 1e-9, "{weights}");
        for factor in &health.factors {
            assert!(!factor.words.is_empty() && !factor.words.contains(|c: char| c.is_ascii_digit()));
            assert!(factor.judged.is_some() || factor.weight == 0.0);
            assert!(factor.judged.is_none_or(|judged| (0.0..=100.0).contains(&judged.score)));
        }
        assert!(health.score.is_none_or(|score| (0.0..=100.0).contains(&score)));
        assert_eq!(health.band.is_some(), health.score.is_some());
        health
    }

    fn score(&self) -> f64 {
        self.health().score.unwrap()
    }

    #[track_caller]
    fn factor(&self, kind: FactorKind) -> Option<Judgement> {
        self.health().factors.iter().find(|factor| factor.kind == kind).unwrap().judged
    }

    #[track_caller]
    fn factor_score(&self, kind: FactorKind) -> f64 {
        self.factor(kind).unwrap_or_else(|| panic!("{kind} is not judged")).score
    }
}

#[test]
fn a_steady_account_is_healthy() {
    let health = steady().health();
    assert_eq!(health.band, Some(Band::Healthy), "{health:?}");
    let missing: Vec<_> = health.missing().map(|factor| factor.kind).collect();
    assert_eq!(missing, [FactorKind::Errors, FactorKind::Initiatives, FactorKind::Commitment]);
}

#[test]
fn growing_is_better_than_steady_and_shrinking_worse() {
    let growing = with(|day| 1.0 + f64::from(day) / 70.0);
    let shrinking = with(|day| 2.15 - f64::from(day) / 70.0);
    let scores = [growing.score(), steady().score(), shrinking.score()];
    assert!(scores.is_sorted_by(|a, b| a > &(b + 5.0)), "{scores:?}");
    assert_eq!(shrinking.health().band, Some(Band::AtRisk), "{scores:?}");
}

#[test]
fn silence_counts_against_the_own_rhythm() {
    let recency = |shape: fn(u32) -> f64, at| Trial { at, ..with(shape) }.factor_score(FactorKind::Recency);
    // Daily use: two days of silence are odd, ten are far too long.
    assert_eq!(recency(|_| 1.0, (DAYS, 8)), 100.0);
    assert!(recency(|day| f64::from(u8::from(day < DAYS - 3)), (DAYS, 8)) < 70.0);
    assert_eq!(recency(|day| f64::from(u8::from(day < DAYS - 10)), (DAYS, 8)), 0.0);
    // Weekdays only: a Monday morning is no silence, and a Monday off is not much of one.
    let office: fn(u32) -> f64 = |day| f64::from(u8::from(day % 7 < 5));
    assert_eq!(recency(office, (133, 8)), 100.0);
    assert!(recency(|day| f64::from(u8::from(day % 7 < 5 && day != 133)), (134, 8)) > 80.0);
    // Once a week: six days of silence are its rhythm.
    assert_eq!(recency(|day| f64::from(u8::from(day % 7 == 2)), (DAYS, 8)), 100.0);
    let asleep = with(|day| f64::from(u8::from(day < 60)));
    assert!(asleep.score() < 20.0 && asleep.health().band == Some(Band::AtRisk));
    assert!(with(|day| f64::from(u8::from(day < DAYS - 10))).score() < steady().score() - 10.0);
}

#[test]
fn one_odd_day_hardly_moves_a_score() {
    let spike = with(|day| if day == DAYS - 20 { 6.0 } else { 1.0 });
    let robust = [FactorKind::Trend, FactorKind::Stability];
    for kind in robust {
        assert!((spike.factor_score(kind) - steady().factor_score(kind)).abs() < 3.0, "{kind}");
    }
    let wild = with(|day| if (day * 31) % 5 < 2 { 0.3 } else { 1.7 });
    assert!(wild.factor_score(FactorKind::Stability) < steady().factor_score(FactorKind::Stability) - 20.0);
}

#[test]
fn an_exception_that_is_over_moves_neither_growth_nor_trend() {
    let odd =
        |days: std::ops::Range<u32>, part: f64| with(move |day| if days.contains(&day) { part } else { 1.0 });
    let kinds = [FactorKind::Growth, FactorKind::Trend, FactorKind::Stability];
    let week_off = odd(DAYS - 21..DAYS - 14, 0.05);
    let burst = odd(DAYS - 40..DAYS - 39, 30.0);
    for trial in [week_off, burst] {
        for kind in kinds {
            let (with, without) = (trial.factor_score(kind), steady().factor_score(kind));
            assert!((with - without).abs() < 4.0, "{kind}: {with} against {without}");
        }
        let health = trial.health();
        let growth = health.factors.iter().find(|factor| factor.kind == FactorKind::Growth).unwrap();
        assert_eq!(growth.words, "about as many calls as in the weeks before, a short exception set aside");
    }
    // What goes on is told from its first week on.
    let falling = odd(DAYS - 6..DAYS, 0.2);
    assert!(falling.factor_score(FactorKind::Growth) < steady().factor_score(FactorKind::Growth) - 15.0);
    let lasting = odd(DAYS - 20..DAYS - 8, 0.2);
    assert!(lasting.factor_score(FactorKind::Growth) < steady().factor_score(FactorKind::Growth) - 15.0);
}

#[test]
fn a_rhythm_of_months_is_not_compared_by_weeks() {
    // Five days at the begin of each month of thirty.
    let monthly: fn(u32) -> f64 = |day| if day % 30 < 5 { 1.0 } else { 0.0 };
    let scores: Vec<f64> = (90..DAYS).map(|day| Trial { at: (day, 8), ..with(monthly) }.score()).collect();
    let jumps = scores.windows(2).filter(|pair| (pair[1] - pair[0]).abs() > 12.0).count();
    assert_eq!(jumps, 0, "{scores:?}");
    let at = |day| Trial { at: (day, 8), ..with(monthly) };
    assert_eq!((at(110).factor(FactorKind::Growth), at(110).factor(FactorKind::Trend)), (None, None));
    // Who does not come back is judged again.
    let gone = with(|day| if day < 65 && day % 30 < 5 { 1.0 } else { 0.0 });
    assert!(gone.score() < 60.0, "{}", gone.score());
}

#[test]
fn an_account_that_never_sleeps_is_unusual_after_a_night() {
    let recency = |hours: fn(u32) -> bool, at: u32| {
        let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
        let steady = steady();
        let row = |hour: u32| UsageRow {
            at: day_at(hour / 24, hour % 24),
            used: Used { api_calls: 5, ..Used::default() },
            ..steady.usage().remove(0)
        };
        draft.usage(&steady.account.id, (0..60 * 24).filter(|hour| hours(*hour)).map(row));
        let now = day_at(at / 24, at % 24);
        draft.watermarks(vec![SourceMark { source: "import".parse().unwrap(), watermark: now }]);
        let snapshot = draft.finish(1, now);
        let health = snapshot.health(&steady.account.id).unwrap();
        health.factors.iter().find(|factor| factor.kind == FactorKind::Recency).unwrap().judged.unwrap().score
    };
    let office = |hour: u32| (9..17).contains(&(hour % 24)) && hour / 24 % 7 < 5;
    // The last day is a Thursday: 59 = 8 weeks and 3 days.
    assert_eq!(recency(|_| true, 60 * 24 + 11), 100.0);
    assert!(recency(|_| true, 60 * 24 + 20) < 90.0);
    assert_eq!(recency(office, 60 * 24 + 8), 100.0);
    assert_eq!(recency(office, 60 * 24 + 20), 100.0);
}

#[test]
fn a_band_does_not_flap_and_follows_what_lasts() {
    let bands = |shape: fn(u32) -> f64| -> Vec<(Band, f64)> {
        let trial = with(shape);
        let snapshot = trial.snapshot();
        let health = |day| snapshot.health_at(&trial.account.id, day_at(day, 0)).unwrap();
        (60..DAYS).map(health).map(|health| (health.band.unwrap(), health.score.unwrap())).collect()
    };
    let fall = bands(|day| if day < 100 { 1.0 } else { 0.3 });
    let changes = fall.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
    assert_eq!((fall[0].0, changes), (Band::Healthy, 2), "{fall:?}");
    let rules = HealthRules::default_rules();
    for pair in fall.windows(2).filter(|pair| pair[0].0 > pair[1].0) {
        let limit = if pair[1].0 == Band::Watch { rules.healthy_from } else { rules.watch_from };
        assert!(pair[0].1 <= limit - rules.hysteresis && pair[1].1 <= limit - rules.hysteresis, "{pair:?}");
    }
}

#[test]
fn a_new_account_is_not_a_bad_one() {
    let young = Trial { at: (10, 8), ..steady() };
    let missing: Vec<_> = young.health().missing().map(|factor| factor.kind).collect();
    for kind in [FactorKind::Trend, FactorKind::Growth, FactorKind::Breadth, FactorKind::Stability] {
        assert!(missing.contains(&kind), "{kind}");
    }
    assert_eq!(young.health().band, Some(Band::Healthy));
    assert_eq!(Trial { at: (3, 8), ..steady() }.health().score, None);
}

#[test]
fn what_is_not_used_or_not_active_is_not_judged() {
    let never = Trial {
        calls: Vec::new(),
        initiatives: vec![initiative(InitiativeStatus::Active, None)],
        ..steady()
    };
    assert_eq!(never.factor_score(FactorKind::Initiatives), 100.0);
    assert_eq!(never.health().score, None, "initiatives alone are no health");
    for status in [AccountStatus::Paused, AccountStatus::Closed] {
        let account = Account { status, ..steady().account };
        assert_eq!(Trial { account, ..steady() }.health().score, None);
    }
}

#[test]
fn errors_lower_the_score_when_they_are_told() {
    let failing = |percent| Trial { errors: Some(percent), ..steady() };
    assert!((failing(5).factor_score(FactorKind::Errors) - 60.0).abs() < 2.0);
    assert!(failing(0).score() > failing(5).score() && failing(5).score() > failing(30).score());
}

#[test]
fn fewer_endpoints_than_ever_are_less_breadth() {
    let narrowed = Trial { endpoints: |day| if day < 100 { 3 } else { 1 }, ..steady() };
    assert!(narrowed.factor_score(FactorKind::Breadth) < 40.0);
    assert_eq!(steady().factor_score(FactorKind::Breadth), 100.0);
}

fn initiative(status: InitiativeStatus, due: Option<Date>) -> Initiative {
    Initiative {
        id: format!("ini-{status}-{}", due.is_some()).parse().unwrap(),
        account: "acme".parse().unwrap(),
        title: "Roll out".into(),
        priority: Priority::High,
        status,
        owner: None,
        expected_revenue: Some(Money::from_micros(5_000_000)),
        start: None,
        due,
        target: None,
        updates: Vec::new(),
    }
}

#[test]
fn initiatives_that_are_stuck_lower_the_score() {
    let due = |day| Some(date(day));
    let trial = |initiatives| Trial { initiatives, ..steady() }.factor(FactorKind::Initiatives);
    assert_eq!(trial(vec![]), None);
    assert_eq!(trial(vec![initiative(InitiativeStatus::Done, due(3))]), None);
    let fine = initiative(InitiativeStatus::Active, due(DAYS));
    let late = initiative(InitiativeStatus::Planned, due(DAYS - 1));
    let blocked = initiative(InitiativeStatus::Blocked, None);
    assert_eq!(trial(vec![fine.clone()]).unwrap().score, 100.0);
    assert_eq!(trial(vec![fine.clone(), late.clone()]).unwrap().measured, Quantity::Share(0.5));
    assert_eq!(trial(vec![late, blocked, fine]).unwrap().measured, Quantity::Share(2.0 / 3.0));
}

#[test]
fn a_commitment_is_judged_pro_rata() {
    let measured = |commit: i64, period, at| {
        let commit = Money::from_micros(commit * 1_000_000);
        let contract = Some(Contract { commit, period, renewal: None });
        let flat = Trial { calls: vec![300; DAYS as usize], at, ..steady() };
        let account = Account { contract, ..flat.account.clone() };
        Trial { account, ..flat }.factor(FactorKind::Commitment).map(|judged| judged.measured)
    };
    let share = |found: Option<Quantity>| match found {
        Some(Quantity::Share(share)) => share,
        other => panic!("{other:?}"),
    };
    // 300 a day; the first day is 2026-01-19.
    let april_16 = (31 - 19 + 28 + 31 + 16, 0);
    assert_eq!(utc_date(day_at(april_16.0, 0)).to_string(), "2026-04-16");
    assert!((share(measured(9_000, CommitPeriod::Month, april_16)) - 1.0).abs() < 1e-9);
    assert!((share(measured(18_000, CommitPeriod::Month, april_16)) - 0.5).abs() < 1e-9);
    // Two days into April, March is judged.
    let april_3 = (april_16.0 - 13, 0);
    assert!((share(measured(9_300, CommitPeriod::Month, april_3)) - 1.0).abs() < 1e-9);
    // In the middle of the first quarter it owes only from its first day on.
    let march_20 = (april_16.0 - 27, 0);
    let owed = share(measured(90 * 300, CommitPeriod::Quarter, march_20));
    assert!((owed - 1.0).abs() < 0.01, "{owed}");
    assert_eq!(measured(0, CommitPeriod::Month, april_16), None);
}

#[test]
fn data_that_are_not_in_yet_are_no_silence() {
    let trial = with(|day| f64::from(u8::from(day < DAYS - 12)));
    let mut draft = trial.snapshot().draft();
    let mark = |source: &str, day| SourceMark { source: source.parse().unwrap(), watermark: day_at(day, 0) };
    draft.watermarks(vec![mark("import", DAYS - 12), mark("push", DAYS)]);
    let snapshot = draft.finish(2, day_at(DAYS, 0));
    let health = snapshot.health(&trial.account.id).unwrap();
    assert_eq!(snapshot.as_of(), Some(day_at(DAYS, 0)));
    assert_eq!(health.band, Some(Band::Healthy), "{health:?}");
    assert!(trial.score() < 70.0);
}

fn shapes() -> impl Strategy<Value = Trial> {
    let days = prop::collection::vec(prop_oneof![3 => 0.2_f64..3.0, 1 => Just(0.0)], DAYS as usize);
    (days, 15..DAYS, 0_u32..24, prop::option::of(0_u64..40)).prop_map(|(days, day, hour, errors)| Trial {
        at: (day, hour),
        errors,
        ..with(|day| days[day as usize])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn how_much_an_account_uses_does_not_matter(trial in shapes(), factor in 2_u64..1_000) {
        let larger = Trial { calls: trial.calls.iter().map(|calls| calls / 3 * 3 * factor).collect(), ..trial.clone() };
        match (trial.health().score, larger.health().score) {
            (Some(small), Some(large)) => prop_assert!((small - large).abs() < 1.0, "{} {}", small, large),
            (small, large) => prop_assert_eq!(small, large),
        }
    }

    #[test]
    fn the_past_is_judged_as_it_was(trial in shapes()) {
        let now = Trial { at: (DAYS, 8), ..trial.clone() };
        let past = now.snapshot().health_at(&trial.account.id, day_at(trial.at.0, trial.at.1));
        prop_assert_eq!(past, Some(trial.health()));
    }
}
