//! How rare a distance is among all distances before it, in nats: `-ln P(distance or more)`.
//!
//! Distances of different kinds and series become comparable here, and only here. Nothing of their unit is left.

/// Bins of the histogram: six an octave from [`SMALLEST`], enough for eight powers of ten.
const BINS: usize = 160;
/// Bins an octave: a bin is 12 % wide, finer than any distance is known.
const OCTAVE: f64 = 6.0;
/// A distance below this counts as none; distances are in units of the series' own spread.
const SMALLEST: f64 = 1e-3;
/// Part of the distances whose counts are taken as they are; beyond it the fitted tail speaks.
const BODY: f64 = 0.98;
/// What a tail is before it has shown itself: `1/γ = 4` moments exist, heavier than exponential, lighter than
/// spiky counts.
const PRIOR_INDEX: f64 = 0.25;
/// Weight of that prior, in observations of the tail: 1,500 rows weigh as much.
const PRIOR_WEIGHT: f64 = 30.0;
/// Thinnest tail believed: below it a step of one bin would already be a miracle.
const INDEX_MIN: f64 = 0.1;
/// Rows before anything can be called rare.
const WARM: u32 = 10;
/// Rows after which the older half of what was seen weighs half.
const MEMORY: f32 = 4_000.0;
/// Most that one view may say: `e⁻⁴⁰`. Beyond it lie faults of the model, not news.
const NATS_MAX: f64 = 40.0;

/// Counts of past distances in logarithmic bins.
///
/// Up to the 98 % quantile `u` the surprise is the negative logarithm of the share that was as far; beyond it
/// the tail is a power law, `P(D > d) = 2 % · (d/u)^(-1/γ)`, with `γ` the mean of `ln(d/u)` of what lay beyond
/// `u` (Hill 1975), drawn towards a prior while that is little.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    counts: [f32; BINS],
    total: f32,
    rows: u32,
}

impl Tail {
    pub(super) fn new() -> Self {
        Self { counts: [0.0; BINS], total: 0.0, rows: 0 }
    }

    /// The surprise of `distance`, finite and in `0..=40`, from those before it; then remembers it.
    pub(super) fn surprise(&mut self, distance: f64) -> f64 {
        let bin = bin(distance);
        let nats = if self.rows < WARM { 0.0 } else { self.nats(distance, bin) };
        self.remember(bin);
        nats.clamp(0.0, NATS_MAX)
    }

    fn nats(&self, distance: f64, bin: usize) -> f64 {
        let total = f64::from(self.total);
        let allowed = (1.0 - BODY) * total;
        // From the far end down to the bin in which the quantile lies.
        let (mut quantile, mut beyond, mut bins_beyond) = (0, 0.0, 0.0);
        for (place, count) in self.counts.iter().enumerate().rev() {
            let count = f64::from(*count);
            if beyond + count > allowed {
                quantile = place;
                break;
            }
            beyond += count;
            bins_beyond += count * place as f64;
        }
        if bin <= quantile {
            let here = f64::from(self.counts[bin]);
            let farther: f32 = self.counts[bin + 1..].iter().sum();
            return -((f64::from(farther) + 0.5 * here + 0.5) / (total + 1.0)).ln();
        }
        let octaves = (bins_beyond - beyond * (quantile as f64 + 0.5)) / OCTAVE;
        let logs = octaves * std::f64::consts::LN_2;
        let index = (logs + PRIOR_WEIGHT * PRIOR_INDEX) / (beyond + PRIOR_WEIGHT);
        let excess = (distance / upper_edge(quantile)).ln().max(0.0);
        // Of few rows none can be as rare as the quantile: the farthest of ten is one of ten.
        -(1.0 - BODY).max(1.0 / (total + 1.0)).ln() + excess / index.max(INDEX_MIN)
    }

    fn remember(&mut self, bin: usize) {
        self.rows = self.rows.saturating_add(1);
        self.counts[bin] += 1.0;
        self.total += 1.0;
        if self.total > MEMORY {
            for count in &mut self.counts {
                *count *= 0.5;
            }
            self.total *= 0.5;
        }
    }
}

fn bin(distance: f64) -> usize {
    // The first bin holds what is too small to matter, and a NaN, which no caller sends.
    if distance > SMALLEST { (((distance / SMALLEST).log2() * OCTAVE) as usize + 1).min(BINS - 1) } else { 0 }
}

fn upper_edge(bin: usize) -> f64 {
    SMALLEST * (bin as f64 / OCTAVE).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(distances: impl Iterator<Item = f64>) -> Tail {
        let mut tail = Tail::new();
        for distance in distances {
            tail.surprise(distance);
        }
        tail
    }

    #[test]
    fn nothing_is_rare_before_there_is_a_past() {
        assert_eq!(Tail::new().surprise(1e9), 0.0);
        assert_eq!(after(std::iter::repeat_n(1.0, 9)).surprise(1e9), 0.0);
        assert!(after(std::iter::repeat_n(1.0, 10)).surprise(1e9) > 10.0);
    }

    #[test]
    fn the_surprise_of_a_quantile_is_its_logarithm() {
        let mut tail = after((0..1000).map(|row| 1.0 + f64::from(row * 7 % 1000)));
        let tenth = tail.surprise(900.0);
        assert!((tenth - 10.0_f64.ln()).abs() < 0.6, "{tenth}");
    }

    #[test]
    fn a_farther_distance_is_never_less_surprising() {
        let tail = after((1..2000).map(|row| f64::from(row % 97) / 13.0));
        let nats: Vec<f64> = (-20..60).map(|power| tail.clone().surprise(1.3_f64.powi(power))).collect();
        assert!(nats.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9), "{nats:?}");
    }

    #[test]
    fn a_series_of_spikes_learns_that_spikes_are_common() {
        let spiky = (0..3000).map(|row| if row % 60 == 0 { f64::from(1 + row % 7) * 40.0 } else { 1.0 });
        let calm = std::iter::repeat_n(1.0, 3000);
        assert!(after(spiky).surprise(200.0) * 3.0 < after(calm).surprise(200.0));
    }
}
