//! What an alert says in a few words, and the figures behind it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::AlertWhen;
use crate::config::Budget;
use crate::config::UnusualSide;
use crate::domain::AccountId;
use crate::domain::AlertState;
use crate::domain::Bound;
use crate::domain::Fact;
use crate::domain::Grain;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::Snapshot;
use crate::reply::FactLine;

use super::episode::{Episode, Member};
use super::measure::period;
use super::subject::Subject;

/// `Open: Acme — at risk`. Names in it are hostile text.
pub(super) fn title(snapshot: &Snapshot, episode: &Episode) -> String {
    let whom = match episode.members.as_slice() {
        [one] => name(snapshot, &one.subject),
        _ if matches!(episode.when, AlertWhen::Silent(_)) => "Several sources".into(),
        _ if matches!(episode.when, AlertWhen::Idle(_) | AlertWhen::Overdue) => "Several initiatives".into(),
        _ => "Several accounts".into(),
    };
    format!("{}: {whom} — {}", state(episode.state), what(&episode.when, &episode.members))
}

pub(super) fn state(state: AlertState) -> &'static str {
    match state {
        AlertState::Open => "Open",
        AlertState::Acknowledged => "Acknowledged",
        AlertState::Snoozed => "Snoozed",
        AlertState::Recovered => "Recovered",
    }
}

/// What people call a subject.
pub(super) fn name(snapshot: &Snapshot, subject: &Subject) -> String {
    let account =
        |id: &AccountId| snapshot.account(id).map_or(id.to_string(), |account| account.name.clone());
    match subject {
        Subject::Account(id) => account(id),
        Subject::Initiative(id, initiative) => {
            let title = snapshot.initiative(initiative).map_or(initiative.as_str(), |one| one.title.as_str());
            format!("{} — {title}", account(id))
        }
        Subject::Source(source) => format!("Source {source}"),
    }
}

/// What is the matter, in a few words.
pub(super) fn what(when: &AlertWhen, members: &[Member]) -> String {
    match when {
        AlertWhen::Band(band) => format!("health is {band}"),
        AlertWhen::Score(limit) => format!("health score below {limit}"),
        AlertWhen::Drop { .. } => "health score falls".into(),
        AlertWhen::Unusual { metric, side, .. } => match side {
            UnusualSide::Below => format!("{} below usual", metric.word()),
            UnusualSide::Above => format!("{} above usual", metric.word()),
            UnusualSide::Off => format!("{} off what is usual", metric.word()),
        },
        AlertWhen::Spend { budget, .. } => {
            let level = members.iter().map(|member| member.level).max().unwrap_or(0);
            format!("{level}% of {} spent", budget_words(*budget))
        }
        AlertWhen::Forecast { above: true, budget } => {
            format!("expected to end above {}", budget_words(*budget))
        }
        AlertWhen::Forecast { above: false, budget } => {
            format!("expected to end below {}", budget_words(*budget))
        }
        AlertWhen::Idle(_) => "nothing was written about it for long".into(),
        AlertWhen::Overdue => "overdue".into(),
        AlertWhen::Silent(_) => "has not delivered".into(),
        AlertWhen::Churn(_) => "may fall silent".into(),
    }
}

fn budget_words(budget: Budget) -> &'static str {
    match budget {
        Budget::Commitment => "the commitment",
        Budget::Monthly(_) => "the month's budget",
    }
}

/// The figures behind it of one account, the first one the most important.
pub(super) fn figures(snapshot: &Snapshot, when: &AlertWhen, id: &AccountId) -> Vec<FactLine> {
    let (Some(as_of), Some(account)) = (snapshot.as_of(), snapshot.account(id)) else { return Vec::new() };
    let state = Range::DEFAULT.window(as_of);
    let filter = UsageFilter::of(id.clone());
    let line = |label: &str, measure, window| line(snapshot, label, measure, &filter, window);
    let lines = match when {
        AlertWhen::Band(_) | AlertWhen::Score(_) => vec![
            line("Health score", Measure::HealthScore, state),
            line("Change over 30 days", Measure::ScoreChange, state),
        ],
        AlertWhen::Drop { within, .. } => {
            let window = Window::ending(as_of, within.length());
            let label = format!("Change over {}", within.words());
            vec![
                line("Health score", Measure::HealthScore, state),
                line(&label, Measure::ScoreChange, window),
            ]
        }
        AlertWhen::Unusual { metric, .. } => unusual(snapshot, id, *metric),
        AlertWhen::Spend { budget, .. } => {
            let period = period(*budget, account, as_of).map(|(period, _)| period);
            let past = period.and_then(|period| Window::new(period.from(), period.to().min(as_of)));
            vec![
                past.and_then(|past| line("Spent in the period", Measure::Sum(Metric::Cost), past)),
                line("Commitment", Measure::Commitment, state),
                period.and_then(|period| {
                    line("Expected at its end", Measure::Expected(Metric::Cost, Bound::Middle), period)
                }),
            ]
        }
        AlertWhen::Forecast { budget, .. } => {
            let period = period(*budget, account, as_of).map(|(period, _)| period);
            let expected = |label: &str, bound| {
                period.and_then(|period| line(label, Measure::Expected(Metric::Cost, bound), period))
            };
            vec![
                expected("Expected at the end of the period", Bound::Middle),
                expected("At least", Bound::Low),
                expected("At most", Bound::High),
                line("Commitment", Measure::Commitment, state),
            ]
        }
        AlertWhen::Idle(_) | AlertWhen::Overdue => vec![
            line("Overdue initiatives of the account", Measure::InitiativesOverdue, state),
            line("Health score", Measure::HealthScore, state),
        ],
        AlertWhen::Churn(_) => vec![
            line("May fall silent within 90 days", Measure::ChurnProbability, state),
            line("Health score", Measure::HealthScore, state),
        ],
        AlertWhen::Silent(_) => Vec::new(),
    };
    lines.into_iter().flatten().collect()
}

/// What is unusual where the data end; the newest day where nothing is any more.
fn unusual(snapshot: &Snapshot, id: &AccountId, metric: Metric) -> Vec<Option<FactLine>> {
    let filter = UsageFilter::of(id.clone());
    let end = snapshot.forecast_from(&filter);
    let found = [Grain::Hour, Grain::Day].iter().find_map(|grain| {
        let watched = snapshot.watched(id, metric, *grain)?;
        watched.anomalies.iter().rev().find(|one| one.is_open).map(|one| one.window)
    });
    let day = || Grain::Day.around(end - jiff::SignedDuration::from_hours(24));
    let window = found.unwrap_or_else(day);
    let measured = line(snapshot, metric.title(), Measure::Sum(metric), &filter, window).map(|line| {
        let change = snapshot.fact(Measure::Unusual(metric), &filter, window);
        FactLine { change, ..line }
    });
    let since = format!("Usual since {}", instant(window.from()));
    vec![measured, line(snapshot, &since, Measure::Usual(metric, Bound::Middle), &filter, window)]
}

/// What it cost while it lasted: the use of that time beside the time before, and how the score moved.
pub(super) fn costs(snapshot: &Snapshot, member: &Member, now: Timestamp) -> Vec<FactLine> {
    let (Some(id), Some(window)) = (member.subject.account(), member.window(now)) else { return Vec::new() };
    let Some(known) = snapshot.as_of().and_then(|as_of| Window::new(window.from(), window.to().min(as_of)))
    else {
        return Vec::new();
    };
    let filter = UsageFilter::of(id.clone());
    let calls = line(snapshot, "API calls while it lasted", Measure::Sum(Metric::ApiCalls), &filter, known);
    let calls = calls.map(|line| {
        let change: Option<Fact> = snapshot.fact(Measure::Change(Metric::ApiCalls), &filter, known);
        FactLine { change, more_is_good: Some(true), ..line }
    });
    let score = line(snapshot, "Health score while it lasted", Measure::ScoreChange, &filter, known);
    calls.into_iter().chain(score).collect()
}

fn line(
    snapshot: &Snapshot,
    label: &str,
    measure: Measure,
    filter: &UsageFilter,
    window: Window,
) -> Option<FactLine> {
    let fact = snapshot.fact(measure, filter, window)?;
    Some(FactLine { label: label.into(), fact, change: None, more_is_good: None })
}

/// `22 Nov 2026 14:00 UTC`.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y %H:%M UTC").to_string()
}
