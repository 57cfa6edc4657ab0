//! Having a draft written: one try, its objections back once, then no more.
//!
//! Invariant: it ends within its time, and what comes out of it was checked.

use std::time::{Duration, Instant};

use super::brief::Brief;
use super::check::{Section, check};
use super::conversation::{Conversation, Message, Said, SaidBy, Spent, Stop, Unwritten, Writer};
use super::draft::Draft;
use super::objection::{Objection, Reason};
use super::prompt;

/// Tries in all.
const TRIES: u32 = 2;
/// With less time left no further try is begun: it could not end well.
const TRY_MIN: Duration = Duration::from_secs(5);

/// A text that was written and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The text.
    pub sections: Vec<Section>,
    /// At which try.
    pub tries: u32,
    /// What all tries cost.
    pub spent: Spent,
}

/// Why there is no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWritten {
    /// The writer said nothing.
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
    /// The writer will not write about this.
    #[error("the AI declined to write it")]
    Declined,
    /// There is no time left.
    #[error("the AI took too long")]
    OutOfTime,
    /// The drafts could not stand.
    #[error("what the AI wrote did not pass the check: {}", first(.0))]
    Refused(Vec<Objection>),
}

/// The first objection, and how many there are beside it.
fn first(objections: &[Objection]) -> String {
    objections.first().map_or_else(String::new, |one| one.reason.to_string())
}

/// Has a draft about a brief written and checks it; a draft that cannot stand is handed back once, with the reasons.
pub async fn write(
    writer: &dyn Writer,
    mut conversation: Conversation,
    brief: &Brief,
    deadline: Duration,
) -> Result<Written, NotWritten> {
    let begun = Instant::now();
    let mut spent = Spent::default();
    let mut refused = Vec::new();
    for tries in 1..=TRIES {
        let left = deadline.saturating_sub(begun.elapsed());
        if tries > 1 && left < TRY_MIN {
            break;
        }
        conversation.patience = left;
        let said = match tokio::time::timeout(left, writer.say(&conversation)).await {
            Ok(said) => said?,
            Err(_elapsed) => break,
        };
        spent = spent.plus(said.spent);
        if said.stop == Stop::Refused {
            return Err(NotWritten::Declined);
        }
        match judged(brief, &said) {
            Ok(sections) => return Ok(Written { sections, tries, spent }),
            Err(objections) => {
                tracing::info!(tries, objections = objections.len(), "Refused a draft");
                conversation.messages.push(Message { by: SaidBy::Writer, pieces: said.pieces });
                conversation.messages.push(prompt::handed_back(&objections));
                refused = objections;
            }
        }
    }
    if refused.is_empty() { Err(NotWritten::OutOfTime) } else { Err(NotWritten::Refused(refused)) }
}

/// The checked sections of a turn, or what is wrong with it.
pub fn judged(brief: &Brief, said: &Said) -> Result<Vec<Section>, Vec<Objection>> {
    let whole = |reason| vec![Objection { text: "the whole draft".into(), reason }];
    if said.stop != Stop::Done {
        return Err(whole(Reason::CutOff));
    }
    let draft = Draft::read(&said.text()).map_err(|odd| whole(Reason::Unreadable(odd.to_string())))?;
    check(brief, &draft)
}

impl Spent {
    /// Both together.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        Self {
            input: self.input + more.input,
            cached_write: self.cached_write + more.cached_write,
            cached_read: self.cached_read + more.cached_read,
            output: self.output + more.output,
        }
    }
}
