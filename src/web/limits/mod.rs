//! How much clients may ask for, and what they hear beyond it.
//!
//! Invariant: a request that is refused here has cost neither a look into the store nor a figure.

mod budget;
mod traffic;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use axum::body::Body;
use axum::body::HttpBody as _;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::config::LimitSettings;
use crate::domain::Person;

use super::api;
use super::neighbour::Neighbour;
use super::page;

use budget::Budget;

pub(in crate::web) use traffic::Traffic;

/// A burst of clicks is worked off in so much time; who would wait longer is asked to come back.
const WAIT_MAX: Duration = Duration::from_millis(250);
/// When there is no room, come back after so long.
const COME_BACK_AFTER: Duration = Duration::from_secs(1);
/// A body that is not a push is a form or a line of chat, and there by then.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// Its length.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;
/// A picture takes tens of milliseconds of a core and some megabytes, a page one of each.
const PAGES_FOR_A_PICTURE: usize = 16;

/// All limits; cheap to clone, all clones count together.
#[derive(Clone)]
pub struct Limits(Arc<Counts>);

struct Counts {
    addresses: Budgets<Neighbour>,
    keys: Budgets<Person>,
    room: Arc<Semaphore>,
    picture_room: Arc<Semaphore>,
}

struct Budgets<A> {
    doors: Budget<A>,
    reads: Budget<A>,
    writes: Budget<A>,
    pushes: Budget<A>,
    pictures: Budget<A>,
}

impl<A: Eq + std::hash::Hash> Budgets<A> {
    fn of(settings: &LimitSettings) -> Self {
        Self {
            doors: Budget::a_minute(settings.logins_a_minute),
            reads: Budget::a_minute(settings.reads_a_minute),
            writes: Budget::a_minute(settings.writes_a_minute),
            pushes: Budget::a_minute(settings.pushes_a_minute),
            pictures: Budget::a_minute(settings.pictures_a_minute),
        }
    }

    fn take(&self, asker: A, traffic: Traffic) -> Result<(), Duration> {
        let budget = match traffic {
            Traffic::Free => return Ok(()),
            Traffic::Door => &self.doors,
            Traffic::Read | Traffic::Stream => &self.reads,
            Traffic::Write => &self.writes,
            Traffic::Push => &self.pushes,
            Traffic::Picture => &self.pictures,
        };
        budget.take(asker, Instant::now())
    }
}

impl Limits {
    /// As the settings say.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        Self(Arc::new(Counts {
            addresses: Budgets::of(settings),
            keys: Budgets::of(settings),
            room: Arc::new(Semaphore::new(settings.at_once)),
            picture_room: Arc::new(Semaphore::new(settings.at_once.div_ceil(PAGES_FOR_A_PICTURE))),
        }))
    }

    /// Counts a request of a key, or says how long it has to wait.
    pub(super) fn of_key(&self, key: &Person, call: Call) -> Result<(), Duration> {
        self.0.keys.take(key.clone(), call.traffic)
    }

    /// Counts a key that is none, or says how long its sender has to wait for another try.
    pub(super) fn of_wrong_key(&self, call: Call) -> Result<(), Duration> {
        call.from.map_or(Ok(()), |from| self.0.addresses.take(from, Traffic::Door))
    }

    /// A place to work on a request; `None` when there is none in time.
    async fn room(&self, traffic: Traffic) -> Option<Place> {
        let room = match traffic {
            Traffic::Free | Traffic::Door | Traffic::Push | Traffic::Stream => return Some(Place(None)),
            Traffic::Read | Traffic::Write => &self.0.room,
            Traffic::Picture => &self.0.picture_room,
        };
        let place = tokio::time::timeout(WAIT_MAX, Arc::clone(room).acquire_owned()).await;
        place.ok()?.ok().map(|place| Place(Some(place)))
    }
}

/// Dropping it gives the place back.
struct Place(#[expect(dead_code, reason = "held for its drop")] Option<OwnedSemaphorePermit>);

/// A request as far as limits go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Whose limits it counts for; nobody's when it comes from this machine.
    from: Option<Neighbour>,
    traffic: Traffic,
}

impl Call {
    pub(super) fn of(request: &Request) -> Self {
        let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let address = client.map(|ConnectInfo(client)| client.ip().to_canonical());
        let from = address.filter(|address| !address.is_loopback()).map(Neighbour::from);
        Self { from, traffic: Traffic::of(request.method(), request.uri().path()) }
    }
}

/// Lets through what is within the limits of its address, and no more at once than can be worked on.
pub(super) async fn keep(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let (Call { from, traffic }, path) = (Call::of(&request), request.uri().path());
    if let Some(from) = from
        && let Err(wait) = limits.0.addresses.take(from, traffic)
    {
        return too_many(path, wait);
    }
    let path = path.to_owned();
    let request = match traffic {
        Traffic::Free | Traffic::Door | Traffic::Push | Traffic::Stream => request,
        Traffic::Read | Traffic::Write | Traffic::Picture => match with_body(request).await {
            Ok(request) => request,
            Err((status, words)) => return page::refusal(status, words),
        },
    };
    let Some(_place) = limits.room(traffic).await else {
        metrics::counter!("etsm_http_shed_total").increment(1);
        return overloaded(&path);
    };
    next.run(request).await
}

/// The request with its body there already: whoever sends it slowly must not hold a place meanwhile.
async fn with_body(request: Request) -> Result<Request, (StatusCode, &'static str)> {
    let announced = request.body().size_hint();
    // What is announced as too long is refused by whoever would take it, unread.
    if request.body().is_end_stream() || announced.lower() > BODY_BYTES_MAX as u64 {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(BODY_TIME_MAX, axum::body::to_bytes(body, BODY_BYTES_MAX)).await;
    match read {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(_cut)) => {
            Err((StatusCode::PAYLOAD_TOO_LARGE, "What was sent is too long, or it was cut short."))
        }
        Err(_late) => Err((StatusCode::REQUEST_TIMEOUT, "What was sent did not arrive in time.")),
    }
}

/// More requests than an address or a key may send.
pub(super) fn too_many(path: &str, wait: Duration) -> Response {
    metrics::counter!("etsm_http_limited_total").increment(1);
    let seconds = seconds(wait);
    let message = format!("That were more requests than one may send in a minute. Try again in {seconds} s.");
    let refused = if path.starts_with("/api/") {
        api::problem_document(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", &message)
    } else {
        page::error_page(StatusCode::TOO_MANY_REQUESTS, "Too many requests", message)
    };
    come_back(refused, seconds)
}

fn overloaded(path: &str) -> Response {
    let message = "There is more to do just now than can be done. Nothing is lost: try again in a second.";
    let refused = if path.starts_with("/api/") {
        api::problem_document(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message)
    } else {
        page::error_page(StatusCode::SERVICE_UNAVAILABLE, "Busy", message.into())
    };
    come_back(refused, seconds(COME_BACK_AFTER))
}

/// Whole seconds, never too few.
fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)
}

fn come_back(mut refused: Response, seconds: u64) -> Response {
    refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    refused
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::to_bytes;
    use axum::middleware;
    use tower::ServiceExt as _;

    use crate::config::Environment;
    use crate::config::Settings;

    use super::*;

    fn limits(change: impl FnOnce(&mut LimitSettings)) -> Limits {
        let mut settings = Settings::load(None, &Environment::of([])).unwrap().server.limits;
        change(&mut settings);
        Limits::new(&settings)
    }

    /// How a request from an address ends: its status, when to come back, and how the body begins.
    async fn ask(limits: &Limits, from: &str, path: &str) -> (u16, Option<String>, String) {
        let kept = middleware::from_fn_with_state(limits.clone(), keep);
        let router = Router::new().fallback(async || "here you are").layer(kept);
        let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let address: SocketAddr = from.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        let answer = router.oneshot(request).await.unwrap();
        let back = answer.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, back, String::from_utf8_lossy(&body[..body.len().min(15)]).into_owned())
    }

    #[tokio::test]
    async fn an_address_that_asks_too_much_is_told_when_to_come_back() {
        let limits = limits(|limits| limits.reads_a_minute = 2);
        for _ in 0..2 {
            assert_eq!(ask(&limits, "203.0.113.7:1", "/").await.0, 200);
        }
        let (status, back, body) = ask(&limits, "203.0.113.7:2", "/").await;
        assert_eq!((status, body.as_str()), (429, "<!doctype html>"));
        assert!((1..=30).contains(&back.unwrap().parse().unwrap()));
        let (status, _, body) = ask(&limits, "203.0.113.7:3", "/api/v1/accounts").await;
        assert_eq!((status, body.as_str()), (429, r#"{"type":"about:"#));
        assert_eq!(ask(&limits, "203.0.113.8:1", "/").await.0, 200, "others are not held back");
        assert_eq!(ask(&limits, "203.0.113.7:4", "/auth/login").await.0, 200, "nor is the login");
        assert_eq!(ask(&limits, "203.0.113.7:5", "/healthz").await.0, 200, "nor those who look after it");
    }

    #[tokio::test]
    async fn this_machine_has_no_budget() {
        let limits = limits(|limits| limits.reads_a_minute = 1);
        for _ in 0..10 {
            assert_eq!(ask(&limits, "127.0.0.1:1", "/").await.0, 200);
            assert_eq!(ask(&limits, "[::ffff:127.0.0.1]:1", "/").await.0, 200);
        }
    }

    #[tokio::test]
    async fn under_overload_figures_are_refused_fast_and_what_must_live_lives() {
        let limits = limits(|limits| limits.at_once = 1);
        let place = limits.room(Traffic::Read).await.unwrap();
        let (status, back, body) = ask(&limits, "127.0.0.1:1", "/").await;
        assert_eq!((status, back.as_deref(), body.as_str()), (503, Some("1"), "<!doctype html>"));
        let (status, back, body) = ask(&limits, "127.0.0.1:1", "/api/v1/accounts").await;
        assert_eq!((status, back.as_deref(), body.as_str()), (503, Some("1"), r#"{"type":"about:"#));
        for path in
            ["/healthz", "/readyz", "/metrics", "/auth/login", "/l/token", "/assets/app.css", "/events"]
        {
            assert_eq!(ask(&limits, "127.0.0.1:1", path).await.0, 200, "{path}");
        }
        assert!(limits.room(Traffic::Push).await.is_some(), "pushes are taken");
        drop(place);
        assert_eq!(ask(&limits, "127.0.0.1:1", "/").await.0, 200);
    }

    #[tokio::test]
    async fn a_key_has_its_own_budget_wherever_it_is_used() {
        let limits = limits(|limits| limits.pushes_a_minute = 1);
        let call = Call { from: None, traffic: Traffic::Push };
        let key = |name: &str| Person::new(name).unwrap();
        assert_eq!(limits.of_key(&key("billing"), call), Ok(()));
        assert!(limits.of_key(&key("billing"), call).is_err());
        assert_eq!(limits.of_key(&key("gateway"), call), Ok(()));
        assert_eq!(limits.of_key(&key("billing"), Call { traffic: Traffic::Read, ..call }), Ok(()));
    }
}
