//! Models that come to an end: the part of an account's calls that goes to them, and one step against it.

use jiff::SignedDuration;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Fact;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::ModelLife;
use crate::domain::Priority;
use crate::domain::Quantity;
use crate::domain::Role;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::reply::Action;
use crate::reply::Block;
use crate::reply::Prose;

use super::invocation::Invocation;
use super::reading::{Reading, day_words};

/// The calls of so many days are looked at.
const DAYS: i64 = 30;
/// Days before the end by which the move should be done.
const DAYS_BEFORE: i32 = 14;
/// Below this part of the calls it is no risk: someone tries something.
const PART_MIN: f64 = 0.01;

/// A model that an account uses and that comes to an end.
pub(super) struct Exposure<'a> {
    life: &'a ModelLife,
    /// The part of the account's calls.
    part: Fact,
}

/// What of an account's calls goes to models that come to an end, the soonest first.
pub(super) fn exposures<'a>(reading: &Reading<'a>, account: &AccountId) -> Vec<Exposure<'a>> {
    let Some(as_of) = reading.snapshot.as_of() else { return Vec::new() };
    let window = Window::ending(as_of, SignedDuration::from_hours(24 * DAYS));
    let exposure = |life: &'a ModelLife| {
        let model = Some(life.model.clone());
        let filter = UsageFilter { model, ..UsageFilter::of(account.clone()) };
        let part = reading.fact_of(Measure::Share(Metric::ApiCalls), &filter, window)?;
        matches!(part.value, Quantity::Share(share) if share >= PART_MIN).then_some(Exposure { life, part })
    };
    let mut all: Vec<Exposure<'a>> = reading.snapshot.model_lives().iter().filter_map(exposure).collect();
    all.sort_by_key(|one| (one.life.retires.is_none(), one.life.retires));
    all
}

impl Exposure<'_> {
    /// In a sentence.
    pub(super) fn block(&self, today: Date) -> Block {
        let end = match self.life.retires {
            None => ", which is to be retired".to_owned(),
            Some(day) if day <= today => format!(", which was to be retired on {}", day_words(day)),
            Some(day) => format!(", which is retired on {}", day_words(day)),
        };
        let words = Prose::plain("Of the calls in the last 30 days, ").fact(self.part.clone());
        let words = words.and(" went to ").outside(self.life.model.as_str()).and(end);
        Block::Text(match &self.life.replacement {
            Some(model) => words.and("; it is replaced by ").outside(model.as_str()).and("."),
            None => words.and("."),
        })
    }

    /// The button that opens the form of an initiative against it, filled in; none while one of that name is open, and
    /// for whom cannot write.
    pub(super) fn action(&self, reading: &Reading<'_>, account: &AccountId) -> Option<Action> {
        let title = match &self.life.replacement {
            Some(other) => format!("Move from {} to {other}", self.life.model),
            None => format!("Move away from {}", self.life.model),
        };
        let mut open = reading.snapshot.initiatives().filter(|one| one.is_open() && one.account == *account);
        if reading.role < Role::Manager || open.any(|one| one.title == title) {
            return None;
        }
        let today = reading.today();
        let due = match self.life.retires {
            Some(day) => day.saturating_sub(DAYS_BEFORE.days()).max(today),
            None => today.saturating_add((2 * DAYS_BEFORE).days()),
        };
        let options = [
            ("account", account.to_string()),
            ("title", title),
            ("priority", Priority::High.to_string()),
            ("due", due.to_string()),
        ];
        let options = options.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let line = Invocation::new("initiative add", options).ok()?.line();
        Some(Action { label: "Plan the move…".into(), line, current: false, form: true })
    }
}
