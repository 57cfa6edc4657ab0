//! What members of the chat server may do now: asked of the server, and kept for seconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::access;
use crate::access::LoginFailed;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::Bearer;
use crate::domain::How;
use crate::domain::Role;
use crate::domain::Scope;

use super::{Doors, Shut};

/// A role that was taken away must not be used for long; a page's twenty requests must not ask each time.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(10);
/// While the chat server cannot be asked, what it said last holds for so long.
const OUTAGE_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Members kept at once; when there are more, all are dropped.
const KEPT_MAX: usize = 4_096;

/// Rights as they were said last.
#[derive(Default)]
pub(super) struct RightsDesk {
    kept: Mutex<HashMap<u64, (Timestamp, Arc<Asker>)>>,
}

impl RightsDesk {
    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<u64, (Timestamp, Arc<Asker>)>> {
        // A panic elsewhere cannot have left a half-written entry: they go in whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doors {
    /// The person with the rights of this moment.
    pub(super) async fn asker(&self, bearer: &Bearer) -> Result<Arc<Asker>, Shut> {
        match bearer {
            Bearer::Member(user) => self.member(*user).await,
            Bearer::Reader(person) => Ok(Arc::new(Asker {
                person: person.clone(),
                role: Role::Viewer,
                sees: Scope::All,
                changes: Scope::none(),
                audience: Audience::AskerOnly,
                way: How::Web.into(),
            })),
        }
    }

    async fn member(&self, user: u64) -> Result<Arc<Asker>, Shut> {
        let now = self.clock.now();
        let known = self.rights.kept().get(&user).cloned();
        let within = |since: Timestamp, time: SignedDuration| now.duration_since(since).abs() < time;
        if let Some((since, asker)) = &known
            && within(*since, KEPT_FOR)
        {
            return Ok(Arc::clone(asker));
        }
        let Some(provider) = &self.provider else {
            return Err(Shut::NotAllowed("This etsm is not connected to a chat server any more.".into()));
        };
        let member = match provider.member(user).await {
            Ok(member) => member,
            Err(LoginFailed::Refused(why) | LoginFailed::Unavailable(why)) => {
                let last = known.filter(|(since, _)| within(*since, OUTAGE_MAX));
                let now = || Shut::Unavailable(format!("Discord cannot be asked ({why})"));
                return last.map(|(_, asker)| asker).ok_or_else(now);
            }
        };
        let admitted = member.ok_or("You are no member of the server that this etsm belongs to.".to_owned());
        let admitted = admitted.and_then(|member| {
            access::admit(&self.members, &member, Audience::AskerOnly, How::Web.into())
                .map_err(|refused| refused.to_string())
        });
        let mut kept = self.rights.kept();
        match admitted {
            Ok(asker) => {
                let asker = Arc::new(asker);
                if kept.len() >= KEPT_MAX {
                    kept.clear();
                }
                kept.insert(user, (now, Arc::clone(&asker)));
                Ok(asker)
            }
            Err(why) => {
                kept.remove(&user);
                Err(Shut::NotAllowed(why))
            }
        }
    }
}
