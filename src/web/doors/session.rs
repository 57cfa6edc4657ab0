//! Sessions: begun by a login or a pass, over after twelve idle hours or seven days.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::access::Fingerprint;
use crate::access::Token;
use crate::domain::Act;
use crate::domain::Asker;
use crate::domain::Bearer;
use crate::domain::Way;
use crate::domain::Who;
use crate::store::Session;
use crate::store::StoreError;

use super::cookie::SESSION;
use super::{Doors, Shut};

/// A session that nobody uses is over after this; one that was used so far in the future, by a clock that was ahead, is
/// over at once …
const IDLE_MAX: SignedDuration = SignedDuration::from_hours(12);
/// … and every session after that.
const LASTS_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A session that another replica ended is over here after this.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(3);
/// How often it is written down that a session is in use.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Sessions kept at once; when there are more, all are dropped.
const KEPT_MAX: usize = 4_096;
/// Longest name of a browser that is kept, in characters.
const AGENT_CHARS_MAX: usize = 200;

/// Sessions as they were read last, by fingerprint.
#[derive(Default)]
pub(super) struct Sessions {
    kept: Mutex<HashMap<String, (Timestamp, Session)>>,
}

impl Sessions {
    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Timestamp, Session)>> {
        // A panic elsewhere cannot have left a half-written entry: they go in whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was read of a session.
    pub(super) fn drop(&self, fingerprint: &str) {
        self.kept().remove(fingerprint);
    }
}

impl Doors {
    /// Who is behind the session of a request.
    pub(in crate::web) async fn visitor(&self, headers: &HeaderMap) -> Result<Arc<Asker>, Shut> {
        let bearer = self.bearer(headers).await?;
        self.asker(&bearer).await
    }

    /// Whose session a request is of.
    pub(in crate::web) async fn bearer(&self, headers: &HeaderMap) -> Result<Bearer, Shut> {
        let token = SESSION.token(headers, self.secure).ok_or(Shut::Unknown)?;
        let session = self.session(token.fingerprint().as_str()).await?.ok_or(Shut::Unknown)?;
        Ok(session.bearer)
    }

    /// Begins a session in the place of the one that the browser had; the cookie that it is known by. A new secret each
    /// time: a session that someone else knew of does not become this one.
    pub(super) async fn begin(
        &self,
        bearer: Bearer,
        headers: &HeaderMap,
        asker: &Asker,
    ) -> Result<HeaderValue, StoreError> {
        let (token, now) = (Token::random(), self.clock.now());
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let agent = agent.chars().take(AGENT_CHARS_MAX).collect();
        let fingerprint = token.fingerprint().as_str().to_owned();
        self.store.forget_sessions(now - IDLE_MAX, now - LASTS_MAX).await?;
        let session = Session { fingerprint, bearer, agent, made: now, seen: now };
        let replaced = SESSION.token(headers, self.secure).map(|token| token.fingerprint());
        let replaced = replaced.as_ref().map(Fingerprint::as_str);
        self.store.begin_session(&session, replaced, &asker.act(now)).await?;
        if let Some(replaced) = replaced {
            self.sessions.drop(replaced);
        }
        metrics::counter!("etsm_sessions_begun_total").increment(1);
        Ok(SESSION.set(&token, self.secure, LASTS_MAX))
    }

    /// Ends the session of a request; what takes its cookie away.
    pub(super) async fn end(&self, headers: &HeaderMap, way: Way) -> Result<HeaderValue, StoreError> {
        if let Some(token) = SESSION.token(headers, self.secure) {
            let fingerprint = token.fingerprint();
            if let Some(session) = self.store.session(fingerprint.as_str()).await? {
                let person = self.person(&session.bearer);
                let act = Act { who: person.map_or(Who::Service, Who::Person), way, at: self.clock.now() };
                self.store.end_session(fingerprint.as_str(), &act).await?;
            }
            self.sessions.drop(fingerprint.as_str());
        }
        Ok(SESSION.clear(self.secure))
    }

    async fn session(&self, fingerprint: &str) -> Result<Option<Session>, StoreError> {
        let now = self.clock.now();
        let known = self.sessions.kept().get(fingerprint).cloned();
        let known = known.filter(|(since, _)| now.duration_since(*since).abs() < KEPT_FOR);
        let session = match known {
            Some((_, session)) => Some(session),
            None => self.store.session(fingerprint).await?,
        };
        let Some(mut session) = session.filter(|session| is_in_force(session, now)) else {
            self.sessions.drop(fingerprint);
            return Ok(None);
        };
        if now.duration_since(session.seen).abs() > TOUCH_EVERY {
            self.store.touch_session(fingerprint, now).await?;
            session.seen = now;
        }
        let mut kept = self.sessions.kept();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        let since = kept.get(fingerprint).map(|(since, _)| *since);
        let since = since.filter(|since| now.duration_since(*since).abs() < KEPT_FOR).unwrap_or(now);
        kept.insert(fingerprint.to_owned(), (since, session.clone()));
        Ok(Some(session))
    }
}

pub(super) fn is_in_force(session: &Session, now: Timestamp) -> bool {
    now.duration_since(session.seen).abs() < IDLE_MAX && now.duration_since(session.made) < LASTS_MAX
}
