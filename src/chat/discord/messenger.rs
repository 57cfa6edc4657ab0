//! Posts, edits and finds messages in channels, outside of any interaction.
//!
//! Invariant: each post carries a nonce that Discord enforces, and no post pings anyone.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use tokio::sync::OnceCell;
use tracing::error;

use crate::deliver::Destination;
use crate::deliver::Messenger;
use crate::deliver::Nonce;
use crate::deliver::Parcel;
use crate::deliver::Posted;
use crate::deliver::Readers;
use crate::deliver::Undelivered;
use crate::render;
use crate::render::chart::Palette;
use crate::render::discord::Reply;
use crate::render::discord::View;
use crate::reply::Answer;

use super::client::Client;
use super::message;
use super::refused::Refused;
use super::rest::Body;

/// Messages in one look; the most that Discord gives.
const PAGE: usize = 100;
/// Looks into the past of a channel: a thousand messages.
const PAGES_MAX: usize = 10;
/// Discord's ids begin to count here.
const EPOCH_MS: i64 = 1_420_070_400_000;
/// What the bot needs where it posts.
const RIGHTS: &str = "View Channel, Send Messages, Embed Links, Attach Files and Read Message History";

/// Discord as a carrier of messages.
pub(super) struct DiscordMessenger {
    client: Client,
    /// Our own user.
    me: OnceCell<u64>,
}

/// A channel, as far as it matters.
#[derive(Deserialize)]
struct Channel {
    guild_id: Option<String>,
}

impl DiscordMessenger {
    pub(super) fn new(client: Client) -> Self {
        Self { client, me: OnceCell::new() }
    }

    async fn me(&self) -> Result<u64, Undelivered> {
        self.me.get_or_try_init(|| self.client.rest.me()).await.copied().map_err(undelivered)
    }
}

#[async_trait::async_trait]
impl Messenger for DiscordMessenger {
    fn pack(&self, answer: &Answer, marker: &dyn Fn(usize) -> String) -> Vec<Parcel> {
        let (public_url, seal) = (Some(self.client.public_url.as_str()), &*self.client.seal);
        let view = View { public_url, pass: None, seal, line: "", page: 1 };
        render::discord::posts(answer, view, marker).into_iter().map(parcel).collect()
    }

    async fn post(&self, to: &Destination, parcel: &Parcel, nonce: &Nonce) -> Result<Posted, Undelivered> {
        let mut body = body(parcel)?;
        body.json["nonce"] = json!(nonce.0);
        body.json["enforce_nonce"] = json!(true);
        let id = self.client.rest.post_once(channel(to)?, &body).await.map_err(undelivered)?;
        Ok(Posted { id })
    }

    async fn edit(&self, to: &Destination, at: &Posted, parcel: &Parcel) -> Result<(), Undelivered> {
        let id = message_id(at)?;
        self.client.rest.edit_message(channel(to)?, id, &body(parcel)?).await.map_err(undelivered)
    }

    async fn find(
        &self,
        to: &Destination,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Posted>, Undelivered> {
        let (channel, me) = (channel(to)?, self.me().await?);
        let mut before = None;
        for _ in 0..PAGES_MAX {
            let found = self.client.rest.messages(channel, PAGE, before).await.map_err(undelivered)?;
            if let Some(message) = found.iter().find(|message| message.is_marked(me, marker)) {
                return Ok(Some(Posted { id: message.id.clone() }));
            }
            let Some(oldest) = found.last().and_then(|message| message.id.parse::<u64>().ok()) else {
                // Whoever may not read the past is shown an empty channel.
                let why = format!("the channel shows me no messages; give my role there {RIGHTS}");
                return if before.is_some() { Ok(None) } else { Err(Undelivered::Refused { why }) };
            };
            if posted_at(oldest) < since || found.len() < PAGE {
                return Ok(None);
            }
            before = Some(oldest);
        }
        Err(Undelivered::Refused { why: "too much was written in the channel since to look it up".into() })
    }

    async fn readers(&self, to: &Destination) -> Result<Readers, Undelivered> {
        let (client, channel) = (&self.client, channel(to)?);
        let found: Channel = client.rest.channel(channel).await.map_err(undelivered)?;
        let guild = found.guild_id.and_then(|id| id.parse::<u64>().ok());
        let own = guild.filter(|guild| client.settings.guild_id.is_none_or(|own| own == *guild));
        let Some(guild) = own else {
            return Err(Undelivered::Refused { why: "the channel does not belong to my server".into() });
        };
        let readers = client.readers.of(&client.rest, &client.members, guild, channel).await;
        readers.map(|readers| (*readers).clone()).map_err(undelivered)
    }
}

/// A message of a channel, as far as it matters for finding our own.
#[derive(Deserialize)]
pub(super) struct Found {
    id: String,
    author: Author,
    #[serde(default)]
    embeds: Vec<Embed>,
}

#[derive(Deserialize)]
struct Author {
    id: String,
}

#[derive(Deserialize)]
struct Embed {
    footer: Option<Footer>,
}

#[derive(Deserialize)]
struct Footer {
    text: String,
}

impl Found {
    /// Whether we posted it, with this mark.
    fn is_marked(&self, me: u64, marker: &str) -> bool {
        let marked = |embed: &Embed| embed.footer.as_ref().is_some_and(|one| one.text.ends_with(marker));
        self.author.id.parse() == Ok(me) && self.embeds.iter().any(marked)
    }
}

fn posted_at(id: u64) -> Timestamp {
    let ms = i64::try_from(id >> 22).unwrap_or_default().saturating_add(EPOCH_MS);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

fn channel(to: &Destination) -> Result<u64, Undelivered> {
    match to {
        Destination::Discord(channel) => Ok(*channel),
        Destination::Page => Err(Undelivered::Refused { why: "a page is no channel of Discord".into() }),
    }
}

fn message_id(at: &Posted) -> Result<u64, Undelivered> {
    let odd = || Undelivered::Refused { why: format!("“{}” is no message of Discord", at.id) };
    at.id.parse().ok().filter(|id| *id > 0).ok_or_else(odd)
}

/// A message with its picture drawn.
fn parcel(reply: Reply) -> Parcel {
    let lines = reply.kept.clone();
    let packed = |body: Body| Parcel {
        json: body.json.to_string(),
        files: body.picture.into_iter().collect(),
        lines: lines.clone(),
    };
    let Some(picture) = reply.picture.clone() else { return packed(message::plain(&reply)) };
    match render::chart::png(&picture.spec, Palette::Dark, message::PICTURE_SCALE) {
        Ok(bytes) => packed(message::pictured(&reply, picture, bytes)),
        Err(failed) => {
            // The figures are right without it.
            error!(cause = %failed, "Could not draw a chart; the message goes out without it");
            packed(message::plain(&reply.without_picture()))
        }
    }
}

fn body(parcel: &Parcel) -> Result<Body, Undelivered> {
    let odd = |error: serde_json::Error| Undelivered::Refused {
        why: format!("the kept message is broken: {error}"),
    };
    let json: Value = serde_json::from_str(&parcel.json).map_err(odd)?;
    Ok(Body { json, picture: parcel.files.first().cloned() })
}

/// What a refusal means for whoever wants the message to stand there.
fn undelivered(refused: Refused) -> Undelivered {
    let told = refused.to_string();
    if refused.is_deleted() {
        return Undelivered::Deleted { why: "the message was deleted in Discord".into() };
    }
    if refused.is_gone() {
        return Undelivered::Refused { why: "the channel is gone; choose another one".into() };
    }
    if refused.is_shut() {
        return Undelivered::Refused {
            why: format!("I may not write in the channel; give my role there {RIGHTS}"),
        };
    }
    match refused.status {
        _ if refused.pause.is_some() => {
            Undelivered::Later { why: "Discord asked for a pause".into(), after: refused.pause }
        }
        _ if refused.never_left() => {
            Undelivered::Later { why: format!("Discord is out of reach: {told}"), after: None }
        }
        // Another token mends it, and then nothing is lost.
        Some(401) => Undelivered::Later {
            why: "Discord does not accept my token; check ETSM_DISCORD_TOKEN".into(),
            after: None,
        },
        // A machine before Discord may fail after Discord did it.
        None | Some(500..=599) => {
            Undelivered::Unknown { why: format!("Discord gave no clear answer: {told}") }
        }
        Some(_) => Undelivered::Refused { why: format!("Discord refuses it: {told}") },
    }
}
