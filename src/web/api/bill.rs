//! `GET /api/v1/accounts/{id}/reconciliation`: the bill of a month, held against what was metered.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answers::month_of;
use crate::domain::BillLine;
use crate::domain::BillParts;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::account_of;
use super::answer;
use super::openapi::Failures;

#[derive(Serialize, ToSchema)]
pub(super) struct WireBill {
    #[serde(flatten)]
    fresh: WireAsOf,
    account_id: String,
    currency: String,
    from: String,
    /// The end of the month, or of the data.
    to: String,
    /// Whether any price is set; without one all is `unpriced`.
    has_prices: bool,
    total: WireBillParts,
    /// By endpoint and model.
    lines: Vec<WireBillLine>,
}

/// Amounts in millionths of the currency's unit; all but `computed` sum to `billed` exactly.
#[derive(Serialize, ToSchema)]
pub(super) struct WireBillParts {
    billed: i64,
    /// At its prices, as if there were no cache.
    metered: i64,
    /// What the cache adds; below zero when it saves.
    cache: i64,
    /// Below zero when something came off.
    discount: i64,
    /// Usage for which no price is set on its day.
    unpriced: i64,
    unexplained: i64,
    /// Beside the bill, and in none of the others: what usage whose source told no cost came to at its prices.
    computed: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireBillLine {
    endpoint: String,
    model: Option<String>,
    api_calls: u64,
    /// Neither from a cache nor written to one.
    input_tokens: u64,
    output_tokens: u64,
    cached_tokens: u64,
    cache_write_tokens: u64,
    /// Tokens whose kind is not told.
    other_tokens: u64,
    searches: u64,
    amounts: WireBillParts,
}

#[utoipa::path(
    get,
    path = "/api/v1/accounts/{id}/reconciliation",
    tag = "Accounts",
    summary = "What was billed in a month, held against what was metered",
    params(
        ("id" = String, Path, description = "The account’s id"),
        ("month" = Option<String>, Query, description = "As 2026-03; that of the newest data if left out"),
    ),
    responses((status = 200, description = "The parts of the bill, which sum to it exactly", body = WireBill), Failures),
)]
pub(crate) async fn show(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["month"])?;
    let month = options.text("month").map(month_of).transpose()?;
    let account = account_of(&*state.snapshot()?, &id)?.id.clone();
    let bill = state.desk.bill(&state.asker, &account, month).await?;
    Ok(answer(WireBill {
        fresh: WireAsOf::of(&bill.snapshot),
        account_id: bill.account.to_string(),
        currency: bill.snapshot.currency().code().to_owned(),
        from: bill.month.from().to_string(),
        to: bill.month.to().to_string(),
        has_prices: bill.has_prices,
        total: bill.total.into(),
        lines: bill.lines.iter().map(WireBillLine::from).collect(),
    }))
}

impl From<BillParts> for WireBillParts {
    fn from(parts: BillParts) -> Self {
        Self {
            billed: parts.billed().micros,
            metered: parts.metered.micros,
            cache: parts.cache.micros,
            discount: parts.discount.micros,
            unpriced: parts.unpriced.micros,
            unexplained: parts.rest.micros,
            computed: parts.computed.micros,
        }
    }
}

impl From<&BillLine> for WireBillLine {
    fn from(line: &BillLine) -> Self {
        let charged = line.charged;
        Self {
            endpoint: line.endpoint.to_string(),
            model: line.model.as_ref().map(ToString::to_string),
            api_calls: charged.calls,
            input_tokens: charged.input,
            output_tokens: charged.output,
            cached_tokens: charged.cached,
            cache_write_tokens: charged.cache_write_short.saturating_add(charged.cache_write_long),
            other_tokens: charged.tokens,
            searches: charged.searches,
            amounts: line.parts.into(),
        }
    }
}
