//! Who did something, by which way, and what kind of thing it was: what the audit log keeps of every change.
//!
//! Invariant: whatever changes what people rely on is handed an [`Act`]; the store takes none of these changes without.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::account::words;
use super::ids::Person;
use super::request_id::RequestId;

/// Someone who changes something, at a moment, by a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub who: Who,
    /// By which way.
    pub way: Way,
    /// When.
    pub at: Timestamp,
}

impl Act {
    /// What the program does of its own accord.
    #[must_use]
    pub fn of_service(how: How, at: Timestamp) -> Self {
        Self { who: Who::Service, way: how.into(), at }
    }

    /// What a person does.
    #[must_use]
    pub fn of_person(person: &Person, way: impl Into<Way>, at: Timestamp) -> Self {
        Self { who: Who::Person(person.clone()), way: way.into(), at }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person, by name.
    Person(Person),
    /// A program with a key, by the key's name.
    Key(Person),
    /// The service itself.
    Service,
}

impl Who {
    /// Its kind, as it is stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Key(_) => "key",
            Self::Service => "service",
        }
    }

    /// Its name; the service's is `etsm`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person(name) | Self::Key(name) => name.as_str(),
            Self::Service => "etsm",
        }
    }
}

/// By which way something came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Through which door.
    pub how: How,
    /// What the logs call the request, the interaction or the run.
    pub request: Option<RequestId>,
}

impl From<How> for Way {
    fn from(how: How) -> Self {
        Self { how, request: None }
    }
}

/// Doors through which changes come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// A command, button or form in Discord.
    Discord,
    /// A page of the dashboard.
    Web,
    /// The API, from a browser or whoever is at this machine.
    Api,
    /// The API, with a key.
    Key,
    /// The command line.
    Terminal,
    /// A time that came.
    Schedule,
    /// A source of data that is read or watched.
    Source,
    /// The start of the program.
    Start,
}

words!(
    How,
    "a way",
    Discord => "discord",
    Web => "web",
    Api => "api",
    Key => "key",
    Terminal => "terminal",
    Schedule => "schedule",
    Source => "source",
    Start => "start",
);

/// Kinds of changes that are entered into the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditKind {
    /// An account was entered or changed.
    Account,
    /// An initiative was written down.
    InitiativeAdd,
    /// An initiative was changed, or a line was added to its log.
    InitiativeChange,
    /// An initiative was done or given up.
    InitiativeClose,
    /// A note was written.
    NoteAdd,
    /// A score was set by hand.
    OverrideSet,
    /// The computed score was let through again.
    OverrideClear,
    /// A digest was put on a schedule.
    DigestSubscribe,
    /// A digest was stopped.
    DigestPause,
    /// A digest was let go on.
    DigestResume,
    /// A digest was ordered beside its schedule.
    DigestRun,
    /// Someone took an alert on.
    AlertAcknowledge,
    /// An alert is to be quiet for a time.
    AlertSnooze,
    /// A rule of alerts was set.
    AlertRuleSet,
    /// A rule of alerts was taken away.
    AlertRuleRemove,
    /// Rules of the health score came into force.
    HealthRules,
    /// A model of churn was kept or forgotten.
    ChurnModel,
    /// A key was made.
    KeyAdd,
    /// A key was taken back.
    KeyRevoke,
    /// A browser was let in.
    SessionOpen,
    /// A browser was shown out.
    SessionEnd,
    /// Usage came in from a file.
    ImportUsage,
    /// Accounts came in from a file.
    ImportAccounts,
    /// Initiatives came in from a file.
    ImportInitiatives,
    /// A program sent usage.
    Push,
    /// Data left the service as a file.
    Export,
    /// The whole database was copied.
    Backup,
    /// An earlier database was put back.
    Restore,
    /// All of an account was erased.
    EraseAccount,
    /// All of a person was erased.
    ErasePerson,
    /// What was kept for long enough was removed.
    Retention,
    /// The oldest entries of the audit log itself were removed.
    AuditCut,
}

words!(
    AuditKind,
    "a kind of change",
    Account => "account.change",
    InitiativeAdd => "initiative.add",
    InitiativeChange => "initiative.change",
    InitiativeClose => "initiative.close",
    NoteAdd => "note.add",
    OverrideSet => "override.set",
    OverrideClear => "override.clear",
    DigestSubscribe => "digest.subscribe",
    DigestPause => "digest.pause",
    DigestResume => "digest.resume",
    DigestRun => "digest.run",
    AlertAcknowledge => "alert.acknowledge",
    AlertSnooze => "alert.snooze",
    AlertRuleSet => "alert_rule.set",
    AlertRuleRemove => "alert_rule.remove",
    HealthRules => "health_rules.adopt",
    ChurnModel => "churn_model.keep",
    KeyAdd => "key.add",
    KeyRevoke => "key.revoke",
    SessionOpen => "session.open",
    SessionEnd => "session.end",
    ImportUsage => "import.usage",
    ImportAccounts => "import.accounts",
    ImportInitiatives => "import.initiatives",
    Push => "push.usage",
    Export => "export",
    Backup => "database.backup",
    Restore => "database.restore",
    EraseAccount => "erase.account",
    ErasePerson => "erase.person",
    Retention => "retention.run",
    AuditCut => "audit.cut",
);
