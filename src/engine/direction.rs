//! Where an account's usage is going, and what pulls its health down, in words with figures.

use std::fmt;

use crate::domain::AccountId;
use crate::domain::Factor;
use crate::domain::FactorKind;
use crate::domain::Measure;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::reply::Prose;

use super::health::slope;
use super::hour::DAY_HOURS;
use super::results::PortfolioAccount;
use super::snapshot::Snapshot;

/// Fewer whole weeks show no direction.
const WEEKS_MIN: usize = 4;
/// The unit of a direction: the change over four weeks.
const DIRECTION_WEEKS: f64 = 4.0;
/// Below this relative change over four weeks, usage holds its level.
const MOVES_FROM: f64 = 0.05;
/// Days of the window that facts about a state are given over, as answers do.
const STATE_HOURS: i64 = 30 * 24;

/// Where weekly usage is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Up.
    Rising,
    /// Neither.
    Steady,
    /// Down.
    Falling,
}

impl Direction {
    /// As machines read it: `rising`, `steady`, `falling`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Steady => "steady",
            Self::Falling => "falling",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Something that pulls the health of an account down.
#[derive(Debug, Clone, PartialEq)]
pub struct Risk {
    /// The factor that tells it.
    pub factor: FactorKind,
    /// A plain sentence with its figure.
    pub said: Prose,
}

impl Snapshot {
    /// Where the last twelve weeks of calls are going: the robust slope of the whole weeks since the first use that are
    /// in, as a relative change over four weeks. `None` when there are too few.
    #[must_use]
    pub fn usage_direction(&self, account: &AccountId) -> Option<Direction> {
        let entry = self.entry(account)?;
        let derived = entry.derived.as_ref()?;
        let week_hours = 7 * DAY_HOURS;
        let first = entry.frame.first_hour()?;
        let end_of = |week: usize| {
            derived.at.as_of.saturating_sub((derived.weeks.len() - 1 - week) as u32 * week_hours)
        };
        let is_whole = |week: &usize| {
            end_of(*week) <= derived.at.until && end_of(*week).saturating_sub(week_hours) >= first
        };
        let whole = (0..derived.weeks.len()).filter(is_whole);
        let weeks: Vec<f64> = whole.map(|week| derived.weeks[week] as f64).collect();
        let mean = weeks.iter().sum::<f64>() / weeks.len() as f64;
        if weeks.len() < WEEKS_MIN || mean <= 0.0 {
            return None;
        }
        let change = match slope(&weeks)? * DIRECTION_WEEKS / mean {
            // Most weeks are alike, as when they are silent: what they do not tell, the two halves may.
            0.0 => {
                let (early, late) = weeks.split_at(weeks.len() / 2);
                let mean_of = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
                (mean_of(late) - mean_of(early)) / mean
            }
            change => change,
        };
        Some(match change {
            change if change >= MOVES_FROM => Direction::Rising,
            change if change <= -MOVES_FROM => Direction::Falling,
            _ => Direction::Steady,
        })
    }

    /// What pulls the health of an account down: its factors below the band `healthy`, those that cost most points
    /// first.
    #[must_use]
    pub fn risks(&self, account: &AccountId) -> Vec<Risk> {
        let (Some(health), Some(as_of)) = (self.health(account), self.as_of) else { return Vec::new() };
        let fine_from = self.rules().healthy_from;
        let lost =
            |factor: &Factor| factor.judged.map_or(0.0, |judged| (100.0 - judged.score) * factor.weight);
        let weak = |factor: &&Factor| factor.judged.is_some_and(|judged| judged.score < fine_from);
        let mut weak: Vec<&Factor> = health.factors.iter().filter(weak).collect();
        weak.sort_by(|one, two| lost(two).total_cmp(&lost(one)));
        let window = Window::ending(as_of, jiff::SignedDuration::from_hours(STATE_HOURS));
        let filter = UsageFilter::of(account.clone());
        let risk = |factor: &Factor| {
            let measured = self.fact(Measure::FactorMeasured(factor.kind), &filter, window)?;
            let said = Prose::plain(format!("{}: ", sentence(&factor.words))).fact(measured).and(".");
            Some(Risk { factor: factor.kind, said })
        };
        weak.into_iter().filter_map(risk).collect()
    }
}

impl PortfolioAccount {
    /// The relative change of calls against the window before; `None` when there was nothing before.
    #[must_use]
    pub fn growth_rate(&self) -> Option<f64> {
        let (now, before) = (self.now.api_calls as f64, self.before.api_calls as f64);
        (before != 0.0).then(|| now / before - 1.0)
    }
}

/// With a capital at its beginning.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
