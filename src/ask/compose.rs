//! The replies of `ask`.

use crate::answers::Question;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::reply::Block;
use crate::reply::Prose;
use crate::reply::Span;
use crate::writer::Section;

use super::enquiry::Asked;

/// Longest question in a title, in characters.
const TITLE_CHARS_MAX: usize = 140;
/// Answers that are shown themselves when there are no sentences about them.
const SHOWN_MAX: usize = 3;
/// Rows of a table in such an answer.
const ROWS_MAX: usize = 8;
/// Longest label of a button, in characters; Discord shows no more than 80.
const LABEL_CHARS_MAX: usize = 75;

/// Sentences of the AI, with what it asked.
pub(super) fn written(
    words: &str,
    model: &str,
    sections: Vec<Section>,
    asked: Vec<Asked>,
    as_of: AsOf,
) -> Answer {
    let headed = sections.len() > 1;
    let mut blocks: Vec<Block> =
        sections.into_iter().map(|section| Block::Text(prose(section, headed))).collect();
    blocks.extend(caveats(&asked));
    let by = Prose::plain("Worded by the AI ").outside(model).and("; ");
    blocks.push(Block::Text(if asked.is_empty() {
        by.and("it asked nothing, so there are no figures in it.")
    } else {
        list(by.and("every figure comes from what it asked: "), &asked).and(".")
    }));
    answer(words, blocks, asked, as_of)
}

/// The answers to what the AI asked, without sentences of its own.
pub(super) fn figures(words: &str, why: &str, asked: Vec<Asked>, as_of: AsOf) -> Answer {
    let said =
        Prose::plain(format!("There are no sentences to this: {why}. Here is what was asked for it: "));
    let mut blocks = vec![Block::Text(list(said, &asked).and("."))];
    let mut charted = false;
    for one in asked.iter().take(SHOWN_MAX) {
        blocks.push(Block::Text(Prose::default().outside(&one.answer.title)));
        for block in &one.answer.blocks {
            match block {
                Block::Chart(_) if std::mem::replace(&mut charted, true) => {}
                Block::Caveat(_) => {}
                Block::Table(table) => {
                    let mut table = table.clone();
                    table.more += table.rows.len().saturating_sub(ROWS_MAX);
                    table.rows.truncate(ROWS_MAX);
                    blocks.push(Block::Table(table));
                }
                Block::Text(_) | Block::Facts(_) | Block::Chart(_) => blocks.push(block.clone()),
            }
        }
    }
    blocks.extend(caveats(&asked));
    answer(words, blocks, asked, as_of)
}

/// The answer to the question of the catalogue that fits best.
pub(super) fn matched(why: &str, question: &Question, mut found: Answer, close: &[Question]) -> Answer {
    let said = Prose::plain(format!("{why}, so this is the answer to ")).code(question.line());
    found.blocks.insert(0, Block::Text(said.and(", which fits your words best.")));
    for close in close.iter().map(offer) {
        if found.actions.iter().all(|action| action.line != close.line) {
            found.actions.push(close);
        }
    }
    found
}

/// Nothing fits; the closest questions as buttons.
pub(super) fn nothing(words: &str, why: &str, close: &[Question], as_of: AsOf) -> Answer {
    let said = format!("{why}, and your words fit none of the questions. The closest ones are below; ");
    let said = Prose::plain(said).code("help").and(" lists them all.");
    let actions = close.iter().map(offer).collect();
    Answer { actions, ..answer(words, vec![Block::Text(said)], Vec::new(), as_of) }
}

fn answer(words: &str, blocks: Vec<Block>, asked: Vec<Asked>, as_of: AsOf) -> Answer {
    let path = match &asked[..] {
        [one] => one.answer.path.clone(),
        _ => None,
    };
    let actions = asked.iter().map(|one| button(&one.answer.title, &one.question)).collect();
    Answer { title: title(words), blocks, as_of, path, actions, picks: Vec::new(), private: false }
}

fn title(words: &str) -> String {
    let line: Vec<&str> = words.split_whitespace().collect();
    clipped(&line.join(" "), TITLE_CHARS_MAX)
}

fn clipped(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars_max - 1).collect();
    short.push('…');
    short
}

fn button(label: &str, question: &Question) -> Action {
    Action { label: clipped(label, LABEL_CHARS_MAX), line: question.line(), current: false, form: false }
}

/// A question that was not asked, by the name of its command.
fn offer(question: &Question) -> Action {
    let mut letters = question.command().chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    button(&first.into_iter().chain(letters).collect::<String>(), question)
}

/// A section as one paragraph; its heading only where there are several.
fn prose(section: Section, headed: bool) -> Prose {
    let mut spans: Vec<Span> = Vec::new();
    if headed {
        spans.extend(section.title.0);
        spans.push(Span::Plain(": ".into()));
    }
    for (at, sentence) in section.sentences.into_iter().enumerate() {
        if at > 0 {
            spans.push(Span::Plain(" ".into()));
        }
        spans.extend(sentence.prose.0);
    }
    Prose(spans)
}

/// The lines of what was asked, as they may be typed.
fn list(mut said: Prose, asked: &[Asked]) -> Prose {
    for (at, one) in asked.iter().enumerate() {
        if at > 0 {
            said = said.and(", ");
        }
        said = said.code(one.question.line());
    }
    said
}

/// What must be known to read the figures right, each once.
fn caveats(asked: &[Asked]) -> Vec<Block> {
    let mut all: Vec<Block> = Vec::new();
    for block in asked.iter().flat_map(|one| &one.answer.blocks) {
        if matches!(block, Block::Caveat(_)) && !all.contains(block) {
            all.push(block.clone());
        }
    }
    all
}
