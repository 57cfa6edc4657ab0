//! The one door to the figures. Chat, pages, the API and jobs all hold a clone.

use std::sync::Arc;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Clock;
use crate::domain::FactKey;
use crate::domain::Initiative;
use crate::domain::Note;
use crate::domain::SourceId;
use crate::domain::UsageRow;
use crate::engine::Engine;
use crate::engine::Receipt;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::store::Recorded;
use crate::store::Store;
use crate::store::StoreError;

use super::question::Question;

/// The desk: checks who asks, answers, writes down, and keeps the engine in step with the store.
#[derive(Clone)]
pub struct Desk {
    engine: Arc<Engine>,
    store: Store,
    clock: Arc<dyn Clock>,
}

/// A completion of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is shown, at most 100 characters.
    pub label: String,
    /// What is filled in, at most 100 characters.
    pub value: String,
}

#[expect(clippy::todo, unused_variables, clippy::unused_async, reason = "the desk is being written")]
impl Desk {
    /// A desk over a store; the engine is empty until [`Desk::load`].
    #[must_use]
    pub fn new(engine: Arc<Engine>, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { engine, store, clock }
    }
    /// Builds the whole snapshot from the store.
    pub async fn load(&self) -> Result<(), StoreError> {
        todo!()
    }
    /// The present snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.engine.snapshot()
    }
    /// The clock all parts go by.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
    /// The store under it.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Answers a question, or does what it orders.
    pub async fn ask(&self, asker: &Asker, question: Question) -> Result<Answer, Problem> {
        todo!()
    }
    /// A console line in one step.
    pub async fn ask_line(&self, asker: &Asker, line: &str) -> Result<Answer, Problem> {
        self.ask(asker, Question::parse(line)?).await
    }
    /// How a fact was made.
    pub fn receipt(&self, asker: &Asker, key: &FactKey) -> Result<Receipt, Problem> {
        todo!()
    }
    /// Completions of an option's text, best first, at most 25. `command` as in `Invocation::command`.
    pub fn complete(&self, asker: &Asker, command: &str, option: &str, typed: &str) -> Vec<Choice> {
        todo!()
    }
    /// Completions of a console line at its end: whole lines, best first, at most 25.
    pub fn complete_line(&self, asker: &Asker, line: &str) -> Vec<Choice> {
        todo!()
    }

    /// Records usage durably and publishes the accounts it touched.
    pub async fn record_usage(
        &self,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
        watermark: Option<(SourceId, jiff::Timestamp)>,
    ) -> Result<Recorded, StoreError> {
        todo!()
    }
    /// Records accounts durably and publishes them.
    pub async fn record_accounts(&self, accounts: &[Account]) -> Result<Recorded, StoreError> {
        todo!()
    }
    /// Records initiatives durably and publishes them.
    pub async fn record_initiatives(&self, initiatives: &[Initiative]) -> Result<Recorded, StoreError> {
        todo!()
    }
    /// Records notes durably and publishes them.
    pub async fn record_notes(&self, notes: &[Note]) -> Result<u64, StoreError> {
        todo!()
    }
}
