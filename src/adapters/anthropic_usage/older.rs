//! The older reports, for organisations without the analytics: by day, without calls, and cost by workspace alone.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;

use crate::adapters::anthropic::Fault;
use crate::config::AnthropicSource;
use crate::config::Holder;
use crate::domain::Currency;
use crate::domain::Grain;
use crate::domain::Window;

use super::analytics::same_currency;
use super::figure::{cents, count, instant, rows, text};
use super::gathered::{Counts, Gathered, Group};
use super::line::{Line, List};

const USAGE: &str = "/v1/organizations/usage_report/messages";
const COST: &str = "/v1/organizations/cost_report";
/// They are described for this version alone.
const VERSION: &str = "2023-06-01";
/// The most days that a page may hold.
const DAYS: u32 = 31;
/// They speak of this one endpoint.
const ENDPOINT: &str = "messages_api";
/// They do not say how fresh they are; minutes are usual, an hour is safe.
const FRESH_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What must be known about these figures.
pub(super) const NOTE: &str = "by the older reports: by day, and without calls";

/// All of a window of whole days, and up to when they are complete.
pub(super) async fn read(
    line: &Line,
    source: &AnthropicSource,
    currency: Currency,
    window: Window,
    now: Timestamp,
) -> Result<(Gathered, Timestamp), Fault> {
    let window = Window::new(Grain::Day.floor(window.from()), window.to()).unwrap_or(window);
    let mut gathered = Gathered::default();
    let mut details = vec!["workspace_id", "model"];
    if source.accounts.iter().any(|rule| rule.api_key.is_some()) {
        details.push("api_key_id");
    }
    let usage = |page: &Value| {
        each(page, |at, result| {
            let group = group(at, result, text(&result["api_key_id"]));
            gathered.counts(window, group, counts(result)?)
        })
    };
    line.pages(&list(USAGE, window, &details), usage).await?;
    let cost = |page: &Value| {
        each(page, |at, result| {
            same_currency(result, currency)?;
            gathered.add_cents(window, group(at, result, None), cents(&result["amount"])?)
        })
    };
    line.pages(&list(COST, window, &["workspace_id", "description"]), cost).await?;
    let today = Grain::Day.floor(now - FRESH_AFTER);
    Ok((gathered, today.min(window.to())))
}

fn list<'a>(path: &'a str, window: Window, details: &[&str]) -> List<'a> {
    let mut query = vec![
        ("starting_at", window.from().to_string()),
        ("ending_at", window.to().to_string()),
        ("bucket_width", "1d".to_owned()),
        ("limit", DAYS.to_string()),
    ];
    query.extend(details.iter().map(|name| ("group_by[]", (*name).to_owned())));
    List { path, version: VERSION, beta: None, query, cursor: ("page", "next_page") }
}

/// Each result of each day of a page.
fn each(page: &Value, mut take: impl FnMut(Timestamp, &Value) -> Result<(), Fault>) -> Result<(), Fault> {
    for day in rows(page)? {
        let at = instant(&day["starting_at"])?;
        let results = day["results"].as_array().ok_or(Fault::Garbled("a day holds no list"))?;
        results.iter().try_for_each(|result| take(at, result))?;
    }
    Ok(())
}

fn group(at: Timestamp, result: &Value, api_key: Option<String>) -> Group {
    let holder = Holder { workspace: text(&result["workspace_id"]), api_key, ..Holder::default() };
    Group { at, holder, product: Some(ENDPOINT.to_owned()), model: text(&result["model"]) }
}

fn counts(result: &Value) -> Result<Counts, Fault> {
    let written = &result["cache_creation"];
    let mut counts = Counts {
        requests: 0,
        total: 0,
        uncached: count(&result["uncached_input_tokens"])?,
        cache_read: count(&result["cache_read_input_tokens"])?,
        cache_write_short: count(&written["ephemeral_5m_input_tokens"])?,
        cache_write_long: count(&written["ephemeral_1h_input_tokens"])?,
        output: count(&result["output_tokens"])?,
        searches: count(&result["server_tool_use"]["web_search_requests"])?,
    };
    let parts = [
        counts.uncached,
        counts.cache_read,
        counts.cache_write_short,
        counts.cache_write_long,
        counts.output,
    ];
    counts.total = parts.into_iter().fold(0, u64::saturating_add);
    Ok(counts)
}
