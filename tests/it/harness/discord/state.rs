//! What the fake Discord knows: commands, interactions, messages, the gateway's session.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::channels::Door;
use super::channels::Loss;
use super::channels::Posted;
use super::faults::Plan;
use super::guild::Guild;
use super::http::Post;
use super::multipart::Upload;
use super::oauth::Logins;

pub const TOKEN: &str = "a-bot-token-for-tests";
pub const APPLICATION: u64 = 1_100_000_000_000_000_001;
pub const BOT: u64 = 1_100_000_000_000_000_002;
pub const GUILD: u64 = 1_100_000_000_000_000_003;
pub const CHANNEL: u64 = 1_100_000_000_000_000_004;
/// Discord withdraws what is not acknowledged by then.
pub const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(3);
/// Life of an interaction's token.
const TOKEN_MAX: Duration = Duration::from_secs(15 * 60);
pub const EPHEMERAL: u64 = 64;

/// All of it, behind one lock.
pub struct State {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
pub struct Inner {
    last_id: u64,
    /// By guild; `None` is everywhere.
    pub commands: BTreeMap<Option<u64>, Vec<Value>>,
    /// How often commands were replaced.
    pub registrations: usize,
    pub guild: Guild,
    /// Where interactions are posted instead of the gateway.
    pub post: Option<Post>,
    /// What was posted there.
    pub sent_over_http: Vec<String>,
    /// How often the server, a channel or a member was looked at.
    pub looked_around: usize,
    /// How often commands were looked at.
    pub looks: usize,
    pub interactions: Vec<Interaction>,
    pub messages: BTreeMap<u64, Message>,
    pub faults: Plan,
    /// Messages that belong to no interaction.
    pub posted: Vec<Posted>,
    /// Channels that are not as the application would like them.
    pub doors: BTreeMap<u64, Door>,
    /// Posts that are carried out and whose answers are lost.
    pub lost_posts: Vec<Loss>,
    /// How often it was tried to post to a channel.
    pub tries_to_post: usize,
    /// The time by which messages are numbered.
    pub now_ms: Option<Box<dyn Fn() -> i64 + Send>>,
    /// Life of an interaction's token.
    pub tokens_live: Duration,
    /// How many sessions may begin until when; as many as anyone wants when nothing is said.
    pub session_budget: Option<(u64, Instant)>,
    /// Heartbeats are not answered.
    pub is_silent: bool,
    /// Sessions that begin now are told to resume where nobody listens.
    pub resume_address_is_stale: bool,
    /// What the application may do in the channel.
    pub app_permissions: u64,
    /// What the application did wrong.
    pub violations: Vec<String>,
    pub session: Session,
    /// When each session began.
    pub identified: Vec<Instant>,
    pub resumed: usize,
    /// Whether the application left with a close frame.
    pub said_goodbye: bool,
    /// The next so many acknowledgements are taken, but the application reads of a failure.
    pub lost_answers: usize,
    /// The next so many interactions are delivered twice.
    pub doubles: usize,
    /// Logins under way.
    pub logins: Logins,
}

/// The gateway's session.
#[derive(Default)]
pub struct Session {
    pub id: String,
    pub seq: u64,
    /// Frames that a resume may want again.
    pub log: Vec<(u64, String)>,
    /// Whether the next resume brings what was heard already.
    pub repeats: bool,
    /// The connection, when there is one.
    pub line: Option<UnboundedSender<Out>>,
}

/// What goes out over a connection.
pub enum Out {
    Frame(String),
    /// With a close frame.
    Close(u16),
    /// As when a cable is cut.
    Cut,
}

/// Something a user did.
#[derive(Debug)]
pub struct Interaction {
    pub id: u64,
    pub token: String,
    pub user: User,
    pub dispatched: Instant,
    pub acknowledged_after: Option<Duration>,
    /// Whether the application could not read that its acknowledgement was taken.
    pub answer_lost: bool,
    /// Type of the first response.
    pub response: Option<u64>,
    /// The message that `@original` stands for.
    pub original: Option<u64>,
    /// Whether that message waits for its content.
    pub waiting: bool,
    /// Messages after the first.
    pub follow_ups: Vec<u64>,
    pub choices: Option<Vec<Value>>,
    /// What the user did, as Discord numbers it: 2 is a command, 3 a press, 4 typing, 5 a form.
    pub kind: u64,
    /// The form that was opened.
    pub form: Option<Value>,
    /// The message whose button was pressed.
    pub pressed: Option<u64>,
}

impl Interaction {
    /// Whether the user sees the outcome.
    pub fn is_settled(&self) -> bool {
        match self.response {
            None => false,
            Some(8 | 9) => true,
            Some(_) => !self.waiting,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: u64,
    pub name: String,
}

impl User {
    pub fn json(&self) -> Value {
        json!({
            "id": self.id.to_string(), "username": self.name, "global_name": self.name, "discriminator": "0",
            "avatar": null, "public_flags": 0,
        })
    }
}

/// A message in the channel, or one that a single user sees.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: u64,
    /// The content that was set, in Discord's JSON.
    pub body: Value,
    pub files: Vec<StoredFile>,
    pub ephemeral: bool,
    /// Who asked for it.
    pub user: User,
    pub interaction: u64,
    /// What it came of, as [`Interaction::kind`].
    pub kind: u64,
    pub deleted: bool,
    pub edits: usize,
}

#[derive(Debug, Clone)]
pub struct StoredFile {
    pub id: u64,
    pub name: String,
    pub alt: String,
    pub bytes: Vec<u8>,
}

impl State {
    pub fn new() -> Self {
        let inner = Inner { tokens_live: TOKEN_MAX, app_permissions: 2_048, ..Inner::default() };
        Self { inner: Mutex::new(inner), changed: watch::Sender::new(0) }
    }

    /// For reading, or for changes that nobody waits for.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Changes something and wakes whoever waits.
    pub fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let out = change(&mut self.lock());
        self.changed.send_modify(|count| *count += 1);
        out
    }

    /// Waits until something is there.
    pub async fn wait<T>(&self, what: &str, find: impl Fn(&Inner) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        let search = async {
            loop {
                if let Some(found) = find(&self.lock()) {
                    return found;
                }
                changes.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(Duration::from_secs(30), search).await {
            Ok(found) => found,
            Err(_) => panic!("waited in vain for {what}; wrong so far: {:?}", self.lock().violations),
        }
    }
}

impl Inner {
    pub fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        1_200_000_000_000_000_000 + self.last_id
    }

    pub fn wrong(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    pub fn by_token(&mut self, token: &str) -> Option<&mut Interaction> {
        self.interactions.iter_mut().find(|interaction| interaction.token == token)
    }

    /// Sends an event to the application, and keeps it for a resume.
    pub fn dispatch(&mut self, name: &str, data: &Value) {
        self.session.seq += 1;
        let seq = self.session.seq;
        let frame = json!({"op": 0, "t": name, "s": seq, "d": data}).to_string();
        self.session.log.push((seq, frame.clone()));
        if let Some(line) = &self.session.line {
            let _closed = line.send(Out::Frame(frame));
        }
    }

    /// How many sessions may still begin, as the gateway's address comes with it.
    pub fn session_starts(&self) -> Value {
        let (remaining, until) = self.session_budget.unwrap_or((999, Instant::now()));
        let left = until.saturating_duration_since(Instant::now());
        let remaining = if left.is_zero() { 999 } else { remaining };
        json!({"total": 1000, "remaining": remaining, "reset_after": left.as_millis(), "max_concurrency": 1})
    }

    /// A new message of the application.
    pub fn post(&mut self, token: &str, body: Value, uploads: Vec<Upload>, ephemeral: bool) -> u64 {
        let id = self.new_id();
        let interaction = self.by_token(token).expect("the caller knows the token");
        let message = Message {
            id,
            body: Value::Null,
            files: Vec::new(),
            ephemeral,
            user: interaction.user.clone(),
            interaction: interaction.id,
            kind: interaction.kind,
            deleted: false,
            edits: 0,
        };
        self.messages.insert(id, message);
        self.set(id, body, uploads);
        id
    }

    /// Sets the content of a message as an edit does: what is not named stays.
    pub fn set(&mut self, id: u64, body: Value, uploads: Vec<Upload>) {
        let first_file = self.new_id();
        self.last_id += uploads.len() as u64;
        let message = self.messages.get_mut(&id).expect("the caller knows the message");
        if let Some(kept) = body["attachments"].as_array() {
            let kept: Vec<String> =
                kept.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect();
            message.files.retain(|file| kept.contains(&file.id.to_string()));
        }
        for (number, upload) in uploads.into_iter().enumerate() {
            let described = body["attachments"].as_array().into_iter().flatten();
            let alt = described
                .filter(|one| one["id"].as_str().and_then(|id| id.parse().ok()) == Some(upload.id))
                .find_map(|one| one["description"].as_str());
            message.files.push(StoredFile {
                id: first_file + number as u64,
                name: upload.name,
                alt: alt.unwrap_or_default().to_owned(),
                bytes: upload.bytes,
            });
        }
        if !message.body.is_object() {
            message.body = json!({});
        }
        for key in ["content", "embeds", "components"] {
            if !body[key].is_null() {
                message.body[key] = body[key].clone();
            }
        }
    }
}

impl Message {
    /// In Discord's JSON.
    pub fn json(&self) -> Value {
        let files: Vec<Value> = self.files.iter().map(|file| self.file_json(file)).collect();
        let mut embeds = self.body["embeds"].as_array().cloned().unwrap_or_default();
        for embed in &mut embeds {
            embed["type"] = json!("rich");
            let name = embed["image"]["url"].as_str().and_then(|url| url.strip_prefix("attachment://"));
            if let Some(file) = name.and_then(|name| self.files.iter().find(|file| file.name == name)) {
                embed["image"] = json!({"url": self.file_json(file)["url"], "width": 1, "height": 1});
            }
        }
        let mut asked = json!({
            "id": self.interaction.to_string(), "type": self.kind,
            "user": self.user.json(), "authorizing_integration_owners": {"0": GUILD.to_string()},
        });
        match self.kind {
            3 => asked["interacted_message_id"] = json!(self.id.to_string()),
            5 => {
                asked["triggering_interaction_metadata"] = json!({
                    "id": self.interaction.to_string(), "type": 2, "user": self.user.json(),
                    "authorizing_integration_owners": {"0": GUILD.to_string()},
                })
            }
            _ => {}
        }
        json!({
            "id": self.id.to_string(), "channel_id": CHANNEL.to_string(),
            "author": User { id: BOT, name: "etsm".into() }.json(),
            "content": self.body["content"].as_str().unwrap_or_default(),
            "timestamp": "2026-03-31T12:00:00.000000+00:00", "edited_timestamp": null, "tts": false,
            "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": files,
            "embeds": embeds, "components": self.body["components"].as_array().cloned().unwrap_or_default(),
            "pinned": false, "type": 20, "flags": if self.ephemeral { EPHEMERAL } else { 0 },
            "application_id": APPLICATION.to_string(), "webhook_id": APPLICATION.to_string(),
            "interaction_metadata": asked,
        })
    }

    fn file_json(&self, file: &StoredFile) -> Value {
        let url = format!("https://cdn.invalid/{}/{}/{}", self.id, file.id, file.name);
        json!({
            "id": file.id.to_string(), "filename": file.name, "description": file.alt, "size": file.bytes.len(),
            "url": url, "proxy_url": url, "content_type": "image/png",
        })
    }
}
