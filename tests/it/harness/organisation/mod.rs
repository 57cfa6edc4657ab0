//! A fake of what Anthropic tells of an organisation, on loopback: usage, cost, workspaces and models.
//!
//! It holds statements by the hour and groups them as it is asked. A call that the real API would refuse is refused in
//! its words and noted, and what is noted fails the test at its end, as does a trouble that never came to be.

mod asked;
mod reports;
mod truth;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Json;
use axum::Router;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::response::Response;
use etsm::config::AnthropicSource;
use etsm::config::Environment;
use etsm::config::Settings;
use etsm::domain::Clock;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use truth::Statement;

use asked::Asked;

/// The key that is known here.
pub const KEY: &str = "sk-ant-admin01-only-for-tests";

/// What comes in the place of an answer.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// An error in the API's own form.
    Says { status: u16, kind: &'static str, code: Option<&'static str>, headers: Vec<(&'static str, String)> },
    /// An answer of something in front of the API.
    Edge(u16, &'static str),
    /// The answer leads on to itself.
    Circle,
    /// The answer tells of a time that was not asked for.
    Strays,
    /// The answer tells its first row twice.
    Twice,
    /// The answer is in another currency.
    Euros,
}

impl Trouble {
    pub fn says(status: u16, kind: &'static str) -> Self {
        Self::Says { status, kind, code: None, headers: Vec::new() }
    }

    pub fn code(mut self, given: &'static str) -> Self {
        if let Self::Says { code, .. } = &mut self {
            *code = Some(given);
        }
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Says { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// The fake.
pub struct FakeOrganisation {
    state: Arc<Mutex<State>>,
    base: String,
    _server: JoinSet<()>,
}

struct State {
    clock: Arc<dyn Clock>,
    truth: Vec<Statement>,
    workspaces: Vec<Value>,
    models: Vec<Value>,
    /// Whether it has analytics for this organisation.
    has_analytics: bool,
    /// How far its figures are behind the clock.
    behind: jiff::SignedDuration,
    troubles: VecDeque<Trouble>,
    calls: Vec<(Timestamp, String)>,
    wrong: Vec<String>,
}

impl FakeOrganisation {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let state = Arc::new(Mutex::new(State {
            clock,
            truth: Vec::new(),
            workspaces: Vec::new(),
            models: Vec::new(),
            has_analytics: true,
            behind: jiff::SignedDuration::from_mins(5),
            troubles: VecDeque::new(),
            calls: Vec::new(),
            wrong: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        let served = Arc::clone(&state);
        let answer = move |uri: Uri, headers: HeaderMap| {
            let response = served.lock().unwrap().answer(&uri, &headers);
            async move { response }
        };
        let router = Router::new().fallback(answer);
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { state, base, _server: server }
    }

    /// Sets a program up to ask here; `file` is its settings file.
    pub fn source(&self, file: &str) -> AnthropicSource {
        let environment =
            Environment::of([("ETSM_ANTHROPIC_ADMIN_KEY", KEY), ("ETSM_ANTHROPIC_BASE_URL", &self.base)]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("etsm.toml");
        std::fs::write(&path, file).unwrap();
        Settings::load(Some(&path), &environment).unwrap().anthropic_source.unwrap()
    }

    /// Holds these statements, each in the place of one of the same hour and names.
    pub fn holds(&self, statements: impl IntoIterator<Item = Statement>) {
        let mut state = self.state.lock().unwrap();
        for statement in statements {
            state.truth.retain(|other| !other.is_restated_by(&statement));
            state.truth.push(statement);
        }
    }

    /// Has no statement any more that fits.
    pub fn forgets(&self, which: impl Fn(&Statement) -> bool) {
        self.state.lock().unwrap().truth.retain(|statement| !which(statement));
    }

    /// All that it holds.
    pub fn truth(&self) -> Vec<Statement> {
        self.state.lock().unwrap().truth.clone()
    }

    /// Has a workspace with a name and tags.
    pub fn workspace(&self, id: &str, name: &str, tags: &[(&str, &str)]) {
        let tags: serde_json::Map<String, Value> =
            tags.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let workspace = json!({
            "id": id, "type": "workspace", "name": name, "created_at": "2026-01-01T00:00:00Z",
            "archived_at": null, "display_color": "#6C5BB9", "tags": tags, "user_profile_id": null,
        });
        self.state.lock().unwrap().workspaces.push(workspace);
    }

    /// Has a model that comes to an end.
    pub fn model(&self, id: &str, lifecycle: &str, retires_at: Option<&str>) {
        let model = json!({
            "id": id, "type": "model", "display_name": id, "created_at": "2025-01-01T00:00:00Z",
            "lifecycle": lifecycle, "deprecated_at": null, "retires_at": retires_at,
        });
        self.state.lock().unwrap().models.push(model);
    }

    /// Whether it has analytics for this organisation from now on.
    pub fn has_analytics(&self, has: bool) {
        self.state.lock().unwrap().has_analytics = has;
    }

    /// What the next calls come to instead of an answer.
    pub fn troubles(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.state.lock().unwrap().troubles.extend(troubles);
    }

    /// The paths of the calls since the last look, oldest first, with their times.
    pub fn calls(&self) -> Vec<(Timestamp, String)> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// Fails on calls that the real API would refuse, and on troubles that never came to be.
    #[track_caller]
    pub fn finish(self) {
        let state = self.state.lock().unwrap();
        let mut left = state.wrong.clone();
        left.extend(state.troubles.iter().map(|trouble| format!("never came: {trouble:?}")));
        assert!(left.is_empty(), "left over:\n{}", left.join("\n"));
    }
}

impl State {
    fn answer(&mut self, uri: &Uri, headers: &HeaderMap) -> Response {
        let now = self.clock.now();
        self.calls.push((now, uri.path().to_owned()));
        let request = format!("req_{:04}", self.calls.len());
        let asked = match Asked::read(uri, headers, now) {
            Ok(asked) => asked,
            Err((status, kind, message)) => {
                self.wrong.push(format!("{uri}: {message}"));
                return error(status, kind, None, &message, &request);
            }
        };
        let trouble = self.troubles.pop_front();
        match &trouble {
            Some(Trouble::Says { status, kind, code, headers }) => {
                let mut response = error(*status, kind, *code, "SECRET words of the far side", &request);
                for (name, value) in headers {
                    response.headers_mut().insert(*name, value.parse().unwrap());
                }
                return response;
            }
            Some(Trouble::Edge(status, body)) => {
                return (StatusCode::from_u16(*status).unwrap(), *body).into_response();
            }
            _ => {}
        }
        let mut page = match asked.path.as_str() {
            "/v1/organizations/workspaces" => asked.listed(&self.workspaces),
            "/v1/models" => asked.listed(&self.models),
            path if path.contains("/analytics/") && !self.has_analytics => {
                let code = Some("organization_not_enrolled_in_beta");
                return error(403, "permission_error", code, "not enrolled", &request);
            }
            _ => reports::page(&asked, &self.truth, now - self.behind),
        };
        if let Some(trouble) = trouble {
            spoil(&mut page, &trouble, &asked);
        }
        Json(page).into_response()
    }
}

fn spoil(page: &mut Value, trouble: &Trouble, asked: &Asked) {
    let first = |page: &mut Value| page["data"][0].clone();
    match trouble {
        Trouble::Circle => {
            page["data"] = json!([]);
            page["has_more"] = json!(true);
            page["next_page"] = json!(asked.one("page").unwrap_or("page_0"));
        }
        Trouble::Strays => {
            let mut row = first(page);
            row["starting_at"] = json!("2020-01-01T00:00:00Z");
            page["data"].as_array_mut().unwrap().push(row);
        }
        Trouble::Twice => {
            let row = first(page);
            page["data"].as_array_mut().unwrap().push(row);
        }
        Trouble::Euros => {
            for row in page["data"].as_array_mut().unwrap() {
                row["cost"]["currency"] = json!("EUR");
            }
        }
        Trouble::Says { .. } | Trouble::Edge(..) => {}
    }
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
