//! From a question to its file. Pure: no clock, no IO, no platform.

use crate::domain::Asker;
use crate::domain::Foretold;
use crate::domain::Scope;
use crate::domain::UsageFilter;
use crate::problem::Problem;
use crate::reply::Answer;

use super::anomalies::{self, AnomaliesAsked};
use super::churn;
use super::forecast::{self, ForecastAsked};
use super::health;
use super::help;
use super::history;
use super::initiatives::{self, ListAsked};
use super::login;
use super::lookup::find_initiative;
use super::movers;
use super::portfolio::{self, PortfolioAsked};
use super::question::Question;
use super::reading::Reading;
use super::status;
use super::usage::{self, UsageAsked};
use super::why;

/// Answers a question that only reads. What changes something is the desk's to do.
pub(super) fn answer(reading: &Reading<'_>, asker: &Asker, question: &Question) -> Result<Answer, Problem> {
    let who = |owner: &Option<String>| owner.as_ref().map(|owner| person(asker, owner));
    let account = |given: &Option<String>| given.as_ref().map(|given| reading.account(given)).transpose();
    match question {
        Question::Portfolio { band, owner, sort, range } => {
            let asked = PortfolioAsked { band: *band, owner: who(owner), sort: *sort, range: *range };
            portfolio::answer(reading, &asked)
        }
        Question::Health { account, since } => {
            let id = reading.account(account)?;
            health::answer(reading, &id, *since)
        }
        Question::Why { account, since, until } => {
            why::answer(reading, &reading.account(account)?, *since, *until)
        }
        Question::History { account, range } => history::answer(reading, &reading.account(account)?, *range),
        Question::Usage { account: given, endpoint, range, grain, by, metric, compare } => {
            let asked = UsageAsked {
                account: account(given)?,
                endpoint: endpoint.clone(),
                range: *range,
                grain: *grain,
                by: *by,
                metric: *metric,
                compare: *compare,
            };
            usage::answer(reading, &asked)
        }
        Question::Movers { range, metric } => movers::answer(reading, *range, *metric),
        Question::Anomalies { account: given, range, metric } => {
            let id = account(given)?;
            anomalies::answer(
                reading,
                &AnomaliesAsked { account: id.as_ref(), range: *range, metric: *metric },
            )
        }
        Question::Forecast { account: given, metric, horizon } => {
            let id = account(given)?;
            let asked = ForecastAsked { account: id.as_ref(), metric: *metric, horizon: *horizon };
            forecast::answer(reading, &asked)
        }
        Question::Churn { owner } => churn::answer(reading, who(owner).as_deref()),
        Question::InitiativeList { account: given, status, owner } => {
            let asked = ListAsked { account: account(given)?, status: *status, owner: who(owner) };
            initiatives::list(reading, &asked)
        }
        Question::InitiativeShow { id } => {
            let one = find_initiative(reading.snapshot.initiatives(), id)?;
            Ok(initiatives::show(reading, one, None))
        }
        Question::Login => Ok(login::answer(reading)),
        Question::Status => Ok(status::answer(reading)),
        Question::Help { command } => help::answer(reading, command.as_deref()),
        Question::InitiativeAdd(_)
        | Question::InitiativeUpdate(_)
        | Question::InitiativeClose { .. }
        | Question::Note { .. }
        | Question::OverrideSet(_)
        | Question::OverrideClear { .. }
        | Question::Digest(_)
        | Question::Alert(_)
        | Question::Ask { .. } => {
            Err(Problem::internal(anyhow::anyhow!("{} reached the reader of figures", question.command())))
        }
    }
}

/// The forecast that a question makes, to be kept and held against what comes.
pub(super) fn foretold(reading: &Reading<'_>, asker: &Asker, question: &Question) -> Option<Foretold> {
    let Question::Forecast { account, metric, horizon } = question else { return None };
    // Of the accounts that one person sees, it is not the portfolio's.
    if account.is_none() && asker.sees != Scope::All {
        return None;
    }
    let account = account.as_ref().map(|given| reading.account(given)).transpose().ok()?;
    let filter = UsageFilter { account, ..UsageFilter::default() };
    reading.snapshot.foretell(&filter, *metric, *horizon)
}

/// `me` is the asker.
pub(super) fn person(asker: &Asker, given: &str) -> String {
    if given.eq_ignore_ascii_case("me") { asker.person.to_string() } else { given.to_owned() }
}
