//! `etsm ask` and `etsm chat`: the desk in the terminal.

use std::process::ExitCode;

use crate::chat::console;
use crate::config::Environment;
use crate::config::Settings;

use super::super::cli::{Ask, Chat};
use super::super::run::close;

/// One question. Status 0 answered, 1 no answer, 2 not understood.
pub(super) async fn ask(settings: Settings, environment: &Environment, ask: Ask) -> anyhow::Result<ExitCode> {
    let asker = super::terminal_asker(environment, ask.person.as_deref())?;
    let desk = super::desk(&settings).await?;
    let form =
        console::Form { json: ask.json, style: console::screen(Some(settings.public_url)), png: ask.png };
    let outcome =
        console::ask_once(&desk, &asker, &ask.words.join(" "), &mut anstream::stdout(), &form).await?;
    close(&desk).await;
    Ok(ExitCode::from(outcome.status()))
}

/// A conversation, until the input ends or someone says `exit`.
pub(super) async fn chat(
    settings: Settings,
    environment: &Environment,
    chat: Chat,
) -> anyhow::Result<ExitCode> {
    let asker = super::terminal_asker(environment, chat.person.as_deref())?;
    let desk = super::desk(&settings).await?;
    console::converse(&desk, &asker, Some(settings.public_url)).await?;
    close(&desk).await;
    Ok(ExitCode::SUCCESS)
}
