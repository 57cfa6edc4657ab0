//! A dashboard over the seed's data, served over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use etsm::access::PassSeal;
use etsm::access::ShareSeal;
use etsm::alerts::Alerts;
use etsm::answers::Department;
use etsm::answers::Departments;
use etsm::answers::Desk;
use etsm::answers::Question;
use etsm::config::Environment;
use etsm::config::MemberRules;
use etsm::config::Settings;
use etsm::deliver::Outbox;
use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::Clock;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::engine::Engine;
use etsm::jobs::digests::Digests;
use etsm::jobs::push::Committer;
use etsm::jobs::push::push;
use etsm::problem::Problem;
use etsm::reply::Answer;
use etsm::store::Store;
use etsm::web;
use etsm::writer::People;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness::clock::TestClock;
use crate::harness::seed;

/// What its passes and shares are signed with.
pub const SECRET: &[u8] = b"a secret of the test";

/// Pages that may listen at once, so that a test can fill them.
pub const STREAMS_MAX: usize = 3;

const NOW: &str = "2026-03-31T12:00:00Z";

/// A dashboard over the seed's data.
pub struct Site {
    pub address: SocketAddr,
    pub client: reqwest::Client,
    pub ready: web::Readiness,
    pub stop: CancellationToken,
    /// Where a test writes what pages must hear of.
    pub desk: Desk,
    pub alerts: Arc<Alerts>,
    server: JoinSet<anyhow::Result<()>>,
    pub routes: Vec<web::RuledRoute>,
    refusals: Arc<web::Refusals>,
    /// Writes down what is sent, once a test lets it.
    pub committer: Option<Committer>,
    _folder: tempfile::TempDir,
}

/// Doors that nobody can log in by.
fn entry(desk: &Desk, everyone: Option<Asker>) -> web::Entry {
    let (store, clock) = (desk.store().clone(), Arc::clone(desk.clock()));
    let members = MemberRules::default();
    let seals = (PassSeal::new(SECRET), ShareSeal::new(SECRET));
    let doors = web::Doors::new(store, clock, members, seals, None, "https://etsm.example.com");
    web::Entry { doors: Arc::new(doors), everyone: everyone.map(Arc::new) }
}

/// What a site starts from.
pub struct Start {
    /// Who may look without showing anything.
    pub everyone: Option<Asker>,
    pub browser_chat: bool,
    pub now: &'static str,
    /// Whether the seed's data are in it.
    pub planted: bool,
    /// Whether nobody answers what is asked about alerts.
    pub alerts_hang: bool,
    /// What happened.
    pub annotations: Vec<etsm::domain::Annotation>,
}

impl Default for Start {
    fn default() -> Self {
        let dana = Asker {
            person: "dana".parse().unwrap(),
            role: Role::Admin,
            sees: Scope::All,
            changes: Scope::All,
            audience: Audience::AskerOnly,
            way: etsm::domain::How::Terminal.into(),
        };
        Self {
            everyone: Some(dana),
            browser_chat: true,
            now: NOW,
            planted: true,
            alerts_hang: false,
            annotations: Vec::new(),
        }
    }
}

/// Whoever asks waits for ever.
struct Hung;

#[async_trait::async_trait]
impl Department for Hung {
    async fn answer(&self, _desk: &Desk, _asker: &Asker, _question: &Question) -> Result<Answer, Problem> {
        std::future::pending().await
    }
}

impl Site {
    pub async fn open() -> Self {
        Self::start(Start::default()).await
    }

    pub async fn open_with(browser_chat: bool) -> Self {
        Self::start(Start { browser_chat, ..Start::default() }).await
    }

    /// Everyone has to show something, and nobody can.
    pub async fn shut() -> Self {
        Self::open_to(None, true).await
    }

    pub async fn open_to(everyone: Option<Asker>, browser_chat: bool) -> Self {
        Self::start(Start { everyone, browser_chat, ..Start::default() }).await
    }

    pub async fn start(start: Start) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::of([("ETSM_DATA_DIR", folder.path().to_str().unwrap())]);
        let settings = Settings::load(None, &environment).unwrap();
        let store = Store::open_dir(folder.path()).await.unwrap();
        let engine = Engine::new(Arc::clone(&settings.health), settings.currency);
        let clock = Arc::new(TestClock::at(start.now)) as Arc<dyn Clock>;
        let outbox = Outbox::new(store.clone(), Arc::clone(&clock), None);
        let digests = Digests::new(&settings.digests, outbox.clone(), None, People::Hidden).unwrap();
        let people = std::collections::BTreeMap::new();
        let alerts = Alerts::new(settings.alert_rules, people, store.clone(), Arc::clone(&clock), outbox);
        let alerts = Arc::new(alerts);
        let staff = Departments {
            alerts: Some(if start.alerts_hang { Arc::new(Hung) } else { Arc::clone(&alerts) as _ }),
            digests: Some(Arc::new(digests)),
            ask: None,
        };
        let desk = Desk::new(Arc::new(engine), store, clock).staffed(staff).annotated(start.annotations);
        if start.planted {
            seed::plant(&desk).await;
            alerts.look(&desk).await.unwrap();
        }
        let stop = CancellationToken::new();
        let ready = web::Readiness::default();
        ready.needs("engine", web::PartState::Up);
        // Nobody commits here unless a test says so: what is sent is tried with the whole program.
        let (inbox, committer) = push(desk.clone(), settings.currency);
        let state = web::WebState {
            interactions: None,
            entry: entry(&desk, start.everyone),
            desk: desk.clone(),
            alerts: Arc::clone(&alerts),
            public_url: "https://etsm.example.com".into(),
            browser_chat: start.browser_chat,
            usage: web::UsageIntake::new(Arc::new(inbox)),
            metrics: None,
            ready: ready.clone(),
            retention: settings.retention,
            limits: web::Limits::new(&settings.server.limits),
            live: web::Live::with_places(STREAMS_MAX, stop.clone()),
            recent: web::Recent::default(),
        };
        let routes = web::routes(&state);
        let refusals = Arc::clone(state.entry.doors.refusals());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        let reception = web::Reception::of(&settings.server, None);
        server.spawn(web::serve(listener, web::router(state), reception, stop.clone()));
        // Whatever proxy the machine has, it does not lead to this machine.
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self {
            address,
            client: client.build().unwrap(),
            ready,
            stop,
            desk,
            server,
            routes,
            refusals,
            alerts,
            committer: Some(committer),
            _folder: folder,
        }
    }

    /// Whoever is at this machine.
    pub fn asker(&self) -> Asker {
        Asker {
            person: "dana".parse().unwrap(),
            role: Role::Admin,
            sees: Scope::All,
            changes: Scope::All,
            audience: Audience::AskerOnly,
            way: etsm::domain::How::Terminal.into(),
        }
    }

    /// Writes down what was refused so far.
    pub async fn write_refusals(&self) {
        let stop = CancellationToken::new();
        stop.cancel();
        web::count_refusals(Arc::clone(&self.refusals), self.desk.clone(), stop).await.unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    pub async fn close(mut self) {
        self.stop.cancel();
        self.server.join_next().await.unwrap().unwrap().unwrap();
    }
}

/// What stands in `name="…"` anywhere in a page.
pub fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}
