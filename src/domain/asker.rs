//! Who asks, and who will see the answer.

use std::fmt;
use std::str::FromStr;

use super::account::words;
use super::ids::Person;

/// A person who asks, with the people who will read the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The person's name, as notes and updates show it.
    pub person: Person,
    /// What the person may do.
    pub role: Role,
    /// Who will see the reply.
    pub audience: Audience,
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

/// Who will see a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Only the asker: a terminal, a page, an ephemeral reply.
    AskerOnly,
    /// Everyone in the channel.
    Channel,
}
