//! `/api/v1/alerts`: those that are not over, or in one state; to acknowledge and to keep quiet.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::alerts::Episode;
use crate::alerts::LogLine;
use crate::alerts::Member;
use crate::alerts::Subject;
use crate::answers::AlertAsked;
use crate::answers::Question;
use crate::domain::AlertState;
use crate::problem::Problem;
use crate::web::ask::Pairs;
use crate::web::ask::understand_with;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::answer;
use super::body::Body;
use super::openapi::Failures;

#[derive(Serialize, ToSchema)]
pub(super) struct WireAlerts {
    #[serde(flatten)]
    fresh: WireAsOf,
    alerts: Vec<WireAlert>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireAlert {
    alert_id: String,
    state: &'static str,
    rule: String,
    /// As it is typed in a rule.
    when: String,
    opened_at: String,
    /// `null` while quiet hours hold it back.
    told_at: Option<String>,
    ended_at: Option<String>,
    snoozed_until: Option<String>,
    /// Who looks after it.
    keeper: Option<String>,
    about: Vec<WireMember>,
    log: Vec<WireLine>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireMember {
    account_id: Option<String>,
    initiative_id: Option<String>,
    source: Option<String>,
    /// By the time of the data.
    since: String,
    until: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireLine {
    at: String,
    who: Option<String>,
    what: String,
    said: Option<String>,
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

impl From<&Episode> for WireAlert {
    fn from(one: &Episode) -> Self {
        Self {
            alert_id: one.id.to_string(),
            state: one.state.word(),
            rule: one.rule.clone(),
            when: one.when.to_string(),
            opened_at: one.opened.to_string(),
            told_at: time(one.told),
            ended_at: time(one.ended),
            snoozed_until: time(one.snoozed_until),
            keeper: one.keeper.clone(),
            about: one.members.iter().map(WireMember::from).collect(),
            log: one.log.iter().map(WireLine::from).collect(),
        }
    }
}

impl From<&Member> for WireMember {
    fn from(member: &Member) -> Self {
        let (initiative, source) = match &member.subject {
            Subject::Account(_) => (None, None),
            Subject::Initiative(_, id) => (Some(id.to_string()), None),
            Subject::Source(source) => (None, Some(source.to_string())),
        };
        Self {
            account_id: member.subject.account().map(ToString::to_string),
            initiative_id: initiative,
            source,
            since: member.since.to_string(),
            until: time(member.ended),
        }
    }
}

impl From<&LogLine> for WireLine {
    fn from(line: &LogLine) -> Self {
        let LogLine { at, who, what, said } = line.clone();
        Self { at: at.to_string(), who, what, said }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "Alerts",
    summary = "What needs someone: alerts with their logs, as far as they tell of your accounts",
    params(
        ("account" = Option<String>, Query, description = "Only about this account, by id"),
        ("status" = Option<String>, Query, description = "open, acknowledged, snoozed or recovered; all that are not over without it"),
    ),
    responses((status = 200, description = "The alerts, by number", body = WireAlerts), Failures),
)]
pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["account", "status"])?;
    let snapshot = state.snapshot()?;
    let account = options.account(&snapshot)?.map(|account| account.id.to_string());
    let status: Option<AlertState> = options.parsed("status")?;
    let found = state.alerts.listed(&state.desk, &state.asker, account.as_deref(), status).await?;
    let alerts = found.iter().map(WireAlert::from).collect();
    Ok(answer(WireAlerts { fresh: WireAsOf::of(&snapshot), alerts }))
}

/// What is being done about an alert.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acknowledged {
    /// What is being done; everyone who sees the alert sees it.
    #[serde(default)]
    text: String,
}

/// Until when it is kept quiet: `4h`, or a day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snoozed {
    /// For how long, as 4h or 2d, or until a day, as 2026-01-31.
    until: String,
}

#[utoipa::path(
    post,
    path = "/api/v1/alerts/{id}/ack",
    tag = "Alerts",
    summary = "Say that you look after an alert",
    params(("id" = String, Path, description = "The alert’s id, as alert-12")),
    request_body = Acknowledged,
    responses((status = 200, description = "As it stands now", body = WireAlert), Failures),
)]
pub(crate) async fn ack(
    state: Seat,
    Path(id): Path<String>,
    Body(typed): Body<Acknowledged>,
) -> Result<Response, ApiFailure> {
    order(&state, &id, "alert ack", ("text".to_owned(), typed.text)).await
}

#[utoipa::path(
    post,
    path = "/api/v1/alerts/{id}/snooze",
    tag = "Alerts",
    summary = "Keep an alert quiet for a while",
    params(("id" = String, Path, description = "The alert’s id, as alert-12")),
    request_body = Snoozed,
    responses((status = 200, description = "As it stands now", body = WireAlert), Failures),
)]
pub(crate) async fn snooze(
    state: Seat,
    Path(id): Path<String>,
    Body(typed): Body<Snoozed>,
) -> Result<Response, ApiFailure> {
    order(&state, &id, "alert snooze", ("until".to_owned(), typed.until)).await
}

/// Does it as the command does, and answers with the alert as it stands then.
async fn order(
    state: &Seat,
    id: &str,
    command: &str,
    option: (String, String),
) -> Result<Response, ApiFailure> {
    let question = understand_with(command, "id", id, vec![option])?;
    let Question::Alert(AlertAsked::Ack { id, .. } | AlertAsked::Snooze { id, .. }) = question else {
        let odd = anyhow::anyhow!("{command} was understood as another question");
        return Err(Problem::internal(odd).into());
    };
    state.ask(question).await?;
    let after = state.alerts.found(&state.desk, &state.asker, id).await?;
    Ok(answer(WireAlert::from(&after)))
}
