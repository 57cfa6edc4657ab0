//! Calls to Discord's REST API, with their patience.

use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::Response;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serenity::builder::CreateAttachment;
use serenity::http::LightMethod;
use serenity::http::Multipart;
use serenity::http::MultipartUpload;
use serenity::http::Request;
use serenity::http::Route;
use serenity::model::gateway::BotGateway;
use serenity::model::id::ApplicationId;
use serenity::model::id::ChannelId;
use serenity::model::id::GuildId;
use serenity::model::id::InteractionId;
use serenity::model::id::MessageId;
use serenity::model::id::UserId;
use tokio::time::Instant;

use crate::config::DiscordSettings;
use crate::outward;

use super::limits::Limits;
use super::limits::Scope;
use super::messenger::Found;
use super::patience::Patience;
use super::refused::Refused;
use super::refused::Twice;
use super::refused::number;
use super::refused::scope;

/// Discord withdraws an interaction that is not acknowledged after 3 s; later attempts are useless.
const ACKNOWLEDGE_MAX: Duration = Duration::from_millis(2_800);
/// How long other calls are tried again: a reply that comes later than this is not read any more.
const CALL_MAX: Duration = Duration::from_secs(90);
/// How long something is looked up that an answer waits for.
const LOOK_MAX: Duration = Duration::from_secs(5);
/// Waits between attempts double from here.
const WAIT_MIN: Duration = Duration::from_millis(200);
/// Longest wait between attempts.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// The answer to a request of Discord's and our next call to it go separate ways; the call may be there first.
const UNSETTLED_MAX: Duration = Duration::from_secs(2);

/// What we ask of our own application.
#[derive(Deserialize)]
struct OurApplication {
    id: ApplicationId,
}

/// Something with an id.
#[derive(Deserialize)]
struct Standing {
    id: String,
}

/// A message with at most one picture.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    /// The JSON of the message.
    pub(super) json: Value,
    /// File name and bytes.
    pub(super) picture: Option<(String, Vec<u8>)>,
}

/// Discord's REST API.
pub(super) struct Rest {
    client: Client,
    /// As the header wants it.
    token: SecretString,
    /// In the place of `https://discord.com`.
    base: Option<String>,
    limits: Limits,
    patience: Patience,
}

impl Rest {
    /// With the bot token of the settings, at `https://discord.com` or where they say.
    pub(super) fn new(settings: &DiscordSettings, patience: Patience) -> anyhow::Result<Self> {
        let client = outward::client(&settings.trust)?.dns_resolver(Arc::new(OwnThread)).build()?;
        Ok(Self {
            client,
            token: format!("Bot {}", settings.token.expose_secret()).into(),
            base: settings.api_base.clone(),
            limits: Limits::default(),
            patience,
        })
    }

    /// Address of the gateway and how many sessions may begin there; one attempt, for who asks will ask again.
    pub(super) async fn gateway(&self) -> Result<BotGateway, Refused> {
        let bytes = self.attempt(Route::GatewayBot, LightMethod::Get, None, self.patience.attempt).await?;
        decode(&bytes)
    }

    /// A server with its roles.
    pub(super) async fn guild<T: DeserializeOwned>(&self, guild: u64) -> Result<T, Refused> {
        self.look(Route::Guild { guild_id: GuildId::new(guild) }).await
    }

    /// A channel with its rules.
    pub(super) async fn channel<T: DeserializeOwned>(&self, channel: u64) -> Result<T, Refused> {
        self.look(Route::Channel { channel_id: ChannelId::new(channel) }).await
    }

    /// A member of a server; `None` when the user is none.
    pub(super) async fn member<T: DeserializeOwned>(
        &self,
        guild: u64,
        user: u64,
    ) -> Result<Option<T>, Refused> {
        let route = Route::GuildMember { guild_id: GuildId::new(guild), user_id: UserId::new(user) };
        match self.look(route).await {
            Err(refused) if refused.status == Some(404) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Our own application.
    pub(super) async fn application(&self) -> Result<u64, Refused> {
        let found: OurApplication = self.look(Route::Oauth2ApplicationCurrent).await?;
        Ok(found.id.get())
    }

    async fn look<T: DeserializeOwned>(&self, route: Route<'_>) -> Result<T, Refused> {
        decode(&self.call(route, LightMethod::Get, None, Twice::Harmless, LOOK_MAX).await?)
    }

    /// The commands that Discord offers now, in all languages.
    pub(super) async fn commands(&self, application: u64, guild: Option<u64>) -> Result<Vec<Value>, Refused> {
        let route = commands_route(application, guild);
        let bytes = self.call(route, LightMethod::Get, None, Twice::Harmless, CALL_MAX).await?;
        decode(&bytes)
    }

    /// Replaces all commands.
    pub(super) async fn set_commands(
        &self,
        application: u64,
        guild: Option<u64>,
        commands: &[Value],
    ) -> Result<(), Refused> {
        let body = Body { json: Value::from(commands.to_vec()), picture: None };
        let route = commands_route(application, guild);
        self.call(route, LightMethod::Put, Some(&body), Twice::Harmless, CALL_MAX).await.map(drop)
    }

    /// The first response to an interaction. One that is there already counts as done: a lost response was tried again.
    pub(super) async fn acknowledge(&self, id: u64, token: &str, body: &Body) -> Result<(), Refused> {
        let route = Route::InteractionResponse { interaction_id: InteractionId::new(id), token };
        match self.call(route, LightMethod::Post, Some(body), Twice::Harmless, ACKNOWLEDGE_MAX).await {
            Err(refused) if refused.is_done() => Ok(()),
            done => done.map(drop),
        }
    }

    /// Edits the first response.
    pub(super) async fn edit(&self, application: u64, token: &str, body: &Body) -> Result<(), Refused> {
        let route = original(application, token);
        self.call(route, LightMethod::Patch, Some(body), Twice::Harmless, CALL_MAX).await.map(drop)
    }

    /// Deletes the first response.
    pub(super) async fn delete(&self, application: u64, token: &str) -> Result<(), Refused> {
        let route = original(application, token);
        self.call(route, LightMethod::Delete, None, Twice::Harmless, CALL_MAX).await.map(drop)
    }

    /// One more message after the first response.
    pub(super) async fn follow_up(&self, application: u64, token: &str, body: &Body) -> Result<(), Refused> {
        let route = Route::WebhookFollowupMessages { application_id: ApplicationId::new(application), token };
        self.call(route, LightMethod::Post, Some(body), Twice::Doubles, CALL_MAX).await.map(drop)
    }

    /// A message in a channel, outside of any interaction.
    pub(super) async fn post(&self, channel: u64, body: &Body) -> Result<(), Refused> {
        let route = Route::ChannelMessages { channel_id: ChannelId::new(channel) };
        self.call(route, LightMethod::Post, Some(body), Twice::Doubles, CALL_MAX).await.map(drop)
    }

    /// A message in a channel by one attempt, for who tries again by rules of its own; its id.
    pub(super) async fn post_once(&self, channel: u64, body: &Body) -> Result<String, Refused> {
        let route = Route::ChannelMessages { channel_id: ChannelId::new(channel) };
        let posted: Standing = decode(&self.once(route, LightMethod::Post, Some(body)).await?)?;
        Ok(posted.id)
    }

    /// Puts other content in place of a message's by one attempt.
    pub(super) async fn edit_message(&self, channel: u64, message: u64, body: &Body) -> Result<(), Refused> {
        let (channel_id, message_id) = (ChannelId::new(channel), MessageId::new(message));
        let route = Route::ChannelMessage { channel_id, message_id };
        self.once(route, LightMethod::Patch, Some(body)).await.map(drop)
    }

    /// The newest messages of a channel, or those before one of them; the newest comes first.
    pub(super) async fn messages(
        &self,
        channel: u64,
        count: usize,
        before: Option<u64>,
    ) -> Result<Vec<Found>, Refused> {
        let route = Route::ChannelMessages { channel_id: ChannelId::new(channel) };
        let mut params = vec![("limit", count.to_string())];
        params.extend(before.map(|id| ("before", id.to_string())));
        self.is_free(&route.path())?;
        let request = Request::new(route, LightMethod::Get).params(Some(params));
        decode(&self.send(&route.path(), request, self.patience.attempt).await?)
    }

    /// Our own user.
    pub(super) async fn me(&self) -> Result<u64, Refused> {
        let found: Standing = self.look(Route::UserMe).await?;
        found.id.parse().map_err(|_odd| Refused::because(format!("“{}” is no id", found.id)))
    }

    /// One attempt; a limit that is in force is told at once.
    async fn once(
        &self,
        route: Route<'_>,
        method: LightMethod,
        body: Option<&Body>,
    ) -> Result<Vec<u8>, Refused> {
        self.is_free(&route.path())?;
        self.attempt(route, method, body, self.patience.attempt).await
    }

    fn is_free(&self, path: &str) -> Result<(), Refused> {
        let until = self.limits.until(path);
        until.map_or(Ok(()), |until| Err(Refused::limited(until.saturating_duration_since(Instant::now()))))
    }

    /// Tries until it works, it cannot work, or `patience` is over.
    async fn call(
        &self,
        route: Route<'_>,
        method: LightMethod,
        body: Option<&Body>,
        twice: Twice,
        patience: Duration,
    ) -> Result<Vec<u8>, Refused> {
        let begun = Instant::now();
        let deadline = begun + patience;
        // An attempt that is never answered leaves time for another.
        let attempt_max = self.patience.attempt.min(patience.mul_f64(0.45));
        let (mut wait, mut again) = (WAIT_MIN, false);
        loop {
            let path = route.path();
            if let Some(until) = self.limits.until(&path) {
                if until >= deadline {
                    return Err(Refused::because("Discord's rate limit lasts longer than anyone waits"));
                }
                tokio::time::sleep_until(until + Patience::jittered(WAIT_MIN)).await;
            }
            let tried = tokio::time::timeout_at(deadline, self.attempt(route, method, body, attempt_max));
            let refused =
                match tried.await.unwrap_or_else(|_late| Err(Refused::because("no response in time"))) {
                    Ok(bytes) => return Ok(bytes),
                    Err(refused) => refused.on_try(again),
                };
            let pause = refused.pause.unwrap_or_else(|| Patience::jittered(wait));
            let may_pass =
                refused.may_pass(twice) || refused.is_unsettled() && begun.elapsed() < UNSETTLED_MAX;
            if !may_pass || Instant::now() + pause >= deadline {
                return Err(refused);
            }
            tokio::time::sleep(pause).await;
            metrics::counter!("etsm_discord_retries_total").increment(1);
            wait = (wait * 2).min(WAIT_MAX);
            again = true;
        }
    }

    async fn attempt(
        &self,
        route: Route<'_>,
        method: LightMethod,
        body: Option<&Body>,
        time: Duration,
    ) -> Result<Vec<u8>, Refused> {
        self.send(&route.path(), request(route, method, body), time).await
    }

    async fn send(&self, path: &str, request: Request<'_>, time: Duration) -> Result<Vec<u8>, Refused> {
        let request = request
            .build(&self.client, self.token.expose_secret(), self.base.as_deref())
            .map_err(|error| Refused::because(error.to_string()))?;
        let exchange = async {
            let response = request.send().await.map_err(Refused::silence)?;
            self.read(path, response).await
        };
        let done = tokio::time::timeout(time, exchange).await;
        let done = done.unwrap_or_else(|_late| Err(Refused::because("no response in time")));
        let outcome = if done.is_ok() { "done" } else { "refused" };
        metrics::counter!("etsm_discord_calls_total", "outcome" => outcome).increment(1);
        if let Err(refused) = &done {
            let status = refused.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            metrics::counter!("etsm_discord_refused_total", "status" => status).increment(1);
        }
        done
    }

    /// The body of a success; keeps the limits in mind that the response tells of.
    async fn read(&self, path: &str, response: Response) -> Result<Vec<u8>, Refused> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(Refused::silence)?;
        if status.is_success() {
            if number(&headers, "x-ratelimit-remaining") == Some(0.0)
                && let Some(after) = number(&headers, "x-ratelimit-reset-after")
                && let Ok(after) = Duration::try_from_secs_f64(after)
            {
                self.limits.pause(path, Scope::Call, after);
            }
            return Ok(body.to_vec());
        }
        let refused = Refused::response(status.as_u16(), &headers, &body);
        if let Some(pause) = refused.pause {
            self.limits.pause(path, scope(&headers, &body), pause);
        }
        Err(refused)
    }
}

fn request<'a>(route: Route<'a>, method: LightMethod, body: Option<&Body>) -> Request<'a> {
    let mut request = Request::new(route, method);
    if let Route::Commands { .. } | Route::GuildCommands { .. } = route
        && matches!(method, LightMethod::Get)
    {
        // Without it, Discord leaves translations out, and they could not be compared.
        request = request.params(Some(vec![("with_localizations", "true".into())]));
    }
    let Some(body) = body else { return request };
    let json = body.json.to_string();
    match &body.picture {
        None => request.body(Some(json.into_bytes())),
        Some((name, bytes)) => {
            let picture = CreateAttachment::bytes(bytes.clone(), name.clone());
            let upload = MultipartUpload::Attachments(vec![picture]);
            request.multipart(Some(Multipart { upload, fields: Vec::new(), payload_json: Some(json) }))
        }
    }
}

/// Looks names up in a thread of its own: the usual way would wait in line behind long computations.
struct OwnThread;

impl Resolve for OwnThread {
    fn resolve(&self, name: Name) -> Resolving {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let look = move || {
            let found = (name.as_str(), 0).to_socket_addrs().map(Vec::from_iter);
            // Whoever asked may have given up.
            let _gone = sender.send(found);
        };
        let started = std::thread::Builder::new().name("discord-dns".into()).spawn(look);
        Box::pin(async move {
            started?;
            let found = receiver.await??;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn commands_route<'a>(application: u64, guild: Option<u64>) -> Route<'a> {
    let application_id = ApplicationId::new(application);
    match guild {
        None => Route::Commands { application_id },
        Some(guild) => Route::GuildCommands { application_id, guild_id: GuildId::new(guild) },
    }
}

fn original(application: u64, token: &str) -> Route<'_> {
    Route::WebhookOriginalInteractionResponse { application_id: ApplicationId::new(application), token }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(bytes)
        .map_err(|error| Refused::because(format!("the response is not what Discord documents: {error}")))
}
