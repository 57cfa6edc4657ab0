//! Snapshots of the rows of all benches.

use std::sync::Arc;

use etsm::domain::{Account, Currency};
use etsm::engine::{Draft, HealthRules, Snapshot, SourceMark};

use super::bed::{account, as_of, source, usage};

/// A draft with accounts and a watermark, and no usage yet.
pub(crate) fn draft(accounts: usize) -> Draft {
    let empty = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD);
    let mut draft = empty.draft();
    draft.accounts((0..accounts).map(|n| Account::discovered(account(n), "Account")));
    draft.watermarks(vec![SourceMark { source: source(), watermark: as_of() }]);
    draft
}

/// A snapshot of so many rows, from raw rows.
pub(crate) fn snapshot(rows: usize, accounts: usize) -> Snapshot {
    let mut draft = draft(accounts);
    for n in 0..accounts {
        draft.usage(&account(n), usage(n, rows, accounts));
    }
    draft.finish(1, as_of())
}
