//! Novelty: how far a point lies from everything like it that was seen before.
//!
//! Invariant: at most [`LEADERS_MAX`] points are kept, however long the series.

/// Most points kept of the past. More find no more; with half, series of many shapes forget what they knew.
const LEADERS_MAX: usize = 64;
/// The least share with which a leader moves towards a point it stands for, so that it can follow a drift.
const FOLLOW_MIN: f64 = 0.05;

/// Leader clustering (Hartigan 1975, ch. 3): each point belongs to the nearest leader, or leads itself when
/// none is near.
///
/// It is the cheap form of nearest-neighbour novelty: the distance to the nearest leader is small for what was there
/// before, once or often, and large for what never was. The leader unused for longest makes room.
#[derive(Debug, Clone)]
pub(super) struct Leaders<const N: usize> {
    leaders: Vec<Leader<N>>,
    row: u32,
}

#[derive(Debug, Clone)]
struct Leader<const N: usize> {
    at: [f64; N],
    visits: u32,
    last_row: u32,
}

impl<const N: usize> Leaders<N> {
    pub(super) fn new() -> Self {
        Self { leaders: Vec::new(), row: 0 }
    }

    /// The greatest difference in any coordinate between `point` and the nearest leader; then learns the point.
    /// Points within `radius` are alike.
    pub(super) fn distance(&mut self, point: [f64; N], radius: f64) -> f64 {
        self.row = self.row.saturating_add(1);
        let nearest = self
            .leaders
            .iter_mut()
            .map(|leader| (apart(&leader.at, &point), leader))
            .min_by(|(one, _), (other, _)| one.total_cmp(other));
        match nearest {
            Some((distance, leader)) if distance <= radius => {
                leader.follow(&point, self.row);
                distance
            }
            other => {
                let distance = other.map_or(0.0, |(distance, _)| distance);
                self.lead(point);
                distance
            }
        }
    }

    fn lead(&mut self, point: [f64; N]) {
        if self.leaders.len() >= LEADERS_MAX {
            let oldest = self.leaders.iter().enumerate().min_by_key(|(_, leader)| leader.last_row);
            if let Some((place, _)) = oldest {
                self.leaders.swap_remove(place);
            }
        }
        self.leaders.push(Leader { at: point, visits: 1, last_row: self.row });
    }
}

impl<const N: usize> Leader<N> {
    fn follow(&mut self, point: &[f64; N], row: u32) {
        self.visits = self.visits.saturating_add(1);
        self.last_row = row;
        let share = (1.0 / f64::from(self.visits)).max(FOLLOW_MIN);
        for (own, other) in self.at.iter_mut().zip(point) {
            *own += share * (other - *own);
        }
    }
}

fn apart<const N: usize>(one: &[f64; N], other: &[f64; N]) -> f64 {
    one.iter().zip(other).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_once_is_no_longer_new() {
        let mut leaders = Leaders::new();
        assert_eq!(leaders.distance([0.0, 0.0], 1.0), 0.0);
        assert_eq!(leaders.distance([9.0, 3.0], 1.0), 9.0);
        assert!(leaders.distance([9.5, 3.0], 1.0) <= 0.5);
        assert!(leaders.distance([0.0, 0.5], 1.0) <= 0.5);
    }

    #[test]
    fn a_leader_follows_a_drift_without_surprise() {
        let mut leaders = Leaders::new();
        let most = (0..4000).map(|row| leaders.distance([f64::from(row) * 0.01], 1.0)).fold(0.0, f64::max);
        assert!(most < 1.1, "{most}");
    }

    #[test]
    fn memory_is_bounded_and_the_unused_is_forgotten_first() {
        let mut leaders = Leaders::new();
        for row in 0..10_000 {
            leaders.distance([f64::from(row) * 10.0], 1.0);
            leaders.distance([-50.0], 1.0);
        }
        assert_eq!(leaders.leaders.len(), LEADERS_MAX);
        assert_eq!(leaders.distance([-50.0], 1.0), 0.0);
        assert!(leaders.distance([0.0], 1.0) > 40.0);
    }
}
