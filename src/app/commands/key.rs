//! `etsm key`: keys of programs.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;

use crate::access::Token;
use crate::config::Environment;
use crate::config::Settings;
use crate::domain::Person;
use crate::store::ApiKey;
use crate::store::KeyScope;
use crate::web::KEY_PREFIX;

use super::super::cli::Key;
use super::super::run::open_store;

/// Makes, lists or revokes.
pub(super) async fn key(
    settings: Settings,
    environment: &Environment,
    what: Key,
) -> anyhow::Result<ExitCode> {
    super::quiet_logs(&settings)?;
    let store = open_store(&settings).await?;
    let mut out = anstream::stdout();
    let act = super::terminal_act(environment)?;
    match what {
        Key::Add { name, scopes, source } => {
            // The log shows it where the name of a person stands.
            let name = Person::new(&name)?.to_string();
            let token = Token::random();
            let (made_by, made) = (act.who.name().to_owned(), act.at);
            let scopes: BTreeSet<KeyScope> = scopes.into_iter().collect();
            if source.is_some() && scopes == BTreeSet::from([KeyScope::Read]) {
                bail!("a key that only reads sends nothing; leave --source out, or add the scope ingest");
            }
            let key = ApiKey { name, scopes, source, made_by, made, used: None, revoked: None };
            let secret = format!("{KEY_PREFIX}{}", token.reveal());
            if !store.add_api_key(&key, token.fingerprint().as_str(), &act).await? {
                bail!("there is or was a key called {}; choose another name", key.name);
            }
            writeln!(out, "{secret}")?;
            writeln!(anstream::stderr(), "This is shown once. Send it as `Authorization: Bearer …`.")?;
        }
        Key::List => {
            for key in store.api_keys().await? {
                let scopes: Vec<String> = key.scopes.iter().map(ToString::to_string).collect();
                let only = key.source.map_or_else(String::new, |source| format!(" of {source} alone"));
                let used = key.used.map_or_else(|| "never used".into(), |at| format!("used {at:.0}"));
                let state = key.revoked.map_or_else(String::new, |at| format!(", revoked {at:.0}"));
                writeln!(
                    out,
                    "{}  {}{only}  made {:.0} by {}, {used}{state}",
                    key.name,
                    scopes.join(","),
                    key.made,
                    key.made_by
                )?;
            }
        }
        Key::Revoke { name } => {
            if !store.revoke_api_key(&name, &act).await? {
                bail!("no key in force is called {name}; `etsm key list` shows them");
            }
            writeln!(out, "{name} opens nothing any more.")?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
