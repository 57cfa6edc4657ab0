//! The simulated portfolio: written through the same store as real data.

use anyhow::Context;
use jiff::Timestamp;
use tracing::info;

use crate::answers::Desk;
use crate::config::DigestSettings;
use crate::domain::Act;
use crate::domain::Asker;
use crate::domain::Audience;
use crate::domain::AuditKind;
use crate::domain::Destination;
use crate::domain::Grain;
use crate::domain::How;
use crate::domain::LatePolicy;
use crate::domain::Person;
use crate::domain::Role;
use crate::domain::Scope;
use crate::domain::Timing;
use crate::ingest::simulate::Simulated;
use crate::ingest::simulate::SimulationPlan;
use crate::jobs::simulated::GoingOn;
use crate::store::Entered;
use crate::store::Intake;
use crate::store::Keep;

/// Rows in one commit; a commit costs one sync of the disk.
const BATCH_ROWS: usize = 10_000;

/// The digest that is there from the first minute on.
const FIRST_DIGEST: &str = "monday";

/// Under which name the plan is kept, so that the portfolio goes on after a restart as it would have without one.
const PLAN: &str = "simulated portfolio";

/// What portfolio to make.
#[derive(Debug, Clone, Copy)]
pub struct DemoPlan {
    /// How many accounts.
    pub accounts: u16,
    /// How many days of history; they end now.
    pub days: u16,
    /// The same seed makes the same portfolio.
    pub seed: u64,
}

/// Digests that come to the page.
pub(super) fn demo_digests() -> Vec<DigestSettings> {
    let digest = |name: &str, cron: &str, zone: &str| DigestSettings {
        name: name.parse().expect("a word is a name"),
        timing: Timing::new(cron, zone, Timestamp::UNIX_EPOCH).expect("a timing that tests have seen"),
        scope: "portfolio".into(),
        to: Destination::Page,
        catch_up: DigestSettings::CATCH_UP,
        policy: LatePolicy::SendLate,
        place: "the demo".into(),
    };
    vec![
        digest(FIRST_DIGEST, "0 8 * * MON", "Europe/Zurich"),
        digest("daily", "30 8 * * 1-5", "Europe/Zurich"),
    ]
}

/// Orders a digest when there is none yet, so that a visitor need not wait for Monday.
pub(super) async fn order_first_digest(desk: &Desk) -> anyhow::Result<()> {
    if !desk.store().newest_digests(1).await.context("looking for digests")?.is_empty() {
        return Ok(());
    }
    let asker = Asker {
        person: Person::new("the demo").context("naming who orders")?,
        role: Role::Admin,
        sees: Scope::All,
        changes: Scope::All,
        audience: Audience::AskerOnly,
        way: How::Start.into(),
    };
    let ordered = desk.ask_line(&asker, &format!("digest run {FIRST_DIGEST}")).await;
    ordered.context("ordering a first digest").map(drop)
}

impl DemoPlan {
    /// Writes the portfolio into the desk's store, unless it holds one already; what goes on from there, when it was
    /// made here.
    pub(super) async fn fill(self, desk: &Desk) -> anyhow::Result<Option<GoingOn>> {
        let store = desk.store();
        if store.counts().await.context("looking into the store")?.usage_rows > 0 {
            info!("The data folder holds a portfolio already; it is shown as it is");
            let kept = store.kept(PLAN).await.context("looking for the plan of the portfolio")?;
            let plan = kept.as_deref().and_then(read_plan);
            return Ok(plan.map(|plan| GoingOn::new(Simulated::new(&plan))));
        }
        let now = desk.clock().now();
        let until = Grain::Hour.floor(now);
        let plan = SimulationPlan { accounts: self.accounts, days: self.days, seed: self.seed, until };
        let made = Simulated::new(&plan);
        store.keep(PLAN, &plan_text(&plan)).await.context("keeping the plan of the portfolio")?;
        let intake = |kind, what: &str| {
            let act = Act::of_service(How::Start, now);
            Intake::new(act, kind, what).about("simulated", true)
        };
        let accounts = intake(AuditKind::ImportAccounts, "simulated accounts");
        store.put_accounts(&made.accounts, Entered::Within(&accounts)).await.context("writing accounts")?;
        store.end_intake(&accounts).await.context("writing accounts")?;
        let usage = intake(AuditKind::ImportUsage, "simulated usage");
        let mut writer = store.usage_writer(Keep::Yes, usage).await.context("beginning to write usage")?;
        let mut batch = Vec::with_capacity(BATCH_ROWS * 2);
        for (_, rows) in made.usage() {
            batch.extend(rows);
            while batch.len() >= BATCH_ROWS {
                let rest = batch.split_off(BATCH_ROWS);
                writer.record(&batch, &[]).await.context("writing usage")?;
                batch = rest;
            }
        }
        writer.record(&batch, &[]).await.context("writing usage")?;
        writer.finish(None).await.context("writing usage")?;
        for mark in &made.watermarks {
            let marks = intake(AuditKind::ImportUsage, "simulated usage");
            let writer =
                store.usage_writer(Keep::Yes, marks).await.context("beginning to write watermarks")?;
            writer.finish(Some(mark.clone())).await.context("writing watermarks")?;
        }
        let initiatives = intake(AuditKind::ImportInitiatives, "simulated initiatives");
        let written = store.put_initiatives(&made.initiatives, Entered::Within(&initiatives)).await;
        written.context("writing initiatives")?;
        store.end_intake(&initiatives).await.context("writing initiatives")?;
        store.add_notes(&made.notes, &Act::of_service(How::Start, now)).await.context("writing notes")?;
        Ok(Some(GoingOn::new(made)))
    }
}

fn plan_text(plan: &SimulationPlan) -> String {
    let SimulationPlan { accounts, days, seed, until } = plan;
    format!("{accounts} {days} {seed} {until}")
}

fn read_plan(text: &str) -> Option<SimulationPlan> {
    let mut parts = text.split(' ');
    let (accounts, days) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (seed, until) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(SimulationPlan { accounts, days, seed, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_as_written() {
        let until = "2026-06-17T14:00:00Z".parse().unwrap();
        let plan = SimulationPlan { accounts: 60, days: 420, seed: 7, until };
        assert_eq!(read_plan(&plan_text(&plan)), Some(plan));
        assert_eq!(read_plan("60 420"), None);
    }
}
