//! What each word of the command line does.

mod analyze;
mod ask;
mod audit;
mod backup;
mod check;
mod digest;
mod erase;
mod eval;
mod export;
mod import;
mod key;
mod link;
mod replay;
mod serve;
mod session;

use std::io;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{CommandFactory, Parser};

use crate::adapters;
use crate::adapters::Proof;
use crate::answers::Desk;
use crate::chat::discord::Client;
use crate::chat::discord::Patience;
use crate::config::Environment;
use crate::config::Mistake;
use crate::config::Settings;
use crate::deliver::Outbox;
use crate::domain::Act;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::Clock;
use crate::domain::How;
use crate::domain::Person;
use crate::domain::Role;
use crate::domain::Scope;
use crate::domain::SystemClock;
use crate::engine::Engine;
use crate::telemetry;
use crate::web;

use super::cli::{Cli, Command};
use super::run::{counting, discord_client, log_form, open_store};
use super::staff::staffed;

/// The call or the file is wrong; nothing was done.
const WRONG_CALL: u8 = 2;

/// Parses the command line, does what it says, and tells by the exit status how it went.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::read();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("starting the runtime")),
    };
    match runtime.block_on(obey(cli, &environment)) {
        Ok(status) => status,
        // Whoever read our output has seen enough, as `head` does.
        Err(error) if nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn obey(cli: Cli, environment: &Environment) -> anyhow::Result<ExitCode> {
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "etsm", &mut std::io::stdout());
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Man { folder } = &cli.command {
        clap_mangen::generate_to(Cli::command(), folder)
            .with_context(|| format!("writing the manual pages into {}", folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Openapi = cli.command {
        writeln!(anstream::stdout(), "{}", web::openapi())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Eval { what } = &cli.command {
        return eval::eval(what).await;
    }
    let loaded = Settings::load(cli.config.as_deref(), environment);
    if let Command::Check(words) = &cli.command {
        return check::check(loaded, cli.data_dir, environment, words).await;
    }
    let mut settings = match loaded {
        Ok(settings) => settings,
        Err(mistakes) => return Ok(refused(&mistakes)),
    };
    if let Some(folder) = &cli.data_dir {
        settings.data_dir.clone_from(folder);
    }
    match cli.command {
        Command::Demo(demo) => serve::demo(settings, cli.data_dir.is_some(), demo).await,
        Command::Serve => serve::serve(settings).await,
        Command::Import(import) => import::import(settings, environment, import).await,
        Command::Ask(ask) => ask::ask(settings, environment, ask).await,
        Command::Link(link) => link::link(settings, link).await,
        Command::Key { what } => key::key(settings, environment, what).await,
        Command::Session { what } => session::session(settings, environment, what).await,
        Command::Audit { what } => audit::audit(settings, what).await,
        Command::Export { what } => export::export(settings, environment, what).await,
        Command::Erase { what } => erase::erase(settings, environment, what).await,
        Command::Analyze { what } => analyze::analyze(settings, environment, what).await,
        Command::Digest { what } => digest::digest(settings, environment, what).await,
        Command::Chat(chat) => ask::chat(settings, environment, chat).await,
        Command::Replay(words) => replay::replay(settings, environment, words).await,
        Command::Backup { file, force } => backup::backup(settings, environment, file, force).await,
        Command::Restore { file } => backup::restore(settings, environment, file).await,
        Command::Probe(probe) => {
            let scheme = if settings.server.tls.is_some() { "https" } else { "http" };
            match probe.url {
                Some(url) => adapters::probe(&url, Proof::Certificate).await?,
                None => adapters::probe(&format!("{scheme}://{}", settings.bind), Proof::None).await?,
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Check(_)
        | Command::Completions { .. }
        | Command::Eval { .. }
        | Command::Man { .. }
        | Command::Openapi => Ok(ExitCode::SUCCESS),
    }
}

/// A desk over the store of the settings, with its figures read.
async fn desk(settings: &Settings) -> anyhow::Result<Desk> {
    quiet_logs(settings)?;
    let store = open_store(settings).await?;
    let engine = Arc::new(Engine::new(Arc::clone(&settings.health), settings.currency));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // What a command posts is taken in here and posted by the service.
    let client = discord_client(settings, &store, Patience::default()).await?;
    let messenger = client.as_ref().map(Client::messenger);
    let outbox = Outbox::new(store.clone(), Arc::clone(&clock), messenger);
    let desk = staffed(counting(Desk::new(engine, store, clock), settings), settings, &outbox)?.desk;
    desk.adopt_rules(&settings.health_text, How::Terminal)
        .await
        .context("taking the health configuration into use")?;
    desk.load().await.context("reading the store")?;
    Ok(desk)
}

/// One-shot commands speak through their output; the log is for what is broken, unless a filter asks for more.
fn quiet_logs(settings: &Settings) -> anyhow::Result<()> {
    let filter = if settings.log == "info" { "warn" } else { &settings.log };
    telemetry::start_logs(filter, log_form(settings), None).map_err(anyhow::Error::msg)
}

/// Whoever sits at the terminal has the database in hand and so may do all.
fn terminal_asker(environment: &Environment, name: Option<&str>) -> anyhow::Result<Asker> {
    let name = name.or_else(|| environment.get("USER")).unwrap_or("you");
    let person = Person::new(name).with_context(|| format!("“{name}” cannot be a name"))?;
    Ok(Asker {
        person,
        role: Role::Admin,
        sees: Scope::All,
        changes: Scope::All,
        audience: Audience::AskerOnly,
        way: How::Terminal.into(),
    })
}

/// What whoever sits at the terminal changes just now.
fn terminal_act(environment: &Environment) -> anyhow::Result<Act> {
    Ok(terminal_asker(environment, None)?.act(SystemClock.now()))
}

/// Says on standard error what is wrong with the settings.
fn refused(mistakes: &[Mistake]) -> ExitCode {
    let mut out = anstream::stderr().lock();
    // A closed standard error leaves nobody to tell.
    let _gone = writeln!(out, "The settings need a hand:");
    for mistake in mistakes {
        let _gone = writeln!(out, "  {mistake}");
    }
    ExitCode::from(WRONG_CALL)
}

fn nobody_reads(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

/// Says on standard error what went wrong, with its causes.
fn failed(error: &anyhow::Error) -> ExitCode {
    let mut told = String::from("etsm");
    for cause in error.chain().map(ToString::to_string) {
        // Some libraries repeat the cause in their own words; once is enough.
        if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    let _gone = writeln!(anstream::stderr().lock(), "{told}");
    ExitCode::from(WRONG_CALL)
}
