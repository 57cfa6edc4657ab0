//! Who is inside, for those who look after the doors.

use crate::config::MemberRules;
use crate::domain::Act;
use crate::domain::Bearer;
use crate::domain::Person;
use crate::store::ApiKey;
use crate::store::Session;
use crate::store::StoreError;

use super::Doors;
use super::session::is_in_force;

impl Doors {
    /// What roles of the chat server give here.
    pub(in crate::web) fn members(&self) -> &MemberRules {
        &self.members
    }

    /// The name of someone, where one is known.
    pub(super) fn person(&self, bearer: &Bearer) -> Option<Person> {
        match bearer {
            Bearer::Reader(person) => Some(person.clone()),
            Bearer::Member(_) => Person::new(&self.name_of(bearer)).ok(),
        }
    }

    /// What someone is called here.
    pub(in crate::web) fn name_of(&self, bearer: &Bearer) -> String {
        match bearer {
            Bearer::Reader(person) => person.to_string(),
            Bearer::Member(user) => {
                let known = self.members.people.get(user);
                known.map_or_else(|| format!("member {user}"), ToString::to_string)
            }
        }
    }

    /// The sessions in force, those used last first.
    pub(in crate::web) async fn open_sessions(&self) -> Result<Vec<Session>, StoreError> {
        let now = self.clock.now();
        let mut sessions = self.store.sessions().await?;
        sessions.retain(|session| is_in_force(session, now));
        sessions.sort_by_key(|session| std::cmp::Reverse(session.seen));
        Ok(sessions)
    }

    /// Ends a session; tells whether it was there.
    pub(in crate::web) async fn dismiss(&self, fingerprint: &str, act: &Act) -> Result<bool, StoreError> {
        let ended = self.store.end_session(fingerprint, act).await?;
        self.sessions.drop(fingerprint);
        Ok(ended)
    }

    /// All keys of programs, also the revoked ones.
    pub(in crate::web) async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.store.api_keys().await
    }

    /// Revokes a key; tells whether it was in force.
    pub(in crate::web) async fn revoke(&self, name: &str, act: &Act) -> Result<bool, StoreError> {
        let revoked = self.store.revoke_api_key(name, act).await?;
        self.forget_keys();
        Ok(revoked)
    }
}
