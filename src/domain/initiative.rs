//! Initiatives: what we do together with an account, by when, for what revenue.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::account::words;
use super::ids::{AccountId, InitiativeId, Person};
use super::money::Money;
use super::usage::Metric;

/// Something we do together with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initiative {
    /// Its id.
    pub id: InitiativeId,
    /// With whom.
    pub account: AccountId,
    /// What it is; hostile text until escaped for where it goes.
    pub title: String,
    /// How much it matters.
    pub priority: Priority,
    /// How it stands.
    pub status: InitiativeStatus,
    /// Who drives it.
    pub owner: Option<Person>,
    /// Revenue per year that we expect of it.
    pub expected_revenue: Option<Money>,
    /// First day of work.
    pub start: Option<Date>,
    /// Day it should be done by.
    pub due: Option<Date>,
    /// The metric it should move.
    pub target: Option<Metric>,
    /// What was written about it, oldest first.
    pub updates: Vec<InitiativeUpdate>,
}

impl Initiative {
    /// Whether it still asks for work.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.status {
            InitiativeStatus::Planned | InitiativeStatus::Active | InitiativeStatus::Blocked => true,
            InitiativeStatus::Done | InitiativeStatus::Cancelled => false,
        }
    }

    /// Whether it is open and its due day has passed on `today`.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.is_open() && self.due.is_some_and(|due| due < today)
    }
}

/// How much an initiative matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    /// Nice to have.
    Low,
    /// The usual.
    Medium,
    /// Before others.
    High,
    /// Before all others.
    Critical,
}

/// How an initiative stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InitiativeStatus {
    /// Agreed, not begun.
    Planned,
    /// Under way.
    Active,
    /// Cannot go on.
    Blocked,
    /// Finished.
    Done,
    /// Given up.
    Cancelled,
}

words!(Priority, "a priority", Low => "low", Medium => "medium", High => "high", Critical => "critical");
words!(
    InitiativeStatus,
    "a status",
    Planned => "planned",
    Active => "active",
    Blocked => "blocked",
    Done => "done",
    Cancelled => "cancelled",
);

/// A line in an initiative's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitiativeUpdate {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub author: Person,
    /// What; hostile text until escaped for where it goes.
    pub text: String,
}
