//! `GET /api/v1/usage`: a metric over time, split or compared.

use axum::extract::Query;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Serialize;
use serde_json::Number;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::Currency;
use crate::domain::Grain;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::Dimension;
use crate::engine::SeriesData;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::render::html::csv_cell;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::answer;
use super::computed;
use super::growth;
use super::openapi::Failures;
use super::openapi::WindowOptions;

const KNOWN: &[&str] =
    &["account", "endpoint", "model", "range", "from", "to", "grain", "by", "metric", "compare", "format"];
/// Points of one line: ten years of days, or a year of hours and some.
const POINTS_MAX: i64 = 10_000;
/// Parts of a split that are listed with their points.
const PARTS_MAX: usize = 50;

#[derive(Serialize, ToSchema)]
pub(super) struct WireUsage {
    #[serde(flatten)]
    fresh: WireAsOf,
    account_id: Option<String>,
    endpoint: Option<String>,
    model: Option<String>,
    metric: &'static str,
    unit: String,
    from: String,
    to: String,
    grain: &'static str,
    #[schema(value_type = f64)]
    total: Value,
    points: Vec<WirePoint>,
    /// The window before; absent with `compare=none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<WirePrevious>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    /// Largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<WirePart>,
    /// Parts that are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    more_parts: usize,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WirePoint {
    at: String,
    #[schema(value_type = f64)]
    value: Value,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WirePrevious {
    from: String,
    to: String,
    #[schema(value_type = f64)]
    total: Value,
    /// `null` when there was nothing before.
    change: Option<f64>,
    points: Vec<WirePoint>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WirePart {
    /// `null` for rows that do not say.
    name: Option<String>,
    #[schema(value_type = f64)]
    total: Value,
    points: Vec<WirePoint>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What is asked for.
struct Asked {
    filter: UsageFilter,
    metric: Metric,
    window: Window,
    grain: Grain,
    by: Option<Dimension>,
    compare: bool,
    currency: Currency,
}

impl Asked {
    fn read(options: &Options, snapshot: &Snapshot) -> Result<Self, Problem> {
        let account = options.account(snapshot)?.map(|account| account.id.clone());
        let filter =
            UsageFilter { account, endpoint: options.parsed("endpoint")?, model: options.parsed("model")? };
        let (window, usual) = options.window(snapshot)?;
        let grain = options.parsed("grain")?.unwrap_or(usual);
        grain.fits(window, POINTS_MAX).map_err(|words| Problem::option("grain", words))?;
        let by = match options.text("by") {
            None => None,
            Some("endpoint") => Some(Dimension::Endpoint),
            Some("model") => Some(Dimension::Model),
            Some("account") => Some(Dimension::Account),
            Some(other) => {
                let words = format!("“{other}” is not a split; use endpoint, model or account.");
                return Err(Problem::option("by", words));
            }
        };
        let compare = match options.text("compare") {
            None | Some("none") => false,
            Some("previous") => true,
            Some(other) => {
                let words = format!("“{other}” is not a comparison; use previous or none.");
                return Err(Problem::option("compare", words));
            }
        };
        let metric = options.parsed("metric")?.unwrap_or(Metric::ApiCalls);
        Ok(Self { filter, metric, window, grain, by, compare, currency: snapshot.currency() })
    }

    fn value(&self, raw: i64) -> Value {
        match self.metric {
            Metric::Cost => {
                Number::from_f64(Money::from_micros(raw).as_f64()).map_or(Value::Null, Value::Number)
            }
            Metric::ApiCalls | Metric::Tokens | Metric::Errors => Value::Number(raw.into()),
        }
    }

    fn points(&self, series: &SeriesData) -> Vec<WirePoint> {
        let pairs = series.buckets.iter().zip(&series.values);
        pairs
            .map(|(bucket, raw)| WirePoint { at: bucket.from().to_string(), value: self.value(*raw) })
            .collect()
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/usage",
    tag = "Usage",
    summary = "A metric over time, split or compared",
    params(
        ("account" = Option<String>, Query, description = "Only this account, by id"),
        ("endpoint" = Option<String>, Query, description = "Only this endpoint"),
        ("model" = Option<String>, Query, description = "Only this model"),
        WindowOptions,
        ("grain" = Option<String>, Query, description = "hour, day, week or month; what shows the window best if left out"),
        ("by" = Option<String>, Query, description = "Split by endpoint, model or account"),
        ("metric" = Option<String>, Query, description = "calls (if left out), tokens, cost or errors"),
        ("compare" = Option<String>, Query, description = "previous puts the window before beside it; none if left out"),
        ("format" = Option<String>, Query, description = "json (if left out) or csv"),
    ),
    responses((status = 200, description = "The series with its total; CSV with format=csv", body = WireUsage), Failures),
)]
pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, ApiFailure> {
    let options = Options::new(query, KNOWN)?;
    let csv = match options.text("format") {
        None | Some("json") => false,
        Some("csv") => true,
        Some(other) => {
            return Err(
                Problem::option("format", format!("“{other}” is not a format; use json or csv.")).into()
            );
        }
    };
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let asked = Asked::read(&options, &snapshot)?;
        Ok(wire(&snapshot, &asked))
    });
    let wire = wire.await?;
    if !csv {
        return Ok(answer(wire));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"etsm-usage.csv\""),
    ];
    Ok((headers, print_csv(&wire)).into_response())
}

fn wire(snapshot: &Snapshot, asked: &Asked) -> WireUsage {
    let series = snapshot.series(&asked.filter, asked.metric, asked.window, asked.grain);
    let previous = asked.compare.then(|| {
        let window = asked.window.previous();
        let before = snapshot.series(&asked.filter, asked.metric, window, asked.grain);
        WirePrevious {
            from: window.from().to_string(),
            to: window.to().to_string(),
            total: asked.value(before.total()),
            change: growth(series.total() as f64, before.total() as f64),
            points: asked.points(&before),
        }
    });
    let split =
        asked.by.map(|by| snapshot.split_series(&asked.filter, asked.metric, asked.window, asked.grain, by));
    let split = split.unwrap_or_default();
    WireUsage {
        fresh: WireAsOf::of(snapshot),
        account_id: asked.filter.account.as_ref().map(ToString::to_string),
        endpoint: asked.filter.endpoint.as_ref().map(ToString::to_string),
        model: asked.filter.model.as_ref().map(ToString::to_string),
        metric: asked.metric.word(),
        unit: Quantity::of(asked.metric, 0, asked.currency).unit().to_owned(),
        from: asked.window.from().to_string(),
        to: asked.window.to().to_string(),
        grain: asked.grain.word(),
        total: asked.value(series.total()),
        points: asked.points(&series),
        previous,
        by: asked.by.map(|by| match by {
            Dimension::Endpoint => "endpoint",
            Dimension::Model => "model",
            Dimension::Account => "account",
        }),
        more_parts: split.len().saturating_sub(PARTS_MAX),
        parts: split
            .into_iter()
            .take(PARTS_MAX)
            .map(|(name, series)| WirePart {
                name,
                total: asked.value(series.total()),
                points: asked.points(&series),
            })
            .collect(),
    }
}

/// One line for each point, and for each part when split.
fn print_csv(wire: &WireUsage) -> String {
    let mut out = match wire.by {
        Some(by) => format!("at,{by},{}\r\n", wire.metric),
        None => format!("at,{}\r\n", wire.metric),
    };
    if wire.by.is_none() {
        for point in &wire.points {
            out.push_str(&format!("{},{}\r\n", point.at, point.value));
        }
    }
    for part in &wire.parts {
        let name = csv_cell(part.name.as_deref().unwrap_or_default());
        for point in &part.points {
            out.push_str(&format!("{},{name},{}\r\n", point.at, point.value));
        }
    }
    out
}
