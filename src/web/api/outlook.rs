//! `GET /api/v1/accounts/{id}/forecast` and `…/anomalies`.

use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::AccountId;
use crate::domain::Anomaly;
use crate::domain::Bound;
use crate::domain::Grain;
use crate::domain::Horizon;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::Quantity;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::ExpectedDay;
use crate::engine::Snapshot;
use crate::engine::TooLittle;
use crate::engine::watched_by;
use crate::problem::Problem;
use crate::web::ask::Pairs;
use crate::web::seat::Seat;

use super::ApiFailure;
use super::Options;
use super::WireAsOf;
use super::account_of;
use super::answer;
use super::computed;
use super::openapi::Failures;
use super::openapi::WindowOptions;

#[derive(Serialize, ToSchema)]
pub(super) struct WireForecast {
    #[serde(flatten)]
    fresh: WireAsOf,
    account_id: String,
    metric: &'static str,
    unit: String,
    horizon_days: u16,
    /// The data end here; what comes after is forecast.
    from: String,
    /// Set when no forecast can be made.
    too_little_data: Option<WireLittle>,
    /// The sum over the horizon.
    total: Option<WireSum>,
    /// How far totals of as many days lay off on average; `null` when not known.
    total_error: Option<f64>,
    /// The calendar month in which the forecast begins: measured so far and expected of the rest.
    month: Option<WireSum>,
    /// What the forecast is the weighted median of.
    methods: Vec<WireMethod>,
    /// Earlier points of the history at which these methods were tried.
    trials: usize,
    days: Vec<WireForecastDay>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireMethod {
    method: &'static str,
    season_days: usize,
    /// The weights sum to 1.
    weight: f64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireLittle {
    have: usize,
    need: usize,
}

impl From<TooLittle> for WireLittle {
    fn from(little: TooLittle) -> Self {
        Self { have: little.have, need: little.need }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireSum {
    from: String,
    to: String,
    mean: f64,
    lo80: f64,
    hi80: f64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireForecastDay {
    day: String,
    mean: f64,
    lo80: f64,
    hi80: f64,
    lo95: f64,
    hi95: f64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireAnomalies {
    #[serde(flatten)]
    fresh: WireAsOf,
    account_id: String,
    metric: &'static str,
    grain: &'static str,
    from: String,
    to: String,
    /// `normal`, `unusual`, `too_little_data` or `not_in_yet`: how it stands where the data end.
    verdict: &'static str,
    too_little_data: Option<WireLittle>,
    /// Newest first.
    anomalies: Vec<WireAnomaly>,
    points: Vec<WireWatchedPoint>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireAnomaly {
    from: String,
    to: String,
    open: bool,
    /// `spike`, `level_shift`, `flat`, `silence`, `burst` or `novel`.
    kind: String,
    direction: &'static str,
    measured: f64,
    usual: f64,
    score: f64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WireWatchedPoint {
    at: String,
    value: f64,
    usual: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    alert: bool,
}

/// Raw sums as plain numbers; money in whole units.
struct Plain<'a> {
    snapshot: &'a Snapshot,
    metric: Metric,
}

impl Plain<'_> {
    fn number(&self, raw: i64) -> f64 {
        Quantity::of(self.metric, raw, self.snapshot.currency()).as_f64().unwrap_or(0.0)
    }

    fn sum(&self, filter: &UsageFilter, window: Window) -> Option<WireSum> {
        let value = |bound| {
            let fact = self.snapshot.fact(Measure::Expected(self.metric, bound), filter, window)?;
            fact.value.as_f64()
        };
        Some(WireSum {
            from: window.from().to_string(),
            to: window.to().to_string(),
            mean: value(Bound::Middle)?,
            lo80: value(Bound::Low)?,
            hi80: value(Bound::High)?,
        })
    }

    fn day(&self, one: &ExpectedDay) -> WireForecastDay {
        WireForecastDay {
            day: one.day.first_day().to_string(),
            mean: self.number(one.middle),
            lo80: self.number(one.inner.0),
            hi80: self.number(one.inner.1),
            lo95: self.number(one.outer.0),
            hi95: self.number(one.outer.1),
        }
    }

    fn anomaly(&self, one: &Anomaly) -> WireAnomaly {
        WireAnomaly {
            from: one.window.from().to_string(),
            to: one.window.to().to_string(),
            open: one.is_open,
            kind: one.kind.word().replace(' ', "_"),
            direction: if one.is_rise { "up" } else { "down" },
            measured: self.number(one.measured),
            usual: self.number(one.usual),
            score: one.score,
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/accounts/{id}/forecast",
    tag = "Accounts",
    summary = "What is expected of the coming days",
    params(
        ("id" = String, Path, description = "The account’s id"),
        ("metric" = Option<String>, Query, description = "calls (if left out), tokens, cost or errors"),
        ("horizon" = Option<String>, Query, description = "How far ahead: 1d to 90d, or weeks as 4w; 30d if left out"),
    ),
    responses((status = 200, description = "Days with bands, the total and the month", body = WireForecast), Failures),
)]
pub(crate) async fn forecast(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["metric", "horizon"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let account = account_of(&snapshot, &id)?.id.clone();
        let metric = options.parsed::<Metric>("metric")?.unwrap_or(Metric::ApiCalls);
        let horizon = options.parsed::<Horizon>("horizon")?.unwrap_or(Horizon::DEFAULT);
        snapshot.as_of().ok_or(Problem::NoData)?;
        Ok(expectation(&snapshot, account, metric, horizon))
    });
    Ok(answer(wire.await?))
}

fn expectation(snapshot: &Snapshot, account: AccountId, metric: Metric, horizon: Horizon) -> WireForecast {
    let filter = UsageFilter::of(account.clone());
    let plain = Plain { snapshot, metric };
    let from = snapshot.forecast_from(&filter);
    let days = snapshot.expected_days(&filter, metric, horizon);
    let ahead = horizon.window(from);
    let fresh = WireAsOf::of(snapshot);
    let (methods, trials) = snapshot.forecast_methods(&filter, metric);
    let method = |(method, season_days, weight)| WireMethod { method, season_days, weight };
    let error = snapshot.fact(Measure::ForecastError(metric), &filter, ahead);
    WireForecast {
        fresh,
        account_id: account.to_string(),
        metric: metric.word(),
        unit: Quantity::of(metric, 0, snapshot.currency()).unit().to_owned(),
        horizon_days: horizon.days(),
        from: from.to_string(),
        total: plain.sum(&filter, ahead).filter(|_| days.is_ok()),
        total_error: error.and_then(|fact| fact.value.as_f64()),
        month: plain.sum(&filter, Grain::Month.around(from)).filter(|_| days.is_ok()),
        too_little_data: days.as_ref().err().map(|little| WireLittle::from(*little)),
        methods: methods.into_iter().map(method).collect(),
        trials,
        days: days.unwrap_or_default().iter().map(|one| plain.day(one)).collect(),
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/accounts/{id}/anomalies",
    tag = "Accounts",
    summary = "What is unusual against the account’s own rhythm",
    params(
        ("id" = String, Path, description = "The account’s id"),
        ("metric" = Option<String>, Query, description = "calls (if left out), tokens, cost or errors"),
        WindowOptions,
    ),
    responses((status = 200, description = "The verdict, what is unusual, and all points", body = WireAnomalies), Failures),
)]
pub(crate) async fn anomalies(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, ApiFailure> {
    let options = Options::new(query, &["metric", "range", "from", "to"])?;
    let snapshot = state.snapshot()?;
    let wire = computed(move || {
        let account = account_of(&snapshot, &id)?.id.clone();
        let metric = options.parsed::<Metric>("metric")?.unwrap_or(Metric::ApiCalls);
        let (window, _) = options.window(&snapshot)?;
        Ok(unusual(&snapshot, &account, metric, watched_by(window), window))
    });
    Ok(answer(wire.await?))
}

fn unusual(
    snapshot: &Snapshot,
    account: &AccountId,
    metric: Metric,
    grain: Grain,
    window: Window,
) -> WireAnomalies {
    let plain = Plain { snapshot, metric };
    let watched = snapshot.watched(account, metric, grain);
    let inside = |other: Window| other.to() > window.from() && other.from() < window.to();
    let (mut anomalies, mut points) = (Vec::new(), Vec::new());
    if let Some(watched) = &watched {
        let found = watched.anomalies.iter().rev().filter(|one| inside(one.window));
        anomalies.extend(found.map(|one| plain.anomaly(one)));
        let shown = watched.points.iter().filter(|point| inside(point.window));
        points.extend(shown.map(|point| WireWatchedPoint {
            at: point.window.from().to_string(),
            value: plain.number(point.value),
            usual: point.usual.map(|usual| plain.number(usual.middle)),
            low: point.usual.map(|usual| plain.number(usual.low)),
            high: point.usual.map(|usual| plain.number(usual.high)),
            alert: point.is_alert,
        }));
    }
    WireAnomalies {
        fresh: WireAsOf::of(snapshot),
        account_id: account.to_string(),
        metric: metric.word(),
        grain: grain.word(),
        from: window.from().to_string(),
        to: window.to().to_string(),
        verdict: watched.as_ref().map_or("too_little_data", |watched| watched.standing.key()),
        too_little_data: watched.as_ref().and_then(|watched| watched.little).map(WireLittle::from),
        anomalies,
        points,
    }
}
