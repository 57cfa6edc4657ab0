//! Which account is meant by what a person typed.

use crate::domain::Account;
use crate::domain::AccountId;
use crate::engine::Snapshot;
use crate::problem::Problem;

use super::catalog::nearest;

/// Candidates named when several accounts could be meant; more would be a list nobody reads.
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
