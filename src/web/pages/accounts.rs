//! `/accounts`: the grid of all accounts, filtered, ordered and page by page; `/accounts.csv` is the same as a file.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;

use crate::answers::Invocation;
use crate::domain::Range;
use crate::domain::Window;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::render::html;
use crate::reply::AsOf;

use crate::web::ask::Pairs;
use crate::web::grid::{Column, Filter, GridRow, Misread, Order, sheet};
use crate::web::links::Here;
use crate::web::links::Pill;
use crate::web::links::Pills;
use crate::web::links::with_query;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page_with;
use crate::web::seat::Seat;

/// Rows of one page; each is a handful of facts to compute and a few hundred bytes to send.
const ROWS_MAX: usize = 100;
/// Longest filter that is read.
const FILTER_CHARS_MAX: usize = 500;
const PATH: &str = "/accounts";
/// Views that everyone has, by their filter.
const VIEWS: &[(&str, &str)] = &[
    ("All", ""),
    ("Mine", "owner:me"),
    ("At risk", "band:at_risk"),
    ("Falling", "change<-20%"),
    ("With initiatives", "initiatives>0"),
];

/// What the address asks for.
struct Asked {
    filter: String,
    order: Order,
    columns: Vec<Column>,
    range: Range,
    page: usize,
}

impl Asked {
    fn read(query: Pairs) -> Result<Self, Problem> {
        let mut asked = Self {
            filter: String::new(),
            order: Order::USUAL,
            columns: Vec::new(),
            range: Range::DEFAULT,
            page: 1,
        };
        for (name, text) in query.into_iter().filter(|(_, text)| !text.is_empty()) {
            match name.as_str() {
                "q" => asked.narrow(text.chars().take(FILTER_CHARS_MAX).collect()),
                // As chat's `portfolio` and older links say it.
                "band" => asked.narrow(format!("band:{text}")),
                "owner" => asked.narrow(format!("owner:\"{}\"", text.replace('"', ""))),
                "sort" => asked.order = Order::parse(&text)?,
                "col" => asked.columns.push(Column::parse("col", &text)?),
                "range" => asked.range = text.parse().map_err(|odd: String| Problem::option("range", odd))?,
                "page" => asked.page = page_number(&text)?,
                _ => {
                    let message =
                        format!("The grid takes no “{name}”; it takes q, sort, col, range and page.");
                    return Err(Problem::option(&name, message));
                }
            }
        }
        if asked.columns.is_empty() {
            asked.columns = Column::USUAL.to_vec();
        }
        // In one order, each once, the name always.
        let chosen = |column: &Column| *column == Column::Name || asked.columns.contains(column);
        asked.columns = Column::ALL.into_iter().filter(chosen).collect();
        Ok(asked)
    }

    fn narrow(&mut self, terms: String) {
        if !self.filter.is_empty() {
            self.filter.push(' ');
        }
        self.filter.push_str(&terms);
    }

    /// As options of an address; what is usual is left out.
    fn call(&self) -> Invocation {
        let mut options = vec![("q".to_owned(), self.filter.clone())];
        if self.order != Order::USUAL {
            options.push(("sort".into(), self.order.word()));
        }
        if self.columns != Column::USUAL {
            let shown = self.columns.iter().filter(|column| **column != Column::Name);
            options.extend(shown.map(|column| ("col".to_owned(), column.word().to_owned())));
        }
        if self.range != Range::DEFAULT {
            options.push(("range".into(), self.range.to_string()));
        }
        Invocation { command: "portfolio".into(), options }
    }

    /// The rows that are let through, in their order.
    fn rows<'a>(
        &self,
        snapshot: &'a Snapshot,
        window: Window,
        me: &str,
    ) -> Result<Vec<GridRow<'a>>, Misread> {
        let filter = Filter::parse(&self.filter, me)?;
        let mut rows = GridRow::all(snapshot, window);
        rows.retain(|row| filter.holds(row));
        self.order.sort(&mut rows);
        Ok(rows)
    }
}

fn page_number(text: &str) -> Result<usize, Problem> {
    match text.parse::<usize>() {
        Ok(number) if (1..=1_000_000).contains(&number) => Ok(number),
        _ => Err(Problem::option("page", format!("“{text}” is not a page. Pages are counted from 1."))),
    }
}

/// The head of a column; a click on it orders by it.
struct Head {
    column: Column,
    href: String,
    /// `ascending` or `descending` where the rows are ordered by it.
    sorted: Option<&'static str>,
}

/// A filter that cannot be read, cut at the mistake.
struct Mistake {
    before: String,
    meant: String,
    after: String,
    message: String,
    place: usize,
}

impl Mistake {
    fn of(filter: &str, misread: Misread) -> Self {
        let cut = |from, length| filter.chars().skip(from).take(length).collect();
        Self {
            before: cut(0, misread.from),
            meant: cut(misread.from, misread.to - misread.from),
            after: cut(misread.to, FILTER_CHARS_MAX),
            message: misread.message,
            place: misread.from + 1,
        }
    }
}

#[derive(Template)]
#[template(path = "pages/accounts.html")]
struct AccountsPage {
    frame: Frame,
    pills: Vec<Pills>,
    asked: Asked,
    mistake: Option<Mistake>,
    heads: Vec<Head>,
    /// Each cell as markup.
    rows: Vec<Vec<String>>,
    total: usize,
    csv: String,
    bare: String,
    before: Option<String>,
    after: Option<String>,
}

impl AccountsPage {
    /// The order, where it is not the usual one.
    fn sort(&self) -> Option<String> {
        (self.asked.order != Order::USUAL).then(|| self.asked.order.word())
    }

    /// The range, where it is not the usual one.
    fn range(&self) -> Option<String> {
        (self.asked.range != Range::DEFAULT).then(|| self.asked.range.to_string())
    }

    fn is_shown(&self, column: &Column) -> bool {
        self.asked.columns.contains(column)
    }
}

pub(crate) async fn show(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let asked = Asked::read(query)?;
    let (snapshot, window, as_of) = figures(&state, &asked)?;
    let (mut total, mut cells, mut mistake) = (0, Vec::new(), None);
    match asked.rows(&snapshot, window, state.asker.person.as_str()) {
        Ok(rows) => {
            total = rows.len();
            let shown = rows.iter().skip((asked.page - 1) * ROWS_MAX).take(ROWS_MAX);
            let cell = |row, column: &Column| html::cell(&column.cell(&snapshot, window, row));
            cells = shown.map(|row| asked.columns.iter().map(|column| cell(row, column)).collect()).collect();
        }
        Err(misread) => mistake = Some(Mistake::of(&asked.filter, misread)),
    }
    let status = if mistake.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let call = asked.call();
    let here = Here { path: PATH, call: &call, in_path: None };
    let leaf = |number: usize| here.with("page", &number.to_string());
    let head = |column: &Column| Head {
        column: *column,
        href: here.with("sort", &asked.order.after_click(*column).word()),
        sorted: (asked.order.column == *column).then_some(if asked.order.ascends() {
            "ascending"
        } else {
            "descending"
        }),
    };
    let view = AccountsPage {
        frame: Frame::new(&state, Place::Accounts, "Accounts").dated(as_of).script("grid.js"),
        pills: vec![views(&here), here.ranges(asked.range)],
        heads: asked.columns.iter().map(head).collect(),
        rows: cells,
        total,
        csv: with_query("/accounts.csv", pairs(&call)),
        bare: here.with("q", ""),
        before: (asked.page > 1).then(|| leaf(asked.page - 1)),
        after: (asked.page * ROWS_MAX < total).then(|| leaf(asked.page + 1)),
        mistake,
        asked,
    };
    Ok(page_with(status, &view))
}

/// All rows that are let through, not only those of one page.
pub(crate) async fn file(state: Seat, Query(query): Query<Pairs>) -> Result<Response, Failure> {
    let asked = Asked::read(query)?;
    let (snapshot, window, _) = figures(&state, &asked)?;
    let text = match asked.rows(&snapshot, window, state.asker.person.as_str()) {
        Ok(rows) => sheet(&asked.columns, &rows),
        Err(misread) => {
            let message = format!("Character {} of the filter: {}", misread.from + 1, misread.message);
            return Err(Problem::option("q", message).into());
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"etsm-accounts.csv\""),
    ];
    Ok((headers, text).into_response())
}

fn figures(state: &Seat, asked: &Asked) -> Result<(Arc<Snapshot>, Window, AsOf), Problem> {
    let snapshot = state.snapshot()?;
    let as_of = snapshot.as_of().ok_or(Problem::NoData)?;
    let (window, version) = (asked.range.window(as_of), snapshot.version());
    Ok((snapshot, window, AsOf { data_until: Some(as_of), version }))
}

fn pairs(call: &Invocation) -> impl Iterator<Item = (&str, &str)> {
    call.options.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn views(here: &Here<'_>) -> Pills {
    let now = here.call.option("q").unwrap_or_default();
    let pill = |(label, filter): &(&str, &str)| Pill {
        label: (*label).to_owned(),
        title: if filter.is_empty() { "No filter".to_owned() } else { (*filter).to_owned() },
        href: here.with("q", filter),
        current: now == *filter,
    };
    Pills { label: "View", items: VIEWS.iter().map(pill).collect() }
}
