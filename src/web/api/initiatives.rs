//! `GET /api/v1/initiatives`: all of them, with their logs.

use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;

use crate::domain::Initiative;
use crate::domain::InitiativeStatus;
use crate::domain::utc_date;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::answer;

#[derive(Serialize)]
struct WireInitiatives {
    #[serde(flatten)]
    fresh: WireAsOf,
    currency: String,
    initiatives: Vec<WireInitiative>,
}

#[derive(Serialize)]
struct WireInitiative {
    initiative_id: String,
    account_id: String,
    title: String,
    priority: &'static str,
    status: &'static str,
    owner: Option<String>,
    /// A year, in whole units of the currency.
    expected_revenue: Option<f64>,
    start: Option<String>,
    due: Option<String>,
    /// Open and past its due day.
    overdue: bool,
    target: Option<&'static str>,
    updates: Vec<WireUpdate>,
}

#[derive(Serialize)]
struct WireUpdate {
    at: String,
    author: String,
    text: String,
}

pub(crate) async fn list(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["account", "status", "owner"])?;
    let snapshot = state.snapshot()?;
    let account = options.account(&snapshot)?.map(|account| account.id.clone());
    let status: Option<InitiativeStatus> = options.parsed("status")?;
    let owner = options.text("owner").map(str::to_lowercase);
    let asked = |initiative: &&Initiative| {
        let theirs = initiative.owner.as_ref().map(|owner| owner.as_str().to_lowercase());
        account.as_ref().is_none_or(|account| initiative.account == *account)
            && status.is_none_or(|status| initiative.status == status)
            && (owner.is_none() || theirs == owner)
    };
    let today = utc_date(state.desk.clock().now());
    Ok(answer(WireInitiatives {
        fresh: WireAsOf::of(&snapshot),
        currency: snapshot.currency().code().to_owned(),
        initiatives: snapshot
            .initiatives()
            .filter(asked)
            .map(|initiative| WireInitiative {
                initiative_id: initiative.id.to_string(),
                account_id: initiative.account.to_string(),
                title: initiative.title.clone(),
                priority: initiative.priority.word(),
                status: initiative.status.word(),
                owner: initiative.owner.as_ref().map(ToString::to_string),
                expected_revenue: initiative.expected_revenue.map(crate::domain::Money::as_f64),
                start: initiative.start.map(|day| day.to_string()),
                due: initiative.due.map(|day| day.to_string()),
                overdue: initiative.is_overdue(today),
                target: initiative.target.map(crate::domain::Metric::word),
                updates: initiative
                    .updates
                    .iter()
                    .map(|update| WireUpdate {
                        at: update.at.to_string(),
                        author: update.author.to_string(),
                        text: update.text.clone(),
                    })
                    .collect(),
            })
            .collect(),
    }))
}
