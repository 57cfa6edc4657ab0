//! The health configurations of all times: which ran when, and whether the present one may.
//!
//! Invariant: a version number always stands for the same rules, so that a score that names it can be made again.

use std::sync::Arc;

use crate::config::HealthRules;
use crate::domain::Act;
use crate::domain::How;
use crate::domain::utc_date;
use crate::engine::RulesHistory;
use crate::problem::Problem;
use crate::store::RulesRecord;
use crate::store::StoreError;

use super::desk::Desk;

/// Why the present health configuration may not run.
#[derive(Debug, thiserror::Error)]
pub enum RulesRefused {
    /// The version stands for other rules already.
    #[error(
        "the health configuration says version {version}, but other rules have run as version {taken} since {since}; \
         raise `version` in health.toml to {free}, so that each score says which rules made it"
    )]
    VersionTaken {
        /// What it says.
        version: u32,
        /// The version that stands against it.
        taken: u32,
        /// Since when that one ran.
        since: jiff::civil::Date,
        /// The lowest version that is free.
        free: u32,
    },
    /// The store did not take or tell them.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// Records the present health configuration when it is new, so that the scores of its time can be made again; to be
    /// called before [`Desk::load`]. `text` is what the rules were read from.
    pub async fn adopt_rules(&self, text: &str, how: How) -> Result<(), RulesRefused> {
        let rules = Arc::clone(self.snapshot().rules());
        let turn = self.publisher.turn().await?;
        let known = self.store().health_rules().await?;
        if is_new(&known, &rules)? {
            let (since, version, text) = (self.clock().now(), rules.version, text.to_owned());
            let act = Act::of_service(how, since);
            self.store().add_health_rules(&RulesRecord { since, version, text }, &act).await?;
        }
        drop(turn);
        Ok(())
    }

    /// The text of the health configuration that came into force last; `None` when none was recorded.
    pub async fn present_rules_text(&self) -> Result<Option<String>, Problem> {
        let known = self.store().health_rules().await;
        let known = known.map_err(|failed| {
            Problem::internal(anyhow::Error::new(failed).context("reading the health configuration"))
        })?;
        Ok(known.into_iter().next_back().map(|record| record.text))
    }
}

/// Whether a configuration has to be recorded: it is not when it is the one that ran last.
pub(super) fn is_new(known: &[RulesRecord], present: &HealthRules) -> Result<bool, RulesRefused> {
    let same = |record: &RulesRecord| HealthRules::parse(&record.text).is_ok_and(|rules| rules == *present);
    if known.last().is_some_and(same) {
        return Ok(false);
    }
    let newest = known.iter().max_by_key(|record| record.version);
    let named = known.iter().find(|record| record.version == present.version);
    // One that ran before may come back; a new one has to count on.
    let against = match named {
        Some(record) if same(record) => None,
        Some(record) => Some(record),
        None => newest.filter(|record| record.version > present.version),
    };
    match against {
        None => Ok(true),
        Some(record) => Err(RulesRefused::VersionTaken {
            version: present.version,
            taken: record.version,
            since: utc_date(record.since),
            free: newest.map_or(1, |record| record.version) + 1,
        }),
    }
}

/// The rules of all times, the present ones last. Recorded ones that no longer read are left out.
pub(super) fn history(
    known: &[RulesRecord],
    present: &Arc<HealthRules>,
    now: jiff::Timestamp,
) -> RulesHistory {
    let read = |record: &RulesRecord| match HealthRules::parse(&record.text) {
        Ok(rules) => Some((record.since, Arc::new(rules))),
        Err(mistakes) => {
            let mistake = mistakes.first().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(
                rules.version = record.version,
                mistake,
                "A recorded health configuration no longer reads"
            );
            None
        }
    };
    let mut read: Vec<_> = known.iter().filter_map(read).collect();
    match read.pop() {
        None => RulesHistory::alone(Arc::clone(present)),
        Some((since, last)) if last == *present => RulesHistory::new(read, (since, Arc::clone(present))),
        Some(other) => {
            read.push(other);
            RulesHistory::new(read, (now, Arc::clone(present)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../config/health.toml");

    fn text(version: u32, weight: u32) -> String {
        FILE.replacen("version = 2", &format!("version = {version}"), 1).replacen(
            "weight = 15",
            &format!("weight = {weight}"),
            1,
        )
    }

    fn record(second: i64, version: u32, weight: u32) -> RulesRecord {
        let since = jiff::Timestamp::from_second(second).unwrap();
        RulesRecord { since, version, text: text(version, weight) }
    }

    #[track_caller]
    fn check(known: &[(u32, u32)], present: (u32, u32), expected: &str) {
        let known: Vec<RulesRecord> =
            (1..).zip(known).map(|(at, (version, weight))| record(at * 86_400, *version, *weight)).collect();
        let present = HealthRules::parse(&text(present.0, present.1)).unwrap();
        let said = is_new(&known, &present).map(|new| if new { "new" } else { "known" }.to_owned());
        assert_eq!(said.unwrap_or_else(|refused| refused.to_string()), expected);
    }

    #[test]
    fn a_version_stands_for_the_same_rules_for_ever() {
        check(&[], (2, 15), "new");
        check(&[(2, 15)], (2, 15), "known");
        check(&[(2, 15)], (3, 16), "new");
        check(&[(2, 15), (3, 16)], (2, 15), "new");
        check(
            &[(2, 15), (5, 16)],
            (2, 20),
            "the health configuration says version 2, but other rules have run as version 2 since 1970-01-02; raise \
             `version` in health.toml to 6, so that each score says which rules made it",
        );
        check(
            &[(2, 15), (5, 16)],
            (4, 20),
            "the health configuration says version 4, but other rules have run as version 5 since 1970-01-03; raise \
             `version` in health.toml to 6, so that each score says which rules made it",
        );
    }

    #[test]
    fn words_that_change_nothing_need_no_new_version() {
        let commented = format!("# Ours\n{}", text(2, 15));
        assert!(!is_new(&[record(1, 2, 15)], &HealthRules::parse(&commented).unwrap()).unwrap());
    }

    #[test]
    fn recorded_rules_judge_their_time() {
        let present = Arc::new(HealthRules::parse(&text(3, 16)).unwrap());
        let second = |at| jiff::Timestamp::from_second(at).unwrap();
        let versions = |known: &[RulesRecord]| {
            let history = history(known, &present, second(90));
            [0, 15, 25, 95].map(|at| history.at(second(at)).version)
        };
        assert_eq!(versions(&[]), [3, 3, 3, 3]);
        assert_eq!(versions(&[record(10, 2, 15), record(20, 3, 16)]), [2, 2, 3, 3]);
        assert_eq!(versions(&[record(10, 2, 15)]), [2, 2, 2, 3]);
        let odd = RulesRecord { text: "version = nothing".into(), ..record(20, 9, 9) };
        assert_eq!(versions(&[record(10, 2, 15), odd]), [2, 2, 2, 3]);
    }
}
