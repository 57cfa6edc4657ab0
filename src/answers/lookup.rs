//! Which account or initiative is meant by what a person typed.

use crate::access;
use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Initiative;
use crate::engine::Snapshot;
use crate::problem::Problem;

use super::callable::nearest;

/// Candidates named when several could be meant; more would be a list nobody reads.
const CANDIDATES_MAX: usize = 5;

/// The account of that id or name: exactly, else the only one that begins so, else the only one that holds it.
pub(super) fn find_account(snapshot: &Snapshot, given: &str) -> Result<AccountId, Problem> {
    let given = given.trim();
    if let Some(account) = given.parse().ok().and_then(|id| snapshot.account(&id)) {
        return Ok(account.id.clone());
    }
    let wanted = given.to_lowercase();
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&Account> {
        let either = |account: &&Account| {
            fits(&account.id.as_str().to_lowercase()) || fits(&account.name.to_lowercase())
        };
        snapshot.accounts().filter(either).collect()
    };
    let ways: [&dyn Fn(&str) -> bool; 3] =
        [&|name| name == wanted, &|name| name.starts_with(&wanted), &|name| name.contains(&wanted)];
    for fits in ways {
        match &named(fits)[..] {
            [] => {}
            [one] => return Ok(one.id.clone()),
            several => {
                let candidates = several.iter().take(CANDIDATES_MAX).map(|one| one.id.clone()).collect();
                return Err(Problem::AmbiguousAccount { given: given.to_owned(), candidates });
            }
        }
    }
    let names = snapshot.accounts().flat_map(|account| [account.id.as_str(), account.name.as_str()]);
    let nearest = nearest(given, names).map(str::to_owned);
    Err(Problem::UnknownAccount { given: given.to_owned(), nearest })
}

/// The account that is meant, if the asker may change it.
pub(super) fn changeable<'a>(view: &'a Snapshot, asker: &Asker, given: &str) -> Result<&'a Account, Problem> {
    let id = find_account(view, given)?;
    let account = view.account(&id).expect("it was found in this very view");
    access::may_change(asker, account)?;
    Ok(account)
}

/// The initiative of that id or title: exactly, else the only one whose title begins so, else the only one whose title
/// holds it.
pub(super) fn find_initiative<'a>(
    all: impl IntoIterator<Item = &'a Initiative>,
    given: &str,
) -> Result<&'a Initiative, Problem> {
    let given = given.trim();
    let known: Vec<(&Initiative, String)> =
        all.into_iter().map(|one| (one, one.title.to_lowercase())).collect();
    if let Some((one, _)) = known.iter().find(|(one, _)| one.id.as_str().eq_ignore_ascii_case(given)) {
        return Ok(one);
    }
    let wanted = given.to_lowercase();
    let ways: [&dyn Fn(&str) -> bool; 3] =
        [&|title| title == wanted, &|title| title.starts_with(&wanted), &|title| title.contains(&wanted)];
    for fits in ways {
        let found: Vec<&Initiative> =
            known.iter().filter(|(_, title)| fits(title)).map(|(one, _)| *one).collect();
        match &found[..] {
            [] => {}
            [one] => return Ok(one),
            several => {
                let ids: Vec<&str> = several.iter().take(CANDIDATES_MAX).map(|one| one.id.as_str()).collect();
                let message = format!("“{given}” could be {}. Write one of these ids.", ids.join(", "));
                return Err(Problem::option("id", message));
            }
        }
    }
    // Ids are all alike, so only a title tells what may have been meant.
    let close = nearest(given, known.iter().map(|(_, title)| title.as_str()))
        .and_then(|near| known.iter().find(|(_, title)| title == near));
    let remedy = match close {
        Some((one, _)) => format!("The closest one is {}.", one.id),
        None => "Write initiative list to see them with their ids.".into(),
    };
    Err(Problem::Unknown { what: "initiative", given: given.to_owned(), remedy })
}

/// The closeness of texts that are only alike.
pub(super) const ALIKE: u8 = 4;

/// How well a text fits what is typed so far, 0 the best; `None` when it does not.
pub(super) fn closeness(typed: &str, text: &str) -> Option<u8> {
    /// Below it, a completion would surprise.
    const ALIKE_MIN: f64 = 0.84;
    let text = text.to_lowercase();
    if text == typed {
        return Some(0);
    }
    if text.starts_with(typed) {
        return Some(1);
    }
    let at_word =
        |(at, _): (usize, &str)| text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    if text.match_indices(typed).any(at_word) {
        return Some(2);
    }
    if text.contains(typed) {
        return Some(3);
    }
    let alike = typed.chars().count() > 2 && strsim::jaro_winkler(typed, &text) >= ALIKE_MIN;
    alike.then_some(ALIKE)
}
