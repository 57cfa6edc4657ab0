//! `login`: the way to the dashboard. Where people have to log in, chat makes a pass of its address.

use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Prose;

use super::question::Question;
use super::reading::Reading;

pub(super) fn answer(reading: &Reading<'_>) -> Answer {
    let mut answer = reading.answer("Your way to the dashboard", &Question::Login);
    answer.private = true;
    let words = "The link opens the dashboard with what you may see. Where people log in there, it is yours alone: it \
                 works once, within ten minutes.";
    answer.blocks.push(Block::Text(Prose::plain(words)));
    answer
}
