//! `GET /api/v1/usage/rows`: usage as it was taken in, row by row, as a stream.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;

use axum::body::Body;
use axum::body::Bytes;
use axum::extract::Query;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::AccountId;
use crate::domain::Endpoint;
use crate::domain::UsageRow;
use crate::domain::Window;
use crate::store::Store;
use crate::store::StoreError;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::openapi::Failures;
use super::openapi::WindowOptions;

/// Bytes sent at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A row; the same columns import again.
#[derive(Serialize, ToSchema)]
pub(super) struct WireRow<'a> {
    timestamp: String,
    account_id: &'a str,
    endpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    api_calls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<u64>,
    tokens_used: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_tokens: Option<u64>,
    /// In whole units of the portfolio's currency.
    cost: f64,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
}

impl<'a> From<&'a UsageRow> for WireRow<'a> {
    fn from(row: &'a UsageRow) -> Self {
        Self {
            timestamp: row.at.to_string(),
            account_id: row.account.as_str(),
            endpoint: row.endpoint.as_str(),
            model: row.model.as_ref().map(AsRef::as_ref),
            api_calls: row.used.api_calls,
            errors: row.used.errors,
            tokens_used: row.used.tokens,
            input_tokens: row.tokens.input,
            output_tokens: row.tokens.output,
            cached_tokens: row.tokens.cached,
            cost: row.used.cost.as_f64(),
            source: row.source.as_str(),
            event_id: row.event.as_ref().map(AsRef::as_ref),
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/usage/rows",
    tag = "Usage",
    summary = "Usage as it was taken in, row by row",
    description = "Newline-delimited JSON, account by account and oldest first. What the stream holds imports again.",
    params(
        ("account" = Option<String>, Query, description = "Only of this account, by id"),
        ("endpoint" = Option<String>, Query, description = "Only of this endpoint"),
        WindowOptions,
    ),
    responses(
        (status = 200, description = "One row a line", body = WireRow, content_type = "application/x-ndjson"),
        Failures,
    ),
)]
pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["account", "endpoint", "range", "from", "to"])?;
    let snapshot = state.snapshot()?;
    let (window, _) = options.window(&snapshot)?;
    let accounts: Vec<AccountId> = match options.account(&snapshot)? {
        Some(account) => vec![account.id.clone()],
        None => snapshot.accounts().map(|account| account.id.clone()).collect(),
    };
    let endpoint = options.parsed("endpoint")?;
    let store = state.desk.store().clone();
    let wanted = Wanted { store, accounts: accounts.into(), ready: VecDeque::new(), window, endpoint };
    // A slow reader holds up the reading of the store, and nothing else.
    let stream = futures_util::stream::unfold(wanted, async |mut wanted| {
        let piece = wanted.next().await?;
        Some((Ok::<_, Infallible>(piece), wanted))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(stream)).into_response())
}

/// The rows that are still to be sent.
struct Wanted {
    store: Store,
    accounts: VecDeque<AccountId>,
    /// Printed, and not sent yet.
    ready: VecDeque<Bytes>,
    window: Window,
    endpoint: Option<Endpoint>,
}

impl Wanted {
    /// The next piece; account by account, each as it stands when its turn comes.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            let account = self.accounts.pop_front()?;
            match self.read(&account).await {
                Ok(rows) => self.ready = self.print(&rows).into(),
                Err(failed) => {
                    tracing::error!(error = %failed, "A stream of usage rows broke off");
                    // It ends in the middle; its last line says so.
                    self.accounts.clear();
                    return Some(Bytes::from_static(b"{\"error\":\"the database failed\"}\n"));
                }
            }
        }
    }

    async fn read(&self, account: &AccountId) -> Result<Vec<UsageRow>, StoreError> {
        let mut rows = Vec::new();
        let mut view = self.store.usage_view().await?;
        let only = std::slice::from_ref(account);
        view.each_account(Some(only), self.window.from(), |_account, of_account| rows = of_account).await?;
        Ok(rows)
    }

    fn print(&self, rows: &[UsageRow]) -> Vec<Bytes> {
        let fits = |row: &&UsageRow| {
            row.at < self.window.to() && self.endpoint.as_ref().is_none_or(|only| row.endpoint == *only)
        };
        let mut pieces = Vec::new();
        let mut text = String::new();
        for row in rows.iter().filter(fits) {
            let line = serde_json::to_string(&WireRow::from(row)).unwrap_or_default();
            let _infallible = writeln!(text, "{line}");
            if text.len() >= PIECE_BYTES {
                pieces.push(Bytes::from(std::mem::take(&mut text)));
            }
        }
        if !text.is_empty() {
            pieces.push(Bytes::from(text));
        }
        pieces
    }
}
