//! `etsm session`: who is logged in to the dashboard, and how to end that.

use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;

use crate::config::Environment;
use crate::config::Settings;
use crate::domain::Bearer;

use super::super::cli::Session;
use super::super::run::open_store;

/// Letters of an id that are shown: enough to tell sessions apart.
const SHOWN: usize = 8;

/// Lists or ends.
pub(super) async fn session(
    settings: Settings,
    environment: &Environment,
    what: Session,
) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let store = open_store(&settings).await?;
    let mut out = anstream::stdout();
    let sessions = store.sessions().await?;
    match what {
        Session::List => {
            for one in sessions {
                let who = match &one.bearer {
                    Bearer::Member(user) => {
                        let name = settings.members.people.get(user).map(|name| format!(" ({name})"));
                        format!("user {user}{}", name.unwrap_or_default())
                    }
                    Bearer::Reader(person) => format!("reader {person}"),
                };
                let agent: String = one.agent.chars().filter(|c| !c.is_control()).collect();
                let id = &one.fingerprint[..SHOWN.min(one.fingerprint.len())];
                writeln!(out, "{id}  {who}  since {:.0}, used {:.0}  {agent}", one.made, one.seen)?;
            }
        }
        Session::End { which } => {
            let chosen: Vec<_> =
                sessions.iter().filter(|one| which == "all" || one.fingerprint.starts_with(&which)).collect();
            if which != "all" && chosen.len() != 1 {
                bail!("{} sessions begin with “{which}”; `etsm session list` shows them", chosen.len());
            }
            let act = super::terminal_act(environment)?;
            for one in &chosen {
                store.end_session(&one.fingerprint, &act).await?;
            }
            writeln!(out, "Ended: {}. A running etsm notices within seconds.", chosen.len())?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
