//! What a digest tells: one thing about one account, with its figures.

use crate::domain::AccountId;
use crate::domain::InitiativeId;
use crate::domain::Priority;
use crate::reply::Prose;

/// One thing worth telling.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    /// What it is.
    pub(super) kind: Kind,
    /// About whom.
    pub(super) account: AccountId,
    /// Of which initiative.
    pub(super) initiative: Option<InitiativeId>,
    /// A sentence with its figures, without the account's name.
    pub(super) said: Prose,
    /// Behind the account's name in a headline: `fell to at risk`.
    pub(super) headline: String,
}

/// What a finding is; with the account, and the initiative where there is one, it knows the same thing again in the next
/// digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// In the band at risk.
    AtRisk,
    /// No calls for much longer than usual.
    Silent,
    /// The contract is up for renewal while the account is not healthy.
    Renewal,
    /// An initiative is past its due day.
    Overdue(Priority),
    /// Far fewer than usual, and it goes on.
    Dip,
    /// An initiative cannot go on.
    Blocked,
    /// Calls fell against the period before.
    Fall,
    /// Far more than usual, and it goes on.
    Spike,
    /// Errors far above usual.
    Errors,
    /// The commitment will not be used up.
    UnderCommitment,
    /// The commitment is used up before its period ends.
    OverCommitment,
    /// From healthy to watch.
    Slipped,
    /// An initiative is due soon.
    Due,
    /// Calls rose against the period before.
    Rise,
    /// Into a better band.
    Recovered,
    /// An initiative was finished.
    Done,
}

impl Kind {
    /// How soon one would act on it: the largest first.
    pub(super) fn urgency(self) -> f64 {
        match self {
            Self::AtRisk => 100.0,
            Self::Silent => 95.0,
            Self::Renewal => 85.0,
            Self::Overdue(Priority::Critical) => 80.0,
            Self::Dip => 75.0,
            Self::Overdue(Priority::High) => 65.0,
            Self::Fall | Self::Blocked => 60.0,
            Self::Errors => 58.0,
            Self::Overdue(Priority::Medium) => 50.0,
            Self::Slipped => 48.0,
            Self::UnderCommitment => 45.0,
            Self::Overdue(Priority::Low) => 40.0,
            Self::Spike => 38.0,
            Self::OverCommitment => 35.0,
            Self::Due => 30.0,
            Self::Rise => 20.0,
            Self::Recovered => 18.0,
            Self::Done => 15.0,
        }
    }

    /// Whether it goes on until it is over; others happened once and are told once.
    pub(super) fn lasts(self) -> bool {
        match self {
            Self::AtRisk
            | Self::Silent
            | Self::Renewal
            | Self::Overdue(_)
            | Self::Dip
            | Self::Blocked
            | Self::Spike
            | Self::Errors
            | Self::UnderCommitment
            | Self::OverCommitment
            | Self::Due
            | Self::Fall
            | Self::Rise => true,
            Self::Slipped | Self::Recovered | Self::Done => false,
        }
    }

    /// As it is kept: `at_risk`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::AtRisk => "at_risk",
            Self::Silent => "silent",
            Self::Renewal => "renewal",
            Self::Overdue(_) => "overdue",
            Self::Dip => "dip",
            Self::Blocked => "blocked",
            Self::Fall => "fall",
            Self::Spike => "spike",
            Self::Errors => "errors",
            Self::UnderCommitment => "under_commitment",
            Self::OverCommitment => "over_commitment",
            Self::Slipped => "slipped",
            Self::Due => "due",
            Self::Rise => "rise",
            Self::Recovered => "recovered",
            Self::Done => "done",
        }
    }
}

impl Finding {
    /// Knows the same thing again: `overdue~acme~ini-3`.
    pub(super) fn key(&self) -> String {
        let initiative = self.initiative.as_ref().map_or("", InitiativeId::as_str);
        format!("{}~{}~{initiative}", self.kind.word(), self.account)
    }

    /// What is kept under a word, in a list: `at risk`.
    pub(super) fn listed(word: &str) -> Option<&'static str> {
        Some(match word {
            "at_risk" => "at risk",
            "silent" => "silent",
            "renewal" => "renewal ahead",
            "overdue" => "overdue initiative",
            "dip" => "far below usual",
            "blocked" => "blocked initiative",
            "fall" => "fewer calls",
            "spike" => "far above usual",
            "errors" => "errors above usual",
            "under_commitment" => "behind the commitment",
            "over_commitment" => "ahead of the commitment",
            "slipped" => "fell to watch",
            "due" => "initiative due",
            "rise" => "more calls",
            "recovered" => "better band",
            "done" => "initiative done",
            _ => return None,
        })
    }
}
