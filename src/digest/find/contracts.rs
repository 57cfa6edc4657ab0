//! Contracts: renewals ahead, and commitments that will be passed or missed.

use jiff::ToSpan;

use crate::domain::Account;
use crate::domain::Band;
use crate::domain::Bound;
use crate::domain::Contract;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::engine::Reached;
use crate::reply::Prose;

use super::super::finding::{Finding, Kind};
use super::super::survey::Survey;

/// A renewal is told so many days ahead.
const RENEWAL_DAYS: i32 = 60;
/// Below this part of the commitment, spend is behind.
const BEHIND_BELOW: f64 = 0.75;
/// Above this part of the commitment, there is room for a larger one.
const AHEAD_ABOVE: f64 = 1.15;
/// Early in a period its end is anyone's guess: days that must have passed.
const DAYS_MIN: i32 = 7;

impl Survey<'_> {
    pub(in super::super) fn find_contracts(&self, found: &mut Vec<Finding>) {
        for account in self.accounts() {
            let Some(contract) = account.contract else { continue };
            found.extend(self.renewal(account, &contract));
            found.extend(self.commitment(account, &contract));
        }
    }

    fn renewal(&self, account: &Account, contract: &Contract) -> Option<Finding> {
        let renewal = contract.renewal?;
        let days = renewal.since(self.today()).ok()?.get_days();
        let health = self.snapshot.health(&account.id)?;
        let band = health.band.filter(|band| *band != Band::Healthy)?;
        if !(0..=RENEWAL_DAYS).contains(&days) {
            return None;
        }
        let score = self.fact(Measure::HealthScore, &account.id, self.state())?;
        let said =
            Prose::plain(format!("The renewal is on {}, in the band {band} (score ", self.day(renewal)));
        Some(Finding {
            kind: Kind::Renewal,
            account: account.id.clone(),
            initiative: None,
            said: said.fact(score).and(")."),
            headline: format!("renews on {}", self.day(renewal)),
        })
    }

    fn commitment(&self, account: &Account, contract: &Contract) -> Option<Finding> {
        let today = utc_date(self.as_of);
        let (start, end) = contract.period.around(today);
        let passed = today.since(start).ok()?.get_days();
        if contract.commit.micros <= 0 || passed < DAYS_MIN {
            return None;
        }
        let id = &account.id;
        let period = Window::new(utc_midnight(start), utc_midnight(end))?;
        let agreed = self.fact(Measure::Commitment, id, period)?;
        let expected = self.fact(Measure::Expected(Metric::Cost, Bound::Middle), id, period)?;
        let part = expected.value.as_f64()? / agreed.value.as_f64()?;
        let filter = UsageFilter::of(id.clone());
        let reached = self.snapshot.reached(&filter, Metric::Cost, period.from(), contract.commit.micros)?;
        let last = self.day(end.saturating_sub(1.day()));
        let head = Prose::plain(format!("The {} is expected to cost ", contract.period)).fact(expected);
        let (kind, said, headline) = match reached {
            Reached::Already if part > AHEAD_ABOVE => {
                let said = head.and("; the commitment of ").fact(agreed);
                let said = said.and(format!(" is used up already and runs to {last}."));
                (Kind::OverCommitment, said, "has used up its commitment")
            }
            Reached::Ahead { middle: Some(day), .. } if part > AHEAD_ABOVE && day < end => {
                let said = head.and("; the commitment of ").fact(agreed);
                let said = said.and(format!(" will be used up on {} and runs to {last}.", self.day(day)));
                (Kind::OverCommitment, said, "will use up its commitment early")
            }
            Reached::Already | Reached::Ahead { .. } if part < BEHIND_BELOW && !self.is_late(id) => {
                let said = head.and(", with a commitment of ").fact(agreed).and(".");
                (Kind::UnderCommitment, said, "stays below its commitment")
            }
            Reached::Already | Reached::Ahead { .. } => return None,
        };
        let (account, headline) = (id.clone(), headline.into());
        Some(Finding { kind, account, initiative: None, said, headline })
    }
}
