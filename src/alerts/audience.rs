//! Whether all who read somewhere may know of what an alert is about.

use crate::deliver::Readers;
use crate::domain::Scope;
use crate::engine::Snapshot;

use super::subject::Subject;

/// Why something is not told there; `None` when it may be.
pub(super) fn refusal(readers: &Readers, subject: &Subject, snapshot: &Snapshot) -> Option<String> {
    if may_hear(readers, subject, snapshot) {
        return None;
    }
    Some(match readers {
        Readers::Uncertain => "who reads there cannot be judged".into(),
        Readers::Scopes(_) => "not everyone who reads there may know of it".into(),
    })
}

/// Whether each reader may know of it. A source delivers for accounts of all kinds, so that only who may know of all may
/// know of it.
pub(super) fn may_hear(readers: &Readers, subject: &Subject, snapshot: &Snapshot) -> bool {
    let Readers::Scopes(scopes) = readers else { return false };
    let may = |scope: &Scope| match (scope, subject.account()) {
        (Scope::All, _) => true,
        (Scope::Of(_), Some(id)) => snapshot.account(id).is_some_and(|account| scope.holds(account)),
        (Scope::Of(_), None) => false,
    };
    scopes.iter().all(may)
}
