//! The catalogue as Discord's slash commands, registered only when they changed.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::answers::CommandEntry;
use crate::answers::OptionEntry;
use crate::answers::OptionKind;
use crate::answers::translations;
use crate::domain::Role;

use super::refused::Refused;
use super::rest::Rest;

/// Discord's option types.
const SUBCOMMAND: u8 = 1;
const STRING: u8 = 3;
/// Discord's types of commands: typed, or in the menu of a message.
const TYPED: u8 = 1;
const OF_MESSAGE: u8 = 3;
/// In the menu of a message: opens the form of a note with the message's words in it.
const NOTE_MENU: &str = "Note to account…";
/// Commands are for servers only: in a direct message nobody has invited the bot, and anyone may write one.
const IN_SERVERS: [u8; 1] = [0];

/// Who sees what only an admin may run, until the server says otherwise: those who manage it. Whether someone may run it
/// is for us to say.
const MANAGE_SERVER: &str = "32";

/// What came of a registration.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Registered {
    /// Discord has them already.
    Same,
    /// They were replaced.
    Replaced,
}

/// Compares with what Discord offers, and replaces it when it differs. Nothing is kept on our side: whatever someone
/// changed over there is seen.
pub(super) async fn register(
    rest: &Rest,
    application: u64,
    guild: Option<u64>,
    catalog: &[CommandEntry],
) -> Result<Registered, Refused> {
    let wanted = described(catalog, guild.is_none());
    let offered = rest.commands(application, guild).await?;
    if comparable(&offered, guild.is_none()) == comparable(&wanted, guild.is_none()) {
        return Ok(Registered::Same);
    }
    rest.set_commands(application, guild, &wanted).await?;
    Ok(Registered::Replaced)
}

/// The catalogue in Discord's words. Only commands that are offered everywhere say where they may be used.
pub(super) fn described(catalog: &[CommandEntry], everywhere: bool) -> Vec<Value> {
    let command = |entry: &CommandEntry| {
        let options: Vec<Value> = if entry.subcommands.is_empty() {
            entry.options.iter().map(|one| option(&[entry.name], one)).collect()
        } else {
            let subcommand = |sub: &crate::answers::SubcommandEntry| {
                let path = [entry.name, sub.name];
                let options: Vec<Value> = sub.options.iter().map(|one| option(&path, one)).collect();
                let mut sub_json = json!({"type": SUBCOMMAND, "options": options});
                named(&mut sub_json, &path, sub.about);
                sub_json
            };
            entry.subcommands.iter().map(subcommand).collect()
        };
        let mut command = json!({"type": TYPED, "options": options});
        named(&mut command, &[entry.name], entry.about);
        if entry.needs() == Role::Admin {
            command["default_member_permissions"] = json!(MANAGE_SERVER);
        }
        command
    };
    let mut all: Vec<Value> = catalog.iter().map(command).collect();
    if catalog.iter().any(|entry| entry.name == "note") {
        all.push(json!({"type": OF_MESSAGE, "name": NOTE_MENU}));
    }
    if everywhere {
        for command in &mut all {
            command["contexts"] = json!(IN_SERVERS);
            command["integration_types"] = json!(IN_SERVERS);
        }
    }
    all
}

/// Writes name and description, with their translations when there are any.
fn named(entry: &mut Value, path: &[&str], about: &str) {
    entry["name"] = json!(path.last());
    entry["description"] = json!(about);
    for one in translations(path) {
        entry["name_localizations"][one.locale] = json!(one.name);
        entry["description_localizations"][one.locale] = json!(one.about);
    }
}

fn option(path: &[&str], entry: &OptionEntry) -> Value {
    let required = entry.required && !entry.in_form;
    let mut option = json!({"type": STRING, "required": required});
    named(&mut option, &[path, &[entry.name]].concat(), entry.about);
    match entry.kind {
        OptionKind::OneOf(words) => {
            option["choices"] = words.iter().map(|word| json!({"name": word, "value": word})).collect();
        }
        OptionKind::Account
        | OptionKind::Endpoint
        | OptionKind::Initiative
        | OptionKind::Owner
        | OptionKind::Range
        | OptionKind::Horizon
        | OptionKind::Since
        | OptionKind::Due
        | OptionKind::Command
        | OptionKind::Digest
        | OptionKind::Alert => option["autocomplete"] = json!(true),
        OptionKind::Money | OptionKind::Text => {}
    }
    option
}

/// The parts that we set, with Discord's defaults for what is left out, in a fixed order.
fn comparable(commands: &[Value], everywhere: bool) -> Vec<Value> {
    let mut all: Vec<Value> = commands
        .iter()
        .map(|command| {
            let mut one = comparable_option(command);
            one["default_member_permissions"] = command["default_member_permissions"].clone();
            if everywhere {
                one["contexts"] = command["contexts"].clone();
                one["integration_types"] = command["integration_types"].clone();
            }
            one
        })
        .collect();
    all.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    all
}

fn comparable_option(given: &Value) -> Value {
    let list = |key: &str| given[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let localized = |key: &str| {
        let all: BTreeMap<&str, &Value> = given[key]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(locale, text)| (locale.as_str(), text))
            .collect();
        json!(all)
    };
    let choices: Vec<Value> =
        list("choices").iter().map(|choice| json!([choice["name"], choice["value"]])).collect();
    json!({
        "type": given["type"].as_u64().unwrap_or(1),
        "name": given["name"],
        // A command in a menu has none; Discord returns that as an empty one.
        "description": given["description"].as_str().unwrap_or_default(),
        "name_localizations": localized("name_localizations"),
        "description_localizations": localized("description_localizations"),
        "required": given["required"].as_bool().unwrap_or(false),
        "autocomplete": given["autocomplete"].as_bool().unwrap_or(false),
        "choices": choices,
        "options": list("options").iter().map(comparable_option).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::CATALOG;

    /// As Discord returns them: with ids, without defaults, in another order.
    fn returned(mut commands: Vec<Value>) -> Vec<Value> {
        fn without_defaults(value: &mut Value) {
            if let Some(object) = value.as_object_mut() {
                if object.get("required") == Some(&json!(false)) {
                    object.remove("required");
                }
                if object.get("options") == Some(&json!([])) {
                    object.remove("options");
                }
                object.values_mut().for_each(without_defaults);
            } else if let Some(list) = value.as_array_mut() {
                list.iter_mut().for_each(without_defaults);
            }
        }
        for (number, command) in commands.iter_mut().enumerate() {
            without_defaults(command);
            command["id"] = json!(number.to_string());
            command["version"] = json!("1");
            command["nsfw"] = json!(false);
            command["name_localizations"] = Value::Null;
            if command["type"] == OF_MESSAGE {
                command["description"] = json!("");
            }
            command["default_member_permissions"] = command["default_member_permissions"].clone();
        }
        commands.reverse();
        commands
    }

    #[test]
    fn what_discord_returns_counts_as_the_same() {
        for everywhere in [false, true] {
            let wanted = described(CATALOG, everywhere);
            assert_eq!(comparable(&returned(wanted.clone()), everywhere), comparable(&wanted, everywhere));
        }
    }

    #[test]
    fn what_only_admins_run_is_hidden_from_others() {
        let part = |name| crate::answers::SubcommandEntry {
            name,
            about: "Something",
            example: "digest run",
            options: &[],
            writes: true,
        };
        let whole = CommandEntry {
            name: "digest",
            about: "Something",
            example: "digest run",
            options: &[],
            subcommands: Box::leak(Box::new([part("run"), part("pause")])),
            writes: false,
        };
        assert_eq!(described(&[whole], false)[0]["default_member_permissions"], MANAGE_SERVER);
        let mixed = CommandEntry { subcommands: Box::leak(Box::new([part("run"), part("list")])), ..whole };
        assert!(described(&[mixed], false)[0]["default_member_permissions"].is_null());
    }

    #[test]
    fn any_change_counts_as_a_difference() {
        let wanted = described(CATALOG, true);
        let changes: [fn(&mut Vec<Value>); 5] = [
            |commands| drop(commands.pop()),
            |commands| commands[0]["description"] = json!("Something else"),
            |commands| commands[0]["contexts"] = Value::Null,
            |commands| commands[0]["default_member_permissions"] = json!("8"),
            |commands| {
                let usage = commands.iter_mut().find(|command| command["name"] == "usage").unwrap();
                usage["options"][0]["autocomplete"] = json!(false);
            },
        ];
        for change in changes {
            let mut offered = returned(wanted.clone());
            change(&mut offered);
            assert_ne!(comparable(&offered, true), comparable(&wanted, true));
        }
    }

    #[test]
    fn the_catalogue_fits_discord() {
        let fits = |name: &str| {
            !name.is_empty()
                && name.len() <= 32
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
        };
        let options = |of: &str, options: &[OptionEntry]| {
            assert!(options.len() <= 25, "{of}");
            let required = options.iter().map(|option| option.required && !option.in_form);
            assert!(required.is_sorted_by(|a, b| a >= b), "{of}: required options stand first");
            for option in options {
                assert!(
                    fits(option.name) && (1..=100).contains(&option.about.chars().count()),
                    "{of} {}",
                    option.name
                );
                if let OptionKind::OneOf(words) = option.kind {
                    assert!(words.len() <= 25 && words.iter().all(|word| word.len() <= 100), "{of}");
                }
            }
        };
        assert!(!CATALOG.is_empty() && CATALOG.len() <= 100);
        for command in CATALOG {
            assert!(
                fits(command.name) && (1..=100).contains(&command.about.chars().count()),
                "{}",
                command.name
            );
            options(command.name, command.options);
            assert!(command.subcommands.len() <= 25);
            for sub in command.subcommands {
                assert!(fits(sub.name) && (1..=100).contains(&sub.about.chars().count()), "{}", sub.name);
                options(sub.name, sub.options);
            }
        }
    }
}
