//! `alert …`: its grammar. The department of alerts answers.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::config::ALERT_RULE_KEYS;
use crate::domain::AlertId;
use crate::domain::AlertState;
use crate::domain::Stretch;
use crate::problem::Problem;

use super::entry::{OptionEntry, OptionKind, SubcommandEntry};
use super::invocation::Invocation;
use super::spell::Said;
use super::understand::{long_text, needed, read};

/// Longest comment on an alert, in characters: it stands in the message itself.
pub(super) const COMMENT_CHARS_MAX: usize = 300;
/// Days of the past over which a rule is tested when nothing is said, and at most.
const TEST_DAYS: u16 = 90;
const TEST_DAYS_MAX: u16 = 365;

/// What is asked about alerts, or ordered.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertAsked {
    /// Alerts, those that need someone first.
    List {
        /// Id or name as typed.
        account: Option<String>,
        /// Only in this state; all that are not over when left out.
        status: Option<AlertState>,
    },
    /// One alert with what happened to it.
    Show {
        /// Its id.
        id: AlertId,
    },
    /// Someone looks after it.
    Ack {
        /// Its id.
        id: AlertId,
        /// What is being done.
        text: Option<String>,
    },
    /// Quiet for a while.
    Snooze {
        /// Its id.
        id: AlertId,
        /// For how long.
        until: SnoozeUntil,
    },
    /// The rules.
    Rule(RuleAsked),
}

/// What is asked about rules, or ordered.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleAsked {
    /// All of them.
    List,
    /// One of them with all its parts.
    Show {
        /// Its name as typed.
        name: String,
    },
    /// A new one, or another in the place of one.
    Set {
        /// Its name as typed.
        name: String,
        /// Its parts as typed, by name.
        parts: Vec<(String, String)>,
    },
    /// One is taken away.
    Remove {
        /// Its name as typed.
        name: String,
    },
    /// What one would have told of over the past; one that is there, with other parts where some are given.
    Test {
        /// Its name as typed.
        name: String,
        /// Parts as typed, by name.
        parts: Vec<(String, String)>,
        /// Over how many days.
        days: u16,
    },
}

/// Until when an alert is kept quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnoozeUntil {
    /// For so long.
    For(Stretch),
    /// Until that day begins.
    Day(Date),
}

impl fmt::Display for SnoozeUntil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(stretch) => stretch.fmt(f),
            Self::Day(day) => day.fmt(f),
        }
    }
}

impl FromStr for SnoozeUntil {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(day) = text.trim().parse() {
            return Ok(Self::Day(day));
        }
        let stretch = text.parse().ok().filter(|stretch| *stretch != Stretch::NONE);
        stretch
            .map(Self::For)
            .ok_or_else(|| format!("“{text}” is not a time; write 4h, 2d, or a day such as 2026-01-31"))
    }
}

const ID: OptionEntry = OptionEntry::must("id", OptionKind::Alert, "The alert, by id");
const STATES: OptionKind = OptionKind::OneOf(&["open", "acknowledged", "snoozed", "recovered"]);
const DOINGS: OptionKind = OptionKind::OneOf(&["list", "show", "set", "remove", "test"]);

const fn text(name: &'static str, about: &'static str) -> OptionEntry {
    OptionEntry::may(name, OptionKind::Text, about)
}

/// Subcommands of `alert`.
pub(super) const SUBCOMMANDS: &[SubcommandEntry] = &[
    SubcommandEntry {
        name: "list",
        about: "Alerts, those that need someone first",
        example: "alert list acme",
        options: &[
            OptionEntry::may("account", OptionKind::Account, "Only of this account, by name or id"),
            OptionEntry::may("status", STATES, "Only in this state; all that are not over if left out"),
        ],
        writes: false,
    },
    SubcommandEntry {
        name: "show",
        about: "One alert with what happened to it",
        example: "alert show alert-12",
        options: &[ID],
        writes: false,
    },
    SubcommandEntry {
        name: "ack",
        about: "Say that you look after an alert",
        example: "alert ack alert-12 text:\"Calling them today\"",
        options: &[ID, text("text", "What is being done")],
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
    SubcommandEntry {
        name: "rule",
        about: "What is watched for: list, show, set, remove rules, or test one over the past",
        example: "alert rule set name:falling when:\"score drops 15 within 7d\" tell:page",
        options: RULE_OPTIONS,
        writes: false,
    },
];

const RULE_OPTIONS: &[OptionEntry] = &[
    OptionEntry::must("do", DOINGS, "What to do: list, show, set, remove or test"),
    text("name", "Name of the rule, as at-risk"),
    text("when", "As band at risk, score below 50, calls below usual by 50%, initiative overdue"),
    text("scope", "Of whom: all (if left out), owner:dana, tag:emea or account:acme"),
    text("tell", "Where: page (if left out), discord: and the id of a channel, or several"),
    text("for", "For how long it must be so, as 2d"),
    text("clear", "For how long it must be well again to be over, as 6h"),
    text("margin", "How far back it must come to be well again: points or percents"),
    text("volume", "Only accounts that once made so many calls in a week"),
    text("quiet", "When nothing is told, as 20:00-07:00 Europe/Zurich; none for never"),
    text("off", "Days on which nothing is told, as sat sun 2026-12-25; none for no day"),
    text("remind", "How often it is told again while nobody looks after it, as 24h; none for never"),
    text("mention", "Whether the owner is called, yes or no"),
    text("days", "Over how many days to test; 90 if left out"),
];

/// Understands a call of `alert part`.
pub(super) fn understand(part: &str, call: &Invocation) -> Result<AlertAsked, Problem> {
    let id = || -> Result<AlertId, Problem> {
        needed(call, "id")?;
        read(call, "id")?.ok_or_else(|| odd(call))
    };
    match part {
        "list" => Ok(AlertAsked::List {
            account: call.option("account").map(str::to_owned),
            status: read(call, "status")?,
        }),
        "show" => Ok(AlertAsked::Show { id: id()? }),
        "ack" => Ok(AlertAsked::Ack { id: id()?, text: long_text(call, "text", COMMENT_CHARS_MAX)? }),
        "snooze" => {
            let id = id()?;
            needed(call, "until")?;
            Ok(AlertAsked::Snooze { id, until: read(call, "until")?.ok_or_else(|| odd(call))? })
        }
        "rule" => rule(call).map(AlertAsked::Rule),
        _ => Err(odd(call)),
    }
}

fn odd(call: &Invocation) -> Problem {
    Problem::UnknownCommand { given: call.command.clone(), nearest: None }
}

fn rule(call: &Invocation) -> Result<RuleAsked, Problem> {
    let doing = needed(call, "do")?;
    let name = || {
        let missing =
            || Problem::option("name", format!("Say which rule, as in alert rule {doing} name:at-risk."));
        call.option("name").map(str::to_owned).ok_or_else(missing)
    };
    let parts = || -> Vec<(String, String)> {
        let given = ALERT_RULE_KEYS.iter().filter_map(|key| call.option(key).map(|text| (*key, text)));
        given.map(|(key, text)| (key.to_owned(), text.to_owned())).collect()
    };
    match doing {
        "show" => Ok(RuleAsked::Show { name: name()? }),
        "set" => Ok(RuleAsked::Set { name: name()?, parts: parts() }),
        "remove" => Ok(RuleAsked::Remove { name: name()? }),
        "test" => {
            let days: u16 = read(call, "days")?.unwrap_or(TEST_DAYS);
            if !(1..=TEST_DAYS_MAX).contains(&days) {
                let message = format!("A rule is tested over 1 to {TEST_DAYS_MAX} days.");
                return Err(Problem::option("days", message));
            }
            Ok(RuleAsked::Test { name: name()?, parts: parts(), days })
        }
        _ => Ok(RuleAsked::List),
    }
}

impl AlertAsked {
    pub(super) fn command(&self) -> &'static str {
        match self {
            Self::List { .. } => "alert list",
            Self::Show { .. } => "alert show",
            Self::Ack { .. } => "alert ack",
            Self::Snooze { .. } => "alert snooze",
            Self::Rule(_) => "alert rule",
        }
    }

    pub(super) fn writes(&self) -> bool {
        match self {
            Self::Ack { .. } | Self::Snooze { .. } => true,
            Self::Rule(asked) => matches!(asked, RuleAsked::Set { .. } | RuleAsked::Remove { .. }),
            Self::List { .. } | Self::Show { .. } => false,
        }
    }

    pub(super) fn say(&self, said: &mut Said) {
        match self {
            Self::List { account, status } => {
                said.may("account", account.as_ref());
                said.may("status", *status);
            }
            Self::Show { id } => said.may("id", Some(id)),
            Self::Ack { id, text } => {
                said.may("id", Some(id));
                said.may("text", text.as_ref());
            }
            Self::Snooze { id, until } => {
                said.may("id", Some(id));
                said.may("until", Some(until));
            }
            Self::Rule(asked) => asked.say(said),
        }
    }

    /// The page that shows the same, and which option stands in its path; `None` for what changes something.
    pub(super) fn page(&self) -> Option<(String, &'static str)> {
        match self {
            Self::List { .. } => Some(("/alerts".into(), "")),
            Self::Show { id } => Some((format!("/alerts/{id}"), "id")),
            Self::Ack { .. } | Self::Snooze { .. } | Self::Rule(_) => None,
        }
    }
}

impl RuleAsked {
    fn say(&self, said: &mut Said) {
        let (doing, name, parts) = match self {
            Self::List => ("list", None, &[][..]),
            Self::Show { name } => ("show", Some(name), &[][..]),
            Self::Set { name, parts } => ("set", Some(name), parts.as_slice()),
            Self::Remove { name } => ("remove", Some(name), &[][..]),
            Self::Test { name, parts, .. } => ("test", Some(name), parts.as_slice()),
        };
        said.may("do", Some(doing));
        said.may("name", name);
        for (key, text) in parts {
            if let Some(key) = ALERT_RULE_KEYS.iter().find(|known| *known == key) {
                said.may(key, Some(text));
            }
        }
        if let Self::Test { days, .. } = self {
            said.may("days", (*days != TEST_DAYS).then_some(days));
        }
    }
}
