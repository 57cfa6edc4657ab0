//! One look at a picture for one digest: what is compared with what, and whose data are late.

use std::collections::HashSet;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::AccountStatus;
use crate::domain::Fact;
use crate::domain::Measure;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::engine::Snapshot;

use super::finding::Finding;
use super::scope::DigestScope;

/// Data behind by more than this are late: hourly sources come within two hours when all is well.
pub(super) const LATE_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// A digest compares weeks, so that the same weekdays stand beside each other.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// One that comes more seldom than every three weeks compares four weeks.
const FOUR_WEEKS: SignedDuration = SignedDuration::from_hours(28 * 24);
const SELDOM: SignedDuration = SignedDuration::from_hours(20 * 24);

/// A picture as a digest looks at it.
pub(super) struct Survey<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) now: Timestamp,
    /// End of the data.
    pub(super) as_of: Timestamp,
    /// Since when things are new.
    pub(super) since: Timestamp,
    /// Whether there was a digest before.
    pub(super) is_first: bool,
    /// What is compared with the same length before.
    pub(super) window: Window,
    /// The only account that it is about.
    pub(super) only: Option<&'a AccountId>,
    /// Accounts whose newest data are not in yet.
    late: HashSet<AccountId>,
}

impl<'a> Survey<'a> {
    /// `None` without data.
    pub(super) fn of(
        snapshot: &'a Snapshot,
        scope: &'a DigestScope,
        now: Timestamp,
        told_until: Option<Timestamp>,
    ) -> Option<Self> {
        let as_of = snapshot.as_of()?;
        let is_first = told_until.is_none();
        let told_until = told_until.map(|told| told.min(as_of));
        let length = match told_until {
            Some(told) if as_of.duration_since(told) > SELDOM => FOUR_WEEKS,
            _ => WEEK,
        };
        let window = Window::ending(as_of, length);
        let only = match scope {
            DigestScope::Account(id) => Some(id),
            DigestScope::Portfolio | DigestScope::Owner(_) | DigestScope::Tag(_) => None,
        };
        let is_late = |one: &&Account| {
            let mut marks = snapshot.watermarks_of(&one.id);
            marks.any(|mark| as_of.duration_since(mark.watermark) > LATE_AFTER)
        };
        let late = snapshot.accounts().filter(is_late).map(|one| one.id.clone()).collect();
        let since = told_until.unwrap_or(window.from());
        Some(Self { snapshot, now, as_of, since, is_first, window, only, late })
    }

    /// The day that due days are held against.
    pub(super) fn today(&self) -> Date {
        utc_date(self.now)
    }

    /// Whether weeks are compared.
    pub(super) fn is_weekly(&self) -> bool {
        self.window.length() == WEEK
    }

    /// A day in words: `22 Nov`; of another year than the data's with the year.
    pub(super) fn day(&self, day: Date) -> String {
        let is_this_year = day.year() == utc_date(self.as_of).year();
        if is_this_year { day.strftime("%-d %b").to_string() } else { day_words(day) }
    }

    /// The window of a state at the end of the data.
    pub(super) fn state(&self) -> Window {
        self.window
    }

    /// Accounts that it is about and that are looked after.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &'a Account> {
        let only = self.only;
        let is_asked = move |one: &&Account| only.is_none_or(|id| one.id == *id);
        self.snapshot.accounts().filter(is_asked).filter(|one| one.status == AccountStatus::Active)
    }

    /// Whether an account is one that it is about.
    pub(super) fn holds(&self, id: &AccountId) -> bool {
        self.only.is_none_or(|only| only == id)
            && self.snapshot.account(id).is_some_and(|one| one.status == AccountStatus::Active)
    }

    /// Whether the newest data of an account are not in yet: what is missing then is no decline.
    pub(super) fn is_late(&self, id: &AccountId) -> bool {
        self.late.contains(id)
    }

    /// A figure of an account.
    pub(super) fn fact(&self, measure: Measure, id: &AccountId, window: Window) -> Option<Fact> {
        self.snapshot.fact(measure, &UsageFilter::of(id.clone()), window)
    }

    /// All that is worth telling, in no order.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        self.find_health(&mut found);
        self.find_unusual(&mut found);
        self.find_movers(&mut found);
        self.find_initiatives(&mut found);
        self.find_contracts(&mut found);
        found
    }
}

/// `22 Nov 2026`.
pub(super) fn day_words(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// `22 Nov 2026 14:00 UTC`.
pub(super) fn instant_words(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b %Y %H:%M UTC").to_string()
}
