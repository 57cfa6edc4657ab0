//! Keys of programs: `Authorization: Bearer etsm_…`.

use std::sync::Arc;

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
use crate::store::KeyScope;

use super::{Doors, Shut};

/// What every key begins with, so that a scanner for lost secrets can tell it.
pub const KEY_PREFIX: &str = "etsm_";
/// How often it is written down that a key is in use.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

impl Doors {
    /// The program behind a request that shows a key; `None` when it shows none.
    pub(in crate::web) async fn program(&self, headers: &HeaderMap) -> Result<Option<Arc<Asker>>, Shut> {
        let Some(given) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let text = given.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let token = text.and_then(|text| text.trim().strip_prefix(KEY_PREFIX)).and_then(Token::read);
        let token = token.ok_or(Shut::Unknown)?;
        let key = self.store.api_key(token.fingerprint().as_str()).await?.ok_or(Shut::Unknown)?;
        if key.revoked.is_some() {
            return Err(Shut::Unknown);
        }
        let now = self.clock.now();
        if key.used.is_none_or(|used| now.duration_since(used) > TOUCH_EVERY) {
            self.store.touch_api_key(&key.name, now).await?;
        }
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
}
