//! Composed digests as a reader sees them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::domain::Currency;
use crate::engine::HealthRules;
use crate::engine::Snapshot;
use crate::engine::SourceMark;
use crate::ingest::simulate::Simulated;
use crate::ingest::simulate::SimulationPlan;
use crate::render::console;
use crate::writer::People;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The portfolio of `etsm demo`, as it was at `until`.
fn demo(until: &str) -> Arc<Snapshot> {
    let plan = SimulationPlan { accounts: 24, days: 200, seed: 7, until: at(until) };
    let made = Simulated::new(&plan);
    let mut draft = Snapshot::empty(Arc::new(HealthRules::default_rules()), Currency::USD).draft();
    draft.accounts(made.accounts.clone());
    for (account, rows) in made.usage() {
        draft.usage(account, rows);
    }
    draft.initiatives(made.initiatives.clone());
    draft.watermarks(
        made.watermarks
            .iter()
            .map(|(source, watermark)| SourceMark { source: source.clone(), watermark: *watermark })
            .collect(),
    );
    Arc::new(draft.finish(1, at(until)))
}

fn composed(
    snapshot: &Arc<Snapshot>,
    scope: &DigestScope,
    since: Option<&Remembered>,
    now: &str,
) -> Composed {
    let commission = Commission {
        name: "monday",
        scope,
        since,
        now: at(now),
        snapshot: scope.cut(snapshot),
        writer: None,
        people: People::Hidden,
        deadline: Duration::from_secs(30),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(compose(commission)).unwrap()
}

fn shown(composed: &Composed) -> String {
    let style = console::Style { color: false, width: 100, public_url: None };
    console::answer(&composed.answer, &style)
}

#[test]
fn the_first_digest_of_the_demo() {
    let snapshot = demo("2026-11-23T07:00:00Z");
    let digest = composed(&snapshot, &DigestScope::Portfolio, None, "2026-11-23T08:00:00Z");
    println!("{}", shown(&digest));
    let later = demo("2026-11-30T07:00:00Z");
    let digest = composed(&later, &DigestScope::Portfolio, Some(&digest.remembers), "2026-11-30T08:00:00Z");
    println!("{}", shown(&digest));
    let digest = composed(&later, &DigestScope::Portfolio, Some(&digest.remembers), "2026-11-30T08:00:00Z");
    println!("{}", shown(&digest));
    let owner: DigestScope = "owner:dana".parse().unwrap();
    println!("{}", shown(&composed(&later, &owner, None, "2026-11-30T08:00:00Z")));
}
