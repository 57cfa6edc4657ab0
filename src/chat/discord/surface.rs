//! Keeps the connection to Discord, and owns every task that answers.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::error;
use tracing::info;
use tracing::warn;

use crate::answers::CATALOG;
use crate::answers::Desk;
use crate::config::DiscordSettings;
use crate::config::MemberRules;
use crate::domain::Clock;
use crate::render::discord::Seal;

use super::commands::Registered;
use super::commands::register;
use super::door::Door;
use super::flow::Flow;
use super::gateway::Failure;
use super::gateway::Gateway;
use super::gateway::Heard;
use super::gateway::LEAVE_MAX;
use super::gateway::prepare;
use super::inbound::Inbound;
use super::intake::Intake;
use super::readers::ReadersDesk;
use super::rest::Rest;

/// First wait before another try.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// Longest wait before another try.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Without a connection for so long, everything is set up anew: the gateway may have moved.
const SILENCE_MAX: Duration = Duration::from_secs(90);

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Being made for the first time.
    Connecting,
    /// There.
    Up,
    /// Not there, and being made again.
    Lost,
}

/// Discord as a surface: what it takes on, and how it is reached.
pub struct Discord {
    intake: Arc<Intake>,
    settings: DiscordSettings,
    clock: Arc<dyn Clock>,
}

impl Discord {
    /// Not connected yet.
    #[must_use]
    pub fn new(
        desk: Desk,
        settings: DiscordSettings,
        members: MemberRules,
        seal: Seal,
        public_url: String,
    ) -> Self {
        let rest = Rest::new(settings.token.expose_secret(), settings.api_base.as_deref());
        let clock = Arc::clone(desk.clock());
        let readers = ReadersDesk::default();
        let flow = Flow { desk, rest, seal, members, readers, public_url, guild: settings.guild_id };
        Self { intake: Arc::new(Intake::new(flow)), settings, clock }
    }

    /// The door for interactions over HTTP; `None` without a key to know Discord by.
    #[must_use]
    pub fn door(&self) -> Option<Door> {
        let (intake, clock) = (Arc::clone(&self.intake), Arc::clone(&self.clock));
        self.settings.public_key.map(|key| Door { intake, key, clock })
    }

    /// Answers questions until `stop` fires. A token that Discord does not accept ends it with an error; any other trouble
    /// is waited out. `tell` hears of every change of the connection.
    pub async fn run(
        self,
        tell: impl Fn(Connection) + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        tell(Connection::Connecting);
        let mut surface = Surface {
            intake: self.intake,
            settings: self.settings,
            registering: false,
            silent_since: Some(Instant::now()),
            tell: Box::new(tell),
        };
        let outcome = surface.keep_up(&stop).await;
        surface.intake.drain().await;
        outcome
    }
}

struct Surface {
    intake: Arc<Intake>,
    settings: DiscordSettings,
    /// Whether this process has begun to register the commands.
    registering: bool,
    /// Since when there is no connection.
    silent_since: Option<Instant>,
    tell: Box<dyn Fn(Connection) + Send + Sync>,
}

impl Surface {
    /// Keeps the connection, or without one only registers.
    async fn keep_up(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut wait = WAIT_MIN;
        loop {
            self.silent_since = Some(Instant::now());
            let failure =
                if self.settings.gateway { self.session(stop).await } else { self.introduce(stop).await };
            let was_connected = self.silent_since.is_none();
            self.connected(false);
            let cause = match failure {
                None => return Ok(()),
                Some(Failure::Final(error)) => return Err(error),
                Some(Failure::Passing(error)) => error,
            };
            if was_connected {
                wait = WAIT_MIN;
            }
            let pause = wait.mul_f64(1.0 + 0.25 * rand::random::<f64>());
            warn!(
                cause = format!("{cause:#}"),
                wait_ms = pause.as_millis(),
                "Discord is out of reach; trying again"
            );
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    /// Learns who we are and registers; interactions come over HTTP. `None` when it was asked to stop.
    async fn introduce(&mut self, stop: &CancellationToken) -> Option<Failure> {
        let intake = Arc::clone(&self.intake);
        let asked = tokio::select! {
            () = stop.cancelled() => return None,
            asked = intake.flow().rest.application() => asked,
        };
        match asked {
            Ok(application) => {
                info!(application, "Taking Discord's interactions over HTTP");
                self.connected(true);
                self.register(application);
            }
            Err(refused) => return Some(Failure::refused(refused)),
        }
        stop.cancelled().await;
        None
    }

    /// Connects and listens. `None` when it was asked to stop.
    async fn session(&mut self, stop: &CancellationToken) -> Option<Failure> {
        let (token, base) = (self.settings.token.clone(), self.settings.api_base.clone());
        let prepared = tokio::select! {
            () = stop.cancelled() => return None,
            prepared = prepare(&self.intake.flow().rest, token.expose_secret(), base.as_deref()) => prepared,
        };
        let Gateway { mut client, shards, mut heard } = match prepared {
            Ok(gateway) => gateway,
            Err(failure) => return Some(failure),
        };
        let manager = Arc::clone(&client.shard_manager);
        let mut running = pin!(client.start_shards(shards));
        let mut looks = tokio::time::interval(Duration::from_secs(1));
        let ended = loop {
            tokio::select! {
                () = stop.cancelled() => break None,
                ended = &mut running => {
                    let closed = || Failure::Passing(anyhow::anyhow!("the connection was closed"));
                    break Some(ended.err().map_or_else(closed, Failure::closed));
                }
                Some(heard) = heard.recv() => self.hear(heard),
                _ = looks.tick() => {
                    if self.silent_since.is_some_and(|since| since.elapsed() > SILENCE_MAX) {
                        break Some(Failure::Passing(anyhow::anyhow!("the gateway does not answer")));
                    }
                }
            }
        };
        if tokio::time::timeout(LEAVE_MAX, manager.shutdown_all()).await.is_err() {
            warn!("Could not say goodbye to Discord in time; the connection is dropped");
        }
        ended
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Ready(application) => {
                info!(application, "Connected to Discord");
                self.connected(true);
                self.register(application);
            }
            Heard::Resumed => {
                info!("Connected to Discord again");
                self.connected(true);
            }
            Heard::Lost => {
                info!("The connection to Discord was lost; it is being made again");
                self.connected(false);
            }
            Heard::Interaction(interaction, received) => {
                if let Some(inbound) = Inbound::read(*interaction, received) {
                    self.intake.take(inbound);
                }
            }
        }
    }

    fn connected(&mut self, connected: bool) {
        metrics::gauge!("etsm_discord_connected").set(if connected { 1.0 } else { 0.0 });
        (self.tell)(if connected { Connection::Up } else { Connection::Lost });
        match (connected, self.silent_since) {
            (true, _) => self.silent_since = None,
            (false, None) => self.silent_since = Some(Instant::now()),
            (false, Some(_)) => {}
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
