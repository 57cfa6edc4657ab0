//! The connection over which Discord tells what people do.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use serenity::Client;
use serenity::Error;
use serenity::client::ClientBuilder;
use serenity::client::Context;
use serenity::client::EventHandler;
use serenity::gateway::ConnectionStage;
use serenity::gateway::GatewayError;
use serenity::gateway::ShardStageUpdateEvent;
use serenity::model::application::Interaction;
use serenity::model::event::ResumedEvent;
use serenity::model::gateway::GatewayIntents;
use serenity::model::gateway::Ready;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::warn;

use super::rest::Refused;
use super::rest::Rest;
use super::rest::builder;

/// Interactions that may wait for their turn; more than that is an attack, not a team.
const WAITING_MAX: usize = 1_024;
/// Longest wait for the library to leave; it may hang while it is connecting.
pub(super) const LEAVE_MAX: Duration = Duration::from_secs(3);

/// What came over the connection.
pub(super) enum Heard {
    /// Connected; the application that the token belongs to.
    Ready(u64),
    /// Connected again, nothing lost.
    Resumed,
    /// Not connected just now.
    Lost,
    /// Someone did something.
    Interaction(Box<Interaction>, Instant),
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing will help but another setting.
    Final(anyhow::Error),
    /// It may work later.
    Passing(anyhow::Error),
}

impl Failure {
    /// What Discord refused while we made contact.
    pub(super) fn refused(refused: Refused) -> Self {
        if refused.is_unauthorized() {
            return Self::Final(bad_token());
        }
        Self::Passing(anyhow::Error::new(refused).context("making contact with Discord"))
    }

    /// What the library gave up with.
    pub(super) fn closed(error: Error) -> Self {
        match error {
            Error::Gateway(GatewayError::InvalidAuthentication) => Self::Final(bad_token()),
            Error::Gateway(GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents) => {
                Self::Final(anyhow::anyhow!("Discord does not grant this application the GUILDS intent"))
            }
            other => Self::Passing(anyhow::Error::new(other).context("listening to Discord")),
        }
    }
}

fn bad_token() -> anyhow::Error {
    anyhow::anyhow!(
        "Discord does not accept the bot token. Copy it again from the application's page “Bot” at \
         https://discord.com/developers/applications into ETSM_DISCORD_TOKEN; a token that was reset is void"
    )
}

/// A client that is ready to connect, with what it will hear.
pub(super) struct Gateway {
    pub(super) client: Client,
    pub(super) shards: u32,
    pub(super) heard: mpsc::Receiver<Heard>,
}

/// Asks where the gateway is and prepares to connect there.
pub(super) async fn prepare(rest: &Rest, token: &str, base: Option<&str>) -> Result<Gateway, Failure> {
    // The library would fall back to the public gateway, and try it for ever with a token that it does not know.
    let gateway = rest.gateway().await.map_err(Failure::refused)?;
    let (sender, heard) = mpsc::channel(WAITING_MAX);
    let ears = Ears { sender, full: AtomicBool::new(false) };
    let client = ClientBuilder::new_with_http(builder(token, base).build(), GatewayIntents::GUILDS)
        .event_handler(ears)
        .await
        .map_err(Failure::closed)?;
    *client.ws_url.lock().await = gateway.url;
    Ok(Gateway { client, shards: gateway.shards.max(1), heard })
}

/// Hands on what the library hears; the work is done by tasks that we own.
struct Ears {
    sender: mpsc::Sender<Heard>,
    full: AtomicBool,
}

impl Ears {
    fn pass(&self, heard: Heard) {
        match self.sender.try_send(heard) {
            Ok(()) => self.full.store(false, Ordering::Relaxed),
            Err(mpsc::error::TrySendError::Full(_)) => {
                if !self.full.swap(true, Ordering::Relaxed) {
                    warn!(
                        waiting = WAITING_MAX,
                        "Too much comes from Discord at once; some of it is dropped"
                    );
                }
            }
            // We are stopping.
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }
}

#[async_trait]
impl EventHandler for Ears {
    async fn ready(&self, _context: Context, ready: Ready) {
        self.pass(Heard::Ready(ready.application.id.get()));
    }

    async fn resume(&self, _context: Context, _resumed: ResumedEvent) {
        self.pass(Heard::Resumed);
    }

    async fn shard_stage_update(&self, _context: Context, update: ShardStageUpdateEvent) {
        if update.old == ConnectionStage::Connected {
            self.pass(Heard::Lost);
        }
    }

    async fn interaction_create(&self, _context: Context, interaction: Interaction) {
        self.pass(Heard::Interaction(Box::new(interaction), Instant::now()));
    }
}
