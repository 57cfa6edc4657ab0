//! Whatever comes in as text or bytes: read, or refused in words; what was read prints and reads back as itself.
//!
//! `PROPTEST_CASES=10000 cargo test --test it decoders` tries more than the suite does.

use std::fmt::Debug;
use std::fmt::Display;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::sync::Arc;

use etsm::access::Pass;
use etsm::access::PassSeal;
use etsm::access::Share;
use etsm::access::ShareSeal;
use etsm::answers::CATALOG;
use etsm::answers::Question;
use etsm::answers::Since;
use etsm::answers::SnoozeUntil;
use etsm::config::AlertScope;
use etsm::config::AlertWhen;
use etsm::config::DaysOff;
use etsm::config::Environment;
use etsm::config::HealthRules;
use etsm::config::QuietHours;
use etsm::config::Settings;
use etsm::digest::DigestScope;
use etsm::domain::AccountId;
use etsm::domain::AlertId;
use etsm::domain::Bearer;
use etsm::domain::Currency;
use etsm::domain::Destination;
use etsm::domain::FactKey;
use etsm::domain::Horizon;
use etsm::domain::Metric;
use etsm::domain::Money;
use etsm::domain::Person;
use etsm::domain::Range;
use etsm::domain::RequestId;
use etsm::domain::Score;
use etsm::domain::Stretch;
use etsm::domain::Timing;
use etsm::domain::Used;
use etsm::ingest;
use etsm::ingest::Context;
use etsm::ingest::Input;
use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::harness::damage::cases;
use crate::harness::damage::mutated;
use crate::harness::damage::mutated_text;

fn now() -> Timestamp {
    "2026-06-01T12:30:00Z".parse().unwrap()
}

/// Printed and read again, it is the same; `false` where it cannot be read at all.
#[track_caller]
fn reads_back<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) -> bool {
    let Ok(read) = text.parse::<T>() else { return false };
    let printed = read.to_string();
    assert_eq!(printed.parse::<T>().expect("what is printed reads"), read, "{text:?} prints as {printed:?}");
    true
}

/// Words that options and settings hold, of every kind.
const WORDS: &[&str] = &[
    "7d",
    "30d",
    "12w",
    "48h",
    "mtd",
    "qtd",
    "ytd",
    "2026-01-01..2026-01-31",
    "2026-03-31",
    "4h",
    "30m",
    "1w",
    "12.50",
    "0.000001",
    "USD",
    "calls",
    "cost",
    "72",
    "40.5",
    "17:00-08:00",
    "22:30-06:15",
    "sat,sun",
    "2026-12-24",
    "churn above 60%",
    "health below 40",
    "band at risk",
    "calls fell 30% over 7d",
    "initiative overdue",
    "cost above 1200 in month",
    "channel:123456789012345678",
    "log",
    "alert-12",
    "ini-3",
    "acme",
    "owner:dana",
    "tag:emea",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "sum.calls~acme~%2Fv1%2Fchat~~1767225600000~1769904000000~7",
];

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn words_of_options_and_settings_read_back(number in any::<u64>(), odd in "\\PC{0,24}") {
        for text in [mutated_text(number, WORDS), odd] {
            if let Ok(range) = text.parse::<Range>() {
                let window = range.window(now());
                prop_assert!(window.from() <= window.to(), "{}: {:?}", text, window);
            }
            reads_back::<Range>(&text);
            reads_back::<Since>(&text);
            reads_back::<SnoozeUntil>(&text);
            reads_back::<Stretch>(&text);
            reads_back::<Horizon>(&text);
            reads_back::<Money>(&text);
            reads_back::<Score>(&text);
            reads_back::<Metric>(&text);
            reads_back::<AlertWhen>(&text);
            reads_back::<AlertScope>(&text);
            reads_back::<QuietHours>(&text);
            reads_back::<DaysOff>(&text);
            reads_back::<DigestScope>(&text);
            reads_back::<Destination>(&text);
            reads_back::<FactKey>(&text);
            reads_back::<AlertId>(&text);
            reads_back::<AccountId>(&text);
            reads_back::<Person>(&text);
            reads_back::<RequestId>(&text);
        }
    }
}

/// Lines as people type them: the examples of the catalogue, and some that stretch it.
fn lines() -> Vec<String> {
    let examples = CATALOG.iter().flat_map(|entry| {
        entry.subcommands.iter().map(|part| part.example).chain([entry.example]).map(str::to_owned)
    });
    let more = [
        "/usage \"acme north\" range:2026-01-01..2026-01-31 by:endpoint compare:none metric:cost grain:week",
        "initiative update ini-3 text:\"They said \\\"no\\\" twice\" status:blocked due:2026-05-01 revenue:12000.50",
        "digest subscribe weekly \"0 8 * * MON-FRI\" zone:Europe/Zurich scope:owner:dana",
        "alert rule set name:big when:\"calls fell 30% over 7d\" scope:tag:emea quiet:22:00-06:00",
        "override set acme 40 until:2026-05-01 reason:\"They told us\"",
    ];
    examples.chain(more.map(str::to_owned)).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_lines_to_break_are_whole() {
    let lines = lines();
    let read = lines.iter().filter(|line| Question::parse(line).is_ok()).count();
    assert!(read > 25 && read * 10 > lines.len() * 9, "{read} of {}", lines.len());
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_line_is_refused_in_words_or_reads_back_as_it_is_spelled(number in any::<u64>(), odd in "\\PC{0,60}") {
        for line in [mutated_text(number, &lines()), odd] {
            match Question::parse(&line) {
                Ok(question) => {
                    let spelled = question.line();
                    let again = Question::parse(&spelled);
                    prop_assert_eq!(again.ok(), Some(question), "{:?} is spelled {:?}", line, spelled);
                }
                Err(problem) => prop_assert!(problem.to_string().len() > 10, "{}: {}", line, problem),
            }
        }
    }
}

/// Timings as people type them.
const TIMINGS: &[&str] = &[
    "0 8 * * MON",
    "*/30 9-17 * * MON-FRI",
    "0 0 1 */3 *",
    "0 0 29 2 *",
    "15 6,18 * JAN-JUN,DEC 1-5",
    "0 30 7 * * SUN 2026-2030",
    "0 2 L * *",
    "0 8 1W * ?",
    "0 9 * * 5#2",
];
const ZONES: &[&str] = &["UTC", "Europe/Zurich", "America/St_Johns", "Pacific/Apia", "Etc/GMT+12", "+05:45"];

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_timing_is_refused_in_words_or_goes_on_from_slot_to_slot(number in any::<u64>(), zone in any::<u64>(), odd in any::<bool>()) {
        let cron = mutated_text(number, TIMINGS);
        let zone = if odd { mutated_text(zone, ZONES) } else { ZONES[zone as usize % ZONES.len()].to_owned() };
        match Timing::new(&cron, &zone, now()) {
            Ok(timing) => {
                let again = Timing::new(timing.cron(), timing.zone_name(), now());
                let again = again.expect("what it says of itself reads");
                let slots: Vec<Timestamp> = timing.slots(now()).take(4).collect();
                prop_assert!(slots.first().is_some_and(|first| *first > now()), "{} {}", cron, zone);
                prop_assert!(slots.is_sorted_by(|one, other| one < other), "{} {}: {:?}", cron, zone, slots);
                prop_assert_eq!(&slots, &again.slots(now()).take(4).collect::<Vec<_>>());
                let last = *slots.last().expect("there is a first one");
                prop_assert_eq!(timing.last(now(), last), Some(last), "{} {}", cron, zone);
            }
            Err(bad) => prop_assert!(bad.to_string().len() > 20, "{}", bad),
        }
    }
}

fn bearer() -> impl Strategy<Value = Bearer> {
    prop_oneof![
        any::<u64>().prop_map(Bearer::Member),
        "[a-zA-Zé\"\\\\{}]{1,40}".prop_map(|name| Bearer::Reader(Person::new(&name).unwrap())),
    ]
}

/// Every other text than one: a bit turned, a piece cut, bytes put in.
fn other_than(text: &str, at: Index, bit: u8, cut: Index, put: &str) -> Vec<String> {
    let mut turned = text.as_bytes().to_vec();
    turned[at.index(text.len())] ^= 1 << (bit % 8);
    let (from, to) = (at.index(text.len()), cut.index(text.len()));
    let mut without = text.to_owned();
    without.drain(from.min(to)..=from.max(to));
    let mut with = text.to_owned();
    with.insert_str(from, put);
    let turned = String::from_utf8_lossy(&turned).into_owned();
    [turned, without, with].into_iter().filter(|other| other != text).collect()
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn passes_and_shares_read_back_and_no_other_text_is_one(
        bearer in bearer(), path in "/[ -~é]{0,60}", line in "\\PC{0,60}", hours in 1_i64..1_000,
        at in any::<Index>(), bit in any::<u8>(), cut in any::<Index>(), put in "[A-Za-z0-9_.=-]{1,3}|\\PC{1,3}",
    ) {
        let (passes, shares) = (PassSeal::new(b"a secret"), ShareSeal::new(b"a secret"));
        let holds = SignedDuration::from_hours(hours);
        let pass = Pass::new(bearer.clone(), path, now(), holds);
        let text = passes.sign(&pass);
        prop_assert_eq!(passes.read(&text, now()), Ok(pass));
        prop_assert!(shares.read(&text).is_none());
        for other in other_than(&text, at, bit, cut, &put) {
            prop_assert!(passes.read(&other, now()).is_err(), "{} is taken for {}", other, text);
        }
        let share = Share { bearer, line, ends: now() + holds };
        let text = shares.sign(&share);
        prop_assert_eq!(shares.read(&text), Some(share));
        prop_assert!(passes.read(&text, now()).is_err());
        for other in other_than(&text, at, bit, cut, &put) {
            prop_assert!(shares.read(&other).is_none(), "{} is taken for {}", other, text);
        }
        for odd in [put.as_str(), ".", "..", "=.="] {
            prop_assert!(passes.read(odd, now()).is_err() && shares.read(odd).is_none());
        }
    }
}

const SETTINGS: &str = include_str!("../../config/etsm.toml");

/// The settings as they are shipped, and with every line in force that is shown as an example.
fn settings_files() -> [String; 2] {
    let in_force = |rest: &&str| rest.contains(" = ") || rest.starts_with('[');
    let uncommented = |line: &'static str| line.strip_prefix("# ").filter(in_force).unwrap_or(line);
    let all: Vec<&str> = SETTINGS.lines().map(uncommented).collect();
    [SETTINGS.to_owned(), all.join("\n")]
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn settings_are_valid_or_every_mistake_has_its_place(number in any::<u64>()) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("etsm.toml");
        std::fs::write(&file, mutated(&mut dice(number), &settings_files())).unwrap();
        if let Err(mistakes) = Settings::load(Some(&file), &Environment::of([])) {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                prop_assert!(!mistake.place.is_empty() && mistake.message.len() > 5, "{}", mistake);
                prop_assert!(mistake.to_string().len() < 2_000, "{}", mistake);
            }
        }
        let text = mutated_text(number, &[HealthRules::DEFAULT_TEXT]);
        if let Err(mistakes) = HealthRules::parse(&text) {
            prop_assert!(!mistakes.is_empty());
            prop_assert!(mistakes.iter().all(|one| one.place.starts_with("health.toml:")), "{:?}", mistakes);
        }
    }
}

fn dice(number: u64) -> rand_chacha::ChaCha8Rng {
    <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(number)
}

/// Reads usage to the end and holds on to what must be so of any input.
fn usage_of(bytes: &[u8], as_events: bool) -> Used {
    let context = Context {
        source: "push".parse().unwrap(),
        now: now(),
        currency: Currency::USD,
        prices: Arc::default(),
    };
    let (mut sum, mut last, mut told) = (Used::default(), 0, 0);
    let mut take = |batch: ingest::Batch<etsm::domain::UsageRow>| {
        let records = batch.rows.len() + batch.rejections.len();
        assert!(records <= 10_000, "a batch of {records}");
        assert_eq!(batch.rows.len(), batch.numbers.len());
        let mut numbers: Vec<u64> =
            batch.numbers.iter().copied().chain(batch.rejections.iter().map(|one| one.row)).collect();
        numbers.sort_unstable();
        // Each record is a row or a rejection, and only one of them.
        let expected: Vec<u64> = (last + 1..=last + records as u64).collect();
        assert_eq!(numbers, expected);
        last += records as u64;
        for one in &batch.rejections {
            assert!(!one.message.is_empty() && one.message.len() < 600, "{one}");
            assert!(!one.message.contains(char::is_control), "{one:?}");
        }
        told += batch.rejections.len();
        for row in &batch.rows {
            assert!(
                row.used.cost >= Money::ZERO && row.at <= now() + SignedDuration::from_hours(24),
                "{row:?}"
            );
            sum += row.used;
        }
        ControlFlow::Continue(())
    };
    let read = if as_events { ingest::read_cloud_events } else { ingest::read_usage };
    match read(Input::bytes(bytes), &context, &mut take) {
        Ok(summary) => assert_eq!(summary.records, last),
        Err(error) => assert!(error.to_string().len() > 15, "{error}"),
    }
    sum
}

/// Usage in every form, whole.
fn usage_files() -> Vec<Vec<u8>> {
    let csv = "timestamp,account_id,api_calls,tokens_used,cost,endpoint,model,errors,event_id\n\
               2026-03-03T10:00:00Z,acme,120,45000,0.90,/v1/chat,large,3,\n\
               2026-03-03,\"Müller, Söhne & Co\",\"1,234\",5,1e2,\"/v1/\"\"odd\"\"\",,,e-1\n";
    let german = "Zeit;Kunde;Aufrufe\ntimestamp;account;calls;tokens;cost;endpoint\n03.03.2026;acme;1.234;10;1.234,50;/v1/chat\n";
    let object = r#"{"timestamp":"2026-03-03T11:00:00+02:00","account_id":"acme","api_calls":1,"tokens_used":310,"cost":0.004,"endpoint":"/v1/chat","event_id":"r-1"}"#;
    let event = r#"{"specversion":"1.0","id":"r-2","source":"/g","type":"usage","time":"2026-03-03T10:00:00Z","subject":"acme","data":{"api_calls":1,"tokens_used":3,"cost":1,"endpoint":"/v1/chat"}}"#;
    let texts = [
        csv.to_owned(),
        german.to_owned(),
        format!("{object}\n{object}\n"),
        format!("[{object},\n{object}]"),
        format!("[{event},{event}]"),
        format!("{event}\n{event}"),
    ];
    texts.into_iter().map(String::into_bytes).chain([crate::import::parquet_of(5)]).collect()
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn each_record_is_a_row_or_a_rejection_whatever_the_bytes(number in any::<u64>()) {
        let body = mutated(&mut dice(number), &usage_files());
        for as_events in [false, true] {
            prop_assert_eq!(usage_of(&body, as_events), usage_of(&body, as_events), "read twice");
        }
    }

    #[test]
    fn a_damaged_parquet_file_costs_no_more_than_itself(number in any::<u64>(), more in 0..3_usize) {
        let mut dice = dice(number);
        let mut body = mutated(&mut dice, &[crate::import::parquet_of(40)]);
        for _ in 0..more {
            body = mutated(&mut dice, &[body]);
        }
        usage_of(&body, false);
    }
}
