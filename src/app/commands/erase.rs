//! `etsm erase`: all of an account or a person. Tells first what would go.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::config::Environment;
use crate::config::Settings;
use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::Person;
use crate::store::Erasure;
use crate::store::Keep;
use crate::store::Scrubbed;
use crate::store::Store;

use super::super::records::Erase;
use super::super::run::open_store;

/// Nothing was erased.
const LEFT: u8 = 1;

/// Whose traces go.
enum Whose {
    Account(AccountId),
    Person { name: Option<Person>, user: Option<u64> },
}

/// Erases after a yes. Status 0 erased, 1 not wanted, 2 there is none.
pub(super) async fn erase(
    settings: Settings,
    environment: &Environment,
    what: Erase,
) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let (whose, given, yes) = match what {
        Erase::Account { id, yes } => (Whose::Account(id.parse().context("reading the id")?), id, yes),
        Erase::Person { id, yes } => (person(&settings, &id)?, id, yes),
    };
    let act = super::terminal_act(environment)?;
    let store = open_store(&settings).await?;
    let trial = one(&store, &whose, Keep::DryRun, &act).await?;
    let Some(trial) = trial.filter(|trial| !trial.touched.is_empty()) else {
        store.close().await;
        bail!("nothing here is of {given}");
    };
    let mut out = anstream::stdout();
    writeln!(out, "Of {given}, this goes or gets a pseudonym:")?;
    for (kind, rows) in &trial.touched {
        writeln!(out, "  {rows:>8}  {kind}")?;
    }
    if !yes && !confirmed(&given)? {
        store.close().await;
        writeln!(out, "Nothing was erased.")?;
        return Ok(ExitCode::from(LEFT));
    }
    let done = one(&store, &whose, Keep::Yes, &act).await?.unwrap_or_default();
    let scrubbed = store.scrub().await.context("the rows are erased; writing the files anew")?;
    store.close().await;
    tell(&done, scrubbed, &given)?;
    Ok(ExitCode::SUCCESS)
}

/// The person of a name or of a user's id, with the other of the two where the settings tell it.
pub(super) fn whose(settings: &Settings, given: &str) -> anyhow::Result<(Option<Person>, Option<u64>)> {
    let people = &settings.members.people;
    if let Ok(user) = given.parse::<u64>() {
        return Ok((people.get(&user).cloned(), Some(user)));
    }
    let name = Person::new(given).with_context(|| format!("“{given}” cannot be a name"))?;
    let user = people.iter().find(|(_, known)| **known == name).map(|(user, _)| *user);
    Ok((Some(name), user))
}

fn person(settings: &Settings, given: &str) -> anyhow::Result<Whose> {
    let (name, user) = whose(settings, given)?;
    Ok(Whose::Person { name, user })
}

async fn one(store: &Store, whose: &Whose, keep: Keep, act: &Act) -> anyhow::Result<Option<Erasure>> {
    match whose {
        Whose::Account(id) => store.erase_account(id, keep, act).await.context("erasing an account"),
        Whose::Person { name, user } => {
            let erased = store.erase_person(name.as_ref(), *user, keep, act).await;
            erased.map(Some).context("erasing a person")
        }
    }
}

fn confirmed(given: &str) -> anyhow::Result<bool> {
    write!(anstream::stdout(), "This cannot be undone. Write “{given}” to go on: ")?;
    anstream::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("reading the answer")?;
    Ok(line.trim() == given)
}

fn tell(done: &Erasure, scrubbed: Scrubbed, given: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout();
    writeln!(out, "Erased. The audit log calls it {} from now on.", done.pseudonym)?;
    match scrubbed {
        Scrubbed::Gone => {
            writeln!(out, "The database was written anew; a running etsm notices within seconds.")?
        }
        Scrubbed::LogInUse => writeln!(
            out,
            "The write-ahead log is in use and still holds old pages; stop etsm and start it again to empty it."
        )?,
        Scrubbed::NotOurs => {
            writeln!(out, "Free pages of the server are its own to clean: run VACUUM FULL there.")?
        }
    }
    for (column, rows) in &done.remains {
        writeln!(out, "Still mentions it: {column}, {rows} rows, in texts of others.")?;
    }
    writeln!(out, "Backups made before still hold {given}; see admin/privacy.md.")?;
    Ok(())
}
