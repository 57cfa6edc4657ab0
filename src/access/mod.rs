//! Who may do what, and who may know of what.

mod identity;
mod members;
mod pass;
mod seal;
mod secret;
mod share;

use crate::domain::Account;
use crate::domain::Asker;
use crate::domain::Role;
use crate::problem::Problem;

pub use identity::{IdentityProvider, LoginFailed};
pub use members::{Member, admit, all_see_all, bearers_see, others_see, sees};
pub use pass::{BadPass, Pass, PassSeal};
pub use secret::{Fingerprint, Token, sha256};
pub use share::{Share, ShareSeal};

/// What someone wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Look at figures.
    Read,
    /// Write notes and initiatives.
    Write,
    /// Send usage.
    Ingest,
    /// Change rules, schedules and people.
    Administer,
}

/// Commands that change rules, schedules and people.
const ADMINISTERING: &[&str] =
    &["alert rule", "digest subscribe", "digest pause", "digest resume", "digest run"];

impl Deed {
    /// What a command does.
    #[must_use]
    pub fn of(command: &str, writes: bool) -> Self {
        match writes {
            _ if ADMINISTERING.contains(&command) => Self::Administer,
            true => Self::Write,
            false => Self::Read,
        }
    }

    /// The least role that may do it.
    #[must_use]
    pub fn needs(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Write => Role::Manager,
            Self::Ingest | Self::Administer => Role::Admin,
        }
    }
}

/// Refuses what the asker's role does not allow.
pub fn may(asker: &Asker, deed: Deed) -> Result<(), Problem> {
    let needed = deed.needs();
    if asker.role >= needed {
        return Ok(());
    }
    Err(Problem::NotAllowed {
        message: format!(
            "This needs the role {needed}; you are {}. Ask an admin of etsm for it.",
            asker.role
        ),
    })
}

/// Refuses to change an account that the asker may only look at. Whether the asker may know of it at all was settled
/// when it was found.
pub fn may_change(asker: &Asker, account: &Account) -> Result<(), Problem> {
    if asker.changes.holds(account) {
        return Ok(());
    }
    let message = format!("You may look at {} but not change it. Ask an admin of etsm for it.", account.id);
    Err(Problem::NotAllowed { message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Audience;
    use crate::domain::Scope;

    #[test]
    fn a_viewer_reads_and_does_not_write() {
        let asker = |role| Asker {
            person: "dana".parse().unwrap(),
            role,
            sees: Scope::All,
            changes: Scope::All,
            audience: Audience::AskerOnly,
            way: crate::domain::How::Web.into(),
        };
        assert!(may(&asker(Role::Viewer), Deed::Read).is_ok());
        assert!(may(&asker(Role::Viewer), Deed::Write).is_err());
        assert!(may(&asker(Role::Manager), Deed::Write).is_ok());
    }
}
