//! Keys of programs: `Authorization: Bearer etsm_…`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::header;
use jiff::SignedDuration;

use crate::access::Token;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::How;
use crate::domain::Person;
use crate::domain::Role;
use crate::domain::Scope;
use crate::domain::SourceId;
use crate::store::ApiKey;
use crate::store::KeyScope;

use super::{Doors, Shut};

/// What every key begins with, so that a scanner for lost secrets can tell it.
pub const KEY_PREFIX: &str = "etsm_";
/// How often it is written down that a key is in use.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// A key that another process revoked opens nothing after this.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// Keys kept at once; when there are more, all are dropped.
const KEPT_MAX: usize = 4_096;

/// Keys that may send usage, as they were read last, by fingerprint: a program that sends thousands of times a
/// second must not have its key looked up each time.
#[derive(Default)]
pub(super) struct SendingKeys {
    kept: Mutex<HashMap<String, (Instant, SendingKey)>>,
}

/// A key that may send usage.
#[derive(Clone)]
pub(in crate::web) struct SendingKey {
    pub(in crate::web) name: Person,
    /// The one source that it may send usage of; `None` may name any.
    pub(in crate::web) only: Option<SourceId>,
}

impl SendingKeys {
    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Instant, SendingKey)>> {
        // A panic elsewhere cannot have left a half-written entry: they go in whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doors {
    /// The program behind a request that shows a key; `None` when it shows none.
    pub(in crate::web) async fn program(&self, headers: &HeaderMap) -> Result<Option<Arc<Asker>>, Shut> {
        let Some(token) = shown(headers)? else { return Ok(None) };
        let key = self.key_of(&token).await?;
        let (role, changes) = if key.scopes.contains(&KeyScope::Admin) {
            (Role::Admin, Scope::All)
        } else if key.scopes.contains(&KeyScope::Read) {
            (Role::Viewer, Scope::none())
        } else {
            return Err(Shut::NotAllowed(format!(
                "The key {} may not read; make one with the scope read.",
                key.name
            )));
        };
        let person = Person::new(&key.name).map_err(|odd| Shut::NotAllowed(odd.to_string()))?;
        let (audience, way) = (Audience::AskerOnly, How::Key.into());
        Ok(Some(Arc::new(Asker { person, role, sees: Scope::All, changes, audience, way })))
    }

    /// The program behind a request that shows a key, if it may send usage; `None` when it shows none. A key that was
    /// revoked elsewhere is known here for a second more.
    pub(in crate::web) async fn sending_program(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<SendingKey>, Shut> {
        let Some(token) = shown(headers)? else { return Ok(None) };
        let fingerprint = token.fingerprint();
        let known = self.keys.kept().get(fingerprint.as_str()).cloned();
        if let Some((_, key)) = known.filter(|(since, _)| since.elapsed() < KEPT_FOR) {
            return Ok(Some(key));
        }
        let key = self.key_of(&token).await?;
        if !key.scopes.contains(&KeyScope::Ingest) && !key.scopes.contains(&KeyScope::Admin) {
            let message = format!("The key {} may not send usage; make one with the scope ingest.", key.name);
            return Err(Shut::NotAllowed(message));
        }
        let name = Person::new(&key.name).map_err(|odd| Shut::NotAllowed(odd.to_string()))?;
        let sending = SendingKey { name, only: key.source };
        let mut kept = self.keys.kept();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(fingerprint.as_str().to_owned(), (Instant::now(), sending.clone()));
        Ok(Some(sending))
    }

    /// The key of a token, if it is in force.
    async fn key_of(&self, token: &Token) -> Result<ApiKey, Shut> {
        let key = self.store.api_key(token.fingerprint().as_str()).await?.ok_or(Shut::Unknown)?;
        if key.revoked.is_some() {
            return Err(Shut::Unknown);
        }
        let now = self.clock.now();
        if key.used.is_none_or(|used| now.duration_since(used).abs() > TOUCH_EVERY) {
            self.store.touch_api_key(&key.name, now).await?;
        }
        Ok(key)
    }

    /// Has keys looked up anew, as after one of them was revoked here.
    pub(super) fn forget_keys(&self) {
        self.keys.kept().clear();
    }
}

/// The token that a request shows; `None` when it shows none.
fn shown(headers: &HeaderMap) -> Result<Option<Token>, Shut> {
    let Some(given) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = given.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
    let token = text.and_then(|text| text.trim().strip_prefix(KEY_PREFIX)).and_then(Token::read);
    token.ok_or(Shut::Unknown).map(Some)
}
