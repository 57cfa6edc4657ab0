//! What may be asked next: the same question otherwise, and the questions beside it.

use crate::domain::Horizon;
use crate::domain::Metric;
use crate::domain::Range;
use crate::reply::Action;
use crate::reply::Pick;

use super::question::{HISTORY_RANGE, PortfolioSort, Question, Since};
use super::reading::capital;

/// A button that asks `question`.
pub(super) fn action(label: &str, question: &Question, current: bool) -> Action {
    Action { label: label.into(), line: question.line(), current, form: false }
}

/// Buttons for other ranges of the same question.
pub(super) fn ranges(shown: Range, with: impl Fn(Range) -> Question) -> Vec<Action> {
    let label = |range: Range| {
        let words = range.words();
        capital(words.strip_prefix("last ").unwrap_or(&words))
    };
    Range::OFFERED.into_iter().map(|range| action(&label(range), &with(range), range == shown)).collect()
}

/// A select of what is counted.
pub(super) fn metrics(offered: &[Metric], shown: Metric, with: impl Fn(Metric) -> Question) -> Pick {
    let option = |metric: &Metric| action(&capital(metric.title()), &with(*metric), *metric == shown);
    Pick { label: "Metric".into(), options: offered.iter().map(option).collect() }
}

/// A button that compares with the period before, or no more.
pub(super) fn comparison(is_on: bool, other: &Question) -> Action {
    action(if is_on { "Hide comparison" } else { "Compare" }, other, false)
}

/// The health of an account.
pub(super) fn health(account: &str) -> Action {
    action("Health", &Question::Health { account: account.into(), since: None }, false)
}

/// Why the score of an account moved.
pub(super) fn why(account: &str, since: Since) -> Action {
    action("Why?", &Question::Why { account: account.into(), since, until: None }, false)
}

/// The score of an account day by day.
pub(super) fn history(account: &str) -> Action {
    action("History", &Question::History { account: account.into(), range: HISTORY_RANGE }, false)
}

/// What is expected of an account.
pub(super) fn forecast(account: &str, metric: Metric) -> Action {
    let horizon = Horizon::DEFAULT;
    action("Forecast", &Question::Forecast { account: Some(account.into()), metric, horizon }, false)
}

/// What an account uses.
pub(super) fn usage(account: &str) -> Action {
    let (account, endpoint, grain, by) = (Some(account.into()), None, None, None);
    let (range, metric, compare) = (Range::DEFAULT, Metric::ApiCalls, true);
    action("Usage", &Question::Usage { account, endpoint, range, grain, by, metric, compare }, false)
}

/// What is done with an account, or with all.
pub(super) fn initiatives(account: Option<&str>) -> Action {
    let list = Question::InitiativeList { account: account.map(str::to_owned), status: None, owner: None };
    action("Initiatives", &list, false)
}

/// All accounts.
pub(super) fn portfolio(range: Range) -> Action {
    let sort = PortfolioSort::default();
    action("Portfolio", &Question::Portfolio { band: None, owner: None, sort, range }, false)
}
