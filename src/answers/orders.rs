//! Orders: initiatives written down, changed and closed. Pure: each makes the initiative as it will be.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::InitiativeStatus;
use crate::domain::InitiativeUpdate;
use crate::domain::Money;
use crate::domain::Override;
use crate::domain::Person;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::problem::Problem;

use super::question::{Anew, InitiativeEdit, NewInitiative, NewOverride};

/// Longest time for which a score may be set by hand: by then the account has another quarter behind it.
const OVERRIDE_DAYS_MAX: i64 = 180;
/// How far ahead something may be due; beyond it the year is most often a slip.
const DUE_YEARS_MAX: i64 = 10;

/// A new initiative of an account that is known.
pub(super) fn added(
    new: &NewInitiative,
    id: InitiativeId,
    account: &Account,
    asker: &Asker,
    now: Timestamp,
) -> Initiative {
    let text = new.text.clone().unwrap_or_else(|| "Written down.".into());
    let is_begun = new.status != InitiativeStatus::Planned;
    Initiative {
        id,
        account: account.id.clone(),
        title: new.title.clone(),
        priority: new.priority,
        status: new.status,
        owner: Some(new.owner.as_ref().map_or_else(|| asker.person.clone(), |owner| me(asker, owner))),
        expected_revenue: new.revenue,
        start: is_begun.then(|| utc_date(now)),
        due: new.due,
        target: None,
        updates: vec![InitiativeUpdate { at: now, author: asker.person.clone(), text }],
    }
}

/// The initiative after a change, with a line in its log that says what changed.
pub(super) fn changed(
    before: &Initiative,
    edit: &InitiativeEdit,
    asker: &Asker,
    now: Timestamp,
) -> Result<Initiative, Problem> {
    let mut after = before.clone();
    let mut said: Vec<String> = edit.text.iter().cloned().collect();
    if let Some(title) = edit.title.as_ref().filter(|title| **title != before.title) {
        said.push(format!("Title was “{}”.", before.title));
        after.title.clone_from(title);
    }
    if let Some(status) = edit.status.filter(|status| *status != before.status) {
        said.push(format!("Status: {} → {status}.", before.status));
        after.status = status;
        let is_begun = status == InitiativeStatus::Active;
        after.start = after.start.or(is_begun.then(|| utc_date(now)));
    }
    if let Some(priority) = edit.priority.filter(|priority| *priority != before.priority) {
        said.push(format!("Priority: {} → {priority}.", before.priority));
        after.priority = priority;
    }
    if let Some(owner) = edit.owner.clone().map(|owner| owner.value().map(|owner| me(asker, &owner)))
        && owner != before.owner
    {
        let name = |owner: &Option<Person>| owner.as_ref().map_or("nobody".to_owned(), Person::to_string);
        said.push(format!("Owner: {} → {}.", name(&before.owner), name(&owner)));
        after.owner = owner;
    }
    if let Some(due) = edit.due.clone().map(Anew::value).filter(|due| *due != before.due) {
        check_due(due, utc_date(now))?;
        let day = |due: Option<Date>| due.map_or("open".to_owned(), |day| day.to_string());
        said.push(format!("Due: {} → {}.", day(before.due), day(due)));
        after.due = due;
    }
    let revenue = edit.revenue.clone().map(Anew::value);
    if let Some(revenue) = revenue.filter(|revenue| *revenue != before.expected_revenue) {
        let amount = |money: Option<Money>| money.map_or("not stated".to_owned(), |money| money.to_string());
        said.push(format!("Expected revenue: {} → {}.", amount(before.expected_revenue), amount(revenue)));
        after.expected_revenue = revenue;
    }
    if said.is_empty() {
        let message = format!("{} stands like that already; nothing was changed.", before.id);
        return Err(Problem::BadOption { option: None, message });
    }
    log(&mut after, asker, now, said.join("\n"));
    Ok(after)
}

/// The initiative when it has ended; what came out of it is the last line of its log.
pub(super) fn closed(
    before: &Initiative,
    status: InitiativeStatus,
    text: Option<&str>,
    asker: &Asker,
    now: Timestamp,
) -> Result<Initiative, Problem> {
    if before.status == status && text.is_none() {
        let message =
            format!("{} is {status} already. To add what came out of it, give it as text.", before.id);
        return Err(Problem::BadOption { option: None, message });
    }
    let mut after = before.clone();
    after.status = status;
    let head = match status {
        InitiativeStatus::Cancelled => "Cancelled",
        _ => "Done",
    };
    let line = text.map_or_else(|| format!("{head}."), |text| format!("{head}: {text}"));
    log(&mut after, asker, now, line);
    Ok(after)
}

/// Refuses a due day that was most likely mistyped.
pub(super) fn check_due(due: Option<Date>, today: Date) -> Result<(), Problem> {
    let Some(due) = due else { return Ok(()) };
    if due < today {
        let message = format!("{due} has passed already; today is {today}. Give a day to come.");
        return Err(Problem::option("due", message));
    }
    if due > today.saturating_add(DUE_YEARS_MAX.years()) {
        return Err(Problem::option("due", format!("{due} is very far away. Is the year right?")));
    }
    Ok(())
}

/// A new override of an account that is known.
pub(super) fn overridden(
    new: &NewOverride,
    account: AccountId,
    asker: &Asker,
    now: Timestamp,
) -> Result<Override, Problem> {
    let today = utc_date(now);
    if new.until < today {
        let message = format!("{} has passed already; today is {today}. Give a day to come.", new.until);
        return Err(Problem::option("until", message));
    }
    if new.until > today.saturating_add(OVERRIDE_DAYS_MAX.days()) {
        let message = format!(
            "An override lasts {OVERRIDE_DAYS_MAX} days at most; what is true for longer belongs into the health rules."
        );
        return Err(Problem::option("until", message));
    }
    Ok(Override {
        account,
        score: new.score,
        reason: new.reason.clone(),
        by: asker.person.clone(),
        at: now,
        expires: utc_midnight(new.until.saturating_add(1.day())),
        cleared: None,
    })
}

fn log(one: &mut Initiative, asker: &Asker, now: Timestamp, text: String) {
    one.updates.push(InitiativeUpdate { at: now, author: asker.person.clone(), text });
}

fn me(asker: &Asker, owner: &Person) -> Person {
    if owner.as_str().eq_ignore_ascii_case("me") { asker.person.clone() } else { owner.clone() }
}
