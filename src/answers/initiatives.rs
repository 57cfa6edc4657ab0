//! `initiative list`: what we do together with accounts, those that need something first.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Initiative;
use crate::domain::InitiativeStatus;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::Range;
use crate::domain::Role;
use crate::domain::UsageFilter;
use crate::problem::Problem;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::FactLine;
use crate::reply::Pick;
use crate::reply::Prose;
use crate::reply::Table;
use crate::reply::TimelineChart;
use crate::reply::TimelineRow;

use super::follow_ups::{self, action};
use super::forms;
use super::question::Question;
use super::reading::{LIST_ROWS_MAX, ROWS_MAX, Reading, capital, day_words};
use super::spell::account_path;

/// An initiative due within so many days asks for attention.
const SOON_DAYS: i64 = 14;
/// Rows of a timeline; more could not be read in a chat picture.
const TIMELINE_ROWS_MAX: usize = 12;

/// A resolved question for initiatives.
#[derive(Debug, Clone)]
pub(super) struct ListAsked {
    pub(super) account: Option<AccountId>,
    pub(super) status: Option<InitiativeStatus>,
    pub(super) owner: Option<String>,
}

impl ListAsked {
    fn question(&self) -> Question {
        Question::InitiativeList {
            account: self.account.as_ref().map(ToString::to_string),
            status: self.status,
            owner: self.owner.clone(),
        }
    }

    /// The open ones when no status is given.
    fn holds(&self, one: &Initiative) -> bool {
        let status = self.status.map_or_else(|| one.is_open(), |status| one.status == status);
        let account = self.account.as_ref().is_none_or(|account| one.account == *account);
        let owner = self.owner.as_ref().is_none_or(|owner| {
            one.owner.as_ref().is_some_and(|person| person.as_str().to_lowercase() == owner.to_lowercase())
        });
        status && account && owner
    }
}

/// What an initiative needs, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Overdue,
    Blocked,
    DueSoon,
    Nothing,
    Closed,
}

fn need(one: &Initiative, today: Date) -> Need {
    let soon = today.saturating_add(SOON_DAYS.days());
    match one.status {
        _ if !one.is_open() => Need::Closed,
        _ if one.is_overdue(today) => Need::Overdue,
        InitiativeStatus::Blocked => Need::Blocked,
        _ if one.due.is_some_and(|due| due <= soon) => Need::DueSoon,
        _ => Need::Nothing,
    }
}

pub(super) fn list(reading: &Reading<'_>, asked: &ListAsked) -> Result<Answer, Problem> {
    let today = reading.today();
    let whose = asked.account.as_ref().map_or("Portfolio", |id| reading.name(id));
    let mut answer = reading.answer(format!("{whose} — initiatives"), &asked.question());
    answer.actions = actions(reading, asked);
    answer.picks.push(statuses(asked));
    let mut listed: Vec<&Initiative> =
        reading.snapshot.initiatives().filter(|one| asked.holds(one)).collect();
    listed.sort_by(|one, two| {
        let due = |one: &Initiative| (one.due.is_none(), one.due);
        let urgent = need(one, today).cmp(&need(two, today));
        urgent.then(due(one).cmp(&due(two))).then(two.priority.cmp(&one.priority)).then(one.id.cmp(&two.id))
    });
    // Facts count the initiatives of an account or of all, not of an owner: beside one owner's list they would mislead.
    let lines = if asked.owner.is_some() { Vec::new() } else { headlines(reading, asked) };
    if !lines.is_empty() {
        answer.blocks.push(Block::Facts(lines));
    }
    if listed.is_empty() {
        answer.blocks.push(Block::Text(nothing(asked)));
        return Ok(answer);
    }
    answer.blocks.push(Block::Table(table(reading, asked, &listed, today)));
    let title = format!("{whose} — initiatives");
    answer.blocks.extend(timeline(reading, title, &listed));
    Ok(answer)
}

fn headlines(reading: &Reading<'_>, asked: &ListAsked) -> Vec<FactLine> {
    let filter = UsageFilter { account: asked.account.clone(), ..UsageFilter::default() };
    // Without usage there is no end of the data; initiatives stand on their own.
    let window = Reading::state_at(reading.snapshot.as_of().unwrap_or(reading.now));
    let counted = |status: InitiativeStatus| (heading(Some(status)), Measure::InitiativesIn(status));
    // What was asked for comes first.
    let mut measures: Vec<(&str, Measure)> = asked.status.into_iter().map(counted).collect();
    measures.push(("Open", Measure::InitiativesOpen));
    measures.push(("Overdue", Measure::InitiativesOverdue));
    if asked.status != Some(InitiativeStatus::Blocked) {
        measures.push(counted(InitiativeStatus::Blocked));
    }
    measures.push(("Expected revenue of the open ones", Measure::RevenueExpected));
    measures
        .into_iter()
        .filter_map(|(label, measure)| reading.line(label, measure, &filter, window))
        .collect()
}

/// What a list of this status is headed with.
fn heading(status: Option<InitiativeStatus>) -> &'static str {
    match status {
        None => "Those that need something first",
        Some(InitiativeStatus::Planned) => "Planned",
        Some(InitiativeStatus::Active) => "Active",
        Some(InitiativeStatus::Blocked) => "Blocked",
        Some(InitiativeStatus::Done) => "Done",
        Some(InitiativeStatus::Cancelled) => "Cancelled",
    }
}

fn nothing(asked: &ListAsked) -> Prose {
    let status = asked.status.map_or("open", InitiativeStatus::word);
    let mut words = Prose::plain(format!("There are no {status} initiatives"));
    if let Some(owner) = &asked.owner {
        words = words.and(" of ").outside(owner);
    }
    let account = asked.account.as_ref().map_or("acme", |id| id.as_str());
    words.and(". Write one down with ").code(format!("initiative add {account} \"Title\"")).and(".")
}

fn table(reading: &Reading<'_>, asked: &ListAsked, listed: &[&Initiative], today: Date) -> Table {
    let with_account = asked.account.is_none();
    let mut columns = vec![Column::words("Id"), Column::words("Initiative")];
    if with_account {
        columns.push(Column::words("Account"));
    }
    columns.extend(["Status", "Needs", "Priority", "Due", "Owner"].map(Column::words));
    columns.push(Column::figures("Revenue"));
    let row = |one: &&Initiative| {
        let path = Question::InitiativeShow { id: one.id.to_string() }.path().unwrap_or_default();
        let mut cells = vec![Cell::Link { text: one.id.to_string(), path }, Cell::Text(one.title.clone())];
        if with_account {
            let text = reading.snapshot.account(&one.account).map_or(one.account.as_str(), |who| &who.name);
            cells.push(Cell::Link { text: text.to_owned(), path: account_path(one.account.as_str()) });
        }
        let needs = match need(one, today) {
            Need::Overdue => Cell::Text("overdue".into()),
            Need::Blocked => Cell::Text("unblocking".into()),
            Need::DueSoon => Cell::Text("due soon".into()),
            Need::Nothing | Need::Closed => Cell::Nothing,
        };
        cells.extend([
            Cell::Status(one.status),
            needs,
            Cell::Text(one.priority.to_string()),
            one.due.map_or(Cell::Nothing, |due| Cell::Text(day_words(due))),
            one.owner.as_ref().map_or(Cell::Nothing, |owner| Cell::Text(owner.to_string())),
            one.expected_revenue.map_or(Cell::Nothing, |_| Cell::Text(revenue_words(reading, one))),
        ]);
        cells
    };
    Table {
        title: heading(asked.status).into(),
        columns,
        rows: listed.iter().take(LIST_ROWS_MAX).map(row).collect(),
        more: listed.len().saturating_sub(LIST_ROWS_MAX),
    }
}

/// The revenue as it was written down: a statement of a person like the title, not a figure of the engine.
fn revenue_words(reading: &Reading<'_>, one: &Initiative) -> String {
    let revenue = one.expected_revenue;
    revenue.map_or("not stated".into(), |money| Quantity::Money(money, reading.snapshot.currency()).exact())
}

/// The initiatives against the calendar; nothing when none that would be drawn has a day to stand at.
fn timeline(reading: &Reading<'_>, title: String, listed: &[&Initiative]) -> Option<Block> {
    let drawn = &listed[..listed.len().min(TIMELINE_ROWS_MAX)];
    if drawn.iter().all(|one| one.start.is_none() && one.due.is_none()) {
        return None;
    }
    let today = reading.today();
    let row = |one: &&Initiative| {
        let who = match &one.owner {
            Some(owner) => format!("{owner} · {}", one.status),
            None => one.status.to_string(),
        };
        TimelineRow {
            title: one.title.clone(),
            note: who,
            start: one.start,
            due: one.due,
            status: one.status,
            overdue: one.is_overdue(today),
        }
    };
    let mut description = format!("{title} against the calendar; today is {}.", day_words(today));
    if let Some(first) = listed.first().filter(|one| one.is_overdue(today)) {
        description.push_str(&format!(" Overdue: {}.", first.title));
    }
    Some(Block::Chart(ChartSpec::Timeline(TimelineChart {
        title,
        subtitle: format!("today is {}", day_words(today)),
        description,
        today,
        rows: drawn.iter().map(row).collect(),
    })))
}

fn actions(reading: &Reading<'_>, asked: &ListAsked) -> Vec<Action> {
    let mine = ListAsked { owner: Some("me".into()), ..asked.clone() };
    let mut actions = vec![action("Mine", &mine.question(), asked.owner.as_deref() == Some("me"))];
    let may_write = reading.role >= Role::Manager;
    match &asked.account {
        Some(id) => {
            actions.push(follow_ups::health(id.as_str()));
            let new = ("account", id.as_str());
            actions.extend(may_write.then(|| forms::button("New initiative…", "initiative add", new)));
        }
        None => actions.push(follow_ups::portfolio(Range::DEFAULT)),
    }
    actions
}

/// A select of how the listed ones stand.
fn statuses(asked: &ListAsked) -> Pick {
    let with = |status| ListAsked { status, ..asked.clone() }.question();
    let mut options = vec![action("Open", &with(None), asked.status.is_none())];
    for status in InitiativeStatus::ALL {
        let current = asked.status == Some(*status);
        options.push(action(&capital(status.word()), &with(Some(*status)), current));
    }
    Pick { label: "Status".into(), options }
}

/// `initiative show`: one initiative with its log. `done` is said first, after a change.
pub(super) fn show(reading: &Reading<'_>, one: &Initiative, done: Option<&str>) -> Answer {
    let question = Question::InitiativeShow { id: one.id.to_string() };
    let mut answer = reading.answer(format!("{} — {}", one.id, one.title), &question);
    if reading.snapshot.as_of().is_none() {
        answer.as_of = AsOf { data_until: None, version: reading.snapshot.version() };
    }
    if let Some(done) = done {
        answer.blocks.push(Block::Text(Prose::plain(done)));
    }
    answer.blocks.push(Block::Table(card(reading, one)));
    let facts = account_facts(reading, one);
    if !facts.is_empty() {
        answer.blocks.push(Block::Facts(facts));
    }
    answer.blocks.push(match log(one) {
        Some(log) => Block::Table(log),
        None => Block::Text(
            Prose::plain("Nothing is in its log yet. Add a line with ")
                .code(format!("initiative update {} text:\"…\"", one.id))
                .and("."),
        ),
    });
    let title = format!("{} — {}", one.id, one.title);
    answer.blocks.extend(timeline(reading, title, &[one]));
    answer.actions = show_actions(reading, one);
    answer
}

fn card(reading: &Reading<'_>, one: &Initiative) -> Table {
    let account = reading.snapshot.account(&one.account).map_or(one.account.as_str(), |who| &who.name);
    let link = Cell::Link { text: account.to_owned(), path: account_path(one.account.as_str()) };
    let words = |text: Option<String>| text.map_or(Cell::Nothing, Cell::Text);
    let is_overdue = one.is_overdue(reading.today());
    let due = one.due.map(|due| day_words(due) + if is_overdue { " (overdue)" } else { "" });
    let fields = [
        ("Account", link),
        ("Status", Cell::Status(one.status)),
        ("Priority", Cell::Text(one.priority.to_string())),
        ("Owner", words(one.owner.as_ref().map(ToString::to_string))),
        ("Start", words(one.start.map(day_words))),
        ("Due", words(due)),
        ("Expected revenue per year", words(one.expected_revenue.map(|_| revenue_words(reading, one)))),
        ("Should move", words(one.target.map(|metric| metric.title().to_owned()))),
    ];
    let rows = fields.into_iter().filter(|(_, cell)| *cell != Cell::Nothing);
    Table {
        title: "Initiative".into(),
        columns: vec![Column::words("What"), Column::words("How it stands")],
        rows: rows.map(|(name, cell)| vec![Cell::Text(name.into()), cell]).collect(),
        more: 0,
    }
}

/// How the account does: its health, and the metric that the initiative should move.
fn account_facts(reading: &Reading<'_>, one: &Initiative) -> Vec<FactLine> {
    let Ok(window) = reading.state() else { return Vec::new() };
    let filter = UsageFilter::of(one.account.clone());
    let metric = one.target.unwrap_or(Metric::ApiCalls);
    let mut facts = Vec::new();
    facts.extend(reading.line("Health score of the account", Measure::HealthScore, &filter, window));
    facts.extend(reading.sum_line(metric, &filter, window, true).map(|line| FactLine {
        label: format!("{} of the account, {}", line.label, Range::DEFAULT.words()),
        ..line
    }));
    facts
}

/// The log, newest first.
fn log(one: &Initiative) -> Option<Table> {
    let row = |update: &crate::domain::InitiativeUpdate| {
        vec![
            Cell::Text(super::reading::instant_words(update.at)),
            Cell::Text(update.author.to_string()),
            Cell::Text(update.text.clone()),
        ]
    };
    (!one.updates.is_empty()).then(|| Table {
        title: "Log".into(),
        columns: ["When", "Who", "What"].map(Column::words).into(),
        rows: one.updates.iter().rev().take(ROWS_MAX).map(row).collect(),
        more: one.updates.len().saturating_sub(ROWS_MAX),
    })
}

fn show_actions(reading: &Reading<'_>, one: &Initiative) -> Vec<Action> {
    let account = one.account.as_str();
    let list = Question::InitiativeList { account: Some(account.into()), status: None, owner: None };
    let mut actions = vec![action("All of this account", &list, false), follow_ups::health(account)];
    if reading.role >= Role::Manager && one.is_open() {
        let id = ("id", one.id.as_str());
        actions.push(forms::button("Update…", "initiative update", id));
        actions.push(forms::button("Close…", "initiative close", id));
    }
    actions
}
