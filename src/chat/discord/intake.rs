//! Takes interactions on, from whichever door they come: each once, each in a task of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use tracing::debug;
use tracing::error;
use tracing::info_span;
use tracing::warn;

use super::flow::Flow;
use super::flow::Outcome;
use super::inbound::Inbound;
use super::inbound::Wish;
use super::seen::Seen;

/// Longest wait for replies under way when we stop.
const DRAIN: Duration = Duration::from_secs(5);

/// Where interactions are taken on.
pub(super) struct Intake {
    flow: Flow,
    seen: Mutex<Seen>,
    tasks: TaskTracker,
    /// Fires when replies under way are given up.
    give_up: CancellationToken,
}

impl Intake {
    /// Nothing was taken on yet.
    pub(super) fn new(flow: Flow) -> Self {
        Self { flow, seen: Mutex::default(), tasks: TaskTracker::new(), give_up: CancellationToken::new() }
    }

    /// What answers them.
    pub(super) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Takes an interaction on, unless it came before.
    pub(super) fn take(self: &std::sync::Arc<Self>, inbound: Inbound) {
        let kind = match inbound.wish {
            Wish::Command(_) => "command",
            Wish::Complete { .. } => "completion",
            Wish::Press { .. } => "button",
            Wish::Submit { .. } => "form",
        };
        // A panic elsewhere cannot have left it in disorder: an id goes in whole.
        if !self.seen.lock().unwrap_or_else(PoisonError::into_inner).first(inbound.id) {
            count(kind, "duplicate");
            return;
        }
        let (intake, fate) = (std::sync::Arc::clone(self), Fate { kind, outcome: None });
        let span = info_span!("interaction", interaction.id = inbound.id, interaction.kind = kind);
        self.spawn(async move { fate.is(intake.flow.handle(inbound).await) }.instrument(span));
    }

    /// Does something beside the rest, which is finished before we stop.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let give_up = self.give_up.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = give_up.cancelled() => {}
                done = AssertUnwindSafe(work).catch_unwind() => {
                    if done.is_err() {
                        error!("A reply to Discord broke off");
                    }
                }
            }
        });
    }

    /// Lets replies under way finish.
    pub(super) async fn drain(&self) {
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait()).await.is_err() {
            warn!(
                replies = self.tasks.len(),
                "Some replies to Discord were not finished in time and are dropped"
            );
            self.give_up.cancel();
            self.tasks.wait().await;
        }
    }
}

/// What became of an interaction; counted also when its task breaks off or is dropped at the end.
struct Fate {
    kind: &'static str,
    outcome: Option<Outcome>,
}

impl Fate {
    fn is(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        count(self.kind, self.outcome.map_or("dropped", Outcome::word));
    }
}

/// Counts how an interaction ended.
pub(super) fn count(kind: &'static str, outcome: &'static str) {
    debug!(kind, outcome, "An interaction ended");
    metrics::counter!("etsm_discord_interactions_total", "kind" => kind, "outcome" => outcome).increment(1);
}
