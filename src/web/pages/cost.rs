//! `/accounts/{id}/cost`: the bill of a month, held against what was metered.

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::answers::Bill;
use crate::answers::month_of;
use crate::domain::Account;
use crate::domain::BillLine;
use crate::domain::BillParts;
use crate::domain::Currency;
use crate::domain::Money;
use crate::domain::Quantity;
use crate::domain::grouped;
use crate::domain::utc_date;
use crate::problem::Problem;
use crate::render::html;
use crate::reply::AsOf;
use crate::reply::Cell;
use crate::reply::Column;
use crate::reply::Table;

use crate::web::ask::Pairs;
use crate::web::links::escape;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

use super::answer::Crumb;
use super::answer::Tab;
use super::tab::{known, tabs, up};

#[derive(Template)]
#[template(path = "pages/cost.html")]
struct CostPage {
    frame: Frame,
    account: Account,
    crumbs: Vec<Crumb>,
    tabs: Vec<Tab>,
    /// `March 2026`.
    month: String,
    /// The months beside it, with their pages.
    beside: Vec<(&'static str, String)>,
    has_prices: bool,
    /// The fact behind what it all cost, printed.
    cost: Option<String>,
    /// How much of it was computed, where anything was.
    computed: Option<String>,
    parts: String,
    lines: String,
}

pub(crate) async fn show(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    let month = month(&query)?;
    let account = known(&state, &id)?;
    let bill = state.desk.bill(&state.asker, &account.id, month).await?;
    let currency = bill.snapshot.currency();
    let first = utc_date(bill.month.from());
    let frame = Frame::new(&state, Place::Accounts, account.name.clone())
        .dated(AsOf { data_until: bill.snapshot.as_of(), version: bill.snapshot.version() });
    Ok(page(&CostPage {
        frame,
        crumbs: up(Some(&account)),
        tabs: tabs(&account.id, "cost"),
        month: first.strftime("%B %Y").to_string(),
        beside: beside(&bill, first),
        has_prices: bill.has_prices,
        cost: bill.billed.as_ref().map(html::fact_link),
        computed: (bill.total.computed != Money::ZERO)
            .then(|| Quantity::Money(bill.total.computed, currency).exact()),
        parts: html::whole_table(&parts(&bill.total, currency)),
        lines: html::whole_table(&lines(&bill.lines, currency)),
        account,
    }))
}

fn month(query: &Pairs) -> Result<Option<Date>, Problem> {
    match query.as_slice() {
        [] => Ok(None),
        [(name, value)] if name == "month" => month_of(value).map(Some),
        [(name, _), ..] => Err(Problem::option(name, "This page takes one option, month, as 2026-03.")),
    }
}

fn beside(bill: &Bill, first: Date) -> Vec<(&'static str, String)> {
    let path = format!("/accounts/{}/cost", escape(bill.account.as_str()));
    let link = |label, day: Date| (label, format!("{path}?month={}", day.strftime("%Y-%m")));
    let mut all = vec![link("Month before", first.saturating_sub(1.month()))];
    let next = first.saturating_add(1.month());
    let is_known = bill.snapshot.as_of().is_some_and(|as_of| utc_date(as_of) > next);
    all.extend(is_known.then(|| link("Month after", next)));
    all
}

fn money(amount: Money, currency: Currency) -> Cell {
    Cell::Text(Quantity::Money(amount, currency).exact())
}

fn parts(total: &BillParts, currency: Currency) -> Table {
    let row = |name: &str, amount: Money, why: &str| {
        vec![Cell::Text(name.into()), money(amount, currency), Cell::Text(why.into())]
    };
    let mut table = Table {
        title: "What the bill is made of".into(),
        columns: vec![Column::words("Part"), Column::figures("Amount"), Column::words("What it is")],
        rows: vec![
            row("Metered at its prices", total.metered, "all that was read as if there were no cache"),
            row("Cache", total.cache, "what reading from the cache saves, less what writing to it adds"),
            row(
                "Discount",
                total.discount,
                "billed less the amount before discounts, as the source tells it",
            ),
            row("Without a price", total.unpriced, "usage for which no price is set on its day"),
            row("Unexplained", total.rest, "what none of these explains: another price, or another count"),
            row("Billed", total.billed(), "the sum of all parts"),
        ],
        more: 0,
    };
    if total.computed != Money::ZERO {
        table.rows.push(row(
            "Computed",
            total.computed,
            "usage that came without a cost, at its prices: no bill",
        ));
        table.rows.push(row("Cost", total.cost(), "what was billed, and what was computed"));
    }
    table
}

fn lines(lines: &[BillLine], currency: Currency) -> Table {
    let titles = [
        "Endpoint",
        "Model",
        "Read",
        "Cached",
        "Written to cache",
        "Written",
        "Calls",
        "Metered",
        "Cache",
        "Discount",
        "Without a price",
        "Unexplained",
        "Billed",
        "Computed",
    ];
    let count = |value: u64| Cell::Text(grouped(value.into()));
    let row = |line: &BillLine| {
        let (charged, parts) = (line.charged, line.parts);
        vec![
            Cell::Text(line.endpoint.to_string()),
            line.model.as_ref().map_or(Cell::Nothing, |model| Cell::Text(model.to_string())),
            count(charged.input.saturating_add(charged.tokens)),
            count(charged.cached),
            count(charged.cache_write_short.saturating_add(charged.cache_write_long)),
            count(charged.output),
            count(charged.calls),
            money(parts.metered, currency),
            money(parts.cache, currency),
            money(parts.discount, currency),
            money(parts.unpriced, currency),
            money(parts.rest, currency),
            money(parts.billed(), currency),
            money(parts.computed, currency),
        ]
    };
    let column = |(at, title): (usize, &&str)| Column { title: (*title).into(), numeric: at > 1 };
    Table {
        title: "By endpoint and model: tokens, calls and amounts".into(),
        columns: titles.iter().enumerate().map(column).collect(),
        rows: lines.iter().map(row).collect(),
        more: 0,
    }
}
