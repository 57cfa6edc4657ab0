//! Accounts, their contracts, and what people wrote about them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;

use super::ids::{AccountId, Person};
use super::money::Money;

/// A customer of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What people call it; hostile text until escaped for where it goes.
    pub name: String,
    /// The technical success manager who looks after it.
    pub owner: Option<Person>,
    /// As `enterprise` or `startup`.
    pub segment: Option<String>,
    /// As `scale` or `pay as you go`.
    pub plan: Option<String>,
    /// What was agreed.
    pub contract: Option<Contract>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Whether it is looked after at all.
    pub status: AccountStatus,
}

impl Account {
    /// An account that showed up in usage before anyone entered it.
    #[must_use]
    pub fn discovered(id: AccountId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            owner: None,
            segment: None,
            plan: None,
            contract: None,
            tags: Vec::new(),
            status: AccountStatus::Active,
        }
    }
}

/// What an account committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// Spend agreed for each period.
    pub commit: Money,
    /// How long a period is.
    pub period: CommitPeriod,
    /// When it is up for renewal.
    pub renewal: Option<Date>,
}

/// Length of a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitPeriod {
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

impl CommitPeriod {
    /// First day of the period that holds `day`, and of the one after. Periods follow the calendar.
    #[must_use]
    pub fn around(self, day: Date) -> (Date, Date) {
        let months = match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        let month = (day.month() - 1) / months * months + 1;
        let start = Date::new(day.year(), month, 1).unwrap_or(day);
        (start, start.saturating_add(i32::from(months).months()))
    }
}

/// Where an account stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// Looked after.
    Active,
    /// Agreed to pause; silence is expected.
    Paused,
    /// Gone.
    Closed,
}

macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident => $word:literal),+ $(,)?) => {
        impl $type {
            /// All, in the order they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it is typed and stored.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let wanted = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
                Self::ALL.iter().copied().find(|one| one.word().replace(' ', "_") == wanted).ok_or_else(|| {
                    let all: Vec<&str> = Self::ALL.iter().map(|one| one.word()).collect();
                    format!("“{text}” is not {}; use {}", $what, all.join(", "))
                })
            }
        }
    };
}
pub(super) use words;

words!(CommitPeriod, "a commit period", Month => "month", Quarter => "quarter", Year => "year");
words!(AccountStatus, "an account status", Active => "active", Paused => "paused", Closed => "closed");

/// Something a person wrote down about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// About whom.
    pub account: AccountId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub author: Person,
    /// What; hostile text until escaped for where it goes.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(length: CommitPeriod, day: &str, start: &str, end: &str) {
        let (from, to) = length.around(day.parse().unwrap());
        assert_eq!((from.to_string().as_str(), to.to_string().as_str()), (start, end));
    }

    #[test]
    fn periods_follow_the_calendar() {
        check(CommitPeriod::Month, "2026-12-31", "2026-12-01", "2027-01-01");
        check(CommitPeriod::Quarter, "2026-05-01", "2026-04-01", "2026-07-01");
        check(CommitPeriod::Year, "2024-02-29", "2024-01-01", "2025-01-01");
    }
}
