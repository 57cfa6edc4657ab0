//! `alert …`: its grammar. The department of alerts answers.

use super::entry::{OptionEntry, OptionKind, SubcommandEntry};
use super::invocation::Invocation;
use super::spell::Said;
use super::understand::needed;
use crate::problem::Problem;

/// What is asked about alerts, or ordered.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertAsked {
    /// Alerts, those that need someone first.
    List {
        /// Id or name as typed.
        account: Option<String>,
    },
    /// Someone looks after it.
    Ack {
        /// Its id as typed.
        id: String,
        /// What is being done.
        text: Option<String>,
    },
    /// Quiet for a while.
    Snooze {
        /// Its id as typed.
        id: String,
        /// For how long, as `4h`, or until which day, as typed.
        until: String,
    },
}

const ID: OptionEntry = OptionEntry::must("id", OptionKind::Alert, "The alert, by id");

/// Subcommands of `alert`.
pub(super) const SUBCOMMANDS: &[SubcommandEntry] = &[
    SubcommandEntry {
        name: "list",
        about: "Alerts, those that need someone first",
        example: "alert list acme",
        options: &[OptionEntry::may("account", OptionKind::Account, "Only of this account, by name or id")],
        writes: false,
    },
    SubcommandEntry {
        name: "ack",
        about: "Say that you look after an alert",
        example: "alert ack alert-12 text:\"Calling them today\"",
        options: &[ID, OptionEntry::may("text", OptionKind::Text, "What is being done")],
        writes: true,
    },
    SubcommandEntry {
        name: "snooze",
        about: "Keep an alert quiet for a while",
        example: "alert snooze alert-12 4h",
        options: &[
            ID,
            OptionEntry::must("until", OptionKind::Text, "For how long, as 4h or 2d, or until 2026-01-31"),
        ],
        writes: true,
    },
];

/// Understands a call of `alert part`.
pub(super) fn understand(part: &str, call: &Invocation) -> Result<AlertAsked, Problem> {
    let id = || needed(call, "id").map(str::to_owned);
    let text = |name: &str| call.option(name).map(str::to_owned);
    match part {
        "list" => Ok(AlertAsked::List { account: text("account") }),
        "ack" => Ok(AlertAsked::Ack { id: id()?, text: text("text") }),
        "snooze" => Ok(AlertAsked::Snooze { id: id()?, until: needed(call, "until")?.to_owned() }),
        _ => Err(Problem::UnknownCommand { given: call.command.clone(), nearest: None }),
    }
}

impl AlertAsked {
    pub(super) fn command(&self) -> &'static str {
        match self {
            Self::List { .. } => "alert list",
            Self::Ack { .. } => "alert ack",
            Self::Snooze { .. } => "alert snooze",
        }
    }

    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::List { .. })
    }

    pub(super) fn say(&self, said: &mut Said) {
        match self {
            Self::List { account } => said.may("account", account.as_ref()),
            Self::Ack { id, text } => {
                said.may("id", Some(id));
                said.may("text", text.as_ref());
            }
            Self::Snooze { id, until } => {
                said.may("id", Some(id));
                said.may("until", Some(until));
            }
        }
    }

    /// The page that shows the same; `None` for what changes something.
    pub(super) fn page(&self) -> Option<String> {
        matches!(self, Self::List { .. }).then(|| "/alerts".into())
    }
}
