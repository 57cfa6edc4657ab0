//! What the managers work on and wrote down.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Weekday;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::domain::AccountStatus;
use crate::domain::DAY_MS;
use crate::domain::HOUR_MS;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::InitiativeStatus;
use crate::domain::InitiativeUpdate;
use crate::domain::Note;
use crate::domain::Person;
use crate::domain::utc_date;
use crate::domain::utc_midnight;

use super::course::CourseKind;
use super::customer::Customer;
use super::customer::OWNERS;
use super::customer::person;
use super::customer::round;
use super::plays::CANCELLED;
use super::plays::NOTES;
use super::plays::PLAYS;
use super::plays::Play;

/// Statuses as often as they occur, in turn.
const STATUSES: [InitiativeStatus; 20] = {
    use InitiativeStatus::{Active, Blocked, Cancelled, Done, Planned};
    [
        Active, Active, Blocked, Planned, Active, Done, Active, Planned, Active, Cancelled, Active, Done,
        Blocked, Active, Planned, Active, Done, Active, Planned, Blocked,
    ]
};
/// How far back notes go, in days.
const NOTES_DAYS: f64 = 300.0;

/// Two initiatives for every three accounts, in every state; accounts in trouble have them first.
pub(super) fn initiatives(customers: &[Customer], until: Timestamp, rng: &mut ChaCha8Rng) -> Vec<Initiative> {
    let mut first: Vec<&Customer> =
        customers.iter().filter(|one| one.account.status == AccountStatus::Active).collect();
    // Stable: within a kind, the larger account comes first.
    first.sort_by_key(|one| urgency(one.course.kind()));
    let wanted = customers.len() * 2 / 3;
    let mut initiatives: Vec<Initiative> = Vec::new();
    // Those whom it matters most for have a second one.
    for (number, customer) in (1..=wanted).zip(first.iter().cycle()) {
        let Some(play) = play(customer, &initiatives, rng) else { continue };
        let status = STATUSES[(number - 1) % STATUSES.len()];
        initiatives.push(initiative(number, customer, play, status, until, rng));
    }
    initiatives
}

/// Notes, oldest first: about four for every three accounts.
pub(super) fn notes(customers: &[Customer], until: Timestamp, rng: &mut ChaCha8Rng) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for _ in 0..customers.len() * 4 / 3 {
        let Some(customer) = customers.choose(rng) else { break };
        let kind = customer.course.kind();
        let texts: Vec<&str> = NOTES
            .iter()
            .filter(|(course, text)| {
                // Special ones are rarer in the list, so they stand twice; no account has the same note twice.
                course.is_none_or(|course| course == kind)
                    && !notes.iter().any(|note| note.account == customer.account.id && note.text == *text)
            })
            .flat_map(|(course, text)| std::iter::repeat_n(*text, if course.is_some() { 3 } else { 1 }))
            .collect();
        let Some(text) = texts.choose(rng) else { continue };
        let oldest = if kind == CourseKind::New { 20.0 } else { NOTES_DAYS };
        // More of the recent days than of long ago.
        let ago = oldest * rng.random_range(0.0_f64..1.0).powi(2);
        let author = owner(customer, rng);
        notes.push(Note {
            account: customer.account.id.clone(),
            at: working_hour(until, ago, rng),
            author,
            text: (*text).to_owned(),
        });
    }
    notes.sort_by(|one, other| (one.at, &one.account).cmp(&(other.at, &other.account)));
    notes
}

fn urgency(kind: CourseKind) -> u8 {
    match kind {
        CourseKind::Churning => 0,
        CourseKind::Shrinking => 1,
        CourseKind::Growing => 2,
        CourseKind::Spiking => 3,
        CourseKind::New => 4,
        CourseKind::Sleeping => 5,
        CourseKind::Stable => 6,
    }
}

/// Something fitting that the account does not have yet, and that was done least often; what is made for its course
/// comes first.
fn play(customer: &Customer, given: &[Initiative], rng: &mut ChaCha8Rng) -> Option<&'static Play> {
    let kind = customer.course.kind();
    let account = &customer.account;
    let fits = |play: &&Play| {
        (!play.renews || account.contract.is_some())
            && !given.iter().any(|one| one.account == account.id && one.title == play.title)
    };
    let often = |play: &Play| given.iter().filter(|one| one.title == play.title).count();
    let made: Vec<&Play> = PLAYS.iter().filter(|play| play.courses.contains(&kind)).filter(fits).collect();
    let any: Vec<&Play> = PLAYS.iter().filter(|play| play.courses.is_empty()).filter(fits).collect();
    let special = !made.is_empty() && (kind != CourseKind::Stable || rng.random_bool(0.3));
    let plays = if special { made } else { any };
    let least = plays.iter().map(|play| often(play)).min()?;
    let rare: Vec<&Play> = plays.into_iter().filter(|play| often(play) == least).collect();
    rare.choose(rng).copied()
}

fn initiative(
    number: usize,
    customer: &Customer,
    play: &Play,
    status: InitiativeStatus,
    until: Timestamp,
    rng: &mut ChaCha8Rng,
) -> Initiative {
    let today = utc_date(until);
    let day = |from_today: i64| today.saturating_add(from_today.days());
    let oldest = if customer.course.kind() == CourseKind::New { 22 } else { 90 };
    let (start, due) = match status {
        InitiativeStatus::Planned => (rng.random_range(2..30), rng.random_range(35..120)),
        InitiativeStatus::Active => (-rng.random_range(8..oldest), rng.random_range(-14..60)),
        InitiativeStatus::Blocked => (-rng.random_range(14..oldest), rng.random_range(-20..30)),
        InitiativeStatus::Done => (-rng.random_range(oldest..oldest + 40), -rng.random_range(3..oldest / 2)),
        InitiativeStatus::Cancelled => (-rng.random_range(oldest / 2..oldest), rng.random_range(-10..40)),
    };
    // Work in an account that is new cannot be due before it began.
    let due = due.max(start + 7);
    let owner = owner(customer, rng);
    let revenue = play.revenue.map(|part| round(customer.year * part));
    Initiative {
        id: InitiativeId::new(&format!("ini-{number}")).expect("a word and a number are an id"),
        account: customer.account.id.clone(),
        title: play.title.to_owned(),
        priority: play.priority,
        status,
        owner: Some(owner.clone()),
        expected_revenue: revenue,
        start: Some(office_day(day(start))),
        due: Some(office_day(day(due))),
        target: play.target,
        updates: updates(play, status, -start, (until, owner), rng),
    }
}

/// The log, oldest first: what was planned has none yet.
fn updates(
    play: &Play,
    status: InitiativeStatus,
    began_ago: i64,
    (until, owner): (Timestamp, Person),
    rng: &mut ChaCha8Rng,
) -> Vec<InitiativeUpdate> {
    let began = began_ago as f64;
    let (middle, last) = match status {
        InitiativeStatus::Planned => return Vec::new(),
        InitiativeStatus::Active => (rng.random_bool(0.75).then_some(play.goes_on), None),
        InitiativeStatus::Blocked => (rng.random_bool(0.6).then_some(play.goes_on), Some(play.blocked)),
        InitiativeStatus::Done => (Some(play.goes_on), Some(play.done)),
        InitiativeStatus::Cancelled => (None, CANCELLED.choose(rng).copied()),
    };
    let texts = [Some((play.begins, 0.97)), middle.map(|text| (text, 0.55)), last.map(|text| (text, 0.12))];
    let mut updates: Vec<InitiativeUpdate> = texts
        .into_iter()
        .flatten()
        .map(|(text, part)| InitiativeUpdate {
            at: working_hour(until, began * part, rng),
            author: owner.clone(),
            text: text.to_owned(),
        })
        .collect();
    updates.sort_by_key(|update| update.at);
    updates
}

/// The account's owner, or someone who steps in.
fn owner(customer: &Customer, rng: &mut ChaCha8Rng) -> Person {
    let usual = customer.account.owner.clone().filter(|_owner| rng.random_bool(0.9));
    usual.unwrap_or_else(|| person(OWNERS.choose(rng).expect("there are owners")))
}

/// A weekday on or before a day.
fn office_day(day: Date) -> Date {
    match day.weekday() {
        Weekday::Saturday => day.saturating_sub(1.day()),
        Weekday::Sunday => day.saturating_sub(2.days()),
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => day,
    }
}

/// An instant in working hours of a weekday about `ago` days before `until`, and never after it.
fn working_hour(until: Timestamp, ago: f64, rng: &mut ChaCha8Rng) -> Timestamp {
    let about = until.as_millisecond() - (ago * DAY_MS as f64) as i64;
    let about = Timestamp::from_millisecond(about).unwrap_or(until);
    let midnight = utc_midnight(office_day(utc_date(about))).as_millisecond();
    let minute = rng.random_range(8 * 60..17 * 60) * (HOUR_MS / 60);
    let latest = until.as_millisecond() - HOUR_MS / 2;
    Timestamp::from_millisecond((midnight + minute).min(latest)).unwrap_or(until)
}
