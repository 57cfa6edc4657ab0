//! Where digests and alerts are read.

use std::fmt;
use std::str::FromStr;

/// Where something is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    /// The dashboard alone; always there.
    Page,
    /// A channel of Discord.
    Discord(u64),
}

/// `page`, `discord:1100000000000000003`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page => f.write_str("page"),
            Self::Discord(channel) => write!(f, "discord:{channel}"),
        }
    }
}

/// The text names no destination.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no destination; write page, or discord: and the id of a channel")]
pub struct BadDestination(String);

impl FromStr for Destination {
    type Err = BadDestination;
    fn from_str(text: &str) -> Result<Self, BadDestination> {
        if text == "page" {
            return Ok(Self::Page);
        }
        let channel = text.strip_prefix("discord:").and_then(|id| id.parse().ok()).filter(|id| *id > 0);
        channel.map(Self::Discord).ok_or_else(|| BadDestination(text.to_owned()))
    }
}
