//! Digests on schedule: when they come, who may read them, and how each comes once.
//!
//! Invariant: what is to be posted is in the outbox before it is said to be on its way, and a slot is taken before
//! anything is written for it.

mod audience;
mod department;
mod making;
mod orders;
mod outcome;
mod runner;
mod schedule;
mod told;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::Notify;
use tracing::warn;

use crate::config::DigestSettings;
use crate::deliver::Outbox;
use crate::domain::DigestName;
use crate::problem::Problem;
use crate::store::Store;
use crate::store::StoreError;
use crate::writer::People;
use crate::writer::Writer;

use schedule::Schedule;

/// The department of digests, and what runs them.
pub struct Digests {
    /// Those of the configuration.
    configured: Vec<Schedule>,
    outbox: Outbox,
    writer: Option<Arc<dyn Writer>>,
    people: People,
    /// Something was ordered that need not wait for the next look.
    wake: Notify,
    /// Names to complete, as they were last read.
    names: Mutex<Vec<DigestName>>,
}

impl Digests {
    /// With those of the configuration; an error says which of them cannot be, and why. Without a writer all are plain;
    /// `people` tells whether it may see names of people.
    pub fn new(
        settings: &[DigestSettings],
        outbox: Outbox,
        writer: Option<Arc<dyn Writer>>,
        people: People,
    ) -> anyhow::Result<Self> {
        let configured = settings.iter().map(Schedule::configured).collect::<Result<Vec<_>, _>>()?;
        let names = Mutex::new(configured.iter().map(|one| one.name.clone()).collect());
        Ok(Self { configured, outbox, writer, people, wake: Notify::new(), names })
    }

    /// All schedules, by name. Of two with one name the configuration's counts.
    async fn schedules(&self, store: &Store) -> Result<Vec<Schedule>, StoreError> {
        let mut all = self.configured.clone();
        for row in store.digests().await? {
            if all.iter().any(|one| one.name == row.name) {
                continue;
            }
            match Schedule::subscribed(&row) {
                Ok(schedule) => all.push(schedule),
                // As a zone that a newer list of zones does not know any more.
                Err(why) => warn!(digest = %row.name, why, "The digest {} does not come: {why}", row.name),
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) =
            all.iter().map(|one| one.name.clone()).collect();
        Ok(all)
    }

    /// The schedule of a name, however its letters are written.
    async fn schedule(&self, store: &Store, given: &str) -> Result<Schedule, Problem> {
        let all = self.schedules(store).await.map_err(broken)?;
        let wanted = given.trim();
        let names: Vec<String> = all.iter().map(|one| one.name.to_string()).collect();
        all.into_iter().find(|one| one.name.as_str().eq_ignore_ascii_case(wanted)).ok_or_else(|| {
            let remedy = match names.as_slice() {
                [] => "There is none yet; subscribe to one.".into(),
                names => format!("There is {}.", names.join(", ")),
            };
            Problem::Unknown { what: "digest", given: given.to_owned(), remedy }
        })
    }
}

/// The store failed; that is our own fault.
fn broken(error: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(error).context("working on digests"))
}
