//! Which accounts an answer tells of, and whether everyone who will read it may know of them.

use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Scope;
use crate::engine::Snapshot;

use super::alerts::AlertAsked;
use super::desk::Desk;
use super::lookup::{find_account, find_initiative};
use super::question::Question;

/// Which accounts an answer tells of.
enum Subject {
    /// None.
    Nothing,
    /// This one.
    One(AccountId),
    /// All that the asker sees.
    All,
    /// It will not be answered.
    Unknown,
}

impl Desk {
    /// Whether all `readers` may know of the accounts that the answer will tell of. What cannot be answered may not be
    /// read by others either.
    #[must_use]
    pub fn may_be_read(&self, asker: &Asker, question: &Question, readers: &[Scope]) -> bool {
        if readers.iter().all(|reader| *reader == Scope::All) {
            return true;
        }
        let Ok(view) = self.view(asker) else { return false };
        let all_hold = |account| readers.iter().all(|reader| reader.holds(account));
        match subject(&view, question) {
            Subject::Nothing => true,
            Subject::One(id) => view.account(&id).is_some_and(all_hold),
            Subject::All => view.accounts().all(all_hold),
            Subject::Unknown => false,
        }
    }
}

fn subject(view: &Snapshot, question: &Question) -> Subject {
    let one = |given: &str| find_account(view, given).map_or(Subject::Unknown, Subject::One);
    let maybe = |given: &Option<String>| given.as_deref().map_or(Subject::All, one);
    let initiative = |given: &str| {
        let found = find_initiative(view.initiatives(), given);
        found.map_or(Subject::Unknown, |one| Subject::One(one.account.clone()))
    };
    match question {
        Question::Portfolio { .. }
        | Question::Movers { .. }
        | Question::Churn { .. }
        | Question::Digest(_)
        | Question::Ask { .. }
        | Question::Status => Subject::All,
        Question::Health { account, .. }
        | Question::Why { account, .. }
        | Question::History { account, .. }
        | Question::Note { account, .. }
        | Question::OverrideClear { account, .. } => one(account),
        Question::OverrideSet(new) => one(&new.account),
        Question::InitiativeAdd(new) => one(&new.account),
        Question::Usage { account, .. }
        | Question::Anomalies { account, .. }
        | Question::Forecast { account, .. }
        | Question::InitiativeList { account, .. }
        | Question::Alert(AlertAsked::List { account, .. }) => maybe(account),
        // An alert may be about any of them.
        Question::Alert(
            AlertAsked::Show { .. }
            | AlertAsked::Ack { .. }
            | AlertAsked::Snooze { .. }
            | AlertAsked::Rule(_),
        ) => Subject::All,
        Question::InitiativeShow { id } | Question::InitiativeClose { id, .. } => initiative(id),
        Question::InitiativeUpdate(edit) => initiative(&edit.id),
        Question::Help { .. } | Question::Login => Subject::Nothing,
    }
}
