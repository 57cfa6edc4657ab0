//! `/anomalies`: what is unusual over all accounts, or of one.

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;

use crate::answers::Question;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::ask::understand_with;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::links::escape;
use crate::web::page::Failure;
use crate::web::page::Place;
use crate::web::state::WebState;

use super::account;
use super::answer;

pub(crate) async fn show(
    State(state): State<WebState>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let question = understand("anomalies", query)?;
    let call = question.call();
    let Question::Anomalies { range, .. } = &question else { return Err(super::mismatch()) };
    let here = Here { path: "/anomalies", call: &call, in_path: None };
    let around = answer::Around {
        pills: vec![here.ranges(*range), here.words("Metric", "metric", "calls")],
        form: Some(Form::new(&state, "/anomalies", &call, &["account"])),
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Anomalies, &question, &answer, around))
}

pub(crate) async fn of_account(
    State(state): State<WebState>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let account = account::known(&state, &id)?;
    let question = understand_with("anomalies", "account", account.id.as_str(), query)?;
    let call = question.call();
    let Question::Anomalies { range, .. } = &question else { return Err(super::mismatch()) };
    let path = format!("/accounts/{}/anomalies", escape(account.id.as_str()));
    let here = Here { path: &path, call: &call, in_path: Some("account") };
    let around = answer::Around {
        crumbs: account::up(Some(&account)),
        tabs: account::tabs(&account.id, "anomalies"),
        pills: vec![here.ranges(*range), here.words("Metric", "metric", "calls")],
        ..answer::Around::default()
    };
    let answer = state.ask(question.clone()).await?;
    Ok(answer::show(&state, Place::Accounts, &question, &answer, around))
}
