//! Starts the whole program in memory and drives it in the user's words.
//!
//! A test with a harness runs in its own runtime on one thread (`#[tokio::test]`), so that the log it hears is its own.

pub mod anthropic;
pub mod certificate;
pub mod clock;
pub mod damage;
pub mod discord;
mod log;
pub mod organisation;
pub mod seed;
mod terminal;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use etsm::answers::Desk;
use etsm::app;
use etsm::chat::discord::Client;
use etsm::chat::discord::Patience;
use etsm::config::Environment;
use etsm::config::Settings;
use etsm::deliver::Outbox;
use etsm::domain::Clock;
use etsm::domain::Role;
use etsm::engine::Engine;
use etsm::render::discord::Seal;
use etsm::store::Store;
use etsm::telemetry;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;

use clock::TestClock;
use discord::FakeDiscord;
use log::Log;
use terminal::Terminal;
pub use web::Visitor;
use web::Web;

/// When the tests happen, unless they move the clock.
const NOW: &str = "2026-03-31T12:00:00Z";
/// Waits for Discord that a test can sit out.
const PATIENCE: Patience = Patience {
    again_min: Duration::from_millis(50),
    again_max: Duration::from_millis(400),
    identify_every: Duration::from_millis(350),
    attempt: Duration::from_millis(1_500),
};
/// What no log may hold, whatever happened: the bot's token, names of people and of customers.
const SECRETS_AND_NAMES: [&str; 7] =
    [discord::TOKEN, discord::CLIENT_SECRET, anthropic::KEY, "dana", "Acme", "Borealis", "weekly numbers"];
/// Longest wait for a clean stop; longer than any deadline inside.
const STOP_MAX: Duration = Duration::from_secs(15);

/// The running program with the world around it.
pub struct Harness {
    folder: TempDir,
    settings: Settings,
    clock: Arc<TestClock>,
    discord: FakeDiscord,
    log: Log,
    _listening: DefaultGuard,
    expected: Vec<String>,
    running: Option<Running>,
    /// Where spans come out for a collector.
    spans: Option<telemetry::Spans>,
}

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    app: JoinSet<anyhow::Result<()>>,
}

impl Harness {
    /// Everything over the seed's data, connected to the fake Discord.
    pub async fn start() -> Self {
        Self::start_with(|_settings| {}).await
    }

    /// The same with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut harness = Self::prepare(change).await;
        harness.run().await;
        harness.discord.ready().await;
        harness
    }

    /// The data and the world, but the program does not run yet.
    pub async fn prepare(change: impl FnOnce(&mut Settings)) -> Self {
        let (log, spans, listening) = Log::listen();
        let discord = FakeDiscord::start().await;
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::of([
            ("ETSM_DATA_DIR", folder.path().to_str().unwrap()),
            ("ETSM_PUBLIC_URL", "https://etsm.example.com"),
            ("ETSM_DISCORD_TOKEN", discord::TOKEN),
            ("ETSM_DISCORD_API_BASE", discord.base()),
        ]);
        let mut settings = Settings::load(None, &environment).unwrap();
        settings.chat.role = Role::Manager;
        settings.chat.browser = true;
        let guild = Some(discord::GUILD);
        settings.discord.as_mut().expect("there is a token").guild_id = guild;
        change(&mut settings);
        let clock = Arc::new(TestClock::at(NOW));
        discord.goes_by(Arc::clone(&clock) as Arc<dyn Clock>);
        let harness = Self {
            folder,
            settings,
            clock,
            discord,
            log,
            _listening: listening,
            expected: Vec::new(),
            running: None,
            spans: Some(spans),
        };
        let desk = harness.beside().await;
        seed::plant(&desk).await;
        desk.store().close().await;
        harness
    }

    /// Another process over the same data, as an import.
    pub async fn beside(&self) -> Desk {
        let store = Store::open_dir(self.folder.path()).await.unwrap();
        let engine = Engine::new(Arc::clone(&self.settings.health), self.settings.currency);
        Desk::new(Arc::new(engine), store, Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    /// The outbox of another process over the same data, as of a command in a terminal.
    pub async fn outbox(&self) -> Outbox {
        let store = Store::open_dir(self.folder.path()).await.unwrap();
        let (members, url) = (self.settings.members.clone(), self.settings.public_url.clone());
        let discord = self.settings.discord.clone().expect("there is a token");
        let client =
            Client::new(discord, members, Seal::new(b"a key of the tests"), None, url, PATIENCE).unwrap();
        Outbox::new(store, Arc::clone(&self.clock) as Arc<dyn Clock>, Some(client.messenger()))
    }

    /// The program dies at once, whatever it is doing.
    pub async fn kill(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.app.abort_all();
        while running.app.join_next().await.is_some() {}
        self.discord.hangs_up().await;
    }

    /// The program starts again over the same data.
    pub async fn run_again(&mut self) {
        // A program that died just now cannot know that it began a session; whoever starts it takes longer than this.
        tokio::time::sleep(PATIENCE.identify_every).await;
        self.run().await;
        self.discord.ready().await;
    }

    /// Starts the program.
    pub async fn run(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let outside = app::Outside {
            listener,
            redirect: None,
            clock: Arc::clone(&self.clock) as _,
            patience: PATIENCE,
            spans: self.spans.take(),
        };
        let stop = CancellationToken::new();
        let mut app = JoinSet::new();
        app.spawn(app::run(self.settings.clone(), outside, stop.clone()));
        self.running = Some(Running { address, stop, app });
    }

    /// Stops the program and starts it again over the same data.
    pub async fn restart(&mut self) {
        self.stop().await.unwrap();
        self.discord.hangs_up().await;
        self.run().await;
        self.discord.ready().await;
    }

    /// Asks the program to stop, and how it ended.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.running.as_ref().expect("it runs").stop.cancel();
        self.ends().await
    }

    /// Waits until the program ends by itself, and how.
    pub async fn ends(&mut self) -> anyhow::Result<()> {
        let mut running = self.running.take().expect("it runs");
        let ended = tokio::time::timeout(STOP_MAX, running.app.join_next()).await;
        ended.expect("it ends in time").expect("it was started").expect("it does not panic")
    }

    /// The settings of the next start.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    pub fn discord(&self) -> &FakeDiscord {
        &self.discord
    }

    /// How the program's server is addressed.
    pub fn address(&self) -> String {
        format!("http://{}", self.running.as_ref().expect("it runs").address)
    }

    pub fn clock_of_all(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// The folder of the data.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The browser.
    pub fn web(&self) -> Web {
        Web::at(self.running.as_ref().expect("it runs").address)
    }

    /// A browser that keeps its cookies.
    pub fn visitor(&self) -> Visitor {
        Visitor::at(self.running.as_ref().expect("it runs").address)
    }

    /// A terminal on the same machine.
    pub fn terminal(&self) -> Terminal<'_> {
        Terminal { folder: self.folder.path() }
    }

    /// The log will hold a warning or an error with these words.
    pub fn expect_warning(&mut self, words: &str) {
        self.expected.push(words.to_owned());
    }

    /// Waits until the log holds a warning or an error with these words.
    pub async fn logs(&self, words: &str) {
        let heard = self.log.wait(|heard| heard.lines.iter().any(|line| line.contains(words)).then_some(()));
        let heard = tokio::time::timeout(Duration::from_secs(10), heard).await;
        heard.unwrap_or_else(|_late| panic!("no warning says “{words}”"));
    }

    /// Waits until so many interactions have ended since the last look; how each did.
    pub async fn endings(&self, count: usize) -> Vec<String> {
        let ended =
            self.log.wait(|heard| (heard.ended.len() >= count).then(|| std::mem::take(&mut heard.ended)));
        let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
        ended.unwrap_or_else(|_late| panic!("not all of {count} interactions ended"))
    }

    /// All that was logged, each line an object.
    pub fn log(&self) -> String {
        self.log.written()
    }

    /// Warnings with these words are no news any more.
    pub fn forgives(&self, words: &[&str]) {
        self.log.forgets(|line| words.iter().any(|words| line.contains(words)));
    }

    /// Stops, and fails on whatever is left over: replies that were never given, calls that Discord would refuse,
    /// warnings that nobody expected, and expected ones that did not come.
    pub async fn finish(mut self) {
        if self.running.is_some() {
            self.stop().await.unwrap();
        }
        let mut left = self.discord.leftovers();
        let written = self.log.written();
        for needle in SECRETS_AND_NAMES {
            let told = written.lines().find(|line| line.contains(needle));
            left.extend(told.map(|line| format!("the log tells “{needle}”: {line}")));
        }
        let mut lines = self.log.take();
        for words in &self.expected {
            let before = lines.len();
            lines.retain(|line| !line.contains(words.as_str()));
            if lines.len() == before {
                left.push(format!("no warning says “{words}”"));
            }
        }
        left.extend(lines);
        assert!(left.is_empty(), "left over:\n{}", left.join("\n"));
    }
}
