//! `etsm digest`: what a digest would say, and one beside its schedule.

use std::process::ExitCode;

use crate::answers::DigestAsked;
use crate::answers::Question;
use crate::chat::console;
use crate::config::Environment;
use crate::config::Settings;

use super::super::cli::Digest;
use super::super::run::close;

/// Status 0 answered, 1 no answer, 2 not understood. A running service over the same data posts what is ordered here.
pub(super) async fn digest(
    settings: Settings,
    environment: &Environment,
    words: Digest,
) -> anyhow::Result<ExitCode> {
    let asker = super::terminal_asker(environment, None)?;
    let desk = super::desk(&settings).await?;
    let question = Question::Digest(match words {
        Digest::Preview(of) => DigestAsked::Preview { name: of.name, at: of.at.map(|at| at.to_string()) },
        Digest::Run(of) => DigestAsked::Run { name: of.name, at: of.at.map(|at| at.to_string()) },
    });
    let form = console::Form { json: false, style: console::screen(Some(settings.public_url)), png: None };
    let outcome = console::ask_once(&desk, &asker, &question.line(), &mut anstream::stdout(), &form).await?;
    close(&desk).await;
    Ok(ExitCode::from(outcome.status()))
}
