//! What a call asks, and the words in which odd ones are refused.

use axum::http::HeaderMap;
use axum::http::Uri;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::KEY;

const BETA: &str = "analytics-usage-cost-2026-08-24";
const NEW: &str = "2026-10-21";
const OLD: &str = "2023-06-01";
const GROUPS: &[&str] =
    &["workspace_id", "model", "product", "user_profile_id", "api_key_id", "organization_id", "service_tier"];
const OLD_GROUPS: &[&str] = &["workspace_id", "model", "api_key_id", "service_tier"];

/// Status, type and message.
pub type Refusal = (u16, &'static str, String);

/// A call that is in order.
pub struct Asked {
    pub path: String,
    pairs: Vec<(String, String)>,
}

fn invalid(message: impl Into<String>) -> Refusal {
    (400, "invalid_request_error", message.into())
}

impl Asked {
    pub fn read(uri: &Uri, headers: &HeaderMap, now: Timestamp) -> Result<Self, Refusal> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header("x-api-key") != KEY {
            return Err((401, "authentication_error", "invalid x-api-key".into()));
        }
        if !header("user-agent").starts_with("etsm/") {
            return Err(invalid("the call does not say who calls"));
        }
        let pairs: Vec<(String, String)> = uri.query().map(decoded).unwrap_or_default();
        let asked = Self { path: uri.path().to_owned(), pairs };
        let version = header("anthropic-version");
        match asked.path.as_str() {
            "/v1/organizations/analytics/usage" | "/v1/organizations/analytics/cost" => {
                if version != NEW || header("anthropic-beta") != BETA {
                    return Err(invalid("the beta or the version is missing"));
                }
                asked.check_analytics(now)?;
            }
            "/v1/organizations/usage_report/messages" => {
                asked.check_older(version, OLD_GROUPS)?;
            }
            "/v1/organizations/cost_report" => {
                asked.check_older(version, &["workspace_id", "description"])?;
            }
            "/v1/organizations/workspaces" => {
                asked.only(&["after_id", "limit", "include_archived", "include_default"])?;
                asked.limit(1_000)?;
            }
            "/v1/models" => {
                asked.only(&["after_id", "limit"])?;
                asked.limit(1_000)?;
            }
            other => return Err((404, "not_found_error", format!("no {other} here"))),
        }
        Ok(asked)
    }

    /// The value of a parameter that stands once.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a list.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    pub fn at(&self, name: &str) -> Option<Timestamp> {
        self.one(name)?.parse().ok()
    }

    /// A page of things that are listed by id.
    pub fn listed(&self, all: &[Value]) -> Value {
        let limit: usize = self.one("limit").map_or(20, |text| text.parse().unwrap());
        let after = self.one("after_id");
        let begin = after.map_or(0, |id| all.iter().position(|one| one["id"] == id).unwrap() + 1);
        let page: Vec<&Value> = all[begin..].iter().take(limit).collect();
        let id = |one: Option<&&Value>| one.map_or(Value::Null, |one| one["id"].clone());
        let has_more = begin + page.len() < all.len();
        json!({"data": page, "has_more": has_more, "first_id": id(page.first()), "last_id": id(page.last())})
    }

    fn check_analytics(&self, now: Timestamp) -> Result<(), Refusal> {
        self.only(&[
            "starting_at",
            "ending_at",
            "time_bucket_width",
            "order_by",
            "order",
            "limit",
            "page",
            "group_by[]",
        ])?;
        self.limit(1_000)?;
        let from = self.at("starting_at").ok_or_else(|| invalid("starting_at: Field required"))?;
        let to = self.at("ending_at").ok_or_else(|| invalid("ending_at: Field required"))?;
        let days = |count: i64| SignedDuration::from_hours(24 * count);
        let first: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        if from < first || now.duration_since(from) > days(365) {
            return Err(invalid(format!("starting_at: {from} is too long ago")));
        }
        if to <= from || to.duration_since(from) > days(31) || to > now {
            return Err(invalid(format!("ending_at: {from} to {to} is no range of at most 31 days")));
        }
        if self.one("time_bucket_width") != Some("1h") || self.one("order_by") != Some("time") {
            return Err(invalid("this fake knows hours in the order of time alone"));
        }
        let groups = self.all("group_by[]");
        let mut once = groups.clone();
        once.sort_unstable();
        once.dedup();
        if groups.len() > 5 || once.len() != groups.len() || !groups.iter().all(|one| GROUPS.contains(one)) {
            return Err(invalid(format!("group_by: {groups:?}")));
        }
        Ok(())
    }

    fn check_older(&self, version: &str, groups: &[&str]) -> Result<(), Refusal> {
        if version != OLD {
            return Err(invalid("this report is described for 2023-06-01"));
        }
        self.only(&["starting_at", "ending_at", "bucket_width", "limit", "page", "group_by[]"])?;
        self.limit(31)?;
        if self.at("starting_at").is_none() || self.one("bucket_width") != Some("1d") {
            return Err(invalid("starting_at and days are needed"));
        }
        match self.all("group_by[]").iter().find(|given| !groups.contains(given)) {
            None => Ok(()),
            Some(odd) => Err(invalid(format!("group_by: {odd}"))),
        }
    }

    fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.pairs.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some((odd, _)) => Err(invalid(format!("{odd}: Extra inputs are not permitted"))),
        }
    }

    fn limit(&self, most: usize) -> Result<(), Refusal> {
        let limit = self.one("limit").map_or(Some(20), |text| text.parse().ok());
        let fits = limit.is_some_and(|limit| (1..=most).contains(&limit));
        if fits { Ok(()) } else { Err(invalid("limit: out of range")) }
    }
}

fn decoded(query: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned()
    };
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (plain(name), plain(value)));
    query.split('&').filter_map(pair).collect()
}
