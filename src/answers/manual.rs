//! The manual of commands, `docs/commands.md`, from the catalogue.

use std::fmt::Write;

use super::callable::callables;
use super::help::takes;

/// The manual as Markdown; `docs/commands.md` is this text, and a test compares the two.
#[must_use]
pub fn manual() -> String {
    let mut text = String::from(HEAD);
    for one in callables() {
        let mut add =
            |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a String takes all text");
        add(format_args!("\n## {}\n\n{}.\n\n```text\n{}\n```", one.name(), one.about, one.example));
        if !one.options.is_empty() {
            add(format_args!("\n| option | what it does | takes |\n|---|---|---|"));
        }
        for option in one.options {
            let star = if option.required { " *" } else { "" };
            add(format_args!("| `{}`{star} | {} | {} |", option.name, option.about, takes(option.kind)));
        }
        if PICTURED.contains(&one.name().as_str()) {
            let file = one.name().replace(' ', "-");
            add(format_args!("\n![A reply to {}](pictures/{file}.png)", one.name()));
        }
    }
    text
}

/// The commands of which a reply is shown; `docs/pictures/make.py` takes the pictures.
const PICTURED: &[&str] = &[
    "portfolio",
    "health",
    "why",
    "history",
    "usage",
    "movers",
    "anomalies",
    "forecast",
    "churn",
    "initiative list",
    "status",
];

const HEAD: &str = "\
# Commands

The same words work in Discord, in the terminal (`etsm ask`, `etsm chat`) and in the browser chat. This page is made
from the catalogue in `src/answers/catalog.rs`.

Options marked * are needed and may stand without their name, in order: `health acme` is `health account:acme`. Where
no option is needed, the first bare word is the account. All others are written as `name:value`. A name with blanks
stands in quotes: `health \"Acme Corp\"`.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_is_there_and_is_shown() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pictures");
        let files =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut pictures: Vec<String> = files.filter(|name| name.ends_with(".png")).collect();
        let mut shown: Vec<String> =
            PICTURED.iter().map(|name| format!("{}.png", name.replace(' ', "-"))).collect();
        pictures.sort();
        shown.sort();
        assert_eq!(pictures, shown);
        assert!(PICTURED.iter().all(|name| callables().any(|one| one.name() == *name)));
    }
}
