//! `/admin/use`: how etsm itself is used, in counts.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use jiff::Span;

use crate::domain::Role;
use crate::domain::grouped;
use crate::domain::utc_date;
use crate::problem::Problem;
use crate::store::OwnUseRow;
use crate::telemetry::Surface;

use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// How many days are shown.
const SPAN_DAYS: i32 = 30;
const SURFACES: [Surface; 4] = [Surface::Discord, Surface::Page, Surface::Api, Surface::Terminal];

/// A row of counts.
struct Counted {
    name: String,
    surface: String,
    counts: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/own_use.html")]
struct OwnUsePage {
    frame: Frame,
    span: i32,
    counted: bool,
    surfaces: Vec<&'static str>,
    roles: Vec<&'static str>,
    days: Vec<Counted>,
    operations: Vec<Counted>,
}

pub(crate) async fn show(state: Seat) -> Result<Response, Failure> {
    let since = utc_date(state.desk.clock().now()).saturating_sub(Span::new().days(SPAN_DAYS - 1));
    let rows = state.desk.store().own_use_since(since).await.map_err(|failed| {
        Problem::internal(anyhow::Error::new(failed).context("reading how etsm is used"))
    })?;
    let surfaces = SURFACES.map(Surface::word).to_vec();
    let roles: Vec<&'static str> = Role::ALL.iter().map(|role| role.word()).collect();
    let mut days = sums(&rows, &surfaces, |row| (row.day.to_string(), String::new()), |row| &row.surface);
    days.reverse();
    let mut operations =
        sums(&rows, &roles, |row| (row.operation.clone(), row.surface.clone()), |row| &row.role);
    // A stable sort: what was asked equally often stays in the order of names.
    operations.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<u64>()));
    Ok(page(&OwnUsePage {
        frame: Frame::new(&state, Place::Admin, "Use of etsm"),
        span: SPAN_DAYS,
        counted: state.desk.own_use().is_some(),
        surfaces,
        roles,
        days: days.into_iter().map(counted).collect(),
        operations: operations.into_iter().map(counted).collect(),
    }))
}

type Sums = Vec<((String, String), Vec<u64>)>;

/// Adds counts up by a name, one for each of the columns.
fn sums(
    rows: &[OwnUseRow],
    columns: &[&str],
    name: impl Fn(&OwnUseRow) -> (String, String),
    column: impl Fn(&OwnUseRow) -> &str,
) -> Sums {
    let mut all: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    for row in rows {
        let counts = all.entry(name(row)).or_insert_with(|| vec![0; columns.len()]);
        if let Some(at) = columns.iter().position(|one| *one == column(row)) {
            counts[at] += row.count;
        }
    }
    all.into_iter().collect()
}

fn counted(((name, surface), counts): ((String, String), Vec<u64>)) -> Counted {
    Counted { name, surface, counts: counts.into_iter().map(|count| grouped(count.into())).collect() }
}
