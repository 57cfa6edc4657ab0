//! The health configurations that were in force, one after the other; each is parsed by `config`.

use std::sync::Arc;

use jiff::Timestamp;

pub use crate::config::{FactorRules, HealthRules};

/// Which rules were in force when. A score is judged by the rules of its own time, so that history is data and rules,
/// and nothing else.
#[derive(Debug, Clone)]
pub struct RulesHistory {
    /// By the instant from which they hold; the first one also holds for all time before it. The last one is the
    /// present one.
    in_turn: Vec<(Timestamp, Arc<HealthRules>)>,
}

impl RulesHistory {
    /// One configuration for all time.
    #[must_use]
    pub fn alone(rules: Arc<HealthRules>) -> Self {
        Self { in_turn: vec![(Timestamp::MIN, rules)] }
    }

    /// Earlier configurations with the instants from which they held, in order, and the present one with its own. Of
    /// neighbours that are equal, the first one stands for both.
    #[must_use]
    pub fn new(
        earlier: impl IntoIterator<Item = (Timestamp, Arc<HealthRules>)>,
        present: (Timestamp, Arc<HealthRules>),
    ) -> Self {
        let mut in_turn: Vec<_> = earlier.into_iter().chain([present]).collect();
        in_turn.dedup_by(|next, kept| next.1 == kept.1);
        Self { in_turn }
    }

    /// The rules that judge the present.
    #[must_use]
    pub fn present(&self) -> &Arc<HealthRules> {
        let last = self.in_turn.last().expect("there is always a present one");
        &last.1
    }

    /// The rules in force at an instant.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> &Arc<HealthRules> {
        let after = self.in_turn.partition_point(|(since, _)| *since <= at);
        &self.in_turn[after.saturating_sub(1)].1
    }

    /// The changes: from when other rules held than before, and which.
    pub fn changes(&self) -> impl Iterator<Item = (Timestamp, &HealthRules)> {
        self.in_turn.iter().skip(1).map(|(since, rules)| (*since, rules.as_ref()))
    }

    /// The most days that any of them lets a band dwell.
    pub(super) fn dwell_max(&self) -> usize {
        self.in_turn.iter().map(|(_, rules)| rules.dwell_days).max().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_judged_by_its_own_rules() {
        let second = |at| Timestamp::from_second(at).unwrap();
        let rules = |version| Arc::new(HealthRules { version, ..HealthRules::default_rules() });
        let history =
            RulesHistory::new([(second(10), rules(1)), (second(20), rules(2))], (second(30), rules(2)));
        let versions: Vec<u32> = [0, 10, 19, 20, 99].map(|at| history.at(second(at)).version).into();
        assert_eq!(versions, [1, 1, 1, 2, 2]);
        assert_eq!(history.present().version, 2);
        assert_eq!(history.changes().map(|(at, _)| at).collect::<Vec<_>>(), [second(20)]);
    }
}
