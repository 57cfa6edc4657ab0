//! How each measure is made, in plain words, for the receipt of a fact.

use crate::domain::Bound;
use crate::domain::Cause;
use crate::domain::FactorKind;
use crate::domain::Measure;
use crate::domain::Metric;

/// How a measure is computed from the rows.
#[expect(
    clippy::too_many_lines,
    reason = "one arm for each measure, so that the compiler tells which is missing"
)]
pub(super) fn method(measure: Measure) -> String {
    match measure {
        Measure::Sum(metric) => format!("The {} of all rows in the window, added up.", noun(metric)),
        Measure::Change(metric) => format!(
            "The {} in the window, less those in the window of the same length before it, divided by those before.",
            noun(metric)
        ),
        Measure::Share(metric) => format!(
            "The {} of the rows that the filter leaves, divided by those of all rows of the same account, or of the \
             portfolio when no account is meant.",
            noun(metric)
        ),
        Measure::PortfolioShare(metric) => format!(
            "The {} of the rows that the filter leaves, divided by those of the whole portfolio.",
            noun(metric)
        ),
        Measure::ActiveAccounts => "The accounts with at least one call in the window, counted.".into(),
        Measure::Accounts => "All accounts that are known, counted.".into(),
        Measure::InBand(band) => format!("The accounts whose health score is in the band “{band}”, counted."),
        Measure::HealthScore => {
            "What a person set, while an override is in force; else the mean of the factors that could be judged, weighted \
             by their weights. A factor with too little data is left out and its weight is shared by the others."
                .into()
        }
        Measure::ComputedScore => {
            "The weighted mean of the factors that could be judged, whether or not a person set another score to be \
             shown in its place."
                .into()
        }
        Measure::ScoreChange => {
            "The score at the end of the window, less the score at its begin. The parts sum to it.".into()
        }
        Measure::ScoreCause(cause) => cause_method(cause).into(),
        Measure::FactorScore(kind) => format!("{} Its curve turns that into a score.", factor_method(kind)),
        Measure::FactorWeight(_) => {
            "The factor's weight in the health configuration, divided by the weights of all \
                                     factors that could be judged. A factor that was left out weighs nothing."
                .into()
        }
        Measure::FactorMeasured(kind) => factor_method(kind).into(),
        Measure::Expected(metric, Bound::Middle) => format!(
            "The {} measured of the window so far, and those forecast for the rest of it, added up.",
            noun(metric)
        ),
        Measure::Expected(metric, Bound::Low) => format!(
            "The {} that the window comes to or exceeds nine times in ten, by how far earlier forecasts lay off.",
            noun(metric)
        ),
        Measure::Expected(metric, Bound::High) => format!(
            "The {} that the window does not exceed nine times in ten, by how far earlier forecasts lay off.",
            noun(metric)
        ),
        Measure::ExpectedChange(metric) => format!(
            "The {} expected in the window, less those of the time of the same length before it, divided by those before.",
            noun(metric)
        ),
        Measure::ForecastError(metric) => format!(
            "Forecasts of as many days were made over the past, each from the days before it only. This is how far their \
             totals of {} lay off on average, without sign, divided by the totals measured.",
            noun(metric)
        ),
        Measure::Foretold(metric) => {
            format!("The {} that a forecast expected of this window, kept when it was made.", noun(metric))
        }
        Measure::ForetoldMiss(metric) => format!(
            "The {} that were forecast for the window, less those measured, divided by those measured.",
            noun(metric)
        ),
        Measure::Usual(metric, bound) => format!(
            "The {} usual of the same hours or days of the week by the account's own rhythm at its present level, known \
             before each of them{}.",
            noun(metric),
            match bound {
                Bound::Middle => "",
                Bound::Low => ": the lower end",
                Bound::High => ": the upper end",
            }
        ),
        Measure::Unusual(metric) => format!(
            "The {} measured in the window, less what is usual of it, divided by what is usual.",
            noun(metric)
        ),
        Measure::UnusualAccounts(metric) => format!(
            "The accounts of which something was unusual in {} in the window, counted. Accounts that are new or used little \
             are not judged.",
            noun(metric)
        ),
        Measure::DaysKnown => "The days from the first use of the account to where its data end.".into(),
        Measure::Commitment => "What the contract of the account commits it to for one period.".into(),
        Measure::ChurnCoefficient(_) => {
            "One of the numbers of the churn model, as fitted to the days in use of all accounts.".into()
        }
        Measure::ChurnPredicted(_) => {
            "The mean probability of silence that the churn model gave the accounts of this group for the 90 days that \
             have just passed, from what was known before them."
                .into()
        }
        Measure::ChurnObserved(_) => {
            "The accounts of this group without a call in the 90 days that have just passed, divided by all of the group."
                .into()
        }
        Measure::ChurnGroup(_) => {
            "The accounts, ordered by predicted probability and dealt into groups of about the same size, counted.".into()
        }
        Measure::ChurnError => {
            "The distance between predicted and observed in each group, averaged over all accounts.".into()
        }
        Measure::ChurnAuc => {
            "Of all pairs of an account that fell silent and one that did not, the part in which the first had the higher \
             predicted probability."
                .into()
        }
        Measure::ChurnProbability => {
            "The probability that the account makes no call in the 90 days after the end of the data, from how many days \
             it was in use since its first use, and how long it has been silent, by the churn model."
                .into()
        }
        Measure::InitiativesOpen => "The initiatives that are planned, active or blocked, counted.".into(),
        Measure::InitiativesIn(status) => format!("The initiatives that are {status}, counted."),
        Measure::InitiativesOverdue => "The open initiatives whose due day has passed, counted.".into(),
        Measure::RevenueExpected => "The expected revenue of all open initiatives, added up.".into(),
    }
}

fn noun(metric: Metric) -> &'static str {
    match metric {
        Metric::ApiCalls => "API calls",
        Metric::Tokens => "tokens",
        Metric::Cost => "costs",
        Metric::Errors => "errors",
    }
}

fn cause_method(cause: Cause) -> &'static str {
    match cause {
        Cause::Factor(_) => {
            "The change of the factor's score, times the mean of its weights then and now, both by the rules of the end \
             of the window; rounded so that all parts sum to the change."
        }
        Cause::MissingData => {
            "What factors gave that could be judged at one end of the window alone, and what the others gained or lost \
             by the weight that went to them or came from them."
        }
        Cause::Configuration => {
            "The score at the begin of the window by the rules of its end, less that by the rules of its begin; \
             overrides left out."
        }
        Cause::Override => {
            "What the score that a person set adds to the computed one at the end of the window, less what it added at \
             its begin."
        }
    }
}

fn factor_method(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Recency => {
            "The time since the last call, set against the pauses that this account usually makes: of the days in use, \
             nine of ten ended no longer silence."
        }
        FactorKind::Trend => {
            "The median of all slopes between days of the same weekday, each relative to the usual calls of that \
             weekday, as the change over four weeks."
        }
        FactorKind::Growth => {
            "The calls of the last whole weeks against those of as many weeks before, so that each weekday occurs \
             equally often in both. Holidays and incidents of a few days that are over are set to the usual calls of \
             their weekdays."
        }
        FactorKind::Breadth => {
            "The endpoints in use in the last weeks, against the most that this account ever used in as many weeks \
             of the year before."
        }
        FactorKind::Stability => {
            "How far the calls of three in four days lie at most from what their weekday and the trend suggest, relative to \
             that, as a standard deviation."
        }
        FactorKind::Errors => {
            "The calls that failed, divided by all calls of the rows that tell their errors."
        }
        FactorKind::Initiatives => {
            "The open initiatives that are blocked or overdue, divided by all open ones."
        }
        FactorKind::Commitment => {
            "The costs since the period of the commitment began, divided by the part of the commitment that is due by \
             now."
        }
    }
}
