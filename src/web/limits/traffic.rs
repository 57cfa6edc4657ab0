//! What kind of request one is, as far as limits go.

use axum::http::Method;

/// Kinds of requests, each with a budget of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Traffic {
    /// Costs next to nothing or is asked by machines that look after this one: it is never held back.
    Free,
    /// Logins and links from chat.
    Door,
    /// Pages and reading calls of the API.
    Read,
    /// A stream of events; it has places of its own.
    Stream,
    /// Changes.
    Write,
    /// Pushes of usage; whoever takes them bounds how many are taken at once.
    Push,
    /// Charts as pictures, which are drawn for each asker.
    Picture,
}

impl Traffic {
    pub(in crate::web) fn of(method: &Method, path: &str) -> Self {
        let (first, rest) =
            path.trim_start_matches('/').split_once('/').unwrap_or((&path[1.min(path.len())..], ""));
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        match first {
            "healthz" | "readyz" | "metrics" | "version" | "assets" | "discord" => Self::Free,
            "auth" | "l" => Self::Door,
            "events" => Self::Stream,
            "chart" if !rest.ends_with(".csv") => Self::Picture,
            "api" if !reads && rest == "v1/usage" => Self::Push,
            // A question that is too long for an address.
            "chat" => Self::Read,
            _ if reads => Self::Read,
            _ => Self::Write,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, path: &str, is: Traffic) {
        assert_eq!(Traffic::of(&method, path), is, "{method} {path}");
    }

    #[test]
    fn every_request_is_of_one_kind() {
        check(Method::GET, "/", Traffic::Read);
        check(Method::GET, "", Traffic::Read);
        check(Method::GET, "/healthz", Traffic::Free);
        check(Method::GET, "/assets/app.css", Traffic::Free);
        check(Method::POST, "/discord/interactions", Traffic::Free);
        check(Method::GET, "/accounts/acme/usage", Traffic::Read);
        check(Method::GET, "/api/v1/usage", Traffic::Read);
        check(Method::POST, "/api/v1/usage", Traffic::Push);
        check(Method::POST, "/api/v1/initiatives", Traffic::Write);
        check(Method::PATCH, "/api/v1/initiatives/ini-1", Traffic::Write);
        check(Method::POST, "/alerts/7/ack", Traffic::Write);
        check(Method::POST, "/chat/ask", Traffic::Read);
        check(Method::GET, "/chart/usage.png", Traffic::Picture);
        check(Method::GET, "/chart/usage.csv", Traffic::Read);
        check(Method::GET, "/events", Traffic::Stream);
        check(Method::GET, "/auth/login", Traffic::Door);
        check(Method::POST, "/l/some-token", Traffic::Door);
        check(Method::GET, "/healthz-of-mine", Traffic::Read);
    }
}
