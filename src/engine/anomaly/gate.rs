//! One alarm for one matter.

/// How much stronger than the alarm before it a reading must be to be an alarm of its own: an escalation.
const ESCALATION: f64 = 1.5;
/// What is left of a score that repeats an alarm.
const REPEATED: f64 = 0.3;

/// Lets the first strong reading of a matter through and damps its repeats.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate {
    quiet_left: u32,
    strongest: f64,
}

impl Gate {
    /// The strength that is left, and whether it is an alarm. After one, only a much stronger reading passes
    /// for `quiet` rows.
    pub(super) fn pass(&mut self, strength: f64, alarm: f64, quiet: u32) -> (f64, bool) {
        let repeats = self.quiet_left > 0 && strength <= self.strongest * ESCALATION;
        self.quiet_left = self.quiet_left.saturating_sub(1);
        if repeats {
            return (strength * REPEATED, false);
        }
        let rings = strength >= alarm;
        if rings {
            *self = Self { quiet_left: quiet, strongest: strength };
        }
        (strength, rings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(strengths: &[f64], expected: &[bool]) {
        let mut gate = Gate::default();
        let rung: Vec<bool> = strengths.iter().map(|strength| gate.pass(*strength, 10.0, 3).1).collect();
        assert_eq!(rung, expected);
    }

    #[test]
    fn repeats_are_quiet_for_a_while() {
        check(&[1.0, 12.0, 12.0, 17.0, 12.0, 12.0], &[false, true, false, false, false, true]);
    }

    #[test]
    fn an_escalation_rings_again() {
        check(&[12.0, 19.0, 20.0, 29.0], &[true, true, false, true]);
    }

    #[test]
    fn a_damped_reading_is_weaker_and_not_nothing() {
        let mut gate = Gate::default();
        assert_eq!(gate.pass(12.0, 10.0, 3), (12.0, true));
        assert_eq!(gate.pass(10.0, 10.0, 3), (10.0 * REPEATED, false));
    }
}
