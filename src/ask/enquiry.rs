//! One question in words, taken to the AI: rounds of calls that the desk answers, then sentences that are checked.
//!
//! Invariant: it ends within its time, its rounds and its tokens.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::answers::Desk;
use crate::answers::Question;
use crate::domain::Asker;
use crate::domain::utc_date;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::writer;
use crate::writer::{
    Brief, Conversation, Draft, Message, NotWritten, People, Piece, Said, SaidBy, Section, Spent, Stop,
    Unwritten, Writer,
};

use super::pseudonyms::Pseudonyms;
use super::states;
use super::told::{Teller, fenced};
use super::tools;

/// What is asked of the writer beside how to write.
const TASK: &str = include_str!("task.txt");
/// Rounds of calls; after them only sentences are taken.
const ROUNDS_MAX: usize = 8;
/// Questions in one round; the rest is not asked.
const CALLS_MAX: usize = 6;
/// Facts that a brief may come to; more of them cost much and tell little.
const FACTS_MAX: usize = 600;
/// Tokens that are read anew or written for one question, all rounds together.
const TOKENS_MAX: u64 = 80_000;
/// Most tokens of a turn.
const TURN_TOKENS_MAX: u32 = 2_000;
/// With less time left no further turn is begun: it could not end well.
const TURN_TIME_MIN: Duration = Duration::from_secs(2);

/// A question that was asked of the desk, with its answer.
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) answer: Answer,
}

/// What an enquiry came to.
pub(super) struct Outcome {
    /// The sentences, or why there are none.
    pub(super) written: Result<Vec<Section>, Silence>,
    /// What was asked, each question once.
    pub(super) asked: Vec<Asked>,
}

/// Why there are no sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silence {
    /// There is no draft, or none that can stand.
    NotWritten(NotWritten),
    /// The rounds or the tokens ran out.
    Endless,
}

impl From<Unwritten> for Silence {
    fn from(why: Unwritten) -> Self {
        Self::NotWritten(why.into())
    }
}

/// An enquiry under way.
pub(super) struct Enquiry<'a> {
    desk: &'a Desk,
    asker: &'a Asker,
    view: Arc<Snapshot>,
    people: Pseudonyms,
    brief: Brief,
    asked: Vec<Asked>,
    /// Lines of the brief that the writer knows already.
    known: HashSet<String>,
}

impl<'a> Enquiry<'a> {
    pub(super) fn new(desk: &'a Desk, asker: &'a Asker, view: Arc<Snapshot>, people: People) -> Self {
        let people = Pseudonyms::of(&view, asker.person.as_str(), people);
        let brief = Brief::default();
        Self { desk, asker, view, people, brief, asked: Vec::new(), known: HashSet::new() }
    }

    /// Has a question answered until `deadline` at the latest.
    pub(super) async fn run(mut self, writer: &dyn Writer, words: &str, deadline: Instant) -> Outcome {
        let written = self.converse(writer, words, deadline).await;
        Outcome { written, asked: self.asked }
    }

    async fn converse(
        &mut self,
        writer: &dyn Writer,
        words: &str,
        deadline: Instant,
    ) -> Result<Vec<Section>, Silence> {
        let mut conversation = self.opening(words);
        let (mut rounds, mut refused, mut spent) = (0, None, 0);
        loop {
            if spent > TOKENS_MAX {
                return Err(Silence::Endless);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left < TURN_TIME_MIN {
                return Err(Silence::NotWritten(refused.map_or(NotWritten::OutOfTime, NotWritten::Refused)));
            }
            conversation.patience = left;
            let said = writer.say(&conversation).await?;
            spent += weight(said.spent);
            if said.stop == Stop::Refused {
                return Err(Silence::NotWritten(NotWritten::Declined));
            }
            let next = if said.pieces.iter().any(|piece| matches!(piece, Piece::Call { .. })) {
                rounds += 1;
                // After the last round it is told so once; who goes on asking comes to no end.
                if rounds > ROUNDS_MAX + 1 {
                    return Err(Silence::Endless);
                }
                self.results(&said, rounds, deadline).await
            } else {
                match writer::judged(&self.brief, &said) {
                    Ok(sections) => return Ok(sections),
                    Err(objections) if refused.is_some() => {
                        return Err(Silence::NotWritten(NotWritten::Refused(objections)));
                    }
                    Err(objections) => {
                        let back = writer::handed_back(&objections);
                        refused = Some(objections);
                        back
                    }
                }
            };
            conversation.messages.push(Message { by: SaidBy::Writer, pieces: said.pieces });
            conversation.messages.push(next);
        }
    }

    fn opening(&self, words: &str) -> Conversation {
        let as_of = self.view.as_of().map(|as_of| utc_date(as_of).to_string());
        let asked = json!({"question": self.people.hide(words), "newest_data": as_of});
        let text = format!("<question>\n{}\n</question>", fenced(&asked));
        Conversation {
            instructions: format!("{}\n{TASK}", writer::instructions()),
            tools: tools::tools(),
            messages: vec![Message { by: SaidBy::Us, pieces: vec![Piece::Text(text)] }],
            shape: Some(Draft::schema()),
            tokens_max: TURN_TOKENS_MAX,
            patience: Duration::ZERO,
        }
    }

    /// What all calls of a turn came to: each of them has to be answered.
    async fn results(&mut self, said: &Said, round: usize, deadline: Instant) -> Message {
        let mut pieces = Vec::new();
        for piece in &said.pieces {
            let Piece::Call { id, tool, input } = piece else { continue };
            let told = match () {
                () if round > ROUNDS_MAX => Err("No more questions; answer from what you have.".to_owned()),
                () if pieces.len() >= CALLS_MAX => Err("Too many questions at once.".to_owned()),
                () if self.brief.facts.len() >= FACTS_MAX => {
                    Err("There are enough figures; answer from what you have.".to_owned())
                }
                () => self.ask(tool, input, deadline).await,
            };
            let failed = told.is_err();
            let text = told.unwrap_or_else(|why| why);
            pieces.push(Piece::Result { id: id.clone(), text, failed });
        }
        Message { by: SaidBy::Us, pieces }
    }

    /// Asks the desk what a call asks, with the asker's rights.
    async fn ask(&mut self, tool: &str, input: &Value, deadline: Instant) -> Result<String, String> {
        let question = tools::question(tool, input, |name, text| self.meant(name, text));
        let question = question.map_err(|problem| self.problem(&problem))?;
        let answered = timeout_at(deadline, self.desk.ask(self.asker, question.clone())).await;
        let answer = answered.unwrap_or(Err(Problem::Busy)).map_err(|problem| self.problem(&problem))?;
        let told = self.tell(&answer);
        if self.asked.iter().all(|asked| asked.question != question) {
            self.asked.push(Asked { question, answer });
        }
        Ok(told)
    }

    /// What is meant by the value of an option: the AI knows accounts and initiatives by their numbers, and people by
    /// others.
    fn meant(&self, option: &str, text: &str) -> String {
        let bare = text.trim().trim_matches(['[', ']']);
        let place = |letter: char| bare.strip_prefix(letter)?.parse::<usize>().ok()?.checked_sub(1);
        let known = match option {
            "account" => place('a').and_then(|at| self.brief.accounts.get(at)).map(|one| one.id.to_string()),
            "id" => place('i').and_then(|at| self.brief.initiatives.get(at)).map(|one| one.id.to_string()),
            _ => None,
        };
        known.unwrap_or_else(|| self.people.reveal(text))
    }

    /// An answer with what is new in the brief by it, between marks.
    fn tell(&mut self, answer: &Answer) -> String {
        let mut lines =
            Teller { view: &self.view, people: &self.people, brief: &mut self.brief }.tell(answer);
        states::note(&mut self.brief, &self.view);
        self.brief.people.extend(self.people.names().cloned());
        // Names were hidden above; the brief hides them in its own way.
        for line in writer::data(&self.brief, self.people.people()).lines() {
            if line.starts_with('{') && self.known.insert(line.to_owned()) {
                lines.push(line.to_owned());
            }
        }
        format!("<data>\n{}\n</data>", lines.join("\n"))
    }

    /// What is told of a question that could not be answered. It may quote an account's name.
    fn problem(&self, problem: &Problem) -> String {
        let told = json!({"problem": self.people.hide(&problem.to_string())});
        format!("<data>\n{}\n</data>", fenced(&told))
    }
}

/// Tokens that are paid for at a full price; what is read from the cache is next to nothing.
fn weight(spent: Spent) -> u64 {
    spent.input + spent.cached_write + spent.output
}
