//! Files through the import pipeline into a real store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etsm::domain::{Currency, Money, Used};
use etsm::ingest::{self, Context, Input};
use etsm::jobs::import::{ImportOptions, ImportReport, ImportReports, Records, import_files};
use etsm::store::{Keep, Store};
use jiff::Timestamp;
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-06-01T12:30:00Z".parse().unwrap()
}

fn options(keep: Keep) -> ImportOptions {
    ImportOptions {
        keep,
        ..ImportOptions::new(etsm::domain::Act::of_service(etsm::domain::How::Terminal, now()), Currency::USD)
    }
}

async fn import(store: &Store, records: Records, files: &[PathBuf], keep: Keep) -> ImportReports {
    import_files(store, records, files, &options(keep), &mut |_| {}).await.unwrap()
}

/// Imports one text of usage for good.
async fn keep(store: &Store, text: impl AsRef<[u8]>) -> ImportReport {
    put(store, Records::Usage, text, Keep::Yes).await
}

async fn put(store: &Store, records: Records, text: impl AsRef<[u8]>, keep: Keep) -> ImportReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    fs::write(&path, text).unwrap();
    let mut reports = import(store, records, &[path], keep).await;
    reports.files.remove(0).1
}

/// Sums over everything in the store.
async fn sums(store: &Store) -> Used {
    let mut sum = Used::default();
    store.each_account_usage(None, |_, rows| rows.iter().for_each(|row| sum += row.used)).await.unwrap();
    sum
}

/// Whether a report is what a manifest entry asks for; says what differs.
fn differs(expected: &Value, report: &ImportReport) -> Option<String> {
    if let Some(any) = expected["any_of"].as_array() {
        let all: Option<Vec<String>> = any.iter().map(|one| differs(one, report)).collect();
        return all.map(|all| all.join(" or "));
    }
    let got = report.json();
    let places = |list: &Value| -> Vec<(u64, String)> {
        let list = list.as_array().unwrap();
        list.iter()
            .map(|one| (one["row"].as_u64().unwrap(), one["reason"].as_str().unwrap().to_owned()))
            .collect()
    };
    let mut wrong = Vec::new();
    let mut same = |what: &str, one: &Value, two: &Value| {
        if one != two {
            wrong.push(format!("{what}: wanted {one}, got {two}"));
        }
    };
    same("accepted", &expected["accepted"], &got["accepted"]);
    same("rejected", &json!(places(&expected["rejected"])), &json!(places(&got["rejected"])));
    same("file_error", &expected["file_error"], &got["file_error"]);
    for key in ["duplicates", "replaced", "utc"] {
        if !expected[key].is_null() {
            same(key, &expected[key], &got[key]);
        }
    }
    for key in ["api_calls", "tokens_used", "cost"] {
        let (wanted, given) = (&expected["totals"][key], &got["totals"][key]);
        if !wanted.is_null() && wanted.as_f64() != given.as_f64() {
            same(key, wanted, given);
        }
    }
    if !expected["utc_first"].is_null() {
        same("first time", &expected["utc_first"], &got["utc"][0]);
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

fn messy() -> (PathBuf, Vec<Value>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/messy");
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    (folder, manifest["cases"].as_array().unwrap().clone())
}

#[tokio::test]
async fn each_messy_file_comes_back_as_its_manifest_says() {
    let (folder, cases) = messy();
    assert_eq!(cases.len(), 26);
    let mut wrong = Vec::new();
    for case in &cases {
        let store = Store::in_memory().await.unwrap();
        let name = case["file"].as_str().unwrap();
        // The dry run first: it must answer the same and leave nothing behind.
        for keep in [Keep::DryRun, Keep::Yes] {
            let reports = import(&store, Records::Usage, &[folder.join(name)], keep).await;
            let mut expected = case["expect"].clone();
            if keep == Keep::Yes {
                expected.as_object_mut().unwrap().retain(|key, _| !key.starts_with("utc"));
            }
            wrong.extend(
                differs(&expected, &reports.files[0].1).map(|what| format!("{name} {keep:?}: {what}")),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

const HEADER: &str = "timestamp,account_id,api_calls,tokens_used,cost,endpoint";
const GOOD: &str = "2025-03-03T10:00:00Z,acme,120,45000,0.90,/v1/chat";

/// Reads usage without a store: each good row, each rejection as `row reason column`, or the file's error.
fn read(bytes: &[u8]) -> Vec<String> {
    let context = Context {
        source: "import".parse().unwrap(),
        now: now(),
        currency: Currency::USD,
        prices: Arc::default(),
    };
    let (mut rows, mut rejections, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let summary = ingest::read_usage(Input::bytes(bytes), &context, &mut |batch| {
        assert_eq!(batch.rows.len(), batch.numbers.len());
        rows.extend(batch.numbers.into_iter().zip(batch.rows));
        rejections.extend(batch.rejections);
        names.extend(batch.names);
        std::ops::ControlFlow::Continue(())
    });
    let summary = match summary {
        Ok(summary) => summary,
        Err(problem) => return vec![problem.code().to_owned()],
    };
    assert_eq!(
        summary.records,
        (rows.len() + rejections.len()) as u64,
        "every record is a row or a rejection"
    );
    let mut told: Vec<(u64, String)> = Vec::new();
    for (number, row) in rows {
        let name =
            names.iter().find(|(id, _)| *id == row.account).map_or(row.account.as_str(), |(_, name)| name);
        let Used { api_calls, tokens, cost, .. } = row.used;
        let event = row.event.as_ref().map(|event| format!(" {event}")).unwrap_or_default();
        told.push((number, format!("{} {name} {api_calls} {tokens} {cost} {}{event}", row.at, row.endpoint)));
    }
    for rejection in rejections {
        assert!(!rejection.message.contains(|c: char| c.is_control()), "{rejection:?}");
        let column = rejection.column.as_deref().unwrap_or("-");
        told.push((rejection.row, format!("{} {} {column}", rejection.row, rejection.reason.code())));
    }
    told.sort();
    told.into_iter().map(|(_, text)| text).collect()
}

#[track_caller]
fn check(text: impl AsRef<[u8]>, expected: &[&str]) {
    let text = text.as_ref();
    assert_eq!(read(text), expected, "\n{}\n", String::from_utf8_lossy(text));
}

const ACME: &str = "2025-03-03T10:00:00Z acme 120 45000 0.9 /v1/chat";

/// One row of usage with a value put in place of one of the good ones.
#[track_caller]
fn check_row(row: &str, expected: &str) {
    check(format!("{HEADER}\n{row}\n{GOOD}\n"), &[expected, ACME]);
}

#[test]
fn delimiters_and_line_ends_are_told_by_content() {
    for delimiter in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("{HEADER}{end}{GOOD}{end}{end}   {end}{GOOD}").replace(',', delimiter);
            check(&text, &[ACME, ACME]);
        }
    }
    check(format!("sep=;\r\n{HEADER}\r\n{GOOD}\r\n").replace(',', ";"), &[ACME]);
    check(format!("# exported by a tool, at noon\n\n{HEADER},\n{GOOD},\n"), &[ACME]);
    check(format!("{HEADER},,\n{GOOD},,\n,,,,,,,\n"), &[ACME]);
    check(format!("{HEADER}\n{GOOD},\n{GOOD},,,\n"), &[ACME, ACME]);
    check(format!("{HEADER}\n{GOOD}"), &[ACME]);
}

#[test]
fn encodings_are_told_by_content() {
    let text = format!("{HEADER}\n{}\n", GOOD.replace("acme", "café"));
    let cafe = ACME.replace("acme", "café");
    let wide =
        |text: &str, encode: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(encode).collect::<Vec<u8>>();
    check(&text, &[&cafe]);
    check(format!("\u{feff}{text}"), &[&cafe]);
    check(wide(&format!("\u{feff}{text}"), u16::to_le_bytes), &[&cafe]);
    check(wide(&format!("\u{feff}{text}"), u16::to_be_bytes), &[&cafe]);
    check(wide(&text, u16::to_le_bytes), &[&cafe]);
    check(wide(&text, u16::to_be_bytes), &[&cafe]);
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    check(&latin, &[&cafe]);
    // Once a file is UTF-8, what does not decode is damage and no other encoding.
    let mixed = [text.as_bytes(), &latin[HEADER.len() + 1..]].concat();
    check(&mixed, &[&cafe, "2 bad_encoding account_id"]);
    let mut broken = wide(&format!("{HEADER}\n{GOOD}\n{GOOD}\n"), u16::to_le_bytes);
    let at = 2 * (HEADER.len() + 1 + 21);
    broken[at..at + 2].copy_from_slice(&0xd800_u16.to_le_bytes());
    check(&broken, &["1 bad_encoding account_id", ACME]);
    let mut zeros = format!("{HEADER}\n{GOOD}\n{GOOD}\n").into_bytes();
    zeros[HEADER.len() + 23] = 0;
    check(&zeros, &["1 bad_encoding account_id", ACME]);
}

#[test]
fn what_is_no_table_is_refused_whole() {
    check("", &["empty_file"]);
    check("\u{feff}", &["empty_file"]);
    check("\n\r\n  \n", &["empty_file"]);
    check(b"PK\x03\x04rest", &["not_text"]);
    check(b"\x1f\x8b\x08rest", &["not_text"]);
    check([0_u8, 1, 2, 3, 4, 5, 6, 7].repeat(30), &["not_text"]);
    check("PAR1 but not really a Parquet file, as its index is missing", &["not_text"]);
    check("hello", &["missing_column"]);
    check(format!("{GOOD}\n"), &["missing_column"]);
    check("<html><body>502 Bad Gateway</body></html>", &["missing_column"]);
    check(HEADER, &[]);
    check(format!("{HEADER},api_calls\n{GOOD},1\n"), &["duplicate_column"]);
    check(format!("{HEADER},API Calls\n{GOOD},1\n"), &["duplicate_column"]);
    check(HEADER.replace("timestamp", "date,time"), &["duplicate_column"]);
    check(format!("{HEADER},note,note\n{GOOD},a,b\n"), &[ACME]);
}

#[test]
fn headers_are_read_as_people_write_them() {
    for header in [
        "Time,Account,Calls,Tokens,Spend,Path",
        " TIMESTAMP , Account ID ,API-Calls,tokens used,Cost,EndPoint",
        "\"timestamp\",\"account_id\",\"api_calls\",\"tokens_used\",\"cost\",\"endpoint\"",
        "timestamp,accountId,apiCalls,tokensUsed,cost,endpoint",
        "date,customer_id,requests,total_tokens,amount,route",
    ] {
        check(format!("{header}\n{GOOD}\n"), &[ACME]);
    }
    // A column's own name goes before another name for it.
    check(format!("{HEADER},date,calls\n{GOOD},yesterday,no\n"), &[ACME]);
}

#[test]
fn quotes_hold_delimiters_line_ends_and_quotes() {
    let named = |name: &str| ACME.replace("acme", name);
    check_row(&GOOD.replace("acme", "\"acme, inc\""), &named("acme, inc"));
    check_row(&GOOD.replace("acme", "\"acme \"\"eu\"\" inc\""), &named("acme \"eu\" inc"));
    check_row(&GOOD.replace("acme", "\"acme\nberlin\""), &named("acme\nberlin"));
    check_row(&GOOD.replace("acme", " \"acme\" "), ACME);
    check_row(&GOOD.replace("acme", "\"\""), "1 missing_account account_id");
    check_row(&GOOD.replace("acme", "5\" pipes"), &named("5\" pipes"));
}

#[test]
fn an_open_quote_costs_its_own_line() {
    let open = GOOD.replace("acme", "\"acme");
    check_row(&open, "1 unclosed_quote account_id");
    check(format!("{HEADER}\n{GOOD}\n{open}"), &[ACME, "2 unclosed_quote account_id"]);
    check(
        format!("{HEADER}\n{open}\n{open}\n{GOOD}\n"),
        &["1 unclosed_quote account_id", "2 unclosed_quote account_id", ACME],
    );
    // A quote in a later line closes nothing that a whole record stands in.
    let quoted = GOOD.replace("acme", "\"acme\"");
    check(format!("{HEADER}\n{open}\n{quoted}\n{GOOD}\n"), &["1 unclosed_quote account_id", ACME, ACME]);
    let last = GOOD.replace("/v1/chat", "\"/v1/chat");
    check_row(&last, "1 unclosed_quote endpoint");
    let long = format!("{HEADER}\n{}\n{}{GOOD}\n", open, "x\n".repeat(80));
    let got = read(long.as_bytes());
    assert_eq!((got.len(), got[0].as_str(), got[81].as_str()), (82, "1 unclosed_quote account_id", ACME));
}

#[test]
fn ragged_records_are_refused_with_what_is_missing() {
    check_row("2025-03-03T10:00:00Z,acme,120,45000,0.90", "1 missing_field endpoint");
    check_row("2025-03-03T10:00:00Z", "1 missing_field account_id");
    check_row(&format!("{GOOD},extra"), "1 too_many_fields -");
    check_row(&GOOD.replace("45000", "45,000"), "1 too_many_fields -");
    check_row(&GOOD.replace("/v1/chat", ""), "1 missing_field endpoint");
    check_row(&GOOD.replace("0.90", " "), "1 missing_field cost");
    check_row(&GOOD.replace("acme", "\u{a0}\u{200b}"), "1 missing_account account_id");
    check_row("total,,,,,", "1 bad_timestamp timestamp");
}

#[test]
fn figures_are_checked() {
    for (figure, expected) in [
        ("\"1,234\"", "1234"),
        ("120.0", "120"),
        ("1.2e3", "1200"),
        ("+120", "120"),
        (" 120 ", "120"),
        ("\u{a0}120\u{200b}", "120"),
        ("007", "7"),
        ("\"1 234\"", "1234"),
        ("9007199254740993", "9007199254740993"),
    ] {
        check_row(&GOOD.replace("120", figure), &ACME.replace("120", expected));
    }
    for (figure, reason) in [
        ("12.5", "bad_number"),
        ("12O", "bad_number"),
        ("n/a", "bad_number"),
        ("-", "bad_number"),
        ("null", "bad_number"),
        ("\"12,34\"", "bad_number"),
        ("1e30", "bad_number"),
        ("18446744073709551616", "bad_number"),
        ("0x1F", "bad_number"),
        ("-1", "negative_value"),
        ("NaN", "non_finite"),
        ("-inf", "non_finite"),
        ("1e999", "non_finite"),
        ("", "missing_field"),
    ] {
        check_row(&GOOD.replace("120", figure), &format!("1 {reason} api_calls"));
    }
    check_row(&GOOD.replace("0.90", "\"1,234.50\""), &ACME.replace("0.9 ", "1234.5 "));
    check_row(&GOOD.replace("0.90", "$0.90"), ACME);
    check_row(&GOOD.replace("0.90", "€0.90"), "1 other_currency cost");
    check_row(&GOOD.replace("0.90", "\"0,90\""), "1 bad_number cost");
    check_row(&GOOD.replace("0.90", "1e15"), "1 bad_number cost");
    check_row(&GOOD.replace("0.90", "-0.000001"), "1 negative_value cost");
}

#[test]
fn a_decimal_comma_is_told_by_the_file() {
    let header = HEADER.replace(',', ";");
    let row = |tokens: &str, cost: &str| format!("2025-03-03T10:00:00Z;acme;120;{tokens};{cost};/v1/chat\n");
    let told = |tokens: &str, cost: &str| format!("2025-03-03T10:00:00Z acme 120 {tokens} {cost} /v1/chat");
    let comma =
        format!("{header}\n{}{}{}", row("45.000", "1.234,50"), row("1.234.567", "0,9"), row("7", "12"));
    check(&comma, &[&told("45000", "1234.5"), &told("1234567", "0.9"), &told("7", "12")]);
    let point = format!("{header}\n{}{}", row("45,000", "0.90"), row("45000", "1.500"));
    check(&point, &[&told("45000", "0.9"), &told("45000", "1.5")]);
    // Nothing in the file says which it is: it is not guessed.
    check(format!("{header}\n{}", row("45.000", "1")), &["1 bad_number tokens_used"]);
}

#[test]
fn times_are_checked() {
    for (time, expected) in [
        ("1740996000", ACME),
        ("1740996000000", ACME),
        ("2025-03-03 10:00", ACME),
        ("2025-03-03T11:00:00.000+01:00", ACME),
        ("", "1 bad_timestamp timestamp"),
        ("03/04/2025 10:00", "1 bad_timestamp timestamp"),
        ("2026-06-02T12:29:00Z", &ACME.replace("2025-03-03T10:00:00Z", "2026-06-02T12:29:00Z")),
        ("2026-06-02T12:31:00Z", "1 future_timestamp_far timestamp"),
        ("2099-01-01", "1 future_timestamp_far timestamp"),
    ] {
        check_row(&GOOD.replace("2025-03-03T10:00:00Z", time), expected);
    }
}

#[test]
fn two_rows_of_one_bare_date_are_parts_of_the_day() {
    let row = |calls: u32| format!("2025-03-03,acme,{calls},1,0,/v1/chat\n");
    let text = format!("{HEADER}\n{}{}{}{}", row(5), row(7), row(5), row(7));
    let told = |calls: u32, part: &str| format!("2025-03-03T00:00:00Z acme {calls} 1 0 /v1/chat{part}");
    check(&text, &[&told(5, ""), &told(7, " part-2"), &told(5, ""), &told(7, " part-2")]);
}

#[test]
fn names_are_at_most_200_characters() {
    let name = "ä".repeat(200);
    check_row(&GOOD.replace("acme", &name), &ACME.replace("acme", &name));
    check_row(&GOOD.replace("acme", &"x".repeat(201)), "1 field_too_long account_id");
    check_row(&GOOD.replace("/v1/chat", &"x".repeat(201)), "1 field_too_long endpoint");
    let huge = GOOD.replace("acme", &"x".repeat(3_000_000));
    check_row(&huge, "1 field_too_long -");
}

#[test]
fn optional_columns_are_checked_too() {
    let text = format!(
        "{HEADER},model,errors,input_tokens,output_tokens,cached_tokens,event_id,currency\n\
         {GOOD},large,1,40000,5000,100,ev-1,usd\n{GOOD},,,,,,ev-2,\n{GOOD},,x,,,,,\n{GOOD},,,,,,,EUR\n{GOOD},,,,,,,dollars\n"
    );
    check(
        &text,
        &[
            &format!("{ACME} ev-1"),
            &format!("{ACME} ev-2"),
            "3 bad_number errors",
            "4 other_currency currency",
            "5 bad_value currency",
        ],
    );
}

#[test]
fn json_is_read_in_any_layout() {
    let object = r#"{"timestamp":"2025-03-03T10:00:00Z","account_id":"acme","api_calls":120,"tokens_used":45000.0,"cost":0.90,"endpoint":"/v1/chat"}"#;
    let pretty = object.replace(',', ",\n  ").replace('{', "{\n  ").replace('}', "\n}");
    check(format!("{object}\n\n{object}\n"), &[ACME, ACME]);
    check(format!("{object},\r\n{object}"), &[ACME, ACME]);
    check(format!("[{object},{object}]"), &[ACME, ACME]);
    check(format!("  [\n{pretty},\n{pretty}\n]\n"), &[ACME, ACME]);
    check(format!("{pretty}\n{pretty}\n"), &[ACME, ACME]);
    check("[]", &[]);
    let with = |from: &str, to: &str| object.replace(from, to);
    check(with("120", "\"120\""), &[ACME]);
    check(with("\"2025-03-03T10:00:00Z\"", "1740996000"), &[ACME]);
    check(with("api_calls", "Calls"), &[ACME]);
    for (from, to, expected) in [
        ("120", "-1", "1 negative_value api_calls"),
        ("120", "12.5", "1 bad_number api_calls"),
        ("120", "NaN", "1 non_finite api_calls"),
        ("0.90", "-Infinity", "1 non_finite cost"),
        ("0.90", "1e999", "1 non_finite cost"),
        ("120", "null", "1 missing_field api_calls"),
        ("120", "{}", "1 bad_value api_calls"),
        ("120", "true", "1 bad_number api_calls"),
        ("\"acme\"", "\"\"", "1 missing_account account_id"),
        ("\"account_id\":\"acme\",", "", "1 missing_account account_id"),
        ("\"timestamp\"", "\"when\"", "1 bad_timestamp timestamp"),
        ("\"acme\"", "\"ac\\u0000me\"", "1 bad_encoding account_id"),
        ("\"api_calls\":120", "\"api_calls\":120,\"api_calls\":121", "1 bad_value api_calls"),
        ("\"acme\"", "\"acme", "1 bad_value -"),
        ("/v1/chat\"}", "/v1/chat", "1 unclosed_quote -"),
        ("}", "", "1 bad_value -"),
    ] {
        check(format!("{}\n{object}\n", with(from, to)), &[expected, ACME]);
    }
    check(format!("[{object},7,{object}]"), &[ACME, "2 bad_value -", ACME]);
    check(
        format!("[{object},\n{}\n,{object}]", with("/v1/chat\"}", "/v1/chat")),
        &[ACME, "2 unclosed_quote -", ACME],
    );
    check(format!("[{object},{object}"), &[ACME, ACME, "3 bad_value -"]);
    check(format!("[{object}] {object}"), &[ACME, "2 bad_value -"]);
}

#[test]
fn markup_and_formulas_are_only_text() {
    for name in [
        "=HYPERLINK('x')",
        "<script>alert(1)</script>",
        "@everyone",
        "'; DROP TABLE usage; --",
        "\u{202e}txt",
    ] {
        check_row(&GOOD.replace("acme", name), &ACME.replace("acme", name));
    }
}

mod any_bytes {
    use super::{HEADER, read};
    use crate::harness::damage::cases;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(cases(300))]

        /// Each call checks inside that every record is a row or a rejection.
        #[test]
        fn never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes);
        }

        #[test]
        fn below_a_header_never_panic(text in "[0-9a-z,;\"'\\\\\r\n\t .:+\\-TZ{}\\[\\]é\u{0}\u{feff}$€]{0,300}") {
            read(format!("{HEADER}\n{text}").as_bytes());
            read(format!("[{text}").as_bytes());
            read(format!("{{{text}").as_bytes());
        }
    }

    proptest! {
        #![proptest_config(cases(40))]

        #[test]
        fn a_cut_file_never_panics(cut in 0_usize..60_000) {
            let parquet = super::parquet();
            read(&parquet[..cut.min(parquet.len())]);
        }
    }
}

/// A Parquet file of `rows` rows as other programs write them: times with a zone, integers, doubles, an unknown column.
pub fn parquet_of(rows: i64) -> Vec<u8> {
    use polars::prelude::*;
    let hours: Vec<i64> = (0..rows).map(|row| 1_740_996_000_000 + row * 3_600_000).collect();
    let times = Series::new("Timestamp".into(), hours)
        .cast(&DataType::Datetime(TimeUnit::Milliseconds, None))
        .unwrap();
    let count = usize::try_from(rows).unwrap();
    let columns = vec![
        times.into(),
        Column::new("account_id".into(), vec!["acme"; count]),
        Column::new("region".into(), vec![7_i64; count]),
        Column::new("api_calls".into(), vec![120_i64; count]),
        Column::new(
            "tokens".into(),
            (0..count).map(|row| (row % 3 != 1).then_some(45_000_i64)).collect::<Vec<_>>(),
        ),
        Column::new(
            "cost".into(),
            (0..count).map(|row| if row % 3 == 2 { f64::NAN } else { 0.9 }).collect::<Vec<_>>(),
        ),
        Column::new("endpoint".into(), vec!["/v1/chat"; count]),
    ];
    let mut frame = DataFrame::new(count, columns).unwrap();
    let mut bytes = Vec::new();
    polars_io::parquet::write::ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

fn parquet() -> &'static [u8] {
    static BYTES: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| parquet_of(3_000));
    &BYTES
}

#[test]
fn parquet_is_read_with_the_same_checks() {
    check(parquet_of(3), &[ACME, "2 missing_field tokens_used", "3 non_finite cost"]);
    let all = read(parquet());
    assert_eq!((all.len(), all.iter().filter(|row| row.ends_with("/v1/chat")).count()), (3_000, 1_000));
    let whole = parquet_of(3);
    check(&whole[..whole.len() - 9], &["not_text"]);
}

/// More than one batch.
const ROWS: u64 = 12_000;

/// `rows` hourly rows of ten accounts.
fn many(rows: u64) -> String {
    let mut text = format!("{HEADER}\n");
    for row in 0..rows {
        let at = now().as_second() - 3_600 * 24 * 400 + i64::try_from(row / 10 * 3_600).unwrap();
        let at = Timestamp::from_second(at - at % 3_600).unwrap();
        text.push_str(&format!("{at},account-{},{row},{},0.000001,/v1/chat\n", row % 10, row * 2));
    }
    text
}

#[tokio::test]
async fn the_same_file_again_adds_nothing() {
    let store = Store::in_memory().await.unwrap();
    let text = many(ROWS);
    let first = keep(&store, &text).await;
    assert_eq!((first.accepted, first.duplicates, first.replaced, first.rejected), (ROWS, 0, 0, 0));
    assert_eq!(first.totals.api_calls, ROWS * (ROWS - 1) / 2);
    assert_eq!(first.totals.cost, Money::from_micros(12_000));
    let before = sums(&store).await;
    assert_eq!((before.api_calls, before.cost), (first.totals.api_calls, first.totals.cost));
    let again = keep(&store, &text).await;
    assert_eq!((again.accepted, again.duplicates, again.replaced), (0, ROWS, 0));
    assert_eq!(again.totals, Default::default());
    assert_eq!(sums(&store).await, before);
}

#[tokio::test]
async fn an_import_that_broke_off_is_completed_by_the_next() {
    let store = Store::in_memory().await.unwrap();
    let text = many(ROWS);
    // What a kill after the first batch leaves: its rows, and no watermark.
    let half: String = text.lines().take(10_001).map(|line| format!("{line}\n")).collect();
    keep(&store, &half).await;
    let rest = keep(&store, &text).await;
    assert_eq!((rest.accepted, rest.duplicates), (2_000, 10_000));
    assert_eq!(sums(&store).await.api_calls, ROWS * (ROWS - 1) / 2);
}

#[tokio::test]
async fn a_restated_row_replaces_and_counts_once() {
    let store = Store::in_memory().await.unwrap();
    let within = format!("{HEADER}\n{GOOD}\n{}\n", GOOD.replace(",120,", ",130,"));
    let report = keep(&store, &within).await;
    assert_eq!((report.accepted, report.replaced, report.totals.api_calls), (1, 1, 130));
    let since = keep(&store, format!("{HEADER}\n{}\n", GOOD.replace(",120,", ",140,"))).await;
    assert_eq!((since.accepted, since.replaced, since.totals.api_calls), (0, 1, 140));
    assert_eq!(sums(&store).await.api_calls, 140);
    let two_batches =
        format!("{}{GOOD}\n", many(ROWS).replacen('\n', &format!("\n{}\n", GOOD.replace(",120,", ",1,")), 1));
    let report = keep(&store, two_batches).await;
    assert_eq!((report.accepted, report.replaced), (ROWS, 2));
    assert_eq!(report.totals.api_calls, ROWS * (ROWS - 1) / 2 + 120);
}

#[tokio::test]
async fn a_dry_run_counts_against_the_store_and_keeps_nothing() {
    let store = Store::in_memory().await.unwrap();
    keep(&store, format!("{HEADER}\n{GOOD}\n")).await;
    let version = store.version().await.unwrap();
    let text =
        format!("{HEADER}\n{GOOD}\n{}\n{}\n", GOOD.replace("acme", "globex"), GOOD.replace(",120,", ",121,"));
    let report = put(&store, Records::Usage, &text, Keep::DryRun).await;
    assert_eq!((report.accepted, report.duplicates, report.replaced), (1, 1, 1));
    assert_eq!(report.json()["utc"], json!(["2025-03-03T10:00:00Z"]));
    assert_eq!((sums(&store).await.api_calls, store.version().await.unwrap()), (120, version));
}

#[tokio::test]
async fn the_watermark_is_the_end_of_the_newest_hour_and_never_ahead() {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let store = Store::in_memory().await.unwrap();
    let with_time = |time: &str| format!("{HEADER}\n{}\n", GOOD.replace("2025-03-03T10:00:00Z", time));
    assert_eq!(keep(&store, with_time("2025-03-03T10:20:00Z")).await.watermark, at("2025-03-03T11:00:00Z"));
    assert_eq!(keep(&store, with_time("2026-06-02T09:00:00Z")).await.watermark, Some(now()));
    assert_eq!(keep(&store, with_time("never")).await.watermark, None);
    assert_eq!(store.watermarks().await.unwrap(), [("import".parse().unwrap(), now())]);
    let told = ImportOptions { watermark: at("2025-03-05T00:00:00Z"), ..options(Keep::Yes) };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    fs::write(&path, with_time("2025-03-03T10:20:00Z")).unwrap();
    let reports = import_files(&store, Records::Usage, &[path], &told, &mut |_| {}).await.unwrap();
    assert_eq!(reports.files[0].1.watermark, at("2025-03-05T00:00:00Z"));
}

#[tokio::test]
async fn a_derived_account_keeps_its_name() {
    let store = Store::in_memory().await.unwrap();
    // The first batch names the account in a bad row only: its name must still come with the first good one.
    let bad = GOOD.replace("acme", "\"Acme, Inc\"").replace("120", "x");
    keep(
        &store,
        format!("{HEADER}\n{bad}\n{}{}\n", &many(10_000)[HEADER.len() + 1..], bad.replace('x', "5")),
    )
    .await;
    let accounts = store.accounts().await.unwrap();
    let acme = accounts.iter().find(|account| account.name == "Acme, Inc").unwrap();
    assert!(acme.id.as_str().starts_with("acme-inc-"), "{}", acme.id);
}

#[tokio::test]
async fn several_files_are_reported_together_and_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let files = [
        path("one.csv", &format!("{HEADER}\n{GOOD}\n")),
        path("two.csv", &format!("{HEADER}\n{GOOD}\n{}\n", GOOD.replace("120", "x"))),
        folder.path().join("absent.csv"),
    ];
    let store = Store::in_memory().await.unwrap();
    let reports = import(&store, Records::Usage, &files, Keep::DryRun).await;
    let json = reports.json();
    assert_eq!(
        (&json["accepted"], &json["duplicates"], &json["file_error"]),
        (&json!(1), &json!(1), &json!("unreadable"))
    );
    assert_eq!(json["rejected"].as_array().unwrap().len(), 1);
    assert!(json["rejected"][0]["file"].as_str().unwrap().ends_with("two.csv"));
    assert_eq!(json["files"].as_array().unwrap().len(), 3);
    assert_eq!(reports.exit_status(), 2);
    let text = reports.text();
    assert!(
        text.contains("1 accepted, 0 duplicates, 0 replaced, 0 rejected.") && text.contains("dry run"),
        "{text}"
    );
    assert!(
        text.contains("row 2, api_calls: “x” is not a number; write it like 1234.5 (bad_number)"),
        "{text}"
    );
    let one = import(&store, Records::Usage, &files[..1], Keep::Yes).await;
    let keys: Vec<String> = one.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["accepted", "duplicates", "replaced", "rejected", "totals", "file_error"]);
    assert_eq!(one.exit_status(), 0);
    assert_eq!(import(&store, Records::Usage, &files[1..2], Keep::Yes).await.exit_status(), 1);
}

#[tokio::test]
async fn a_file_of_bad_rows_does_not_fill_the_memory() {
    let store = Store::in_memory().await.unwrap();
    let report =
        put(&store, Records::Usage, format!("{HEADER}\n{}", "no\n".repeat(12_000)), Keep::DryRun).await;
    assert_eq!((report.rejected, report.rejections.len()), (12_000, 10_000));
    assert_eq!(report.json()["rejected_unlisted"], 2_000);
    assert!(report.text("x").contains("… and 11,990 more"), "{}", report.text("x"));
}

#[tokio::test]
async fn accounts_are_added_and_completed() {
    let store = Store::in_memory().await.unwrap();
    let text = "account_id;name;owner;segment;plan;commit;commit_period;renewal;tags;status\n\
                acme;Acme;dana;enterprise;scale;1.500,50;quarter;2027-01-31;\"eu; beta;eu\";active\n\
                globex;;;;;;;;;\n\
                initech;;;;;;;2027-01-31;;\n\
                hooli;;;;;;;;;asleep\n";
    let report = put(&store, Records::Accounts, text, Keep::DryRun).await;
    assert_eq!((report.accepted, store.accounts().await.unwrap().len()), (2, 0));
    let report = put(&store, Records::Accounts, text, Keep::Yes).await;
    let reasons: Vec<String> = report
        .rejections
        .iter()
        .map(|one| format!("{} {} {}", one.row, one.reason.code(), one.column.clone().unwrap()))
        .collect();
    assert_eq!(
        (report.accepted, reasons),
        (2, vec!["3 missing_field commit".into(), "4 bad_value status".into()])
    );
    let accounts = store.accounts().await.unwrap();
    let acme = accounts.iter().find(|account| account.id.as_str() == "acme").unwrap();
    let contract = acme.contract.unwrap();
    assert_eq!((acme.name.as_str(), &acme.tags), ("Acme", &vec!["eu".to_owned(), "beta".to_owned()]));
    assert_eq!((contract.commit, contract.period.word()), (Money::from_micros(1_500_500_000), "quarter"));
    // A column that is empty or absent changes nothing.
    let report = put(&store, Records::Accounts, "Account,Plan\nacme,\nglobex,starter\n", Keep::Yes).await;
    assert_eq!((report.accepted, report.duplicates, report.replaced), (0, 1, 1));
    assert_eq!(store.accounts().await.unwrap().len(), 2);
}

#[tokio::test]
async fn initiatives_are_known_again() {
    let store = Store::in_memory().await.unwrap();
    put(&store, Records::Accounts, "account_id,name\nacme,Acme Inc\n", Keep::Yes).await;
    let text = "account_id,title,priority,status,owner,expected_revenue,start,due,target,update\n\
                acme,Move to batch,high,active,mei,12000,2026-01-01,2026-07-01,tokens,Kick-off held\n\
                acme inc,Second region,,,,,,,,\n\
                nobody,Ghost,,,,,,,,\n\
                acme,,,,,,,,,\n\
                acme,Backwards,,,,,2026-07-01,2026-01-01,,\n";
    for keep in [Keep::DryRun, Keep::Yes] {
        let report = put(&store, Records::Initiatives, text, keep).await;
        let reasons: Vec<&str> = report.rejections.iter().map(|one| one.reason.code()).collect();
        assert_eq!((report.accepted, reasons), (2, vec!["missing_account", "missing_field", "bad_value"]));
    }
    let report = put(&store, Records::Initiatives, text, Keep::Yes).await;
    assert_eq!((report.accepted, report.duplicates, report.replaced), (0, 2, 0));
    let initiatives = store.initiatives().await.unwrap();
    assert_eq!(initiatives.len(), 2);
    assert!(initiatives.iter().any(|one| one.updates.len() == 1 && one.title == "Move to batch"));
    let done = "account_id,title,status\nacme,Move to batch,done\n";
    assert_eq!(put(&store, Records::Initiatives, done, Keep::Yes).await.replaced, 1);
}
