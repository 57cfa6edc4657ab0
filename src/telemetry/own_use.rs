//! How often etsm itself is used: counts of commands, pages and operations, by surface and role.
//!
//! Invariant: no name of anyone and nothing that was asked about comes in here; operations are words of the program's own.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::domain::Role;

/// Where something was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// A command or a button in Discord.
    Discord,
    /// A page of the dashboard.
    Page,
    /// The API.
    Api,
    /// A terminal.
    Terminal,
}

impl Surface {
    /// As the database and the metrics have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Discord => "discord",
            Self::Page => "page",
            Self::Api => "api",
            Self::Terminal => "terminal",
        }
    }
}

/// One way in which etsm is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Where.
    pub surface: Surface,
    /// What who asked may do; as its word.
    pub role: &'static str,
    /// A command, or the template of a route with its method.
    pub operation: String,
}

/// Counts until someone keeps them.
#[derive(Debug, Default)]
pub struct OwnUse {
    counts: Mutex<BTreeMap<Use, u64>>,
}

impl OwnUse {
    /// Counts one use.
    pub fn count(&self, surface: Surface, role: Role, operation: &str) {
        let role = role.word();
        metrics::counter!(
            "etsm_own_use_total", "surface" => surface.word(), "role" => role, "operation" => operation.to_owned()
        )
        .increment(1);
        let one = Use { surface, role, operation: operation.to_owned() };
        // Whoever panicked while counting has left whole counts.
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(one).or_default() += 1;
    }

    /// What was counted since it was taken last.
    #[must_use]
    pub fn take(&self) -> Vec<(Use, u64)> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *counts).into_iter().collect()
    }

    /// Puts back what could not be kept.
    pub fn put_back(&self, uses: Vec<(Use, u64)>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (one, count) in uses {
            *counts.entry(one).or_default() += count;
        }
    }
}
