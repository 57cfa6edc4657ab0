//! `churn`: which accounts may fall silent, by which model, and how well it told before.

use jiff::tz::TimeZone;

use crate::domain::AccountId;
use crate::domain::Measure;
use crate::domain::Quantity;
use crate::domain::Range;
use crate::domain::UsageFilter;
use crate::domain::Window;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::reply::Bar;
use crate::reply::BarsChart;
use crate::reply::Block;
use crate::reply::Cell;
use crate::reply::ChartSpec;
use crate::reply::Column;
use crate::reply::Prose;
use crate::reply::Table;

use super::follow_ups::action;
use super::question::{PortfolioSort, Question};
use super::reading::{LIST_ROWS_MAX, Reading};
use super::spell::account_path;

/// Accounts drawn as bars.
const BARS_MAX: usize = 10;

pub(super) fn answer(reading: &Reading<'_>, owner: Option<&str>) -> Result<Answer, Problem> {
    let as_of = reading.as_of()?;
    let window = reading.state()?;
    let question = Question::Churn { owner: owner.map(str::to_owned) };
    let mut answer = reading.answer("Accounts that may fall silent", &question);
    let sort = PortfolioSort::default();
    let portfolio =
        Question::Portfolio { band: None, owner: owner.map(str::to_owned), sort, range: Range::DEFAULT };
    answer.actions.push(action("Portfolio", &portfolio, false));

    let order = reading.snapshot.churn_order();
    let listed: Vec<&AccountId> = order
        .iter()
        .map(|(id, _)| id)
        .filter(|id| owner.is_none_or(|owner| is_of(reading, id, owner)))
        .collect();
    let model = reading.snapshot.churn_model();
    if listed.is_empty() {
        let words = match owner {
            Some(_) => "No account of this owner has usage to judge by.",
            None => "No account has usage to judge by yet.",
        };
        answer.blocks.push(Block::Text(Prose::plain(words)));
    } else {
        let day = as_of.to_zoned(TimeZone::UTC).strftime("%-d %b %Y");
        answer.blocks.push(Block::Text(Prose::plain(format!(
            "The probability of no call at all in the 90 days after {day}, the most likely first. {}",
            model.how
        ))));
        answer.blocks.push(Block::Table(accounts(reading, &listed, window)));
        answer.blocks.push(Block::Chart(ChartSpec::Bars(bars(reading, &listed, window))));
    }
    answer.blocks.extend(trust(reading, window));
    answer.blocks.extend(groups(reading, window).map(Block::Table));
    answer.blocks.push(Block::Table(coefficients(reading, window)));
    answer.blocks.extend(reading.late_caveats(None));
    Ok(answer)
}

fn is_of(reading: &Reading<'_>, id: &AccountId, owner: &str) -> bool {
    let account = reading.snapshot.account(id).and_then(|account| account.owner.as_ref());
    account.is_some_and(|person| person.as_str().eq_ignore_ascii_case(owner))
}

fn accounts(reading: &Reading<'_>, listed: &[&AccountId], window: Window) -> Table {
    let row = |id: &&AccountId| {
        let filter = UsageFilter::of((*id).clone());
        let health = reading.snapshot.health(id);
        vec![
            Cell::Link { text: reading.name(id).to_owned(), path: account_path(id.as_str()) },
            reading.cell(Measure::ChurnProbability, &filter, window),
            reading.cell(Measure::HealthScore, &filter, window),
            health.and_then(|health| health.band).map_or(Cell::Nothing, Cell::Band),
        ]
    };
    Table {
        title: "Accounts".into(),
        columns: vec![
            Column::words("Account"),
            Column::figures("Silent in 90 days"),
            Column::figures("Health"),
            Column::words("Band"),
        ],
        rows: listed.iter().take(LIST_ROWS_MAX).map(row).collect(),
        more: listed.len().saturating_sub(LIST_ROWS_MAX),
    }
}

fn bars(reading: &Reading<'_>, listed: &[&AccountId], window: Window) -> BarsChart {
    let bar = |id: &&AccountId| {
        let filter = UsageFilter::of((*id).clone());
        let fact = reading.fact_of(Measure::ChurnProbability, &filter, window)?;
        Some(Bar {
            name: reading.name(id).to_owned(),
            length: fact.value.as_f64()?,
            fact,
            aside: None,
            band: reading.snapshot.health(id).and_then(|health| health.band),
        })
    };
    let title = "Accounts that may fall silent";
    BarsChart {
        title: title.into(),
        subtitle: "probability of no call in the next 90 days".into(),
        description: format!(
            "{title}: the probability of no call in the next 90 days, the most likely first."
        ),
        bars: listed.iter().take(BARS_MAX).filter_map(bar).collect(),
    }
}

/// How well the model told before.
fn trust(reading: &Reading<'_>, window: Window) -> Option<Block> {
    let auc = reading.fact(Measure::ChurnAuc, window).filter(|fact| fact.value.as_f64().is_some())?;
    let error = reading.fact(Measure::ChurnError, window)?;
    let words = Prose::plain("Held against the 90 days that have just passed, it ranked an account that fell silent above one that did not in ")
        .fact(auc)
        .and(" of all pairs, and its probabilities were off by ")
        .fact(error)
        .and(" on average.");
    Some(Block::Text(words))
}

/// Predicted beside observed.
fn groups(reading: &Reading<'_>, window: Window) -> Option<Table> {
    let count = reading.snapshot.churn_model().reliability?.len();
    let row = |group: u8| {
        let place = match usize::from(group) {
            0 => "safest".to_owned(),
            last if last + 1 == count => "most at risk".to_owned(),
            _ => String::new(),
        };
        let cell = |measure| reading.fact(measure, window).map_or(Cell::Nothing, Cell::Fact);
        vec![
            Cell::Text(place),
            cell(Measure::ChurnPredicted(group)),
            cell(Measure::ChurnObserved(group)),
            cell(Measure::ChurnGroup(group)),
        ]
    };
    Some(Table {
        title: "Predicted and observed".into(),
        columns: vec![
            Column::words("Group"),
            Column::figures("Predicted"),
            Column::figures("Fell silent"),
            Column::figures("Accounts"),
        ],
        rows: (0..u8::try_from(count).unwrap_or(u8::MAX)).map(row).collect(),
        more: 0,
    })
}

fn coefficients(reading: &Reading<'_>, window: Window) -> Table {
    let names = reading.snapshot.churn_model().coefficients;
    let row = |(number, (name, _)): (u8, &(String, f64))| {
        let fact = reading.fact(Measure::ChurnCoefficient(number), window);
        let known = fact.filter(|fact| fact.value != Quantity::Number(f64::NAN));
        vec![Cell::Text(name.clone()), known.map_or(Cell::Nothing, Cell::Fact)]
    };
    Table {
        title: "Coefficients".into(),
        columns: vec![Column::words("Name"), Column::figures("Value")],
        rows: (0..=u8::MAX).zip(&names).map(row).collect(),
        more: 0,
    }
}
