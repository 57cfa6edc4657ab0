//! The terminal: one question (`etsm ask`) or a conversation (`etsm chat`), in the same words as in the team's chat.

mod ask;
mod conversation;
mod line_editor;

use std::io;
use std::io::IsTerminal;

use crate::answers::Desk;
use crate::domain::Asker;
use crate::render::console;
use crate::render::console::Style;

pub use ask::{Form, Outcome, ask_once};
pub use conversation::{converse, talk};

/// Columns when nobody looks: what goes into a file or a pipe.
const WIDTH_WITHOUT_SCREEN: usize = 80;

/// How standard output shows text: colours only on a terminal that wants them, as wide as it is.
#[must_use]
pub fn screen(public_url: Option<String>) -> Style {
    let out = io::stdout();
    let color = anstream::AutoStream::choice(&out) != anstream::ColorChoice::Never;
    let width = if out.is_terminal() { line_editor::screen_width() } else { None };
    Style { color, width: width.unwrap_or(WIDTH_WITHOUT_SCREEN), public_url }
}

/// The answer to a line, or what is wrong with it, as the terminal shows it.
async fn reply(desk: &Desk, asker: &Asker, line: &str, style: &Style) -> String {
    match desk.ask_line(asker, line).await {
        Ok(answer) => console::answer(&answer, style),
        Err(problem) => console::problem(&problem, style),
    }
}

/// Whoever reads may go away at any time, as `head` does; that is no failure.
fn reader_left(written: &io::Result<()>) -> bool {
    written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
