//! Discord's documented limits that its description does not state.

use std::collections::BTreeSet;

use serde_json::Value;

use super::multipart::Upload;

/// Characters over all embeds of a message.
const EMBEDS_CHARS_MAX: usize = 6_000;
/// Characters of names, descriptions and values over a whole command.
const COMMAND_CHARS_MAX: usize = 8_000;
/// Bytes of all files of a message.
const FILES_BYTES_MAX: usize = 10 << 20;

/// What is wrong with a message; `kept` are names of attachments that stay from before.
pub fn message(message: &Value, uploads: &[Upload], kept: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let empty = |key: &str| list(message, key).is_empty();
    let content = message["content"].as_str().unwrap_or_default();
    if content.is_empty() && empty("embeds") && empty("components") && empty("attachments") {
        wrong.push("the message is empty".to_owned());
    }
    if message["allowed_mentions"]["parse"] != serde_json::json!([]) {
        wrong.push(format!("allowed_mentions are {}", message["allowed_mentions"]));
    }
    embeds(list(message, "embeds"), &mut wrong);
    components(list(message, "components"), &mut wrong);
    let files = attachments(message, uploads, kept, &mut wrong);
    for embed in list(message, "embeds") {
        for address in [&embed["image"]["url"], &embed["thumbnail"]["url"], &embed["url"]] {
            let Some(address) = address.as_str() else { continue };
            match address.strip_prefix("attachment://") {
                Some(name) if !files.contains(name) => wrong.push(format!("no file is called {name}")),
                None if !is_web(address) => wrong.push(format!("{address} is no web address")),
                _ => {}
            }
        }
    }
    wrong
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn chars(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

fn is_web(address: &str) -> bool {
    address.starts_with("http://") || address.starts_with("https://")
}

fn embeds(embeds: &[Value], wrong: &mut Vec<String>) {
    let mut total = 0;
    let mut within = |what: &str, value: &Value, max: usize| {
        total += chars(value);
        (chars(value) > max).then(|| format!("{what} has {} characters of {max}", chars(value)))
    };
    for embed in embeds {
        wrong.extend(within("a title", &embed["title"], 256));
        wrong.extend(within("a description", &embed["description"], 4_096));
        wrong.extend(within("a footer", &embed["footer"]["text"], 2_048));
        wrong.extend(within("an author", &embed["author"]["name"], 256));
        if list(embed, "fields").len() > 25 {
            wrong.push("an embed has more than 25 fields".into());
        }
        for field in list(embed, "fields") {
            wrong.extend(within("the name of a field", &field["name"], 256));
            wrong.extend(within("the value of a field", &field["value"], 1_024));
            if blank(&field["name"]) || blank(&field["value"]) {
                wrong.push("a field is empty".into());
            }
        }
    }
    if embeds.len() > 10 {
        wrong.push("more than 10 embeds".into());
    }
    if total > EMBEDS_CHARS_MAX {
        wrong.push(format!("the embeds have {total} characters of {EMBEDS_CHARS_MAX}"));
    }
}

fn blank(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.trim().is_empty())
}

fn components(rows: &[Value], wrong: &mut Vec<String>) {
    if rows.len() > 5 {
        wrong.push(format!("{} rows of components", rows.len()));
    }
    let mut ids = BTreeSet::new();
    for row in rows {
        let inside = list(row, "components");
        if row["type"] != 1 || inside.is_empty() || inside.len() > 5 {
            wrong.push(format!("a row of type {} has {} components", row["type"], inside.len()));
        }
        for component in inside {
            let is_link = component["type"] == 2 && component["style"] == 5;
            if is_link {
                let url = component["url"].as_str().unwrap_or_default();
                if !is_web(url) || url.len() > 512 || !component["custom_id"].is_null() {
                    wrong.push(format!("a link button leads to {url}"));
                }
            } else {
                let id = component["custom_id"].as_str().unwrap_or_default();
                if !(1..=100).contains(&id.chars().count()) || !ids.insert(id) {
                    wrong.push(format!("the custom id “{id}” is too long, empty or there twice"));
                }
            }
            if chars(&component["label"]) > 80 {
                wrong.push(format!("a button is labelled {}", component["label"]));
            }
            if component["type"] == 2 && blank(&component["label"]) && component["emoji"].is_null() {
                wrong.push("a button has no label".into());
            }
            if component["type"] == 3 {
                select(component, inside.len(), wrong);
            }
        }
    }
}

fn select(component: &Value, beside: usize, wrong: &mut Vec<String>) {
    let options = list(component, "options");
    if !(1..=25).contains(&options.len()) || beside != 1 {
        wrong.push(format!("a select has {} options and shares its row with {}", options.len(), beside - 1));
    }
    let values: BTreeSet<&str> = options.iter().filter_map(|option| option["value"].as_str()).collect();
    if values.len() != options.len() {
        wrong.push("options of a select share a value".into());
    }
    for option in options {
        let fits = |key: &str| (1..=100).contains(&chars(&option[key])) && !blank(&option[key]);
        if !fits("label") || !fits("value") || chars(&option["description"]) > 100 {
            wrong.push(format!("the option {option} is empty or too long"));
        }
    }
    if options.iter().filter(|option| option["default"] == true).count() > 1 {
        wrong.push("a select has several options marked".into());
    }
    if chars(&component["placeholder"]) > 150 {
        wrong.push("the placeholder of a select is too long".into());
    }
}

/// What is wrong with a form.
pub fn form(form: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let within = |value: &Value, max: usize| (1..=max).contains(&chars(value)) && !blank(value);
    if !within(&form["title"], 45) || !within(&form["custom_id"], 100) {
        wrong.push(format!("the form {} has no title or id, or too long a one", form["title"]));
    }
    let rows = list(form, "components");
    if !(1..=5).contains(&rows.len()) {
        wrong.push(format!("a form has {} rows", rows.len()));
    }
    let mut ids = BTreeSet::new();
    for row in rows {
        let [input] = list(row, "components") else {
            wrong.push("a row of a form holds one field".into());
            continue;
        };
        if row["type"] != 1 || input["type"] != 4 || !matches!(input["style"].as_u64(), Some(1 | 2)) {
            wrong.push(format!("{input} is no field"));
        }
        if !within(&input["custom_id"], 100) || !ids.insert(input["custom_id"].as_str()) {
            wrong.push(format!("the field {} is there twice, or has no id", input["label"]));
        }
        if !within(&input["label"], 45) || chars(&input["placeholder"]) > 100 {
            wrong.push(format!("the field {} has no label, or too long a text", input["label"]));
        }
        let most = input["max_length"].as_u64().unwrap_or(4_000);
        if !(1..=4_000).contains(&most) || chars(&input["value"]) as u64 > most {
            wrong.push(format!("the field {} holds {} of {most}", input["label"], chars(&input["value"])));
        }
        if input["value"] == "" {
            wrong.push(format!("the field {} has an empty value", input["label"]));
        }
    }
    wrong
}

/// Names of all files that the message has then.
fn attachments(
    message: &Value,
    uploads: &[Upload],
    kept: &[String],
    wrong: &mut Vec<String>,
) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = kept.iter().cloned().collect();
    names.extend(uploads.iter().map(|upload| upload.name.clone()));
    for attachment in list(message, "attachments") {
        let id = attachment["id"].as_u64().or_else(|| attachment["id"].as_str()?.parse().ok());
        let upload = uploads.iter().find(|upload| Some(upload.id) == id);
        match (upload, attachment["filename"].as_str()) {
            (Some(upload), Some(name)) if upload.name == name => {}
            (Some(_), None) => {}
            _ => wrong.push(format!("the attachment {attachment} has no file")),
        }
        if chars(&attachment["description"]) > 1_024 {
            wrong.push("an attachment's description is too long".into());
        }
    }
    if uploads.len() > 10 || uploads.iter().map(|upload| upload.bytes.len()).sum::<usize>() > FILES_BYTES_MAX
    {
        wrong.push("the files are too many or too large".into());
    }
    for upload in uploads {
        if upload.name.ends_with(".png") && size_of_png(&upload.bytes).is_none() {
            wrong.push(format!("{} is no PNG", upload.name));
        }
    }
    names
}

/// Width and height; `None` when it is no PNG.
pub fn size_of_png(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let head = rest.get(..16)?;
    let ends_well = bytes.ends_with(b"IEND\xae\x42\x60\x82");
    let number = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    (&head[4..8] == b"IHDR" && ends_well).then_some((number(8)?, number(12)?))
}

/// What is wrong with completions.
pub fn choices(choices: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    if choices.len() > 25 {
        wrong.push(format!("{} choices", choices.len()));
    }
    for choice in choices {
        let fits = |key: &str| (1..=100).contains(&chars(&choice[key]));
        if !fits("name") || !fits("value") {
            wrong.push(format!("the choice {choice} is empty or too long"));
        }
    }
    wrong
}

/// What is wrong with commands.
pub fn commands(commands: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    unique(commands, "the commands", &mut wrong);
    for command in commands {
        if matches!(command["type"].as_u64(), Some(2 | 3)) {
            let bare = chars(&command["description"]) == 0 && list(command, "options").is_empty();
            if !bare || !(1..=32).contains(&chars(&command["name"])) {
                wrong.push(format!("{} cannot stand in a menu", command["name"]));
            }
            continue;
        }
        let total = option(command, &mut wrong);
        if total > COMMAND_CHARS_MAX {
            wrong.push(format!("the command {} has {total} characters", command["name"]));
        }
    }
    wrong
}

fn unique(named: &[Value], what: &str, wrong: &mut Vec<String>) {
    let names: BTreeSet<&str> = named.iter().filter_map(|one| one["name"].as_str()).collect();
    if names.len() != named.len() {
        wrong.push(format!("{what} share a name"));
    }
}

/// Checks a command or an option with all below it; says how many characters it counts.
fn option(given: &Value, wrong: &mut Vec<String>) -> usize {
    let name = given["name"].as_str().unwrap_or_default();
    let well_named = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '-' || c == '_';
    if !(1..=32).contains(&name.chars().count()) || !name.chars().all(well_named) {
        wrong.push(format!("“{name}” is no name"));
    }
    if !(1..=100).contains(&chars(&given["description"])) {
        wrong.push(format!("{name} has no description, or too long a one"));
    }
    let (inside, choices) = (list(given, "options"), list(given, "choices"));
    if inside.len() > 25 || choices.len() > 25 {
        wrong.push(format!("{name} has too many options or choices"));
    }
    if !choices.is_empty() && given["autocomplete"] == true {
        wrong.push(format!("{name} has both choices and completions"));
    }
    unique(inside, name, wrong);
    let required = inside.iter().map(|option| option["required"] == true);
    if !required.is_sorted_by(|a, b| a >= b) {
        wrong.push(format!("{name}: required options stand after others"));
    }
    let in_choices: usize =
        choices.iter().map(|choice| chars(&choice["name"]) + chars(&choice["value"])).sum();
    let below: usize = inside.iter().map(|option_inside| option(option_inside, wrong)).sum();
    name.chars().count() + chars(&given["description"]) + in_choices + below
}

#[test]
fn limits_are_kept_to_the_last_character() {
    let embed = |chars: usize| serde_json::json!({"description": "x".repeat(chars)});
    let said = |embeds: Vec<Value>| {
        message(&serde_json::json!({"embeds": embeds, "allowed_mentions": {"parse": []}}), &[], &[])
    };
    assert!(said(vec![embed(4_096), embed(1_904)]).is_empty());
    assert_eq!(said(vec![embed(4_096), embed(1_905)]), ["the embeds have 6001 characters of 6000"]);
    let pinging = serde_json::json!({"content": "hello"});
    assert_eq!(message(&pinging, &[], &[]), ["allowed_mentions are null"]);
    let lost = serde_json::json!({
        "embeds": [{"image": {"url": "attachment://a.png"}}], "allowed_mentions": {"parse": []}
    });
    assert_eq!(message(&lost, &[], &[]), ["no file is called a.png"]);
}
