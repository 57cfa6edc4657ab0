//! Keeps the connection to Discord, or without one registers and leaves the rest to the door.

use std::pin::pin;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;
use tracing::info;
use tracing::warn;

use crate::answers::CATALOG;
use crate::answers::Desk;
use crate::config::DiscordSettings;
use crate::domain::Clock;
use crate::outward;

use super::client::Client;
use super::commands::Registered;
use super::commands::register;
use super::door::Door;
use super::flow::Flow;
use super::gateway::Gateway;
use super::gateway::Heard;
use super::gateway::Server;
use super::gateway::bad_token;
use super::inbound::Inbound;
use super::intake::Intake;
use super::login::Identities;
use super::patience::Patience;

/// Interactions that may wait for their turn; more than that is an attack, not a team.
const WAITING_MAX: usize = 1_024;

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

/// Discord as a surface: what it takes on, and how it is reached.
pub struct Discord {
    intake: Arc<Intake>,
    settings: DiscordSettings,
    patience: Patience,
    clock: Arc<dyn Clock>,
}

impl Discord {
    /// Not connected yet.
    #[must_use]
    pub fn new(desk: Desk, client: Client) -> Self {
        let clock = Arc::clone(desk.clock());
        let Client { rest, readers, seal, members, settings, passes, public_url, patience } = client;
        let guild = settings.guild_id;
        let flow = Flow { desk, rest, seal, members, readers, public_url, passes, guild };
        Self { intake: Arc::new(Intake::new(flow)), settings, patience, clock }
    }

    /// The door for interactions over HTTP; `None` without a key to know Discord by.
    #[must_use]
    pub fn door(&self) -> Option<Door> {
        let (intake, clock) = (Arc::clone(&self.intake), Arc::clone(&self.clock));
        self.settings.public_key.map(|key| Door { intake, key, clock })
    }

    /// Whoever logs in with Discord, when that is set up.
    pub fn identities(&self) -> anyhow::Result<Option<Identities>> {
        let (Some(secret), Some(guild)) = (self.settings.client_secret.clone(), self.settings.guild_id)
        else {
            return Ok(None);
        };
        let (intake, base) = (Arc::clone(&self.intake), self.settings.api_base.as_deref());
        let url = &self.intake.flow().public_url;
        let identities =
            Identities::new(intake, base, self.settings.client_id, secret, guild, url, &self.settings.trust);
        identities.map(Some).context("preparing the login with Discord")
    }

    /// Answers questions until `stop` fires. What only another setting can mend, as a token that Discord does not accept,
    /// ends the connection but not this: everything else goes on, and `tell` says what to do. It hears of every change of
    /// the connection.
    pub async fn run(
        self,
        tell: impl Fn(Connection) + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        tell(Connection::Connecting);
        let (by_gateway, patience) = (self.settings.gateway, self.patience);
        let mut surface = Surface {
            intake: self.intake,
            settings: self.settings,
            registering: false,
            tell: Box::new(tell),
        };
        let ended = if by_gateway {
            surface.listen(patience, &stop).await
        } else {
            surface.introduce(patience, &stop).await
        };
        if let Err(remedy) = ended {
            error!("Discord does not let us in: {remedy}");
            surface.lost(remedy.to_string());
            stop.cancelled().await;
        }
        surface.intake.drain().await;
        Ok(())
    }
}

struct Surface {
    intake: Arc<Intake>,
    settings: DiscordSettings,
    /// Whether this process has begun to register the commands.
    registering: bool,
    tell: Box<dyn Fn(Connection) + Send + Sync>,
}

impl Surface {
    /// Keeps the connection and takes on what comes over it.
    async fn listen(&mut self, patience: Patience, stop: &CancellationToken) -> anyhow::Result<()> {
        let (ears, mut heard) = mpsc::channel(WAITING_MAX);
        let (intake, token) = (Arc::clone(&self.intake), self.settings.token.clone());
        let connector = outward::websocket(&self.settings.trust)?;
        let gateway = Gateway::new(&intake.flow().rest, &token, connector, patience, ears);
        let mut keeping = pin!(gateway.keep(stop));
        let ended = loop {
            tokio::select! {
                ended = &mut keeping => break ended,
                Some(heard) = heard.recv() => self.hear(heard),
            }
        };
        // What was heard last is still answered.
        while let Ok(heard) = heard.try_recv() {
            self.hear(heard);
        }
        ended
    }

    /// Learns who we are and registers; interactions come over HTTP.
    async fn introduce(&mut self, patience: Patience, stop: &CancellationToken) -> anyhow::Result<()> {
        let intake = Arc::clone(&self.intake);
        let mut wait = patience.again_min;
        loop {
            let asked = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                asked = intake.flow().rest.application() => asked,
            };
            let refused = match asked {
                Ok(application) => {
                    info!(application, "Taking Discord's interactions over HTTP");
                    self.up();
                    self.register(application);
                    stop.cancelled().await;
                    return Ok(());
                }
                Err(refused) if refused.is_unauthorized() => return Err(bad_token()),
                Err(refused) => refused,
            };
            self.hear(Heard::Lost { cause: format!("asking who we are: {refused}"), was_up: false });
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(Patience::jittered(wait)) => {}
            }
            wait = (wait * 2).min(patience.again_max);
        }
    }

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
                    self.intake.take(inbound);
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

    /// Once in the life of the process: what it offers does not change while it runs.
    fn register(&mut self, application: u64) {
        if std::mem::replace(&mut self.registering, true) {
            return;
        }
        if let Some(named) = self.settings.application_id.filter(|named| *named != application) {
            warn!(named, application, "The token belongs to another application than the one that is named");
        }
        let (intake, guild) = (Arc::clone(&self.intake), self.settings.guild_id);
        self.intake.spawn(async move {
            match register(&intake.flow().rest, application, guild, CATALOG).await {
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
}
