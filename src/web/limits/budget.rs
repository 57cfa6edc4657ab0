//! So many in a minute: a bucket for each asker that fills again steadily.
//!
//! Invariant: memory is bounded whoever asks. An asker costs one entry until the bucket is full again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
/// Askers held at once; about 4 MB for each budget.
const HELD_MAX: usize = 65_536;

/// A budget that each asker has for itself.
pub(super) struct Budget<A> {
    /// What one request costs; `None` where as many may come as come.
    cost: Option<Duration>,
    /// When each asker's bucket is full again (the generic cell rate algorithm).
    full_at: Mutex<HashMap<A, Instant>>,
}

impl<A: Eq + Hash> Budget<A> {
    /// So many in a minute, which may also come at once.
    pub(super) fn a_minute(requests: u32) -> Self {
        let cost = (requests > 0).then(|| MINUTE / requests);
        Self { cost, full_at: Mutex::default() }
    }

    /// Takes one request out, or says how long to wait for it.
    pub(super) fn take(&self, asker: A, now: Instant) -> Result<(), Duration> {
        let Some(cost) = self.cost else { return Ok(()) };
        // Each entry is written whole, so a panic elsewhere left none half done.
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= HELD_MAX && !full_at.contains_key(&asker) {
            make_room(&mut full_at, now);
        }
        let owes_until = full_at.entry(asker).or_insert(now);
        let next = (*owes_until).max(now) + cost;
        let over = next.duration_since(now).saturating_sub(MINUTE);
        if !over.is_zero() {
            return Err(over);
        }
        *owes_until = next;
        Ok(())
    }
}

/// Forgets whose bucket is full. Where a flood of new askers leaves no room even then, all begin anew: that costs less than
/// a search through all of them for each request.
fn make_room<A: Eq + Hash>(full_at: &mut HashMap<A, Instant>, now: Instant) {
    full_at.retain(|_, at| *at > now);
    if full_at.len() > HELD_MAX / 2 {
        full_at.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_pass_at_once_and_then_one_at_a_time() {
        let budget = Budget::a_minute(6);
        let now = Instant::now();
        for _ in 0..6 {
            assert_eq!(budget.take("dana", now), Ok(()));
        }
        assert_eq!(budget.take("dana", now), Err(Duration::from_secs(10)));
        assert_eq!(budget.take("dana", now + Duration::from_secs(4)), Err(Duration::from_secs(6)));
        assert_eq!(budget.take("dana", now + Duration::from_secs(10)), Ok(()));
        assert_eq!(budget.take("dana", now + Duration::from_secs(10)), Err(Duration::from_secs(10)));
        assert_eq!(budget.take("omar", now), Ok(()), "everyone has a bucket of their own");
    }

    #[test]
    fn a_refusal_costs_nothing() {
        let budget = Budget::a_minute(1);
        let now = Instant::now();
        budget.take("dana", now).unwrap();
        for _ in 0..100 {
            assert_eq!(budget.take("dana", now), Err(MINUTE));
        }
        assert_eq!(budget.take("dana", now + MINUTE), Ok(()));
    }

    #[test]
    fn no_budget_is_no_limit() {
        let budget = Budget::a_minute(0);
        let now = Instant::now();
        assert!((0..10_000).all(|_| budget.take("dana", now).is_ok()));
        assert!(budget.full_at.lock().unwrap().is_empty());
    }

    #[test]
    fn a_flood_of_askers_is_not_remembered() {
        let budget = Budget::a_minute(60);
        let now = Instant::now();
        for asker in 0..3 * HELD_MAX {
            budget.take(asker, now).unwrap();
        }
        assert!(budget.full_at.lock().unwrap().len() <= HELD_MAX);
    }

    #[test]
    fn whoever_still_owes_is_remembered_when_others_are_forgotten() {
        let budget = Budget::a_minute(1);
        let now = Instant::now();
        for asker in 1..HELD_MAX {
            budget.take(asker, now).unwrap();
        }
        let later = now + MINUTE;
        budget.take(0, later).unwrap();
        budget.take(HELD_MAX, later).unwrap();
        assert!(budget.take(0, later).is_err());
        assert_eq!(budget.full_at.lock().unwrap().len(), 2);
    }
}
