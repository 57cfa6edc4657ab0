//! Hours with more errors than usual: of the whole platform, and of single accounts.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::domain::DAY_MS;
use crate::domain::HOUR_MS;

/// A span of hours in which calls failed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incident {
    from_ms: i64,
    to_ms: i64,
    /// Part of the calls that failed.
    rate: f64,
    /// Rank of the account it hit; `None` is everyone.
    account: Option<usize>,
}

/// Draws the incidents of the span that ends at `until_ms`.
pub(super) fn draw(accounts: usize, days: i64, until_ms: i64, rng: &mut ChaCha8Rng) -> Vec<Incident> {
    let mut incidents = Vec::new();
    // About one a quarter for everyone; the newest nine days ago.
    let mut ago = 9;
    while ago < days {
        let from_ms = until_ms - ago * DAY_MS - rng.random_range(0..24) * HOUR_MS;
        let to_ms = from_ms + rng.random_range(1..5) * HOUR_MS;
        incidents.push(Incident { from_ms, to_ms, rate: rng.random_range(0.06..0.24), account: None });
        ago += rng.random_range(60..110);
    }
    // One that still goes on, in the upper third of the accounts, and one for every six accounts over time.
    let account = Some(rng.random_range(0..accounts.div_ceil(3).max(1)));
    let from_ms = until_ms - rng.random_range(30..60) * HOUR_MS;
    incidents.push(Incident { from_ms, to_ms: until_ms, rate: 0.17, account });
    for _ in 0..accounts / 6 {
        let from_ms = until_ms - rng.random_range(48..(days * 24).max(49)) * HOUR_MS;
        incidents.push(Incident {
            from_ms,
            to_ms: from_ms + rng.random_range(3..40) * HOUR_MS,
            rate: rng.random_range(0.08..0.4),
            account: Some(rng.random_range(0..accounts)),
        });
    }
    incidents
}

/// The part of an account's calls that failed in the hour because of an incident.
pub(super) fn rate(incidents: &[Incident], account: usize, hour_ms: i64) -> f64 {
    let hits = |one: &&Incident| {
        one.from_ms <= hour_ms && hour_ms < one.to_ms && one.account.is_none_or(|hit| hit == account)
    };
    incidents.iter().filter(hits).map(|one| one.rate).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_hits_whom_and_when_it_should() {
        let incident = |account| Incident { from_ms: 2 * HOUR_MS, to_ms: 4 * HOUR_MS, rate: 0.1, account };
        let single = Incident { rate: 0.3, ..incident(Some(5)) };
        let both = [incident(None), single];
        let rates = |hour: i64| [rate(&both, 4, hour * HOUR_MS), rate(&both, 5, hour * HOUR_MS)];
        assert_eq!(
            [rates(1), rates(2), rates(3), rates(4)],
            [[0.0, 0.0], [0.1, 0.3], [0.1, 0.3], [0.0, 0.0]]
        );
    }
}
