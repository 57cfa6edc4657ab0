//! `/initiatives?view=board`: the initiatives as cards, in columns by their status; a card is moved by hand, by keys or by
//! its own small form.

use std::cmp::Reverse;

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::response::Redirect;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;

use crate::access;
use crate::access::Deed;
use crate::answers::Invocation;
use crate::answers::Question;
use crate::domain::Account;
use crate::domain::Initiative;
use crate::domain::InitiativeStatus;
use crate::domain::Quantity;
use crate::domain::utc_date;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::render::words;
use crate::reply::AsOf;

use crate::web::doors::OwnPath;
use crate::web::form::Form as Filters;
use crate::web::links::Pills;
use crate::web::links::escape;
use crate::web::links::with_query;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

/// Cards of one column; the list has them all.
const CARDS_MAX: usize = 60;
/// Ended ones are shown for what was done lately.
const ENDED_MAX: usize = 8;

/// An initiative on the board.
struct Card {
    id: String,
    path: String,
    /// Hostile text.
    title: String,
    /// Hostile text.
    account: String,
    account_path: String,
    priority: &'static str,
    owner: Option<String>,
    due: Option<String>,
    overdue: bool,
    /// In short, and with all digits.
    revenue: Option<(String, String)>,
    /// Whether whoever looks may move it.
    movable: bool,
}

/// The cards of one status.
struct Lane {
    status: InitiativeStatus,
    cards: Vec<Card>,
    total: usize,
    /// All of them, as a list.
    all: String,
}

#[derive(Template)]
#[template(path = "pages/board.html")]
struct BoardPage {
    frame: Frame,
    pills: Vec<Pills>,
    form: Filters,
    lanes: Vec<Lane>,
    /// Leads back here after a move.
    here: String,
    /// Where a new one is written down, for whom that is allowed.
    add: Option<String>,
}

/// What narrows the board.
pub(super) struct Narrowed {
    pub(super) account: Option<String>,
    pub(super) owner: Option<String>,
}

/// Prints the board.
pub(super) fn show(
    state: &Seat,
    narrowed: &Narrowed,
    pills: Vec<Pills>,
    form: Filters,
) -> Result<Response, Failure> {
    let snapshot = state.snapshot()?;
    let account = narrowed.account.as_deref().map(|given| state.desk.find_account(&state.asker, given));
    let account = account.transpose()?;
    let me = state.asker.person.as_str();
    let owner = narrowed.owner.as_deref().map(|owner| if owner == "me" { me } else { owner }.to_lowercase());
    let held = |one: &&Initiative| {
        let drives =
            |owner: &String| one.owner.as_ref().is_some_and(|own| own.as_str().to_lowercase() == *owner);
        account.as_ref().is_none_or(|account| one.account == *account) && owner.as_ref().is_none_or(drives)
    };
    let shown: Vec<&Initiative> = snapshot.initiatives().filter(held).collect();
    let mut around = vec![("view", "board")];
    around.extend(narrowed.account.as_deref().map(|account| ("account", account)));
    around.extend(narrowed.owner.as_deref().map(|owner| ("owner", owner)));
    let here = with_query("/initiatives", around.iter().copied());
    let today = utc_date(state.desk.clock().now());
    let lane = |status: &InitiativeStatus| lane(state, &snapshot, *status, &shown, today);
    let may_write = access::may(&state.asker, Deed::Write).is_ok();
    let add = match &account {
        Some(account) => format!("initiative add {account}"),
        None => "initiative add".to_owned(),
    };
    let view = BoardPage {
        frame: Frame::new(state, Place::Initiatives, "Initiatives")
            .dated(AsOf { data_until: snapshot.as_of(), version: snapshot.version() })
            .script("board.js"),
        pills,
        form,
        lanes: InitiativeStatus::ALL.iter().map(lane).collect(),
        here,
        add: may_write.then(|| with_query("/order", std::iter::once(("line", add.as_str())))),
    };
    Ok(page(&view))
}

fn lane(
    state: &Seat,
    snapshot: &Snapshot,
    status: InitiativeStatus,
    shown: &[&Initiative],
    today: Date,
) -> Lane {
    let mut own: Vec<&Initiative> = shown.iter().copied().filter(|one| one.status == status).collect();
    let is_open = own.first().is_none_or(|one| one.is_open());
    if is_open {
        own.sort_by_key(|one| (one.due.is_none(), one.due, Reverse(one.priority), one.id.clone()));
    } else {
        own.sort_by_key(|one| Reverse(one.updates.last().map(|update| update.at)));
    }
    let total = own.len();
    own.truncate(if is_open { CARDS_MAX } else { ENDED_MAX });
    Lane {
        status,
        cards: own.into_iter().map(|one| card(state, snapshot, one, today)).collect(),
        total,
        all: format!("/initiatives?status={status}"),
    }
}

fn card(state: &Seat, snapshot: &Snapshot, one: &Initiative, today: Date) -> Card {
    let account = snapshot.account(&one.account);
    let may = |account: &Account| {
        access::may(&state.asker, Deed::Write).and_then(|()| access::may_change(&state.asker, account))
    };
    let revenue = one.expected_revenue.map(|amount| Quantity::Money(amount, snapshot.currency()));
    Card {
        id: one.id.to_string(),
        path: format!("/initiatives/{}", escape(one.id.as_str())),
        title: one.title.clone(),
        account: account.map_or_else(|| one.account.to_string(), |account| account.name.clone()),
        account_path: format!("/accounts/{}", escape(one.account.as_str())),
        priority: one.priority.word(),
        owner: one.owner.as_ref().map(ToString::to_string),
        due: one.due.map(words::day),
        overdue: one.is_overdue(today),
        revenue: revenue.map(|revenue| (revenue.short(), revenue.exact())),
        movable: account.is_some_and(|account| may(account).is_ok()),
    }
}

/// Where a card goes.
#[derive(Deserialize)]
pub(crate) struct Move {
    status: String,
    #[serde(default)]
    back: String,
}

/// Moves a card: the same order as `initiative update` or `initiative close` in chat.
pub(crate) async fn moved(
    state: Seat,
    Path(id): Path<String>,
    Form(to): Form<Move>,
) -> Result<Response, Failure> {
    let odd = |message: String| Problem::option("status", message);
    let status: InitiativeStatus = to.status.parse().map_err(odd)?;
    let command = match status {
        InitiativeStatus::Planned | InitiativeStatus::Active | InitiativeStatus::Blocked => {
            "initiative update"
        }
        InitiativeStatus::Done | InitiativeStatus::Cancelled => "initiative close",
    };
    let options = vec![("id".to_owned(), id), ("status".to_owned(), status.to_string())];
    state.ask(Question::understand(&Invocation::new(command, options)?)?).await?;
    Ok(Redirect::to(OwnPath::read(&to.back).as_str()).into_response())
}
