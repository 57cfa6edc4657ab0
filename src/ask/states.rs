//! What may be said without a figure: that an initiative, or an account by one of its initiatives, is overdue, blocked, due
//! soon or done.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::Initiative;
use crate::domain::InitiativeStatus;
use crate::domain::utc_date;
use crate::engine::Snapshot;
use crate::writer::{Brief, State};

/// Days ahead that are soon, as in the list of initiatives.
const SOON_DAYS: i64 = 14;

/// Notes down what holds of all that a brief names.
pub(super) fn note(brief: &mut Brief, view: &Snapshot) {
    let today = utc_date(view.built_at());
    for task in &mut brief.initiatives {
        task.holds.extend(view.initiative(&task.id).map(|one| states(one, today)).unwrap_or_default());
    }
    for account in &mut brief.accounts {
        let own = view.initiatives().filter(|one| one.account == account.id && one.is_open());
        account.holds.extend(own.flat_map(|one| states(one, today)));
    }
}

fn states(one: &Initiative, today: Date) -> BTreeSet<State> {
    let soon = today.saturating_add(SOON_DAYS.days());
    let is_due = one.is_open() && one.due.is_some_and(|due| due <= soon);
    let holds = [
        (State::Overdue, one.is_overdue(today)),
        (State::Blocked, one.status == InitiativeStatus::Blocked),
        (State::Due, is_due),
        (State::Done, one.status == InitiativeStatus::Done),
    ];
    holds.into_iter().filter(|(_, holds)| *holds).map(|(state, _)| state).collect()
}
