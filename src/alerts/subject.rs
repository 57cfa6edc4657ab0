//! What an alert is about: an account, an initiative of one, or a source.

use std::fmt;
use std::str::FromStr;

use crate::domain::AccountId;
use crate::domain::InitiativeId;
use crate::domain::SourceId;

/// What a rule holds of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An account.
    Account(AccountId),
    /// An initiative of an account.
    Initiative(AccountId, InitiativeId),
    /// A source of usage, which delivers for many accounts.
    Source(SourceId),
}

impl Subject {
    /// The one account that it is about.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) | Self::Initiative(account, _) => Some(account),
            Self::Source(_) => None,
        }
    }
}

/// `account acme`, `initiative acme ini-3`, `source import`: ids hold no blanks.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account {account}"),
            Self::Initiative(account, initiative) => write!(f, "initiative {account} {initiative}"),
            Self::Source(source) => write!(f, "source {source}"),
        }
    }
}

impl FromStr for Subject {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let odd = || format!("“{text}” is nothing that an alert can be about");
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["account", id] => id.parse().map(Self::Account).map_err(|_odd| odd()),
            ["initiative", account, id] => {
                let account = account.parse().map_err(|_odd| odd())?;
                id.parse().map(|id| Self::Initiative(account, id)).map_err(|_odd| odd())
            }
            ["source", id] => id.parse().map(Self::Source).map_err(|_odd| odd()),
            _ => Err(odd()),
        }
    }
}
