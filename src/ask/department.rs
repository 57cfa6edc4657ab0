//! The department of `ask`: the AI where there is one, else the words are matched with the catalogue.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::answers::Department;
use crate::answers::Desk;
use crate::answers::Question;
use crate::domain::Asker;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::AsOf;
use crate::writer::{NotWritten, People, Unwritten, Writer};

use super::compose;
use super::enquiry::{Enquiry, Outcome, Silence};
use super::matching;

/// How long an answer in words may take; a page waits half a minute, chat longer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(25);

/// Answers questions in words.
pub struct Asking {
    writer: Option<Arc<dyn Writer>>,
    people: People,
}

impl Asking {
    /// With an AI or without; `people` says whether it may be told their names.
    #[must_use]
    pub fn new(writer: Option<Arc<dyn Writer>>, people: People) -> Self {
        Self { writer, people }
    }

    /// Matches words with the catalogue, because of `why`.
    async fn matched(
        &self,
        desk: &Desk,
        asker: &Asker,
        words: &str,
        why: &str,
        as_of: AsOf,
    ) -> Result<Answer, Problem> {
        let matched = matching::matched(words, &*desk.view(asker)?);
        let Some(question) = matched.best else {
            count("offered");
            return Ok(compose::nothing(words, why, &matched.close, as_of));
        };
        count("matched");
        let found = desk.ask(asker, question.clone()).await?;
        Ok(compose::matched(why, &question, found, &matched.close))
    }
}

#[async_trait::async_trait]
impl Department for Asking {
    async fn answer(&self, desk: &Desk, asker: &Asker, question: &Question) -> Result<Answer, Problem> {
        let Question::Ask { question: words } = question else {
            return Err(Problem::internal(anyhow::anyhow!("{} is no question in words", question.command())));
        };
        let deadline = Instant::now() + ANSWER_TIME_MAX;
        let view = desk.view(asker)?;
        let as_of = AsOf { data_until: view.as_of(), version: view.version() };
        let Some(writer) = &self.writer else {
            return self.matched(desk, asker, words, "No AI is set up", as_of).await;
        };
        let Outcome { written, asked } =
            Enquiry::new(desk, asker, view, self.people).run(&**writer, words, deadline).await;
        match written {
            Ok(sections) => {
                count("written");
                Ok(compose::written(words, writer.name(), sections, asked, as_of))
            }
            Err(why) if asked.is_empty() => {
                self.matched(desk, asker, words, &sentence(&because(&why)), as_of).await
            }
            Err(why) => {
                count("figures");
                Ok(compose::figures(words, &because(&why), asked, as_of))
            }
        }
    }
}

/// How questions in words end: in sentences, in figures, matched with the catalogue, or in an offer.
fn count(outcome: &'static str) {
    metrics::counter!("etsm_ask_total", "outcome" => outcome).increment(1);
}

/// Why there are no sentences, for the reader. What went wrong between us and the AI is for the operator.
fn because(why: &Silence) -> String {
    let why = match why {
        Silence::NotWritten(why) => why,
        Silence::Endless => return "the AI came to no end of its questions".into(),
    };
    match why {
        NotWritten::Unwritten(Unwritten::NotSetUp) => "no AI is set up".into(),
        NotWritten::Unwritten(Unwritten::BudgetSpent(until)) => {
            format!("today’s budget for the AI is spent until {} UTC", until.strftime("%H:%M"))
        }
        NotWritten::Unwritten(Unwritten::Refused(_)) => {
            "the AI does not take our calls; an operator finds why in the log".into()
        }
        NotWritten::Unwritten(Unwritten::Unreachable(_) | Unwritten::Garbled(_)) => {
            "the AI cannot be reached just now".into()
        }
        NotWritten::Declined => "the AI declined to answer".into(),
        NotWritten::OutOfTime => "the AI took too long".into(),
        NotWritten::Refused(_) => "what the AI wrote did not pass the check".into(),
    }
}

/// The same as the beginning of a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
