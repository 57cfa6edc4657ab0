//! Answers that were given a moment ago, packed, for whoever asks the same with the same rights.
//!
//! Invariant: an answer is given again only as long as it would be the same: until something is written, the figures
//! change, or [`GOOD_FOR`] has passed, which bounds what another process writes and the words for how long ago something
//! was. Who may see what was asked before it is looked for.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::Weak;

use axum::body::Body;
use axum::body::Bytes;
use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::Person;
use crate::domain::Role;
use crate::domain::Scope;
use crate::engine::Snapshot;

use super::seat::Leave;
use super::state::WebState;

/// How long an answer is good for at most.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(10);
/// Bytes of answers that are held, with their heads.
const HELD_MAX: usize = 16 * 1024 * 1024;
/// What an answer takes besides its body.
const HEAD_BYTES: usize = 1_024;
/// An address or a list of encodings that is longer comes from nobody who will ask again.
const WORDS_MAX: usize = 512;

/// The answers of the last moment; cheap to clone.
#[derive(Clone, Default)]
pub struct Recent(Arc<Mutex<Shelf>>);

#[derive(Default)]
struct Shelf {
    given: HashMap<Asked, Given>,
    bytes: usize,
    /// What all of them were made from.
    made_from: MadeFrom,
}

/// What must be equal for an answer to be equal.
#[derive(PartialEq, Eq, Hash)]
struct Asked {
    person: Person,
    role: Role,
    sees: Scope,
    changes: Scope,
    by_door: bool,
    path: String,
    encodings: String,
}

/// What answers are made from, as long as time stands still.
#[derive(Clone, Default)]
struct MadeFrom {
    writes: u64,
    snapshot: Weak<Snapshot>,
}

#[derive(Clone)]
struct Given {
    at: Timestamp,
    head: HeaderMap,
    body: Bytes,
}

/// An answer that says of some part that it is not to be had just now: the next one may be better.
#[derive(Clone, Copy)]
struct Passing;

/// Marks an answer that is not to be given again.
pub(super) fn passing(mut response: Response) -> Response {
    response.extensions_mut().insert(Passing);
    response
}

/// Gives an answer again, or keeps the new one for a moment.
pub(super) async fn recall(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let Some(asked) = Asked::by(&request) else { return next.run(request).await };
    // What is written while the answer is made makes it an old one.
    let (made_from, now) = (MadeFrom::present(&state), state.desk.clock().now());
    if let Some(given) = state.recent.find(&asked, &made_from, now) {
        metrics::counter!("etsm_http_recalled_total").increment(1);
        return given.response();
    }
    let response = next.run(request).await;
    let is_whole = response.body().size_hint().exact().is_some();
    let is_plain = !response.headers().contains_key(header::SET_COOKIE);
    let is_passing = response.extensions().get::<Passing>().is_some();
    if response.status() != StatusCode::OK || !is_whole || !is_plain || is_passing {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        unreachable!("a body in memory cannot fail to be read")
    };
    let given = Given { at: now, head: parts.headers.clone(), body: body.clone() };
    state.recent.keep(asked, made_from, given);
    Response::from_parts(parts, Body::from(body))
}

impl Asked {
    fn by(request: &Request) -> Option<Self> {
        let leave = request.extensions().get::<Leave>().filter(|_| *request.method() == Method::GET)?;
        let path = request.uri().path_and_query()?.as_str();
        let encodings = request.headers().get_all(header::ACCEPT_ENCODING).iter();
        let encodings = encodings.map(|one| one.to_str().ok()).collect::<Option<Vec<_>>>()?.join(",");
        if path.len() + encodings.len() > WORDS_MAX {
            return None;
        }
        let asker = &leave.asker;
        Some(Self {
            person: asker.person.clone(),
            role: asker.role,
            sees: asker.sees.clone(),
            changes: asker.changes.clone(),
            by_door: leave.by_door,
            path: path.to_owned(),
            encodings,
        })
    }
}

impl MadeFrom {
    fn present(state: &WebState) -> Self {
        Self { writes: state.desk.store().writes(), snapshot: Arc::downgrade(&state.desk.snapshot()) }
    }
}

impl PartialEq for MadeFrom {
    fn eq(&self, other: &Self) -> bool {
        self.writes == other.writes && Weak::ptr_eq(&self.snapshot, &other.snapshot)
    }
}

impl Given {
    fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.headers_mut() = self.head;
        response
    }

    fn bytes(&self) -> usize {
        self.body.len() + HEAD_BYTES
    }
}

impl Recent {
    fn find(&self, asked: &Asked, made_from: &MadeFrom, now: Timestamp) -> Option<Given> {
        let shelf = self.shelf();
        let given = shelf.given.get(asked).filter(|_| shelf.made_from == *made_from)?;
        let age = now.duration_since(given.at);
        (SignedDuration::ZERO..GOOD_FOR).contains(&age).then(|| given.clone())
    }

    fn keep(&self, asked: Asked, made_from: MadeFrom, given: Given) {
        let mut shelf = self.shelf();
        let bytes = given.bytes();
        if shelf.made_from != made_from || shelf.bytes + bytes > HELD_MAX {
            *shelf = Shelf { made_from, ..Shelf::default() };
        }
        if bytes > HELD_MAX {
            return;
        }
        shelf.bytes += bytes;
        if let Some(before) = shelf.given.insert(asked, given) {
            shelf.bytes -= before.bytes();
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // An answer is put or not; a panic elsewhere left none half there.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(person: &str, path: &str) -> Asked {
        Asked {
            person: person.parse().unwrap(),
            role: Role::Viewer,
            sees: Scope::All,
            changes: Scope::All,
            by_door: true,
            path: path.into(),
            encodings: "br".into(),
        }
    }

    fn given(at: i64, bytes: usize) -> Given {
        let at = Timestamp::from_second(at).unwrap();
        Given { at, head: HeaderMap::new(), body: Bytes::from(vec![b'x'; bytes]) }
    }

    fn found(recent: &Recent, asked: &Asked, from: &MadeFrom, at: i64) -> bool {
        recent.find(asked, from, Timestamp::from_second(at).unwrap()).is_some()
    }

    #[test]
    fn an_answer_is_given_again_to_the_same_for_the_same_and_not_for_long() {
        let (recent, from) = (Recent::default(), MadeFrom::default());
        recent.keep(asked("dana", "/"), from.clone(), given(100, 10));
        assert!(found(&recent, &asked("dana", "/"), &from, 109));
        assert!(!found(&recent, &asked("dana", "/"), &from, 110), "it is too old");
        assert!(!found(&recent, &asked("dana", "/"), &from, 99), "the clock was set back");
        assert!(!found(&recent, &asked("omar", "/"), &from, 100));
        assert!(!found(&recent, &asked("dana", "/movers"), &from, 100));
        let lesser = Asked { sees: Scope::Of(std::collections::BTreeSet::new()), ..asked("dana", "/") };
        assert!(!found(&recent, &lesser, &from, 100), "rights may have changed");
    }

    #[test]
    fn a_write_ends_all_of_them() {
        let (recent, from) = (Recent::default(), MadeFrom::default());
        recent.keep(asked("dana", "/"), from.clone(), given(100, 10));
        let later = MadeFrom { writes: 1, ..from.clone() };
        assert!(!found(&recent, &asked("dana", "/"), &later, 100));
        recent.keep(asked("dana", "/movers"), later, given(100, 10));
        assert!(!found(&recent, &asked("dana", "/"), &from, 100));
        assert_eq!(recent.shelf().given.len(), 1);
    }

    #[test]
    fn what_is_held_has_an_end() {
        let (recent, from) = (Recent::default(), MadeFrom::default());
        for number in 0..100 {
            let path = format!("/usage?range={number}d");
            recent.keep(asked("dana", &path), from.clone(), given(100, HELD_MAX / 10));
            assert!(recent.shelf().bytes <= HELD_MAX);
        }
        recent.keep(asked("dana", "/"), from.clone(), given(100, HELD_MAX));
        assert!(!found(&recent, &asked("dana", "/"), &from, 100));
    }
}
