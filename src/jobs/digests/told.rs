//! Answers about digests.

use jiff::Timestamp;

use crate::domain::Destination;
use crate::domain::LatePolicy;
use crate::domain::OccurrenceState;
use crate::domain::Stretch;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Prose;
use crate::reply::Table;
use crate::store::DigestCourse;
use crate::store::Occurrence;

use super::outcome;
use super::schedule::Schedule;

/// Times to come that are told.
const NEXT_TOLD: usize = 5;

/// A schedule with what became of it.
pub(super) struct Listed {
    pub(super) schedule: Schedule,
    pub(super) course: DigestCourse,
    pub(super) last: Option<Occurrence>,
}

/// All schedules, and what was sent lately.
pub(super) fn list(
    snapshot: &Snapshot,
    schedules: &[Listed],
    lately: &[Occurrence],
    now: Timestamp,
) -> Answer {
    let mut answer = answer(snapshot, "Digests");
    if schedules.is_empty() {
        answer.blocks.push(Block::Text(
            Prose::plain("No digest is on schedule yet. An admin may subscribe to one: ")
                .code("digest subscribe monday \"0 8 * * MON\" zone:Europe/Zurich")
                .and("."),
        ));
    }
    for Listed { schedule, course, last } in schedules {
        let mut prose = on_schedule(schedule, course, now);
        if let Some(one) = last {
            prose = prose.and(" Last: ").outside(format!("{}, {}.", instant(one.slot), outcome::told(one)));
        }
        answer.blocks.push(Block::Text(prose));
        answer.actions.push(action(
            &format!("Preview {}", schedule.name),
            &format!("digest preview {}", schedule.name),
        ));
    }
    if !lately.is_empty() {
        answer.blocks.push(Block::Table(occurrences(lately)));
    }
    answer.blocks.extend(lately.iter().filter_map(remedy).map(Block::Caveat));
    answer.actions.push(action("Status", "status"));
    answer
}

fn occurrences(lately: &[Occurrence]) -> Table {
    let row = |one: &Occurrence| {
        vec![
            Cell::Link { text: instant(one.slot), path: format!("/digests/{}", one.id) },
            Cell::Text(one.name.to_string()),
            Cell::Text(outcome::told(one)),
            Cell::Text(one.scope.clone()),
            Cell::Text(one.id.to_string()),
        ]
    };
    Table {
        title: "Lately".into(),
        columns: ["Slot", "Digest", "What became of it", "About", "Number"].map(Column::words).into(),
        rows: lately.iter().map(row).collect(),
        more: 0,
    }
}

/// A schedule is on, and when it comes next.
pub(super) fn subscribed(
    snapshot: &Snapshot,
    schedule: &Schedule,
    course: &DigestCourse,
    now: Timestamp,
) -> Answer {
    let mut answer = answer(snapshot, &format!("Digest {}", schedule.name));
    answer.blocks.push(Block::Text(on_schedule(schedule, course, now)));
    let late = match schedule.policy {
        LatePolicy::Skip => "One that is late is skipped.".into(),
        LatePolicy::SendLate => {
            format!(
                "One that is late goes out up to {} after its time, and says so.",
                Stretch::of(schedule.catch_up).words()
            )
        }
    };
    answer.blocks.push(Block::Text(Prose::plain(late)));
    let name = &schedule.name;
    answer.actions.push(action("Preview", &format!("digest preview {name}")));
    answer.actions.push(action("All digests", "digest list"));
    answer
}

/// A schedule is paused.
pub(super) fn paused(snapshot: &Snapshot, schedule: &Schedule) -> Answer {
    let mut answer = answer(snapshot, &format!("Digest {}", schedule.name));
    let name = &schedule.name;
    let words = Prose::plain("It is paused: nothing is posted until ").code(format!("digest resume {name}"));
    answer.blocks.push(Block::Text(words.and(". What it misses meanwhile stays missed.")));
    answer.actions.push(action("Resume", &format!("digest resume {name}")));
    answer
}

/// A digest was ordered beside the schedule.
pub(super) fn ordered(snapshot: &Snapshot, schedule: &Schedule, id: u64) -> Answer {
    let mut answer = answer(snapshot, &format!("Digest {}", schedule.name));
    let place = place(&schedule.to);
    answer.blocks.push(Block::Text(
        Prose::plain(format!(
            "It is being made and goes to {place} within moments, while the service runs. See ",
        ))
        .code(format!("digest show {id}"))
        .and("."),
    ));
    answer.path = Some(format!("/digests/{id}"));
    answer.actions.push(action("Show it", &format!("digest show {id}")));
    answer
}

/// A digest of which nothing is kept.
pub(super) fn bare(snapshot: &Snapshot, one: &Occurrence) -> Answer {
    answer(snapshot, &format!("Digest {}", one.name))
}

/// What became of a digest: `monday of 30 Mar 2026 06:00 UTC, about portfolio, to the page: sent plain.`
pub(super) fn course_of(one: &Occurrence) -> Prose {
    let to = one.destination.parse().map_or_else(|_odd| one.destination.clone(), |to| place(&to));
    let asked = one.asked_by.as_ref().map(|by| format!(", asked for by {by}")).unwrap_or_default();
    let name = &one.name;
    let head = format!(
        "{name} of {}, about {}, to {to}{asked}: {}.",
        instant(one.slot),
        one.scope,
        outcome::told(one)
    );
    Prose::default().outside(head)
}

/// What to do about a digest that did not go as it should.
pub(super) fn remedy(one: &Occurrence) -> Option<Prose> {
    let again = |words: &str| Prose::plain(words).code(format!("digest run {}", one.name)).and(".");
    match one.state {
        OccurrenceState::Uncertain => Some(again(&format!(
            "Digest {} may stand in its channel or not: Discord took it and its answer was lost. Look there; if it is \
             missing, post another by ",
            one.id
        ))),
        OccurrenceState::Failed => Some(again(&format!(
            "Digest {} did not go out. Mend what is in its way, and post another by ",
            one.id
        ))),
        OccurrenceState::Pending
        | OccurrenceState::Composed
        | OccurrenceState::Sending
        | OccurrenceState::Sent
        | OccurrenceState::Skipped => None,
    }
}

/// No digest of this number or name, or none that the asker may see.
pub(super) fn unknown(given: &str) -> Problem {
    Problem::Unknown {
        what: "digest",
        given: given.to_owned(),
        remedy: "Write digest list to see them with their numbers.".into(),
    }
}

/// `30 Mar 2026 06:00 UTC`.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%-d %b %Y %H:%M UTC").to_string()
}

/// When it comes, what about, where to, and the next times.
fn on_schedule(schedule: &Schedule, course: &DigestCourse, now: Timestamp) -> Prose {
    let Schedule { name, timing, scope, to, .. } = schedule;
    let head = Prose::default().code(name.to_string()).and(format!(" comes {timing}, about "));
    let head = head.outside(scope.to_string()).and(format!(", to {}. ", place(to)));
    if let Some((since, by)) = &course.paused {
        return head.and(format!("Paused since {} by ", instant(*since))).outside(by.to_string()).and(".");
    }
    let next: Vec<String> = timing.slots(now).take(NEXT_TOLD).map(|at| timing.shown(at)).collect();
    match next.as_slice() {
        [] => head.and("It does not come again."),
        times => head.and(format!("Next: {}.", times.join(" · "))),
    }
}

fn place(to: &Destination) -> String {
    match to {
        Destination::Page => "the page".into(),
        Destination::Discord(channel) => format!("the channel {channel} of Discord"),
    }
}

fn answer(snapshot: &Snapshot, title: &str) -> Answer {
    Answer {
        title: title.to_owned(),
        blocks: Vec::new(),
        as_of: AsOf { data_until: snapshot.as_of(), version: snapshot.version() },
        path: Some("/digests".into()),
        actions: Vec::new(),
        picks: Vec::new(),
        private: false,
    }
}

fn action(label: &str, line: &str) -> Action {
    Action { label: label.to_owned(), line: line.to_owned(), current: false, form: false }
}
