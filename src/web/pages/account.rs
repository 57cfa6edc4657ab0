//! `/accounts/{id}` and below: one account, its usage, its health, what we do with it and what was noted.

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;

use crate::answers::Question;
use crate::answers::Since;
use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Money;
use crate::domain::Note;
use crate::domain::Quantity;
use crate::problem::Problem;
use crate::render::words;
use crate::reply::AsOf;

use crate::web::ask::Pairs;
use crate::web::ask::Tile;
use crate::web::ask::understand_with;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::links::escape;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::state::WebState;

use super::answer;
use super::answer::Crumb;
use super::answer::Tab;

/// Notes on the overview, newest first.
const NOTES_MAX: usize = 12;

#[derive(Template)]
#[template(path = "pages/account.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    /// Name and value, as `Plan` and `scale`; the values may be hostile text.
    details: Vec<(&'static str, String)>,
    crumbs: Vec<Crumb>,
    tabs: Vec<Tab>,
    health: Tile,
    usage: Tile,
    initiatives: Tile,
    /// What must be known to read the tiles right, each once.
    caveats: Vec<String>,
    notes: Vec<Note>,
    more_notes: usize,
}

impl AccountPage {
    fn when(&self, note: &Note) -> String {
        words::instant(note.at)
    }
}

pub(crate) async fn overview(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    if let Some((name, _)) = query.first() {
        let message = format!("The overview takes no option “{name}”. The pages behind it do.");
        return Err(Problem::option(name, message).into());
    }
    let snapshot = state.snapshot()?;
    let account = known(&state, &id)?;
    let line = |command: &str| format!("{command} account:\"{}\"", account.id);
    let (health_line, usage_line, list_line) = (line("health"), line("usage"), line("initiative list"));
    let (mut health, mut usage, mut initiatives) =
        tokio::join!(state.tile(&health_line), state.tile(&usage_line), state.tile(&list_line));
    let mut caveats: Vec<String> = Vec::new();
    for caveat in
        [&mut health, &mut usage, &mut initiatives].into_iter().flat_map(|tile| tile.caveats.drain(..))
    {
        if !caveats.contains(&caveat) {
            caveats.push(caveat);
        }
    }
    let mut frame = Frame::new(&state, Place::Accounts, account.name.clone())
        .dated(AsOf { data_until: snapshot.as_of(), version: snapshot.version() });
    if usage.live {
        frame = frame.script("charts.js");
    }
    let all = snapshot.notes(&account.id);
    Ok(page(&AccountPage {
        frame,
        details: details(&account, |amount| Quantity::Money(amount, snapshot.currency()).exact()),
        crumbs: up(None),
        tabs: tabs(&account.id, "overview"),
        caveats,
        notes: all.iter().rev().take(NOTES_MAX).cloned().collect(),
        more_notes: all.len().saturating_sub(NOTES_MAX),
        account,
        health,
        usage,
        initiatives,
    }))
}

pub(crate) async fn usage(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let account = known(&state, &id)?;
    let question = understand_with("usage", "account", account.id.as_str(), query)?;
    let call = question.call();
    let Question::Usage { range, .. } = &question else { return Err(super::mismatch()) };
    let path = format!("/accounts/{}/usage", escape(account.id.as_str()));
    let here = Here { path: &path, call: &call, in_path: Some("account") };
    let fields = ["endpoint", "range", "by", "metric", "compare"];
    let around = answer::Around {
        crumbs: up(Some(&account)),
        tabs: tabs(&account.id, "usage"),
        pills: vec![here.ranges(*range)],
        form: Some(Form::new(&state, &path, &call, &fields)),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Accounts, &question, &answer, around))
}

pub(crate) async fn health(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let account = known(&state, &id)?;
    let question = understand_with("health", "account", account.id.as_str(), query)?;
    let call = question.call();
    let path = format!("/accounts/{}/health", escape(account.id.as_str()));
    let around = answer::Around {
        crumbs: up(Some(&account)),
        tabs: tabs(&account.id, "health"),
        form: Some(Form::new(&state, &path, &call, &["since"])),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Accounts, &question, &answer, around))
}

pub(crate) async fn why(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let account = known(&state, &id)?;
    let question = understand_with("why", "account", account.id.as_str(), query)?;
    let Question::Why { account: asked, since, until } = &question else { return Err(super::mismatch()) };
    let path = format!("/accounts/{}/why", escape(account.id.as_str()));
    // The form shows days; so long before is counted back from the newest data.
    let day = |since: Since| state.snapshot().ok()?.as_of().map(|as_of| Since::Day(since.day(as_of)));
    let shown = Question::Why {
        account: asked.clone(),
        since: day(*since).unwrap_or(*since),
        until: until.and_then(day),
    };
    let around = answer::Around {
        crumbs: up(Some(&account)),
        tabs: tabs(&account.id, "why"),
        form: Some(Form::new(&state, &path, &shown.call(), &["since", "until"])),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Accounts, &question, &answer, around))
}

pub(crate) async fn history(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let account = known(&state, &id)?;
    let question = understand_with("history", "account", account.id.as_str(), query)?;
    let mut call = question.call();
    if let (Question::History { range, .. }, None) = (&question, call.option("range")) {
        // The form shows the range that is meant.
        call.options.push(("range".into(), range.to_string()));
    }
    let path = format!("/accounts/{}/history", escape(account.id.as_str()));
    let around = answer::Around {
        crumbs: up(Some(&account)),
        tabs: tabs(&account.id, "history"),
        form: Some(Form::new(&state, &path, &call, &["range"])),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Accounts, &question, &answer, around))
}

/// The account of a path, which holds its id.
pub(super) fn known(state: &WebState, id: &str) -> Result<Account, Problem> {
    let snapshot = state.snapshot()?;
    let account = id.parse::<AccountId>().ok().and_then(|id| snapshot.account(&id).cloned());
    account.ok_or_else(|| Problem::UnknownAccount { given: id.to_owned(), nearest: None })
}

pub(super) fn up(account: Option<&Account>) -> Vec<Crumb> {
    let all = Crumb { href: "/accounts".into(), label: "Accounts".into() };
    let own = account.map(|account| Crumb {
        href: format!("/accounts/{}", escape(account.id.as_str())),
        label: account.name.clone(),
    });
    std::iter::once(all).chain(own).collect()
}

pub(super) fn tabs(id: &AccountId, current: &str) -> Vec<Tab> {
    let base = format!("/accounts/{}", escape(id.as_str()));
    let tab = |label: &'static str, word: &str, below: &str| Tab {
        label,
        href: format!("{base}{below}"),
        current: word == current,
    };
    vec![
        tab("Overview", "overview", ""),
        tab("Usage", "usage", "/usage"),
        tab("Health", "health", "/health"),
        tab("Why", "why", "/why"),
        tab("History", "history", "/history"),
        tab("Anomalies", "anomalies", "/anomalies"),
        tab("Forecast", "forecast", "/forecast"),
    ]
}

fn details(account: &Account, money: impl Fn(Money) -> String) -> Vec<(&'static str, String)> {
    let mut all = vec![("Id", account.id.to_string())];
    all.extend(account.owner.as_ref().map(|owner| ("Owner", owner.to_string())));
    all.extend(account.segment.clone().map(|segment| ("Segment", segment)));
    all.extend(account.plan.clone().map(|plan| ("Plan", plan)));
    if let Some(contract) = account.contract {
        all.push(("Commit", format!("{} per {}", money(contract.commit), contract.period)));
        all.extend(contract.renewal.map(|day| ("Renewal", words::day(day))));
    }
    if !account.tags.is_empty() {
        all.push(("Tags", account.tags.join(", ")));
    }
    all.push(("Status", account.status.to_string()));
    all
}
