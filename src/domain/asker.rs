//! Who asks, and who will see the answer.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::account::Account;
use super::account::words;
use super::act::{Act, How, Way, Who};
use super::ids::Person;

/// A person who asks, with the people who will read the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The person's name, as notes and updates show it.
    pub person: Person,
    /// What the person may do at most.
    pub role: Role,
    /// Which accounts the person may know of.
    pub sees: Scope,
    /// Which of them the person may change, if the role allows it.
    pub changes: Scope,
    /// Who will see the reply.
    pub audience: Audience,
    /// By which way the person came.
    pub way: Way,
}

impl Asker {
    /// What the asker changes just now.
    #[must_use]
    pub fn act(&self, at: Timestamp) -> Act {
        let name = self.person.clone();
        let who = if self.way.how == How::Key { Who::Key(name) } else { Who::Person(name) };
        Act { who, way: self.way.clone(), at }
    }
}

/// Whose rights someone has who was let in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bearer {
    /// A member of the chat server, by the id of the user: has the rights that the server's roles give now.
    Member(u64),
    /// Someone for whom whoever holds the database vouches: may read everything.
    Reader(Person),
}

/// What a person may do; each may all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// May read.
    Viewer,
    /// May write notes and initiatives.
    Manager,
    /// May change rules, schedules and people.
    Admin,
}

words!(Role, "a role", Viewer => "viewer", Manager => "manager", Admin => "admin");

/// Some of the accounts. What is entered later falls in by itself: a scope names no account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Every account.
    All,
    /// Those that any of these claims holds; none without a claim.
    Of(BTreeSet<Claim>),
}

/// What some accounts have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Claim {
    /// This person looks after them, in lower case.
    Owner(String),
    /// They carry this tag, in lower case.
    Tag(String),
}

impl Claim {
    /// The accounts of a person, however the name is spelt.
    #[must_use]
    pub fn owner(person: &Person) -> Self {
        Self::Owner(person.as_str().to_lowercase())
    }

    /// The accounts with a tag, however it is spelt.
    #[must_use]
    pub fn tag(tag: &str) -> Self {
        Self::Tag(tag.trim().to_lowercase())
    }

    fn holds(&self, account: &Account) -> bool {
        match self {
            Self::Owner(name) => {
                account.owner.as_ref().is_some_and(|one| one.as_str().to_lowercase() == *name)
            }
            Self::Tag(tag) => account.tags.iter().any(|one| one.to_lowercase() == *tag),
        }
    }
}

impl Scope {
    /// No account.
    #[must_use]
    pub fn none() -> Self {
        Self::Of(BTreeSet::new())
    }

    /// Whether an account is among them.
    #[must_use]
    pub fn holds(&self, account: &Account) -> bool {
        match self {
            Self::All => true,
            Self::Of(claims) => claims.iter().any(|claim| claim.holds(account)),
        }
    }

    /// The accounts of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Of(mut own), Self::Of(more)) => {
                own.extend(more);
                Self::Of(own)
            }
            (Self::All, _) | (_, Self::All) => Self::All,
        }
    }
}

impl FromIterator<Claim> for Scope {
    fn from_iter<T: IntoIterator<Item = Claim>>(claims: T) -> Self {
        Self::Of(claims.into_iter().collect())
    }
}

/// Who will see a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Only the asker: a terminal, a page, an ephemeral reply.
    AskerOnly,
    /// Everyone in the channel.
    Channel,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(owner: Option<&str>, tags: &[&str]) -> Account {
        let mut one = Account::discovered("acme".parse().unwrap(), "Acme");
        one.owner = owner.map(|name| name.parse().unwrap());
        one.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        one
    }

    #[test]
    fn a_scope_holds_what_one_of_its_claims_holds() {
        let dana: Scope = [Claim::owner(&"Dana".parse().unwrap())].into_iter().collect();
        let emea: Scope = [Claim::tag("EMEA")].into_iter().collect();
        let either = dana.clone().or(emea.clone());
        let (hers, there, other) =
            (account(Some("dana"), &[]), account(Some("mei"), &["emea"]), account(None, &["apac"]));
        assert_eq!([&hers, &there, &other].map(|one| dana.holds(one)), [true, false, false]);
        assert_eq!([&hers, &there, &other].map(|one| emea.holds(one)), [false, true, false]);
        assert_eq!([&hers, &there, &other].map(|one| either.holds(one)), [true, true, false]);
        assert!(Scope::All.holds(&other) && !Scope::none().holds(&other));
        assert_eq!(either.or(Scope::All), Scope::All);
    }
}
