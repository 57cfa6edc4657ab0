//! The analytics: usage and cost by hour, grouped alike, so that the two can be joined.

use jiff::Timestamp;
use serde_json::Value;

use crate::adapters::anthropic::Fault;
use crate::config::AnthropicSource;
use crate::config::Holder;
use crate::domain::Currency;
use crate::domain::Window;

use super::figure::{cents, count, instant, rows, text};
use super::gathered::{Cents, Counts, Gathered, Group};
use super::line::{Line, List};

const USAGE: &str = "/v1/organizations/analytics/usage";
const COST: &str = "/v1/organizations/analytics/cost";
/// They are a beta; the name tells which one is meant.
const BETA: &str = "analytics-usage-cost-2026-08-24";
/// The most rows that a page may hold.
const ROWS: u32 = 1_000;

/// All of a window, and up to when the far side knows it.
pub(super) async fn read(
    line: &Line,
    source: &AnthropicSource,
    currency: Currency,
    window: Window,
) -> Result<(Gathered, Timestamp), Fault> {
    let mut gathered = Gathered::default();
    let mut refreshed = window.to();
    let usage = |page: &Value, gathered: &mut Gathered| {
        for row in rows(page)? {
            gathered.counts(window, group(row)?, counts(&row["usage"])?)?;
        }
        Ok(())
    };
    let cost = |page: &Value, gathered: &mut Gathered| {
        for row in rows(page)? {
            gathered.cents(window, group(row)?, amounts(&row["cost"], currency)?)?;
        }
        Ok(())
    };
    let mut take = |page: &Value, read: &dyn Fn(&Value, &mut Gathered) -> Result<(), Fault>| {
        refreshed = refreshed.min(instant(&page["data_refreshed_at"])?);
        read(page, &mut gathered)
    };
    line.pages(&list(USAGE, source, window), |page| take(page, &usage)).await?;
    line.pages(&list(COST, source, window), |page| take(page, &cost)).await?;
    Ok((gathered, refreshed))
}

fn list<'a>(path: &'a str, source: &'a AnthropicSource, window: Window) -> List<'a> {
    let mut query = vec![
        ("starting_at", window.from().to_string()),
        ("ending_at", window.to().to_string()),
        ("time_bucket_width", "1h".to_owned()),
        // By time and not by size: what comes in meanwhile is at the end, and moves no page.
        ("order_by", "time".to_owned()),
        ("order", "asc".to_owned()),
        ("limit", ROWS.to_string()),
    ];
    query.extend(dimensions(source).into_iter().map(|name| ("group_by[]", name.to_owned())));
    List { path, version: &source.version, beta: Some(BETA), query, cursor: ("page", "next_page") }
}

/// What is told apart: no more than the rules need, since five are the most.
pub(super) fn dimensions(source: &AnthropicSource) -> Vec<&'static str> {
    let mut all = vec!["workspace_id", "model", "product"];
    let rules = &source.accounts;
    if rules.iter().any(|rule| rule.user_profile.is_some()) {
        all.push("user_profile_id");
    }
    if rules.iter().any(|rule| rule.api_key.is_some()) {
        all.push("api_key_id");
    }
    if rules.iter().any(|rule| rule.organization.is_some()) {
        all.push("organization_id");
    }
    all
}

fn group(row: &Value) -> Result<Group, Fault> {
    let group = &row["group"];
    let holder = Holder {
        workspace: text(&group["workspace_id"]),
        user_profile: text(&group["user_profile_id"]),
        api_key: text(&group["api_key_id"]),
        organization: text(&group["organization_id"]),
        ..Holder::default()
    };
    let at = instant(&row["starting_at"])?;
    Ok(Group { at, holder, product: text(&group["product"]), model: text(&group["model"]) })
}

fn counts(usage: &Value) -> Result<Counts, Fault> {
    let written = &usage["cache_creation"];
    Ok(Counts {
        requests: count(&usage["requests"])?,
        total: count(&usage["total_tokens"])?,
        uncached: count(&usage["uncached_input_tokens"])?,
        cache_read: count(&usage["cache_read_input_tokens"])?,
        cache_write_short: count(&written["ephemeral_5m_input_tokens"])?,
        cache_write_long: count(&written["ephemeral_1h_input_tokens"])?,
        output: count(&usage["output_tokens"])?,
        searches: count(&usage["server_tool_use"]["web_search_requests"])?,
    })
}

fn amounts(cost: &Value, currency: Currency) -> Result<Cents, Fault> {
    same_currency(cost, currency)?;
    let list = &cost["list_amount"];
    let list = if list.is_null() { None } else { Some(cents(list)?) };
    Ok(Cents { billed: cents(&cost["amount"])?, list })
}

/// Amounts of two currencies cannot be added.
pub(super) fn same_currency(cost: &Value, currency: Currency) -> Result<(), Fault> {
    const OTHER: Fault = Fault::Garbled(
        "its amounts are in another currency than this portfolio; set data.currency to theirs",
    );
    if cost["currency"].as_str() == Some(currency.code()) { Ok(()) } else { Err(OTHER) }
}
