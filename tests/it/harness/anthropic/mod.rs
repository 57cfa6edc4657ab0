//! A fake Messages API on loopback: strict about what it is sent, and able to fail in every way that is documented.
//!
//! Each call takes the next play of the script. A call that the real API would refuse is refused in its words and
//! noted, and what is noted fails the test at its end, as does a play that never came to be.

mod play;
mod rules;
mod stream;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::response::Response;
use etsm::config::Environment;
use etsm::config::Settings;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use play::Play;
pub use play::Turn;

use rules::Known;

/// The key that is known here.
pub const KEY: &str = "sk-ant-api03-only-for-tests";
/// A larger body is refused by an edge that speaks no JSON.
const BODY_BYTES_MAX: usize = 32 << 20;

/// The fake.
pub struct FakeAnthropic {
    state: Arc<Mutex<State>>,
    base: String,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Play>,
    calls: Vec<Value>,
    wrong: Vec<String>,
    known: Known,
    count: usize,
}

impl FakeAnthropic {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        let served = Arc::clone(&state);
        let answer = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let played = answer(&served, &method, uri.path(), &headers, &body);
            async move {
                match played {
                    Some(response) => response,
                    None => std::future::pending().await,
                }
            }
        };
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::max(2 * BODY_BYTES_MAX));
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { state, base, _server: server }
    }

    /// For `ETSM_ANTHROPIC_BASE_URL`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sets a program up to call here.
    pub fn set_up(&self, settings: &mut Settings) {
        let environment =
            Environment::of([("ETSM_ANTHROPIC_API_KEY", KEY), ("ETSM_ANTHROPIC_BASE_URL", self.base())]);
        settings.ai = Settings::load(None, &environment).unwrap().ai;
    }

    /// What the next calls come to.
    pub fn plays(&self, script: impl IntoIterator<Item = Play>) {
        self.state.lock().unwrap().script.extend(script);
    }

    /// The bodies of the calls that were in order, oldest first.
    pub fn calls(&self) -> Vec<Value> {
        self.state.lock().unwrap().calls.clone()
    }

    /// What the real API would have refused, since the last look.
    pub fn refused(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().wrong)
    }

    /// Fails on calls that the real API would refuse, and on plays that never came to be.
    pub fn finish(self) {
        let state = self.state.lock().unwrap();
        let mut left = state.wrong.clone();
        left.extend(state.script.iter().map(|play| format!("never played: {play:?}")));
        assert!(left.is_empty(), "left over:\n{}", left.join("\n"));
    }
}

/// `None` when the call is never answered.
fn answer(
    state: &Mutex<State>,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<Response> {
    let mut state = state.lock().unwrap();
    state.count += 1;
    let request = format!("req_{:04}", state.count);
    if body.len() > BODY_BYTES_MAX {
        state.wrong.push("the body is too large".into());
        return Some(
            (StatusCode::PAYLOAD_TOO_LARGE, "<html>413 Request Entity Too Large</html>").into_response(),
        );
    }
    let body = match state.known.check(method, path, headers, body) {
        Ok(body) => body,
        Err((status, kind, message)) => {
            state.wrong.push(message.clone());
            return Some(error(status, kind, None, &message, &request));
        }
    };
    let Some(mut play) = state.script.pop_front() else {
        state.wrong.push("a call that nobody expected".into());
        return Some(error(500, "api_error", None, "a call that nobody expected", &request));
    };
    if let Play::By(by) = play {
        play = by(&body);
    }
    let usage = state.known.usage(&body);
    if let Play::Says(turn) | Play::Whole(turn) | Play::Drips(turn, _) = &play {
        state.known.sent(turn);
    }
    let streamed = body["stream"] == json!(true);
    state.calls.push(body);
    drop(state);
    perform(play, &usage, streamed, &request)
}

fn perform(play: Play, usage: &Value, streamed: bool, request: &str) -> Option<Response> {
    let events = |body: Body| {
        let headers = [("content-type", "text/event-stream; charset=utf-8"), ("request-id", request)];
        (headers, body).into_response()
    };
    Some(match play {
        Play::Hangs => return None,
        Play::By(_) => panic!("a play that is made by a call makes no other such"),
        Play::Says(turn) if streamed => events(stream::whole(&turn, usage)),
        Play::Says(turn) | Play::Whole(turn) => {
            ([("request-id", request.to_owned())], Json(turn.message(usage))).into_response()
        }
        Play::Drips(turn, pause) => events(stream::dripping(&turn, usage, pause)),
        Play::Stops(turn, count) => events(stream::stopped(&turn, usage, count)),
        Play::Tears(turn, count) => events(stream::torn(&turn, usage, count)),
        Play::ErrsInside(kind) => events(stream::erring(usage, kind)),
        Play::Fails { status, kind, code, headers } => {
            with(error(status, kind, code, "SECRET words of the far side", request), &headers)
        }
        Play::Edge { status, body, headers } => {
            with((StatusCode::from_u16(status).unwrap(), body).into_response(), &headers)
        }
    })
}

fn with(mut response: Response, headers: &[(&'static str, String)]) -> Response {
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

fn error(status: u16, kind: &str, code: Option<&str>, message: &str, request: &str) -> Response {
    let mut error = json!({"type": kind, "message": message});
    if let Some(code) = code {
        error["details"] = json!({"error_code": code});
    }
    let body = json!({"type": "error", "error": error, "request_id": request});
    let headers = [("request-id", request.to_owned())];
    (StatusCode::from_u16(status).unwrap(), headers, Json(body)).into_response()
}
