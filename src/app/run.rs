//! Runs the service: store, engine, dashboard, chat.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::access::IdentityProvider;
use crate::access::PassSeal;
use crate::access::ShareSeal;
use crate::adapters::Otlp;
use crate::alerts::Alerts;
use crate::answers::Desk;
use crate::chat;
use crate::config::LogFormat;
use crate::config::Settings;
use crate::deliver::Outbox;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::Clock;
use crate::domain::How;
use crate::domain::Person;
use crate::domain::Scope;
use crate::engine::Engine;
use crate::ingest::NotTaken;
use crate::ingest::Parcel;
use crate::ingest::Taken;
use crate::jobs::push::Inbox;
use crate::jobs::push::push;
use crate::jobs::retention;
use crate::jobs::simulated::GoingOn;
use crate::render::discord::Seal;
use crate::store::Store;
use crate::store::TOLD_BY_SETTINGS;
use crate::telemetry;
use crate::web;

use super::demo::{DemoPlan, order_first_digest};
use super::entrances::Entrances;
use super::keeping::{keep_measures, keep_own_use, keep_store, save_own_use};
use super::parts::Parts;
use super::sources::{pulling, watching};
use super::staff::{Staff, staffed};

/// How often the store is asked whether another process (an import) has written.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often numbers kept for Prometheus are tidied up.
const UPKEEP_EVERY: Duration = Duration::from_secs(30);
/// How much of the changes since the last checkpoint a start after a crash has to read again.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(15 * 60);

/// What a test wants to own: the port and the time.
pub struct Outside {
    /// Where the dashboard answers.
    pub listener: TcpListener,
    /// Where plain HTTP is sent on to HTTPS.
    pub redirect: Option<TcpListener>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long Discord is waited for.
    pub patience: chat::discord::Patience,
    /// Where spans come out that are to be exported.
    pub spans: Option<telemetry::Spans>,
}

/// Runs until `stop` fires or a part dies; either way every part is asked to finish first.
pub async fn run(settings: Settings, outside: Outside, stop: CancellationToken) -> anyhow::Result<()> {
    run_with(settings, outside, stop, None).await
}

/// The same, over a simulated portfolio when a plan is given.
pub async fn run_with(
    settings: Settings,
    outside: Outside,
    stop: CancellationToken,
    demo: Option<DemoPlan>,
) -> anyhow::Result<()> {
    let metrics = telemetry::metrics();
    let store = open_store(&settings).await?;
    let engine = Arc::new(Engine::new(Arc::clone(&settings.health), settings.currency));
    let Outside { listener, redirect, clock, patience, spans } = outside;
    let entrances = Entrances::new(&settings, listener, redirect, clock.now())?;
    let client = discord_client(&settings, &store, patience).await?;
    let messenger = client.as_ref().map(chat::discord::Client::messenger);
    let outbox = Outbox::new(store.clone(), Arc::clone(&clock), messenger);
    let pulling = pulling(&settings, &store, Arc::clone(&clock)).await?;
    let Staff { desk, digests, alerts } =
        staffed(counting(Desk::new(engine, store, clock), &settings), &settings, &outbox)?;
    let discord = client.map(|client| chat::discord::Discord::new(desk.clone(), client));
    let ready = web::Readiness::default();

    let (inbox, committer) = push(desk.clone(), settings.currency);

    let mut parts = Parts::new(stop.clone());
    // The dashboard answers at once, and says that it is not ready until the figures are there.
    let state = web::WebState {
        desk: desk.clone(),
        alerts: Arc::clone(&alerts),
        entry: entry(&settings, &desk, discord.as_ref()).await?,
        public_url: settings.public_url.clone(),
        browser_chat: settings.chat.browser,
        interactions: discord.as_ref().and_then(door),
        usage: web::UsageIntake::new(Arc::new(inbox)),
        metrics: Some(metrics.clone()),
        ready: ready.clone(),
        retention: settings.retention,
        limits: web::Limits::new(&settings.server.limits),
        live: web::Live::with_places(settings.server.limits.streams, stop.clone()),
        recent: web::Recent::default(),
    };
    let refusals = Arc::clone(state.entry.doors.refusals());
    info!(address = %settings.bind, "The dashboard is at {}", settings.public_url);
    entrances.open(state, &mut parts, &stop);

    let going_on = tokio::select! {
        loaded = first_load(&desk, &settings, demo) => loaded?,
        () = stop.cancelled() => return finish(parts, &desk).await,
    };
    ready.needs("engine", web::PartState::Up);
    info!(rows = desk.snapshot().rows(), accounts = desk.snapshot().accounts().count(), "Ready");

    parts.start("showing", committer.showing(stop.clone()));
    parts.start("committer", committer.run(stop.clone()));
    start_keepers(&mut parts, &desk, &settings, &ready, &stop);
    if let (Some(to), Some(spans)) = (&settings.otlp, spans) {
        parts.start("spans", Otlp::new(to, spans)?.run(stop.clone()));
    }
    parts.start("alerts", keep_alerts(alerts, desk.clone(), stop.clone()));
    parts.start("upkeep", upkeep(metrics, stop.clone()));
    parts.start("refusals", web::count_refusals(refusals, desk.clone(), stop.clone()));
    let posting = stop.clone();
    parts.start("outbox", async move { outbox.run(posting).await });
    parts.start("digests", digests.run(desk.clone(), stop.clone()));
    if let Some(pulling) = pulling {
        parts.start("anthropic usage", pulling.run(desk.clone(), stop.clone()));
    }
    if let Some(watching) = watching(&settings) {
        parts.start("drop folder", watching.run(desk.clone(), stop.clone()));
    }
    if let Some(going_on) = going_on {
        parts.start("simulated usage", going_on.run(desk.clone(), stop.clone()));
    }
    ready.tells("discord", web::PartState::Off);
    if let Some(discord) = discord {
        let tell = move |connection| ready.tells("discord", connection_state(connection));
        parts.start("discord", discord.run(tell, stop));
    }
    finish(parts, &desk).await
}

/// Brings the desk to where it answers: rules and figures, and before them a portfolio where one is to be simulated.
/// What goes on from there, if anything does.
async fn first_load(
    desk: &Desk,
    settings: &Settings,
    demo: Option<DemoPlan>,
) -> anyhow::Result<Option<GoingOn>> {
    let is_demo = demo.is_some();
    let going_on = match demo {
        Some(plan) => plan.fill(desk).await.context("making the simulated portfolio")?,
        None => None,
    };
    desk.adopt_rules(&settings.health_text, How::Start)
        .await
        .context("taking the health configuration into use")?;
    let told = desk.record_model_lives(TOLD_BY_SETTINGS, &settings.models).await;
    told.context("keeping which models come to an end")?;
    desk.load().await.context("reading the store")?;
    if is_demo {
        order_first_digest(desk).await?;
    }
    Ok(going_on)
}

/// Starts what keeps store and figures as they should be.
fn start_keepers(
    parts: &mut Parts,
    desk: &Desk,
    settings: &Settings,
    ready: &web::Readiness,
    stop: &CancellationToken,
) {
    parts.start("store", keep_store(desk.store().clone(), ready.clone(), stop.clone()));
    parts.start("measures", keep_measures(desk.clone(), settings.data_dir.clone(), stop.clone()));
    if let Some(own_use) = desk.own_use() {
        parts.start("own use", keep_own_use(desk.clone(), own_use, stop.clone()));
    }
    parts.start("freshness", keep_fresh(desk.clone(), stop.clone()));
    parts.start("watch", keep_watch(desk.clone(), stop.clone()));
    parts.start("checkpoint", keep_checkpoint(desk.clone(), stop.clone()));
    let (store, keeping) = (desk.store().clone(), settings.retention);
    parts.start("retention", retention::run(store, keeping, Arc::clone(desk.clock()), stop.clone()));
}

/// A desk that counts how it is used, unless that is switched off.
pub(super) fn counting(desk: Desk, settings: &Settings) -> Desk {
    if settings.own_use { desk.counting(Arc::default()) } else { desk }
}

/// The way to Discord, when it is set up.
pub(super) async fn discord_client(
    settings: &Settings,
    store: &Store,
    patience: chat::discord::Patience,
) -> anyhow::Result<Option<chat::discord::Client>> {
    let Some(discord) = settings.discord.clone() else { return Ok(None) };
    let secret = signing_secret(settings, store).await?;
    let passes = settings.has_login().then(|| PassSeal::new(&secret));
    let (members, url) = (settings.members.clone(), settings.public_url.clone());
    chat::discord::Client::new(discord, members, Seal::new(&secret), passes, url, patience).map(Some)
}

/// Who is let in: whoever is at this machine, until a login is set up.
async fn entry(
    settings: &Settings,
    desk: &Desk,
    discord: Option<&chat::discord::Discord>,
) -> anyhow::Result<web::Entry> {
    let secret = signing_secret(settings, desk.store()).await?;
    let seals = (PassSeal::new(&secret), ShareSeal::new(&secret));
    let identities = discord.map(chat::discord::Discord::identities).transpose()?.flatten();
    let provider = identities.map(|one| Arc::new(one) as Arc<dyn IdentityProvider>);
    let (store, clock, members) = (desk.store().clone(), Arc::clone(desk.clock()), settings.members.clone());
    let doors = web::Doors::new(store, clock, members, seals, provider, &settings.public_url);
    let everyone = (!settings.has_login()).then(|| Arc::new(local_asker(settings)));
    Ok(web::Entry { doors: Arc::new(doors), everyone })
}

/// The way from the web to chat, which do not know each other.
struct DiscordDoor(chat::discord::Door);

#[async_trait::async_trait]
impl web::SignedDoor for DiscordDoor {
    async fn knock(&self, request: web::SignedRequest) -> (u16, String) {
        let web::SignedRequest { signature, timestamp, body } = request;
        let opened = self.0.knock(chat::discord::Knock { signature, timestamp, body }).await;
        (opened.status, opened.json)
    }
}

#[async_trait::async_trait]
impl web::UsageDoor for Inbox {
    async fn take(&self, parcel: Parcel) -> Result<Taken, NotTaken> {
        Inbox::take(self, parcel).await
    }
}

fn door(discord: &chat::discord::Discord) -> Option<Arc<dyn web::SignedDoor>> {
    discord.door().map(|door| Arc::new(DiscordDoor(door)) as Arc<dyn web::SignedDoor>)
}

fn connection_state(connection: chat::discord::Connection) -> web::PartState {
    match connection {
        chat::discord::Connection::Connecting => web::PartState::Starting,
        chat::discord::Connection::Up => web::PartState::Up,
        chat::discord::Connection::Down(why) => web::PartState::Down(why),
    }
}

async fn finish(parts: Parts, desk: &Desk) -> anyhow::Result<()> {
    let outcome = parts.wait().await;
    close(desk).await;
    info!("Stopped");
    outcome
}

/// Leaves the store as the next start likes it.
pub(super) async fn close(desk: &Desk) {
    save_checkpoint(desk).await;
    if let Some(own_use) = desk.own_use() {
        save_own_use(desk, &own_use).await;
    }
    desk.store().close().await;
}

async fn save_checkpoint(desk: &Desk) {
    match desk.save_checkpoint().await {
        Ok(true) => info!("Wrote a checkpoint, so that the next start need not read all usage"),
        Ok(false) => {}
        Err(error) => warn!(error = format!("{error:#}"), "Could not write a checkpoint; starts take longer"),
    }
}

/// Opens the database that the settings name.
pub(super) async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let store = Store::open_within(&database_url(settings)?, settings.size_max).await;
    store.with_context(|| match &settings.database_url {
        Some(_) => "opening the database".to_owned(),
        None => format!("opening the database in {}", settings.data_dir.display()),
    })
}

/// Where the database of the settings is.
pub(super) fn database_url(settings: &Settings) -> anyhow::Result<String> {
    match &settings.database_url {
        Some(url) => Ok(url.clone()),
        None => Store::url_in(&settings.data_dir).context("naming the database"),
    }
}

/// The form of the log that the settings ask for.
pub(super) fn log_form(settings: &Settings) -> telemetry::LogForm {
    match settings.log_format {
        LogFormat::Auto => telemetry::LogForm::of_stderr(),
        LogFormat::Text => telemetry::LogForm::Text,
        LogFormat::Json => telemetry::LogForm::Json,
    }
}

/// What signatures are made with: the key of the settings, or one that this database keeps where none is set.
pub(super) async fn signing_secret(settings: &Settings, store: &Store) -> anyhow::Result<Vec<u8>> {
    const NAME: &str = "signing key";
    if let Some(key) = &settings.secret_key {
        return Ok(key.expose_secret().as_bytes().to_vec());
    }
    let made: String = rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect();
    store.keep_first(NAME, &made).await.context("keeping a signing key")?;
    let kept = store.kept(NAME).await.context("reading the signing key")?;
    Ok(kept.unwrap_or(made).into_bytes())
}

/// Whoever sits at this machine, where there is no login and only loopback is served.
fn local_asker(settings: &Settings) -> Asker {
    let person = Person::new("local user").expect("a short plain text is a name");
    Asker {
        person,
        role: settings.chat.role,
        sees: Scope::All,
        changes: Scope::All,
        audience: Audience::AskerOnly,
        way: How::Web.into(),
    }
}

/// Takes over what another process wrote into the same store, as an import beside a running service.
async fn keep_fresh(desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        // A store that is busy or gone leaves the old view standing; the next look may find it well again.
        if let Err(error) = desk.catch_up().await {
            warn!(%error, "Could not look for what another process wrote; the old figures stand");
        }
    }
}

/// Looks for what is unusual after each publication. What is published meanwhile is looked at together.
async fn keep_watch(desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
    let mut versions = desk.versions();
    loop {
        versions.mark_unchanged();
        desk.watch_all(&stop).await;
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = versions.changed() => changed.context("waiting for the next publication")?,
        }
    }
}

/// Looks at the rules of alerts after each publication and by the clock.
async fn keep_alerts(alerts: Arc<Alerts>, desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
    alerts.watch(&desk, stop).await
}

/// Writes a checkpoint after a start that read much, and from time to time while much changes.
async fn keep_checkpoint(desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(CHECKPOINT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => save_checkpoint(&desk).await,
        }
    }
}

async fn upkeep(
    metrics: metrics_exporter_prometheus::PrometheusHandle,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(UPKEEP_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => metrics.run_upkeep(),
        }
    }
}
