//! A rule tested over the past, before it goes live: what it would have told of, and how long before known declines.
//!
//! The figures here are of a rule that does not run, so they are no facts: no id could find them again.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use rayon::prelude::*;

use crate::config::AlertRule;
use crate::config::AlertWhen;
use crate::config::DaysOff;
use crate::config::UnusualSide;
use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::AccountStatus;
use crate::domain::Anomaly;
use crate::domain::Destination;
use crate::domain::Grain;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::engine::Decline;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Prose;
use crate::reply::Table;

use super::department::answer;
use super::episode::{Episode, Member, Place};
use super::headline;
use super::judge::{Ledger, advance};
use super::measure::{Reading, Verdict, is_of, period, reached, size};
use super::subject::Subject;
use super::words::explained;

/// Rows of a table.
const ROWS_MAX: usize = 40;

/// How an account stood on each day of the test, the first one first; `None` where that cannot be judged.
type Course = Vec<Option<(Verdict, u16)>>;

/// What a rule would have told of over the last days.
pub(super) fn tried(view: &Snapshot, rule: &AlertRule, days: u16) -> Result<Answer, Problem> {
    let as_of = view.as_of().ok_or(Problem::NoData)?;
    let last = utc_date(as_of);
    let first = last.saturating_add((-i64::from(days)).days());
    let span = Span { first, last };
    let episodes = replayed(view, rule, span)?;
    let declines = view.declines(first, last);
    Ok(told(view, rule, span, &episodes, &declines))
}

/// Days, both included.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: Date,
    last: Date,
}

impl Span {
    fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }

    fn window(self) -> Option<Window> {
        Window::new(utc_midnight(self.first), utc_midnight(self.last.saturating_add(1.day())))
    }
}

/// The very judge that runs, over each day of the past.
fn replayed(view: &Snapshot, rule: &AlertRule, span: Span) -> Result<Vec<Episode>, Problem> {
    // When it is told is another question than what is told of.
    let rule = AlertRule { quiet: None, off: DaysOff::default(), remind: None, ..rule.clone() };
    let about = |account: &&Account| account.status == AccountStatus::Active && rule.scope.holds(account);
    let accounts: Vec<&Account> = view.accounts().filter(about).collect();
    let courses: Vec<Course> = accounts
        .par_iter()
        .map(|account| course(view, &rule, account, span))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            let message = format!(
                "What “{}” depends on is not kept day by day, so it cannot be tested over the past. Rules on bands, \
                 scores, unusual use and spend can.",
                rule.when
            );
            Problem::option("when", message)
        })?;
    let places = |_: &AlertRule, _: &Subject| Some(vec![Place { to: Destination::Page, refused: None }]);
    let (mut ledger, mut all) = (Ledger::default(), Vec::new());
    for (at, day) in span.days().enumerate() {
        let now = utc_midnight(day);
        let reading = |(account, course): (&&Account, &Course)| {
            let (verdict, level) = course[at].unwrap_or((Verdict::Unknown, 0));
            let busiest = view.weekly_calls(&account.id).into_iter().max().unwrap_or(0);
            let is_small = busiest.unsigned_abs() < rule.volume;
            Reading { subject: Subject::Account(account.id.clone()), verdict, at: now, level, is_small }
        };
        let readings: Vec<Reading> = accounts.iter().zip(&courses).map(reading).collect();
        advance(&mut ledger, &[(&rule, readings)], &places, now);
        let (over, open): (Vec<Episode>, Vec<Episode>) = ledger.open.drain(..).partition(Episode::is_over);
        all.extend(over);
        ledger.open = open;
    }
    all.extend(ledger.open);
    all.sort_by_key(|one| one.id);
    Ok(all)
}

/// `None` when the rule is of a kind whose past is not known.
fn course(view: &Snapshot, rule: &AlertRule, account: &Account, span: Span) -> Option<Course> {
    let margin = f64::from(rule.margin);
    match &rule.when {
        AlertWhen::Band(worst) => Some(scores(view, &account.id, span, 0, |days, at| {
            let band = days[at].1?;
            Some(if band <= *worst { Verdict::Holds } else { Verdict::Clear })
        })),
        AlertWhen::Score(below) => Some(scores(view, &account.id, span, 0, |days, at| {
            Some(Verdict::upward(below.points() - days[at].0?, 0.05, margin))
        })),
        AlertWhen::Drop { points, within } => {
            let back = within.whole_days();
            Some(scores(view, &account.id, span, back, |days, at| {
                let lost = days[at.checked_sub(back as usize)?].0? - days[at].0?;
                Some(Verdict::sized(lost, points.points(), margin))
            }))
        }
        AlertWhen::Unusual { metric, side, least } => {
            let found = unusual(view, &account.id, *metric, *side);
            let verdict = |day: Date| {
                let at = utc_midnight(day);
                let open = found.iter().filter(|one| one.window.from() < at && at <= one.window.to());
                let largest = open.map(size).fold(0.0, f64::max);
                Some((Verdict::sized(largest, least.share(), margin / 100.0), 0))
            };
            Some(span.days().map(verdict).collect())
        }
        AlertWhen::Spend { steps, budget } => {
            let filter = UsageFilter::of(account.id.clone());
            let verdict = |day: Date| {
                let (window, amount) = period(*budget, account, utc_midnight(day))?;
                let past = Window::new(window.from(), utc_midnight(day))?;
                let spent = view.totals(&filter, past).cost;
                Some(reached(steps, spent.as_f64() / amount.as_f64(), margin / 100.0))
            };
            Some(span.days().map(verdict).collect())
        }
        AlertWhen::Forecast { .. }
        | AlertWhen::Idle(_)
        | AlertWhen::Overdue
        | AlertWhen::Silent(_)
        | AlertWhen::Churn(_) => None,
    }
}

type DayHealth = (Option<f64>, Option<crate::domain::Band>);

/// Judges the days of a span by the scores of an account, which are there from `back` days before it.
fn scores(
    view: &Snapshot,
    id: &AccountId,
    span: Span,
    back: u32,
    judge: impl Fn(&[DayHealth], usize) -> Option<Verdict>,
) -> Course {
    let first = span.first.saturating_add((-i64::from(back)).days());
    let whole = Span { first, last: span.last };
    let history = whole.window().map(|window| view.score_history(id, window)).unwrap_or_default();
    let health = |day: Date| -> DayHealth {
        let known = history.iter().find(|one| one.day == day);
        known.map_or((None, None), |one| (one.score.map(crate::domain::Score::points), one.band))
    };
    let days: Vec<DayHealth> = whole.days().map(health).collect();
    (back as usize..days.len()).map(|at| judge(&days, at).map(|verdict| (verdict, 0))).collect()
}

fn unusual(view: &Snapshot, id: &AccountId, metric: Metric, side: UnusualSide) -> Vec<Anomaly> {
    let found = [Grain::Hour, Grain::Day].into_iter().filter_map(|grain| view.watched(id, metric, grain));
    let anomalies = found.flat_map(|watched| watched.anomalies.clone());
    anomalies.filter(|one| is_of(side, one)).collect()
}

fn told(
    view: &Snapshot,
    rule: &AlertRule,
    span: Span,
    episodes: &[Episode],
    declines: &[(AccountId, Decline)],
) -> Answer {
    let mut blocks = vec![
        Block::Text(Prose::default().outside(explained(rule))),
        Block::Text(Prose::plain(summary(span, episodes))),
    ];
    if !episodes.is_empty() {
        blocks.push(Block::Table(table(view, episodes)));
    }
    if !declines.is_empty() {
        blocks.push(Block::Text(Prose::plain(leads(episodes, declines))));
        blocks.push(Block::Table(known(view, episodes, declines)));
    }
    blocks.push(Block::Caveat(Prose::plain(
        "Looked at once for each day, with the data known now; contracts and volumes are taken as they are today, and \
         quiet hours are left out. Nothing was changed.",
    )));
    answer(view, &format!("{} — tested over the past", rule.name), blocks)
}

fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

fn summary(span: Span, episodes: &[Episode]) -> String {
    let days = span.days().count().saturating_sub(1).max(1);
    let members: usize = episodes.iter().map(|one| one.members.len()).sum();
    let open = episodes.iter().filter(|one| !one.is_over()).count();
    format!(
        "From {} to {}, {}: {}, about {}; {} would be open now.",
        day(span.first),
        day(span.last),
        count(days, "day"),
        count(episodes.len(), "alert"),
        count(members, "account"),
        if open == 0 { "none".into() } else { open.to_string() },
    )
}

fn day(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

fn at(at: Timestamp) -> String {
    day(utc_date(at))
}

fn table(view: &Snapshot, episodes: &[Episode]) -> Table {
    let row = |one: &Episode| {
        let names = one.members.iter().map(|member| headline::name(view, &member.subject));
        let mut names: Vec<String> = names.take(4).collect();
        if one.members.len() > 3 {
            names[3] = format!("and {} more", one.members.len() - 3);
        }
        vec![
            Cell::Text(at(one.opened)),
            Cell::Text(names.join(", ")),
            Cell::Text(headline::what(&one.when, &one.members)),
            Cell::Text(one.ended.map_or("still open".into(), at)),
        ]
    };
    Table {
        title: "What it would have told of".into(),
        columns: ["When", "Whom", "What", "Over"].map(Column::words).into(),
        rows: episodes.iter().rev().take(ROWS_MAX).map(row).collect(),
        more: episodes.len().saturating_sub(ROWS_MAX),
    }
}

/// Days by which an alert about the account had begun before its decline; below zero when it did only after. `None` when
/// none did.
fn lead(episodes: &[Episode], account: &AccountId, decline: Decline) -> Option<i64> {
    let began = utc_midnight(decline.day);
    let of_it = |member: &&Member| member.subject.account() == Some(account);
    let members =
        episodes.iter().flat_map(|one| one.members.iter().filter(of_it).map(move |member| (one, member)));
    let fits = |(_, member): &(&Episode, &Member)| member.ended.is_none_or(|ended| ended >= began);
    let first = members.filter(fits).map(|(one, member)| one.opened.max(member.since)).min()?;
    Some(began.duration_since(first).as_hours() / 24)
}

fn leads(episodes: &[Episode], declines: &[(AccountId, Decline)]) -> String {
    let told = |(account, decline): &(AccountId, Decline)| lead(episodes, account, *decline);
    let mut days: Vec<i64> = declines.iter().filter_map(told).collect();
    days.sort_unstable();
    let in_time = days.iter().filter(|days| **days >= 0).count();
    let middle = days.get(days.len() / 2).map_or("never".into(), |days| lead_words(Some(*days)));
    format!(
        "Known declines: {}. Told in time: {}; in the middle of those it told of, {middle}.",
        declines.len(),
        in_time
    )
}

/// `5 days before`, `2 days after`, `on the day`, `never`.
fn lead_words(days: Option<i64>) -> String {
    let days_of = |days: i64| count(usize::try_from(days).unwrap_or(usize::MAX), "day");
    match days {
        None => "never".into(),
        Some(0) => "on the day".into(),
        Some(before) if before > 0 => format!("{} before", days_of(before)),
        Some(after) => format!("{} after", days_of(-after)),
    }
}

fn known(view: &Snapshot, episodes: &[Episode], declines: &[(AccountId, Decline)]) -> Table {
    let row = |(account, decline): &(AccountId, Decline)| {
        vec![
            Cell::Text(headline::name(view, &Subject::Account(account.clone()))),
            Cell::Text(day(decline.day)),
            Cell::Text(if decline.silent { "fell silent" } else { "fell by half or more" }.into()),
            Cell::Text(lead_words(lead(episodes, account, *decline))),
        ]
    };
    Table {
        title: "Known declines, and when it would have told them".into(),
        columns: ["Account", "Began", "What", "Told"].map(Column::words).into(),
        rows: declines.iter().take(ROWS_MAX).map(row).collect(),
        more: declines.len().saturating_sub(ROWS_MAX),
    }
}
