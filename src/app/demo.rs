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
use crate::domain::How;
use crate::domain::LatePolicy;
use crate::domain::Person;
use crate::domain::Role;
use crate::domain::Scope;
use crate::domain::Timing;
use crate::ingest::simulate::Simulated;
use crate::ingest::simulate::SimulationPlan;
use crate::store::Entered;
use crate::store::Intake;
use crate::store::Keep;

/// Rows in one commit; a commit costs one sync of the disk.
const BATCH_ROWS: usize = 10_000;

/// The digest that is there from the first minute on.
const FIRST_DIGEST: &str = "monday";

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
    /// Writes the portfolio into the desk's store, unless it holds one already.
    pub(super) async fn fill(self, desk: &Desk) -> anyhow::Result<()> {
        let store = desk.store();
        if store.counts().await.context("looking into the store")?.usage_rows > 0 {
            info!("The data folder holds a portfolio already; it is shown as it is");
            return Ok(());
        }
        let until = desk.clock().now();
        let plan = SimulationPlan { accounts: self.accounts, days: self.days, seed: self.seed, until };
        let made = Simulated::new(&plan);
        let intake = |kind, what: &str| {
            let act = Act::of_service(How::Start, until);
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
        store.add_notes(&made.notes, &Act::of_service(How::Start, until)).await.context("writing notes")?;
        Ok(())
    }
}
