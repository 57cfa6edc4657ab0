//! The frame around every page, and the pages that say what went wrong.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::access;
use crate::access::Deed;
use crate::problem::Problem;
use crate::render::words;
use crate::reply::AsOf;

use super::assets::asset_path;
use super::links::with_query;
use super::seat::Seat;
use super::state::WebState;

/// Where in the navigation a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Portfolio,
    Accounts,
    Usage,
    Movers,
    Anomalies,
    Forecast,
    Churn,
    Initiatives,
    Alerts,
    Digests,
    Chat,
    Status,
    Admin,
    Help,
    Nowhere,
}

/// Paths and names of the navigation, in its order.
const NAVIGATION: &[(Place, &str, &str)] = &[
    (Place::Portfolio, "/", "Portfolio"),
    (Place::Accounts, "/accounts", "Accounts"),
    (Place::Usage, "/usage", "Usage"),
    (Place::Movers, "/movers", "Movers"),
    (Place::Anomalies, "/anomalies", "Anomalies"),
    (Place::Forecast, "/forecast", "Forecast"),
    (Place::Churn, "/churn", "Churn"),
    (Place::Initiatives, "/initiatives", "Initiatives"),
    (Place::Alerts, "/alerts", "Alerts"),
    (Place::Digests, "/digests", "Digests"),
    (Place::Chat, "/chat", "Chat"),
    (Place::Status, "/status", "Status"),
    (Place::Admin, "/admin", "Admin"),
    (Place::Help, "/help", "Help"),
];

/// Paths and names of the pages that admins have besides; the name is the title of the page, too.
pub(super) const ADMINISTRATION: &[(&str, &str)] = &[
    ("/admin", "Administration"),
    ("/admin/schedules", "Schedules"),
    ("/admin/rules", "Rules of alerts"),
    ("/admin/audit", "Audit log"),
    ("/admin/privacy", "Privacy"),
    ("/admin/replay", "Replay of health rules"),
    ("/admin/use", "Use of etsm"),
];

/// What chat programs show of a link.
pub(super) struct Preview {
    /// May hold hostile text.
    pub(super) title: String,
    /// May hold hostile text.
    pub(super) words: String,
    /// The whole address of a picture of 1200 × 630.
    pub(super) picture: String,
}

impl Preview {
    /// It says nothing but whose the link is.
    fn neutral(state: &WebState) -> Self {
        Self {
            title: "etsm".into(),
            words: "The account desk of your team. Open the link to see what it leads to.".into(),
            picture: format!("{}{}", state.public_url, asset_path("preview.png")),
        }
    }
}

/// What the layout needs of a page.
pub(super) struct Frame {
    /// Of the browser's tab; may hold hostile text.
    pub(super) title: String,
    place: Place,
    chat: bool,
    /// Whether the pages of admins are offered.
    admin: bool,
    /// Whether nobody is inside yet, so that there is nowhere to go.
    outside: bool,
    /// What previews of a link show; they see no more of a page than this.
    pub(super) preview: Option<Preview>,
    /// Who is logged in, and can log out; hostile text.
    pub(super) visitor: Option<String>,
    pub(super) scripts: Vec<String>,
    pub(super) as_of: Option<String>,
    /// The data it was made from; a page that has one is kept up to date while it is open.
    pub(super) version: Option<u64>,
}

impl Frame {
    pub(super) fn new(state: &Seat, place: Place, title: impl Into<String>) -> Self {
        let visitor = state.may_leave.then(|| state.asker.person.to_string());
        let admin = access::may(&state.asker, Deed::Administer).is_ok();
        Self { chat: state.browser_chat, admin, visitor, place, ..Self::bare(title) }
    }

    /// A page that knows nobody.
    pub(super) fn bare(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            place: Place::Nowhere,
            chat: false,
            admin: false,
            outside: false,
            preview: None,
            visitor: None,
            scripts: Vec::new(),
            as_of: None,
            version: None,
        }
    }

    /// A page before the door of this etsm.
    pub(super) fn outside(state: &WebState, title: impl Into<String>) -> Self {
        Self { outside: true, preview: Some(Preview::neutral(state)), ..Self::bare(title) }
    }

    /// Whether nobody is inside yet.
    pub(super) fn is_outside(&self) -> bool {
        self.outside
    }

    /// With a script that only this page needs.
    pub(super) fn script(mut self, name: &str) -> Self {
        self.scripts.push(asset_path(name));
        self
    }

    /// With how fresh its figures are, in the footer; it is kept up to date while it is open.
    pub(super) fn dated(mut self, as_of: AsOf) -> Self {
        self.as_of = Some(words::as_of(as_of));
        self.version = Some(as_of.version);
        self
    }

    pub(super) fn asset(&self, name: &str) -> String {
        asset_path(name)
    }

    /// The pages of admins, on each of them: path, name, and whether it is the present one.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let shown = self.place == Place::Admin && self.admin;
        let pages = if shown { ADMINISTRATION } else { &[] };
        pages.iter().map(|(path, name)| (*path, *name, *name == self.title))
    }

    /// Path, name, whether it is the present one, and the name of its icon.
    pub(super) fn navigation(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let shown = move |place: &Place| match place {
            Place::Chat => self.chat,
            Place::Admin => self.admin,
            _ => true,
        };
        NAVIGATION
            .iter()
            .filter(move |(place, ..)| shown(place))
            .map(|(place, path, name)| (*path, *name, *place == self.place))
    }
}

/// Path and name of each page that whoever sits there can go to.
pub(super) fn destinations(seat: &Seat) -> impl Iterator<Item = (&'static str, &'static str)> {
    let shown = |place: Place| place != Place::Admin && (seat.browser_chat || place != Place::Chat);
    let fixed =
        NAVIGATION.iter().filter(move |(place, ..)| shown(*place)).map(|(_, path, name)| (*path, *name));
    let more = [("/initiatives?view=board", "Board of initiatives")];
    let admin = access::may(&seat.asker, Deed::Administer).is_ok().then_some(ADMINISTRATION);
    fixed.chain(more).chain(admin.into_iter().flatten().copied())
}

/// Prints a page.
pub(super) fn page(view: &impl Template) -> Response {
    page_with(StatusCode::OK, view)
}

/// Prints a page that is not simply well.
pub(super) fn page_with(status: StatusCode, view: &impl Template) -> Response {
    match view.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "Could not print a page");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be printed.\n").into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "pages/error.html")]
struct ErrorPage {
    frame: Frame,
    heading: &'static str,
    message: String,
    retry: bool,
    /// Whether logging in, anew or as someone else, is a way on.
    login: bool,
}

/// A problem on its way to a page.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Problem);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = status_of(&self.0);
        let heading = match &self.0 {
            Problem::UnknownCommand { .. } | Problem::BadOption { .. } => "That was not understood",
            Problem::UnknownAccount { .. } => "No such account",
            Problem::AmbiguousAccount { .. } => "Which account?",
            Problem::Unknown { .. } => "Not found",
            Problem::NotAllowed { .. } => "Not allowed",
            Problem::NoData => "No data yet",
            Problem::Busy => "Busy",
            Problem::StorageFull(_) => "No room left",
            Problem::Internal { .. } => "Something broke",
        };
        error_page(status, heading, self.0.to_string())
    }
}

/// The HTTP status that fits a problem.
pub(super) fn status_of(problem: &Problem) -> StatusCode {
    match problem {
        Problem::UnknownCommand { .. } | Problem::BadOption { .. } | Problem::AmbiguousAccount { .. } => {
            StatusCode::BAD_REQUEST
        }
        Problem::UnknownAccount { .. } | Problem::Unknown { .. } => StatusCode::NOT_FOUND,
        Problem::NotAllowed { .. } => StatusCode::FORBIDDEN,
        // An empty desk works; there is only nothing on it.
        Problem::NoData => StatusCode::OK,
        Problem::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Problem::StorageFull(_) => StatusCode::INSUFFICIENT_STORAGE,
        Problem::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Something is not done, and why.
pub(super) fn error_page(status: StatusCode, heading: &'static str, message: String) -> Response {
    let frame = Frame::bare(heading);
    page_with(status, &ErrorPage { frame, heading, message, retry: false, login: false })
}

/// Someone is not let in, and why; a login, anew or as someone else, is a way on.
pub(super) fn not_let_in(status: StatusCode, heading: &'static str, message: String) -> Response {
    let frame = Frame { outside: true, ..Frame::bare(heading) };
    page_with(status, &ErrorPage { frame, heading, message, retry: false, login: true })
}

#[derive(Template)]
#[template(path = "pages/log_in.html")]
struct LogInPage {
    frame: Frame,
    login: String,
}

/// Nobody is logged in; `to` is where the visitor wanted to go.
pub(super) fn log_in(state: &WebState, status: StatusCode, to: &str) -> Response {
    let login = with_query("/auth/login", std::iter::once(("to", to)));
    page_with(status, &LogInPage { frame: Frame::outside(state, "Log in"), login })
}

/// A refusal before any handler ran; for browsers and programs alike, so it is plain text.
pub(super) fn refusal(status: StatusCode, words: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{words}\n")).into_response()
}

/// There is no such page.
pub(super) fn not_found() -> Response {
    let message = "There is no such page. It may have moved, or the address was cut short.";
    error_page(StatusCode::NOT_FOUND, "Not found", message.into())
}

/// The page exists, but not for this method.
pub(super) fn wrong_method() -> Response {
    let message = "This address does not take that kind of request.";
    error_page(StatusCode::METHOD_NOT_ALLOWED, "Not possible here", message.into())
}

/// The figures are still being loaded; the page asks again by itself.
pub(super) fn loading() -> Response {
    let message = "The figures are being loaded. This page comes back by itself in a moment.";
    let view = ErrorPage {
        frame: Frame::bare("Loading"),
        heading: "Just a moment",
        message: message.into(),
        retry: true,
        login: false,
    };
    let mut response = page_with(StatusCode::SERVICE_UNAVAILABLE, &view);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("2"));
    response
}

/// A handler panicked. The cause is logged under a reference and never shown.
pub(super) fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let words = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Failure(Problem::internal(anyhow::anyhow!("a handler panicked: {words}"))).into_response()
}
