//! `GET /api/v1/facts/{id}`: how a figure was made.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::BadFactId;
use crate::domain::FactKey;
use crate::engine::Receipt;
use crate::engine::ReceiptRow;
use crate::problem::Problem;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::WireUsed;
use super::answer;
use super::computed;
use super::openapi::Failures;

#[derive(Serialize, ToSchema)]
pub(super) struct WireReceipt {
    #[serde(flatten)]
    fresh: WireAsOf,
    /// Of the figure as it is now.
    id: String,
    /// The data version that the figure was asked of; the figure has been computed anew if it is another one.
    asked_version: u64,
    measure: String,
    account_id: Option<String>,
    endpoint: Option<String>,
    model: Option<String>,
    from: String,
    to: String,
    /// `null` when there is none, as a change without anything before.
    value: Option<f64>,
    unit: String,
    short: String,
    exact: String,
    /// How it is computed.
    method: String,
    /// Rows of usage behind it, newest first; some of them, if there are many.
    rows: Vec<WireReceiptRow>,
    rows_total: usize,
    /// Other figures that it is made of.
    parts: Vec<WirePartOf>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WirePartOf {
    label: String,
    id: String,
    value: Option<f64>,
    short: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireReceiptRow {
    hour: String,
    account_id: String,
    endpoint: String,
    model: Option<String>,
    #[serde(flatten)]
    used: WireUsed,
}

#[utoipa::path(
    get,
    path = "/api/v1/facts/{id}",
    tag = "Facts",
    summary = "How a figure was made, computed again",
    params(("id" = String, Path, description = "The figure’s id, as answers carry it")),
    responses((status = 200, description = "The receipt", body = WireReceipt), Failures),
)]
pub(crate) async fn show(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    Options::new(query, &[])?;
    let asked: FactKey = id.parse().map_err(|BadFactId| Problem::Unknown {
        what: "figure",
        given: id.chars().take(80).collect(),
        remedy: "Take its id from an answer, whole.".into(),
    })?;
    let snapshot = state.snapshot()?;
    let (desk, asker) = (state.desk.clone(), state.asker.clone());
    let version = asked.version;
    let receipt = computed(move || desk.receipt(&asker, &asked)).await?;
    Ok(answer(wire(WireAsOf::of(&snapshot), version, &receipt)))
}

fn wire(fresh: WireAsOf, asked_version: u64, receipt: &Receipt) -> WireReceipt {
    let Receipt { key, value, method, rows, rows_total, parts } = receipt;
    let text = |part: Option<&str>| part.map(str::to_owned);
    WireReceipt {
        fresh,
        id: key.to_string(),
        asked_version,
        measure: key.measure.to_string(),
        account_id: text(key.filter.account.as_ref().map(AsRef::as_ref)),
        endpoint: text(key.filter.endpoint.as_ref().map(AsRef::as_ref)),
        model: text(key.filter.model.as_ref().map(AsRef::as_ref)),
        from: key.window.from().to_string(),
        to: key.window.to().to_string(),
        value: value.as_f64(),
        unit: value.unit().to_owned(),
        short: value.short(),
        exact: value.exact(),
        method: method.clone(),
        rows: rows.iter().map(WireReceiptRow::from).collect(),
        rows_total: *rows_total,
        parts: parts
            .iter()
            .map(|(label, key, value)| WirePartOf {
                label: label.clone(),
                id: key.to_string(),
                value: value.as_f64(),
                short: value.short(),
            })
            .collect(),
    }
}

impl From<&ReceiptRow> for WireReceiptRow {
    fn from(row: &ReceiptRow) -> Self {
        Self {
            hour: row.hour.to_string(),
            account_id: row.account.to_string(),
            endpoint: row.endpoint.to_string(),
            model: row.model.as_ref().map(ToString::to_string),
            used: row.used.into(),
        }
    }
}
