//! Whether everyone who will read a digest may know of all that it tells of.

use std::sync::Arc;

use crate::deliver::Outbox;
use crate::deliver::Readers;
use crate::deliver::Undelivered;
use crate::digest::DigestScope;
use crate::domain::Destination;
use crate::engine::Snapshot;

/// Why a digest is not posted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// Someone has to change something first.
    Refused(String),
    /// It is not known just now.
    NotNow(String),
}

/// Whether all who can read a destination may know of what a digest tells of. Who opens a page is asked for there.
pub(super) async fn may_be_told(
    outbox: &Outbox,
    to: &Destination,
    scope: &DigestScope,
    snapshot: &Arc<Snapshot>,
) -> Result<(), Barred> {
    let readers = outbox.readers(to).await.map_err(|undelivered| match undelivered {
        Undelivered::Refused { why } | Undelivered::Deleted { why } => Barred::Refused(why),
        Undelivered::Later { why, .. } | Undelivered::Unknown { why } => Barred::NotNow(why),
    })?;
    let all_may = match &readers {
        Readers::Scopes(scopes) => scopes.iter().all(|sees| scope.is_within(snapshot, sees)),
        Readers::Uncertain => {
            return Err(Barred::Refused(
                "it is not certain who can read the channel; post to one that roles alone open".into(),
            ));
        }
    };
    if all_may {
        return Ok(());
    }
    Err(Barred::Refused(format!(
        "not everyone who can read the channel may see {scope}; post it to a channel that only those can read, or give \
         their roles these accounts in access.roles"
    )))
}
