//! Keeps the connection to Discord, and owns every task that answers.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::debug;
use tracing::error;
use tracing::info;
use tracing::warn;

use crate::answers::CATALOG;
use crate::answers::Desk;
use crate::config::DiscordSettings;
use crate::config::MemberRules;

use super::commands::Registered;
use super::commands::register;
use super::flow::Flow;
use super::flow::Outcome;
use super::gateway::Gateway;
use super::gateway::Heard;
use super::gateway::Server;
use super::inbound::Inbound;
use super::inbound::Wish;
use super::patience::Patience;
use super::readers::ReadersDesk;
use super::rest::Rest;
use super::seen::Seen;

/// Interactions that may wait for their turn; more than that is an attack, not a team.
const WAITING_MAX: usize = 1_024;
/// Longest wait for replies under way when we stop.
const DRAIN: Duration = Duration::from_secs(5);

/// How the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Being made for the first time.
    Connecting,
    /// There.
    Up,
    /// Not there, and why.
    Down(String),
}

/// Answers questions in Discord until `stop` fires. What only another setting can mend, as a token that Discord does not
/// accept, ends the connection but not this: everything else goes on, and `tell` says what to do. It hears of every
/// change of the connection.
pub async fn run(
    desk: Desk,
    settings: DiscordSettings,
    members: MemberRules,
    public_url: String,
    patience: Patience,
    tell: impl Fn(Connection) + Send + Sync + 'static,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    tell(Connection::Connecting);
    let rest = Rest::new(&settings.token, settings.api_base.as_deref(), patience)
        .context("preparing to call Discord")?;
    let readers = ReadersDesk::default();
    let flow = Arc::new(Flow { desk, rest, members, readers, public_url, guild: settings.guild_id });
    let (ears, mut heard) = mpsc::channel(WAITING_MAX);
    let token = settings.token.clone();
    let gateway = Gateway::new(&flow.rest, &token, patience, ears);
    let mut surface = Surface {
        flow: Arc::clone(&flow),
        settings,
        tasks: JoinSet::new(),
        seen: Seen::default(),
        registering: false,
        tell: Box::new(tell),
    };
    let mut keeping = pin!(gateway.keep(&stop));
    let ended = loop {
        tokio::select! {
            ended = &mut keeping => break ended,
            Some(heard) = heard.recv() => surface.hear(heard),
            Some(ended) = surface.tasks.join_next() => note(ended),
        }
    };
    if let Err(remedy) = ended {
        error!("Discord does not let us in: {remedy}");
        surface.lost(remedy.to_string());
        stop.cancelled().await;
    }
    // What was heard last is still answered.
    while let Ok(heard) = heard.try_recv() {
        surface.hear(heard);
    }
    surface.drain().await;
    Ok(())
}

struct Surface {
    flow: Arc<Flow>,
    settings: DiscordSettings,
    tasks: JoinSet<()>,
    seen: Seen,
    /// Whether this process has begun to register the commands.
    registering: bool,
    tell: Box<dyn Fn(Connection) + Send + Sync>,
}

impl Surface {
    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Ready(application) => {
                info!(application, "Connected to Discord");
                self.up();
                self.register(application);
            }
            Heard::Resumed => {
                info!("Connected to Discord again");
                self.up();
            }
            Heard::Lost { cause, was_up } => {
                // Connections end several times a day; that one cannot be made is news.
                if was_up {
                    info!(cause, "The connection to Discord ended; it is being made again");
                } else {
                    warn!(cause, "Discord is out of reach; trying again");
                }
                self.lost(format!("{cause}; trying again"));
            }
            Heard::Server(server, state) => self.server(server, state),
            Heard::Interaction(interaction, received) => {
                if let Some(inbound) = Inbound::read(*interaction, received) {
                    self.take(inbound);
                }
            }
        }
    }

    fn up(&self) {
        metrics::gauge!("etsm_discord_connected").set(1.0);
        (self.tell)(Connection::Up);
    }

    fn lost(&self, why: String) {
        metrics::gauge!("etsm_discord_connected").set(0.0);
        (self.tell)(Connection::Down(why));
    }

    /// Only the server that is named is missed.
    fn server(&self, server: u64, state: Server) {
        if self.settings.guild_id != Some(server) {
            return;
        }
        match state {
            Server::Up => self.up(),
            Server::Outage => {
                warn!(server, "Discord has an outage of the server; commands come back when it does");
                self.lost("Discord has an outage of the server".into());
            }
            Server::Left => {
                error!(
                    server,
                    "The bot was removed from the server; invite it again, as docs/discord.md says"
                );
                self.lost("the bot was removed from the server; invite it again".into());
            }
        }
    }

    fn take(&mut self, inbound: Inbound) {
        let kind = match inbound.wish {
            Wish::Command(_) => "command",
            Wish::Complete { .. } => "completion",
            Wish::Press { .. } => "button",
            Wish::Unknown => "unknown",
        };
        if !self.seen.first(inbound.id) {
            count(kind, "duplicate");
            return;
        }
        let (flow, fate) = (Arc::clone(&self.flow), Fate { kind, outcome: None });
        self.tasks.spawn(async move { fate.is(flow.handle(inbound).await) });
    }

    /// Once in the life of the process: what it offers does not change while it runs.
    fn register(&mut self, application: u64) {
        if std::mem::replace(&mut self.registering, true) {
            return;
        }
        if let Some(named) = self.settings.application_id.filter(|named| *named != application) {
            warn!(named, application, "The token belongs to another application than the one that is named");
        }
        let (flow, guild) = (Arc::clone(&self.flow), self.settings.guild_id);
        self.tasks.spawn(async move {
            match register(&flow.rest, application, guild, CATALOG).await {
                Ok(Registered::Same) => info!("Discord offers all commands already"),
                Ok(Registered::Replaced) => info!(commands = CATALOG.len(), "Registered the commands with Discord"),
                Err(refused) => error!(
                    %refused,
                    guild,
                    "Could not register the commands; invite the bot with the scopes bot and applications.commands, \
                     and start again"
                ),
            }
        });
    }

    /// Lets replies under way finish.
    async fn drain(&mut self) {
        let finish = async {
            while let Some(ended) = self.tasks.join_next().await {
                note(ended);
            }
        };
        if tokio::time::timeout(DRAIN, finish).await.is_err() {
            warn!(
                replies = self.tasks.len(),
                "Some replies to Discord were not finished in time and are dropped"
            );
            self.tasks.shutdown().await;
        }
    }
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!("A reply to Discord broke off");
    }
}

/// What became of an interaction; counted also when its task breaks off or is dropped at the end.
struct Fate {
    kind: &'static str,
    outcome: Option<Outcome>,
}

impl Fate {
    fn is(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        count(self.kind, self.outcome.map_or("dropped", Outcome::word));
    }
}

/// Counts how an interaction ended.
pub(super) fn count(kind: &'static str, outcome: &'static str) {
    debug!(kind, outcome, "An interaction ended");
    metrics::counter!("etsm_discord_interactions_total", "kind" => kind, "outcome" => outcome).increment(1);
}
