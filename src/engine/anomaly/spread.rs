//! Running middle and spread that a few wild values do not move.

/// Rows during which everything is believed, since nothing is known of what is wild.
const WARM: u32 = 10;
/// How many spreads from the middle a value may pull.
const PULL_MAX: f64 = 4.0;
/// Rows the spread looks back over.
const MEMORY: u32 = 4_000;
/// Spread taken as none, as a share of the middle: the resolution of figures printed with nine digits.
const RESOLUTION: f64 = 1e-9;

/// An exponential mean and mean distance from it, each pulled by at most four spreads (Huber 1964).
#[derive(Debug, Clone, Default)]
pub(super) struct Spread {
    rows: u32,
    middle: f64,
    distance: f64,
}

impl Spread {
    /// Learns `value` and returns the mean distance from the middle, never zero.
    pub(super) fn learn(&mut self, value: f64) -> f64 {
        self.rows = self.rows.saturating_add(1);
        if self.rows == 1 {
            self.middle = value;
        } else {
            let pull = if self.rows < WARM { f64::MAX } else { PULL_MAX * self.unit() };
            let away = (value - self.middle).clamp(-pull, pull);
            let share = 1.0 / f64::from(self.rows.min(MEMORY));
            self.middle += share * away;
            self.distance += share * (away.abs() - self.distance);
        }
        self.unit()
    }

    fn unit(&self) -> f64 {
        self.distance.max(resolution(self.middle))
    }
}

/// The smallest difference that can be told from none beside `level`.
pub(super) fn resolution(level: f64) -> f64 {
    (RESOLUTION * level.abs()).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_a_constant_is_small_and_not_zero() {
        let mut spread = Spread::default();
        for _ in 0..100 {
            let unit = spread.learn(1e18);
            assert!(unit > 0.0 && unit < 1e10, "{unit}");
        }
    }

    #[test]
    fn wild_values_hardly_move_it() {
        let mut spread = Spread::default();
        let calm = (0..1000).map(|row| spread.learn(f64::from(row % 10))).last().unwrap();
        let wild = (0..20).map(|_| spread.learn(1e12)).last().unwrap();
        assert!((2.0..3.0).contains(&calm), "{calm}");
        assert!(wild < 1.5 * calm, "{calm} {wild}");
    }
}
