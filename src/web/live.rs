//! `/events`: tells open pages that there are newer figures.
//!
//! Invariant: an event holds no figure, only the version of the snapshot and how far its data reach; what a page shows
//! anew it fetches through its own route, with the rights of that moment. An idle stream is a task that sleeps on the one
//! channel that all of them share.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use futures_util::Stream;
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::answers::Desk;

use super::page;
use super::seat::Seat;

/// A browser takes silence of twice this for a lost connection; proxies drop what is silent for a minute.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);
/// A stream ends after so long, and the page opens another: whoever may not look any more is not told any more.
const LASTS_MAX: Duration = Duration::from_secs(10 * 60);
/// Where there is no place, come back after so many seconds.
const COME_BACK_AFTER: &str = "30";

/// The places for streams, and when all of them end; cheap to clone.
#[derive(Clone)]
pub struct Live {
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Live {
    /// So many streams at once, which end when `stop` fires, so that they do not hold back the end of the program.
    #[must_use]
    pub fn with_places(places: usize, stop: CancellationToken) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), stop }
    }
}

/// `GET /events`.
pub(super) async fn show(state: Seat) -> Response {
    let Ok(place) = Arc::clone(&state.live.places).try_acquire_owned() else {
        metrics::counter!("etsm_live_refused_total").increment(1);
        let words =
            "Too many pages are open to keep this one live. It still shows the figures when reloaded.";
        let mut full = page::refusal(StatusCode::SERVICE_UNAVAILABLE, words);
        full.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(COME_BACK_AFTER));
        return full;
    };
    metrics::gauge!("etsm_live_streams").increment(1.0);
    let watching = Watching {
        versions: state.desk.versions(),
        desk: state.desk.clone(),
        stop: state.live.stop.clone(),
        ends: Instant::now() + LASTS_MAX,
        greeted: false,
        _place: place,
    };
    let alive = KeepAlive::new().interval(KEEP_ALIVE_EVERY);
    Sse::new(events(watching)).keep_alive(alive).into_response()
}

/// What a stream holds while it waits.
struct Watching {
    versions: watch::Receiver<u64>,
    desk: Desk,
    stop: CancellationToken,
    ends: Instant,
    greeted: bool,
    _place: OwnedSemaphorePermit,
}

impl Drop for Watching {
    fn drop(&mut self) {
        metrics::gauge!("etsm_live_streams").decrement(1.0);
    }
}

/// The present version at once, then each newer one. Versions that come faster than a browser reads are told as the last
/// of them.
fn events(watching: Watching) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watching, |mut watching| async move {
        if watching.greeted {
            tokio::select! {
                () = watching.stop.cancelled() => return None,
                () = tokio::time::sleep_until(watching.ends) => return None,
                changed = watching.versions.changed() => changed.ok()?,
            }
        }
        watching.greeted = true;
        watching.versions.mark_unchanged();
        let event = event(&watching.desk);
        Some((Ok(event), watching))
    })
}

fn event(desk: &Desk) -> Event {
    let snapshot = desk.snapshot();
    let until = snapshot.as_of().map(|until| until.to_string());
    let data = serde_json::json!({ "version": snapshot.version(), "data_until": until });
    Event::default().event("version").id(snapshot.version().to_string()).data(data.to_string())
}
