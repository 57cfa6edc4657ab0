//! `/accounts`: all accounts, page by page, in any order.

use std::cmp::Ordering;

use askama::Template;
use axum::extract::Query;
use axum::response::Response;

use crate::answers::PortfolioSort;
use crate::answers::Question;
use crate::domain::Band;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::engine::PortfolioAccount;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::render::html;
use crate::render::words;
use crate::reply::AsOf;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Table;

use crate::web::ask::Pairs;
use crate::web::ask::understand;
use crate::web::form::Form;
use crate::web::links::Here;
use crate::web::links::Pills;
use crate::web::links::escape;
use crate::web::links::with_query;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// Rows of one page; each is a handful of facts to compute and a few hundred bytes to send.
const ROWS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "pages/accounts.html")]
struct AccountsPage {
    frame: Frame,
    pills: Vec<Pills>,
    form: Form,
    grid: String,
    total: usize,
    before: Option<String>,
    after: Option<String>,
}

pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let (paging, query): (Pairs, Pairs) = query.into_iter().partition(|(name, _)| name == "page");
    let number = page_number(&paging)?;
    let question = understand("portfolio", query)?;
    let call = question.call();
    let Question::Portfolio { band, owner, sort, range } = &question else {
        return Err(super::mismatch());
    };
    let snapshot = state.snapshot()?;
    let as_of = snapshot.as_of().ok_or(Problem::NoData)?;
    let window = range.window(as_of);
    let me = state.asker.person.as_str();
    let owner = owner.as_deref().map(|owner| if owner == "me" { me } else { owner }.to_lowercase());
    let here = Here { path: "/accounts", call: &call, in_path: None };
    let (grid, total) = {
        let mut rows = rows(&snapshot, window, *band, owner.as_deref());
        rows.sort_by(|one, other| order(&snapshot, *sort, one, other));
        let shown: Vec<_> = rows.iter().skip((number - 1) * ROWS_MAX).take(ROWS_MAX).collect();
        (html::whole_table(&table(&snapshot, window, &shown)), rows.len())
    };
    let leaf = |number: usize| {
        let number = number.to_string();
        let own = call.options.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        with_query("/accounts", own.chain([("page", number.as_str())]))
    };
    Ok(page(&AccountsPage {
        frame: Frame::new(&state, Place::Accounts, "Accounts")
            .dated(AsOf { data_until: Some(as_of), version: snapshot.version() }),
        pills: vec![here.ranges(*range), here.words("Band", "band", "all")],
        form: Form::new(&state, "/accounts", &call, &["owner", "sort"]).keeping(&call, &["band", "range"]),
        grid,
        total,
        before: (number > 1).then(|| leaf(number - 1)),
        after: (number * ROWS_MAX < total).then(|| leaf(number + 1)),
    }))
}

fn page_number(paging: &Pairs) -> Result<usize, Problem> {
    let Some((_, text)) = paging.last() else { return Ok(1) };
    match text.parse::<usize>() {
        Ok(number) if (1..=1_000_000).contains(&number) => Ok(number),
        _ => Err(Problem::option("page", format!("“{text}” is not a page. Pages are counted from 1."))),
    }
}

fn rows(
    snapshot: &Snapshot,
    window: Window,
    band: Option<Band>,
    owner: Option<&str>,
) -> Vec<PortfolioAccount> {
    let of = |row: &PortfolioAccount| {
        let person = snapshot.account(&row.account).and_then(|account| account.owner.as_ref());
        owner.is_none_or(|owner| person.is_some_and(|person| person.as_str().to_lowercase() == owner))
    };
    let all = snapshot.portfolio(window).accounts;
    all.into_iter().filter(|row| band.is_none_or(|band| row.band == Some(band)) && of(row)).collect()
}

fn order(
    snapshot: &Snapshot,
    sort: PortfolioSort,
    one: &PortfolioAccount,
    other: &PortfolioAccount,
) -> Ordering {
    let moved = |row: &PortfolioAccount| i128::from(row.now.api_calls) - i128::from(row.before.api_calls);
    let name = |row: &PortfolioAccount| {
        snapshot.account(&row.account).map(|account| account.name.to_lowercase()).unwrap_or_default()
    };
    // An account that cannot be judged stands after those that can.
    let score = |row: &PortfolioAccount| row.score.unwrap_or(f64::INFINITY);
    let first = match sort {
        PortfolioSort::Health => score(one).total_cmp(&score(other)),
        PortfolioSort::Calls => other.now.api_calls.cmp(&one.now.api_calls),
        PortfolioSort::Cost => other.now.cost.cmp(&one.now.cost),
        PortfolioSort::Change => moved(one).cmp(&moved(other)),
        PortfolioSort::Name => Ordering::Equal,
    };
    first.then_with(|| name(one).cmp(&name(other))).then_with(|| one.account.cmp(&other.account))
}

fn table(snapshot: &Snapshot, window: Window, rows: &[&PortfolioAccount]) -> Table {
    let columns = vec![
        Column::words("Account"),
        Column::words("Band"),
        Column::figures("Score"),
        Column::words("Owner"),
        Column::figures("API calls"),
        Column::figures("Change"),
        Column::figures("Cost"),
        Column::words("12 weeks"),
    ];
    let rows = rows.iter().map(|row| line(snapshot, window, row)).collect();
    Table { title: "Accounts".into(), columns, rows, more: 0 }
}

fn line(snapshot: &Snapshot, window: Window, row: &PortfolioAccount) -> Vec<Cell> {
    let account = snapshot.account(&row.account);
    let filter = UsageFilter::of(row.account.clone());
    let fact = |measure| snapshot.fact(measure, &filter, window);
    let figure = |measure| fact(measure).map_or(Cell::Nothing, Cell::Fact);
    let owner = account.and_then(|account| account.owner.as_ref());
    vec![
        Cell::Link {
            text: account.map_or_else(|| row.account.to_string(), |account| account.name.clone()),
            path: format!("/accounts/{}", escape(row.account.as_str())),
        },
        row.band.map_or(Cell::Nothing, Cell::Band),
        figure(Measure::HealthScore),
        owner.map_or(Cell::Nothing, |owner| Cell::Text(owner.to_string())),
        figure(Measure::Sum(Metric::ApiCalls)),
        fact(Measure::Change(Metric::ApiCalls)).map_or(Cell::Nothing, |change| {
            let tone = words::tone(&change, Some(true));
            Cell::Change(change, tone)
        }),
        figure(Measure::Sum(Metric::Cost)),
        Cell::Spark(row.weeks.iter().map(|calls| *calls as f64).collect()),
    ]
}
