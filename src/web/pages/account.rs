//! `/accounts/{id}`: one account at a glance: its health, its usage, what we do with it and what was noted.

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::response::Response;

use crate::access;
use crate::access::Deed;
use crate::domain::Account;
use crate::domain::Money;
use crate::domain::Note;
use crate::domain::Quantity;
use crate::problem::Problem;
use crate::render::html;
use crate::render::words;
use crate::reply::AsOf;

use crate::web::ask::Pairs;
use crate::web::ask::Tile;
use crate::web::links::with_query;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::recent::passing;
use crate::web::seat::Seat;

use super::answer::Crumb;
use super::answer::Tab;
use super::tab::{known, tabs, up};

/// Notes on the overview, newest first.
const NOTES_MAX: usize = 12;

#[derive(Template)]
#[template(path = "pages/account.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    /// Name and value, as `Plan` and `scale`; the values may be hostile text.
    details: Vec<(&'static str, String)>,
    crumbs: Vec<Crumb>,
    tabs: Vec<Tab>,
    health: Tile,
    usage: Tile,
    initiatives: Tile,
    alerts: Tile,
    /// What must be known to read the tiles right, each once.
    caveats: Vec<String>,
    notes: Vec<Note>,
    more_notes: usize,
    /// Where a note and an initiative are written down, for whom that is allowed.
    write: Option<(String, String)>,
}

impl AccountPage {
    fn when(&self, note: &Note) -> String {
        words::instant(note.at)
    }
}

pub(crate) async fn overview(
    state: Seat,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
) -> Result<Response, Failure> {
    if let Some((name, _)) = query.first() {
        let message = format!("The overview takes no option “{name}”. The pages behind it do.");
        return Err(Problem::option(name, message).into());
    }
    let snapshot = state.snapshot()?;
    let account = known(&state, &id)?;
    let line = |command: &str| format!("{command} account:\"{}\"", account.id);
    let (health_line, usage_line) = (line("health"), line("usage"));
    let (list_line, alerts_line) = (line("initiative list"), line("alert list"));
    let (mut health, mut usage, mut initiatives, mut alerts) = tokio::join!(
        state.tile(&health_line),
        state.tile(&usage_line),
        state.tile(&list_line),
        state.tile(&alerts_line)
    );
    for tile in [&mut health, &mut usage, &mut initiatives, &mut alerts] {
        tile.title = html::title_within(&account.name, &tile.title);
    }
    let mut caveats: Vec<String> = Vec::new();
    for caveat in [&mut health, &mut usage, &mut initiatives, &mut alerts]
        .into_iter()
        .flat_map(|tile| tile.caveats.drain(..))
    {
        if !caveats.contains(&caveat) {
            caveats.push(caveat);
        }
    }
    let mut frame = Frame::new(&state, Place::Accounts, account.name.clone())
        .dated(AsOf { data_until: snapshot.as_of(), version: snapshot.version() });
    if usage.live {
        frame = frame.script("charts.js");
    }
    let may_write = access::may(&state.asker, Deed::Write)
        .and_then(|()| access::may_change(&state.asker, &account))
        .is_ok();
    let form = |line: String| with_query("/order", std::iter::once(("line", line.as_str())));
    let all = snapshot.notes(&account.id);
    let is_passing = [&health, &usage, &initiatives, &alerts].iter().any(|tile| tile.failed);
    let shown = page(&AccountPage {
        frame,
        details: details(&account, |amount| Quantity::Money(amount, snapshot.currency()).exact()),
        crumbs: up(None),
        tabs: tabs(&account.id, "overview"),
        caveats,
        notes: all.iter().rev().take(NOTES_MAX).cloned().collect(),
        write: may_write.then(|| (form(line("note")), form(line("initiative add")))),
        more_notes: all.len().saturating_sub(NOTES_MAX),
        account,
        health,
        usage,
        initiatives,
        alerts,
    });
    Ok(if is_passing { passing(shown) } else { shown })
}

fn details(account: &Account, money: impl Fn(Money) -> String) -> Vec<(&'static str, String)> {
    let mut all = vec![("Id", account.id.to_string())];
    all.extend(account.owner.as_ref().map(|owner| ("Owner", owner.to_string())));
    all.extend(account.segment.clone().map(|segment| ("Segment", segment)));
    all.extend(account.plan.clone().map(|plan| ("Plan", plan)));
    if let Some(contract) = account.contract {
        all.push(("Commit", format!("{} per {}", money(contract.commit), contract.period)));
        all.extend(contract.renewal.map(|day| ("Renewal", words::day(day))));
    }
    if !account.tags.is_empty() {
        all.push(("Tags", account.tags.join(", ")));
    }
    all.push(("Status", account.status.to_string()));
    all
}
