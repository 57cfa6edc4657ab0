//! `/chart/{kind}.svg|png|csv`: the chart of a question as a file.

use axum::extract::Path;
use axum::extract::Query;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;

use crate::problem::Problem;
use crate::render::chart;
use crate::render::chart::Palette;
use crate::render::html;
use crate::reply::ChartSpec;

use super::ask::Pairs;
use super::ask::understand;
use super::links::chart_command;
use super::page::Failure;
use super::seat::Seat;

/// A picture of its own brings its colours in a style block; nothing else may come with it.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
/// Pixels for one unit of the drawing: 1200 × 630.
const SCALE: f32 = 1.0;

pub(super) async fn show(
    state: Seat,
    Path(file): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let (kind, ending) = file.rsplit_once('.').unwrap_or((file.as_str(), ""));
    let command = chart_command(kind).ok_or_else(|| unknown(&file))?;
    let (own, query): (Pairs, Pairs) = query.into_iter().partition(|(name, _)| name == "theme");
    let palette = palette(&own)?;
    let answer = state.ask(understand(command, query)?).await?;
    let spec = answer.chart().cloned().ok_or_else(|| Problem::Unknown {
        what: "chart",
        given: answer.title,
        remedy: "There is nothing to draw in this answer.".into(),
    })?;
    match ending {
        "svg" => Ok(svg(&spec, palette)),
        "png" => Ok(png(spec, palette, kind).await?),
        "csv" => Ok(csv(&spec, kind)),
        _ => Err(unknown(&file).into()),
    }
}

fn unknown(file: &str) -> Problem {
    Problem::Unknown {
        what: "chart",
        given: file.chars().take(80).collect(),
        remedy:
            "There are usage, health, why, history, portfolio, movers, anomalies, forecast, churn, initiatives and initiative, as .svg, .png or .csv."
                .into(),
    }
}

fn palette(own: &Pairs) -> Result<Palette, Problem> {
    match own.last().map(|(_, value)| value.as_str()) {
        None | Some("" | "light") => Ok(Palette::Light),
        Some("dark") => Ok(Palette::Dark),
        Some(other) => Err(Problem::option("theme", format!("“{other}” is not a theme; use light or dark."))),
    }
}

fn svg(spec: &ChartSpec, palette: Palette) -> Response {
    let mut response =
        ([(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], chart::svg(spec, palette)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PICTURE_POLICY));
    response
}

/// Drawing pixels takes tens of milliseconds, so it is done beside the other requests.
pub(super) async fn png(spec: ChartSpec, palette: Palette, kind: &str) -> Result<Response, Problem> {
    let drawn = tokio::task::spawn_blocking(move || chart::png(&spec, palette, SCALE)).await;
    let bytes = drawn
        .map_err(|error| Problem::internal(anyhow::Error::new(error).context("drawing a chart")))?
        .map_err(|error| Problem::internal(anyhow::Error::new(error).context("drawing a chart")))?;
    let name = format!("inline; filename=\"etsm-{kind}.png\"");
    Ok(([(header::CONTENT_TYPE, "image/png".to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
        .into_response())
}

fn csv(spec: &ChartSpec, kind: &str) -> Response {
    let name = format!("attachment; filename=\"etsm-{kind}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, html::chart_csv(spec)).into_response()
}
