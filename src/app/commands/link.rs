//! `etsm link`: a link to a page that lets its reader in.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::SignedDuration;

use crate::access::Pass;
use crate::access::PassSeal;
use crate::answers::Question;
use crate::config::Settings;
use crate::domain::Bearer;
use crate::domain::Clock;
use crate::domain::Person;
use crate::domain::SystemClock;

use super::super::cli::Link;
use super::super::run::{open_store, signing_secret};

/// Prints the address.
pub(super) async fn link(settings: Settings, link: Link) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let question = Question::parse(&link.words.join(" "))?;
    let Some(path) = question.path() else {
        bail!(
            "{} has no page to link to; name a command that shows something, as in \"usage acme\"",
            question.command()
        )
    };
    let person = Person::new(&link.person).with_context(|| format!("“{}” cannot be a name", link.person))?;
    let known = settings.members.people.iter().find(|(_, name)| **name == person).map(|(user, _)| *user);
    let bearer = known.map_or(Bearer::Reader(person), Bearer::Member);
    let store = open_store(&settings).await?;
    let seal = PassSeal::new(&signing_secret(&settings, &store).await?);
    let holds = SignedDuration::from_mins(i64::from(link.minutes));
    let mut pass = Pass::new(bearer, path, SystemClock.now(), holds);
    pass.pictured = link.picture.then(|| question.line());
    store.close().await;
    writeln!(anstream::stdout(), "{}/l/{}", settings.public_url, seal.sign(&pass))?;
    if !settings.has_login() {
        writeln!(
            anstream::stderr(),
            "Without a login (discord.client_secret), the dashboard opens on this machine without a link, too."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
