//! The bill of an account and month, held against what was metered.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::Asker;
use crate::domain::BillLine;
use crate::domain::BillParts;
use crate::domain::Fact;
use crate::domain::Measure;
use crate::domain::Metric;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::domain::reconcile;
use crate::domain::utc_date;
use crate::domain::utc_midnight;
use crate::engine::Snapshot;
use crate::problem::Problem;

use super::desk::Desk;

/// A bill, held against what was metered.
#[derive(Debug, Clone)]
pub struct Bill {
    /// Whose.
    pub account: AccountId,
    /// The month, or the part of it that is over.
    pub month: Window,
    /// A line for each endpoint and model, by name.
    pub lines: Vec<BillLine>,
    /// All lines together.
    pub total: BillParts,
    /// The same sum as the figures have it; equal, unless something came in between the two looks.
    pub billed: Option<Fact>,
    /// Whether there is any price to hold it against.
    pub has_prices: bool,
    /// The figures that it was read beside.
    pub snapshot: Arc<Snapshot>,
}

impl Desk {
    /// The bill of an account, of the month of a day; of the newest data when none is given.
    pub async fn bill(
        &self,
        asker: &Asker,
        account: &AccountId,
        month: Option<Date>,
    ) -> Result<Bill, Problem> {
        let snapshot = self.view(asker)?;
        let unknown = || Problem::UnknownAccount { given: account.to_string(), nearest: None };
        snapshot.account(account).ok_or_else(unknown)?;
        let as_of = snapshot.as_of().ok_or(Problem::NoData)?;
        let newest = utc_date(as_of - jiff::SignedDuration::from_millis(1));
        let first = month.unwrap_or(newest).first_of_month();
        let end = utc_midnight(first.saturating_add(1.month())).min(as_of);
        let month = Window::new(utc_midnight(first), end).ok_or_else(|| {
            Problem::option("month", "This month begins after the newest data. Ask for an earlier one.")
        })?;
        let days = self.store.metered_days(account, month).await;
        let days = days.map_err(|failed| {
            Problem::internal(anyhow::Error::new(failed).context("reading how usage is charged"))
        })?;
        let lines = reconcile(&days, &self.prices);
        let total = lines.iter().fold(BillParts::default(), |sum, line| sum.with(line.parts));
        let filter = UsageFilter::of(account.clone());
        let billed = snapshot.fact(Measure::Sum(Metric::Cost), &filter, month);
        let has_prices = !self.prices.is_empty();
        Ok(Bill { account: account.clone(), month, lines, total, billed, has_prices, snapshot })
    }
}

/// Reads a month, as `2026-03`.
pub fn month_of(text: &str) -> Result<Date, Problem> {
    let first = format!("{text}-01").parse::<Date>().ok().filter(|_| text.len() == 7);
    first.ok_or_else(|| Problem::option("month", format!("“{text}” is not a month; write one as 2026-03.")))
}
