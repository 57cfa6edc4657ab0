//! Statements, grouped and paged as a report tells them.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;
use serde_json::json;

use super::asked::Asked;
use super::truth::Statement;

const DIMENSIONS: &[&str] = &[
    "actor",
    "actor_type",
    "agent_id",
    "api_key_id",
    "claude_tag_category",
    "claude_tag_user_id",
    "context_window",
    "deployment_id",
    "environment_id",
    "inference_geo",
    "model",
    "organization_id",
    "product",
    "rbac_group_id",
    "service_tier",
    "session_id",
    "slack_channel_id",
    "speed",
    "user_profile_id",
    "workspace_id",
];

/// The answer to a report that is in order.
pub fn page(asked: &Asked, truth: &[Statement], refreshed: Timestamp) -> Value {
    match asked.path.rsplit('/').next().unwrap() {
        "usage" => analytics(asked, truth, refreshed, "usage", usage),
        "cost" => analytics(asked, truth, refreshed, "cost", cost),
        "messages" => days(asked, truth, refreshed, &["workspace_id", "model", "api_key_id"], older_usage),
        "cost_report" => days(asked, truth, refreshed, &["workspace_id", "model"], older_cost),
        other => panic!("no report {other}"),
    }
}

fn dimension(statement: &Statement, name: &str) -> Option<String> {
    match name {
        "workspace_id" => statement.workspace.clone(),
        "user_profile_id" => statement.profile.clone(),
        "api_key_id" => statement.key.clone(),
        "product" => statement.product.clone(),
        "model" => statement.model.clone(),
        _ => None,
    }
}

/// Statements that are known by now and fit, by their bucket and group.
fn grouped<'a>(
    asked: &Asked,
    truth: &'a [Statement],
    refreshed: Timestamp,
    groups: &[&str],
    width: SignedDuration,
) -> BTreeMap<(Timestamp, Vec<Option<String>>), Vec<&'a Statement>> {
    let (from, to) = (asked.at("starting_at").unwrap(), asked.at("ending_at").unwrap());
    let mut all: BTreeMap<_, Vec<&Statement>> = BTreeMap::new();
    for one in truth.iter().filter(|one| from <= one.at && one.at < to && one.at < refreshed) {
        let ms = one.at.as_millisecond();
        let bucket = Timestamp::from_millisecond(ms - ms.rem_euclid(width.as_millis() as i64)).unwrap();
        let group = groups.iter().map(|name| dimension(one, name)).collect();
        all.entry((bucket, group)).or_default().push(one);
    }
    all
}

fn analytics(
    asked: &Asked,
    truth: &[Statement],
    refreshed: Timestamp,
    name: &str,
    figures: fn(&[&Statement]) -> Value,
) -> Value {
    let hour = SignedDuration::from_hours(1);
    let names = asked.all("group_by[]");
    let all = grouped(asked, truth, refreshed, &names, hour);
    let row = |((at, group), statements): (&(Timestamp, Vec<Option<String>>), &Vec<&Statement>)| {
        let mut told: serde_json::Map<String, Value> =
            DIMENSIONS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        for (name, value) in names.iter().zip(group) {
            told.insert((*name).to_owned(), json!(value));
        }
        json!({"starting_at": at.to_string(), "ending_at": (*at + hour).to_string(), "group": told, name: figures(statements)})
    };
    let rows: Vec<Value> = all.iter().map(row).collect();
    paged(asked, &rows, json!(refreshed.to_string()))
}

/// A page of rows; the cursor is where the next one begins.
fn paged(asked: &Asked, rows: &[Value], refreshed: Value) -> Value {
    let limit: usize = asked.one("limit").map_or(20, |text| text.parse().unwrap());
    let begin: usize =
        asked.one("page").map_or(0, |page| page.strip_prefix("page_").unwrap().parse().unwrap());
    let end = rows.len().min(begin + limit);
    let has_more = end < rows.len();
    let next = has_more.then(|| format!("page_{end}"));
    json!({"data": rows[begin..end], "has_more": has_more, "next_page": next, "data_refreshed_at": refreshed})
}

fn days(
    asked: &Asked,
    truth: &[Statement],
    refreshed: Timestamp,
    groups: &[&str],
    figures: fn(&[&Statement], &mut Value) -> Vec<Value>,
) -> Value {
    let day = SignedDuration::from_hours(24);
    let asks = asked.all("group_by[]");
    let names: Vec<&str> = groups
        .iter()
        .copied()
        .filter(|name| asks.contains(name) || (*name == "model" && asks.contains(&"description")))
        .collect();
    let all = grouped(asked, truth, refreshed, &names, day);
    let (mut at, to) = (asked.at("starting_at").unwrap(), asked.at("ending_at").unwrap());
    let mut buckets = Vec::new();
    while at < to {
        let results: Vec<Value> = all
            .iter()
            .filter(|((bucket, _), _)| *bucket == at)
            .flat_map(|((_, group), statements)| {
                let mut result = json!({
                    "api_key_id": null, "workspace_id": null, "model": null, "service_tier": null,
                    "context_window": null, "inference_geo": null, "account_id": null, "service_account_id": null,
                });
                for (name, value) in names.iter().zip(group) {
                    // The default workspace has no id here.
                    result[*name] = json!(value.as_ref().filter(|id| *id != "wrkspc_default"));
                }
                figures(statements, &mut result)
            })
            .collect();
        buckets.push(
            json!({"starting_at": at.to_string(), "ending_at": (at + day).to_string(), "results": results}),
        );
        at += day;
    }
    let mut page = paged(asked, &buckets, Value::Null);
    page.as_object_mut().unwrap().remove("data_refreshed_at");
    page
}

fn sum(statements: &[&Statement], of: fn(&Statement) -> u64) -> u64 {
    statements.iter().map(|one| of(one)).sum()
}

fn tokens(statements: &[&Statement]) -> Value {
    json!({
        "uncached_input_tokens": sum(statements, |one| one.uncached),
        "cache_read_input_tokens": sum(statements, |one| one.cache_read),
        "cache_creation": {
            "ephemeral_1h_input_tokens": sum(statements, |one| one.cache_write_long),
            "ephemeral_5m_input_tokens": sum(statements, |one| one.cache_write_short),
        },
        "output_tokens": sum(statements, |one| one.output),
        "server_tool_use": {"web_search_requests": sum(statements, |one| one.searches)},
    })
}

fn usage(statements: &[&Statement]) -> Value {
    let mut usage = tokens(statements);
    usage["requests"] = json!(sum(statements, |one| one.requests));
    usage["total_tokens"] = json!(sum(statements, Statement::total));
    usage
}

fn cost(statements: &[&Statement]) -> Value {
    let cents: Decimal = statements.iter().map(|one| one.cents).sum();
    let list: Decimal = statements.iter().map(|one| one.list_cents).sum();
    json!({"amount": cents.to_string(), "list_amount": list.to_string(), "currency": "USD", "requests": null})
}

fn older_usage(statements: &[&Statement], result: &mut Value) -> Vec<Value> {
    for (name, value) in tokens(statements).as_object().unwrap() {
        result[name] = value.clone();
    }
    vec![result.clone()]
}

/// Two results for each group, as the report tells kinds of tokens apart.
fn older_cost(statements: &[&Statement], result: &mut Value) -> Vec<Value> {
    let cents: Decimal = statements.iter().map(|one| one.cents).sum();
    let input = (cents / Decimal::from(3)).round_dp(5);
    let part = |kind: &str, amount: Decimal| {
        let mut part = result.clone();
        part["amount"] = json!(amount.to_string());
        part["currency"] = json!("USD");
        part["cost_type"] = json!("tokens");
        part["token_type"] = json!(kind);
        part["description"] = json!(format!("Usage - {kind}"));
        part
    };
    vec![part("uncached_input_tokens", input), part("output_tokens", cents - input)]
}
