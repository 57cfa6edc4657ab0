//! `digest …`: its grammar. The department of digests answers.

use super::entry::{OptionEntry, OptionKind, SubcommandEntry};
use super::invocation::Invocation;
use super::question::Question;
use super::spell::{Said, escape};
use super::understand::{needed, read};
use crate::domain::Destination;
use crate::domain::LatePolicy;
use crate::problem::Problem;

/// What is asked about digests, or ordered.
#[derive(Debug, Clone, PartialEq)]
pub enum DigestAsked {
    /// All digests, with when they come next.
    List,
    /// A digest that was sent, with its figures beside those of now.
    Show {
        /// Its number as typed.
        id: String,
    },
    /// What a digest would say now; nothing is posted.
    Preview {
        /// Its name as typed.
        name: String,
        /// As of when instead, as typed.
        at: Option<String>,
    },
    /// A new digest, or another schedule for one of that name.
    Subscribe(NewDigest),
    /// No more posts until it is resumed.
    Pause {
        /// Its name as typed.
        name: String,
    },
    /// Posts again.
    Resume {
        /// Its name as typed.
        name: String,
    },
    /// Posts now, beside its schedule.
    Run {
        /// Its name as typed.
        name: String,
        /// The slot that it stands for instead of now, as typed.
        at: Option<String>,
    },
}

/// A new digest as typed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDigest {
    /// What it is called.
    pub name: String,
    /// When, as a cron expression.
    pub cron: String,
    /// The time zone of the cron expression, as `Europe/Zurich`.
    pub zone: Option<String>,
    /// What it tells of: the portfolio, `owner:dana`, `tag:emea` or an account.
    pub scope: Option<String>,
    /// Where it is posted.
    pub channel: Option<String>,
    /// How late it may still go out, as `12h`.
    pub catch_up: Option<String>,
    /// What becomes of a late one.
    pub policy: Option<LatePolicy>,
}

const AT: OptionEntry =
    OptionEntry::may("at", OptionKind::Text, "As of when, as 2026-03-30T08:00Z; now if left out");
const NAME: OptionEntry = OptionEntry::must("name", OptionKind::Digest, "The digest, by name");

/// Subcommands of `digest`.
pub(super) const SUBCOMMANDS: &[SubcommandEntry] = &[
    SubcommandEntry {
        name: "list",
        about: "All digests, and when they come next",
        example: "digest list",
        options: &[],
        writes: false,
    },
    SubcommandEntry {
        name: "show",
        about: "A digest as it was sent, with its figures beside those of now",
        example: "digest show 12",
        options: &[OptionEntry::must("id", OptionKind::Text, "Its number, as digest list tells it")],
        writes: false,
    },
    SubcommandEntry {
        name: "preview",
        about: "What a digest would say now; nothing is posted",
        example: "digest preview monday",
        options: &[NAME, AT],
        writes: false,
    },
    SubcommandEntry {
        name: "subscribe",
        about: "Post a digest on a schedule",
        example: "digest subscribe monday \"0 8 * * MON\" zone:Europe/Zurich",
        options: &[
            OptionEntry::must("name", OptionKind::Text, "What it is called, in one word"),
            OptionEntry::must("cron", OptionKind::Text, "When, as a cron expression: 0 8 * * MON"),
            OptionEntry::may("zone", OptionKind::Text, "Time zone, as Europe/Zurich; UTC if left out"),
            OptionEntry::may(
                "scope",
                OptionKind::Text,
                "portfolio (if left out), owner:dana, tag:emea or an account",
            ),
            OptionEntry::may(
                "channel",
                OptionKind::Text,
                "page, or the id of a channel; here if left out, or the page outside of a channel",
            ),
            OptionEntry::may(
                "catch_up",
                OptionKind::Text,
                "How late it may still go out, as 2h; 12h if left out",
            ),
            OptionEntry::may(
                "policy",
                OptionKind::OneOf(&["send_late", "skip"]),
                "What becomes of a late one; send_late if left out",
            ),
        ],
        writes: true,
    },
    SubcommandEntry {
        name: "pause",
        about: "Stop a digest until it is resumed",
        example: "digest pause monday",
        options: &[NAME],
        writes: true,
    },
    SubcommandEntry {
        name: "resume",
        about: "Let a paused digest go on",
        example: "digest resume monday",
        options: &[NAME],
        writes: true,
    },
    SubcommandEntry {
        name: "run",
        about: "Post a digest now, beside its schedule",
        example: "digest run monday",
        options: &[NAME, AT],
        writes: true,
    },
];

/// Understands a call of `digest part`.
pub(super) fn understand(part: &str, call: &Invocation) -> Result<DigestAsked, Problem> {
    let name = || needed(call, "name").map(str::to_owned);
    let text = |name: &str| call.option(name).map(str::to_owned);
    match part {
        "list" => Ok(DigestAsked::List),
        "show" => Ok(DigestAsked::Show { id: needed(call, "id")?.to_owned() }),
        "preview" => Ok(DigestAsked::Preview { name: name()?, at: text("at") }),
        "subscribe" => Ok(DigestAsked::Subscribe(NewDigest {
            name: name()?,
            cron: needed(call, "cron")?.to_owned(),
            zone: text("zone"),
            scope: text("scope"),
            channel: text("channel"),
            catch_up: text("catch_up"),
            policy: read(call, "policy")?,
        })),
        "pause" => Ok(DigestAsked::Pause { name: name()? }),
        "resume" => Ok(DigestAsked::Resume { name: name()? }),
        "run" => Ok(DigestAsked::Run { name: name()?, at: text("at") }),
        _ => Err(Problem::UnknownCommand { given: call.command.clone(), nearest: None }),
    }
}

impl DigestAsked {
    pub(super) fn command(&self) -> &'static str {
        match self {
            Self::List => "digest list",
            Self::Show { .. } => "digest show",
            Self::Preview { .. } => "digest preview",
            Self::Subscribe(_) => "digest subscribe",
            Self::Pause { .. } => "digest pause",
            Self::Resume { .. } => "digest resume",
            Self::Run { .. } => "digest run",
        }
    }

    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::List | Self::Show { .. } | Self::Preview { .. })
    }

    pub(super) fn say(&self, said: &mut Said) {
        match self {
            Self::List => {}
            Self::Show { id } => said.may("id", Some(id)),
            Self::Pause { name } | Self::Resume { name } => said.may("name", Some(name)),
            Self::Preview { name, at } | Self::Run { name, at } => {
                said.may("name", Some(name));
                said.may("at", at.as_ref());
            }
            Self::Subscribe(new) => {
                said.may("name", Some(&new.name));
                said.may("cron", Some(&new.cron));
                said.may("zone", new.zone.as_ref());
                said.may("scope", new.scope.as_ref());
                said.may("channel", new.channel.as_ref());
                said.may("catch_up", new.catch_up.as_ref());
                said.may("policy", new.policy);
            }
        }
    }

    /// The page that shows the same, and the option that stands in its path; `None` for what changes something or has
    /// no page.
    pub(super) fn page(&self) -> Option<(String, &'static str)> {
        match self {
            Self::List => Some(("/digests".into(), "")),
            Self::Show { id } => Some((format!("/digests/{}", escape(id)), "id")),
            Self::Preview { .. }
            | Self::Subscribe(_)
            | Self::Pause { .. }
            | Self::Resume { .. }
            | Self::Run { .. } => None,
        }
    }
}

impl Question {
    /// The same question as it is meant where it is asked: a digest without another place goes there.
    #[must_use]
    pub fn asked_in(self, here: &Destination) -> Self {
        match self {
            Self::Digest(DigestAsked::Subscribe(mut new)) => {
                new.channel = new.channel.or_else(|| Some(here.to_string()));
                Self::Digest(DigestAsked::Subscribe(new))
            }
            other => other,
        }
    }
}
