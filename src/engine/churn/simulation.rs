//! Customers as the label-free model imagines them, from a seeded generator: what a test knows the truth of.

use super::dropout::Dropout;

/// A seeded generator (SplitMix64, Steele, Lea & Flood 2014).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// Evenly above 0 and up to 1.
    pub(super) fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((bits ^ (bits >> 31)) >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self) -> f64 {
        -self.even().ln()
    }

    fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.even()).cos()
    }

    /// Gamma with mean `shape` (Marsaglia & Tsang 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.even().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.even().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

/// The days in use, up to `last_day`, of `count` customers who came over the first half of the time, each day with
/// an amount. Several events on a day are one.
pub(super) fn customers(
    truth: &Dropout,
    count: u32,
    last_day: u32,
    chance: &mut Chance,
) -> Vec<Vec<(u32, f64)>> {
    (0..count)
        .map(|_| {
            let rate = chance.gamma(truth.r) / truth.alpha;
            let (leave, stay) = (chance.gamma(truth.a), chance.gamma(truth.b));
            let leaves = leave / (leave + stay);
            let mut at = chance.even() * f64::from(last_day) / 2.0;
            let mut days: Vec<(u32, f64)> = Vec::new();
            while at <= f64::from(last_day) {
                let day = at as u32;
                if days.last().is_none_or(|(last, _)| *last != day) {
                    days.push((day, 10.0 + 90.0 * chance.even()));
                }
                if chance.even() < leaves {
                    break;
                }
                at += chance.exponential() / rate;
            }
            days
        })
        .collect()
}
