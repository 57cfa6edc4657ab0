//! An alert from its first moment to its last: who and what it is about, how it stands, and what happened to it.
//!
//! Invariant: each change counts the revision up once, so that a message is edited when there is something to say, and
//! of two changes at once none is lost.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::config::AlertWhen;
use crate::domain::AccountId;
use crate::domain::AlertId;
use crate::domain::AlertState;
use crate::domain::Destination;
use crate::domain::Person;
use crate::domain::Stretch;
use crate::domain::Window;

use super::as_text;
use super::subject::Subject;

/// One alert: one message, however long it goes on and however many accounts it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Its id.
    #[serde(with = "as_text")]
    pub id: AlertId,
    /// Name of its rule.
    pub rule: String,
    /// What the rule watched for when it began.
    #[serde(with = "as_text")]
    pub when: AlertWhen,
    /// How it stands.
    #[serde(with = "as_text")]
    pub state: AlertState,
    /// What it is about, in the order in which they came; at least one.
    pub members: Vec<Member>,
    /// Where it is told.
    pub places: Vec<Place>,
    /// When it began, by the clock.
    #[serde(with = "as_text")]
    pub opened: Timestamp,
    /// When it was told; `None` while quiet hours hold it back, or when they outlasted it.
    #[serde(with = "as_text::maybe")]
    pub told: Option<Timestamp>,
    /// When it was last told again.
    #[serde(with = "as_text::maybe")]
    pub reminded: Option<Timestamp>,
    /// How often it was told again.
    pub reminders: u32,
    /// Whether it is to be told again as soon as that may be: it got worse, or its rest is over.
    pub pressing: bool,
    /// Who looks after it.
    pub keeper: Option<String>,
    /// Until when it is kept quiet.
    #[serde(with = "as_text::maybe")]
    pub snoozed_until: Option<Timestamp>,
    /// When it was over, by the clock.
    #[serde(with = "as_text::maybe")]
    pub ended: Option<Timestamp>,
    /// What happened, oldest first.
    pub log: Vec<LogLine>,
    /// Counts its changes, from 1.
    pub revision: u64,
}

/// One of those that an alert is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// What.
    #[serde(with = "as_text")]
    pub subject: Subject,
    /// Since when it holds, by the time of its data.
    #[serde(with = "as_text")]
    pub since: Timestamp,
    /// Since when it is well again, while that is not long enough.
    #[serde(with = "as_text::maybe")]
    pub clear_since: Option<Timestamp>,
    /// Since when it is well again for good.
    #[serde(with = "as_text::maybe")]
    pub ended: Option<Timestamp>,
    /// How far it went: the highest part of a budget that was reached, in percents.
    pub level: u16,
}

impl Member {
    /// The time it lasted, up to `now` while it goes on; `None` when it began just then.
    #[must_use]
    pub fn window(&self, now: Timestamp) -> Option<Window> {
        Window::new(self.since, self.ended.unwrap_or(now))
    }
}

/// Where an alert is told, and how far that has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Where.
    #[serde(with = "as_text")]
    pub to: Destination,
    /// Why it is not told there.
    pub refused: Option<String>,
}

/// Something that happened to an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    #[serde(with = "as_text")]
    pub at: Timestamp,
    /// Who did it; `None` when it happened by itself.
    pub who: Option<String>,
    /// What, in our own words.
    pub what: String,
    /// What the person wrote; hostile text.
    pub said: Option<String>,
}

impl Episode {
    /// Whether nothing more comes of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == AlertState::Recovered
    }

    /// The accounts that it is about.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.members.iter().filter_map(|member| member.subject.account())
    }

    /// Those that are not well again.
    pub fn going_on(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.ended.is_none())
    }

    /// Someone looks after it.
    pub fn acknowledge(&mut self, who: &Person, said: Option<String>, now: Timestamp) {
        self.state = AlertState::Acknowledged;
        self.keeper = Some(who.to_string());
        self.snoozed_until = None;
        self.pressing = false;
        self.note(now, Some(who), "Acknowledged.".into(), said);
    }

    /// It is kept quiet for a while.
    pub fn snooze(&mut self, who: &Person, until: Timestamp, now: Timestamp) {
        let left = Stretch::of(until.duration_since(now));
        self.state = AlertState::Snoozed;
        self.snoozed_until = Some(until);
        self.pressing = false;
        self.note(now, Some(who), format!("Kept quiet for {}.", left.rounded().words()), None);
    }

    /// Writes down what happened.
    pub(super) fn note(&mut self, at: Timestamp, who: Option<&Person>, what: String, said: Option<String>) {
        self.log.push(LogLine { at, who: who.map(ToString::to_string), what, said });
    }

    /// It is over.
    pub(super) fn recover(&mut self, now: Timestamp, why: &str) {
        self.state = AlertState::Recovered;
        self.ended = Some(now);
        self.snoozed_until = None;
        self.pressing = false;
        self.note(now, None, why.into(), None);
        if self.told.is_none() {
            self.note(now, None, "It was over before it was to be told.".into(), None);
        }
    }
}
