//! One account as a row of the grid.

use std::collections::HashMap;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Window;
use crate::engine::PortfolioAccount;
use crate::engine::Snapshot;

/// What is known of one account over a window.
pub(in crate::web) struct GridRow<'a> {
    pub(in crate::web) account: &'a Account,
    pub(in crate::web) sums: PortfolioAccount,
    /// Open initiatives with it.
    pub(in crate::web) open: usize,
}

impl<'a> GridRow<'a> {
    /// All accounts of a snapshot.
    pub(in crate::web) fn all(snapshot: &'a Snapshot, window: Window) -> Vec<Self> {
        let mut open: HashMap<&AccountId, usize> = HashMap::new();
        for one in snapshot.initiatives().filter(|one| one.is_open()) {
            *open.entry(&one.account).or_default() += 1;
        }
        let row = |sums: PortfolioAccount| {
            let account = snapshot.account(&sums.account)?;
            Some(Self { account, open: open.get(&account.id).copied().unwrap_or_default(), sums })
        };
        snapshot.portfolio(window).accounts.into_iter().filter_map(row).collect()
    }

    /// Calls against the window before, in per cent; `None` when there were none before.
    pub(in crate::web) fn change(&self) -> Option<f64> {
        let (now, before) = (self.sums.now.api_calls as f64, self.sums.before.api_calls as f64);
        (before > 0.0).then(|| (now - before) / before * 100.0)
    }
}
