//! `/search`: what the palette offers for what is typed: accounts, initiatives, pages and commands.
//!
//! Invariant: it finds by the desk's own completion, so that nobody finds what they may not see.

use axum::Json;
use axum::extract::Query;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;

use crate::answers::Choice;
use crate::answers::Invocation;
use crate::answers::Question;

use crate::web::links::escape;
use crate::web::links::with_query;
use crate::web::page::destinations;
use crate::web::seat::Seat;

/// Longest text that is looked for.
const TYPED_CHARS_MAX: usize = 200;
/// Offered of each kind, so that no kind hides the others.
const EACH_MAX: usize = 6;

/// What is looked for.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    q: String,
}

/// Something that was found.
#[derive(Serialize)]
struct Found {
    /// `Accounts`, as it heads a group.
    group: &'static str,
    /// May be hostile text.
    label: String,
    href: String,
}

pub(crate) async fn show(state: Seat, Query(typed): Query<Typed>) -> Response {
    let typed: String = typed.q.chars().take(TYPED_CHARS_MAX).collect();
    let found = tokio::task::spawn_blocking(move || find(&state, typed.trim()));
    Json(found.await.unwrap_or_default()).into_response()
}

fn find(state: &Seat, typed: &str) -> Vec<Found> {
    let mut found = Vec::new();
    if !typed.is_empty() {
        found.extend(accounts(state, typed));
        found.extend(initiatives(state, typed));
    }
    found.extend(pages(state, typed));
    if !typed.is_empty() {
        found.extend(commands(state, typed));
    }
    found
}

fn complete(state: &Seat, command: &str, option: &str, typed: &str) -> impl Iterator<Item = Choice> {
    state.desk.complete(&state.asker, command, &[], (option, typed)).into_iter().take(EACH_MAX)
}

fn accounts<'a>(state: &'a Seat, typed: &'a str) -> impl Iterator<Item = Found> + 'a {
    complete(state, "health", "account", typed).map(|choice| Found {
        group: "Accounts",
        href: format!("/accounts/{}", escape(&choice.value)),
        label: choice.label,
    })
}

fn initiatives<'a>(state: &'a Seat, typed: &'a str) -> impl Iterator<Item = Found> + 'a {
    complete(state, "initiative show", "id", typed).map(|choice| Found {
        group: "Initiatives",
        href: format!("/initiatives/{}", escape(&choice.value)),
        label: choice.label,
    })
}

fn pages<'a>(state: &'a Seat, typed: &'a str) -> impl Iterator<Item = Found> + 'a {
    let wanted = typed.to_lowercase();
    let named = destinations(state).filter(move |(_, name)| name.to_lowercase().contains(&wanted));
    named.map(|(path, name)| Found { group: "Pages", label: name.to_owned(), href: path.to_owned() })
}

/// Lines that can be asked as they stand, or for which there is a form.
fn commands<'a>(state: &'a Seat, typed: &'a str) -> impl Iterator<Item = Found> + 'a {
    let mut lines = vec![typed.to_owned()];
    lines.extend(state.desk.complete_line(&state.asker, typed).into_iter().map(|choice| choice.value));
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines.dedup();
    let found = lines.into_iter().filter_map(|line| Some((way(&line)?, line)));
    found.take(EACH_MAX).map(|(href, line)| Found { group: "Commands", label: line, href })
}

/// Where a line is answered.
fn way(line: &str) -> Option<String> {
    let call = Invocation::parse(line).ok()?;
    if call.wants_form() {
        return Some(with_query("/order", std::iter::once(("line", line))));
    }
    Question::understand(&call).ok()?.path()
}
