//! The manual of settings, `docs/configuration.md`, from the file of defaults, which stays the one place that tells of them.

use std::fmt::Write;

use super::gather::{DEFAULTS, KEYS, SECRETS};

/// Example lines of the file are comments that are set in by this.
const SET_IN: &str = "#   ";

const HEAD: &str = "\
# Configuration

Each setting has a default. A site file (`--config FILE` or `ETSM_CONFIG`) needs only the lines that differ, and the
environment goes over both; a `.env` file in the folder where etsm starts fills in what the environment does not say.
A secret may also come from a file that `VARIABLE_FILE` names. `etsm check` reads everything and reports all mistakes at
once, each with its place.

This page is made from [`config/etsm.toml`](../config/etsm.toml), which is compiled in. What the health score is made of
stands in a file of its own: [health.md](health.md).

`HTTPS_PROXY` names a proxy for calls to outside, and `SSL_CERT_FILE` the authorities that are trusted there.
";

/// What stands in the file, in its order.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Section(String),
    Setting { key: String, default: String, about: String },
    Example { about: String, lines: Vec<String> },
}

/// The manual as Markdown; `docs/configuration.md` is this text, and a test compares the two.
#[must_use]
pub fn manual() -> String {
    let mut text = String::from(HEAD);
    let mut in_table = false;
    for part in parts(DEFAULTS) {
        let is_setting = matches!(part, Part::Setting { .. });
        if is_setting && !in_table {
            text.push_str("\n| setting | default | variable | what it does |\n|---|---|---|---|\n");
        }
        in_table = is_setting;
        match part {
            Part::Section(name) => write!(text, "\n## {name}\n"),
            Part::Setting { key, default, about } => {
                let variable = variable_of(&key).map_or_else(String::new, |name| named(&key, name));
                writeln!(text, "| `{key}` | `{default}` | {variable} | {about} |")
            }
            Part::Example { about, lines } => {
                write!(text, "\n{about}\n\n```toml\n{}\n```\n", lines.join("\n"))
            }
        }
        .expect("a String takes all text");
    }
    text
}

fn named(key: &str, variable: &str) -> String {
    let by_file = if SECRETS.contains(&key) { format!(", `{variable}_FILE`") } else { String::new() };
    format!("`{variable}`{by_file}")
}

fn variable_of(key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(known, _)| *known == key).and_then(|(_, variable)| *variable)
}

fn parts(file: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut section, mut about, mut lines) = (String::new(), Vec::new(), Vec::new());
    let mut before = String::new();
    // What stands before the first section is about the file as a whole.
    for line in file.lines().skip_while(|line| !line.starts_with('[')) {
        if let Some(example) = line.strip_prefix(SET_IN) {
            lines.push(example.to_owned());
            continue;
        }
        if !lines.is_empty() {
            parts.push(Part::Example { about: joined(&mut about), lines: std::mem::take(&mut lines) });
        }
        if let Some(words) = line.strip_prefix('#') {
            about.push(words.trim().to_owned());
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            before.clear();
            parts.push(Part::Section(section.clone()));
        } else if let Some((name, default)) = line.split_once(" = ") {
            let key = format!("{section}.{name}");
            let mut about = joined(&mut about);
            if let Some(variable) = variable_of(&key) {
                let words: Vec<&str> = about.split_whitespace().filter(|word| *word != variable).collect();
                about = words.join(" ");
            }
            // Settings that stand together below one comment share it.
            if about.is_empty() {
                about.clone_from(&before);
            }
            before.clone_from(&about);
            parts.push(Part::Setting { key, default: default.to_owned(), about });
        }
    }
    if !lines.is_empty() {
        parts.push(Part::Example { about: joined(&mut about), lines });
    }
    parts
}

fn joined(words: &mut Vec<String>) -> String {
    std::mem::take(words).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_stands_in_the_file_and_so_in_the_manual() {
        let told: Vec<String> = parts(DEFAULTS)
            .into_iter()
            .filter_map(|part| match part {
                Part::Setting { key, about, .. } => {
                    assert!(!about.is_empty(), "{key} says nothing");
                    Some(key)
                }
                Part::Section(_) | Part::Example { .. } => None,
            })
            .collect();
        let known: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
        assert_eq!(told, known);
    }

    #[test]
    fn comments_settings_and_examples_are_told_apart() {
        let file = "# All.\n\n[log]\n# What is logged.     ETSM_LOG\n# And how.\nfilter = \"info\"\n# As:\n#   a = 1\n#   b = 2\n";
        assert_eq!(
            parts(file),
            [
                Part::Section("log".to_owned()),
                Part::Setting {
                    key: "log.filter".to_owned(),
                    default: "\"info\"".to_owned(),
                    about: "What is logged. And how.".to_owned(),
                },
                Part::Example {
                    about: "As:".to_owned(),
                    lines: vec!["a = 1".to_owned(), "b = 2".to_owned()]
                },
            ]
        );
    }
}
