//! `note`: what was written down about an account.

use crate::domain::AccountId;
use crate::domain::Note;
use crate::domain::Role;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Prose;

use super::follow_ups::action;
use super::question::Question;
use super::reading::{Reading, instant_words};
use super::spell::account_path;

/// Says back what was written down, with what most often follows.
pub(super) fn written(reading: &Reading<'_>, note: &Note) -> Answer {
    let health = Question::Health { account: note.account.to_string(), since: None };
    let mut answer = reading.answer(format!("{} — note", reading.name(&note.account)), &health);
    answer.path = Some(account_path(note.account.as_str()));
    answer.blocks.push(Block::Text(Prose::default().outside(&note.text)));
    let by = Prose::plain("Noted by ").outside(note.author.as_str());
    answer.blocks.push(Block::Text(by.and(format!(" on {}.", instant_words(note.at)))));
    let list =
        Question::InitiativeList { account: Some(note.account.to_string()), status: None, owner: None };
    answer.actions.push(action("Health", &health, false));
    answer.actions.push(action("Initiatives", &list, false));
    answer.actions.extend(button(reading, &note.account));
    answer
}

/// A button that opens the form of a note, for those who may write one.
pub(super) fn button(reading: &Reading<'_>, account: &AccountId) -> Option<Action> {
    (reading.role >= Role::Manager)
        .then(|| super::forms::button("Note…", "note", ("account", account.as_str())))
}
