//! The simulated portfolio going on in real time: what an hour comes to grows while it passes.
//!
//! Invariant: an hour's usage hangs on the plan and the hour alone, and a statement of it replaces the one before. So what
//! is stored after a restart, however often, is what would be there without.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use jiff::RoundMode;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::TimestampRound;
use jiff::Unit;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::answers::Desk;
use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::Grain;
use crate::domain::How;
use crate::domain::Money;
use crate::domain::SourceId;
use crate::domain::SourceKind;
use crate::domain::UsageRow;
use crate::ingest::simulate::Simulated;
use crate::store::Intake;
use crate::store::PushWriter;
use crate::store::SourceTry;
use crate::store::StoreError;

/// How often new usage comes: often enough that an open page is seen to live.
const EVERY: Duration = Duration::from_secs(15);
/// Hours in one commit while what passed without the program is made up for.
const HOURS_AT_ONCE: usize = 24;

/// A simulated portfolio that goes on.
pub struct GoingOn {
    made: Arc<Simulated>,
    /// The hour that is entered into the audit log when it is over.
    entering: Option<(Timestamp, Intake)>,
}

/// What is new of one of its sources.
struct News {
    source: SourceId,
    hours: Vec<Timestamp>,
    until: Timestamp,
}

impl GoingOn {
    /// From where its stored usage ends.
    #[must_use]
    pub fn new(made: Simulated) -> Self {
        Self { made: Arc::new(made), entering: None }
    }

    /// Goes on until `stop` fires.
    pub async fn run(mut self, desk: Desk, stop: CancellationToken) -> anyhow::Result<()> {
        let mut writer = desk.store().push_writer();
        loop {
            let begun = Instant::now();
            if let Err(failed) = self.tick(&desk, &mut writer).await {
                // A full or busy database: what is missing comes with the next tick.
                warn!(error = format!("{failed:#}"), "The simulated portfolio could not go on");
            }
            metrics::histogram!("etsm_source_round_seconds", "source" => "simulated").record(begun.elapsed());
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        self.enter(&desk, None).await.context("entering simulated usage")
    }

    /// Brings both sources up to now.
    async fn tick(&mut self, desk: &Desk, writer: &mut PushWriter) -> anyhow::Result<()> {
        // To the second: nobody wants to read more of a watermark.
        let second = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
        let now = desk.clock().now().round(second).context("looking at the clock")?;
        let marks = desk.store().watermarks().await.context("looking how far simulated usage is")?;
        let mark = |source: &SourceId| marks.iter().find(|(one, _)| one == source).map(|(_, at)| *at);
        let (prompt, (late, by)) = self.made.sources();
        let due = [(prompt.clone(), now), (late.clone(), Grain::Hour.floor(now) - by)];
        for (source, until) in due {
            let Some(from) = mark(&source).filter(|from| *from < until) else { continue };
            let hours = hours(from, until);
            for some in hours.chunks(HOURS_AT_ONCE) {
                let end = some.last().map_or(until, |last| Grain::Hour.next(*last)).min(until);
                let news = News { source: source.clone(), hours: some.to_vec(), until: end };
                self.keep(desk, writer, news, now).await?;
            }
        }
        desk.show_committed().await.context("showing simulated usage")
    }

    async fn keep(
        &mut self,
        desk: &Desk,
        writer: &mut PushWriter,
        news: News,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let News { source, hours, until } = news;
        self.enter(desk, Some(now)).await.context("entering simulated usage")?;
        let (made, of) = (Arc::clone(&self.made), source.clone());
        let making = tokio::task::spawn_blocking(move || {
            let rows = hours.iter().flat_map(|hour| made.hour(*hour)).filter(|row| row.source == of);
            rows.filter_map(|row| so_far(row, until)).collect::<Vec<UsageRow>>()
        });
        let rows = making.await.context("making simulated usage")?;
        let Some((_, intake)) = &self.entering else { return Ok(()) };
        let commit = async {
            let mut group = writer.begin().await?;
            let recorded = group.record(&rows, &[]).await?;
            group.within(intake, &recorded).await?;
            group.advance(&source, Some(until), now).await?;
            let came = Ok(recorded.accepted + recorded.replaced);
            let kind = SourceKind::Simulated;
            group.note(&SourceTry { source, kind, at: now, came, next: None, note: None }).await?;
            Ok(((), group.commit().await?))
        };
        desk.commit_usage(commit).await.context("keeping simulated usage")
    }

    /// Enters an hour that is over into the audit log as one, and begins the next.
    async fn enter(&mut self, desk: &Desk, now: Option<Timestamp>) -> Result<(), StoreError> {
        let hour = now.map(|now| Grain::Hour.floor(now));
        if self.entering.as_ref().map(|(of, _)| *of) == hour {
            return Ok(());
        }
        if let Some((_, over)) = self.entering.take() {
            desk.store().end_intake(&over).await?;
        }
        self.entering = hour.zip(now).map(|(hour, now)| {
            let act = Act::of_service(How::Source, now);
            let intake = Intake::new(act, AuditKind::ImportUsage, "simulated usage");
            (hour, intake.about("simulated", true))
        });
        Ok(())
    }
}

/// The hours of a span, the first and the last perhaps in part.
fn hours(from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let first = Grain::Hour.floor(from);
    std::iter::successors(Some(first), |at| Some(Grain::Hour.next(*at)))
        .take_while(|at| *at < until)
        .collect()
}

/// What has come of an hour's row by an instant within the hour; all of it from its end on.
fn so_far(row: UsageRow, until: Timestamp) -> Option<UsageRow> {
    let hour = SignedDuration::from_hours(1).as_secs();
    let passed = until.duration_since(row.at).as_secs().clamp(0, hour);
    if passed == hour {
        return Some(row);
    }
    let part =
        |count: u64| (u128::from(count) * passed.unsigned_abs() as u128 / hour.unsigned_abs() as u128) as u64;
    let mut row = row;
    for kind in [&mut row.tokens.input, &mut row.tokens.output, &mut row.tokens.cached] {
        *kind = kind.map(part);
    }
    row.used.api_calls = part(row.used.api_calls);
    row.used.errors = row.used.errors.map(part);
    row.used.tokens = part(row.used.tokens);
    row.used.cost = Money::from_micros(part(row.used.cost.micros.unsigned_abs()) as i64);
    (row.used.api_calls > 0).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    use crate::domain::Clock;
    use crate::domain::Currency;
    use crate::engine::Engine;
    use crate::ingest::simulate::SimulationPlan;
    use crate::store::Keep;
    use crate::store::Store;

    struct Hand(Mutex<Timestamp>);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    struct World {
        desk: Desk,
        hand: Arc<Hand>,
        going: GoingOn,
        writer: PushWriter,
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const END: &str = "2026-06-17T14:00:00Z";

    impl World {
        async fn new() -> Self {
            let store = Store::in_memory().await.unwrap();
            let hand = Arc::new(Hand(Mutex::new(at(END))));
            let engine = Engine::new(Arc::new(crate::config::HealthRules::default_rules()), Currency::USD);
            let desk = Desk::new(Arc::new(engine), store.clone(), Arc::clone(&hand) as Arc<dyn Clock>);
            let plan = SimulationPlan { accounts: 12, days: 30, seed: 7, until: at(END) };
            let made = Simulated::new(&plan);
            let act = Act::of_service(How::Start, at(END));
            for mark in &made.watermarks {
                let intake = Intake::new(act.clone(), AuditKind::ImportUsage, "start");
                let writer = store.usage_writer(Keep::Yes, intake).await.unwrap();
                writer.finish(Some(mark.clone())).await.unwrap();
            }
            desk.load().await.unwrap();
            Self { writer: store.push_writer(), desk, hand, going: GoingOn::new(made) }
        }

        async fn tick(&mut self, now: &str) {
            *self.hand.0.lock().unwrap() = at(now);
            self.going.tick(&self.desk, &mut self.writer).await.unwrap();
        }

        /// Calls of all accounts and sources, as shown.
        fn calls(&self) -> u64 {
            let snapshot = self.desk.snapshot();
            let all =
                crate::domain::Window::new(at("2026-06-01T00:00:00Z"), at("2026-07-01T00:00:00Z")).unwrap();
            let filter = crate::domain::UsageFilter::default();
            snapshot.totals(&filter, all).api_calls
        }
    }

    #[tokio::test]
    async fn it_comes_to_the_same_however_often_it_ticks_and_starts() {
        let (mut one, mut other) = (World::new().await, World::new().await);
        for now in
            ["2026-06-17T14:00:10Z", "2026-06-17T14:31:07Z", "2026-06-17T14:59:59Z", "2026-06-17T15:20:00Z"]
        {
            one.tick(now).await;
        }
        // Started again, with another plan object and nothing remembered.
        let plan = SimulationPlan { accounts: 12, days: 30, seed: 7, until: at(END) };
        one.going = GoingOn::new(Simulated::new(&plan));
        one.tick("2026-06-18T09:00:00Z").await;
        other.tick("2026-06-18T09:00:00Z").await;
        assert_eq!(one.calls(), other.calls());
        assert!(one.calls() > 0);
        let rows = |world: &World| world.desk.store().clone();
        assert_eq!(rows(&one).counts().await.unwrap(), rows(&other).counts().await.unwrap());
        one.tick("2026-06-18T09:00:00Z").await;
        assert_eq!(one.calls(), other.calls(), "a tick without time adds nothing");
    }

    #[tokio::test]
    async fn figures_grow_and_the_watermark_moves_with_the_clock() {
        let mut world = World::new().await;
        let mut calls = vec![world.calls()];
        for now in ["2026-06-17T14:20:00Z", "2026-06-17T14:40:00Z", "2026-06-17T14:59:00Z"] {
            world.tick(now).await;
            assert_eq!(world.desk.snapshot().as_of(), Some(at(now)));
            calls.push(world.calls());
        }
        assert!(calls.is_sorted_by(|one, next| one < next), "{calls:?}");
        // The late one is as late as before, and the clock may go back.
        world.tick("2026-06-17T13:00:00Z").await;
        world.tick("2026-06-17T16:00:00Z").await;
        let marks = world.desk.store().watermarks().await.unwrap();
        let late = marks.iter().find(|(source, _)| source.as_str() == "batch-export").unwrap();
        assert_eq!(late.1, at("2026-06-17T07:00:00Z"));
        let courses = world.desk.store().source_courses().await.unwrap();
        assert!(
            courses.iter().all(|course| course.kind == SourceKind::Simulated && course.trouble().is_none())
        );
    }
}
