//! The fake's channels: messages that the application posts by itself, with nonces, edits and a past that can be read.

use std::time::Duration;
use std::time::Instant;

use axum::http::HeaderMap;
use serde_json::Value;
use serde_json::json;

use super::FakeDiscord;
use super::limits;
use super::multipart;
use super::rest::Rest;
use super::rest::Said;
use super::rest::content_type;
use super::rest::error;
use super::rest::invalid;
use super::schema::complaints;
use super::state::BOT;
use super::state::CHANNEL;
use super::state::Inner;

/// Discord speaks of “the past few minutes”.
const NONCES_LIVE: Duration = Duration::from_secs(180);
/// Longest nonce.
const NONCE_CHARS_MAX: usize = 25;
/// Begin of Discord's ids.
const EPOCH_MS: i64 = 1_420_070_400_000;

/// A message in a channel that belongs to no interaction.
#[derive(Debug, Clone)]
pub struct Posted {
    pub id: u64,
    pub channel: u64,
    pub body: Value,
    pub files: usize,
    nonce: Option<String>,
    at: Instant,
    pub deleted: bool,
    pub edits: usize,
    /// Who wrote it.
    author: u64,
}

/// How a channel is to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Gone.
    Deleted,
    /// It may be seen, but not written to.
    ReadOnly,
    /// It may be written to, but its past is not shown.
    WithoutPast,
}

/// What becomes of the answer to a post that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It never comes.
    Silence,
    /// A machine before Discord says that it failed.
    BadGateway,
}

impl Posted {
    fn json(&self) -> Value {
        json!({
            "id": self.id.to_string(), "channel_id": self.channel.to_string(), "nonce": self.nonce,
            "author": {"id": self.author.to_string(), "username": "someone", "discriminator": "0", "avatar": null},
            "content": self.body["content"].as_str().unwrap_or_default(), "embeds": self.body["embeds"],
            "timestamp": "2026-03-31T12:00:00.000000+00:00", "type": 0, "attachments": [],
        })
    }
}

impl Rest {
    /// Calls below `/channels/{id}/messages`.
    pub fn messages(
        &self,
        inner: &mut Inner,
        method: &str,
        (channel, message): (u64, Option<u64>),
        query: &str,
        (headers, body): (&HeaderMap, &[u8]),
    ) -> Option<Said> {
        let door = inner.doors.get(&channel).copied();
        if door == Some(Door::Deleted) || !inner.guild.has_channel(channel) {
            return Some(error(404, 10_003, "Unknown Channel"));
        }
        if method == "GET" {
            return Some((
                200,
                if door == Some(Door::WithoutPast) { json!([]) } else { past(inner, channel, query) },
            ));
        }
        if door == Some(Door::ReadOnly) {
            return Some(error(403, 50_013, "Missing Permissions"));
        }
        let (json, uploads) = match multipart::read(content_type(headers), body) {
            Ok(read) => read,
            Err(odd) => return Some(invalid(inner, &[odd])),
        };
        let mut wrong = complaints(&self.schemas.follow_up, &json);
        wrong.extend(limits::message(&json, &uploads, &[]));
        wrong.extend(odd_nonce(&json));
        if !wrong.is_empty() {
            return Some(invalid(inner, &wrong));
        }
        match (method, message) {
            ("POST", None) => Some(post(inner, channel, json, uploads.len())),
            ("PATCH", Some(id)) => Some(edit(inner, channel, id, json, uploads.len())),
            _ => None,
        }
    }
}

fn odd_nonce(json: &Value) -> Option<String> {
    let nonce = json.get("nonce")?;
    let fits = nonce.as_str().is_some_and(|nonce| (1..=NONCE_CHARS_MAX).contains(&nonce.chars().count()));
    (!fits || json["enforce_nonce"] != true).then(|| format!("the nonce {nonce} holds nobody back"))
}

fn post(inner: &mut Inner, channel: u64, body: Value, files: usize) -> Said {
    let nonce = body["nonce"].as_str().map(str::to_owned);
    let known = inner.posted.iter().find(|one| {
        one.nonce.is_some() && one.nonce == nonce && one.channel == channel && one.at.elapsed() < NONCES_LIVE
    });
    if let Some(known) = known {
        return (200, known.json());
    }
    let posted = Posted {
        id: inner.next_message_id(),
        channel,
        body,
        files,
        nonce,
        at: Instant::now(),
        deleted: false,
        edits: 0,
        author: BOT,
    };
    inner.posted.push(posted.clone());
    (200, posted.json())
}

fn edit(inner: &mut Inner, channel: u64, id: u64, body: Value, files: usize) -> Said {
    let found = inner.posted.iter_mut().find(|one| one.id == id && one.channel == channel && !one.deleted);
    let Some(message) = found else { return error(404, 10_008, "Unknown Message") };
    if message.author != BOT {
        return error(403, 50_005, "Cannot edit a message authored by another user");
    }
    message.body = body;
    message.files = files;
    message.edits += 1;
    (200, message.json())
}

/// The newest first.
fn past(inner: &Inner, channel: u64, query: &str) -> Value {
    let number = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<u64>().ok())
    };
    let before = number("before").unwrap_or(u64::MAX);
    let limit = usize::try_from(number("limit").unwrap_or(50)).unwrap();
    let stand = inner.posted.iter().filter(|one| one.channel == channel && !one.deleted && one.id < before);
    stand.rev().take(limit).map(Posted::json).collect()
}

impl Inner {
    /// As Discord numbers messages: by when they are posted.
    fn next_message_id(&mut self) -> u64 {
        let ms = self.now_ms.as_ref().map_or(0, |now| now() - EPOCH_MS).unsigned_abs();
        (ms << 22) + self.new_id() % (1 << 22)
    }
}

impl FakeDiscord {
    /// A channel becomes like that.
    pub fn shuts(&self, channel: u64, door: Door) {
        self.state.change(|inner| inner.doors.insert(channel, door));
    }

    /// A channel is as it was.
    pub fn opens(&self, channel: u64) {
        self.state.change(|inner| inner.doors.remove(&channel));
    }

    /// The next post to a channel is carried out, but its answer is lost.
    pub fn loses_a_post(&self, loss: Loss) {
        self.state.change(|inner| inner.lost_posts.push(loss));
    }

    /// Minutes pass after which a nonce is not known any more.
    pub fn forgets_nonces(&self) {
        self.state.change(|inner| inner.posted.iter_mut().for_each(|one| one.nonce = None));
    }

    /// Someone deletes the last message of the bot.
    pub fn deletes_the_last_post(&self) {
        self.state.change(|inner| inner.posted.last_mut().expect("there is one").deleted = true);
    }

    /// People talk in the channel.
    pub fn people_talk(&self, times: usize) {
        self.state.change(|inner| {
            for _ in 0..times {
                let id = inner.next_message_id();
                inner.posted.push(Posted {
                    id,
                    channel: CHANNEL,
                    body: json!({"content": "Good morning", "embeds": []}),
                    files: 0,
                    nonce: None,
                    at: Instant::now(),
                    deleted: false,
                    edits: 0,
                    author: 1_300_000_000_000_000_009,
                });
            }
        });
    }

    /// What stands in a channel by the bot itself, oldest first.
    pub fn stands_in(&self, channel: u64) -> Vec<Posted> {
        let inner = self.state.lock();
        let own = |one: &&Posted| one.channel == channel && !one.deleted && one.author == BOT;
        inner.posted.iter().filter(own).cloned().collect()
    }

    /// Waits until so many messages of the bot stand in a channel.
    pub async fn has_posted(&self, channel: u64, count: usize) -> Vec<Posted> {
        let enough = |inner: &Inner| {
            let own =
                inner.posted.iter().filter(|one| one.channel == channel && !one.deleted && one.author == BOT);
            let own: Vec<Posted> = own.cloned().collect();
            (own.len() >= count).then_some(own)
        };
        self.state.wait("posts", enough).await
    }

    /// Waits until the last message was edited so often.
    pub async fn has_edited(&self, times: usize) -> Posted {
        let edited = |inner: &Inner| inner.posted.last().filter(|one| one.edits >= times).cloned();
        self.state.wait("an edit", edited).await
    }

    /// Waits until so many posts to channels were tried.
    pub async fn was_asked_to_post(&self, times: usize) {
        self.state.wait("tries to post", |inner| (inner.tries_to_post >= times).then_some(())).await;
    }

    /// How often it was tried to post to a channel.
    pub fn tries_to_post(&self) -> usize {
        self.state.lock().tries_to_post
    }
}
