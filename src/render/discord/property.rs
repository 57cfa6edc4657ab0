//! Whatever an answer holds, the message keeps the platform's limits and gives outside text no power.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::limits::*;
use super::*;
use crate::domain::Band;
use crate::domain::Currency;
use crate::domain::Fact;
use crate::domain::InitiativeStatus;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::render::samples;
use crate::reply::Action;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Field;
use crate::reply::Form;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::Span;
use crate::reply::Table;
use crate::reply::Tone;

/// Texts that have power on this platform, alone or joined.
const POWERFUL: &[&str] = &[
    "@everyone",
    "@here",
    "<@123>",
    "<@&1>",
    "<#2>",
    "<:a:1>",
    ":smile:",
    "</usage:1>",
    "[x](https://evil.example)",
    "```",
    "`",
    "||",
    "**",
    "__",
    "~~",
    "# ",
    "> ",
    "- ",
    "-# ",
    "1. ",
    "\\",
    "\n",
    "\u{202e}",
    "\u{2068}",
    "\u{1b}[31m",
    "https://evil.example",
    "<t:0>",
    "](",
    "[",
    "]",
    "(",
    ")",
    "…",
    "日本",
    "שלום",
    "word",
    " ",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => proptest::sample::select(POWERFUL).prop_map(str::to_owned),
        2 => "\\PC{0,12}",
        1 => ".{0,40}",
        1 => "[a-z ]{0,600}",
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn fact() -> impl Strategy<Value = Fact> {
    let value = prop_oneof![
        any::<u64>().prop_map(Quantity::Tokens),
        any::<i64>().prop_map(|micros| Quantity::Money(Money::from_micros(micros), Currency::USD)),
        proptest::option::of(-2.0..2e4).prop_map(Quantity::Change),
        (0.0..100.0).prop_map(Quantity::Score),
    ];
    let endpoint = proptest::option::of("[a-z/~%()é\\[\\]]{1,190}");
    (value, endpoint).prop_map(|(value, endpoint)| {
        samples::fact(Measure::Sum(Metric::ApiCalls), Some("acme"), endpoint.as_deref(), value)
    })
}

fn prose() -> impl Strategy<Value = Prose> {
    let span = prop_oneof![
        hostile().prop_map(Span::Plain),
        hostile().prop_map(Span::Outside),
        hostile().prop_map(Span::Code),
        fact().prop_map(Span::Fact),
    ];
    vec(span, 0..8).prop_map(Prose)
}

fn table() -> impl Strategy<Value = Table> {
    let cell = prop_oneof![
        Just(Cell::Nothing),
        hostile().prop_map(Cell::Text),
        hostile().prop_map(|text| Cell::Link { text, path: "/x".into() }),
        fact().prop_map(Cell::Fact),
        fact().prop_map(|fact| Cell::Change(fact, Tone::Bad)),
        Just(Cell::Band(Band::AtRisk)),
        Just(Cell::Status(InitiativeStatus::Blocked)),
        vec(-1.0..1e6, 0..20).prop_map(Cell::Spark),
    ];
    (hostile(), vec((hostile(), any::<bool>()), 1..8), 0_usize..1_000).prop_flat_map(
        move |(title, heads, more)| {
            let columns: Vec<Column> =
                heads.into_iter().map(|(title, numeric)| Column { title, numeric }).collect();
            vec(vec(cell.clone(), columns.len()), 0..40).prop_map(move |rows| Table {
                title: title.clone(),
                columns: columns.clone(),
                rows,
                more,
            })
        },
    )
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let line = (hostile(), fact(), proptest::option::of(fact())).prop_map(|(label, fact, change)| FactLine {
        label,
        fact,
        change,
        more_is_good: Some(true),
    });
    let block = prop_oneof![
        3 => prose().prop_map(Block::Text),
        2 => vec(line, 0..30).prop_map(Block::Facts),
        2 => table().prop_map(Block::Table),
        2 => prose().prop_map(Block::Caveat),
    ];
    let action = (hostile(), hostile(), any::<bool>(), any::<bool>())
        .prop_map(|(label, line, current, form)| Action { label, line, current, form })
        .boxed();
    let pick = (hostile(), vec(action.clone(), 0..40)).prop_map(|(label, options)| Pick { label, options });
    let path = proptest::option::of(hostile().prop_map(|text| format!("/{text}")));
    let below = (vec(action, 0..40), vec(pick, 0..4));
    (hostile(), vec(block, 0..12), path, below).prop_map(|(title, blocks, path, (actions, picks))| Answer {
        title,
        blocks,
        as_of: AsOf { data_until: None, version: u64::MAX },
        path,
        actions,
        picks,
        private: false,
    })
}

/// All texts of the embed that are read as Markdown, with the most characters each may have.
fn texts(embed: &Value) -> Vec<(&str, usize)> {
    let mut texts = vec![(embed["title"].as_str().unwrap(), TITLE_CHARS_MAX)];
    texts.extend(embed["description"].as_str().map(|text| (text, DESCRIPTION_CHARS_MAX)));
    for field in embed["fields"].as_array().into_iter().flatten() {
        texts.push((field["name"].as_str().unwrap(), FIELD_NAME_CHARS_MAX));
        texts.push((field["value"].as_str().unwrap(), FIELD_VALUE_CHARS_MAX));
    }
    texts
}

/// The text without what Discord shows as it is: fences, inline code, and escaped characters.
fn powerful_part(text: &str) -> String {
    let mut out = String::new();
    let unfenced: Vec<&str> = text.split("```").collect();
    assert!(unfenced.len() % 2 == 1, "a fence is open: {text}");
    for outside in unfenced.iter().step_by(2) {
        let mut chars = outside.chars();
        let mut in_code = false;
        while let Some(c) = chars.next() {
            match c {
                '`' => in_code = !in_code,
                '\\' if !in_code => {
                    assert!(chars.next().is_some(), "an escape was cut: {text}");
                    out.push('x');
                }
                _ if in_code => {}
                _ => out.push(c),
            }
        }
        assert!(!in_code, "inline code is open: {text}");
        out.push('\n');
    }
    out
}

fn check_text(text: &str, max: usize) {
    let count = text.chars().count();
    assert!(count <= max && !text.trim().is_empty(), "{count} of {max}: {text}");
    assert!(!text.contains("@everyone") && !text.contains("@here"), "{text}");
    assert_eq!(text.matches('\u{2068}').count(), text.matches('\u{2069}').count(), "{text}");
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
    let power = powerful_part(text);
    assert!(!power.contains('<') && !power.contains("||") && !power.contains("__"), "{text}");
    assert!(power.matches("**").count().is_multiple_of(2), "bold is open: {text}");
    let own = "](https://etsm.example/";
    let links = power.matches("](").count();
    assert_eq!(links, power.matches(own).count(), "a foreign link: {text}");
    let bare = power.replace(own, "");
    assert!(!bare.contains("://"), "a link from outside: {text}");
    let odd = |line: &str| ["# ", "- ", "> ", "-# "].iter().any(|mark| line.trim_start().starts_with(mark));
    assert!(!power.lines().any(odd), "a heading, list or quote from outside: {text}");
}

/// A label or another short text that knows no Markdown.
fn check_label(text: &Value, max: usize) {
    let text = text.as_str().unwrap();
    let count = text.chars().count();
    assert!((1..=max).contains(&count) && !text.trim().is_empty(), "{count} of {max}: {text}");
    assert_eq!(text.matches('\u{2068}').count(), text.matches('\u{2069}').count(), "{text}");
    assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text}");
}

fn check_id(id: &str, ids: &mut Vec<String>) {
    assert!((1..=CUSTOM_ID_CHARS_MAX).contains(&id.chars().count()) && id.is_ascii(), "{id}");
    assert!(!ids.contains(&id.to_owned()), "{id} is there twice");
    ids.push(id.to_owned());
}

fn check_components(components: &Value) {
    let rows = components.as_array().unwrap();
    assert!(rows.len() <= ROWS_MAX);
    let mut ids = Vec::new();
    for row in rows {
        let inside = row["components"].as_array().unwrap();
        assert!((1..=ROW_BUTTONS_MAX).contains(&inside.len()));
        for component in inside {
            if let Some(options) = component["options"].as_array() {
                assert!(inside.len() == 1 && (2..=OPTIONS_MAX).contains(&options.len()));
                check_label(&component["placeholder"], PLACEHOLDER_CHARS_MAX);
                check_id(component["custom_id"].as_str().unwrap(), &mut ids);
                let mut values = Vec::new();
                for option in options {
                    check_label(&option["label"], OPTION_CHARS_MAX);
                    check_id(option["value"].as_str().unwrap(), &mut values);
                }
                assert!(options.iter().filter(|option| option["default"] == true).count() <= 1);
                continue;
            }
            check_label(&component["label"], LABEL_CHARS_MAX);
            if let Some(id) = component["custom_id"].as_str() {
                check_id(id, &mut ids);
            } else {
                let url = component["url"].as_str().unwrap();
                assert!(url.starts_with("https://etsm.example/") && url.chars().count() <= LINK_CHARS_MAX);
            }
        }
    }
}

fn any_form() -> impl Strategy<Value = Form> {
    let field = (hostile(), hostile(), hostile(), any::<(bool, bool)>(), 0_usize..9_000).prop_map(
        |(label, hint, value, (long, needed), chars_max)| Field {
            option: "text".into(),
            label,
            hint,
            value: value.repeat(9),
            long,
            needed,
            chars_max,
        },
    );
    (hostile(), hostile(), vec(field, 1..9)).prop_map(|(title, line, fields)| Form { title, line, fields })
}

fn seal() -> Seal {
    Seal::new(b"a secret of the tests")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_answer_keeps_the_limits(given in any_answer(), line in hostile(), page in 1_usize..9) {
        let reply = answer(&given, View { public_url: Some(samples::URL), pass: None, seal: &seal(), line: &line, page });
        let embeds = serde_json::to_value(&reply.embeds).unwrap();
        let embeds = embeds.as_array().unwrap();
        prop_assert!(embeds.len() <= EMBEDS_MAX);
        let mut total = 0;
        for embed in embeds {
            prop_assert!(embed["fields"].as_array().map_or(0, Vec::len) <= FIELDS_MAX);
            let footer = embed["footer"]["text"].as_str().unwrap();
            prop_assert!(footer.chars().count() <= FOOTER_CHARS_MAX);
            total += footer.chars().count();
            for (text, max) in texts(embed) {
                check_text(text, max);
                total += text.chars().count();
            }
        }
        prop_assert!(total <= EMBEDS_CHARS_MAX, "{} characters", total);
        check_components(&serde_json::to_value(&reply.components).unwrap());
    }

    #[test]
    fn all_rows_stand_on_some_page(rows in 1_usize..120, width in 1_usize..50) {
        let cells = |row: usize| vec![Cell::Text(format!("row-{row:03}-{}", "x".repeat(width)))];
        let table = Table {
            title: "Rows".into(),
            columns: vec![Column::words("Name")],
            rows: (0..rows).map(cells).collect(),
            more: 0,
        };
        let given = samples::answer("Rows", "/rows", vec![Block::Table(table)], Vec::new());
        let mut seen = std::collections::BTreeSet::new();
        for page in 1..=rows {
            let view = View { public_url: Some(samples::URL), pass: None, seal: &seal(), line: "portfolio", page };
            let text = serde_json::to_string(&answer(&given, view).embeds).unwrap();
            seen.extend((0..rows).filter(|row| text.contains(&format!("row-{row:03}-"))));
        }
        prop_assert_eq!(seen.len(), rows);
    }

    #[test]
    fn any_problem_keeps_the_limits(given in hostile()) {
        let reply = problem(&Problem::UnknownCommand { given, nearest: None });
        let embed = serde_json::to_value(&reply.embeds[0]).unwrap();
        check_text(embed["description"].as_str().unwrap(), DESCRIPTION_CHARS_MAX);
    }

    #[test]
    fn any_mistake_keeps_the_limits(given in hostile(), field in hostile(), draft in hostile()) {
        let reply = mistake(&Problem::option("due", given), Some(&field), &draft, true, &seal());
        let embed = serde_json::to_value(&reply.embeds[0]).unwrap();
        check_text(embed["description"].as_str().unwrap(), DESCRIPTION_CHARS_MAX);
        check_components(&serde_json::to_value(&reply.components).unwrap());
    }

    #[test]
    fn any_form_keeps_the_limits(given in any_form()) {
        let modal = serde_json::to_value(form(&given, &seal(), false).modal).unwrap();
        check_label(&modal["title"], FORM_TITLE_CHARS_MAX);
        check_id(modal["custom_id"].as_str().unwrap(), &mut Vec::new());
        let rows = modal["components"].as_array().unwrap();
        prop_assert!((1..=ROWS_MAX).contains(&rows.len()));
        for input in rows.iter().map(|row| &row["components"][0]) {
            check_label(&input["label"], FIELD_LABEL_CHARS_MAX);
            if !input["placeholder"].is_null() {
                check_label(&input["placeholder"], FIELD_HINT_CHARS_MAX);
            }
            let most = input["max_length"].as_u64().unwrap();
            prop_assert!((1..=FIELD_TEXT_CHARS_MAX as u64).contains(&most));
            let text = input["value"].as_str().unwrap_or_default();
            prop_assert!(text.chars().count() as u64 <= most, "{}", text);
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{}", text);
        }
    }
}
