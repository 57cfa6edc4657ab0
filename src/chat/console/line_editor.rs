//! A line that can be edited, with what was typed before and completion by the desk.

use anyhow::Context;
use rustyline::completion::{Completer, Pair};
use rustyline::config::{CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{DefaultEditor, Editor, Helper};

use crate::answers::Desk;
use crate::domain::Asker;
use crate::render::words;

const PROMPT: &str = "etsm> ";

/// What came from the keyboard.
pub(super) enum Typed {
    /// A line.
    Line(String),
    /// Ctrl-C: the line is thrown away.
    Interrupt,
    /// Ctrl-D.
    End,
}

/// The line at the bottom of the screen.
pub(super) struct LineEditor {
    editor: Editor<Completion, DefaultHistory>,
}

impl LineEditor {
    pub(super) fn new(desk: Desk, asker: Asker) -> anyhow::Result<Self> {
        let config = Config::builder()
            .auto_add_history(true)
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .build();
        let mut editor = Editor::with_config(config).context("preparing the terminal")?;
        editor.set_helper(Some(Completion { desk, asker }));
        Ok(Self { editor })
    }

    pub(super) fn read(&mut self) -> anyhow::Result<Typed> {
        match self.editor.readline(PROMPT) {
            Ok(line) => Ok(Typed::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Typed::Interrupt),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(error) => Err(anyhow::Error::new(error).context("reading the next question")),
        }
    }
}

/// Columns of the terminal, when there is one.
pub(super) fn screen_width() -> Option<usize> {
    let (width, _height) = DefaultEditor::new().ok()?.dimensions()?;
    Some(usize::from(width)).filter(|width| *width > 0)
}

struct Completion {
    desk: Desk,
    asker: Asker,
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _context: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let choices = self.desk.complete_line(&self.asker, &line[..pos]);
        let pairs = choices
            .into_iter()
            .map(|choice| Pair { display: words::harmless(&choice.label), replacement: choice.value })
            .collect();
        Ok((0, pairs))
    }
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}
