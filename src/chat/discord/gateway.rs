//! Keeps the session with Discord's gateway: begins it, resumes it, and knows when to stop trying.
//!
//! The library's own keeper is not used: it resumes nowhere but where it began, begins a new session after missed
//! heartbeats, does not count sessions, and connects for ever after close codes that nothing but a setting can mend.

use std::time::Duration;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;
use serenity::model::application::Interaction;
use serenity::model::gateway::GatewayIntents;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::Connector;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::limits::PAUSE_MAX;
use super::line::Came;
use super::line::Frame;
use super::line::Line;
use super::patience::Patience;
use super::refused::Refused;
use super::rest::Rest;

/// Close code that ends the session.
const GOODBYE: u16 = 1_000;
/// Close code of our own that keeps the session.
const BACK_SOON: u16 = 4_900;

const ASKED: &str = "Discord asked to connect again";
const SPENT: &str = "something restarts too often: Discord lets this application begin no more sessions";

/// What came over the connection.
pub(super) enum Heard {
    /// A session began; the application that the token belongs to.
    Ready(u64),
    /// Connected again, nothing lost.
    Resumed,
    /// Not connected just now, and why; `was_up` says whether it was before.
    Lost { cause: String, was_up: bool },
    /// Whether a server can be reached.
    Server(u64, Server),
    /// Someone did something.
    Interaction(Box<Interaction>, Instant),
}

/// How a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// There.
    Up,
    /// Discord has an outage of it.
    Outage,
    /// We were removed from it.
    Left,
}

/// A session that can be resumed.
struct Session {
    id: String,
    /// Number of the last event.
    seq: u64,
    /// Where it is resumed.
    address: String,
}

/// How one connection ended.
enum End {
    /// We were asked to stop.
    Stopped,
    /// Nothing will help but another setting.
    Final(anyhow::Error),
    /// Discord asks to connect again; there is no reason to wait.
    Asked,
    /// It may work again.
    Lost(String),
    /// No session may begin before this time is over.
    Spent(Duration),
}

/// Keeps the session; tells what it hears.
pub(super) struct Gateway<'a> {
    rest: &'a Rest,
    token: &'a SecretString,
    /// Whom the line trusts.
    connector: Connector,
    patience: Patience,
    heard: mpsc::Sender<Heard>,
    session: Option<Session>,
    /// When the last session began.
    identified: Option<Instant>,
    /// Since when the connection is good.
    up: Option<Instant>,
}

impl<'a> Gateway<'a> {
    /// Not connected yet.
    pub(super) fn new(
        rest: &'a Rest,
        token: &'a SecretString,
        connector: Connector,
        patience: Patience,
        heard: mpsc::Sender<Heard>,
    ) -> Self {
        Self { rest, token, connector, patience, heard, session: None, identified: None, up: None }
    }

    /// Connects again and again until `stop` fires. An error says what has to be set otherwise.
    pub(super) async fn keep(mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut wait = self.patience.again_min;
        loop {
            let end = self.connection(stop).await;
            // A line that breaks as soon as it is there is no reason to hurry.
            let up = self.up.take().map(|since| since.elapsed());
            if up.is_some_and(|lasted| lasted > self.patience.again_max) {
                wait = self.patience.again_min;
            }
            let (cause, pause) = match end {
                End::Stopped => return Ok(()),
                End::Final(error) => return Err(error),
                End::Asked if up.is_some_and(|lasted| lasted > self.patience.again_min) => {
                    (ASKED.to_owned(), Duration::ZERO)
                }
                End::Asked => (ASKED.to_owned(), self.next_pause(&mut wait)),
                End::Lost(cause) => (cause, self.next_pause(&mut wait)),
                End::Spent(left) => {
                    let pause = left + Patience::jittered(self.patience.again_min);
                    (format!("{SPENT} for {} min", pause.as_secs().div_ceil(60)), pause)
                }
            };
            self.tell(Heard::Lost { cause, was_up: up.is_some() }).await;
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// The wait before the next try; the one after it is longer.
    fn next_pause(&self, wait: &mut Duration) -> Duration {
        let pause = Patience::jittered(*wait);
        *wait = (*wait * 2).min(self.patience.again_max);
        pause
    }

    /// One connection from its first byte to its last.
    async fn connection(&mut self, stop: &CancellationToken) -> End {
        let opened = tokio::select! {
            // Nobody is there yet to say goodbye to.
            () = stop.cancelled() => return End::Stopped,
            opened = self.open() => opened,
        };
        let line = match opened {
            Ok(line) => line,
            Err(end) => return end,
        };
        self.listen(line, stop).await
    }

    /// Connects where the session lives, or where a new one may begin.
    async fn open(&mut self) -> Result<Line, End> {
        let lost = |error: anyhow::Error| End::Lost(format!("{error:#}"));
        if let Some(session) = &self.session
            && let Ok(line) =
                Line::open(&session.address, self.connector.clone(), self.patience.attempt).await
        {
            return Ok(line);
        }
        // The address may have moved since; a session can be resumed at the general one too.
        let gateway = self.rest.gateway().await.map_err(refused)?;
        if self.session.is_none() {
            let budget = &gateway.session_start_limit;
            // One too many, and Discord resets the token.
            if budget.remaining == 0 {
                return Err(End::Spent(Duration::from_millis(budget.reset_after).min(PAUSE_MAX)));
            }
            if let Some(last) = self.identified {
                tokio::time::sleep_until(last + self.patience.identify_every).await;
            }
        }
        Line::open(&gateway.url, self.connector.clone(), self.patience.attempt).await.map_err(lost)
    }

    /// Begins or resumes the session and listens.
    async fn listen(&mut self, mut line: Line, stop: &CancellationToken) -> End {
        self.introduce(&mut line).await;
        let first = Instant::now() + line.beat_every.mul_f64(rand::random());
        let mut beat = tokio::time::interval_at(first, line.beat_every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut acknowledged = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    line.leave(GOODBYE).await;
                    return End::Stopped;
                }
                _ = beat.tick() => {
                    if !std::mem::replace(&mut acknowledged, false) {
                        line.leave(BACK_SOON).await;
                        return End::Lost("Discord did not answer a heartbeat".into());
                    }
                    self.beat(&mut line).await;
                }
                came = line.next() => match came {
                    Came::Frame(Frame { op: 0, d, s, t }) => {
                        self.event(t.as_deref().unwrap_or_default(), d, s).await;
                    }
                    Came::Frame(Frame { op: 1, .. }) => self.beat(&mut line).await,
                    Came::Frame(Frame { op: 7, .. }) => {
                        line.leave(BACK_SOON).await;
                        return End::Asked;
                    }
                    Came::Frame(Frame { op: 9, d, .. }) => {
                        if d != true {
                            self.session = None;
                        }
                        line.leave(BACK_SOON).await;
                        return End::Lost("Discord does not know the session".into());
                    }
                    Came::Frame(Frame { op: 11, .. }) => acknowledged = true,
                    Came::Frame(_) => {}
                    Came::End(code) => return self.closed(code),
                }
            }
        }
    }

    async fn introduce(&mut self, line: &mut Line) {
        let token = self.token.expose_secret();
        match &self.session {
            Some(Session { id, seq, .. }) => {
                line.say(6, json!({"token": token, "session_id": id, "seq": seq})).await;
            }
            None => {
                self.identified = Some(Instant::now());
                let properties = json!({"os": std::env::consts::OS, "browser": "etsm", "device": "etsm"});
                let intents = GatewayIntents::GUILDS.bits();
                let d =
                    json!({"token": token, "intents": intents, "properties": properties, "shard": [0, 1]});
                line.say(2, d).await;
            }
        }
    }

    async fn beat(&self, line: &mut Line) {
        let seq = self.session.as_ref().map(|session| session.seq);
        line.say(1, json!(seq)).await;
    }

    async fn event(&mut self, name: &str, d: Value, seq: Option<u64>) {
        let received = Instant::now();
        if let (Some(session), Some(seq)) = (&mut self.session, seq) {
            session.seq = seq;
        }
        match name {
            "READY" => {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (id, address) = (text(&d["session_id"]), text(&d["resume_gateway_url"]));
                self.session = Some(Session { id, seq: seq.unwrap_or_default(), address });
                self.up = Some(received);
                self.tell(Heard::Ready(id_of(&d["application"]))).await;
            }
            "RESUMED" => {
                self.up = Some(received);
                self.tell(Heard::Resumed).await;
            }
            "GUILD_CREATE" if d["unavailable"] != true => {
                self.tell(Heard::Server(id_of(&d), Server::Up)).await
            }
            "GUILD_CREATE" => self.tell(Heard::Server(id_of(&d), Server::Outage)).await,
            "GUILD_DELETE" => {
                let server = if d["unavailable"] == true { Server::Outage } else { Server::Left };
                self.tell(Heard::Server(id_of(&d), server)).await;
            }
            "INTERACTION_CREATE" => match serde_json::from_value::<Interaction>(d) {
                Ok(interaction) => self.hand_on(Heard::Interaction(Box::new(interaction), received)),
                // Its cause may quote what people wrote, so it is left out.
                Err(_odd) => {
                    super::intake::count("unknown", "unreadable");
                    warn!("An interaction from Discord cannot be read; nobody answers it");
                }
            },
            _ => {}
        }
    }

    /// What Discord's last word means.
    fn closed(&mut self, code: Option<u16>) -> End {
        let words = match code {
            None => return End::Lost("the connection broke".into()),
            Some(4_004) => return End::Final(bad_token()),
            Some(4_010 | 4_011) => {
                "the bot is in more servers than one connection may serve. Remove it from those that do not need it"
            }
            Some(4_012) => {
                "Discord does not speak this version of its protocol any more. Install a newer etsm"
            }
            Some(4_013 | 4_014) => {
                "Discord does not grant this application the intent GUILDS. Look at the page “Bot” of the application \
                 at https://discord.com/developers/applications, or make a new application"
            }
            // Not logged in, logged in twice, a number that was never sent, a session too old.
            Some(code @ (4_003 | 4_005 | 4_007 | 4_009)) => {
                self.session = None;
                return End::Lost(format!("Discord ended the session (close code {code})"));
            }
            Some(code) => return End::Lost(format!("Discord closed the connection (close code {code})")),
        };
        End::Final(anyhow::anyhow!("{words}; then start etsm again"))
    }

    /// Tells of the connection itself; that must not be lost.
    async fn tell(&self, heard: Heard) {
        // Nobody listens when we are stopping.
        let _closed = self.heard.send(heard).await;
    }

    /// Hands on an interaction, unless there are too many.
    fn hand_on(&self, heard: Heard) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.heard.try_send(heard) {
            super::intake::count("unknown", "dropped");
            warn!("Too much comes from Discord at once; an interaction is dropped");
        }
    }
}

fn id_of(value: &Value) -> u64 {
    value["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default()
}

/// What Discord refused while we made contact.
fn refused(refused: Refused) -> End {
    if refused.is_unauthorized() {
        End::Final(bad_token())
    } else {
        End::Lost(format!("asking for the gateway: {refused}"))
    }
}

/// What helps when Discord does not know the token.
pub(super) fn bad_token() -> anyhow::Error {
    anyhow::anyhow!(
        "Discord does not accept the bot token. Copy it again from the application's page “Bot” at \
         https://discord.com/developers/applications into ETSM_DISCORD_TOKEN and start etsm again; a token that was \
         reset is void"
    )
}
