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
        if one.options.is_empty() {
            continue;
        }
        add(format_args!("\n| option | what it does | takes |\n|---|---|---|"));
        for option in one.options {
            let star = if option.required { " *" } else { "" };
            add(format_args!("| `{}`{star} | {} | {} |", option.name, option.about, takes(option.kind)));
        }
    }
    text
}

const HEAD: &str = "\
# Commands

The same words work in Discord, in the terminal (`etsm ask`, `etsm chat`) and in the browser chat. This page is made
from the catalogue in `src/answers/catalog.rs`.

Options marked * are needed and may stand without their name, in order: `health acme` is `health account:acme`. Where
no option is needed, the first bare word is the account. All others are written as `name:value`. A name with blanks
stands in quotes: `health \"Acme Corp\"`.
";
