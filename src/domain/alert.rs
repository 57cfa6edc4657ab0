//! What an alert is called, and how it stands.

use std::fmt;
use std::str::FromStr;

use super::account::words;

/// Id of an alert, as `alert-12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub u64);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alert-{}", self.0)
    }
}

/// Takes the bare number, too.
impl FromStr for AlertId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().to_ascii_lowercase();
        let number = text.strip_prefix("alert-").unwrap_or(&text);
        number
            .parse()
            .map(Self)
            .map_err(|_odd| format!("“{text}” is not an alert; write its id, as alert-12"))
    }
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Nobody looks after it yet.
    Open,
    /// Someone looks after it.
    Acknowledged,
    /// It is kept quiet for a while.
    Snoozed,
    /// It is over.
    Recovered,
}

words!(
    AlertState,
    "a state of alerts",
    Open => "open",
    Acknowledged => "acknowledged",
    Snoozed => "snoozed",
    Recovered => "recovered",
);
