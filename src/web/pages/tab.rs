//! The pages below `/accounts/{id}`: each is the answer to one command about the account.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;

use crate::answers::Question;
use crate::answers::Since;
use crate::domain::Account;
use crate::domain::AccountId;
use crate::problem::Problem;

use crate::web::ask::Pairs;
use crate::web::ask::understand_with;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::links::escape;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::seat::Seat;

use super::answer;
use super::answer::Around;
use super::answer::Crumb;
use super::answer::Tab;

pub(crate) async fn usage(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    show(&state, &id, "usage", query, |here, question| {
        let kept = ["grain", "by", "metric", "compare"];
        let form = Form::new(&state, here.path, here.call, &["endpoint", "range"]).keeping(here.call, &kept);
        Around { pills: here.of(question), form: Some(form), ..Around::default() }
    })
    .await
}

pub(crate) async fn health(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    show(&state, &id, "health", query, |here, _question| Around {
        form: Some(Form::new(&state, here.path, here.call, &["since"])),
        ..Around::default()
    })
    .await
}

pub(crate) async fn why(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    // The form shows days; so long before is counted back from the newest data.
    let day = |since: Since| state.snapshot().ok()?.as_of().map(|as_of| Since::Day(since.day(as_of)));
    show(&state, &id, "why", query, |here, question| {
        let mut shown = question.clone();
        if let Question::Why { since, until, .. } = &mut shown {
            *since = day(*since).unwrap_or(*since);
            *until = until.and_then(day);
        }
        let form = Form::new(&state, here.path, &shown.call(), &["since", "until"]);
        Around { form: Some(form), ..Around::default() }
    })
    .await
}

pub(crate) async fn history(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    show(&state, &id, "history", query, |here, question| {
        let mut call = here.call.clone();
        if let (Question::History { range, .. }, None) = (question, call.option("range")) {
            // The form shows the range that is meant.
            call.options.push(("range".into(), range.to_string()));
        }
        Around { form: Some(Form::new(&state, here.path, &call, &["range"])), ..Around::default() }
    })
    .await
}

pub(crate) async fn anomalies(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    show(&state, &id, "anomalies", query, |here, question| Around {
        pills: here.of(question),
        ..Around::default()
    })
    .await
}

pub(crate) async fn forecast(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    show(&state, &id, "forecast", query, |here, question| Around {
        pills: here.of(question),
        ..Around::default()
    })
    .await
}

/// Asks a command about the account of the path; `around` says what stands around the answer besides the way up and the
/// tabs.
async fn show(
    state: &Seat,
    id: &str,
    command: &str,
    query: Pairs,
    around: impl FnOnce(&Here<'_>, &Question) -> Around,
) -> Result<Response, Failure> {
    let account = known(state, id)?;
    let question = understand_with(command, "account", account.id.as_str(), query)?;
    let around = {
        let (path, call) = (format!("/accounts/{}/{command}", escape(account.id.as_str())), question.call());
        let here = Here { path: &path, call: &call, in_path: Some("account") };
        let around = around(&here, &question);
        Around { crumbs: up(Some(&account)), tabs: tabs(&account.id, command), ..around }
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(state, Place::Accounts, &question, &answer, around))
}

/// The account of a path, which holds its id.
pub(super) fn known(state: &Seat, id: &str) -> Result<Account, Problem> {
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
        tab("Cost", "cost", "/cost"),
        tab("Health", "health", "/health"),
        tab("Why", "why", "/why"),
        tab("History", "history", "/history"),
        tab("Anomalies", "anomalies", "/anomalies"),
        tab("Forecast", "forecast", "/forecast"),
    ]
}
