//! A fake Discord on loopback: the real REST and gateway protocols, stateful and strict.
//!
//! What the application may not do is noted and fails the test at its end: an unknown route, a body that Discord's own
//! description or a documented limit refuses, an answer that comes late, twice or never.

mod channels;
mod faults;
mod forms;
mod gateway;
mod guild;
pub mod http;
mod limits;
mod multipart;
mod oauth;
mod rest;
mod schema;
mod shown;
mod state;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use etsm::domain::Clock;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use channels::Door;
pub use channels::Loss;
pub use channels::Posted;
pub use faults::Fault;
pub use faults::Limit;
pub use faults::On;
pub use guild::ADMINISTRATOR;
pub use guild::VIEW;
pub use guild::Whom;
pub use oauth::CLIENT_SECRET;
pub use shown::Shown;
pub use state::CHANNEL;
pub use state::GUILD;
pub use state::TOKEN;

use state::APPLICATION;
use state::Inner;
use state::Interaction;
use state::Out;
use state::State;
use state::User;

/// The fake.
pub struct FakeDiscord {
    state: Arc<State>,
    rest: Arc<rest::Rest>,
    /// Interactions on their way over HTTP.
    posts: Mutex<JoinSet<()>>,
    base: String,
    _servers: JoinSet<()>,
}

impl FakeDiscord {
    pub async fn start() -> Self {
        let state = Arc::new(State::new());
        let mut servers = JoinSet::new();
        let gateway = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway_url = format!("ws://{}", gateway.local_addr().unwrap());
        servers.spawn(gateway::serve(gateway, gateway_url.clone(), Arc::clone(&state)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let rest =
            rest::Rest { state: Arc::clone(&state), gateway: gateway_url, schemas: schema::Schemas::read() };
        let rest = Arc::new(rest);
        let router = rest::router(Arc::clone(&rest));
        servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { state, rest, posts: Mutex::default(), base, _servers: servers }
    }

    /// Messages are numbered by this clock from now on.
    pub fn goes_by(&self, clock: Arc<dyn Clock>) {
        self.state.change(|inner| inner.now_ms = Some(Box::new(move || clock.now().as_millisecond())));
    }

    /// For `ETSM_DISCORD_API_BASE`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Someone in the server.
    pub fn user(&self, name: &str) -> FakeUser<'_> {
        let id = 1_300_000_000_000_000_000
            + name.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte)) % 1_000_000;
        FakeUser {
            discord: self,
            user: User { id, name: name.to_owned() },
            guild: Some(GUILD),
            channel: CHANNEL,
        }
    }

    /// Waits until the bot is connected and its commands are offered.
    pub async fn ready(&self) {
        let ready = |inner: &Inner| {
            let offered = inner.commands.values().any(|commands| !commands.is_empty());
            (offered && inner.session.line.is_some()).then_some(())
        };
        self.state.wait("the bot and its commands", ready).await;
    }

    /// Waits until the line of a bot that has stopped is known to be gone.
    pub async fn hangs_up(&self) {
        self.state.wait("the end of the line", |inner| inner.session.line.is_none().then_some(())).await;
    }

    /// How often commands were replaced.
    pub fn registrations(&self) -> usize {
        self.state.lock().registrations
    }

    /// Waits until commands were replaced so often.
    pub async fn registered(&self, times: usize) {
        self.state.wait("a registration", |inner| (inner.registrations >= times).then_some(())).await;
    }

    /// Waits until the bot has compared its commands with those that are offered so often.
    pub async fn compared(&self, times: usize) {
        self.state.wait("a look at the commands", |inner| (inner.looks >= times).then_some(())).await;
    }

    /// Names of the commands that are offered in the test's server.
    pub fn commands(&self) -> Vec<String> {
        let inner = self.state.lock();
        let names = offered(&inner).filter_map(|command| command["name"].as_str().map(str::to_owned));
        names.collect()
    }

    /// Someone removes a command in the developer portal.
    pub fn forgets_command(&self, name: &str) {
        self.state.change(|inner| {
            inner
                .commands
                .values_mut()
                .for_each(|commands| commands.retain(|command| command["name"] != name));
        });
    }

    /// How often the bot began a session.
    pub fn identified(&self) -> usize {
        self.state.lock().identified.len()
    }

    /// Waits until the bot has resumed its session so often.
    pub async fn resumed(&self, times: usize) {
        self.state.wait("a resume", |inner| (inner.resumed >= times).then_some(())).await;
    }

    /// How often the bot has resumed its session.
    pub fn has_resumed(&self) -> usize {
        self.state.lock().resumed
    }

    /// Waits until the bot has begun so many sessions.
    pub async fn identified_again(&self, times: usize) {
        let begun = |inner: &Inner| (inner.identified.len() >= times).then_some(());
        self.state.wait("a new session", begun).await;
    }

    /// Whether the bot left with a close frame.
    pub fn said_goodbye(&self) -> bool {
        self.state.lock().said_goodbye
    }

    /// The connection breaks without a word.
    pub fn cuts_the_line(&self) {
        self.state.change(|inner| inner.session.line.take().map(|line| line.send(Out::Cut)));
    }

    /// Asks the bot to connect again, as before maintenance.
    pub fn asks_to_reconnect(&self) {
        self.frame(&json!({"op": 7, "d": null, "s": null, "t": null}));
    }

    /// Forgets the session.
    pub fn invalidates_the_session(&self) {
        self.state.change(|inner| inner.session.id.clear());
        self.frame(&json!({"op": 9, "d": false, "s": null, "t": null}));
    }

    /// Says that the session is not valid, and may be resumed.
    pub fn doubts_the_session(&self) {
        self.frame(&json!({"op": 9, "d": true, "s": null, "t": null}));
    }

    /// Sends something that is no frame.
    pub fn babbles(&self) {
        self.out(Out::Frame("{\"op\": 0, \"t\": \"INTERACTION_CREATE".into()));
    }

    /// Closes the connection with a code.
    pub fn closes(&self, code: u16) {
        self.state.change(|inner| inner.session.line.take().map(|line| line.send(Out::Close(code))));
    }

    /// Answers no heartbeats of the connection that is there now.
    pub fn goes_silent(&self) {
        self.state.change(|inner| inner.is_silent = true);
    }

    /// Tells sessions that begin from now on to resume where nobody listens.
    pub fn moves_away(&self) {
        self.state.change(|inner| inner.resume_address_is_stale = true);
    }

    /// So many sessions may begin until the time is over.
    pub fn lets_begin(&self, sessions: u64, time: Duration) {
        self.state.change(|inner| inner.session_budget = Some((sessions, Instant::now() + time)));
    }

    /// Tokens of interactions live for so long.
    pub fn lets_tokens_live(&self, time: Duration) {
        self.state.change(|inner| inner.tokens_live = time);
    }

    /// The bot may see the channel, write there, embed links and attach files.
    pub fn lets_write(&self) {
        self.state.change(|inner| inner.app_permissions = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15);
    }

    /// An outage of the server begins.
    pub fn loses_the_server(&self) {
        let gone = json!({"id": GUILD.to_string(), "unavailable": true});
        self.state.change(|inner| inner.dispatch("GUILD_DELETE", &gone));
    }

    /// The outage is over.
    pub fn finds_the_server(&self) {
        self.state.change(|inner| inner.dispatch("GUILD_CREATE", &gateway::guild()));
    }

    /// Someone removes the bot from the server.
    pub fn throws_the_bot_out(&self) {
        let gone = json!({"id": GUILD.to_string()});
        self.state.change(|inner| inner.dispatch("GUILD_DELETE", &gone));
    }

    /// Someone deletes a message.
    pub fn deletes(&self, shown: &Shown) {
        self.state
            .change(|inner| inner.messages.get_mut(&shown.message).expect("it was shown").deleted = true);
    }

    /// Descriptions of what was posted outside of interactions, with how many pictures.
    pub fn posted(&self) -> Vec<(String, usize)> {
        let inner = self.state.lock();
        inner.posted.iter().map(|posted| (posted.body["embeds"].to_string(), posted.files)).collect()
    }

    /// Waits until something was posted outside of interactions.
    pub async fn posts(&self) {
        self.state.wait("a post", |inner| (!inner.posted.is_empty()).then_some(())).await;
    }

    fn frame(&self, frame: &Value) {
        self.out(Out::Frame(frame.to_string()));
    }

    fn out(&self, out: Out) {
        self.state.change(|inner| {
            let line = inner.session.line.as_ref().expect("the bot is connected");
            assert!(line.send(out).is_ok(), "the bot is connected");
        });
    }

    /// The next interaction is delivered twice, as it can happen after a resume.
    pub fn delivers_twice(&self) {
        self.state.change(|inner| inner.doubles += 1);
    }

    /// The next call of a kind fails; a bare status stands for the fault that it is most of the time.
    pub fn fails(&self, on: On, fault: impl Into<Fault>) {
        self.state.change(|inner| inner.faults.add(on, fault.into()));
    }

    /// Whether all faults have happened.
    pub fn has_failed_enough(&self) -> bool {
        self.state.lock().faults.is_over()
    }

    /// Waits until all faults have happened.
    pub async fn meets_all_faults(&self) {
        self.state.wait("the faults", |inner| inner.faults.is_over().then_some(())).await;
    }

    /// The next resume brings everything again that was told in this session.
    pub fn forgets_what_was_heard(&self) {
        self.state.change(|inner| inner.session.repeats = true);
    }

    /// Nobody expects this interaction to be answered any more.
    pub fn excuses(&self, token: &str) {
        self.state.change(|inner| inner.interactions.retain(|one| one.token != token));
    }

    /// Forgets interactions with all that came of them; how many of them their users saw answered.
    pub fn forgets(&self, tokens: &[String]) -> usize {
        self.state.change(|inner| {
            let (gone, kept) = inner.interactions.drain(..).partition(|one| tokens.contains(&one.token));
            let gone: Vec<Interaction> = gone;
            inner.interactions = kept;
            inner.messages.retain(|_, message| gone.iter().all(|one| one.id != message.interaction));
            inner.session.log.clear();
            gone.iter().filter(|one| one.is_settled()).count()
        })
    }

    /// The next acknowledgement is taken, but its answer is lost on the way.
    pub fn loses_an_answer(&self) {
        self.state.change(|inner| inner.lost_answers += 1);
    }

    /// Longest time until an interaction was acknowledged.
    pub fn slowest_acknowledgement(&self) -> Duration {
        let inner = self.state.lock();
        inner.interactions.iter().filter_map(|one| one.acknowledged_after).max().unwrap_or_default()
    }

    /// How many messages were posted, those taken back not counted.
    pub fn messages(&self) -> usize {
        self.state.lock().messages.values().filter(|message| !message.deleted).count()
    }

    /// How many messages everyone in the channel sees.
    pub fn public_messages(&self) -> usize {
        let inner = self.state.lock();
        inner.messages.values().filter(|message| !message.deleted && !message.ephemeral).count()
    }

    /// Waits until an interaction was taken on.
    pub async fn acknowledged(&self, token: &str) {
        let taken_on = |inner: &Inner| {
            let interaction = inner.interactions.iter().find(|one| one.token == token)?;
            interaction.response.map(drop)
        };
        self.state.wait("an acknowledgement", taken_on).await;
    }

    /// What the application did wrong, and what it left undone.
    pub fn leftovers(&self) -> Vec<String> {
        let mut inner = self.state.lock();
        let mut wrong = std::mem::take(&mut inner.violations);
        for interaction in inner.interactions.iter().filter(|one| !one.is_settled()) {
            wrong.push(format!("an interaction of {} was never answered", interaction.user.name));
        }
        wrong
    }
}

/// Someone who types and presses.
pub struct FakeUser<'a> {
    discord: &'a FakeDiscord,
    user: User,
    /// `None` in a direct message.
    guild: Option<u64>,
    channel: u64,
}

impl FakeUser<'_> {
    /// The same person in another server, or in a direct message.
    pub fn elsewhere(mut self, guild: Option<u64>) -> Self {
        self.guild = guild;
        self
    }

    /// Sends a slash command, `/usage account:acme range:30d`, and waits for the reply.
    pub async fn types(&self, line: &str) -> Shown {
        let token = self.sends(line);
        self.sees(&token).await
    }

    /// Sends a slash command and does not wait; [`Self::sees`] does.
    pub fn sends(&self, line: &str) -> String {
        self.discord.state.change(|inner| {
            let data = client_data(inner, line, None);
            self.dispatch(inner, 2, data, None)
        })
    }

    /// Types the beginning of a command; the last option is under the cursor. The offered labels and values.
    pub async fn completes(&self, line: &str) -> Vec<(String, String)> {
        let token = self.begins(line);
        let offered = |interaction: &Interaction, _: &Inner| interaction.choices.clone();
        let choices = self.waits(&token, "completions", offered).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        choices.iter().map(|choice| (text(&choice["name"]), text(&choice["value"]))).collect()
    }

    /// Types the beginning of a command and does not wait for what is offered.
    pub fn begins(&self, line: &str) -> String {
        self.discord.state.change(|inner| {
            let last = line.rsplit_once(':').expect("an option is being typed").0;
            let focused = last.rsplit(' ').next().unwrap_or_default().to_owned();
            let data = client_data(inner, line, Some(&focused));
            self.dispatch(inner, 4, data, None)
        })
    }

    /// Presses a button of a message.
    pub async fn presses(&self, shown: &Shown, label: &str) -> Shown {
        let custom_id = shown.button(label).custom_id.clone().expect("the button asks something");
        self.presses_id(shown, &custom_id).await
    }

    /// Presses a button whose message was made by an older version.
    pub async fn presses_id(&self, shown: &Shown, custom_id: &str) -> Shown {
        let token = self.sends_press(shown, &json!({"custom_id": custom_id, "component_type": 2}));
        self.sees(&token).await
    }

    fn sends_press(&self, shown: &Shown, data: &Value) -> String {
        self.discord.state.change(|inner| self.dispatch(inner, 3, data.clone(), Some(shown.message)))
    }

    /// Waits for the reply.
    pub async fn sees(&self, token: &str) -> Shown {
        let settled = |interaction: &Interaction, inner: &Inner| {
            let shown = interaction.follow_ups.last().copied().or(interaction.original);
            shown.filter(|_| interaction.is_settled()).map(|id| Shown::of(&inner.messages[&id]))
        };
        self.waits(token, "a reply", settled).await
    }

    async fn waits<T>(&self, token: &str, what: &str, find: impl Fn(&Interaction, &Inner) -> Option<T>) -> T {
        let find = |inner: &Inner| {
            let interaction = inner.interactions.iter().find(|one| one.token == token)?;
            find(interaction, inner)
        };
        self.discord.state.wait(what, find).await
    }

    pub(super) fn dispatch(&self, inner: &mut Inner, kind: u64, data: Value, pressed: Option<u64>) -> String {
        assert!(inner.post.is_some() || !inner.session.id.is_empty(), "the bot has no session");
        let id = inner.new_id();
        let token = format!("interaction-token-{id}");
        let mut event = json!({
            "id": id.to_string(), "application_id": APPLICATION.to_string(), "type": kind, "data": data,
            "channel_id": self.channel.to_string(), "token": token, "version": 1,
            "channel": {"id": self.channel.to_string(), "name": "accounts", "type": 0, "permissions": "0"},
            "app_permissions": inner.app_permissions.to_string(), "locale": "en-US", "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": GUILD.to_string()}, "context": 0,
            "attachment_size_limit": 10_485_760,
        });
        match self.guild {
            Some(guild) => {
                event["guild_id"] = json!(guild.to_string());
                event["member"] = json!({
                    "user": self.user.json(), "nick": null, "avatar": null, "deaf": false,
                    "roles": inner.guild.roles_of(self.user.id),
                    "joined_at": "2026-01-01T00:00:00.000000+00:00", "premium_since": null, "mute": false,
                    "flags": 0, "pending": false, "permissions": inner.guild.permissions_of(self.user.id).to_string(), "communication_disabled_until": null,
                });
            }
            None => event["user"] = self.user.json(),
        }
        if let Some(message) = pressed {
            let message = &inner.messages[&message];
            assert!(!message.ephemeral || message.user == self.user, "nobody else sees that message");
            event["message"] = message.json();
        }
        inner.interactions.push(Interaction {
            id,
            token: token.clone(),
            user: self.user.clone(),
            dispatched: Instant::now(),
            acknowledged_after: None,
            answer_lost: false,
            response: None,
            original: None,
            waiting: false,
            follow_ups: Vec::new(),
            choices: None,
            kind,
            form: None,
            pressed,
        });
        let deliver = |inner: &mut Inner| match inner.post.clone() {
            None => inner.dispatch("INTERACTION_CREATE", &event),
            Some(to) => {
                let rest = Arc::clone(&self.discord.rest);
                self.discord.posts.lock().unwrap().spawn(http::post(
                    rest,
                    to,
                    id,
                    token.clone(),
                    event.to_string(),
                ));
            }
        };
        deliver(inner);
        if inner.doubles > 0 {
            inner.doubles -= 1;
            deliver(inner);
        }
        token
    }
}

/// Commands that a user in the test's server is offered.
fn offered(inner: &Inner) -> impl Iterator<Item = &Value> {
    [None, Some(GUILD)].into_iter().filter_map(|scope| inner.commands.get(&scope)).flatten()
}

/// What a client makes of a typed line; it sends nothing that the command's description does not allow.
#[track_caller]
fn client_data(inner: &Inner, line: &str, focused: Option<&str>) -> Value {
    let mut rest = line.strip_prefix('/').expect("a command begins with a slash").trim();
    let mut word = || {
        let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after;
        first.to_owned()
    };
    let name = word();
    let command = offered(inner)
        .find(|command| command["name"] == name.as_str())
        .unwrap_or_else(|| panic!("Discord offers no command “{name}”"));
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let options = list(command, "options");
    let data = |options: Vec<Value>| json!({"id": command["id"], "name": name, "type": 1, "guild_id": GUILD.to_string(), "options": options});
    if options.iter().all(|option| option["type"] != 1) {
        return data(client_options(&options, rest, focused));
    }
    let sub = word();
    let chosen = options.iter().find(|option| option["name"] == sub.as_str());
    let chosen = chosen.unwrap_or_else(|| panic!("{name} has no subcommand “{sub}”"));
    let inside = client_options(&list(chosen, "options"), rest, focused);
    data(vec![json!({"name": sub, "type": 1, "options": inside})])
}

/// `account:acme text:two words` by the names that the command has; a value reaches to the next name.
#[track_caller]
fn client_options(known: &[Value], rest: &str, focused: Option<&str>) -> Vec<Value> {
    let names: Vec<&str> = known.iter().filter_map(|option| option["name"].as_str()).collect();
    let mut given: Vec<(&str, String)> = Vec::new();
    for word in rest.split(' ').filter(|word| !word.is_empty()) {
        match word.split_once(':').filter(|(name, _)| names.contains(name)) {
            Some((name, value)) => given.push((name, value.to_owned())),
            None => {
                let (_, value) =
                    given.last_mut().unwrap_or_else(|| panic!("“{word}” is no option of {names:?}"));
                *value = format!("{value} {word}");
            }
        }
    }
    for option in known.iter().filter(|option| option["required"] == true && focused.is_none()) {
        assert!(given.iter().any(|(name, _)| option["name"] == *name), "{} is required", option["name"]);
    }
    let sent = |(name, value): (&str, String)| {
        let option = known.iter().find(|option| option["name"] == name).expect("it was matched by name");
        let choices = option["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_offered = choices.is_empty() || choices.iter().any(|choice| choice["value"] == value.as_str());
        assert!(is_offered, "“{value}” is no choice of {name}");
        if focused == Some(name) {
            assert!(option["autocomplete"] == true, "{name} is not completed");
            return json!({"name": name, "type": option["type"], "value": value, "focused": true});
        }
        json!({"name": name, "type": option["type"], "value": value})
    };
    given.into_iter().map(sent).collect()
}
