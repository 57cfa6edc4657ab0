//! Calls to Discord's REST API, with their patience.
//!
//! Invariant: an error from here names no address, for the addresses of interactions hold their tokens.

use std::error::Error as _;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serenity::Error;
use serenity::builder::CreateAttachment;
use serenity::http::Http;
use serenity::http::HttpBuilder;
use serenity::http::HttpError;
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
use serenity::model::id::UserId;
use tokio::time::Instant;

/// Longest wait for one attempt; Discord answers within a second or not at all.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Discord withdraws an interaction that is not acknowledged after 3 s; later attempts are useless.
const ACKNOWLEDGE_MAX: Duration = Duration::from_millis(2_800);
/// How long other calls are tried again: a reply that comes later than this is not read any more.
const CALL_MAX: Duration = Duration::from_secs(90);
/// How long something is looked up that an answer waits for.
const LOOK_MAX: Duration = Duration::from_secs(5);
/// Waits between attempts double from here.
const WAIT_MIN: Duration = Duration::from_millis(200);
/// Discord's limits are refilled within seconds; asking sooner than this only spends more of them.
const LIMITED_WAIT_MIN: Duration = Duration::from_secs(1);
/// Longest wait between attempts.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// Discord's code for an interaction that was answered already.
const ALREADY_ACKNOWLEDGED: isize = 40_060;
/// Discord's codes for an interaction or its token that it does not know, or not any more.
const UNKNOWN: [isize; 2] = [10_062, UNKNOWN_WEBHOOK];
const UNKNOWN_WEBHOOK: isize = 10_015;
/// The answer to a request of Discord's and our next call to it go separate ways; the call may be there first.
const UNSETTLED_MAX: Duration = Duration::from_secs(2);

/// Why Discord did not do it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refused {
    /// Status of the response; `None` when there was none.
    pub(super) status: Option<u16>,
    /// Discord's own code; 0 when it gave none.
    code: isize,
    /// Whether it was not the first try.
    again: bool,
    message: String,
}

impl Refused {
    /// Whether the interaction is over: it came too late, or someone else answered it.
    pub(super) fn is_over(&self) -> bool {
        UNKNOWN.contains(&self.code) || self.code == ALREADY_ACKNOWLEDGED
    }

    /// Whether Discord does not know the token.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.status == Some(401)
    }

    /// Whether Discord finds fault with what was sent, as with an address that it does not take for a link.
    pub(super) fn is_invalid(&self) -> bool {
        self.status == Some(400) && !self.is_over()
    }

    /// Whether trying again may help.
    fn may_pass(&self, twice: Twice) -> bool {
        match (self.status, twice) {
            (Some(429), _) => true,
            (Some(500..=599) | None, Twice::Harmless) => true,
            (_, Twice::Doubles) | (Some(_), Twice::Harmless) => false,
        }
    }

    /// As Discord says it when nobody waits for a response any more.
    pub(super) fn over() -> Self {
        let message = "nobody waits for this response any more".into();
        Self { status: None, code: UNKNOWN[0], again: false, message }
    }

    /// Whether Discord may only not know yet that the interaction was answered.
    fn is_unsettled(&self, begun: Instant) -> bool {
        self.code == UNKNOWN_WEBHOOK && begun.elapsed() < UNSETTLED_MAX
    }

    fn of(error: Error) -> Self {
        let message = match error {
            Error::Http(HttpError::UnsuccessfulRequest(refusal)) => {
                return Self {
                    status: Some(refusal.status_code.as_u16()),
                    code: refusal.error.code,
                    again: false,
                    message: format!("{}: {}", refusal.status_code, detailed(&refusal.error)),
                };
            }
            Error::Http(HttpError::Request(error)) => {
                let error = error.without_url();
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                format!("no response ({error}{cause})")
            }
            other => other.to_string(),
        };
        Self { status: None, code: 0, again: false, message }
    }
}

/// Discord's message with the fields that it complains about.
fn detailed(error: &serenity::http::DiscordJsonError) -> String {
    let fields = error.errors.iter().map(|field| format!("; {}: {}", field.path, field.message));
    format!("{}{}", error.message, fields.collect::<String>())
}

/// What we ask of our own application.
#[derive(Deserialize)]
struct OurApplication {
    id: ApplicationId,
}

/// What happens when a call is done twice because the first response was lost.
#[derive(Clone, Copy)]
enum Twice {
    /// The same as once.
    Harmless,
    /// A second message.
    Doubles,
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
    http: Http,
}

impl Rest {
    /// With a bot token, at `https://discord.com` or at `base`.
    pub(super) fn new(token: &str, base: Option<&str>) -> Self {
        Self { http: builder(token, base).build() }
    }

    /// Address of the gateway and how many connections it wants.
    pub(super) async fn gateway(&self) -> Result<BotGateway, Refused> {
        let bytes = self.attempt(Route::GatewayBot, LightMethod::Get, None).await?;
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
            Err(refused) if refused.again && refused.code == ALREADY_ACKNOWLEDGED => Ok(()),
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
        let (mut wait, mut again) = (WAIT_MIN, false);
        loop {
            let tried = tokio::time::timeout_at(deadline, self.attempt(route, method, body));
            let refused = match tried.await.unwrap_or_else(|_late| Err(late())) {
                Ok(bytes) => return Ok(bytes),
                Err(refused) => Refused { again, ..refused },
            };
            let pause = if refused.status == Some(429) { wait.max(LIMITED_WAIT_MIN) } else { wait };
            let pause = pause.mul_f64(1.0 + 0.25 * rand::random::<f64>());
            let may_pass = refused.may_pass(twice) || refused.is_unsettled(begun);
            if !may_pass || Instant::now() + pause >= deadline {
                return Err(refused);
            }
            tokio::time::sleep(pause).await;
            wait = (wait * 2).min(WAIT_MAX);
            again = true;
        }
    }

    async fn attempt(
        &self,
        route: Route<'_>,
        method: LightMethod,
        body: Option<&Body>,
    ) -> Result<Vec<u8>, Refused> {
        let mut request = Request::new(route, method);
        if let Route::Commands { .. } | Route::GuildCommands { .. } = route
            && matches!(method, LightMethod::Get)
        {
            // Without it, Discord leaves translations out, and they could not be compared.
            request = request.params(Some(vec![("with_localizations", "true".into())]));
        }
        if let Some(body) = body {
            let json = body.json.to_string();
            request = match &body.picture {
                None => request.body(Some(json.into_bytes())),
                Some((name, bytes)) => {
                    let picture = CreateAttachment::bytes(bytes.clone(), name.clone());
                    let upload = MultipartUpload::Attachments(vec![picture]);
                    request.multipart(Some(Multipart {
                        upload,
                        fields: Vec::new(),
                        payload_json: Some(json),
                    }))
                }
            };
        }
        let exchange = async {
            let response = self.http.request(request).await.map_err(Refused::of)?;
            response.bytes().await.map_err(|error| Refused::of(error.into()))
        };
        let bytes = tokio::time::timeout(ATTEMPT_MAX, exchange).await.unwrap_or_else(|_late| Err(late()))?;
        Ok(bytes.to_vec())
    }
}

/// A client of the API. The library ignores another address while its own rate limiter is on, so that the two go
/// together; then [`Rest::call`] waits out a 429.
pub(super) fn builder(token: &str, base: Option<&str>) -> HttpBuilder {
    let builder = HttpBuilder::new(token);
    match base {
        None => builder,
        Some(base) => builder.proxy(base).ratelimiter_disabled(true),
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
    serde_json::from_slice(bytes).map_err(|error| Refused {
        status: None,
        code: 0,
        again: false,
        message: format!("the response is not what Discord documents: {error}"),
    })
}

fn late() -> Refused {
    Refused { status: None, code: 0, again: false, message: "no response in time".into() }
}
