//! What is behind a button, a choice or a form: the line that was signed into it, or kept in the store for it.

use std::time::Duration;

use crate::answers::Desk;
use crate::answers::Invocation;
use crate::answers::Question;
use crate::problem::Problem;
use crate::render::discord::Line;
use crate::render::discord::Press;
use crate::render::discord::Seal;

/// Longest wait for a line that is kept in the store; what comes later could not be acknowledged in time.
const LINE_MAX: Duration = Duration::from_millis(1_500);

/// What a press or a form comes to.
pub(super) enum Pressed {
    /// A question, and which page of its table to show.
    Ask(Question, usize),
    /// A form to open; `aloud` when the channel is to see the outcome in any case.
    Open { call: Invocation, aloud: bool },
    /// A form to complete.
    Submit { call: Invocation, aloud: bool },
}

/// A form as it was filled in.
pub(super) struct Draft {
    /// What it says.
    pub(super) call: Invocation,
    /// Whether the outcome is for the channel.
    pub(super) aloud: bool,
}

/// Reads a custom id; what is not ours, too old or was tampered with gets a kind word.
pub(super) async fn read(desk: &Desk, seal: &Seal, custom_id: &str) -> Result<Pressed, Problem> {
    let said = seal.read(custom_id).ok_or_else(outdated)?;
    let line = match said.line {
        Line::Whole(line) => line,
        Line::Kept(key) => kept(desk, &key).await?,
    };
    // The button may be older than the words it stands for.
    let (page, line) = match (said.press, line.split_once(' ')) {
        (Press::Turn, Some((page, line))) => (page.parse().map_err(|_odd| outdated())?, line),
        _ => (1, line.as_str()),
    };
    let call = Invocation::parse(line).map_err(|_outdated| outdated())?;
    match said.press {
        Press::Ask | Press::Turn => {
            let question = Question::understand(&call).map_err(|_outdated| outdated())?;
            // A press asks; whoever wants to write says so in a command or a form, but for what is as light as a press.
            if question.writes() && !question.shows_itself() {
                Err(outdated())
            } else {
                Ok(Pressed::Ask(question, page))
            }
        }
        Press::Open { aloud } => Ok(Pressed::Open { call, aloud }),
        Press::Submit { aloud } => Ok(Pressed::Submit { call, aloud }),
        Press::Choose => Err(outdated()),
    }
}

async fn kept(desk: &Desk, key: &str) -> Result<String, Problem> {
    let reading = tokio::time::timeout(LINE_MAX, desk.store().kept_line(key));
    let line = reading.await.map_err(|_late| Problem::Busy)?;
    line.map_err(|failed| Problem::internal(anyhow::Error::new(failed)))?.ok_or_else(outdated)
}

/// For what we do not know, or not any more.
pub(super) fn outdated() -> Problem {
    let message =
        "This button belongs to an older message. Please ask again with a command; /help lists them.";
    Problem::NotAllowed { message: message.into() }
}
