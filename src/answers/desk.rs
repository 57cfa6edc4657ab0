//! The one door to the figures. Chat, pages, the API and jobs all hold a clone.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::access;
use crate::access::Deed;
use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::Annotation;
use crate::domain::Asker;
use crate::domain::Clock;
use crate::domain::FactKey;
use crate::domain::PriceList;
use crate::domain::Role;
use crate::engine::Engine;
use crate::engine::KeptChurn;
use crate::engine::Receipt;
use crate::engine::Snapshot;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Form;
use crate::store::Feeds;
use crate::store::Store;
use crate::store::StoreError;
use crate::telemetry::OwnUse;
use crate::telemetry::Surface;

use super::completion;
use super::completion::Known;
use super::department::Departments;
use super::dispatch;
use super::entry::OptionKind;
use super::forms;
use super::invocation::Invocation;
use super::lookup::find_account;
use super::publisher::Publisher;
use super::question::Question;
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
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) publisher: Arc<Publisher>,
    departments: Departments,
    pub(super) prices: Arc<PriceList>,
    annotations: Arc<[Annotation]>,
    own_use: Option<Arc<OwnUse>>,
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
        Self {
            engine,
            store,
            clock,
            publisher: Arc::new(publisher),
            departments: Departments::default(),
            prices: Arc::default(),
            annotations: Arc::new([]),
            own_use: None,
        }
    }

    /// The same desk, counting how it is used.
    #[must_use]
    pub fn counting(self, own_use: Arc<OwnUse>) -> Self {
        Self { own_use: Some(own_use), ..self }
    }

    /// The counts of how it is used, unless they are switched off.
    #[must_use]
    pub fn own_use(&self) -> Option<Arc<OwnUse>> {
        self.own_use.clone()
    }

    /// Counts that `operation`, a word of the program's own, was asked for somewhere.
    pub fn used(&self, surface: Surface, role: Role, operation: &str) {
        if let Some(own_use) = &self.own_use {
            own_use.count(surface, role, operation);
        }
    }

    /// The same desk with those who answer what it does not answer itself.
    #[must_use]
    pub fn staffed(self, departments: Departments) -> Self {
        Self { departments, ..self }
    }

    /// The same desk with the prices that bills are held against.
    #[must_use]
    pub fn priced(self, prices: PriceList) -> Self {
        Self { prices: Arc::new(prices), ..self }
    }

    /// The same desk with what happened, for charts to say.
    #[must_use]
    pub fn annotated(self, annotations: Vec<Annotation>) -> Self {
        Self { annotations: annotations.into(), ..self }
    }

    /// The prices that bills are held against.
    #[must_use]
    pub fn prices(&self) -> &Arc<PriceList> {
        &self.prices
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
    #[tracing::instrument(skip_all, fields(role = %asker.role, command = question.command()))]
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
        let question = Question::parse(line)?;
        self.used(Surface::Terminal, asker.role, question.command());
        self.ask(asker, question).await
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

    /// Completions of the text of the option `name`, best first, at most 25; `beside` are the other options so far.
    /// `command` as in `Invocation::command`.
    #[must_use]
    pub fn complete(
        &self,
        asker: &Asker,
        command: &str,
        beside: &[(String, String)],
        (name, typed): (&str, &str),
    ) -> Vec<Choice> {
        self.view(asker).map_or_else(
            |_refused| Vec::new(),
            |view| {
                let known = Known { snapshot: &view, asker, named: &|kind| self.named(kind, asker) };
                completion::option(known, command, beside, (name, typed))
            },
        )
    }

    /// The form that asks for what a call leaves out.
    pub fn form(&self, asker: &Asker, call: &Invocation) -> Result<Form, Problem> {
        access::may(asker, Deed::of(&call.command, true))?;
        forms::form(&*self.view(asker)?, asker, call)
    }

    /// Completions of a console line at its end: whole lines, best first, at most 25.
    #[must_use]
    pub fn complete_line(&self, asker: &Asker, line: &str) -> Vec<Choice> {
        self.view(asker).map_or_else(
            |_refused| Vec::new(),
            |view| {
                let known = Known { snapshot: &view, asker, named: &|kind| self.named(kind, asker) };
                completion::line(known, line)
            },
        )
    }

    /// What departments keep under a name.
    fn named(&self, kind: OptionKind, asker: &Asker) -> Vec<Choice> {
        let keeper = match kind {
            OptionKind::Digest => &self.departments.digests,
            OptionKind::Alert => &self.departments.alerts,
            _ => &None,
        };
        keeper.as_ref().map_or_else(Vec::new, |keeper| keeper.names(self, asker))
    }

    /// Looks at every account for what is unusual, so that nobody who asks waits for it, until `stop` fires.
    pub async fn watch_all(&self, stop: &CancellationToken) {
        let snapshot = self.snapshot();
        let begun = Instant::now();
        let stop = stop.clone();
        let look = move || snapshot.watch_all(|| !stop.is_cancelled());
        if let Err(stopped) = tokio::task::spawn_blocking(look).await
            && let Ok(panic) = stopped.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
        metrics::histogram!("etsm_watch_seconds").record(begun.elapsed());
    }

    /// Has accounts judged by this churn model from now on; `None` fits one to the data each time.
    pub async fn keep_churn(&self, kept: Option<KeptChurn>, act: &Act) -> Result<(), StoreError> {
        self.publisher.keep_churn(kept, act).await
    }

    /// Fits a churn model to the data, and has accounts judged by it from now on.
    pub async fn fit_churn(&self, act: &Act) -> Result<(), StoreError> {
        self.publisher.fit_churn(act).await
    }

    async fn answer(&self, asker: &Asker, question: Question) -> Result<Answer, Problem> {
        access::may(asker, Deed::of(question.command(), question.writes()))?;
        self.publisher.keep_today().await;
        if let Some(department) = self.departments.of(&question)? {
            return department.answer(self, asker, &question).await;
        }
        if question.writes() {
            self.carry_out(asker, question).await
        } else {
            self.read(asker, question).await
        }
    }

    /// How usage comes in; `None` when the database does not answer.
    async fn feeds(&self) -> Option<Feeds> {
        match self.store.feeds().await {
            Ok(feeds) => Some(feeds),
            Err(failed) => {
                tracing::warn!(error = %failed, "The database does not answer");
                None
            }
        }
    }

    /// Answers from one snapshot, away from the threads that serve the network.
    pub(super) async fn read(&self, asker: &Asker, question: Question) -> Result<Answer, Problem> {
        let (feeds, has_room) = match question {
            Question::Status => (self.feeds().await, self.store.has_room().await),
            _ => (None, true),
        };
        let (snapshot, now, asker) = (self.view(asker)?, self.clock.now(), asker.clone());
        let (has_prices, annotations) = (!self.prices.is_empty(), Arc::clone(&self.annotations));
        let work = tokio::task::spawn_blocking(move || {
            let feeds = feeds.as_ref();
            let role = asker.role;
            let annotations = &annotations;
            let reading =
                Reading { snapshot: &snapshot, now, role, feeds, has_room, has_prices, annotations };
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
}
