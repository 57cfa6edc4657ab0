//! What can be asked, with every option understood. Accounts stay as typed until the desk looks them up.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::Band;
use crate::domain::Endpoint;
use crate::domain::Grain;
use crate::domain::Horizon;
use crate::domain::InitiativeStatus;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Range;
use crate::domain::Score;
use crate::engine::Dimension;
use crate::problem::Problem;

use super::alerts::AlertAsked;
use super::digests::DigestAsked;
use super::invocation::Invocation;

/// A question, or an order to write something down.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Totals, bands, at-risk first.
    Portfolio {
        /// Only accounts in this band.
        band: Option<Band>,
        /// Only accounts of this owner; `me` is resolved by the desk.
        owner: Option<String>,
        /// Order of the accounts.
        sort: PortfolioSort,
        /// Over which time.
        range: Range,
    },
    /// Score, band, factors.
    Health {
        /// Id or name as typed.
        account: String,
        /// Compared with that day.
        since: Option<Since>,
    },
    /// The exact split of a change of the score.
    Why {
        /// Id or name as typed.
        account: String,
        /// From that day …
        since: Since,
        /// … to that one; to the newest data when `None`.
        until: Option<Since>,
    },
    /// The score day by day.
    History {
        /// Id or name as typed.
        account: String,
        /// Over which time.
        range: Range,
    },
    /// Sets a score in place of the computed one.
    OverrideSet(NewOverride),
    /// Takes an override back.
    OverrideClear {
        /// Id or name as typed.
        account: String,
        /// Why.
        reason: Option<String>,
    },
    /// Series, breakdown, comparison.
    Usage {
        /// Id or name as typed; the portfolio when `None`.
        account: Option<String>,
        /// Only this endpoint.
        endpoint: Option<Endpoint>,
        /// Over which time.
        range: Range,
        /// Width of a point; what shows the range best when `None`.
        grain: Option<Grain>,
        /// Split by.
        by: Option<Dimension>,
        /// What is counted.
        metric: Metric,
        /// Beside the period before.
        compare: bool,
    },
    /// Largest rises and falls.
    Movers {
        /// Over which time, against the time before.
        range: Range,
        /// What is counted.
        metric: Metric,
    },
    /// What is unusual, and by how much.
    Anomalies {
        /// Id or name as typed; all accounts when `None`.
        account: Option<String>,
        /// Over which time; up to four days are watched by the hour, more by the day.
        range: Range,
        /// What is counted.
        metric: Metric,
    },
    /// What is expected of the coming days.
    Forecast {
        /// Id or name as typed; the portfolio when `None`.
        account: Option<String>,
        /// What is counted.
        metric: Metric,
        /// How far ahead.
        horizon: Horizon,
    },
    /// Which accounts may fall silent, by the model that tells it.
    Churn {
        /// Only accounts of this owner; `me` is resolved by the desk.
        owner: Option<String>,
    },
    /// Writes a note on an account.
    Note {
        /// Id or name as typed.
        account: String,
        /// What to remember.
        text: String,
    },
    /// Initiatives, those that need something first.
    InitiativeList {
        /// Id or name as typed.
        account: Option<String>,
        /// Only in this status.
        status: Option<InitiativeStatus>,
        /// Only of this owner.
        owner: Option<String>,
    },
    /// One initiative with its log.
    InitiativeShow {
        /// Id or title as typed.
        id: String,
    },
    /// Writes a new one down.
    InitiativeAdd(NewInitiative),
    /// Changes one, or adds to its log.
    InitiativeUpdate(InitiativeEdit),
    /// Ends one.
    InitiativeClose {
        /// Id or title as typed.
        id: String,
        /// Done or cancelled.
        status: InitiativeStatus,
        /// What came out of it.
        text: Option<String>,
    },
    /// About digests, or to them.
    Digest(DigestAsked),
    /// About alerts, or to them.
    Alert(AlertAsked),
    /// A question in words, for the AI.
    Ask {
        /// As typed.
        question: String,
    },
    /// The way to the dashboard.
    Login,
    /// Freshness and parts.
    Status,
    /// The catalogue, or one command.
    Help {
        /// Which command.
        command: Option<String>,
    },
}

/// The range of `history` that is meant when none is given.
pub(super) const HISTORY_RANGE: Range = Range::Days(90);

/// A day to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// That very day.
    Day(Date),
    /// The day on which this range begins, counted back from the newest data.
    Range(Range),
}

impl Since {
    /// What `why` looks back to when nothing is said.
    pub const DEFAULT: Self = Self::Range(Range::DEFAULT);

    /// The day that is meant when the newest data are of `as_of`.
    #[must_use]
    pub fn day(self, as_of: Timestamp) -> Date {
        match self {
            Self::Day(day) => day,
            Self::Range(range) => range.window(as_of).first_day(),
        }
    }
}

impl FromStr for Since {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(range) = text.parse::<Range>()
            && !matches!(range, Range::Between(..))
        {
            return Ok(Self::Range(range));
        }
        text.parse().map(Self::Day).map_err(|_odd| {
            format!("“{text}” is not a date; write it as 2026-01-31, the year first, or as 7d")
        })
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Range(range) => range.fmt(f),
        }
    }
}

/// Order of a portfolio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PortfolioSort {
    /// Worst health first.
    #[default]
    Health,
    /// Most calls first.
    Calls,
    /// Highest cost first.
    Cost,
    /// Largest fall of calls first.
    Change,
    /// By name.
    Name,
}

/// A new initiative as typed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewInitiative {
    /// Id or name as typed.
    pub account: String,
    /// What it is.
    pub title: String,
    /// How much it matters.
    pub priority: Priority,
    /// How it stands.
    pub status: InitiativeStatus,
    /// Who drives it; the asker when `None`.
    pub owner: Option<Person>,
    /// Revenue per year that is expected.
    pub revenue: Option<Money>,
    /// Day it should be done by.
    pub due: Option<Date>,
    /// First line of its log.
    pub text: Option<String>,
}

/// A new override as typed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOverride {
    /// Id or name as typed.
    pub account: String,
    /// The score to show.
    pub score: Score,
    /// Why.
    pub reason: String,
    /// The last day on which it is in force.
    pub until: Date,
}

/// A change to an initiative; what is `None` stays.
#[derive(Debug, Clone, PartialEq)]
pub struct InitiativeEdit {
    /// Id or title as typed.
    pub id: String,
    /// New title.
    pub title: Option<String>,
    /// New priority.
    pub priority: Option<Priority>,
    /// New status.
    pub status: Option<InitiativeStatus>,
    /// New owner, or nobody.
    pub owner: Option<Anew<Person>>,
    /// New expected revenue, or not stated any more.
    pub revenue: Option<Anew<Money>>,
    /// New due day, or open.
    pub due: Option<Anew<Date>>,
    /// A line for its log.
    pub text: Option<String>,
}

/// What a value becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anew<T> {
    /// This one.
    Set(T),
    /// Nothing; typed as `none`.
    Cleared,
}

impl<T> Anew<T> {
    /// The value, when there is to be one.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Cleared => None,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Anew<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(value) => value.fmt(f),
            Self::Cleared => f.write_str("none"),
        }
    }
}

impl PortfolioSort {
    /// All, in the order they are offered.
    pub const ALL: [Self; 5] = [Self::Health, Self::Calls, Self::Cost, Self::Change, Self::Name];

    /// As it is typed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Calls => "calls",
            Self::Cost => "cost",
            Self::Change => "change",
            Self::Name => "name",
        }
    }
}

impl Question {
    /// A console line in one step.
    pub fn parse(line: &str) -> Result<Self, Problem> {
        Self::understand(&Invocation::parse(line)?)
    }

    /// Whether it changes something.
    #[must_use]
    pub fn writes(&self) -> bool {
        match self {
            Self::InitiativeAdd(_)
            | Self::InitiativeUpdate(_)
            | Self::InitiativeClose { .. }
            | Self::Note { .. }
            | Self::OverrideSet(_)
            | Self::OverrideClear { .. } => true,
            Self::Digest(asked) => asked.writes(),
            Self::Alert(asked) => asked.writes(),
            _ => false,
        }
    }

    /// Whether what it changes is seen where it stands, so that one press is enough and the channel need not be told.
    #[must_use]
    pub fn shows_itself(&self) -> bool {
        matches!(self, Self::Alert(AlertAsked::Ack { .. } | AlertAsked::Snooze { .. }))
    }

    /// The command that asks it: `usage`, `initiative list`.
    #[must_use]
    pub fn command(&self) -> &'static str {
        match self {
            Self::Portfolio { .. } => "portfolio",
            Self::Health { .. } => "health",
            Self::Why { .. } => "why",
            Self::History { .. } => "history",
            Self::OverrideSet(_) => "override set",
            Self::OverrideClear { .. } => "override clear",
            Self::Usage { .. } => "usage",
            Self::Movers { .. } => "movers",
            Self::Anomalies { .. } => "anomalies",
            Self::Forecast { .. } => "forecast",
            Self::Churn { .. } => "churn",
            Self::Note { .. } => "note",
            Self::InitiativeList { .. } => "initiative list",
            Self::InitiativeShow { .. } => "initiative show",
            Self::InitiativeAdd(_) => "initiative add",
            Self::InitiativeUpdate(_) => "initiative update",
            Self::InitiativeClose { .. } => "initiative close",
            Self::Digest(asked) => asked.command(),
            Self::Alert(asked) => asked.command(),
            Self::Ask { .. } => "ask",
            Self::Login => "login",
            Self::Status => "status",
            Self::Help { .. } => "help",
        }
    }
}
