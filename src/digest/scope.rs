//! What a digest is about.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::AccountId;
use crate::domain::Claim;
use crate::domain::Person;
use crate::domain::Scope;
use crate::engine::Snapshot;

/// The accounts that a digest is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DigestScope {
    /// All that may be seen.
    Portfolio,
    /// Those of a person.
    Owner(Person),
    /// Those with a tag.
    Tag(String),
    /// One.
    Account(AccountId),
}

impl DigestScope {
    /// The part of a picture that it is about. That of one account is the whole, which the digest reads by account.
    #[must_use]
    pub fn cut(&self, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
        let claim = match self {
            Self::Portfolio | Self::Account(_) => return Arc::clone(snapshot),
            Self::Owner(person) => Claim::owner(person),
            Self::Tag(tag) => Claim::tag(tag),
        };
        snapshot.seen_by(&Scope::Of([claim].into()))
    }

    /// Whether someone who may know of `sees` may know of all that it is about now.
    #[must_use]
    pub fn is_within(&self, snapshot: &Arc<Snapshot>, sees: &Scope) -> bool {
        match self {
            _ if *sees == Scope::All => true,
            Self::Account(id) => snapshot.account(id).is_some_and(|account| sees.holds(account)),
            Self::Portfolio | Self::Owner(_) | Self::Tag(_) => {
                self.cut(snapshot).accounts().all(|account| sees.holds(account))
            }
        }
    }

    /// In words, for a title: `Portfolio`, `Accounts of dana`, `Accounts with emea`; an account by its name.
    #[must_use]
    pub fn title(&self, snapshot: &Snapshot) -> String {
        match self {
            Self::Portfolio => "Portfolio".into(),
            Self::Owner(person) => format!("Accounts of {person}"),
            Self::Tag(tag) => format!("Accounts with {tag}"),
            Self::Account(id) => snapshot.account(id).map_or(id.as_str(), |one| &one.name).to_owned(),
        }
    }
}

/// `portfolio`, `owner:dana`, `tag:emea`, or the id of an account.
impl fmt::Display for DigestScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Portfolio => f.write_str("portfolio"),
            Self::Owner(person) => write!(f, "owner:{person}"),
            Self::Tag(tag) => write!(f, "tag:{tag}"),
            // An account may be called as something else is.
            Self::Account(id) if id.as_str() == "portfolio" || id.as_str().contains(':') => {
                write!(f, "account:{id}")
            }
            Self::Account(id) => write!(f, "{id}"),
        }
    }
}

impl FromStr for DigestScope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let odd = || {
            format!(
                "“{text}” is not what a digest can be about; use portfolio, owner:dana, tag:emea or an account"
            )
        };
        let account = |id: &str| AccountId::new(id).map(Self::Account).map_err(|_bad| odd());
        match text.split_once(':') {
            _ if text.eq_ignore_ascii_case("portfolio") => Ok(Self::Portfolio),
            Some((kind, name)) if kind.eq_ignore_ascii_case("owner") => {
                Person::new(name.trim()).map(Self::Owner).map_err(|_bad| odd())
            }
            Some((kind, name)) if kind.eq_ignore_ascii_case("tag") => {
                let name = name.trim();
                if name.is_empty() { Err(odd()) } else { Ok(Self::Tag(name.to_owned())) }
            }
            Some((kind, name)) if kind.eq_ignore_ascii_case("account") => account(name),
            _ => account(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_as_written() {
        for text in ["portfolio", "owner:dana", "tag:emea", "acme", "account:portfolio", "account:tag:x"] {
            assert_eq!(text.parse::<DigestScope>().unwrap().to_string(), text);
        }
        assert_eq!("Owner: dana ".parse::<DigestScope>().unwrap().to_string(), "owner:dana");
        for text in ["", "owner:", "tag: ", "two words"] {
            assert!(text.parse::<DigestScope>().is_err(), "{text}");
        }
    }
}
