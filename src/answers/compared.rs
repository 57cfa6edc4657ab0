//! An account's health on another day, to compare with.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Health;
use crate::domain::Window;
use crate::domain::utc_midnight;
use crate::problem::Problem;

use super::question::Since;
use super::reading::{Reading, day_words, instant_words};

/// Health as it was at the begin of a day.
pub(super) struct Then {
    pub(super) day: Date,
    pub(super) at: Timestamp,
    pub(super) health: Health,
}

impl Then {
    /// Of the day that an option names; it must lie before the newest data and after the first.
    pub(super) fn of(
        reading: &Reading<'_>,
        account: &AccountId,
        since: Since,
        option: &str,
    ) -> Result<Self, Problem> {
        let as_of = reading.as_of()?;
        let day = since.day(as_of);
        let at = utc_midnight(day);
        if at >= as_of {
            let newest = instant_words(as_of);
            let message =
                format!("{day} is after the newest data, which are of {newest}. Give an earlier day.");
            return Err(Problem::option(option, message));
        }
        let health = reading.snapshot.health_at(account, at).ok_or_else(|| {
            let message = format!("There was no usage of this account before {day}. Give a later day.");
            Problem::option(option, message)
        })?;
        Ok(Self { day, at, health })
    }

    /// The window of its state.
    pub(super) fn state(&self) -> Window {
        Reading::state_at(self.at)
    }

    /// `27 Oct 2026`.
    pub(super) fn words(&self) -> String {
        day_words(self.day)
    }
}
