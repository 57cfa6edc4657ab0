//! Initiatives: overdue, blocked, due soon, done.

use crate::domain::Initiative;
use crate::domain::InitiativeStatus;
use crate::reply::Prose;

use super::super::finding::{Finding, Kind};
use super::super::survey::Survey;

/// An initiative that is due within so many days is told.
const SOON_DAYS: i32 = 7;

impl Survey<'_> {
    pub(in super::super) fn find_initiatives(&self, found: &mut Vec<Finding>) {
        let told = self.snapshot.initiatives().filter(|one| self.holds(&one.account));
        found.extend(told.filter_map(|one| self.initiative(one)));
    }

    fn initiative(&self, one: &Initiative) -> Option<Finding> {
        let today = self.today();
        let title = || Prose::plain("The initiative “").outside(&one.title).and("”");
        let due = one.due.map(|due| self.day(due)).unwrap_or_default();
        let is_soon =
            one.due.is_some_and(|due| due.since(today).is_ok_and(|span| span.get_days() <= SOON_DAYS));
        let is_new_end = one.updates.last().is_some_and(|last| last.at > self.since);
        let (kind, said, headline) = match one.status {
            _ if one.is_overdue(today) => {
                let words = format!(" is overdue since {due} ({} priority).", one.priority);
                (Kind::Overdue(one.priority), title().and(words), "has an overdue initiative")
            }
            InitiativeStatus::Blocked => {
                (Kind::Blocked, title().and(" is blocked."), "has a blocked initiative")
            }
            InitiativeStatus::Planned | InitiativeStatus::Active if is_soon => {
                (Kind::Due, title().and(format!(" is due on {due}.")), "has an initiative due")
            }
            InitiativeStatus::Done if is_new_end => {
                (Kind::Done, title().and(" is done."), "finished an initiative")
            }
            InitiativeStatus::Planned
            | InitiativeStatus::Active
            | InitiativeStatus::Done
            | InitiativeStatus::Cancelled => return None,
        };
        let (account, initiative) = (one.account.clone(), Some(one.id.clone()));
        Some(Finding { kind, account, initiative, said, headline: headline.into() })
    }
}
