//! One schedule: when a digest comes, of what, and where to.

use anyhow::anyhow;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::config::DigestSettings;
use crate::digest::DigestScope;
use crate::domain::DIGEST_ON_TIME;
use crate::domain::Destination;
use crate::domain::DigestName;
use crate::domain::LatePolicy;
use crate::domain::Timing;
use crate::store::DigestRow;

/// A schedule.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) name: DigestName,
    pub(super) timing: Timing,
    pub(super) scope: DigestScope,
    pub(super) to: Destination,
    pub(super) catch_up: SignedDuration,
    pub(super) policy: LatePolicy,
    pub(super) origin: Origin,
}

/// Where a schedule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the configuration, at this place.
    Configuration(String),
    /// In the store, by command.
    Command,
}

impl Schedule {
    /// As the configuration has it.
    pub(super) fn configured(settings: &DigestSettings) -> anyhow::Result<Self> {
        let place = &settings.place;
        let scope = settings.scope.parse().map_err(|wrong: String| anyhow!("{place}.scope: {wrong}"))?;
        Ok(Self {
            name: settings.name.clone(),
            timing: settings.timing.clone(),
            scope,
            to: settings.to.clone(),
            catch_up: settings.catch_up.length(),
            policy: settings.policy,
            origin: Origin::Configuration(place.clone()),
        })
    }

    /// As it was subscribed to.
    pub(super) fn subscribed(row: &DigestRow) -> Result<Self, String> {
        Ok(Self {
            name: row.name.clone(),
            timing: Timing::new(&row.cron, &row.zone, row.made).map_err(|bad| bad.to_string())?,
            scope: row.scope.parse()?,
            to: row.destination.parse().map_err(|bad: crate::domain::BadDestination| bad.to_string())?,
            catch_up: row.catch_up,
            policy: row.policy,
            origin: Origin::Command,
        })
    }

    /// What its course is kept under: another timing is another course.
    pub(super) fn course_key(&self) -> String {
        format!("{} {}", self.timing.cron(), self.timing.zone_name())
    }

    /// What is due of the slots after `after`: the last one is to go out or to be left out, those before it were missed.
    pub(super) fn due(&self, after: Timestamp, now: Timestamp) -> Option<Due> {
        let slot = self.timing.last(after, now)?;
        let mut missed = Vec::new();
        let mut until = slot;
        while missed.len() < MISSED_MAX {
            let before = until.checked_sub(SignedDuration::from_millis(1)).ok()?;
            let Some(one) = self.timing.last(after, before) else { break };
            missed.push(one);
            until = one;
        }
        let late_by = now.duration_since(slot);
        let fate = match self.policy {
            _ if late_by <= DIGEST_ON_TIME => Fate::Send,
            LatePolicy::Skip => Fate::Skip("it was late, and its policy is to skip"),
            LatePolicy::SendLate if late_by > self.catch_up => {
                Fate::Skip("it was later than its catch-up window")
            }
            LatePolicy::SendLate => Fate::SendLate,
        };
        Some(Due { slot, fate, missed })
    }
}

/// Missed slots that are listed one by one; more say nothing more.
const MISSED_MAX: usize = 50;

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// The last slot.
    pub(super) slot: Timestamp,
    /// What becomes of it.
    pub(super) fate: Fate,
    /// Slots before it that nobody took, the newest first.
    pub(super) missed: Vec<Timestamp>,
}

/// What becomes of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes out.
    Send,
    /// It goes out, and says that it is late.
    SendLate,
    /// It is left out, and why.
    Skip(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn daily(policy: LatePolicy) -> Schedule {
        Schedule {
            name: "daily".parse().unwrap(),
            timing: Timing::new("0 8 * * *", "Europe/Zurich", at("2026-01-01T00:00:00Z")).unwrap(),
            scope: DigestScope::Portfolio,
            to: Destination::Page,
            catch_up: SignedDuration::from_hours(12),
            policy,
            origin: Origin::Command,
        }
    }

    #[track_caller]
    fn check(policy: LatePolicy, now: &str, fate: Option<Fate>, missed: usize) {
        let due = daily(policy).due(at("2026-03-20T12:00:00Z"), at(now));
        assert_eq!(due.map(|due| (due.fate, due.missed.len())), fate.map(|fate| (fate, missed)));
    }

    #[test]
    fn a_slot_goes_out_late_or_is_left_out_and_is_never_a_backlog() {
        let (late, skip) = (LatePolicy::SendLate, LatePolicy::Skip);
        check(late, "2026-03-21T06:59:59Z", None, 0);
        check(late, "2026-03-21T07:00:00Z", Some(Fate::Send), 0);
        check(skip, "2026-03-21T07:02:00Z", Some(Fate::Send), 0);
        check(late, "2026-03-21T07:02:01Z", Some(Fate::SendLate), 0);
        check(skip, "2026-03-21T07:02:01Z", Some(Fate::Skip("it was late, and its policy is to skip")), 0);
        check(late, "2026-03-21T19:00:01Z", Some(Fate::Skip("it was later than its catch-up window")), 0);
        // The clocks change on the 29th.
        check(late, "2026-03-30T06:00:00Z", Some(Fate::Send), 9);
        check(late, "2027-03-30T06:30:00Z", Some(Fate::SendLate), MISSED_MAX);
    }
}
