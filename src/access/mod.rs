//! Who may do what.

use crate::domain::Asker;
use crate::domain::Role;
use crate::problem::Problem;

/// What someone wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Look at figures.
    Read,
    /// Write notes and initiatives.
    Write,
}

/// Refuses what the asker's role does not allow.
pub fn may(asker: &Asker, deed: Deed) -> Result<(), Problem> {
    let needed = match deed {
        Deed::Read => Role::Viewer,
        Deed::Write => Role::Manager,
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Audience;

    #[test]
    fn a_viewer_reads_and_does_not_write() {
        let asker = |role| Asker { person: "dana".parse().unwrap(), role, audience: Audience::AskerOnly };
        assert!(may(&asker(Role::Viewer), Deed::Read).is_ok());
        assert!(may(&asker(Role::Viewer), Deed::Write).is_err());
        assert!(may(&asker(Role::Manager), Deed::Write).is_ok());
    }
}
