//! `etsm ask` and `etsm chat`: the desk in the terminal.

use std::io::IsTerminal;
use std::process::ExitCode;

use crate::chat::console;
use crate::config::Environment;
use crate::config::Settings;

use super::super::cli::{Ask, Chat};

/// Width of a line where nobody says otherwise, as in a pipe.
const PIPE_WIDTH: usize = 100;

/// One question. Status 0 answered, 1 could not be answered, 2 wrong call.
pub(super) async fn ask(settings: Settings, environment: &Environment, ask: Ask) -> anyhow::Result<ExitCode> {
    let asker = super::terminal_asker(environment, ask.person.as_deref())?;
    let desk = super::desk(&settings).await?;
    let form = console::Form { json: ask.json, png: ask.png, ..form(&settings) };
    let status =
        console::ask_once(&desk, &asker, &ask.words.join(" "), &mut anstream::stdout(), &form).await?;
    desk.store().close().await;
    Ok(status)
}

/// A conversation, until the input ends or someone says `exit`.
pub(super) async fn chat(
    settings: Settings,
    environment: &Environment,
    chat: Chat,
) -> anyhow::Result<ExitCode> {
    let asker = super::terminal_asker(environment, chat.person.as_deref())?;
    let desk = super::desk(&settings).await?;
    let status = console::converse(&desk, &asker, &form(&settings)).await?;
    desk.store().close().await;
    Ok(status)
}

fn form(settings: &Settings) -> console::Form {
    let terminal = std::io::stdout().is_terminal();
    console::Form {
        json: false,
        color: terminal,
        width: terminal_width().filter(|_| terminal).unwrap_or(PIPE_WIDTH),
        png: None,
        public_url: settings.public_url.clone(),
    }
}

fn terminal_width() -> Option<usize> {
    rustyline::DefaultEditor::new().ok()?.dimensions().map(|(columns, _)| usize::from(columns))
}
