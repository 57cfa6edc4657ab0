//! Asks a source again and again, at a pace that its far side likes.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::info;
use tracing::warn;

use crate::answers::Desk;
use crate::domain::SourceKind;
use crate::ingest::Again;
use crate::ingest::Source;
use crate::store::SourceTry;

use super::round::{self, Cut, Took};

/// How often it is looked whether a round is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// In the long run a source is called no more often than this.
const CALL_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Shortest and longest wait after a round that failed.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(1);
const AFTER_FAILURES_MAX: SignedDuration = SignedDuration::from_hours(1);
/// A person has to do something: looked for now and then, so that nobody has to tell us.
const AFTER_REFUSAL: SignedDuration = SignedDuration::from_mins(15);
/// The part of a wait that chance may add, so that several do not come back all at once.
const JITTER: f64 = 0.25;
/// Models end on days.
const MODELS_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How often and how far back a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long after a round the next one begins.
    pub every: SignedDuration,
    /// How far back the first round goes.
    pub history_days: u32,
    /// How much of the past each round asks for again.
    pub overlap_days: u32,
}

/// A source that is asked again and again.
pub struct Pulling {
    source: Arc<dyn Source>,
    pace: Pace,
    /// Rounds that failed one after the other.
    failures: u32,
    models_asked: Option<Timestamp>,
}

impl Pulling {
    /// Begins with the first round.
    #[must_use]
    pub fn new(source: Arc<dyn Source>, pace: Pace) -> Self {
        Self { source, pace, failures: 0, models_asked: None }
    }

    /// Asks until `stop` fires.
    pub async fn run(mut self, desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
        let mut next = self.first(&desk).await;
        loop {
            let now = desk.clock().now();
            if now >= next {
                next = tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    next = self.round(&desk) => next,
                };
            } else if next.duration_since(now) > self.longest_wait() {
                // The clock was set back.
                next = now + self.longest_wait();
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    fn longest_wait(&self) -> SignedDuration {
        self.pace.every.max(SignedDuration::from_hours(24))
    }

    /// A start asks at once, unless the last try was just now: programs that start again and again must not hammer.
    async fn first(&self, desk: &Desk) -> Timestamp {
        let now = desk.clock().now();
        let courses = desk.store().source_courses().await.unwrap_or_default();
        let own = courses.into_iter().find(|course| course.source == *self.source.id());
        own.map_or(now, |course| (course.tried + CALL_EVERY).min(now + CALL_EVERY))
    }

    /// One round, noted; when the next one is due.
    #[tracing::instrument(name = "source", skip_all, fields(source.id = %self.source.id()))]
    async fn round(&mut self, desk: &Desk) -> Timestamp {
        let (begun, mut took) = (Instant::now(), Took::default());
        let id = self.source.id().clone();
        let done = round::go(desk, self.source.as_ref(), self.pace, &mut took).await;
        if done.is_ok() {
            self.models(desk, &mut took).await;
        }
        let now = desk.clock().now();
        self.failures = if done.is_ok() { 0 } else { self.failures.saturating_add(1) };
        let pause = match &done {
            Ok(()) => self.pace.every,
            Err(Cut::Fault(fault)) => self.after(fault.again),
            Err(Cut::Store(_)) => self.after(Again::Soon),
        };
        let next = now + pause.max(CALL_EVERY * i32::try_from(took.calls).unwrap_or(i32::MAX));
        let outcome = if done.is_ok() { "taken" } else { "failed" };
        metrics::counter!("etsm_source_rounds_total", "source" => id.to_string(), "outcome" => outcome)
            .increment(1);
        metrics::histogram!("etsm_source_round_seconds", "source" => id.to_string()).record(begun.elapsed());
        let took_ms = begun.elapsed().as_millis();
        match &done {
            Ok(()) => info!(source = %id, rows = took.rows, took_ms, "Took {} rows from {id}", took.rows),
            // Both hold our own words alone.
            Err(cut) => warn!(source = %id, error = %cut, took_ms, "Could not take usage from {id}"),
        }
        let came = match done {
            Ok(()) => Ok(took.rows),
            Err(Cut::Fault(fault)) => Err(fault.words),
            Err(Cut::Store(_)) => Err("what came could not be kept; see the log".to_owned()),
        };
        let note = took.note.map(str::to_owned);
        let tried = SourceTry { source: id, kind: SourceKind::Pull, at: now, came, next: Some(next), note };
        if let Err(error) = desk.store().note_source(&tried).await {
            warn!(%error, "Could not note how it goes with a source");
        }
        next
    }

    fn after(&self, again: Again) -> SignedDuration {
        let doubled = AFTER_FAILURE * 2_i32.saturating_pow(self.failures.saturating_sub(1).min(10));
        let wait = match again {
            Again::Soon => doubled.min(AFTER_FAILURES_MAX),
            Again::After(wait) => wait.max(AFTER_FAILURE),
            Again::Person => AFTER_REFUSAL,
        };
        wait + SignedDuration::from_secs_f64(wait.as_secs_f64() * JITTER * rand::random::<f64>())
    }

    /// Asks once a day which models come to an end. It is no trouble of the source when that fails.
    async fn models(&mut self, desk: &Desk, took: &mut Took) {
        let now = desk.clock().now();
        if self.models_asked.is_some_and(|asked| now.duration_since(asked).abs() < MODELS_EVERY) {
            return;
        }
        self.models_asked = Some(now);
        took.calls += 1;
        match self.source.model_lives().await {
            Ok(lives) => {
                if let Err(error) = desk.record_model_lives(self.source.id().as_str(), &lives).await {
                    warn!(%error, "Could not keep which models come to an end");
                }
            }
            Err(fault) => info!(error = %fault, "Which models come to an end was not told"),
        }
    }
}
