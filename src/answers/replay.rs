//! Replay: what a changed health configuration would have made of the past, told before it is taken into use.
//!
//! The figures here are of rules that do not run, so they are no facts: no id could find them again.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::config::HealthRules;
use crate::domain::Asker;
use crate::domain::Band;
use crate::domain::utc_date;
use crate::engine::BandChange;
use crate::engine::Course;
use crate::engine::Decline;
use crate::engine::Replay;
use crate::engine::Replayed;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Prose;
use crate::reply::Table;

use super::desk::Desk;
use super::reading::day_words;
use super::spell::account_path;

/// Days that are replayed when nothing is said.
const DAYS: i64 = 90;
/// More days than this are more than anyone can read.
const DAYS_MAX: i32 = 731;
/// Rows of a table; the JSON has them all.
const ROWS_MAX: usize = 40;

/// A replay with the rules it compares.
#[derive(Debug)]
pub struct ReplayReport {
    /// What came of it.
    pub replay: Replay,
    /// In words and tables.
    pub answer: Answer,
}

impl Desk {
    /// Runs other rules over the past: over the last ninety days when no day is given, both days included.
    pub async fn replay(
        &self,
        asker: &Asker,
        rules: HealthRules,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<ReplayReport, Problem> {
        let snapshot = self.view(asker)?;
        let last = utc_date(snapshot.as_of().ok_or(Problem::NoData)?);
        let to = to.unwrap_or(last).min(last);
        let from = from.unwrap_or_else(|| to.saturating_sub(DAYS.days()));
        if from >= to {
            let message =
                format!("{from} is not before {to}, the last day that can be replayed. Give an earlier day.");
            return Err(Problem::option("from", message));
        }
        if from.until(to).map_or(i32::MAX, |span| span.get_days()) > DAYS_MAX {
            return Err(Problem::option("from", format!("At most {DAYS_MAX} days can be replayed at once.")));
        }
        let work = tokio::task::spawn_blocking(move || {
            let rules = Arc::new(rules);
            let replay = snapshot.replay(Arc::clone(&rules), from, to);
            let answer = told(&snapshot, &rules, &replay);
            ReplayReport { replay, answer }
        });
        work.await.context("replaying").map_err(Problem::internal)
    }
}

fn told(snapshot: &Snapshot, rules: &HealthRules, replay: &Replay) -> Answer {
    let own = snapshot.rules();
    let mut blocks = vec![Block::Text(Prose::plain(summary(own, rules, replay)))];
    let differing: Vec<&Replayed> = replay.differing().collect();
    if !differing.is_empty() {
        blocks.push(Block::Table(bands(snapshot, &differing)));
    }
    let declined: Vec<(&Replayed, Decline)> = replay.declined().collect();
    if !declined.is_empty() {
        blocks.push(Block::Text(Prose::plain(leads(&declined))));
        blocks.push(Block::Table(declines(snapshot, &declined)));
    }
    blocks.push(Block::Text(publishing(own, rules)));
    blocks.push(Block::Caveat(Prose::plain(
        "Initiatives and contracts are taken as they are today, and overrides are left out on both sides.",
    )));
    Answer {
        title: "Replay of health rules".into(),
        blocks,
        as_of: AsOf { data_until: snapshot.as_of(), version: snapshot.version() },
        path: None,
        actions: Vec::new(),
        picks: Vec::new(),
        private: true,
    }
}

fn summary(own: &HealthRules, rules: &HealthRules, replay: &Replay) -> String {
    let (before, after) = replay.flips();
    let changes = |count: usize| if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
    let head = format!(
        "From {} to {}, {} accounts. Present rules (version {}): {} of band. These rules (version {}): {}.",
        day_words(replay.from),
        day_words(replay.to),
        replay.accounts.len(),
        own.version,
        changes(before),
        rules.version,
        changes(after)
    );
    match replay.differing().count() {
        0 => format!("{head} No account would have been in another band on any day."),
        1 => format!("{head} 1 account would have gone another way."),
        count => format!("{head} {count} accounts would have gone another way."),
    }
}

fn account_cell(snapshot: &Snapshot, one: &Replayed) -> Cell {
    let name = snapshot.account(&one.account).map_or(one.account.as_str(), |account| account.name.as_str());
    Cell::Link { text: name.to_owned(), path: account_path(one.account.as_str()) }
}

fn bands(snapshot: &Snapshot, differing: &[&Replayed]) -> Table {
    let band = |band: Option<Band>| band.map_or(Cell::Nothing, Cell::Band);
    let row = |one: &&Replayed| {
        vec![
            account_cell(snapshot, one),
            Cell::Text(changes(&one.before.changes)),
            Cell::Text(changes(&one.after.changes)),
            band(one.before.last),
            band(one.after.last),
        ]
    };
    Table {
        title: "Accounts that would have gone another way".into(),
        columns: ["Account", "Present rules", "These rules", "Band at the end", "By these rules"]
            .map(Column::words)
            .into(),
        rows: differing.iter().take(ROWS_MAX).map(row).collect(),
        more: differing.len().saturating_sub(ROWS_MAX),
    }
}

/// `3 Nov → watch, 9 Nov → at risk`.
fn changes(all: &[BandChange]) -> String {
    let one = |change: &BandChange| format!("{} → {}", change.day.strftime("%-d %b"), change.to);
    if all.is_empty() { "no change".into() } else { all.iter().map(one).collect::<Vec<_>>().join(", ") }
}

/// How many days before the known declines the bands told it.
fn leads(declined: &[(&Replayed, Decline)]) -> String {
    let half = |of: &dyn Fn(&Replayed) -> Option<i64>| {
        let mut days: Vec<i64> = declined.iter().filter_map(|(one, _)| of(one)).collect();
        days.sort_unstable();
        let told = days.iter().filter(|days| **days >= 0).count();
        (days.get(days.len() / 2).copied(), told)
    };
    let say = |name: &str, of: &dyn Fn(&Replayed) -> Option<i64>| match half(of) {
        (Some(middle), told) => {
            format!("{name}: told in time for {told}, in the middle {}", lead(Some(middle)))
        }
        (None, _) => format!("{name}: never told"),
    };
    format!(
        "Known declines: {}. Leaving healthy — {}; {}. Reaching at risk — {}; {}.",
        declined.len(),
        say("present rules", &|one| one.before.lead_healthy),
        say("these rules", &|one| one.after.lead_healthy),
        say("present rules", &|one| one.before.lead_at_risk),
        say("these rules", &|one| one.after.lead_at_risk),
    )
}

/// `5 days before`, `2 days after`, `on the day`.
fn lead(days: Option<i64>) -> String {
    let unit = |count: i64| if count == 1 { "day" } else { "days" };
    match days {
        None => "never".into(),
        Some(0) => "on the day".into(),
        Some(before) if before > 0 => format!("{before} {} before", unit(before)),
        Some(after) => format!("{} {} after", -after, unit(-after)),
    }
}

fn declines(snapshot: &Snapshot, declined: &[(&Replayed, Decline)]) -> Table {
    let row = |(one, decline): &(&Replayed, Decline)| {
        let cell = |course: &Course, of: fn(&Course) -> Option<i64>| Cell::Text(lead(of(course)));
        vec![
            account_cell(snapshot, one),
            Cell::Text(day_words(decline.day)),
            Cell::Text(if decline.silent { "fell silent" } else { "fell by half or more" }.into()),
            cell(&one.before, |course| course.lead_healthy),
            cell(&one.after, |course| course.lead_healthy),
            cell(&one.before, |course| course.lead_at_risk),
            cell(&one.after, |course| course.lead_at_risk),
        ]
    };
    Table {
        title: "Known declines, and when the bands told them".into(),
        columns: ["Account", "Began", "What", "Left healthy, present", "These", "At risk, present", "These"]
            .map(Column::words)
            .into(),
        rows: declined.iter().take(ROWS_MAX).map(row).collect(),
        more: declined.len().saturating_sub(ROWS_MAX),
    }
}

fn publishing(own: &HealthRules, rules: &HealthRules) -> Prose {
    if own == rules {
        return Prose::plain("These are the rules that run already.");
    }
    let raise = if rules.version > own.version {
        String::new()
    } else {
        format!(", raise its version above {}", own.version)
    };
    Prose::plain(format!("Nothing was changed. To take these rules into use, name the file as health.file in the settings{raise} and restart; check the settings with "))
        .code("etsm check")
        .and(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_told_in_days() {
        for (days, told) in [
            (None, "never"),
            (Some(0), "on the day"),
            (Some(1), "1 day before"),
            (Some(12), "12 days before"),
            (Some(-3), "3 days after"),
        ] {
            assert_eq!(lead(days), told);
        }
    }
}
