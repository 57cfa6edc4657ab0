//! The one door to the figures. Chat, pages, the API and jobs all hold a clone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use tokio::sync::watch;

use crate::access;
use crate::access::Deed;
use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::Cleared;
use crate::domain::Clock;
use crate::domain::FactKey;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::Note;
use crate::domain::Override;
use crate::domain::Scope;
use crate::domain::SourceId;
use crate::domain::UsageRow;
use crate::domain::utc_date;
use crate::engine::Engine;
use crate::engine::KeptChurn;
use crate::engine::Receipt;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Block;
use crate::reply::Prose;
use crate::store::Keep;
use crate::store::Recorded;
use crate::store::Store;
use crate::store::StoreError;

use super::completion;
use super::dispatch;
use super::initiatives;
use super::lookup::{changeable, find_account, find_initiative};
use super::orders;
use super::publisher::{Change, Publisher, Turn};
use super::question::{Anew, NewInitiative, NewOverride, Question};
use super::reading::Reading;

/// Longest time an answer may take; chat gives up soon after.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
/// A checkpoint is written when a start would have to read more hourly rows: that takes about a tenth of a second.
const REREAD_ROWS_MAX: usize = 100_000;
/// Rows shown behind a fact; the export has them all.
const RECEIPT_ROWS_MAX: usize = 200;

/// The desk: checks who asks, answers, writes down, and keeps the engine in step with the store.
#[derive(Clone)]
pub struct Desk {
    engine: Arc<Engine>,
    store: Store,
    clock: Arc<dyn Clock>,
    pub(super) publisher: Arc<Publisher>,
}

/// A completion of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is shown, at most 100 characters.
    pub label: String,
    /// What is filled in, at most 100 characters.
    pub value: String,
}

impl Desk {
    /// A desk over a store; the engine is empty until [`Desk::load`].
    #[must_use]
    pub fn new(engine: Arc<Engine>, store: Store, clock: Arc<dyn Clock>) -> Self {
        let publisher = Publisher::new(Arc::clone(&engine), store.clone(), Arc::clone(&clock));
        Self { engine, store, clock, publisher: Arc::new(publisher) }
    }

    /// Builds the whole snapshot from the store.
    pub async fn load(&self) -> Result<(), StoreError> {
        let turn = self.publisher.turn().await?;
        self.publisher.publish_whole(&turn).await
    }

    /// Takes over what another process wrote to the store; tells whether it wrote.
    pub async fn catch_up(&self) -> Result<bool, StoreError> {
        self.publisher.catch_up().await
    }

    /// Writes down what a start would else read from the store, if it is much; tells whether it did.
    pub async fn save_checkpoint(&self) -> anyhow::Result<bool> {
        self.publisher.save(REREAD_ROWS_MAX).await
    }

    /// What an asker may know of the present snapshot.
    pub fn view(&self, asker: &Asker) -> Result<Arc<Snapshot>, Problem> {
        access::may(asker, Deed::Read)?;
        Ok(self.snapshot().seen_by(&asker.sees))
    }

    /// The present snapshot, with all accounts.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.engine.snapshot()
    }

    /// Tells of each new snapshot's version, as live pages want it.
    #[must_use]
    pub fn versions(&self) -> watch::Receiver<u64> {
        self.publisher.versions()
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
    #[tracing::instrument(skip_all, fields(who = %asker.person, command = question.command()))]
    pub async fn ask(&self, asker: &Asker, question: Question) -> Result<Answer, Problem> {
        let begun = Instant::now();
        let command = question.command();
        let outcome = self.answer(asker, question).await;
        let word = outcome.as_ref().map_or_else(Problem::code, |_answer| "answered");
        metrics::histogram!("etsm_question_seconds", "command" => command).record(begun.elapsed());
        metrics::counter!("etsm_questions_total", "command" => command, "outcome" => word).increment(1);
        outcome
    }

    /// A console line in one step.
    pub async fn ask_line(&self, asker: &Asker, line: &str) -> Result<Answer, Problem> {
        self.ask(asker, Question::parse(line)?).await
    }

    /// How a fact was made.
    pub fn receipt(&self, asker: &Asker, key: &FactKey) -> Result<Receipt, Problem> {
        self.view(asker)?.receipt(key, RECEIPT_ROWS_MAX).ok_or_else(|| Problem::Unknown {
            what: "fact",
            given: key.to_string(),
            remedy: "Ask again, and open the fact from the new answer.".into(),
        })
    }

    /// The account that is meant by an id, a name, or the beginning or a part of one.
    pub fn find_account(&self, asker: &Asker, given: &str) -> Result<AccountId, Problem> {
        let view = self.view(asker)?;
        find_account(&view, given)
    }

    /// Completions of an option's text, best first, at most 25. `command` as in `Invocation::command`.
    #[must_use]
    pub fn complete(&self, asker: &Asker, command: &str, option: &str, typed: &str) -> Vec<Choice> {
        self.view(asker).map_or_else(
            |_refused| Vec::new(),
            |view| completion::option(&view, asker, command, option, typed),
        )
    }

    /// Completions of a console line at its end: whole lines, best first, at most 25.
    #[must_use]
    pub fn complete_line(&self, asker: &Asker, line: &str) -> Vec<Choice> {
        self.view(asker).map_or_else(|_refused| Vec::new(), |view| completion::line(&view, asker, line))
    }

    /// Records usage durably and publishes the accounts it touched.
    pub async fn record_usage(
        &self,
        rows: &[UsageRow],
        names: &[(AccountId, String)],
        watermark: Option<(SourceId, jiff::Timestamp)>,
    ) -> Result<Recorded, StoreError> {
        let turn = self.publisher.turn().await?;
        let mut writer = self.store.usage_writer(Keep::Yes).await?;
        let recorded = writer.record(rows, names).await?;
        writer.finish(watermark).await?;
        let usage_since = recorded.changed_since;
        let change = Change { usage: &recorded.touched, usage_since, ..Change::default() };
        self.publisher.publish(&turn, change).await?;
        Ok(recorded)
    }

    /// Records accounts durably and publishes them.
    pub async fn record_accounts(&self, accounts: &[Account]) -> Result<Recorded, StoreError> {
        let turn = self.publisher.turn().await?;
        let recorded = self.store.put_accounts(accounts).await?;
        let change = Change { accounts, ..Change::default() };
        self.publisher.publish(&turn, change).await?;
        Ok(recorded)
    }

    /// Records initiatives durably and publishes them. Their accounts must be known.
    pub async fn record_initiatives(&self, initiatives: &[Initiative]) -> Result<Recorded, StoreError> {
        let turn = self.publisher.turn().await?;
        let recorded = self.store.put_initiatives(initiatives).await?;
        let change = Change { initiatives, ..Change::default() };
        self.publisher.publish(&turn, change).await?;
        Ok(recorded)
    }

    /// Records notes durably and publishes them.
    pub async fn record_notes(&self, notes: &[Note]) -> Result<u64, StoreError> {
        let turn = self.publisher.turn().await?;
        let version = self.store.add_notes(notes).await?;
        let noted: BTreeSet<AccountId> = notes.iter().map(|note| note.account.clone()).collect();
        self.publisher.publish(&turn, Change { noted, ..Change::default() }).await?;
        Ok(version)
    }

    /// Looks at every account for what is unusual, so that nobody who asks waits for it.
    pub async fn watch_all(&self) {
        let snapshot = self.snapshot();
        let begun = Instant::now();
        if let Err(stopped) = tokio::task::spawn_blocking(move || snapshot.watch_all()).await
            && let Ok(panic) = stopped.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
        metrics::histogram!("etsm_watch_seconds").record(begun.elapsed());
    }

    /// Has accounts judged by this churn model from now on; `None` fits one to the data each time.
    pub async fn keep_churn(&self, kept: Option<KeptChurn>) -> Result<(), StoreError> {
        self.publisher.keep_churn(kept).await
    }

    async fn answer(&self, asker: &Asker, question: Question) -> Result<Answer, Problem> {
        access::may(asker, Deed::of(question.command(), question.writes()))?;
        self.publisher.keep_today().await;
        match question {
            Question::InitiativeAdd(new) => self.add_initiative(asker, &new).await,
            Question::InitiativeUpdate(edit) => {
                orders::check_due(edit.due.clone().and_then(Anew::value), utc_date(self.clock.now()))?;
                let now = self.clock.now();
                let done = "The initiative is changed.";
                self.change_initiative(asker, &edit.id, done, |one| orders::changed(one, &edit, asker, now))
                    .await
            }
            Question::InitiativeClose { id, status, text } => {
                let now = self.clock.now();
                let done = format!("The initiative is {status}.");
                let close = |one: &Initiative| orders::closed(one, status, text.as_deref(), asker, now);
                self.change_initiative(asker, &id, &done, close).await
            }
            Question::OverrideSet(new) => self.set_override(asker, &new).await,
            Question::OverrideClear { account, reason } => self.clear_override(asker, &account, reason).await,
            reading => self.read(asker, reading).await,
        }
    }

    /// Answers from one snapshot, away from the threads that serve the network.
    async fn read(&self, asker: &Asker, question: Question) -> Result<Answer, Problem> {
        let database_answers = match question {
            Question::Status => self.store.ping().await.is_ok(),
            _ => true,
        };
        let (snapshot, now, asker) = (self.view(asker)?, self.clock.now(), asker.clone());
        let work = tokio::task::spawn_blocking(move || {
            let reading = Reading { snapshot: &snapshot, now, role: asker.role, database_answers };
            let foretold = dispatch::foretold(&reading, &asker, &question);
            (dispatch::answer(&reading, &asker, &question), foretold)
        });
        let Ok(done) = tokio::time::timeout(ANSWER_TIME_MAX, work).await else { return Err(Problem::Busy) };
        let (answer, foretold) = done.context("answering a question").map_err(Problem::internal)?;
        if let Some(one) = foretold
            && let Err(failed) = self.publisher.keep_foretold(&one).await
        {
            // The answer is right all the same; only its later judgement is lost.
            tracing::warn!(error = %failed, "A forecast could not be kept");
        }
        answer
    }

    async fn add_initiative(&self, asker: &Asker, new: &NewInitiative) -> Result<Answer, Problem> {
        let now = self.clock.now();
        orders::check_due(new.due, utc_date(now))?;
        let view = self.view(asker)?;
        let account = changeable(&view, asker, &new.account)?;
        let id = self.store.next_initiative_id().await.map_err(could_not_write)?;
        let one = orders::added(new, id.clone(), account, asker, now);
        self.record_initiatives(&[one]).await.map_err(could_not_write)?;
        self.show_written(asker, &id, &format!("Written down as {id}."))
    }

    async fn change_initiative(
        &self,
        asker: &Asker,
        given: &str,
        done: &str,
        change: impl FnOnce(&Initiative) -> Result<Initiative, Problem>,
    ) -> Result<Answer, Problem> {
        // Read and written in one turn, so that of two changes at once none is lost.
        let turn = self.publisher.turn().await.map_err(could_not_write)?;
        let view = self.view(asker)?;
        let mut known = self.store.initiatives().await.map_err(could_not_write)?;
        known.retain(|one| asker.changes == Scope::All || view.account(&one.account).is_some());
        let before = find_initiative(&known, given)?;
        if let Some(account) = view.account(&before.account) {
            access::may_change(asker, account)?;
        }
        let after = [change(before)?];
        self.store.put_initiatives(&after).await.map_err(could_not_write)?;
        let written = Change { initiatives: &after, ..Change::default() };
        self.publisher.publish(&turn, written).await.map_err(could_not_write)?;
        drop(turn);
        self.show_written(asker, &before.id, done)
    }

    async fn set_override(&self, asker: &Asker, new: &NewOverride) -> Result<Answer, Problem> {
        let turn = self.publisher.turn().await.map_err(could_not_write)?;
        let view = self.view(asker)?;
        let account = changeable(&view, asker, &new.account)?.id.clone();
        let set = orders::overridden(new, account.clone(), asker, self.clock.now())?;
        self.store.add_override(&set).await.map_err(could_not_write)?;
        self.publish_override(asker, &turn, &account, "The score is set by hand.").await
    }

    async fn clear_override(
        &self,
        asker: &Asker,
        given: &str,
        reason: Option<String>,
    ) -> Result<Answer, Problem> {
        let turn = self.publisher.turn().await.map_err(could_not_write)?;
        let view = self.view(asker)?;
        let account = changeable(&view, asker, given)?.id.clone();
        let now = self.clock.now();
        if Override::in_force(view.overrides(&account), now).is_none() {
            let message = "The score of this account is not set by hand, so there is nothing to take back.";
            return Err(Problem::BadOption { option: None, message: message.into() });
        }
        let cleared = Cleared { by: asker.person.clone(), at: now, reason };
        self.store.clear_override(&account, &cleared).await.map_err(could_not_write)?;
        self.publish_override(asker, &turn, &account, "The computed score is shown again.").await
    }

    /// Publishes that the override of an account changed, and shows the account's health.
    async fn publish_override(
        &self,
        asker: &Asker,
        turn: &Turn<'_>,
        account: &AccountId,
        done: &str,
    ) -> Result<Answer, Problem> {
        let change = Change { overridden: Some(account), ..Change::default() };
        self.publisher.publish(turn, change).await.map_err(could_not_write)?;
        let shown = Question::Health { account: account.to_string(), since: None };
        let mut answer = self.read(asker, shown).await?;
        answer.blocks.insert(0, Block::Text(Prose::plain(done)));
        Ok(answer)
    }

    fn show_written(&self, asker: &Asker, id: &InitiativeId, done: &str) -> Result<Answer, Problem> {
        let snapshot = self.view(asker)?;
        let (now, role) = (self.clock.now(), asker.role);
        let reading = Reading { snapshot: &snapshot, now, role, database_answers: true };
        let one = find_initiative(snapshot.initiatives(), id.as_str())?;
        Ok(initiatives::show(&reading, one, Some(done)))
    }
}

fn could_not_write(failed: StoreError) -> Problem {
    Problem::internal(anyhow::Error::new(failed).context("writing something down"))
}
