//! A turn: tries until one comes to something, within the patience of whoever asks and the budget of the day.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tracing::warn;

use crate::config::AiSettings;
use crate::domain::Clock;
use crate::store::Store;
use crate::writer::{Conversation, Said, Spent, Stop, Unwritten, Writer};

use super::attempt::Line;
use super::budget::{Budget, NoBudget};
use super::fault::Fault;
use super::reply::BYTES_A_TOKEN;
use super::request;

/// Tries in one turn, as the maker's own clients have it.
const TRIES_MAX: u32 = 3;
/// Longest wait for the store to count what was spent; what is not counted stays reserved.
const SETTLE_MAX: Duration = Duration::from_secs(2);

/// A model of Anthropic's behind the Messages API.
pub struct Anthropic {
    ai: AiSettings,
    line: Line,
    budget: Budget,
    clock: Arc<dyn Clock>,
}

impl Anthropic {
    /// As the settings have it; what it spends is counted in the store.
    pub fn new(ai: AiSettings, store: Store, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let line = Line::new(&ai)?;
        let budget = Budget::new(ai.budget, store, Arc::clone(&clock));
        Ok(Self { ai, line, budget, clock })
    }

    async fn turn(&self, conversation: &Conversation) -> Result<Said, Unwritten> {
        let deadline = Instant::now() + conversation.patience;
        let body = request::body(&self.ai, conversation);
        let mut tries = 0;
        loop {
            tries += 1;
            let fault = match self.attempt(conversation, &body, deadline).await? {
                Ok(said) => return Ok(said),
                Err(fault) => fault,
            };
            let wait = fault.again_after(tries, rand::random()).filter(|_| tries < TRIES_MAX);
            // Whoever would come back too late need not come back.
            let next = wait.map(|wait| Instant::now() + wait).filter(|next| *next < deadline);
            let Some(next) = next else { return Err(fault.told()) };
            metrics::counter!("etsm_ai_retries_total", "reason" => fault.word()).increment(1);
            tokio::time::sleep_until(next).await;
        }
    }

    /// One try with what belongs to it in the budget; the outer error is one that no other try would change.
    async fn attempt(
        &self,
        conversation: &Conversation,
        body: &Value,
        deadline: Instant,
    ) -> Result<Result<Said, Fault>, Unwritten> {
        let at_most = at_most(conversation, body);
        let reserved = timeout_at(deadline, self.budget.reserve(at_most)).await;
        let reserved = match reserved {
            Ok(Ok(reserved)) => reserved,
            Ok(Err(NoBudget::Spent(until))) => return Err(Unwritten::BudgetSpent(until)),
            Ok(Err(NoBudget::Store(error))) => {
                warn!(%error, "The AI's budget could not be looked up; the AI was not called");
                return Err(Unwritten::Unreachable("its budget could not be looked up".into()));
            }
            Err(_late) => return Err(Unwritten::Unreachable("the store was busy".into())),
        };
        let tried = self.line.attempt(body, deadline, self.clock.now()).await;
        // Of a call that told nothing, what was sent may have been read.
        let spent = tried.spent.unwrap_or(Spent { output: 0, ..at_most });
        match tokio::time::timeout(SETTLE_MAX, self.budget.settle(reserved, spent)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, "What the AI spent could not be counted; it stays reserved"),
            Err(_late) => warn!("The store was busy; what was reserved for the AI stays reserved"),
        }
        Ok(tried.outcome)
    }
}

/// The most that a try may come to. What is read may all be new to the cache, which is the dearest way to read.
fn at_most(conversation: &Conversation, body: &Value) -> Spent {
    let read = body.to_string().len() as u64 / BYTES_A_TOKEN;
    Spent { cached_write: read, output: u64::from(request::tokens_max(conversation)), ..Spent::default() }
}

#[async_trait::async_trait]
impl Writer for Anthropic {
    async fn say(&self, conversation: &Conversation) -> Result<Said, Unwritten> {
        let begun = Instant::now();
        let said = self.turn(conversation).await;
        let outcome = match &said {
            Ok(Said { stop: Stop::CutOff, .. }) => "cut_off",
            Ok(Said { stop: Stop::Refused, .. }) => "declined",
            Ok(_) => "answered",
            Err(Unwritten::NotSetUp) => "not_set_up",
            Err(Unwritten::BudgetSpent(_)) => "budget_spent",
            Err(Unwritten::Refused(_)) => "refused",
            Err(Unwritten::Unreachable(_)) => "unreachable",
            Err(Unwritten::Garbled(_)) => "garbled",
        };
        metrics::counter!("etsm_ai_calls_total", "outcome" => outcome).increment(1);
        metrics::histogram!("etsm_ai_call_seconds", "outcome" => outcome).record(begun.elapsed());
        if let Err(why) = &said {
            // `Unwritten` holds our own words alone.
            warn!(%why, took_ms = begun.elapsed().as_millis(), "The AI wrote nothing");
        }
        said
    }

    fn name(&self) -> &str {
        &self.ai.model
    }
}
