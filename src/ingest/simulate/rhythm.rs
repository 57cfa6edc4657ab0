//! In which hours of the week an account works.

use jiff::civil::DateTime;
use jiff::civil::Weekday;

use super::prices::Hours;

/// The rhythm of a week, in local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// All day and night, a little more by day.
    Global,
    /// Evenings and weekends.
    Consumer,
    /// Office hours; now and then someone stays late.
    Business,
    /// Office hours, but only on some days and for some hours.
    Sporadic,
}

/// How much happens at night in a rhythm that sleeps, against an office hour; and how often anything does.
const NIGHT: f64 = 0.03;
pub(super) const NIGHT_CHANCE: f64 = 0.08;
/// On how many working days a sporadic account works, and its hours on such a day.
pub(super) const SPORADIC_CHANCE: f64 = 0.55;
pub(super) const SPORADIC_HOURS: (i8, i8) = (2, 6);

impl Rhythm {
    /// How much happens in an hour of local time; about 1 in the busiest hours, and zero when closed.
    pub(super) fn weight(self, local: DateTime, hours: Hours) -> f64 {
        self.at(local.weekday(), local.hour(), hours)
    }

    /// The mean over a week, with the chances that anything happens at all.
    pub(super) fn mean_weight(self, hours: Hours) -> f64 {
        let days = Weekday::Monday.cycle_forward().take(7);
        let sum: f64 = days.map(|day| (0..24).map(|hour| self.expected(day, hour, hours)).sum::<f64>()).sum();
        sum / (7.0 * 24.0)
    }

    fn expected(self, day: Weekday, hour: i8, hours: Hours) -> f64 {
        let weight = self.at(day, hour, hours);
        let chance = match (self, hours) {
            (Self::Business, Hours::Any) if weight == NIGHT => NIGHT_CHANCE,
            (Self::Sporadic, Hours::Any) => {
                let (least, most) = SPORADIC_HOURS;
                SPORADIC_CHANCE * f64::from(least + most) / 2.0 / 9.0
            }
            (Self::Sporadic, Hours::Night) => SPORADIC_CHANCE,
            (Self::Global | Self::Consumer | Self::Business, _) => 1.0,
        };
        weight * chance
    }

    fn at(self, day: Weekday, hour: i8, hours: Hours) -> f64 {
        let weekend = matches!(day, Weekday::Saturday | Weekday::Sunday);
        if hours == Hours::Night {
            // Jobs over what the day brought: two hours after midnight, three for those who never sleep.
            let open = match self {
                Self::Global => 0..5,
                Self::Consumer | Self::Business => 1..4,
                Self::Sporadic => 2..3,
            };
            let quiet = weekend && self != Self::Consumer;
            return if open.contains(&hour) { if quiet { 0.35 } else { 1.0 } } else { 0.0 };
        }
        match self {
            Self::Global => {
                let wave = (f64::from(hour - 15) / 24.0 * std::f64::consts::TAU).cos();
                (0.78 + 0.22 * wave) * if weekend { 0.82 } else { 1.0 }
            }
            Self::Consumer => {
                let evening: f64 = match hour {
                    0..7 => 0.0,
                    7..9 => 0.35,
                    9..16 => 0.55,
                    16..19 => 0.75,
                    19..23 => 1.0,
                    _ => 0.3,
                };
                evening * if weekend { 1.1 } else { 0.9 }
            }
            Self::Business | Self::Sporadic if weekend => {
                if self == Self::Business {
                    NIGHT
                } else {
                    0.0
                }
            }
            Self::Business => match hour {
                9..12 | 13..17 => 1.0,
                12 => 0.75,
                8 | 17 => 0.55,
                18 => 0.2,
                _ => NIGHT,
            },
            Self::Sporadic => f64::from(u8::from((9..18).contains(&hour))),
        }
    }

    /// Whether this is an hour in which something happens only now and then.
    pub(super) fn is_night(self, weight: f64) -> bool {
        self == Self::Business && weight == NIGHT
    }
}
