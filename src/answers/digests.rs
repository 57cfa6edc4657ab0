//! `digest …`: its grammar. The department of digests answers.

use super::entry::{OptionEntry, OptionKind, SubcommandEntry};
use super::invocation::Invocation;
use super::spell::Said;
use super::understand::needed;
use crate::problem::Problem;

/// What is asked about digests, or ordered.
#[derive(Debug, Clone, PartialEq)]
pub enum DigestAsked {
    /// All digests, with when they come next.
    List,
    /// What a digest would say now; nothing is posted.
    Preview {
        /// Its name as typed.
        name: String,
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
}

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
        name: "preview",
        about: "What a digest would say now; nothing is posted",
        example: "digest preview monday",
        options: &[NAME],
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
            OptionEntry::may("channel", OptionKind::Text, "Where it is posted; here if left out"),
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
        options: &[NAME],
        writes: true,
    },
];

/// Understands a call of `digest part`.
pub(super) fn understand(part: &str, call: &Invocation) -> Result<DigestAsked, Problem> {
    let name = || needed(call, "name").map(str::to_owned);
    let text = |name: &str| call.option(name).map(str::to_owned);
    match part {
        "list" => Ok(DigestAsked::List),
        "preview" => Ok(DigestAsked::Preview { name: name()? }),
        "subscribe" => Ok(DigestAsked::Subscribe(NewDigest {
            name: name()?,
            cron: needed(call, "cron")?.to_owned(),
            zone: text("zone"),
            scope: text("scope"),
            channel: text("channel"),
        })),
        "pause" => Ok(DigestAsked::Pause { name: name()? }),
        "resume" => Ok(DigestAsked::Resume { name: name()? }),
        "run" => Ok(DigestAsked::Run { name: name()? }),
        _ => Err(Problem::UnknownCommand { given: call.command.clone(), nearest: None }),
    }
}

impl DigestAsked {
    pub(super) fn command(&self) -> &'static str {
        match self {
            Self::List => "digest list",
            Self::Preview { .. } => "digest preview",
            Self::Subscribe(_) => "digest subscribe",
            Self::Pause { .. } => "digest pause",
            Self::Resume { .. } => "digest resume",
            Self::Run { .. } => "digest run",
        }
    }

    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::List | Self::Preview { .. })
    }

    pub(super) fn say(&self, said: &mut Said) {
        match self {
            Self::List => {}
            Self::Preview { name } | Self::Pause { name } | Self::Resume { name } | Self::Run { name } => {
                said.may("name", Some(name));
            }
            Self::Subscribe(new) => {
                said.may("name", Some(&new.name));
                said.may("cron", Some(&new.cron));
                said.may("zone", new.zone.as_ref());
                said.may("scope", new.scope.as_ref());
                said.may("channel", new.channel.as_ref());
            }
        }
    }

    /// The page that shows the same; `None` for what changes something or has no page.
    pub(super) fn page(&self) -> Option<String> {
        matches!(self, Self::List).then(|| "/digests".into())
    }
}
