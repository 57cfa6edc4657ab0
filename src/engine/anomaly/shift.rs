//! Has the level moved for good? Small differences that all point the same way.

use std::collections::VecDeque;

/// Difference, in standard deviations, that is not counted: half of the smallest shift that matters (Page 1954).
const SLACK: f64 = 0.5;
/// Most that one span may add, so that no single day decides.
const ADD_MAX: f64 = 3.0;
/// Evidence needed: noise alone gets there every few years of daily rows.
const EVIDENCE: f64 = 8.0;
/// Spans a new level must last: a working week of days; of half days, longer than a weekend, which a young series has
/// not learnt to expect.
const LAST_MIN: usize = 5;
/// Rows of a span that count as independent: neighbouring hours err together, so more of them prove little more.
const INDEPENDENT_MAX: u32 = 4;

/// Two one-sided cumulative sums over spans of rows, `S ← max(0, S ± z - ½)` with `z` the standardised mean residual.
#[derive(Debug, Clone, Default)]
pub(super) struct Shift {
    span: Span,
    up: Run,
    down: Run,
    newest: VecDeque<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Span {
    rows: u32,
    sum: f64,
    since: i64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Run {
    evidence: f64,
    spans: usize,
    since: i64,
}

/// A level that moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shifted {
    /// By how much: the median of the newest spans.
    pub(super) by: f64,
    /// Time of the first row of the run that proved it.
    pub(super) since: i64,
}

impl Shift {
    /// Takes a residual and the deviation it is to be measured by; a span has `span_rows`. A shift must last for five
    /// spans, three quarters of which lie on its side: an outage or a rush so long is not yet a new level.
    pub(super) fn learn(
        &mut self,
        at: i64,
        residual: f64,
        deviation: f64,
        span_rows: u32,
    ) -> Option<Shifted> {
        if self.span.rows == 0 {
            self.span.since = at;
        }
        self.span.rows += 1;
        self.span.sum += residual;
        if self.span.rows < span_rows {
            return None;
        }
        let span = std::mem::take(&mut self.span);
        let mean = span.sum / f64::from(span.rows);
        let z = mean / deviation * f64::from(span.rows.min(INDEPENDENT_MAX)).sqrt();
        let z = z.clamp(-ADD_MAX, ADD_MAX);
        self.up.learn(span.since, z);
        self.down.learn(span.since, -z);
        self.newest.push_back(mean);
        if self.newest.len() > LAST_MIN {
            self.newest.pop_front();
        }
        self.proven(z)
    }

    fn proven(&mut self, z: f64) -> Option<Shifted> {
        // The newest span must still be on that side, or what has just ended would be called lasting.
        let proven = |run: &Run, z: f64| z > SLACK && run.evidence >= EVIDENCE && run.spans >= LAST_MIN;
        let upwards = proven(&self.up, z);
        let run = if upwards { self.up } else { Some(self.down).filter(|run| proven(run, -z))? };
        let mut rising: Vec<f64> = self.newest.iter().copied().collect();
        rising.sort_unstable_by(f64::total_cmp);
        let (quarter, middle) = (rising.len() / 4, rising.len() / 2);
        let nearest = if upwards { rising[quarter] } else { rising[rising.len() - 1 - quarter] };
        if nearest == 0.0 || (nearest > 0.0) != upwards {
            return None;
        }
        let by = rising[middle];
        *self = Self::default();
        Some(Shifted { by, since: run.since })
    }
}

impl Run {
    fn learn(&mut self, since: i64, z: f64) {
        // Twice the need is enough: a long outage must not take as long again to be forgotten.
        self.evidence = (self.evidence + z - SLACK).clamp(0.0, 2.0 * EVIDENCE);
        if self.evidence <= 0.0 {
            self.spans = 0;
        } else {
            if self.spans == 0 {
                self.since = since;
            }
            self.spans = self.spans.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(span_rows: u32, residuals: impl Iterator<Item = f64>, expected: Option<(i64, Shifted)>) {
        let mut shift = Shift::default();
        let found = residuals
            .zip(0..)
            .find_map(|(residual, at)| Some((at, shift.learn(at, residual, 1.0, span_rows)?)));
        assert_eq!(found, expected);
    }

    #[test]
    fn noise_around_the_level_is_no_shift() {
        check(1, (0..5000).map(|row| f64::from(row * 37 % 11 - 5) / 3.0), None);
        check(12, (0..5000).map(|row| f64::from(row * 37 % 11 - 5) / 3.0), None);
    }

    #[test]
    fn a_single_wild_row_is_no_shift() {
        check(1, (0..200).map(|row| if row == 50 { 1e9 } else { 0.1 }), None);
    }

    #[test]
    fn an_outage_over_a_weekend_of_hours_is_no_shift() {
        check(12, (0..400).map(|row| if (120..168).contains(&row) { -9.0 } else { 0.1 }), None);
    }

    #[test]
    fn a_lasting_step_is_found_with_its_size_and_beginning() {
        let step = |row: i32| if row < 24 { 0.0 } else { -2.0 };
        check(1, (0..60).map(step), Some((29, Shifted { by: -2.0, since: 24 })));
        check(12, (0..200).map(step), Some((83, Shifted { by: -2.0, since: 24 })));
    }

    #[test]
    fn a_small_step_needs_longer() {
        let step = |row: i32| if row < 20 { 0.0 } else { 1.25 };
        check(1, (0..60).map(step), Some((30, Shifted { by: 1.25, since: 20 })));
    }
}
