//! `/facts/{id}`: the receipt of a figure, with all that is needed to compute it again.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use crate::domain::BadFactId;
use crate::domain::Bound;
use crate::domain::FactKey;
use crate::domain::Quantity;
use crate::engine::Receipt;
use crate::engine::ReceiptRow;
use crate::problem::Problem;
use crate::render::html;
use crate::render::words;
use crate::reply::AsOf;

use crate::web::links::escape;
use crate::web::page::Failure;
use crate::web::page::Frame;
use crate::web::page::Place;
use crate::web::page::page;
use crate::web::seat::Seat;

#[derive(Template)]
#[template(path = "pages/fact.html")]
struct FactPage {
    frame: Frame,
    /// What is measured, as `API calls`.
    what: String,
    asked: FactKey,
    receipt: Receipt,
    account: Option<String>,
    currency: crate::domain::Currency,
}

impl FactPage {
    fn path(&self, key: &FactKey) -> String {
        html::fact_path(key)
    }

    fn account_path(&self) -> Option<String> {
        let account = self.receipt.key.filter.account.as_ref();
        account.map(|account| format!("/accounts/{}", escape(account.as_str())))
    }

    fn from(&self) -> String {
        words::instant(self.receipt.key.window.from())
    }

    fn to(&self) -> String {
        words::instant(self.receipt.key.window.to())
    }

    /// Whether the data have changed since the link was made.
    fn moved_on(&self) -> bool {
        self.asked.version != self.receipt.key.version
    }

    fn hour(&self, row: &ReceiptRow) -> String {
        words::instant(row.hour)
    }

    fn cost(&self, row: &ReceiptRow) -> String {
        Quantity::Money(row.used.cost, self.currency).exact()
    }

    fn calls(&self, row: &ReceiptRow) -> String {
        crate::domain::grouped(i128::from(row.used.api_calls))
    }

    fn tokens(&self, row: &ReceiptRow) -> String {
        crate::domain::grouped(i128::from(row.used.tokens))
    }

    fn errors(&self, row: &ReceiptRow) -> String {
        row.used.errors.map_or_else(|| "–".into(), |errors| crate::domain::grouped(i128::from(errors)))
    }

    fn hidden_rows(&self) -> String {
        crate::domain::grouped((self.receipt.rows_total - self.receipt.rows.len()) as i128)
    }
}

pub(crate) async fn show(state: Seat, Path(id): Path<String>) -> Result<Response, Failure> {
    let asked: FactKey = id.parse().map_err(|BadFactId| Problem::Unknown {
        what: "figure",
        given: id.chars().take(80).collect(),
        remedy: "Open one from an answer; its address must not be cut short.".into(),
    })?;
    let desk = state.desk.clone();
    let asker = state.asker.clone();
    let key = asked.clone();
    // A receipt may look at many rows.
    let receipt = tokio::task::spawn_blocking(move || desk.receipt(&asker, &key))
        .await
        .map_err(|error| Problem::internal(anyhow::Error::new(error).context("making a receipt")))??;
    let snapshot = state.snapshot()?;
    let account = receipt.key.filter.account.as_ref();
    let name = account.map(|id| snapshot.account(id).map_or_else(|| id.to_string(), |one| one.name.clone()));
    let what = what(&receipt.key);
    Ok(page(&FactPage {
        frame: Frame::new(&state, Place::Nowhere, format!("Receipt: {what}"))
            .dated(AsOf { data_until: snapshot.as_of(), version: receipt.key.version }),
        what,
        asked,
        account: name,
        receipt,
        currency: snapshot.currency(),
    }))
}

/// What a fact measures, in words.
fn what(key: &FactKey) -> String {
    use crate::domain::Measure::*;
    match key.measure {
        Sum(metric) => metric.title().into(),
        Change(metric) => format!("Change of {}", metric.title()),
        Share(metric) => format!("Share of {}", metric.title()),
        PortfolioShare(metric) => format!("Share of the portfolio’s {}", metric.title()),
        ActiveAccounts => "Active accounts".into(),
        Accounts => "Accounts".into(),
        InBand(band) => format!("Accounts {band}"),
        HealthScore => "Health score".into(),
        ComputedScore => "Computed health score".into(),
        ScoreChange => "Change of the health score".into(),
        ScoreCause(cause) => format!("Part of {cause} in the change of the health score"),
        FactorScore(kind) => format!("Score of the factor {kind}"),
        FactorWeight(kind) => format!("Weight of the factor {kind}"),
        FactorMeasured(kind) => format!("What the factor {kind} measured"),
        Expected(metric, bound) => format!("Expected {}{}", metric.title(), edge(bound)),
        ExpectedChange(metric) => format!("Expected change of {}", metric.title()),
        ForecastError(metric) => format!("Error of forecasts of {}", metric.title()),
        Foretold(metric) => format!("Earlier forecast of {}", metric.title()),
        ForetoldMiss(metric) => format!("Error of an earlier forecast of {}", metric.title()),
        Usual(metric, bound) => format!("Usual {}{}", metric.title(), edge(bound)),
        Unusual(metric) => format!("{} against what is usual", metric.title()),
        UnusualAccounts(metric) => format!("Accounts with unusual {}", metric.title()),
        DaysKnown => "Days known".into(),
        Commitment => "Commitment".into(),
        ChurnCoefficient(_) => "Coefficient of the churn model".into(),
        ChurnPredicted(_) => "Predicted silence".into(),
        ChurnObserved(_) => "Observed silence".into(),
        ChurnGroup(_) => "Accounts of a group".into(),
        ChurnError => "Error of the churn model".into(),
        ChurnAuc => "Ranking of the churn model".into(),
        ChurnProbability => "Probability of falling silent".into(),
        InitiativesOpen => "Open initiatives".into(),
        InitiativesIn(status) => format!("Initiatives {status}"),
        InitiativesOverdue => "Overdue initiatives".into(),
        RevenueExpected => "Expected revenue of open initiatives".into(),
    }
}

fn edge(bound: Bound) -> &'static str {
    match bound {
        Bound::Middle => "",
        Bound::Low => ", low end",
        Bound::High => ", high end",
    }
}
